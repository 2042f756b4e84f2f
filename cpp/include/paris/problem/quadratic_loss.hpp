// The weighted sum of squares over a table, at O(D²) a step instead of a pass over the table.
#pragma once

#include <cmath>

#include "paris/problem/validation_rows.hpp"
#include "paris/support/blocks.hpp"
#include "paris/support/types.hpp"

namespace paris {

// loss(W) = Σ_v ω_v ‖r_v‖² and its gradient side G = Φ_valᵀ(ω∘R) (D, C), R = Y_val − Φ_val W. It is
// quadratic in W: with Δ = W − W₀ and M = Φ_valᵀ diag(ω) Φ_val (D, D),
//   G(W) = G₀ − M Δ,   loss(W) = loss₀ − 2⟨Δ, G₀⟩ + ⟨Δ, M Δ⟩.
// W₀ is moved up every `refresh_interval` steps by a pass over the table, so that Δ stays small and
// nothing of note cancels. Set-up costs V D², memory 2 D².
//
// A pass may be interrupted: `move_to` only finds out that one is due, and `settle`, which can be
// called again, goes through with it.
class QuadraticLoss {
 public:
  static constexpr Index refresh_interval = 256;

  QuadraticLoss(const ValidationRows& rows, const Matrix& W, Team& team)
      : rows_(rows), M_(Matrix::Zero(rows.dimension(), rows.dimension())) {
    sum_up(team);
    refresh(W, team);
  }

  double loss() const { return loss_; }
  const Matrix& G() const { return G_; }
  const Matrix& M() const { return M_; }  // both triangles

  // To be followed by `settle`. Cost D² C.
  void move_to(const Matrix& W) {
    if (++steps_ >= refresh_interval) {
      due_ = true;
      return;
    }
    moved_ = W - W0_;
    for (Index c = 0; c < W.cols(); ++c) {
      G_.col(c).noalias() = M_.selfadjointView<Eigen::Lower>() * moved_.col(c);
    }
    loss_ = loss0_ + (moved_.array() * (G_.array() - 2.0 * G0_.array())).sum();
    G_ = G0_ - G_;
    const double added = M_.trace() * moved_.squaredNorm();  // Σω|φ|²|W − W₀|², all positive
    due_ = loss_ < tolerated_fall * loss0_ || loss_ < tolerated_cancellation * added;
  }

  // W as in `move_to`. Cost V D C now and then.
  void settle(const Matrix& W, Team& team) {
    if (due_) refresh(W, team);
  }

 private:
  static constexpr double tolerated_fall = 1e-3;  // beyond which digits of loss₀ would cancel
  // Where W moves by much and the residuals do not, as when a huge target leaves, what is added up
  // cancels: a rounding of ε Σω|φ|²|W − W₀|² should stay below 1e-10 of the loss.
  static constexpr double tolerated_cancellation = 1e-5;

  void sum_up(Team& team) {
    const Index d = rows_.dimension();
    const double work = static_cast<double>(d) * static_cast<double>(d);
    const auto compute = [&](const Block& block, Matrix& sum) {
      Matrix columns = rows_.Phi().middleRows(block.begin, block.size()).transpose();
      for (Index v = 0; v < block.size(); ++v) {
        columns.col(v) *= std::sqrt(rows_.weight(block.begin + v));
      }
      sum.setZero(d, d);
      sum.selfadjointView<Eigen::Lower>().rankUpdate(columns);
    };
    add_up<Matrix>(Blocks(rows_.size(), rows_per_task(1024, work)), team, compute,
                   [&](const Matrix& sum) { M_.triangularView<Eigen::Lower>() += sum; });
    M_.triangularView<Eigen::StrictlyUpper>() = M_.transpose();
  }

  void refresh(const Matrix& W, Team& team) {
    const Index d = W.rows(), outputs = W.cols();
    const double work = static_cast<double>(d) * static_cast<double>(outputs);
    const Blocks blocks(rows_.size(), rows_per_task(1024, work));
    const Vector total =
        added_up(blocks, d * outputs + 1, team, [&](const Block& block, auto&& sum) {
          for (Index v = block.begin; v < block.end; ++v) {
            const ConstVectorView phi(rows_.phi(v), d);
            for (Index c = 0; c < outputs; ++c) {
              const double r = rows_.residual(v, W, c), weighted = rows_.weight(v) * r;
              sum.segment(c * d, d) += phi * weighted;
              sum[d * outputs] += weighted * r;
            }
          }
        });
    G_ = G0_ = Eigen::Map<const Matrix>(total.data(), d, outputs);
    loss_ = loss0_ = total[d * outputs];
    W0_ = W;
    steps_ = 0;
    due_ = false;
  }

  const ValidationRows& rows_;
  Matrix M_;                    // (D, D)
  Matrix W0_, G0_, G_, moved_;  // (D, C)
  double loss0_ = 0.0, loss_ = 0.0;
  Index steps_ = 0;
  bool due_ = false;
};

}  // namespace paris
