// Groups of rows of which so many must stay.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "paris/support/types.hpp"

namespace paris {

// Counts what is left of every group. A group that is down to its quota is full: its rows are to be
// protected.
class Quotas {
 public:
  // `groups` (N,) holds numbers below quotas.size(); both may be empty.
  Quotas(std::vector<std::int64_t> groups, const std::vector<std::int64_t>& quotas)
      : groups_(std::move(groups)), spare_(quotas.size()) {
    for (std::size_t g = 0; g < quotas.size(); ++g) spare_[g] = -quotas[g];
    for (const std::int64_t g : groups_) ++spare_[static_cast<std::size_t>(g)];
  }

  // Calls visit(k) for the rows of groups that are full to begin with. Cost N.
  template <class Visit>
  void for_each_full(Visit&& visit) const {
    for (std::size_t k = 0; k < groups_.size(); ++k) {
      if (spare_[static_cast<std::size_t>(groups_[k])] <= 0) visit(static_cast<Index>(k));
    }
  }

  // Row k has left; if that makes its group full, calls visit for the rows of the group. Cost N
  // once a group.
  template <class Visit>
  void removed(Index k, Visit&& visit) {
    if (groups_.empty()) return;
    const std::int64_t group = groups_[static_cast<std::size_t>(k)];
    if (--spare_[static_cast<std::size_t>(group)] != 0) return;
    for (std::size_t other = 0; other < groups_.size(); ++other) {
      if (groups_[other] == group) visit(static_cast<Index>(other));
    }
  }

 private:
  std::vector<std::int64_t> groups_;
  std::vector<std::int64_t> spare_;  // rows that a group can still lose
};

}  // namespace paris
