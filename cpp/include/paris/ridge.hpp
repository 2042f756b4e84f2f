// Ridge regression on the kept rows, kept up to date while rows leave.
#pragma once

#include <algorithm>
#include <limits>

#include "paris/cholesky.hpp"
#include "paris/dot.hpp"
#include "paris/inverse_factor.hpp"
#include "paris/normal_equations.hpp"
#include "paris/training_rows.hpp"
#include "paris/types.hpp"

namespace paris {

// Thrown when ΦᵀΦ + λI of the kept rows cannot be factorized even afresh.
struct NotPositiveDefinite {
  Index pivot;
  double lambda;
  double sufficient_lambda;  // a λ at which rounding could not have spoilt the factorization
};

// The state A = L Lᵀ = ΦᵀΦ + λI, W = A⁻¹Φᵀy (D, C) over the kept rows of `rows`.
//
// One removal costs one solve with L, one with Lᵀ and one downdate, 4 D² in two passes over L; from
// `smallest_inverse` on, A is held as an `InverseFactor` instead, and it costs a single pass.
// Either way a removal loses accuracy in proportion to 1/(1 − h); the state is rebuilt from the
// kept rows (cost N D²) when
//   - a leverage is so close to 1 that a downdate would be worthless (`smallest_slack`), or
//   - the trace of A has fallen below a quarter of what it was: L carries rounding errors in
//     proportion to the old A, or
//   - a probe shows that L has drifted: with z fixed and s = A z followed by s ← s − φ(φᵀz), the
//     relative size of L⁻¹(s − L Lᵀz) against Lᵀz exceeds `drift_tolerance`. The probe is looked at
//     every `drift_interval` removals; at the same time W is solved afresh from Φᵀy, so that its
//     own recursion never runs for longer.
class Ridge {
 public:
  static constexpr double smallest_slack = 1e-6;
  static constexpr double drift_tolerance = 1e-9;
  static constexpr Index drift_interval = 256;
  static constexpr double tolerated_shrinkage = 0.25;
  static constexpr Index smallest_inverse = 256;  // D

  Ridge(const TrainingRows& rows, double lambda, Team& team)
      : lambda_(lambda), p_(rows.dimension()), u_(rows.dimension()), work_(rows.dimension()) {
    rebuild(rows, team);
    n_refactorizations_ = 0;  // the first factorization is not a repair
  }

  double lambda() const { return lambda_; }

  // L (D, D), lower. With an `InverseFactor` the first call after a removal costs D³/3, and is not
  // for several threads at once.
  const Matrix& lower() const {
    if (lower_is_old_) {
      L_ = inverse_.lower();
      lower_is_old_ = false;
    }
    return L_;
  }

  // x ← A⁻¹x. Not for several threads at once. Cost 2 D².
  void solve(Eigen::Ref<Vector> x) const {
    if (inverted()) {
      inverse_.solve(x, x);
    } else {
      cholesky::solve(L_, x);
    }
  }

  const Matrix& weights() const { return W_; }  // (D, C)
  const double* weights_of(Index output) const { return W_.data() + output * W_.rows(); }
  Index n_refactorizations() const { return n_refactorizations_; }

  // u = A⁻¹φ and 1 − h of the last removal, with the A before it; slack = 0 if A had to be rebuilt.
  const Vector& last_direction() const { return u_; }
  double last_slack() const { return last_slack_; }

  // To be called before a removal is chosen: looks at the probe when it is due, and repairs.
  // Returns whether W has changed (by rounding).
  bool maintain(const TrainingRows& rows, Team& team) {
    const bool shrunk = trace_ < tolerated_shrinkage * trace_at_rebuild_;
    if (!shrunk && removals_since_check_ < drift_interval) return false;
    if (shrunk || drift() > tolerated_drift_) {
      rebuild(rows, team);
    } else {
      solve_weights();
      removals_since_check_ = 0;
    }
    return true;
  }

  // Removes row k from `rows` and from the state. If it throws, neither has changed.
  void remove(TrainingRows& rows, Index k, Team& team) {
    const ConstVectorView phi(rows.phi(k), rows.dimension());
    const double slack = 1.0 - leverage(phi);
    rows.remove(k);
    if (slack > smallest_slack) {
      downdate(slack);
      for (Index c = 0; c < W_.cols(); ++c) {
        W_.col(c) -= u_ * (rows.residual(k, weights_of(c), c) / slack);
        moment_.col(c) -= phi * rows.residual(k, origin_.data() + c * origin_.rows(), c);
      }
      trace_ -= phi.squaredNorm();
      probe_image_ -= phi * dot(phi.data(), probe_.data(), phi.size());
      last_slack_ = slack;
      ++removals_since_check_;
      return;
    }
    last_slack_ = 0.0;
    try {
      rebuild(rows, team);
    } catch (...) {
      rows.restore(k);
      throw;
    }
  }

 private:
  bool inverted() const { return L_.rows() >= smallest_inverse; }

  // h = φᵀA⁻¹φ.
  double leverage(const ConstVectorView& phi) {
    if (inverted()) return inverse_.solve(phi, u_);
    p_ = phi;
    cholesky::solve_lower(L_, p_);
    return p_.squaredNorm();
  }

  // A ← A − φφᵀ and u = A⁻¹φ with the old A, for the φ that `leverage` was last called for.
  void downdate(double slack) {
    if (inverted()) {
      inverse_.remove(u_, slack);
      lower_is_old_ = true;
    } else {
      cholesky::downdate_and_solve_upper(L_, p_, slack, work_, u_);
    }
  }

  void solve_weights() {
    W_ = moment_ - lambda_ * origin_;
    for (Index c = 0; c < W_.cols(); ++c) solve(W_.col(c));
    W_ += origin_;
  }

  void rebuild(const TrainingRows& rows, Team& team) {
    NormalEquations equations = normal_equations(rows, team);
    Matrix& A = equations.gram;
    const double trace = A.trace();
    A.diagonal().array() += lambda_;
    Matrix L = A;
    const Index pivot = cholesky::factor(L);
    if (pivot >= 0) {
      // Rounding of a sum of squares and of the factorization: a small multiple of D ε trace(A).
      const double rounding = static_cast<double>(L.rows()) * trace * 8.0;
      throw NotPositiveDefinite{pivot, lambda_, rounding * std::numeric_limits<double>::epsilon()};
    }
    L_ = std::move(L);
    lower_is_old_ = false;
    if (inverted()) inverse_.set(L_);
    trace_ = trace_at_rebuild_ = A.trace();
    origin_ = Matrix::Zero(L_.rows(), rows.outputs());
    moment_ = std::move(equations.moment);
    solve_weights();
    origin_ = W_;
    moment_ = residual_moment(rows, origin_, team);
    solve_weights();
    origin_ = W_;
    moment_ = residual_moment(rows, origin_, team);
    start_probe(A);
    removals_since_check_ = 0;
    ++n_refactorizations_;
  }

  // z = L⁻ᵀt with t of ±1, so that every direction weighs the same in the metric of A.
  void start_probe(const Matrix& A) {
    probe_.resize(A.rows());
    std::uint64_t state = 0x9E3779B97F4A7C15u;
    for (double& sign : probe_) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      sign = (state >> 63) != 0 ? 1.0 : -1.0;
    }
    cholesky::solve_upper(L_, probe_);
    probe_image_ = A.selfadjointView<Eigen::Lower>() * probe_;
    // In an ill-conditioned problem the fresh factor shows a "drift" as well: rebuilding more often
    // could not bring it down.
    tolerated_drift_ = std::max(drift_tolerance, 10.0 * drift());
  }

  double drift() {
    if (inverted()) return inverse_.distance(probe_image_, probe_);
    p_.noalias() = L_.triangularView<Eigen::Lower>().transpose() * probe_;
    const double scale = p_.norm();
    u_ = probe_image_;
    u_.noalias() -= L_.triangularView<Eigen::Lower>() * p_;
    cholesky::solve_lower(L_, u_);
    return u_.norm() / scale;
  }

  double lambda_;
  mutable Matrix L_;  // (D, D) lower; not up to date while
  mutable bool lower_is_old_ = false;
  InverseFactor inverse_;  // for large D
  Matrix W_;               // (D, C)
  Matrix origin_;          // (D, C) W₀
  Matrix moment_;          // (D, C) Φᵀ(y − ΦW₀)
  Vector probe_, probe_image_;
  Vector p_, u_;
  cholesky::DowndateWorkspace work_;
  double last_slack_ = 0.0;
  double tolerated_drift_ = 0.0;
  double trace_ = 0.0, trace_at_rebuild_ = 0.0;  // of A
  Index removals_since_check_ = 0;
  Index n_refactorizations_ = 0;
};

}  // namespace paris
