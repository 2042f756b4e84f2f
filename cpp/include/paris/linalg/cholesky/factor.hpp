// Factorize: A = L Lᵀ.
#pragma once

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>

#include "paris/support/poll.hpp"
#include "paris/support/types.hpp"

namespace paris::cholesky {

// Overwrites the lower triangle of `A` (D, D), symmetric, by L with L Lᵀ = A. The upper triangle is
// neither read nor written. Returns -1, or the first pivot that is not positive (or not finite);
// the contents of `A` are then unspecified, as they are when `poll` throws. Cost D³/3.
//
// Eigen's own blocks, with a poll between them.
inline Index factor(Eigen::Ref<Matrix> A, const Poll& poll = {}) {
  using Unblocked = Eigen::internal::llt_inplace<double, Eigen::Lower>;
  const Index n = A.rows();
  const Index block = n < 32 ? n : std::clamp<Index>(n / 8 / 16 * 16, 8, 128);
  for (Index k = 0; k < n; k += block) {
    const Index size = std::min(block, n - k), rest = n - k - size;
    auto diagonal = A.block(k, k, size, size);
    const Index pivot = Unblocked::unblocked(diagonal);
    if (pivot >= 0) return k + pivot;
    if (rest > 0) {
      auto below = A.block(k + size, k, rest, size);
      diagonal.adjoint().triangularView<Eigen::Upper>().solveInPlace<Eigen::OnTheRight>(below);
      A.block(k + size, k + size, rest, rest)
          .selfadjointView<Eigen::Lower>()
          .rankUpdate(below, -1.0);
    }
    if (poll) poll();
  }
  for (Index i = 0; i < n; ++i) {
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
