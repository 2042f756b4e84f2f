// Factorize: A = L Lᵀ.
#pragma once

#include <Eigen/Cholesky>
#include <cmath>

#include "paris/types.hpp"

namespace paris::cholesky {

// Overwrites the lower triangle of `A` (D, D), symmetric, by L with L Lᵀ = A. The upper triangle is
// neither read nor written. Returns -1, or the first pivot that is not positive (or not finite);
// the contents of `A` are then unspecified. Cost D³/3.
inline Index factor(Eigen::Ref<Matrix> A) {
  const Index pivot = Eigen::internal::llt_inplace<double, Eigen::Lower>::blocked(A);
  if (pivot >= 0) return pivot;
  for (Index i = 0; i < A.rows(); ++i) {
    if (!(A(i, i) > 0.0) || !std::isfinite(A(i, i))) return i;  // NaN passes Eigen's own check
  }
  return -1;
}

// Whether L (D, D) can be a Cholesky factor: the first column with an entry that is not finite, or
// with a diagonal that is not positive, in the lower triangle; -1 if there is none. Cost D²/2.
inline Index first_bad_column(const Eigen::Ref<const Matrix>& L) {
  for (Index i = 0; i < L.cols(); ++i) {
    if (!(L(i, i) > 0.0) || !L.col(i).tail(L.rows() - i).allFinite()) return i;
  }
  return -1;
}

}  // namespace paris::cholesky
