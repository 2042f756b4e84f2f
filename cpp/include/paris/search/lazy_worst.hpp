// The worst validation row without evaluating all of them.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "paris/bounds/sampled_level.hpp"
#include "paris/bounds/whitening.hpp"
#include "paris/problem/validation_rows.hpp"
#include "paris/support/team.hpp"
#include "paris/support/types.hpp"

namespace paris {

// The m rows with the largest ω_v ‖r_v‖², by the same bound as for training rows:
// ‖r_v − r_v(then)‖ <= ‖L₀⁻¹φ_v‖ distance.
//
// After an evaluation of all rows it keeps the few whose loss could come to lie above `level` while
// the weights are within `radius`. As long as they are, and the m worst of the few are above
// `level`, they are the worst of all. `radius` adapts so that both conditions fail about equally
// often.
class LazyWorst {
 public:
  LazyWorst(const ValidationRows& validation, Index m, const Trajectory& trajectory, Team& team)
      : validation_(validation),
        m_(m),
        search_(validation, m),
        worst_(m),
        length_(trajectory.whitening().lengths(validation.Phi(), team)),
        residual_(static_cast<std::size_t>(validation.size())),
        highest_(residual_.size()) {
    few_.reserve(residual_.size());
    bound_.reserve(residual_.size());
  }

  std::int64_t evaluations() const { return evaluations_; }

  // The trajectory has been restarted: nothing that was known of the rows holds any more.
  void forget() { complete_ = false; }

  // The m worst rows, worst first. Valid until the next call.
  const std::vector<WorstRow>& find(const Matrix& W, const Trajectory& trajectory, Team& team) {
    if (complete_) {
      const double moved = trajectory.distance(base_);
      if (moved > radius_) {
        radius_ *= 1.5;
      } else {
        find_among_few(W, moved);
        if (worst_.least_loss() > level_) {
          worst_.sort();
          return worst_.rows();
        }
        radius_ /= 1.5;
      }
    }
    return evaluate_all(W, trajectory, team);
  }

 private:
  void find_among_few(const Matrix& W, double moved) {
    worst_.clear();
    bound_.resize(few_.size());
    std::size_t first = 0;
    for (std::size_t i = 0; i < few_.size(); ++i) {
      bound_[i] = at_most(few_[i], moved);
      if (bound_[i] > bound_[first]) first = i;
    }
    for (std::size_t turn = 0; turn < few_.size(); ++turn) {
      const std::size_t i = turn == 0 ? first : (turn == first ? 0 : turn);
      if (bound_[i] < worst_.least_loss()) continue;
      worst_.offer(validation_.evaluate(few_[i], W));
      ++evaluations_;
    }
  }

  const std::vector<WorstRow>& evaluate_all(const Matrix& W, const Trajectory& trajectory,
                                            Team& team) {
    complete_ = false;  // an interrupt half-way leaves residuals of two times
    const std::vector<WorstRow>& worst = search_.find(W, team, [&](const WorstRow& row) {
      residual_[static_cast<std::size_t>(row.v)] = row.length;
    });
    base_ = trajectory.image();
    complete_ = true;
    evaluations_ += validation_.size();
    if (worst.empty()) return worst;
    if (!(radius_ > 0.0)) radius_ = first_radius(worst.front());
    // The level is where about so many rows reach up to; it must leave the m worst above it.
    const std::size_t n = residual_.size();
    const std::size_t wanted = std::min<std::size_t>(
        n - 1, std::clamp<std::size_t>(n / 8, 64, 1024) + 2 * static_cast<std::size_t>(m_ - 1));
    for (int attempt = 0; attempt < 8; ++attempt) {
      for (std::size_t v = 0; v < n; ++v) highest_[v] = at_most(static_cast<Index>(v), radius_);
      bound_.assign(highest_.begin(), highest_.end());
      level_ = wanted == n - 1 ? -1.0 : value_at_rank(n - 1 - wanted, bound_);
      if (worst.back().loss > level_) break;
      radius_ /= 2.0;
    }
    few_.clear();
    for (std::size_t v = 0; v < n; ++v) {
      if (highest_[v] > level_) few_.push_back(static_cast<Index>(v));
    }
    return worst;
  }

  // Far enough for the worst residual to shrink by a tenth.
  double first_radius(const WorstRow& worst) const {
    return 0.1 * worst.length / static_cast<double>(length_[static_cast<std::size_t>(worst.v)]);
  }

  // What ω_v ‖r_v‖² can be at most once the weights have moved.
  double at_most(Index v, double moved) const {
    const auto i = static_cast<std::size_t>(v);
    const double r = residual_[i] + static_cast<double>(length_[i]) * moved;
    const double loss = validation_.weight(v) * r * r * (1.0 + 1e-12);
    return std::isnan(loss) ? std::numeric_limits<double>::infinity() : loss;
  }

  const ValidationRows& validation_;
  Index m_;
  WorstSearch search_;
  WorstRows worst_;
  std::vector<float> length_;     // ‖L₀⁻¹φ_v‖
  std::vector<double> residual_;  // ‖r_v‖ when all were evaluated last
  std::vector<double> highest_, bound_;
  std::vector<Index> few_;
  Matrix base_;  // image of the weights when all were evaluated last
  bool complete_ = false;
  double radius_ = 0.0, level_ = 0.0;
  std::int64_t evaluations_ = 0;
};

}  // namespace paris
