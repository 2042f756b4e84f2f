// The textbook engine for the paper's own case: every deletion looks at every row.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "paris/problem/training_rows.hpp"
#include "paris/search/engine.hpp"
#include "paris/search/worst_one/candidate.hpp"
#include "paris/search/worst_one/influence.hpp"
#include "paris/search/worst_one/representer.hpp"

namespace paris {

// The representer criterion against the one worst row, one output. One pass over Phi a deletion
// (cost N D) and one over Phi_val (V D), and another over Phi when T_v is not in the cache. The
// reference for `LazyEngine`.
class StreamingEngine final : public Engine {
 public:
  StreamingEngine(const TrainingRows& rows, const ValidationRows& validation,
                  std::size_t cache_bytes)
      : rows_(rows),
        validation_(validation),
        search_(validation, 1),
        influence_(rows, validation.Phi(), cache_bytes),
        found_(static_cast<std::size_t>((rows.size() + block - 1) / block)) {}

  Aim aim(const Ridge& ridge, Team& team) override {
    validation_looks_ += validation_.size();
    const auto& worst = search_.find(ridge.weights(), team, [](const WorstRow&) {});
    worst_ = worst.empty() ? WorstRow{} : worst.front();
    return {worst_.v, worst_.loss};
  }

  Choice best(const Ridge& ridge, Team& team) override {
    const std::vector<double>& T_v = influence_.row(worst_.v, team);
    team.run(static_cast<Index>(found_.size()),
             [&](Index b) { scan(b, worst_.residual, T_v, ridge); });
    looks_ += rows_.n_kept();
    Candidate best;
    for (const Candidate& other : found_) {
      if (other.beats(best)) best = other;
    }
    return representer::choice(best, worst_, validation_);
  }

  void changed(const Ridge&, Index) override {}
  void protect(Index) override {}

  EngineStats stats() const override {
    EngineStats stats;
    stats.rows_looked_at = looks_;
    stats.validation_rows_looked_at = validation_looks_;
    stats.cache_hits = influence_.hits();
    stats.cache_misses = influence_.misses();
    return stats;
  }

 private:
  static constexpr Index block = 4096;

  void scan(Index b, double r, const std::vector<double>& T_v, const Ridge& ridge) {
    Candidate best;
    const Index end = std::min((b + 1) * block, rows_.size());
    for (Index k = b * block; k < end; ++k) {
      rows_.prefetch_beyond(k);
      if (!rows_.deletable(k)) continue;
      const double s = representer::influence(
          T_v[static_cast<std::size_t>(k)], rows_.residual(k, ridge.weights_of(0)), ridge.lambda());
      const Candidate found{k, s, representer::judge(r, s)};
      if (found.beats(best)) best = found;
    }
    found_[static_cast<std::size_t>(b)] = best;
  }

  const TrainingRows& rows_;
  const ValidationRows& validation_;
  WorstSearch search_;
  WorstRow worst_;
  InfluenceCache influence_;
  std::vector<Candidate> found_;  // one a block
  std::int64_t looks_ = 0, validation_looks_ = 0;
};

}  // namespace paris
