// T = Φ_val Φᵀ, row by row, on demand.
#pragma once

#include <algorithm>
#include <cstdint>
#include <list>
#include <unordered_map>
#include <vector>

#include "paris/dot.hpp"
#include "paris/poll.hpp"
#include "paris/team.hpp"
#include "paris/training_rows.hpp"
#include "paris/types.hpp"

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

  // Row v, T_v· (N,). Valid until the next call. `poll` is called now and then and may throw; the
  // row then is not in the cache.
  const std::vector<double>& row(Index v, Team& team, const Poll& poll) {
    const auto found = where_.find(v);
    if (found != where_.end()) {
      ++hits_;
      recent_.splice(recent_.begin(), recent_, found->second);
      return recent_.front().values;
    }
    ++misses_;
    if (recent_.size() < capacity_) {
      recent_.push_back(Entry{none, std::vector<double>(static_cast<std::size_t>(rows_.size()))});
    }
    Entry& last = recent_.back();
    where_.erase(last.v);
    last.v = none;
    fill(last.values, v, team, poll);
    last.v = v;
    recent_.splice(recent_.begin(), recent_, std::prev(recent_.end()));
    where_[v] = recent_.begin();
    return recent_.front().values;
  }

  std::int64_t hits() const { return hits_; }
  std::int64_t misses() const { return misses_; }

 private:
  static constexpr Index none = -1;
  static constexpr Index block = 4096;

  struct Entry {
    Index v;
    std::vector<double> values;
  };

  void fill(std::vector<double>& values, Index v, Team& team, const Poll& poll) const {
    const Index n_blocks = (rows_.size() + block - 1) / block;
    const double* phi_v = Phi_val_.data() + v * Phi_val_.cols();
    run_polled(team, n_blocks, poll, [&](Index b) {
      const Index begin = b * block;
      for (Index k = begin; k < std::min(begin + block, rows_.size()); ++k) {
        rows_.prefetch_beyond(k);
        values[static_cast<std::size_t>(k)] = dot(rows_.phi(k), phi_v, rows_.dimension());
      }
    });
  }

  const TrainingRows& rows_;
  ConstTableView Phi_val_;
  std::size_t capacity_;
  std::list<Entry> recent_;  // front: most recently used
  std::unordered_map<Index, std::list<Entry>::iterator> where_;
  std::int64_t hits_ = 0, misses_ = 0;
};

}  // namespace paris
