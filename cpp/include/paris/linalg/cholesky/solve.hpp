// Solve with a factor: L p = b, Lᵀ u = p, and both.
#pragma once

#include <algorithm>

#include "paris/support/poll.hpp"
#include "paris/support/types.hpp"

namespace paris::cholesky {

// In place: x ← L⁻¹ x. L (D, D) lower; the upper triangle is not read. Cost D².
inline void solve_lower(const Matrix& L, Eigen::Ref<Vector> x) {
  L.triangularView<Eigen::Lower>().solveInPlace(x);
}

// In place: x ← L⁻ᵀ x. Cost D².
inline void solve_upper(const Matrix& L, Eigen::Ref<Vector> x) {
  L.triangularView<Eigen::Lower>().transpose().solveInPlace(x);
}

// In place: x ← (L Lᵀ)⁻¹ x. Cost 2 D².
inline void solve(const Matrix& L, Eigen::Ref<Vector> x) {
  solve_lower(L, x);
  solve_upper(L, x);
}

// L⁻¹ (D, D), zero above the diagonal. A block of columns at a time, with a poll between. Cost
// D³/3.
inline Matrix inverse_of_lower(const Matrix& L, const Poll& poll = {}) {
  constexpr Index block = 64;
  const Index n = L.rows();
  Matrix inverse = Matrix::Zero(n, n);
  for (Index j = 0; j < n; j += block) {
    const Index size = std::min(block, n - j), rest = n - j;
    auto columns = inverse.block(j, j, rest, size);
    columns.topRows(size).setIdentity();
    L.bottomRightCorner(rest, rest).triangularView<Eigen::Lower>().solveInPlace(columns);
    if (poll) poll();
  }
  return inverse;
}

}  // namespace paris::cholesky
