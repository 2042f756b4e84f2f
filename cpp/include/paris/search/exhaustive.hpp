// The textbook engine: every deletion looks at every row.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "paris/criterion/scorer.hpp"
#include "paris/search/best_score.hpp"
#include "paris/search/engine.hpp"

namespace paris {

// One pass over Phi a deletion, in which a row takes C + m inner products (2 C for the mean, and
// one or two more for refit), and one over Phi_val for Objective::worst. The reference for the
// others.
class ExhaustiveEngine final : public Engine {
 public:
  ExhaustiveEngine(const TrainingRows& rows, const ValidationRows& validation, Criterion criterion,
                   Objective objective, Index n_worst, const Ridge& ridge, Team& team)
      : rows_(rows),
        validation_(validation),
        scorer_(rows, validation, criterion, objective, ridge, team),
        search_(validation, n_worst),
        found_(static_cast<std::size_t>((rows.size() + block - 1) / block)),
        scratch_(found_.size()) {}

  Aim aim(const Ridge& ridge, Team& team) override {
    scorer_.settle(ridge, team);
    if (scorer_.mean()) {
      scorer_.aim(ridge);
      return {-1, scorer_.mean_loss().loss()};
    }
    const auto& worst = search_.find(ridge.weights(), team, [](const WorstRow&) {});
    validation_looks_ += validation_.size();
    scorer_.aim(ridge, worst);
    return worst.empty() ? Aim{} : Aim{worst.front().v, scorer_.base()};
  }

  Choice best(const Ridge&, Team& team) override {
    team.run(static_cast<Index>(found_.size()), [&](Index b) { scan(b); });
    looks_ += rows_.n_deletable();
    return best_of(found_).choice;
  }

  void changed(const Ridge& ridge, Index k) override { scorer_.changed(ridge, k >= 0); }

  void protect(Index) override {}

  EngineStats stats() const override {
    EngineStats stats;
    stats.rows_looked_at = looks_;
    stats.validation_rows_looked_at = validation_looks_;
    return stats;
  }

 private:
  static constexpr Index block = 1024;

  void scan(Index b) {
    BestScore best;
    Scorer::Scratch& scratch = scratch_[static_cast<std::size_t>(b)];
    const Index end = std::min((b + 1) * block, rows_.size());
    for (Index k = b * block; k < end; ++k) {
      rows_.prefetch_beyond(k);
      if (!rows_.deletable(k)) continue;
      best.offer(k, scorer_.score(k, scratch));
    }
    found_[static_cast<std::size_t>(b)] = best;
  }

  const TrainingRows& rows_;
  const ValidationRows& validation_;
  Scorer scorer_;
  WorstSearch search_;
  std::vector<BestScore> found_;  // one a block, as is the scratch
  std::vector<Scorer::Scratch> scratch_;
  std::int64_t looks_ = 0, validation_looks_ = 0;
};

}  // namespace paris
