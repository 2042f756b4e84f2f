// What a sample of the rows says about where bounds lie.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "paris/support/types.hpp"

namespace paris {

// The value that so many others do not exceed. Reorders them. NaN must not be among them.
template <class Number>
Number value_at_rank(std::size_t rank, std::vector<Number>& values) {
  const auto nth = values.begin() + static_cast<std::ptrdiff_t>(rank);
  std::nth_element(values.begin(), nth, values.end());
  return *nth;
}

// The value below which a share of them lies; there must be one at least.
template <class Number>
Number value_above(double share, std::vector<Number>& values) {
  const auto rank = static_cast<std::size_t>(share * static_cast<double>(values.size()));
  return value_at_rank(std::min(values.size() - 1, rank), values);
}

// Chooses the level and the validity radius of a working set: heuristics, on which only speed
// depends.
class SampledLevel {
 public:
  struct Entry {
    double value;  // |r + S| as of the last evaluation; NaN for a row that is gone
    double gain;   // how much it may fall per unit of distance
    double reach;  // the distance since that
  };

  // Takes an even sample of n rows, large enough to tell where the `wanted` lowest ones end.
  template <class Describe>
  void draw(Index n, Index wanted, Describe&& describe) {
    const Index size = std::min(n, std::max<Index>(2048, 32 * (n / wanted)));
    entries_.clear();
    const double step = static_cast<double>(n) / static_cast<double>(size);
    for (Index i = 0; i < size; ++i) {
      const Entry entry = describe(static_cast<Index>((static_cast<double>(i) + 0.5) * step));
      if (!std::isnan(entry.value)) entries_.push_back(entry);
    }
    lowest_ = std::numeric_limits<double>::infinity();
    for (const Entry& entry : entries_) lowest_ = std::min(lowest_, entry.value);
  }

  // The value below which a share of all bounds lies, once the weights have gone as far as
  // `radius`.
  double level(double share, double radius) {
    if (entries_.empty()) return std::numeric_limits<double>::infinity();
    bounds_.clear();
    for (const Entry& entry : entries_) {
      bounds_.push_back(entry.value - entry.gain * (entry.reach + radius));
    }
    return value_above(share, bounds_);
  }

  // The validity radius at which the level has come down half-way from level(share, 0) to `best`;
  // it falls about linearly. 0 if it is not above `best` to begin with. `trial` > 0 is where the
  // slope is measured.
  double radius(double share, double best, double trial) {
    const double near = level(share, 0.0);
    const double room = 0.5 * (near - std::min(best, lowest_));
    if (!(room > 0.0)) return 0.0;
    for (int step = 0; step < 3; ++step) {
      const double fall = near - level(share, trial);
      if (fall <= 0.0) return trial;  // also where it is not a number
      const double next = trial * room / fall;
      if (std::abs(next - trial) < 0.2 * trial) return next;
      trial = next;
    }
    return trial;
  }

 private:
  std::vector<Entry> entries_;
  std::vector<double> bounds_;
  double lowest_ = std::numeric_limits<double>::infinity();
};

}  // namespace paris
