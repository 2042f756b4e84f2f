// The few rows among which the next deletions are found.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "paris/bounds/score_bound.hpp"
#include "paris/bounds/score_place.hpp"
#include "paris/criterion/scorer.hpp"
#include "paris/problem/training_rows.hpp"
#include "paris/search/best_score.hpp"
#include "paris/support/lanes.hpp"
#include "paris/support/types.hpp"

namespace paris {

// The promise of whoever builds it: as long as the place is within `radius` of where it was built,
// every row outside would change the objective by `level` or more (`value` less the scorer's
// base). So a row inside that changes it by less is the best of all. What is known of the rows
// inside was found out at several places; bounds tell which of them must be evaluated afresh.
class ScoreWorkingSet {
 public:
  static constexpr Index lanes = lane_count;

  explicit ScoreWorkingSet(const TrainingRows& rows) : rows_(rows) {}

  // ---- building: clear, then add rows.

  void clear(const ScorePlace& here, const Reach& radius, double level) {
    places_.assign(1, here);
    radius_ = radius;
    level_ = level;
    row_.clear();
    entry_.clear();
  }

  struct Entry {
    double eb, e, b, de, db, root_q, dq, scale;
    double growth;  // of h, already allowed for
    double length, gain;
    std::uint32_t place;
  };

  void add(Index row, const Entry& entry) {
    row_.push_back(row);
    entry_.push_back(entry);
  }

  // ---- use

  // Whether the best row inside is the best of all.
  bool holds(const BestScore& best, double base, double rounding) const {
    return best.value - base < level_ - rounding * (base + std::abs(best.value));
  }

  std::int64_t evaluations() const { return evaluations_; }
  void forget() {
    row_.clear();
    entry_.clear();
    radius_ = nowhere;
  }

  bool valid_at(const ScorePlace& here) const {
    return !row_.empty() && here.since(places_.front()).within(radius_);
  }

  // The best row inside. Cost: a bound for every row, and an evaluation for those it does not rule
  // out.
  BestScore best(Scorer& scorer, const ScorePlace& here, double form_scale, double rounding) {
    find_bounds(scorer, here, form_scale, rounding);
    places_.push_back(here);
    BestScore best;
    std::size_t lowest = 0;
    for (std::size_t i = 1; i < row_.size(); ++i) {
      if (bound_[i] < bound_[lowest]) lowest = i;
    }
    evaluate(lowest, scorer, best);
    order_.clear();
    for (std::size_t i = 0; i < row_.size(); ++i) {
      if (i != lowest && bound_[i] <= best.value) order_.push_back(i);
    }
    evaluate_by_bounds(
        order_, bound_, [&] { return best.value; },
        [&](std::size_t i) { evaluate(i, scorer, best); });
    return best;
  }

 private:
  using Values = Lanes<double>;

  static constexpr Reach nowhere{-1.0, -1.0, -1.0, -1.0};

  void find_bounds(const Scorer& scorer, const ScorePlace& here, double form_scale,
                   double rounding) {
    reach_.clear();
    for (const ScorePlace& then : places_) reach_.push_back(here.since(then));
    const std::size_t padded =
        static_cast<std::size_t>(whole_parts(static_cast<Index>(row_.size()), lanes));
    bound_.resize(padded);
    const double root = std::sqrt(scorer.base());
    for (std::size_t begin = 0; begin < row_.size(); begin += lanes) {
      double eb[lanes], e[lanes], b[lanes], de[lanes], db[lanes], root_q[lanes], dq[lanes];
      double scale[lanes], growth[lanes];
      for (Index l = 0; l < lanes; ++l) {
        const std::size_t i = std::min(begin + static_cast<std::size_t>(l), row_.size() - 1);
        const Entry& entry = entry_[i];
        const Reach& reach = reach_[entry.place];
        eb[l] = entry.eb;
        e[l] = entry.e;
        b[l] = entry.b;
        de[l] = entry.de + entry.length * reach.weights;
        db[l] = entry.db + entry.gain * reach.directions + entry.length * reach.offset;
        root_q[l] = entry.root_q;
        dq[l] = entry.dq + form_scale * entry.length * reach.growth;
        scale[l] = entry.scale;
        growth[l] = entry.growth + reach.growth * (1.0 + entry.growth);
      }
      ScoreBounds<double> s;
      s.eb = Values::load(eb);
      s.e = Values::load(e);
      s.b = Values::load(b);
      s.de = Values::load(de);
      s.db = Values::load(db);
      s.root_q = Values::load(root_q);
      s.dq = Values::load(dq);
      if (scorer.refit()) {
        s.set_scale(Values::load(scale), Values::load(growth));
      } else {
        s.set_constant_scale(Values::load(scale));
      }
      s.least(scorer.base(), root, rounding).store(bound_.data() + begin);
    }
  }

  void evaluate(std::size_t i, Scorer& scorer, BestScore& best) {
    const Index k = row_[i];
    Entry& entry = entry_[i];
    if (!rows_.deletable(k)) {
      entry.eb = std::numeric_limits<double>::infinity();  // never to be evaluated again
      entry.de = entry.db = 0.0;
      return;
    }
    const Score score = scorer.score(k, scratch_);
    ++evaluations_;
    best.offer(k, score);
    const auto place = static_cast<std::uint32_t>(places_.size() - 1);
    entry = {score.eb,
             std::sqrt(score.ee),
             std::sqrt(score.bb),
             0.0,
             0.0,
             std::sqrt(score.q),
             0.0,
             score.scale,
             0.0,
             entry.length,
             entry.gain,
             place};
  }

  const TrainingRows& rows_;
  std::vector<ScorePlace> places_;  // where rows were evaluated; first: where it was built
  std::vector<Reach> reach_;        // since then, by place
  Reach radius_ = nowhere;
  double level_ = 0.0;
  std::vector<Index> row_;
  std::vector<Entry> entry_;
  std::vector<double> bound_;
  std::vector<std::size_t> order_;
  Scorer::Scratch scratch_;
  std::int64_t evaluations_ = 0;
};

}  // namespace paris
