// What is known of the rows for one set of validation rows.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "paris/bounds/quantised_panels.hpp"
#include "paris/bounds/sampled_level.hpp"
#include "paris/bounds/score_bound.hpp"
#include "paris/bounds/score_place.hpp"
#include "paris/criterion/scorer.hpp"
#include "paris/problem/training_rows.hpp"
#include "paris/search/best_score.hpp"
#include "paris/search/engine.hpp"
#include "paris/search/score_working_set.hpp"
#include "paris/support/team.hpp"
#include "paris/support/types.hpp"

namespace paris {

// Three ways to the best row, the cheapest that will do:
//   - the working set, a few thousand bounds and a few evaluations;
//   - a scan: e and b of every row as they were at the last pass, corrected by what eight-bit
//     products with the movement since say, bound its score; evaluations of the rows that this does
//     not rule out; and, on the way, a new working set;
//   - a pass: an evaluation of every row.
// Memory: 16 (C + 2) bytes a row.
class ScoreTable {
 public:
  // `n_aimed_at` is how many validation rows a score sums over, 0 for the mean.
  ScoreTable(const TrainingRows& rows, const QuantisedPanels& panels, std::size_t n_aimed_at,
             double form_scale)
      : rows_(rows),
        form_scale_(form_scale),
        working_set_(rows),
        panels_(panels),
        e_(Matrix::Constant(panels.n_panels() * lanes, rows.outputs(), hopeless)),
        b_(Matrix::Zero(e_.rows(), rows.outputs())),
        root_q_(static_cast<std::size_t>(e_.rows()), 1.0),
        scale_(root_q_.size(), 1.0),
        bound_(root_q_.size()),
        least_(static_cast<std::size_t>(panels.n_panels())),
        best_(panels.n_slots()),
        rounding_((64.0 + 8.0 * static_cast<double>(rows.outputs()) +
                   8.0 * static_cast<double>(n_aimed_at)) *
                  std::numeric_limits<double>::epsilon()) {}

  static std::size_t bytes(const TrainingRows& rows) {
    return 16 * static_cast<std::size_t>(rows.outputs() + 2) *
           static_cast<std::size_t>(rows.size());
  }

  void add_to(EngineStats& stats) const {
    stats.rows_evaluated += evaluations_ + working_set_.evaluations();
    stats.working_sets_built += working_sets_built_;
    stats.full_scans += passes_;
  }

  // The row in this slot is out of the running from now on.
  void drop(Index slot) {
    e_.row(slot).setConstant(hopeless);
    b_.row(slot).setZero();
    root_q_[static_cast<std::size_t>(slot)] = scale_[static_cast<std::size_t>(slot)] = 1.0;
  }

  // The best row at the present place.
  Choice best(Scorer& scorer, const ScoreMetric& metric, const ScorePlace& here, Team& team) {
    if (!complete_) return pass(scorer, here, team);
    note_step(here);
    if (working_set_.valid_at(here)) {
      const BestScore best = working_set_.best(scorer, here, form_scale_, rounding_);
      if (working_set_.holds(best, scorer.base(), rounding_)) {
        ++uses_;
        return best.choice;
      }
      steps_ahead_ /= 1.5;
    } else {
      steps_ahead_ *= 1.5;
    }
    return scan(scorer, metric, here, team);
  }

 private:
  static constexpr Index lanes = ScoreBounds::lanes;
  static constexpr Index wanted = 1024;  // rows of a working set
  using Lanes = ScoreBounds::Lanes;

  // e of a slot without a row that could be deleted: with √q = scale = 1 its score is out of reach.
  static constexpr double hopeless = 1e100;

  Choice pass(Scorer& scorer, const ScorePlace& here, Team& team) {
    complete_ = false;  // an interrupt half-way leaves scores of two times
    working_set_.forget();
    const auto visit = [&](const Block& block, BestScore& found, Scorer::Scratch& scratch) {
      for (Index slot = block.begin; slot < block.end; ++slot) {
        const Index k = panels_.row(slot);
        rows_.prefetch_beyond(k);
        if (!rows_.deletable(k)) {
          drop(slot);
          continue;
        }
        const Score score = scorer.score(k, scratch);
        e_.row(slot) = scratch.e;
        b_.row(slot) = scratch.b;
        root_q_[static_cast<std::size_t>(slot)] = std::sqrt(score.q);
        scale_[static_cast<std::size_t>(slot)] = score.scale;
        found.offer(k, score);
      }
    };
    const BestScore best = best_.find(team, visit);
    reference_ = last_ = here;
    evaluations_ += rows_.n_deletable();
    work_since_pass_ = 0.0;
    ++passes_;
    complete_ = true;
    return best.choice;
  }

  // What one deletion does, averaged over the last few.
  void note_step(const ScorePlace& here) {
    const Reach step = here.since(last_);
    const double weight = step_.weights == 0.0 ? 1.0 : 0.2;
    step_.approach(step, weight);
    last_ = here;
  }

  // What the reference is corrected by.
  struct Movement {
    std::vector<UnitDirection> e, b;  // by output: W(then) − W, c − c(then)
    double length_e = 0.0, length_b = 0.0;
    double growth = 0.0;
  };

  Choice scan(Scorer& scorer, const ScoreMetric& metric, const ScorePlace& here, Team& team) {
    // As many evaluations as a pass takes: time for one.
    if (work_since_pass_ > static_cast<double>(rows_.n_deletable())) {
      return pass(scorer, here, team);
    }
    set_movement(here);
    const Context now{scorer, metric, here};
    for_panels(team, [&](Index p) {
      least_[static_cast<std::size_t>(p)] = store(known(p, now), scorer, bound_.data() + p * lanes);
    });
    const BestScore best = best_by_bounds(scorer);
    working_set_.forget();
    if (worth_building()) build_working_set(best, now, team);
    return best.choice;
  }

  // A working set that was hardly used is not tried again at once.
  bool worth_building() {
    if (uses_ > 1) pause_ = 0;
    if (scans_since_built_ < pause_) {
      ++scans_since_built_;
      return false;
    }
    pause_ = std::min<Index>(2 * pause_ + 1, 127);
    scans_since_built_ = 0;
    uses_ = 0;
    return true;
  }

  // What bounds depend on, beside the row.
  struct Context {
    const Scorer& scorer;
    const ScoreMetric& metric;
    const ScorePlace& here;
  };

  template <class Visit>
  void for_panels(Team& team, Visit&& visit) const {
    Blocks(panels_.n_panels(), 64).for_each(team, [&](const Block& block) {
      for (Index p = block.begin; p < block.end; ++p) visit(p);
    });
  }

  void set_movement(const ScorePlace& here) {
    const auto outputs = static_cast<std::size_t>(rows_.outputs());
    movement_.e.resize(outputs);
    movement_.b.resize(outputs);
    for (std::size_t c = 0; c < outputs; ++c) {
      const auto column = static_cast<Index>(c);
      movement_.e[c].set(reference_.W.col(column) - here.W.col(column));
      movement_.b[c].set(here.c.col(column) - reference_.c.col(column));
    }
    movement_.length_e = (here.W - reference_.W).norm() * (1.0 + 1e-12);
    movement_.length_b = (here.c - reference_.c).norm() * (1.0 + 1e-12);
    movement_.growth = here.since(reference_).growth;
  }

  static Lanes widened(const float* values) {
    return Eigen::Map<const Eigen::Array<float, lanes, 1>>(values).cast<double>();
  }

  // What is known at present of the rows of a panel.
  ScoreBounds known(Index p, const Context& now) const {
    const auto& [scorer, metric, here] = now;
    const Index begin = p * lanes;
    Lanes ee = Lanes::Zero(), bb = Lanes::Zero();
    ScoreBounds s;
    s.eb.setZero();
    for (Index c = 0; c < rows_.outputs(); ++c) {
      Lanes e = Eigen::Map<const Lanes>(e_.data() + c * e_.rows() + begin);
      Lanes b = Eigen::Map<const Lanes>(b_.data() + c * b_.rows() + begin);
      const auto output = static_cast<std::size_t>(c);
      panels_.add_products(p, movement_.e[output], movement_.b[output], e.data(), b.data());
      s.eb += e * b;
      ee += e.square();
      bb += b.square();
    }
    s.e = ee.sqrt();
    s.b = bb.sqrt();
    const Lanes error = widened(panels_.errors(p)), norm = widened(panels_.norms(p));
    s.de = error * movement_.length_e + norm * here.rounding_e;
    s.db = error * movement_.length_b + norm * here.rounding_b;
    s.root_q = Eigen::Map<const Lanes>(root_q_.data() + begin);
    s.dq = widened(metric.lengths.data() + begin) * (form_scale_ * movement_.growth);
    s.set_scale(Eigen::Map<const Lanes>(scale_.data() + begin),
                scorer.refit() ? movement_.growth : 0.0);
    return s;
  }

  // The same for any place within the validity radius.
  ScoreBounds ahead(Index p, const Context& now, const Reach& radius) const {
    ScoreBounds s = known(p, now);
    const Lanes length = widened(now.metric.lengths.data() + p * lanes);
    s.de += length * radius.weights;
    s.db += gain(p, now.metric, length) * radius.directions + length * radius.offset;
    s.dq += length * (form_scale_ * radius.growth);
    if (now.scorer.refit()) {
      s.set_scale(s.low, movement_.growth + radius.growth * (1.0 + movement_.growth));
    }
    return s;
  }

  Lanes gain(Index p, const ScoreMetric& metric, const Lanes& length) const {
    if (metric.gain_is_root_q) return Eigen::Map<const Lanes>(root_q_.data() + p * lanes);
    return metric.gains.empty() ? length : widened(metric.gains.data() + p * lanes);
  }

  // Writes the bounds of a panel; returns the least of them.
  double store(const ScoreBounds& s, const Scorer& scorer, double* bound) const {
    const Lanes least = s.least(scorer.base(), rounding_);
    Eigen::Map<Lanes>{bound} = least;
    return least.minCoeff();
  }

  // Evaluates the rows that the bounds do not rule out, the most promising first.
  BestScore best_by_bounds(Scorer& scorer) {
    BestScore best;
    const auto panel = std::min_element(least_.begin(), least_.end()) - least_.begin();
    const auto first = bound_.begin() + panel * lanes;
    const auto lowest =
        static_cast<std::size_t>(std::min_element(first, first + lanes) - bound_.begin());
    evaluate(lowest, scorer, best);
    order_.clear();
    for (std::size_t p = 0; p < least_.size(); ++p) {
      if (least_[p] > best.value) continue;
      for (std::size_t slot = p * lanes; slot < (p + 1) * lanes; ++slot) {
        if (bound_[slot] <= best.value && slot != lowest) order_.push_back(slot);
      }
    }
    evaluate_by_bounds(order_, bound_, best,
                       [&](std::size_t slot) { evaluate(slot, scorer, best); });
    return best;
  }

  void evaluate(std::size_t at, Scorer& scorer, BestScore& best) {
    const auto slot = static_cast<Index>(at);
    if (slot >= panels_.n_slots()) return;
    const Index k = panels_.row(slot);
    if (!rows_.deletable(k)) return;
    best.offer(k, scorer.score(k, scratch_));
    ++evaluations_;
    ++work_since_pass_;
  }

  // Of the rows whose score could come to lie below a level within a validity radius. The level is
  // where about `wanted` of them do; the validity radius is as far as leaves it at least 0.4 of the
  // way up from the best row to where it would be with no validity radius at all. None if that is
  // not one step.
  void build_working_set(const BestScore& best, const Context& now, Team& team) {
    constexpr double everything = std::numeric_limits<double>::max();
    Reach radius{everything, everything, everything, everything};
    double level = everything;
    if (rows_.n_deletable() > 2 * wanted) {
      const double room = level_of_sample(now, Reach{}) - best.value;
      if (!(room > 0.0)) return;
      steps_ahead_ = std::min(steps_ahead_, 1e4);
      for (;; steps_ahead_ /= 2.0) {
        if (steps_ahead_ < 1.0) {
          steps_ahead_ = 2.0;
          return;
        }
        radius = step_.times(steps_ahead_);
        level = level_of_sample(now, radius);
        if (level - best.value >= 0.4 * room) break;
      }
    }
    const double base = now.scorer.base();
    working_set_.clear(now.here, radius, level - base - rounding_ * base);
    if (!working_set_.holds(best, base, rounding_)) return;
    ++working_sets_built_;
    far_.resize(bound_.size());
    for_panels(team,
               [&](Index p) { store(ahead(p, now, radius), now.scorer, far_.data() + p * lanes); });
    for (Index p = 0; p < panels_.n_panels(); ++p) {
      const auto begin = far_.begin() + p * lanes;
      if (!(*std::min_element(begin, begin + lanes) <= level)) continue;
      const ScoreBounds s = known(p, now);
      const Lanes length = widened(now.metric.lengths.data() + p * lanes);
      const Lanes gains = gain(p, now.metric, length);
      for (Index l = 0; l < lanes; ++l) {
        const Index slot = p * lanes + l;
        if (!(begin[l] <= level) || slot >= panels_.n_slots()) continue;
        if (!rows_.deletable(panels_.row(slot))) continue;
        working_set_.add(panels_.row(slot),
                         {s.eb[l], s.e[l], s.b[l], s.de[l], s.db[l], s.root_q[l], s.dq[l], s.low[l],
                          movement_.growth, length[l], gains[l], 0});
      }
    }
  }

  // The value below which the bounds of about `wanted` rows lie, for any place within the validity
  // radius.
  double level_of_sample(const Context& now, const Reach& radius) {
    const Index n_panels = panels_.n_panels();
    const Index size = std::min(n_panels, std::max<Index>(256, panels_.n_slots() / wanted));
    sample_.clear();
    for (Index i = 0; i < size; ++i) {
      const Index p = i * n_panels / size;
      const Lanes low = ahead(p, now, radius).least(now.scorer.base(), rounding_);
      for (Index l = 0; l < lanes; ++l) {
        const Index slot = p * lanes + l;
        if (slot < panels_.n_slots() && rows_.deletable(panels_.row(slot))) {
          sample_.push_back(low[l]);
        }
      }
    }
    if (sample_.empty()) return -std::numeric_limits<double>::infinity();
    return value_above(static_cast<double>(wanted) / static_cast<double>(rows_.n_deletable()),
                       sample_);
  }

  const TrainingRows& rows_;
  double form_scale_;  // see Reach
  ScoreWorkingSet working_set_;
  const QuantisedPanels& panels_;
  Matrix e_, b_;                        // (slots, C) at the reference
  std::vector<double> root_q_, scale_;  // by slot, likewise
  ScorePlace reference_, last_;
  bool complete_ = false;
  Movement movement_;
  std::vector<double> bound_, least_, far_, sample_;  // by slot; by panel
  std::vector<std::size_t> order_;
  BestOfAll best_;
  Scorer::Scratch scratch_;
  double rounding_;

  Reach step_;
  double steps_ahead_ = 16.0;
  Index pause_ = 0, scans_since_built_ = 0, uses_ = 0;
  double work_since_pass_ = 0.0;
  std::int64_t evaluations_ = 0, working_sets_built_ = 0, passes_ = 0;
};

}  // namespace paris
