// Rank-one update: L̄ L̄ᵀ = L Lᵀ + x xᵀ.
#pragma once

#include <cmath>

#include "paris/support/types.hpp"

namespace paris::cholesky {

// In place on the lower triangle of L (D, D); the upper triangle is neither read nor written.
// `x` (D,) is used as scratch and must not alias L. Always possible. Cost 2 D².
//
// Givens rotations of the columns of [L x], left to right: rotation i zeroes x_i.
inline void update(Eigen::Ref<Matrix> L, Eigen::Ref<Vector> x) {
  const Index n = L.rows();
  for (Index i = 0; i < n; ++i) {
    const double diagonal = L(i, i);
    const double length = std::hypot(diagonal, x[i]);
    const double c = diagonal / length;
    const double s = x[i] / length;
    L(i, i) = length;
    double* __restrict column = L.data() + i * L.outerStride();
    double* __restrict rest = x.data();
    for (Index j = i + 1; j < n; ++j) {
      const double l = column[j];
      column[j] = c * l + s * rest[j];
      rest[j] = c * rest[j] - s * l;
    }
  }
}

}  // namespace paris::cholesky
