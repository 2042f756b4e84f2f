// Rank-one downdate: L̄ L̄ᵀ = L Lᵀ − x xᵀ. The only unstable step of the algorithm.
#pragma once

#include <cmath>

#include "paris/linalg/cholesky/solve.hpp"
#include "paris/support/dot.hpp"
#include "paris/support/types.hpp"

namespace paris::cholesky {

// The rotations of a downdate and the column they carry along; sized once by its owner.
struct DowndateWorkspace {
  explicit DowndateWorkspace(Index n) : tail(n + 1), cosine(n), sine(n), carried(n) {}

  // For p = L⁻¹x and complement = 1 − ‖p‖².
  void prepare(const Vector& p, double complement) {
    const Index n = p.size();
    // tail[i] = 1 − (p_0² + … + p_{i-1}²), built from its small end so that nothing cancels.
    tail[n] = complement;
    for (Index i = n - 1; i >= 0; --i) tail[i] = tail[i + 1] + p[i] * p[i];
    sine = p.array() / tail.head(n).array().sqrt();
    cosine = (tail.tail(n).array() / tail.head(n).array()).sqrt();
    carried.setZero();
  }

  Vector tail, cosine, sine, carried;
};

// One rotation of entries i … n − 1 of a column of L against the carried column.
inline void rotate(double* __restrict column, double* __restrict carried, Index i, Index n,
                   double c, double s) {
  for (Index j = i; j < n; ++j) {
    const double x = carried[j];
    const double l = column[j];
    carried[j] = c * x + s * l;
    column[j] = c * l - s * x;
  }
}

// The first pivot at which L Lᵀ − x xᵀ stops being positive definite, where p = L⁻¹x (D,) with
// ‖p‖ >= 1: the leading (i+1) x (i+1) minor is positive exactly while p_0² + … + p_i² < 1.
inline Index failing_pivot(const Vector& p) {
  double complement = 1.0;
  for (Index i = 0; i < p.size(); ++i) {
    complement -= p[i] * p[i];
    if (!(complement > 0.0)) return i;
  }
  return p.size() - 1;  // ‖p‖ = 1 up to rounding
}

// In place on the lower triangle of L (D, D), given p = L⁻¹x and complement = 1 − ‖p‖² > 0; the
// upper triangle is neither read nor written. Cost 2 D².
//
// The rotations that carry (p, √(1 − ‖p‖²)) to a unit vector, applied to [L 0] from the last column
// to the first, leave L̄ in place and x in the carried column (Saunders 1972; LINPACK xCHDD).
inline void downdate_solved(Eigen::Ref<Matrix> L, const Vector& p, double complement,
                            DowndateWorkspace& work) {
  const Index n = L.rows();
  work.prepare(p, complement);
  for (Index i = n - 1; i >= 0; --i) {
    rotate(L.data() + i * L.outerStride(), work.carried.data(), i, n, work.cosine[i], work.sine[i]);
  }
}

// `downdate_solved` and the second half of a solve in one pass over L, which matters once L has
// outgrown the caches: u ← L⁻ᵀp with the old L, then L ← L̄. `u` (D,) must not alias p. Cost 3 D².
//
// Both go through the columns from the last to the first.
inline void downdate_and_solve_upper(Eigen::Ref<Matrix> L, const Vector& p, double complement,
                                     DowndateWorkspace& work, Vector& u) {
  const Index n = L.rows();
  work.prepare(p, complement);
  double* __restrict carried = work.carried.data();
  for (Index i = n - 1; i >= 0; --i) {
    double* __restrict column = L.data() + i * L.outerStride();
    u[i] = (p[i] - dot(column + i + 1, u.data() + i + 1, n - i - 1)) / column[i];
    rotate(column, carried, i, n, work.cosine[i], work.sine[i]);
  }
}

// In place: L ← chol(L Lᵀ − x xᵀ). Returns -1; or the failing pivot, and then L is untouched.
// `x` (D,) is overwritten by L⁻¹x. Cost 3 D².
inline Index downdate(Eigen::Ref<Matrix> L, Vector& x) {
  L.triangularView<Eigen::Lower>().solveInPlace(x);
  const double complement = 1.0 - x.squaredNorm();
  if (!(complement > 0.0)) return failing_pivot(x);
  DowndateWorkspace work(L.rows());
  downdate_solved(L, x, complement, work);
  return -1;
}

}  // namespace paris::cholesky
