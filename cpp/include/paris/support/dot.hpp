// The inner product that scores rows.
#pragma once

#include <limits>

#include "paris/support/types.hpp"

namespace paris {

// aᵀb for contiguous a, b of length n.
//
// The order of summation depends on n alone: not on alignment, not on the caller. Two engines that
// score the same row therefore get the same bits, which is what lets a lazy engine reproduce the
// exhaustive one. (The build forbids contraction into fused multiply-adds for the same reason.)
inline double dot(const double* a, const double* b, Index n) {
  using Lanes = Eigen::Array<double, 16, 1>;
  using Quad = Eigen::Array<double, 4, 1>;

  Index i = 0;
  Quad sum = Quad::Zero();
  if (n >= 16) {
    Lanes lanes = Eigen::Map<const Lanes>(a) * Eigen::Map<const Lanes>(b);
    for (i = 16; i + 16 <= n; i += 16) {
      lanes += Eigen::Map<const Lanes>(a + i) * Eigen::Map<const Lanes>(b + i);
    }
    const Eigen::Array<double, 8, 1> half = lanes.head<8>() + lanes.tail<8>();
    sum = half.head<4>() + half.tail<4>();
  }
  for (; i + 4 <= n; i += 4) sum += Eigen::Map<const Quad>(a + i) * Eigen::Map<const Quad>(b + i);
  double total = (sum[0] + sum[2]) + (sum[1] + sum[3]);
  for (; i < n; ++i) total += a[i] * b[i];
  return total;
}

// What rounding does to an inner product of length n and to the residual it is part of, per unit of
// the lengths multiplied, with room to spare.
inline double dot_error(Index n) {
  return 8.0 * (static_cast<double>(n) + 8.0) * std::numeric_limits<double>::epsilon();
}

}  // namespace paris
