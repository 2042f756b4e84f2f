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
//
// `dots` are aᵀb₀, aᵀb₁, … of vectors that lie one after the other, each with the bits of `dot`.
template <int Count>
inline void dots(const double* a, const double* b, Index n, double* out) {
  using Lanes = Eigen::Array<double, 16, 1>;
  using Quad = Eigen::Array<double, 4, 1>;

  Index i = 0;
  Quad sum[Count];
  for (Quad& quad : sum) quad.setZero();
  if (n >= 16) {
    Lanes lanes[Count];
    for (int j = 0; j < Count; ++j) {
      lanes[j] = Eigen::Map<const Lanes>(a) * Eigen::Map<const Lanes>(b + j * n);
    }
    for (i = 16; i + 16 <= n; i += 16) {
      for (int j = 0; j < Count; ++j) {
        lanes[j] += Eigen::Map<const Lanes>(a + i) * Eigen::Map<const Lanes>(b + j * n + i);
      }
    }
    for (int j = 0; j < Count; ++j) {
      const Eigen::Array<double, 8, 1> half =
          lanes[j].template head<8>() + lanes[j].template tail<8>();
      sum[j] = half.template head<4>() + half.template tail<4>();
    }
  }
  for (; i + 4 <= n; i += 4) {
    for (int j = 0; j < Count; ++j) {
      sum[j] += Eigen::Map<const Quad>(a + i) * Eigen::Map<const Quad>(b + j * n + i);
    }
  }
  for (int j = 0; j < Count; ++j) {
    double total = (sum[j][0] + sum[j][2]) + (sum[j][1] + sum[j][3]);
    for (Index rest = i; rest < n; ++rest) total += a[rest] * b[j * n + rest];
    out[j] = total;
  }
}

inline double dot(const double* a, const double* b, Index n) {
  double out;
  dots<1>(a, b, n, &out);
  return out;
}

// What rounding does to an inner product of length n and to the residual it is part of, per unit of
// the lengths multiplied, with room to spare.
inline double dot_error(Index n) {
  return 8.0 * (static_cast<double>(n) + 8.0) * std::numeric_limits<double>::epsilon();
}

}  // namespace paris
