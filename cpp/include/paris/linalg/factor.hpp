// A positive definite matrix from which rows are removed.
#pragma once

#include "paris/linalg/cholesky.hpp"
#include "paris/linalg/inverse_factor.hpp"
#include "paris/support/poll.hpp"
#include "paris/support/types.hpp"

namespace paris {

// A (D, D) in the form that is the faster one: its Cholesky factor L, or for many features an
// `InverseFactor`. One removal costs 4 D² in two passes over L, or a single pass of 2 D².
class Factor {
 public:
  static constexpr Index smallest_inverse = 256;  // D

  // The vectors of a solve; one for every thread.
  using Workspace = InverseFactor::Workspace;

  explicit Factor(Index dimension = 0) : p_(dimension), u_(dimension), downdate_(dimension) {}

  // From the lower triangle of A. Returns -1; or the first pivot that is not positive, and then, as
  // when `poll` throws, this is of no use. Cost D³/3, or twice that.
  Index set(const Matrix& A, const Poll& poll = {}) {
    L_ = A;
    const Index pivot = cholesky::factor(L_, poll);
    if (pivot < 0 && inverted()) inverse_.set(L_, poll);
    lower_is_old_ = false;
    return pivot;
  }

  // L, lower. Where it is not what is held the first call after a removal costs D³/3, and is not
  // for several threads at once.
  const Matrix& lower(const Poll& poll = {}) const {
    if (lower_is_old_) {
      L_ = inverse_.lower(poll);
      lower_is_old_ = false;
    }
    return L_;
  }

  // x ← A⁻¹x. Cost 2 D².
  void solve(Eigen::Ref<Vector> x, Workspace& workspace) const {
    if (inverted()) {
      inverse_.solve(x, x, workspace);
    } else {
      cholesky::solve(L_, x);
    }
  }

  // The same, not for several threads at once.
  void solve(Eigen::Ref<Vector> x) const { solve(x, workspace_); }

  // h = φᵀA⁻¹φ. What follows is about this φ.
  double leverage(const ConstVectorView& phi) {
    solved_ = inverted();
    if (solved_) return inverse_.solve(phi, u_, workspace_);
    p_ = phi;
    cholesky::solve_lower(L_, p_);
    return p_.squaredNorm();
  }

  // u = A⁻¹φ, also after `remove`: with the A before it.
  const Vector& direction() {
    if (!solved_) {
      u_ = p_;
      cholesky::solve_upper(L_, u_);
      solved_ = true;
    }
    return u_;
  }

  // A ← A − φφᵀ, given 1 − h > 0.
  void remove(double complement) {
    if (inverted()) {
      inverse_.remove(u_, complement);
      lower_is_old_ = true;
    } else {
      cholesky::downdate_and_solve_upper(L_, p_, complement, downdate_, u_);
      solved_ = true;
    }
  }

  // How far z is from A⁻¹s, relatively and in the metric of A. Cost 2 D².
  double distance(const Vector& s, const Vector& z) {
    if (inverted()) return inverse_.distance(s, z, workspace_);
    p_.noalias() = L_.triangularView<Eigen::Lower>().transpose() * z;
    const double scale = p_.norm();
    u_ = s;
    u_.noalias() -= L_.triangularView<Eigen::Lower>() * p_;
    cholesky::solve_lower(L_, u_);
    return u_.norm() / scale;
  }

 private:
  bool inverted() const { return L_.rows() >= smallest_inverse; }

  mutable Matrix L_;
  InverseFactor inverse_;
  mutable bool lower_is_old_ = false;
  Vector p_, u_;  // L⁻¹φ where L is held, A⁻¹φ
  bool solved_ = false;
  cholesky::DowndateWorkspace downdate_;
  mutable Workspace workspace_;
};

}  // namespace paris
