// Stale scores of all rows for one set of validation rows, and the few among which the next
// deletions are found.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

#include "paris/engine.hpp"
#include "paris/poll.hpp"
#include "paris/score_bound.hpp"
#include "paris/scorer.hpp"
#include "paris/team.hpp"
#include "paris/training_rows.hpp"
#include "paris/types.hpp"

namespace paris {

// Where the bounds of an epoch are measured, and what its rows are measured by.
struct ScoreMetric {
  std::vector<float> lengths;  // (N,) ‖L₀⁻¹φ_k‖
  std::vector<float> gains;    // (N,) of b; empty: the lengths, or √q (see `gain_is_root_q`)
  bool gain_is_root_q = false;
};

// The state of affairs when rows are scored. Distances between two of them give a `Reach`.
struct ScorePlace {
  Matrix weights;               // image L₀ᵀW (D, C)
  Matrix directions;            // what b depends on, in a metric that `gain` belongs to
  double weight_slack = 0.0;    // rounding
  double direction_slack = 0.0;
  double log_growth = 0.0;      // −Σ log(1 − h_j) over the removals of the epoch so far
  double form_scale = 0.0;      // μ with ‖M^{1/2}A⁻¹φ‖ <= μ √h for all φ

  Reach since(const ScorePlace& then) const {
    Reach reach;
    reach.weights = (weights - then.weights).norm() * (1.0 + 1e-12) + weight_slack;
    if (directions.size() != 0) {
      reach.directions = (directions - then.directions).norm() * (1.0 + 1e-12) + direction_slack;
    } else {
      reach.directions = reach.weights;
    }
    reach.growth = std::exp(log_growth - then.log_growth) * (1.0 + 1e-7);
    reach.forms = then.form_scale * (reach.growth - 1.0);
    return reach;
  }
};

// Of every row it keeps the last score and at which place that was. `best` looks at the few rows
// whose score could come to lie below `level` within a horizon; as long as the horizon is not
// passed and the best of the few is below the level, it is the best of all. Otherwise a pass over
// the bounds picks new ones. Memory: 34 bytes a row.
class ScoreTable {
 public:
  ScoreTable(const TrainingRows& rows, Index n_outputs)
      : rows_(rows),
        eb_(static_cast<std::size_t>(rows.size())),
        e_(eb_.size()),
        b_(eb_.size()),
        q_(eb_.size()),
        seen_(eb_.size()),
        found_(static_cast<std::size_t>(n_blocks())),
        scratch_(found_.size()),
        rounding_(static_cast<double>(64 + 8 * n_outputs) *
                  std::numeric_limits<double>::epsilon()) {}

  static std::size_t bytes(Index n_rows) { return 34 * static_cast<std::size_t>(n_rows); }

  std::int64_t looks() const { return looks_; }
  std::int64_t fronts_built() const { return fronts_built_; }
  std::int64_t full_scans() const { return full_scans_; }

  // The best row, `here` being the present place. Two calls with no change in between must not pass
  // different places.
  Choice best(Scorer& scorer, const ScoreMetric& metric, const ScorePlace& here, Team& team,
              const Poll& poll) {
    if (places_.empty() || places_.size() > max_places) return look_at_all(scorer, here, team, poll);
    find_reaches(here);
    places_.push_back(here);
    if (has_few_) {
      const Reach moved = reach_[base_place_];
      if (moved.within(horizon_)) {
        const Found best = best_of_few(scorer);
        if (best.judged < level_) return best.choice;
        steps_ahead_ = std::max(1.0, steps_ahead_ / 1.5);
      } else {
        steps_ahead_ *= 1.5;
      }
    }
    for (int attempt = 0; attempt < 4; ++attempt) {
      choose_few(scorer, metric, team);
      const Found best = best_of_few(scorer);
      if (best.judged < level_) return best.choice;
      steps_ahead_ = std::max(1.0, steps_ahead_ / 3.0);
    }
    ++full_scans_;
    return look_at_all(scorer, here, team, poll);
  }

 private:
  static constexpr Index block = 1024;
  static constexpr Index blocks_per_poll = 64;
  static constexpr Index wanted = 1024;  // rows among the few
  static constexpr std::size_t max_places = 8192;

  struct Found {
    Choice choice;
    double judged = std::numeric_limits<double>::infinity();

    void offer(Index k, const Score& score) {
      if (score.judged < judged || (score.judged == judged && k < choice.row)) {
        choice = {k, score.delta_loss};
        judged = score.judged;
      }
    }
  };

  Index n_blocks() const { return (rows_.size() + block - 1) / block; }

  void keep(Index k, const Score& score, std::size_t place) {
    const auto at = static_cast<std::size_t>(k);
    eb_[at] = score.eb;
    e_[at] = std::sqrt(score.ee);
    b_[at] = std::sqrt(score.bb);
    q_[at] = score.q;
    seen_[at] = static_cast<std::uint16_t>(place);
  }

  Choice look_at_all(Scorer& scorer, const ScorePlace& here, Team& team, const Poll& poll) {
    has_few_ = false;
    places_.clear();  // an interrupt half-way leaves scores of two times
    best_by_block_.assign(found_.size(), Found{});
    for (Index first = 0; first < n_blocks(); first += blocks_per_poll) {
      team.run(std::min(blocks_per_poll, n_blocks() - first), [&](Index i) {
        const Index b = first + i;
        Found& best = best_by_block_[static_cast<std::size_t>(b)];
        for (Index k = b * block; k < std::min((b + 1) * block, rows_.size()); ++k) {
          rows_.prefetch_beyond(k);
          if (!rows_.deletable(k)) continue;
          const Score score = scorer.score(k, scratch_[static_cast<std::size_t>(b)]);
          keep(k, score, 0);
          best.offer(k, score);
        }
      });
      poll();
    }
    places_.assign(1, here);
    looks_ += rows_.n_deletable();
    Found best;
    for (const Found& other : best_by_block_) {
      if (other.judged < best.judged) best = other;
    }
    return best.choice;
  }

  void find_reaches(const ScorePlace& here) {
    reach_.clear();
    for (const ScorePlace& then : places_) reach_.push_back(here.since(then));
    reach_.push_back(here.since(here));
    // What one deletion does, averaged over the last few.
    const Reach& step = reach_[reach_.size() - 2];
    const double weight = places_.size() == 1 ? 1.0 : 0.2;
    step_.weights += weight * (step.weights - step_.weights);
    step_.directions += weight * (step.directions - step_.directions);
    step_.growth += weight * (step.growth - step_.growth);
  }

  StaleScore stale(const Scorer& scorer, const ScoreMetric& metric, Index k) const {
    const auto at = static_cast<std::size_t>(k);
    const double length = static_cast<double>(metric.lengths[at]);
    const double gain = metric.gain_is_root_q ? std::sqrt(q_[at])
                        : metric.gains.empty() ? length
                                               : static_cast<double>(metric.gains[at]);
    const double h = scorer.refit() ? scorer.leverages()->h(k) : 0.0;
    return {eb_[at], e_[at], b_[at], q_[at], h, length, gain};
  }

  // Fills few_ with about `wanted` rows, or with all that are left if that is not many more.
  void choose_few(const Scorer& scorer, const ScoreMetric& metric, Team& team) {
    const std::size_t here = places_.size() - 1;
    base_place_ = here;
    has_few_ = true;
    ++fronts_built_;
    scale_ = scorer.refit() ? 0.0 : scorer.scale();
    base_ = scorer.base();
    level_ = std::numeric_limits<double>::infinity();
    const bool everything = rows_.n_deletable() <= 2 * wanted;
    horizon_ = everything ? Reach{level_, level_, level_, 0.0} : horizon(steps_ahead_);
    reach_then_.clear();
    for (std::size_t p = 0; p < places_.size(); ++p) {
      reach_then_.push_back(reach_[p].beyond({horizon_.weights, horizon_.directions,
                                              horizon_.growth,
                                              places_[p].form_scale * (horizon_.growth - 1.0)}));
    }
    if (!everything) level_ = level_of_sample(scorer, metric);
    team.run(n_blocks(), [&](Index b) {
      std::vector<Index>& found = found_[static_cast<std::size_t>(b)];
      found.clear();
      for (Index k = b * block; k < std::min((b + 1) * block, rows_.size()); ++k) {
        if (!rows_.deletable(k)) continue;
        if (everything || !(bound_then(scorer, metric, k) > level_)) found.push_back(k);
      }
    });
    few_.clear();
    stale_.clear();
    for (const std::vector<Index>& found : found_) {
      for (const Index k : found) {
        few_.push_back(k);
        stale_.push_back(stale(scorer, metric, k));
      }
    }
  }

  Reach horizon(double steps) const {
    return {steps * step_.weights, steps * step_.directions, std::pow(step_.growth, steps), 0.0};
  }

  double bound_then(const Scorer& scorer, const ScoreMetric& metric, Index k) const {
    return least_score(stale(scorer, metric, k), reach_then_[seen_[static_cast<std::size_t>(k)]],
                       scale_, base_, rounding_);
  }

  // About the value below which the bounds of `wanted` rows lie.
  double level_of_sample(const Scorer& scorer, const ScoreMetric& metric) {
    const Index n = rows_.size();
    const Index size = std::min(n, std::max<Index>(4096, 16 * (n / wanted)));
    sample_.clear();
    for (Index i = 0; i < size; ++i) {
      const Index k = i * n / size;
      if (rows_.deletable(k)) sample_.push_back(bound_then(scorer, metric, k));
    }
    if (sample_.empty()) return std::numeric_limits<double>::infinity();
    const double share = static_cast<double>(wanted) / static_cast<double>(rows_.n_deletable());
    const auto rank = std::min(sample_.size() - 1, static_cast<std::size_t>(
                                                       share * static_cast<double>(sample_.size())));
    const auto nth = sample_.begin() + static_cast<std::ptrdiff_t>(rank);
    std::nth_element(sample_.begin(), nth, sample_.end());
    return *nth;
  }

  Found best_of_few(Scorer& scorer) {
    Found best;
    base_ = scorer.base();
    bound_.resize(few_.size());
    std::size_t lowest = 0;
    for (std::size_t i = 0; i < few_.size(); ++i) {
      const auto k = static_cast<std::size_t>(few_[i]);
      bound_[i] = least_score(stale_[i], reach_[seen_[k]], scale_, base_, rounding_);
      if (bound_[i] < bound_[lowest]) lowest = i;
    }
    if (few_.empty()) return best;
    look(lowest, scorer, best);
    order_.clear();
    for (std::size_t i = 0; i < few_.size(); ++i) {
      if (i != lowest && !(bound_[i] > best.judged)) order_.push_back(i);
    }
    std::sort(order_.begin(), order_.end(),
              [&](std::size_t i, std::size_t j) { return bound_[i] < bound_[j]; });
    for (const std::size_t i : order_) {
      if (bound_[i] > best.judged) break;
      look(i, scorer, best);
    }
    return best;
  }

  void look(std::size_t i, Scorer& scorer, Found& best) {
    const Index k = few_[i];
    if (!rows_.deletable(k)) {
      stale_[i] = {};
      stale_[i].eb = std::numeric_limits<double>::infinity();  // never to be looked at again
      return;
    }
    const Score score = scorer.score(k, scratch_.front());
    ++looks_;
    keep(k, score, places_.size() - 1);
    StaleScore& stale = stale_[i];
    stale = {score.eb, std::sqrt(score.ee), std::sqrt(score.bb), score.q, score.h, stale.length,
             stale.gain};
    best.offer(k, score);
  }

  const TrainingRows& rows_;
  std::vector<double> eb_, e_, b_, q_;  // (N,) as of the last look
  std::vector<std::uint16_t> seen_;     // (N,) at which of the places that was
  std::vector<ScorePlace> places_;
  std::vector<Reach> reach_, reach_then_;  // by place: since then, and at the horizon
  Reach step_{0.0, 0.0, 1.0, 0.0};
  double steps_ahead_ = 16.0;

  std::vector<std::vector<Index>> found_;  // by block
  std::vector<Found> best_by_block_;
  std::vector<Scorer::Scratch> scratch_;
  double rounding_;
  std::vector<double> sample_;

  bool has_few_ = false;
  std::vector<Index> few_;
  std::vector<StaleScore> stale_;  // of the few
  std::vector<double> bound_;
  std::vector<std::size_t> order_;
  std::size_t base_place_ = 0;  // where the few were chosen
  Reach horizon_;
  double level_ = 0.0, scale_ = 0.0, base_ = 0.0;

  std::int64_t looks_ = 0, fronts_built_ = 0, full_scans_ = 0;
};

}  // namespace paris
