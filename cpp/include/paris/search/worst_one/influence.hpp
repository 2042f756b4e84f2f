// T = Φ_val Φᵀ, row by row, on demand.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "paris/problem/training_rows.hpp"
#include "paris/support/blocks.hpp"
#include "paris/support/dot.hpp"
#include "paris/support/lru_cache.hpp"
#include "paris/support/types.hpp"

namespace paris {

// Rows of T (V, N), each one computed when it is first asked for (cost N D) and kept while the
// cache has room: at most max(1, cache_bytes / 8N) rows, the least recently used leaves first. T
// does not depend on which rows have been removed, so nothing in the cache ever goes stale.
class InfluenceCache {
 public:
  InfluenceCache(const TrainingRows& rows, ConstTableView Phi_val, std::size_t cache_bytes)
      : rows_(rows),
        Phi_val_(Phi_val),
        capacity_(std::max<std::size_t>(
            1, cache_bytes / (sizeof(double) * static_cast<std::size_t>(rows.size())))) {}

  // Row v, T_v· (N,). Valid until the next call. Not in the cache if the team's poll throws.
  const std::vector<double>& row(Index v, Team& team) {
    if (const std::vector<double>* known = cache_.find(v)) {
      ++hits_;
      return *known;
    }
    ++misses_;
    std::vector<double> values;
    if (cache_.size() == capacity_) values = cache_.take_last();
    values.resize(static_cast<std::size_t>(rows_.size()));
    fill(values, v, team);
    return cache_.add(v, std::move(values));
  }

  std::int64_t hits() const { return hits_; }
  std::int64_t misses() const { return misses_; }

 private:
  void fill(std::vector<double>& values, Index v, Team& team) const {
    const double* phi_v = Phi_val_.data() + v * Phi_val_.cols();
    Blocks(rows_.size(), 4096).for_each(team, [&](const Block& block) {
      for (Index k = block.begin; k < block.end; ++k) {
        rows_.prefetch_beyond(k);
        values[static_cast<std::size_t>(k)] = dot(rows_.phi(k), phi_v, rows_.dimension());
      }
    });
  }

  const TrainingRows& rows_;
  ConstTableView Phi_val_;
  std::size_t capacity_;
  LruCache<Index, std::vector<double>> cache_;
  std::int64_t hits_ = 0, misses_ = 0;
};

}  // namespace paris
