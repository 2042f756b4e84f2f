// Strata of rows of which so many must stay.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "paris/support/types.hpp"

namespace paris {

// Counts what is left of every stratum. A stratum that is down to its quota is full: its rows are
// to be protected.
class Quotas {
 public:
  // `strata` (N,) holds numbers below quotas.size(); both may be empty.
  Quotas(std::vector<std::int64_t> strata, const std::vector<std::int64_t>& quotas)
      : strata_(std::move(strata)), spare_(quotas.size()) {
    for (std::size_t g = 0; g < quotas.size(); ++g) spare_[g] = -quotas[g];
    for (const std::int64_t g : strata_) ++spare_[static_cast<std::size_t>(g)];
  }

  // Calls visit(k) for the rows of strata that are full to begin with. Cost N.
  template <class Visit>
  void for_each_full(Visit&& visit) const {
    for (std::size_t k = 0; k < strata_.size(); ++k) {
      if (spare_[static_cast<std::size_t>(strata_[k])] <= 0) visit(static_cast<Index>(k));
    }
  }

  // Row k has left; if that makes its stratum full, calls visit for the rows of the stratum. Cost N
  // once a stratum.
  template <class Visit>
  void removed(Index k, Visit&& visit) {
    if (strata_.empty()) return;
    const std::int64_t stratum = strata_[static_cast<std::size_t>(k)];
    if (--spare_[static_cast<std::size_t>(stratum)] != 0) return;
    for (std::size_t other = 0; other < strata_.size(); ++other) {
      if (strata_[other] == stratum) visit(static_cast<Index>(other));
    }
  }

 private:
  std::vector<std::int64_t> strata_;
  std::vector<std::int64_t> spare_;  // rows that a stratum can still lose
};

}  // namespace paris
