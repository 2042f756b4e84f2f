// Ridge regression on the kept rows, kept up to date while rows leave.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "paris/linalg/factor.hpp"
#include "paris/problem/normal_equations.hpp"
#include "paris/problem/training_rows.hpp"
#include "paris/support/dot.hpp"
#include "paris/support/types.hpp"

namespace paris {

// Thrown when ΦᵀΦ + λI of the kept rows cannot be factorized even afresh.
struct NotPositiveDefinite {
  Index pivot;
  double lambda;
  double sufficient_lambda;  // a λ at which rounding could not have spoilt the factorization
};

// The state A = ΦᵀΦ + λI = L Lᵀ, W = A⁻¹Φᵀy (D, C) over the kept rows of `rows`.
//
// A removal (the cost is that of `Factor`) loses accuracy in proportion to 1/(1 − h); the state is
// rebuilt from the kept rows (cost N D²) when
//   - a leverage is so close to 1 that a downdate would be worthless (`smallest_complement`), or
//   - the trace of A has fallen below a quarter of what it was: L carries rounding errors in
//     proportion to the old A, or
//   - an entry of the diagonal of A has fallen to a millionth of what it was: the same for one
//     column, which the trace would not show where others are larger, or
//   - w would shrink to a hundredth of the longest it has been for some output, or what the ridge
//     minimises, ‖e‖² + λ‖w‖², to a millionth of what it was, as when a row whose target is huge
//     leaves (it falls by e²/(1 − h)), or ‖Φ‖² would, as when a huge row leaves that a huger λ has
//     kept from mattering: w and Φᵀ(y − Φw₀) carry rounding errors in proportion to what they,
//     residuals and rows were, or
//   - a probe shows that L has drifted: with z fixed and s = A z followed by s ← s − φ(φᵀz), the
//     relative size of L⁻¹(s − L Lᵀz) against Lᵀz exceeds `drift_tolerance`. The probe is checked
//     every `drift_interval` removals; at the same time W is solved afresh from Φᵀy, so that its
//     own recursion never runs for longer.
class Ridge {
 public:
  static constexpr double smallest_complement = 1e-6;
  static constexpr double drift_tolerance = 1e-9;
  static constexpr Index drift_interval = 256;
  static constexpr double tolerated_shrinkage = 0.25;  // of the trace
  static constexpr double tolerated_collapse = 1e-6;   // of what is minimised, ‖Φ‖² and columns
  static constexpr double tolerated_fall = 1e-2;       // of ‖w‖

  using Workspace = Factor::Workspace;

  Ridge(const TrainingRows& rows, double lambda, Team& team)
      : lambda_(lambda), last_direction_(rows.dimension()) {
    rebuild(rows, team);
    n_refactorizations_ = 0;  // the first factorization is not a repair
  }

  double lambda() const { return lambda_; }

  // As `Factor` has them.
  const Matrix& lower(const Poll& poll = {}) const { return fit_.factor.lower(poll); }
  void solve(Eigen::Ref<Vector> x, Workspace& workspace) const { fit_.factor.solve(x, workspace); }
  void solve(Eigen::Ref<Vector> x) const { fit_.factor.solve(x); }

  const Matrix& weights() const { return fit_.W; }  // (D, C)
  const double* weights_of(Index output) const { return fit_.W.data() + output * fit_.W.rows(); }
  Index n_refactorizations() const { return n_refactorizations_; }

  // u = A⁻¹φ and 1 − h of the last removal, with the A before it; complement = 0 if A had to be
  // rebuilt.
  const Vector& last_direction() const { return last_direction_; }
  double last_complement() const { return last_complement_; }

  // To be called before a removal is chosen: checks the probe when it is due, and repairs.
  // Returns whether W has changed (by rounding). If it throws, nothing has changed.
  bool maintain(const TrainingRows& rows, Team& team) {
    if (removals_since_check_ < drift_interval) return false;
    if (drift() > tolerated_drift_) {
      rebuild(rows, team);
    } else {
      fit_.solve_weights(lambda_);
      removals_since_check_ = 0;
    }
    return true;
  }

  // Removes row k from `rows` and from the state. If it throws, neither has changed.
  void remove(TrainingRows& rows, Index k, Team& team) {
    const ConstVectorView phi(rows.phi(k), rows.dimension());
    const double complement = 1.0 - fit_.factor.leverage(phi);
    rows.remove(k);
    const double squares = phi.squaredNorm();
    if (complement > smallest_complement && !collapses(squares) && !fades(phi) &&
        !falls(rows, k, complement)) {
      fit_.factor.remove(complement);
      last_direction_ = fit_.factor.direction();
      for (Index c = 0; c < fit_.W.cols(); ++c) {
        const double e = rows.residual(k, weights_of(c), c);
        fit_.W.col(c) -= last_direction_ * (e / complement);
        fit_.minimum[c] -= e * e / complement;
        fit_.longest[c] = std::max(fit_.longest[c], fit_.length(fit_.W.col(c)));
        const double* origin = fit_.origin.data() + c * fit_.origin.rows();
        fit_.gradient.col(c) -= phi * rows.residual(k, origin, c);
      }
      fit_.trace -= squares;
      fit_.squares -= squares;
      fit_.diagonal.array() -= phi.array().square();
      probe_image_ -= phi * dot(phi.data(), probe_.data(), phi.size());
      last_complement_ = complement;
      ++removals_since_check_;
      return;
    }
    try {
      rebuild(rows, team);
    } catch (...) {
      rows.restore(k);
      throw;
    }
    last_complement_ = 0.0;
  }

 private:
  // A fresh fit, and what removals change of it.
  struct Fit {
    Factor factor;                                 // of A
    Matrix W;                                      // (D, C)
    Matrix origin;                                 // (D, C) W₀
    Matrix gradient;                               // (D, C) Φᵀ(y − ΦW₀)
    Vector longest;                                // (C,) the largest `length` of w so far
    Vector minimum, minimum_at_first;              // (C,) ‖e‖² + λ‖w‖²
    double trace = 0.0, trace_at_first = 0.0;      // of A
    double squares = 0.0, squares_at_first = 0.0;  // ‖Φ‖²
    Vector diagonal, diagonal_at_first;            // (D,) of A

    // ‖w‖ in a metric in which the units of the features do not matter.
    template <class W>  // of any expression: none is evaluated into memory of its own
    double length(const Eigen::MatrixBase<W>& w) const {
      return std::sqrt((diagonal_at_first.array() * w.array().square()).sum());
    }

    void solve_weights(double lambda) {
      W = gradient - lambda * origin;
      for (Index c = 0; c < W.cols(); ++c) factor.solve(W.col(c));
      W += origin;
    }
  };

  // Whether too little is left of A or Φ without a row of this sum of squares.
  bool collapses(double squares) const {
    return fit_.trace - squares < tolerated_shrinkage * fit_.trace_at_first ||
           fit_.squares - squares < tolerated_collapse * fit_.squares_at_first;
  }

  // Whether a column's sum of squares all but vanishes with φ.
  bool fades(const ConstVectorView& phi) const {
    return (fit_.diagonal.array() - phi.array().square() <
            tolerated_collapse * fit_.diagonal_at_first.array())
        .any();
  }

  // Whether w, or what is minimised, all but vanishes with row k for some output, whose leverage
  // must have been asked for. The new w would predict y − e/(1 − h) for the row, which tells almost
  // always that it does not; only else is its direction solved for.
  bool falls(const TrainingRows& rows, Index k, double complement) {
    const ConstVectorView phi(rows.phi(k), rows.dimension());
    const double reach = std::sqrt((phi.array().square() / fit_.diagonal_at_first.array()).sum());
    for (Index c = 0; c < fit_.W.cols(); ++c) {
      const double least = tolerated_fall * fit_.longest[c];
      const double e = rows.residual(k, weights_of(c), c), step = e / complement;
      const double first = fit_.minimum_at_first[c];
      if (fit_.minimum[c] - e * step < tolerated_collapse * first) return true;
      if (!(std::abs(rows.y(k, c) - step) < least * reach)) continue;
      if (fit_.length(fit_.W.col(c) - fit_.factor.direction() * step) < least) return true;
    }
    return false;
  }

  void rebuild(const TrainingRows& rows, Team& team) {
    const Poll poll = [&] { team.poll(); };
    NormalEquations equations = normal_equations(rows, team);
    Matrix& A = equations.gram;
    const double trace = A.trace();  // of ΦᵀΦ
    A.diagonal().array() += lambda_;
    Fit fresh;
    fresh.factor = Factor(A.rows());
    const Index pivot = fresh.factor.set(A, poll);
    if (pivot >= 0) {
      // Rounding of a sum of squares and of the factorization: a small multiple of D ε trace(A).
      const double rounding = static_cast<double>(A.rows()) * trace * 8.0;
      throw NotPositiveDefinite{pivot, lambda_, rounding * std::numeric_limits<double>::epsilon()};
    }
    fresh.trace = fresh.trace_at_first = A.trace();
    fresh.squares = fresh.squares_at_first = trace;
    fresh.diagonal = A.diagonal();
    fresh.diagonal_at_first = fresh.diagonal;
    fresh.origin = Matrix::Zero(A.rows(), rows.outputs());
    fresh.gradient = std::move(equations.rhs);
    fresh.solve_weights(lambda_);
    for (int refinement = 0; refinement < 2; ++refinement) {
      if (refinement > 0) fresh.solve_weights(lambda_);
      fresh.origin = fresh.W;
      Residuals sums = residuals(rows, fresh.origin, team);
      fresh.gradient = std::move(sums.gradient);
      fresh.minimum = sums.squares + lambda_ * fresh.W.colwise().squaredNorm().transpose();
    }
    fresh.minimum_at_first = fresh.minimum;
    fresh.longest.resize(rows.outputs());
    for (Index c = 0; c < rows.outputs(); ++c) fresh.longest[c] = fresh.length(fresh.W.col(c));

    fit_ = std::move(fresh);  // from here on nothing throws
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
    cholesky::solve_upper(fit_.factor.lower(), probe_);
    probe_image_ = A.selfadjointView<Eigen::Lower>() * probe_;
    // In an ill-conditioned problem the fresh factor shows a "drift" as well: rebuilding more often
    // could not bring it down.
    tolerated_drift_ = std::max(drift_tolerance, 10.0 * drift());
  }

  double drift() { return fit_.factor.distance(probe_image_, probe_); }

  double lambda_;
  Fit fit_;
  Vector probe_, probe_image_;
  Vector last_direction_;
  double last_complement_ = 0.0;
  double tolerated_drift_ = 0.0;
  Index removals_since_check_ = 0;
  Index n_refactorizations_ = 0;
};

}  // namespace paris
