// A few rows among which the next deletions are found.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "paris/bounds/quantised_rows.hpp"
#include "paris/bounds/whitening.hpp"
#include "paris/criterion/representer.hpp"
#include "paris/problem/training_rows.hpp"
#include "paris/search/best_score.hpp"
#include "paris/support/dot.hpp"
#include "paris/support/types.hpp"

namespace paris {

// A row as the store hands it over. `residual` is off by at most `error` (rounding apart).
struct FrontRow {
  Index row;
  double t, residual, error;
  double gain;  // bounds |dS/d distance|: |T| ‖L₀⁻¹φ‖ / λ
};

// Row k with S_vk = s, v having the residual r and the weight 1.
inline BestScore scored(Index k, double r, double s) {
  return {{k, representer::deletion_residual(r, s)}, representer::judge(r, s)};
}

// The rows that can be best for validation row v while the weights stay near where they were when
// the front was built.
//
// The promise of whoever builds it, about every row k outside that may be deleted: as long as the
// weights are within `horizon` of the place of building (`Trajectory::distance`),
//   |r + S_vk| >= level − |r − r₀|.
// So a row of the front that is judged below that is the best of all rows, and a deletion costs a
// look at the front.
class Front {
 public:
  Front(Index v, const TrainingRows& rows, double lambda) : v_(v), rows_(rows), lambda_(lambda) {}
  virtual ~Front() = default;
  Front(const Front&) = delete;
  Front& operator=(const Front&) = delete;

  // ---- building: clear, add every row, then finish.

  // `w` are the present weights, which the rows will be given for, and `place` their image.
  void clear(double r, const Vector& w, const Vector& place, double horizon, double level) {
    r0_ = r;
    place_ = place;
    horizon_ = horizon;
    level_ = level;
    size_ = 0;
    start(w, place);
  }

  void add(const FrontRow& row) {
    ++size_;
    append(row);
  }

  virtual void finish() = 0;

  // ---- use

  Index v() const { return v_; }
  Index size() const { return size_; }
  virtual std::size_t bytes() const = 0;

  bool within_horizon(const Trajectory& trajectory) const {
    return trajectory.distance(place_) <= horizon_;
  }

  // What a candidate must be judged below to be the best of all rows.
  double threshold(double r) const { return level_ - std::abs(r - r0_) * (1.0 + 1e-12); }

  // The best row of the front; its ΔL is without the weight of the validation row.
  virtual BestScore best(double r, const Vector& w, const Trajectory& trajectory) = 0;

  // Rows looked at, and the same with cheaper work counted in proportion.
  std::int64_t looks() const { return looks_; }
  double work() const { return work_; }

 protected:
  static constexpr std::size_t lane_count = 32;
  // Rounding takes a few ε of what is added up.
  static constexpr double rounding = 16.0 * std::numeric_limits<double>::epsilon();
  static constexpr double never = 1e300;  // S of a row that has been removed
  using Lanes = Eigen::Array<double, lane_count, 1>;

  virtual void start(const Vector& w, const Vector& place) = 0;
  virtual void append(const FrontRow& row) = 0;

  Index v_;
  const TrainingRows& rows_;
  double lambda_;
  Index size_ = 0;
  double work_ = 0.0;
  std::int64_t looks_ = 0;

 private:
  double r0_ = 0.0;
  Vector place_;  // image of the weights at building
  double horizon_ = -1.0, level_ = 0.0;
};

// Keeps copies of its rows, which suits short rows (a front then lies in cache) and memory maps. S
// is kept as of the last `rebase`; its bound tells which rows need a fresh look.
class CopyingFront final : public Front {
 public:
  CopyingFront(Index v, const TrainingRows& rows, double lambda)
      : Front(v, rows, lambda), dimension_(rows.dimension()), sketch_(dimension_) {}

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

  // Cost: one pass over the bounds, an eighth of a look for every row that they do not rule out,
  // and a look (D) for the few that this does not rule out either.
  BestScore best(double r, const Vector& w, const Trajectory& trajectory) override {
    // Rebase when what it could have saved has cost as much.
    if (work_since_rebase_ > static_cast<double>(size_)) rebase(w, trajectory);

    const std::size_t nearest = find_bounds(r, trajectory.distance(base_));
    moved_ = w - base_weights_;
    direction_.set(moved_);
    const double slack = trajectory.slack();
    const double work = work_;
    BestScore best;
    for (std::size_t turn = 0; turn < least_.size(); ++turn) {
      // The lanes with the least bound first: what they hold spares looks at the others.
      const std::size_t group = turn == 0 ? nearest : (turn == nearest ? 0 : turn);
      if (least_[group] > best.judged) continue;
      for (std::size_t i = group * lane_count; i < (group + 1) * lane_count; ++i) {
        if (bound_[i] <= best.judged) sketch_.prefetch(i);
      }
      for (std::size_t i = group * lane_count; i < (group + 1) * lane_count; ++i) {
        if (bound_[i] > best.judged) continue;
        if (row_[i] < 0 || !rows_.deletable(row_[i])) {
          s_[i] = never;
          gain_[i] = 0.0;
          continue;
        }
        work_ += 0.125;
        if (sketched_bound(i, r, slack) > best.judged) continue;
        work_ += 1.0;
        ++looks_;
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
    sketch_.clear();
    row_.clear();
    y_.clear();
    t_.clear();
    s_.clear();
    gain_.clear();
    phi_.clear();
  }

  // The residual is exact.
  void append(const FrontRow& row) override {
    const double* phi = rows_.phi(row.row);
    row_.push_back(row.row);
    y_.push_back(rows_.y(row.row));
    t_.push_back(row.t);
    s_.push_back(representer::influence(row.t, row.residual, lambda_));
    gain_.push_back(row.gain);
    phi_.insert(phi_.end(), phi, phi + dimension_);
    sketch_.add(phi);
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
    sketch_.add(phi_.data() + phi_.size() - static_cast<std::size_t>(dimension_));
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
  // as the sketch has it. `slack` covers the rounding of the two residuals that the difference
  // replaces.
  double sketched_bound(std::size_t i, double r, double slack) const {
    const double factor = t_[i] / lambda_;
    const double s = s_[i] - factor * sketch_.product(i, direction_);
    const double reach = std::abs(factor) * sketch_.error(i) * direction_.norm() + gain_[i] * slack;
    return std::abs(r + s) - reach -
           rounding * (std::abs(s_[i]) + std::abs(s) + reach + std::abs(r));
  }

  void rebase(const Vector& w, const Trajectory& trajectory) {
    base_ = trajectory.image();
    base_weights_ = w;
    looks_ += size_;
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
  QuantisedRows sketch_;
  UnitDirection direction_;
  Vector moved_;
  double work_since_rebase_ = 0.0;  // in looks
};

}  // namespace paris
