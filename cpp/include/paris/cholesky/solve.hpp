// Solve with a factor: L p = b, Lᵀ u = p, and both.
#pragma once

#include "paris/types.hpp"

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

}  // namespace paris::cholesky
