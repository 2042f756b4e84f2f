// Deletion residuals in general: either criterion, any set of validation rows, several outputs.
#pragma once

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <vector>

#include "paris/criterion/left_out.hpp"
#include "paris/criterion/leverages.hpp"
#include "paris/criterion/quadratic_form.hpp"
#include "paris/criterion/representer.hpp"
#include "paris/criterion/scoring.hpp"
#include "paris/problem/quadratic_loss.hpp"
#include "paris/problem/ridge.hpp"
#include "paris/problem/training_rows.hpp"
#include "paris/problem/validation_rows.hpp"
#include "paris/support/dot.hpp"
#include "paris/support/team.hpp"
#include "paris/support/types.hpp"

namespace paris {

// A row's deletion residual and what it is made of. With S_v = t_v a, a = scale · e (C,):
//   ΔL = Σ_v ω_v (2 r_v·S_v + ‖S_v‖²) = 2 scale e·b + scale² ‖e‖² q,
//   b = Σ_v ω_v t_v r_v (C,),  q = Σ_v ω_v t_v².
struct Score {
  double value;       // what rows are compared by
  double delta_loss;  // ΔL
  double eb, ee, bb;  // e·b, ‖e‖², ‖b‖²
  double q, scale;
};

// Scores rows for the validation rows that it is aimed at. The two criteria differ in
//   representer: t_v = φ_vᵀφ_k,     scale = 1/λ        exact for frozen α;
//   refit:       t_v = φ_vᵀA⁻¹φ_k,  scale = 1/(1 − h)  exact after refitting without row k.
// For Objective::mean t_v is never needed: b = Gᵀφ_k or (A⁻¹G)ᵀφ_k, and q is a quadratic form.
//
// Every engine takes its scores from here, so they have the same bits in all of them.
class Scorer {
 public:
  // e and b (C,) of the row that was scored last; one for every thread.
  struct Scratch {
    Eigen::RowVectorXd e, b;
    std::vector<double> t;
    LeftOut left_out;
    Vector image;
  };

  Scorer(const TrainingRows& rows, const ValidationRows& validation, const Scoring& scoring,
         const Ridge& ridge, Team& team)
      : rows_(rows),
        validation_(validation),
        refit_(scoring.refit()),
        papers_own_(scoring.papers_own(rows.outputs())) {
    if (scoring.mean()) {
      mean_ = std::make_unique<QuadraticLoss>(validation, ridge.weights(), team);
      form_.emplace(validation, mean_->M());
    }
    if (refit_) {
      const Matrix* M = mean_ ? &mean_->M() : nullptr;
      leverages_ = std::make_unique<Leverages>(rows, M, ridge, team);
    } else if (mean_) {
      q_ = form_->at_rows(rows.Phi(), team);
    }
  }

  bool refit() const { return refit_; }
  bool mean() const { return mean_ != nullptr; }
  const QuadraticLoss& mean_loss() const { return *mean_; }
  const Leverages* leverages() const { return leverages_.get(); }

  // After every change of the ridge. `settle` and `aim` must follow.
  void changed(const Ridge& ridge, bool removed) {
    if (mean_) mean_->move_to(ridge.weights());
    if (leverages_) leverages_->changed(ridge, removed);
  }

  // The passes over tables that the change has made due; can be called again if interrupted.
  void settle(const Ridge& ridge, Team& team) {
    if (mean_) mean_->settle(ridge.weights(), team);
    if (leverages_) leverages_->settle(ridge, team);
  }

  // At all validation rows. Cost C D² for refit.
  void aim(const Ridge& ridge) {
    ridge_ = &ridge;
    scale_ = 1.0 / ridge.lambda();
    directions_ = mean_->G();
    solve_directions(ridge);
    base_ = 0.0;
  }

  // At these. Cost m D² for refit, and m D C.
  void aim(const Ridge& ridge, const std::vector<WorstRow>& worst) {
    ridge_ = &ridge;
    scale_ = 1.0 / ridge.lambda();
    aimed_at_.clear();
    base_ = 0.0;
    for (const WorstRow& row : worst) {
      aimed_at_.push_back(row.v);
      base_ += row.loss;
    }
    std::sort(aimed_at_.begin(), aimed_at_.end());
    const auto m = static_cast<Index>(worst.size());
    directions_.resize(rows_.dimension(), m);
    residuals_.resize(rows_.outputs(), m);
    omega_.resize(worst.size());
    for (Index i = 0; i < m; ++i) {
      const Index v = aimed_at_[static_cast<std::size_t>(i)];
      directions_.col(i) = ConstVectorView(validation_.phi(v), rows_.dimension());
      for (Index c = 0; c < rows_.outputs(); ++c) {
        residuals_(c, i) = validation_.residual(v, ridge.weights(), c);
      }
      omega_[static_cast<std::size_t>(i)] = validation_.weight(v);
    }
    solve_directions(ridge);
  }

  // What `value` is for a row that changes nothing.
  double base() const { return base_; }
  double scale() const { return scale_; }  // 1/λ
  // The validation rows, ascending; none for the mean, which stands for all.
  const std::vector<Index>& aimed_at() const { return aimed_at_; }
  const Matrix& directions() const { return directions_; }  // (D, m), or (D, C) for the mean
  const Matrix& residuals() const { return residuals_; }    // (C, m)
  const std::vector<double>& omega() const { return omega_; }

  // A bound on √q of a row with ‖φ‖ <= length; for the mean under refit, where it is no matter of
  // directions, `otherwise`.
  double largest_root_q(double length, double otherwise) const {
    if (mean_) return refit_ ? otherwise : std::sqrt(mean_->M().trace()) * length;
    double sum = 0.0;
    for (Index i = 0; i < directions_.cols(); ++i) {
      sum += omega_[static_cast<std::size_t>(i)] * directions_.col(i).squaredNorm();
    }
    return std::sqrt(sum) * length;
  }

  // Row k, afresh. Cost (C + m) D, or 2 C D for the mean; and what `Leverages` needs. A pass over
  // the kept rows where its leverage is close to 1.
  Score score(Index k, Scratch& scratch) const {
    Score out{0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0};
    if (papers_own_ && !aimed_at_.empty()) {
      score_papers_own(k, out);
      return out;
    }
    scratch.b.resize(rows_.outputs());
    const bool near_one = find_residuals(k, scratch, out);
    if (mean_) {
      add_mean(k, near_one, scratch, out);
    } else {
      add_worst(k, near_one, scratch, out);
    }
    out.delta_loss = out.scale * (2.0 * out.eb + out.scale * out.ee * out.q);
    if (mean_) out.value = out.delta_loss;
    return out;
  }

 private:
  // By |r + S|, as the search that is made for this case does; what bounds need is left out.
  void score_papers_own(Index k, Score& out) const {
    const double t = dot(rows_.phi(k), directions_.data(), rows_.dimension());
    const double e = rows_.residual(k, ridge_->weights_of(0), 0), r = residuals_(0, 0);
    const double s = representer::influence(t, e, ridge_->lambda());
    out.value = representer::value(r, s);
    out.delta_loss = omega_[0] * representer::deletion_residual(r, s);
  }

  void solve_directions(const Ridge& ridge) {
    if (!refit_) return;
    for (Index i = 0; i < directions_.cols(); ++i) ridge.solve(directions_.col(i));
  }

  // e and the scale of row k. Returns whether its leverage is close to 1: then `left_out` is of it.
  bool find_residuals(Index k, Scratch& scratch, Score& out) const {
    out.scale = scale_;
    if (refit_) {
      leverages_->bring_up_to_date(k);
      const double complement = 1.0 - leverages_->h(k);
      if (!(complement >
            Ridge::smallest_complement)) {  // e/(1 − h) would be rounding divided by rounding
        scratch.left_out.evaluate(rows_, *ridge_, k);
        out.scale = 1.0 / scratch.left_out.complement();
        scratch.e = scratch.left_out.residuals();
        return true;
      }
      out.scale = 1.0 / complement;
    }
    scratch.e.resize(rows_.outputs());
    for (Index c = 0; c < rows_.outputs(); ++c) {
      scratch.e[c] = rows_.residual(k, ridge_->weights_of(c), c);
    }
    return false;
  }

  void add_mean(Index k, bool near_one, Scratch& scratch, Score& out) const {
    const Index d = rows_.dimension();
    const double* u = scratch.left_out.direction().data();
    if (near_one) {
      out.q = form_->at(scratch.left_out.direction(), scratch.image);
    } else {
      out.q = refit_ ? leverages_->q(k) : q_[static_cast<std::size_t>(k)];
    }
    for (Index c = 0; c < rows_.outputs(); ++c) {
      const double e = scratch.e[c];
      const double b = near_one ? dot(u, mean_->G().data() + c * d, d)
                                : dot(rows_.phi(k), directions_.data() + c * d, d);
      scratch.b[c] = b;
      out.eb += e * b;
      out.ee += e * e;
      out.bb += b * b;
    }
  }

  // Rows are compared by Σ_v ω_v ‖r_v + S_v‖²: near the optimum, where S is close to −r, ΔL itself
  // would cancel.
  void add_worst(Index k, bool near_one, Scratch& scratch, Score& out) const {
    std::vector<double>& t = scratch.t;
    const Index d = rows_.dimension(), m = directions_.cols();
    t.resize(static_cast<std::size_t>(m));
    for (Index i = 0; i < m; ++i) {
      const auto at = static_cast<std::size_t>(i);
      t[at] = near_one ? dot(scratch.left_out.direction().data(), validation_.phi(aimed_at_[at]), d)
                       : dot(rows_.phi(k), directions_.data() + i * d, d);
      out.q += omega_[at] * t[at] * t[at];
    }
    for (Index c = 0; c < rows_.outputs(); ++c) {
      const double e = scratch.e[c];
      double b = 0.0;
      for (Index i = 0; i < m; ++i) {
        const auto at = static_cast<std::size_t>(i);
        const double r = residuals_(c, i), sum = r + t[at] * (out.scale * e);
        out.value += omega_[at] * sum * sum;
        b += omega_[at] * r * t[at];
      }
      scratch.b[c] = b;
      out.eb += e * b;
      out.ee += e * e;
      out.bb += b * b;
    }
  }

  const TrainingRows& rows_;
  const ValidationRows& validation_;
  bool refit_, papers_own_;
  std::unique_ptr<QuadraticLoss> mean_;   // for Objective::mean, as is
  std::optional<QuadraticForm> form_;     // this
  std::unique_ptr<Leverages> leverages_;  // for Criterion::refit
  std::vector<double> q_;  // (N,) φ_kᵀMφ_k for the mean under representer: it never changes
  const Ridge* ridge_ = nullptr;
  double scale_ = 0.0, base_ = 0.0;
  Matrix directions_, residuals_;
  std::vector<double> omega_;
  std::vector<Index> aimed_at_;
};

}  // namespace paris
