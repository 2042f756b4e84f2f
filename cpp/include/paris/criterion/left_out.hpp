// What is left of a row's residual and leverage when its leverage is close to 1.
#pragma once

#include <algorithm>

#include "paris/problem/ridge.hpp"
#include "paris/problem/training_rows.hpp"
#include "paris/support/dot.hpp"
#include "paris/support/types.hpp"

namespace paris {

// 1 − h_k and e_k of a kept row to nearly full relative accuracy, however small they are. Computed
// as 1 − φᵀA⁻¹φ and y − φᵀW both would be rounding, and refit divides one by the other.
//
// With u = A⁻¹φ_k, ρ = 1_k − Φu and E = y − ΦW over the kept rows,
//   1 − h_k = ‖ρ‖² + λ‖u‖²,   e_k = ρᵀE + λuᵀW:
// sums in which nothing large cancels, and both stationary in u and W. If these are off by δu and
// δW, the sums are off by δuᵀAδu and δuᵀAδW, which the gradients Φᵀρ − λu = −Aδu and
// ΦᵀE − λW = −AδW tell. One for every thread.
class LeftOut {
 public:
  // Row k, which must be kept. Cost 2 (1 + C) N D.
  void evaluate(const TrainingRows& rows, const Ridge& ridge, Index k) {
    const Index d = rows.dimension(), outputs = rows.outputs();
    const Matrix& W = ridge.weights();
    const double lambda = ridge.lambda();
    u_ = ConstVectorView(rows.phi(k), d);
    ridge.solve(u_, workspace_);
    gradient_u_ = -lambda * u_;
    gradient_W_ = -lambda * W;
    complement_ = lambda * u_.squaredNorm();
    residuals_ = lambda * u_.transpose() * W;
    for (Index i = 0; i < rows.size(); ++i) {
      if (!rows.kept(i)) continue;
      const ConstVectorView phi(rows.phi(i), d);
      const double rho = (i == k ? 1.0 : 0.0) - dot(rows.phi(i), u_.data(), d);
      complement_ += rho * rho;
      gradient_u_ += rho * phi;
      for (Index c = 0; c < outputs; ++c) {
        const double e = rows.residual(i, ridge.weights_of(c), c);
        residuals_[c] += rho * e;
        gradient_W_.col(c) += e * phi;
      }
    }
    correction_ = gradient_u_;
    ridge.solve(correction_, workspace_);
    // No leverage can exceed that of a row that is alone.
    const double alone = lambda / (lambda + ConstVectorView(rows.phi(k), d).squaredNorm());
    complement_ = std::max(complement_ - gradient_u_.dot(correction_), alone);
    residuals_ -= correction_.transpose() * gradient_W_;
    u_ += correction_;
  }

  double complement() const { return complement_; }                   // 1 − h_k > 0
  const Eigen::RowVectorXd& residuals() const { return residuals_; }  // e_k (C,)

  // A⁻¹φ_k (D,), refined. Of a huge φ_k it is small; φ_kᵀA⁻¹x would be rounding of a large number.
  const Vector& direction() const { return u_; }

 private:
  double complement_ = 1.0;
  Eigen::RowVectorXd residuals_;
  Vector u_, gradient_u_, correction_;
  Matrix gradient_W_;
  Ridge::Workspace workspace_;
};

}  // namespace paris
