// Where a loss that is watched came near its least.
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <vector>

#include "paris/support/types.hpp"

namespace paris {

// Follows a list of losses that grows.
class WatchedLoss {
 public:
  // The first place where a loss is within `tolerance` of the least of all, relatively: it can only
  // move on as losses are added. Cost: once over what has been added, and over what is passed.
  Index first_near_least(const std::vector<double>& losses, double tolerance) {
    if (tolerance != tolerance_) first_ = 0;
    tolerance_ = tolerance;
    for (; seen_ < losses.size(); ++seen_) least_ = std::min(least_, losses[seen_]);
    while (first_ + 1 < seen_ && !(losses[first_] <= (1.0 + tolerance) * least_)) ++first_;
    return static_cast<Index>(first_);
  }

 private:
  std::size_t seen_ = 0, first_ = 0;
  double least_ = std::numeric_limits<double>::infinity(), tolerance_ = 0.0;
};

}  // namespace paris
