// A working set of short rows: it copies them.
#pragma once

#include <cmath>
#include <vector>

#include "paris/bounds/quantised_rows.hpp"
#include "paris/bounds/whitening.hpp"
#include "paris/criterion/representer.hpp"
#include "paris/problem/training_rows.hpp"
#include "paris/search/best_score.hpp"
#include "paris/search/worst_one/working_set.hpp"
#include "paris/support/dot.hpp"
#include "paris/support/types.hpp"

namespace paris {

// Keeps copies of its rows, which suits short rows (a working set then lies in cache) and memory
// maps. S is kept as of the last `rebase`; its bound tells which rows must be evaluated afresh.
class CopyingWorkingSet final : public WorkingSet {
 public:
  CopyingWorkingSet(Index v, const TrainingRows& rows, double lambda)
      : WorkingSet(v, rows, lambda), dimension_(rows.dimension()), quantised_(dimension_) {}

  void finish() override {
    while (row_.size() % lane_count != 0) add_nothing();
    bound_.resize(row_.size());
    least_.resize(row_.size() / lane_count);
  }

  static std::size_t row_bytes(Index dimension) {
    return sizeof(double) * static_cast<std::size_t>(dimension + 8);
  }

  std::size_t bytes() const override {
    return phi_.capacity() * (sizeof(double) + 1) + row_.capacity() * 72;
  }

  // Cost: one pass over the bounds, an eighth of an evaluation for every row that they do not rule
  // out, and an evaluation (D) for the few that this does not rule out either.
  BestScore best(double r, const Vector& w, const Trajectory& trajectory) override {
    // Rebase when what it could have saved has cost as much.
    if (work_since_rebase_ > static_cast<double>(size_)) rebase(w, trajectory);

    const std::size_t nearest = find_bounds(r, trajectory.distance(base_));
    moved_ = w - base_weights_;
    direction_.set(moved_);
    const double distance_error = trajectory.error();
    const double work = work_;
    BestScore best;
    for (std::size_t turn = 0; turn < least_.size(); ++turn) {
      // The lanes with the least bound first: what they hold spares evaluations of the others.
      const std::size_t group = turn == 0 ? nearest : (turn == nearest ? 0 : turn);
      if (least_[group] > best.value) continue;
      for (std::size_t i = group * lane_count; i < (group + 1) * lane_count; ++i) {
        if (bound_[i] <= best.value) quantised_.prefetch(i);
      }
      for (std::size_t i = group * lane_count; i < (group + 1) * lane_count; ++i) {
        if (bound_[i] > best.value) continue;
        if (row_[i] < 0 || !rows_.deletable(row_[i])) {
          s_[i] = never;
          gain_[i] = 0.0;
          continue;
        }
        work_ += 0.125;
        if (quantised_bound(i, r, distance_error) > best.value) continue;
        work_ += 1.0;
        ++evaluations_;
        const double s = representer::influence(t_[i], residual(i, w), lambda_);
        best.offer(scored(row_[i], r, s));
      }
    }
    work_since_rebase_ += work_ - work;
    return best;
  }

 private:
  void start(const Vector& w, const Vector& place) override {
    base_ = place;
    base_weights_ = w;
    work_since_rebase_ = 0.0;
    quantised_.clear();
    row_.clear();
    y_.clear();
    t_.clear();
    s_.clear();
    gain_.clear();
    phi_.clear();
  }

  // The residual is exact.
  void append(const WorkingSetRow& row) override {
    const double* phi = rows_.phi(row.row);
    row_.push_back(row.row);
    y_.push_back(rows_.y(row.row));
    t_.push_back(row.t);
    s_.push_back(representer::influence(row.t, row.residual, lambda_));
    gain_.push_back(row.gain);
    phi_.insert(phi_.end(), phi, phi + dimension_);
    quantised_.add(phi);
  }

  const double* phi_of(std::size_t i) const {
    return phi_.data() + i * static_cast<std::size_t>(dimension_);
  }

  double residual(std::size_t i, const Vector& w) const {
    return y_[i] - dot(phi_of(i), w.data(), dimension_);
  }

  // Fills up the last group of lanes.
  void add_nothing() {
    row_.push_back(-1);
    y_.push_back(0.0);
    t_.push_back(0.0);
    s_.push_back(never);
    gain_.push_back(0.0);
    phi_.insert(phi_.end(), static_cast<std::size_t>(dimension_), 0.0);
    quantised_.add(phi_.data() + phi_.size() - static_cast<std::size_t>(dimension_));
  }

  // Fills bound_ with what |r + S| can be at least, least_ with the minimum of each group of lanes;
  // returns the group with the smallest one.
  std::size_t find_bounds(double r, double moved) {
    std::size_t nearest = 0;
    for (std::size_t group = 0; group < least_.size(); ++group) {
      const std::size_t begin = group * lane_count;
      const Lanes s = Eigen::Map<const Lanes>(s_.data() + begin);
      const Lanes reach = Eigen::Map<const Lanes>(gain_.data() + begin) * moved;
      const Lanes bound = (s + r).abs() - reach - rounding * (s.abs() + reach + std::abs(r));
      Eigen::Map<Lanes>(bound_.data() + begin) = bound;
      least_[group] = bound.minCoeff();
      if (least_[group] < least_[nearest]) nearest = group;
    }
    return nearest;
  }

  // The same for one row, much tighter: where S was at the last rebase, corrected by φᵀ(w − w_base)
  // as the quantised row has it. `distance_error` covers the rounding of the two residuals that the
  // difference replaces.
  double quantised_bound(std::size_t i, double r, double distance_error) const {
    const double factor = t_[i] / lambda_;
    const double s = s_[i] - factor * quantised_.product(i, direction_);
    const double reach =
        std::abs(factor) * quantised_.error(i) * direction_.norm() + gain_[i] * distance_error;
    return std::abs(r + s) - reach -
           rounding * (std::abs(s_[i]) + std::abs(s) + reach + std::abs(r));
  }

  void rebase(const Vector& w, const Trajectory& trajectory) {
    base_ = trajectory.image();
    base_weights_ = w;
    evaluations_ += size_;
    work_ += static_cast<double>(size_);
    work_since_rebase_ = 0.0;
    for (std::size_t i = 0; i < row_.size(); ++i) {
      if (s_[i] != never) s_[i] = representer::influence(t_[i], residual(i, w), lambda_);
    }
  }

  Index dimension_;
  Vector base_, base_weights_;  // image and weights at the last rebase
  std::vector<Index> row_;
  std::vector<double> y_, t_, s_, gain_, phi_;
  std::vector<double> bound_, least_;
  QuantisedRows quantised_;
  UnitDirection direction_;
  Vector moved_;
  double work_since_rebase_ = 0.0;  // in evaluations
};

}  // namespace paris
