// The textbook engine: every deletion looks at every row.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "paris/engine.hpp"
#include "paris/influence.hpp"
#include "paris/representer.hpp"
#include "paris/training_rows.hpp"

namespace paris {

// One pass over Phi a deletion (cost N D) and one over Phi_val (V D), and another over Phi when T_v
// is not in the cache. The reference for every other engine.
class StreamingEngine final : public Engine {
 public:
  StreamingEngine(const TrainingRows& rows, const ValidationRows& validation,
                  ConstTableView Phi_val, const std::vector<unsigned char>& protect,
                  std::size_t cache_bytes)
      : rows_(rows),
        validation_(validation),
        protect_(protect),
        influence_(rows, Phi_val, cache_bytes),
        found_(static_cast<std::size_t>((rows.size() + block - 1) / block)) {}

  WorstRow worst(const Ridge& ridge, Team& team) override {
    validation_looks_ += validation_.size();
    return validation_.worst(ridge.weights(), team);
  }

  Candidate best(const WorstRow& worst, const Ridge& ridge, Team& team, const Poll& poll) override {
    const std::vector<double>& T_v = influence_.row(worst.v, team, poll);
    // Several rounds rather than one, so that an interrupt of a long pass is answered in time.
    const Index n_blocks = static_cast<Index>(found_.size());
    for (Index first = 0; first < n_blocks; first += blocks_per_poll) {
      team.run(std::min(blocks_per_poll, n_blocks - first),
               [&](Index b) { scan(first + b, worst.residual, T_v, ridge); });
      poll();
    }
    looks_ += rows_.n_kept();
    Candidate best;
    for (const Candidate& other : found_) {
      if (other.beats(best)) best = other;
    }
    return best;
  }

  void changed(const Ridge&, Index) override {}

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
  static constexpr Index blocks_per_poll = 64;

  void scan(Index b, double r, const std::vector<double>& T_v, const Ridge& ridge) {
    Candidate best;
    const Index end = std::min((b + 1) * block, rows_.size());
    for (Index k = b * block; k < end; ++k) {
      rows_.prefetch_beyond(k);
      if (!rows_.kept(k) || protect_[static_cast<std::size_t>(k)] != 0) continue;
      const double s = representer::influence(T_v[static_cast<std::size_t>(k)],
                                              ridge.residual(rows_, k), ridge.lambda());
      const Candidate found{k, s, representer::judge(r, s)};
      if (found.beats(best)) best = found;
    }
    found_[static_cast<std::size_t>(b)] = best;
  }

  const TrainingRows& rows_;
  const ValidationRows& validation_;
  const std::vector<unsigned char>& protect_;
  InfluenceCache influence_;
  std::vector<Candidate> found_;  // one a block
  std::int64_t looks_ = 0, validation_looks_ = 0;
};

}  // namespace paris
