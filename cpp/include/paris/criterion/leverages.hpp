// What the refit criterion needs to know of every row: its leverage, and what its feature vector
// does to all validation rows together.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "paris/problem/ridge.hpp"
#include "paris/problem/training_rows.hpp"
#include "paris/support/blocks.hpp"
#include "paris/support/dot.hpp"
#include "paris/support/types.hpp"

namespace paris {

// h_k = φ_kᵀA⁻¹φ_k and, with M given, q_k = φ_kᵀA⁻¹MA⁻¹φ_k, for the present A.
//
// Removing a row, u = A⁻¹φ and 1 − h with the old A, adds uuᵀ/(1 − h) to A⁻¹. With
// û = u/√(1 − h), p = φ_kᵀû and z = 2A⁻¹Mû − (ûᵀMû)û (the new A⁻¹),
//   h_k ← h_k + p²,   q_k ← q_k + p φ_kᵀz.
// A row is brought up to date when it is asked for: û and z of all removals since the last refresh
// are kept. Whoever asks, and when, the same operations happen in the same order, so the bits are
// the same. After `interval` removals, or one without û, everything is computed afresh in a pass
// over the rows (cost 3 N D², as matrix products). The pass may be interrupted: `changed` only
// finds out that it is due, and `settle`, which can be called again, goes through with it.
class Leverages {
 public:
  // How many removals the pass is spread over.
  static Index interval(Index dimension) { return std::clamp<Index>(dimension, 256, 4096); }

  // M is null where q is not wanted; otherwise it must outlive this.
  Leverages(const TrainingRows& rows, const Matrix* M, const Ridge& ridge, Team& team)
      : rows_(rows),
        M_(M),
        interval_(interval(rows.dimension())),
        h_(static_cast<std::size_t>(rows.size())),
        q_(M != nullptr ? h_.size() : 0),
        seen_(h_.size()),
        directions_(rows.dimension(), interval_),
        images_(rows.dimension(), M != nullptr ? interval_ : 0) {
    refresh(ridge, team);
  }

  // How often all rows have been computed afresh.
  std::int64_t epoch() const { return epoch_; }

  // To be called after every change of the ridge, and to be followed by `settle`; `removed` tells
  // whether a row has left. Cost 4 D².
  void changed(const Ridge& ridge, bool removed) {
    if (!removed) {
      due_ = due_ || ridge.n_refactorizations() != refactorizations_;
      return;
    }
    if (due_ || n_ == interval_ || ridge.last_complement() <= 0.0) {
      due_ = true;
      return;
    }
    auto u = directions_.col(n_);
    u = ridge.last_direction() / std::sqrt(ridge.last_complement());
    if (M_ != nullptr) {
      auto z = images_.col(n_);
      z.noalias() = M_->selfadjointView<Eigen::Lower>() * u;
      const double mu = u.dot(z);
      ridge.solve(z);
      z = 2.0 * z - mu * u;
    }
    ++n_;
  }

  void settle(const Ridge& ridge, Team& team) {
    if (due_) refresh(ridge, team);
  }

  // Cost D, or 2 D, for every removal since the row was asked for last. Different rows may be asked
  // for from different threads.
  void bring_up_to_date(Index k) {
    const auto at = static_cast<std::size_t>(k);
    const double* phi = rows_.phi(k);
    const Index d = rows_.dimension();
    Index i = seen_[at];
    // Several at a time: one product waits for its own sums.
    for (; i + together <= n_; i += together) {
      double p[together], s[together];
      dots<together>(phi, directions_.data() + i * d, d, p);
      if (M_ != nullptr) dots<together>(phi, images_.data() + i * d, d, s);
      for (Index j = 0; j < together; ++j) add(at, p[j], M_ != nullptr ? s[j] : 0.0);
    }
    for (; i < n_; ++i) {
      const double p = dot(phi, directions_.data() + i * d, d);
      add(at, p, M_ != nullptr ? dot(phi, images_.data() + i * d, d) : 0.0);
    }
    seen_[at] = static_cast<std::uint16_t>(n_);
  }

  // As of when the row was brought up to date last.
  double h(Index k) const { return h_[static_cast<std::size_t>(k)]; }
  double q(Index k) const { return q_[static_cast<std::size_t>(k)]; }

 private:
  static constexpr Index together = 4;

  // Accounts for one removal: p = φᵀû, s = φᵀz.
  void add(std::size_t at, double p, double s) {
    h_[at] += p * p;
    if (M_ != nullptr) q_[at] = std::max(0.0, q_[at] + p * s);
  }

  void refresh(const Ridge& ridge, Team& team) {
    const auto d = static_cast<double>(rows_.dimension());
    const Matrix& L = ridge.lower([&] { team.poll(); });
    Blocks(rows_.size(), rows_per_task(256, 2.0 * d * d)).for_each(team, [&](const Block& block) {
      Matrix columns = rows_.Phi().middleRows(block.begin, block.size()).transpose();
      L.triangularView<Eigen::Lower>().solveInPlace(columns);
      for (Index i = 0; i < block.size(); ++i) {
        h_[static_cast<std::size_t>(block.begin + i)] = columns.col(i).squaredNorm();
      }
      if (M_ == nullptr) return;
      L.triangularView<Eigen::Lower>().transpose().solveInPlace(columns);
      const Matrix products = *M_ * columns;
      for (Index i = 0; i < block.size(); ++i) {
        q_[static_cast<std::size_t>(block.begin + i)] =
            std::max(0.0, columns.col(i).dot(products.col(i)));
      }
    });
    std::fill(seen_.begin(), seen_.end(), std::uint16_t{0});
    n_ = 0;
    refactorizations_ = ridge.n_refactorizations();
    due_ = false;
    ++epoch_;
  }

  const TrainingRows& rows_;
  const Matrix* M_;
  Index interval_, n_ = 0;
  Index refactorizations_ = 0;
  std::int64_t epoch_ = 0;
  bool due_ = false;
  std::vector<double> h_, q_;
  std::vector<std::uint16_t> seen_;  // removals that h and q account for
  Matrix directions_, images_;       // û and z of the removals since the last refresh, as columns
};

}  // namespace paris
