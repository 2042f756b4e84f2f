// The exhaustive engine: every deletion evaluates every row.
#pragma once

#include <cstdint>

#include "paris/criterion/scorer.hpp"
#include "paris/search/best_score.hpp"
#include "paris/search/engine.hpp"

namespace paris {

// One pass over Phi a deletion, in which a row takes C + m inner products (2 C for the mean, and
// one or two more for refit), and one over Phi_val for Objective::worst. The reference for the
// others.
class ExhaustiveEngine final : public Engine {
 public:
  ExhaustiveEngine(const TrainingRows& rows, const ValidationRows& validation,
                   const Scoring& scoring, const Ridge& ridge, Team& team)
      : rows_(rows),
        validation_(validation),
        scorer_(rows, validation, scoring, ridge, team),
        worst_(validation, scoring.n_worst),
        best_(rows.size()) {}

  Aim aim(const Ridge& ridge, Team& team) override {
    scorer_.settle(ridge, team);
    if (scorer_.mean()) {
      scorer_.aim(ridge);
      return {-1, scorer_.mean_loss().loss()};
    }
    const auto& worst = worst_.find(ridge.weights(), team, [](const WorstRow&) {});
    validation_evaluations_ += validation_.size();
    scorer_.aim(ridge, worst);
    return worst.empty() ? Aim{} : Aim{worst.front().v, scorer_.base()};
  }

  Choice best(const Ridge&, Team& team) override {
    const BestScore best =
        best_.find(team, [&](const Block& block, BestScore& found, Scorer::Scratch& scratch) {
          BestScore here;
          for (Index k = block.begin; k < block.end; ++k) {
            rows_.prefetch_beyond(k);
            if (rows_.deletable(k)) here.offer(k, scorer_.score(k, scratch));
          }
          found = here;
        });
    evaluations_ += rows_.n_deletable();
    return best.choice;
  }

  void changed(const Ridge& ridge, Index k) override { scorer_.changed(ridge, k >= 0); }

  void protect(Index) override {}

  EngineStats stats() const override {
    EngineStats stats;
    stats.rows_evaluated = evaluations_;
    stats.validation_rows_evaluated = validation_evaluations_;
    return stats;
  }

 private:
  const TrainingRows& rows_;
  const ValidationRows& validation_;
  Scorer scorer_;
  WorstSearch worst_;
  BestOfAll best_;
  std::int64_t evaluations_ = 0, validation_evaluations_ = 0;
};

}  // namespace paris
