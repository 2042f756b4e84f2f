// A few rows among which the next deletions are found.
#pragma once

#include <cmath>
#include <limits>

#include "paris/bounds/whitening.hpp"
#include "paris/criterion/representer.hpp"
#include "paris/problem/training_rows.hpp"
#include "paris/search/best_score.hpp"
#include "paris/support/types.hpp"

namespace paris {

// A row as the store hands it over. `residual` is off by at most `error` (rounding apart).
struct WorkingSetRow {
  Index row;
  double t, residual, error;
  double gain;  // bounds |dS/d distance|: |T| ‖L₀⁻¹φ‖ / λ
};

// Row k with S_vk = s, v having the residual r and the weight 1.
inline BestScore scored(Index k, double r, double s) {
  return {{k, representer::deletion_residual(r, s)}, representer::value(r, s)};
}

// The rows that can be best for validation row v while the weights stay near where they were when
// the working set was built.
//
// The promise of whoever builds it, about every row k outside that may be deleted: as long as the
// weights are within `radius` of the place of building (`Trajectory::distance`),
//   |r + S_vk| >= level − |r − r₀|.
// So a row of the working set that scores below that is the best of all rows, and a deletion
// evaluates the working set alone.
class WorkingSet {
 public:
  WorkingSet(Index v, const TrainingRows& rows, double lambda)
      : v_(v), rows_(rows), lambda_(lambda) {}
  virtual ~WorkingSet() = default;
  WorkingSet(const WorkingSet&) = delete;
  WorkingSet& operator=(const WorkingSet&) = delete;

  // ---- building: clear, add every row, then finish.

  // `w` are the present weights, which the rows will be given for, and `place` their image.
  void clear(double r, const Vector& w, const Vector& place, double radius, double level) {
    r0_ = r;
    place_ = place;
    radius_ = radius;
    level_ = level;
    size_ = 0;
    start(w, place);
  }

  void add(const WorkingSetRow& row) {
    ++size_;
    append(row);
  }

  virtual void finish() = 0;

  // ---- use

  Index v() const { return v_; }
  Index size() const { return size_; }
  virtual std::size_t bytes() const = 0;

  bool valid_at(const Trajectory& trajectory) const {
    return trajectory.distance(place_) <= radius_;
  }

  // What a row must score below to be the best of all rows.
  double threshold(double r) const { return level_ - std::abs(r - r0_) * (1.0 + 1e-12); }

  // The best row of the working set; its ΔL is without the weight of the validation row.
  virtual BestScore best(double r, const Vector& w, const Trajectory& trajectory) = 0;

  // Rows evaluated, and the same with cheaper work counted in proportion.
  std::int64_t evaluations() const { return evaluations_; }
  double work() const { return work_; }

 protected:
  static constexpr std::size_t lane_count = 32;
  // Rounding takes a few ε of what is added up.
  static constexpr double rounding = 16.0 * std::numeric_limits<double>::epsilon();
  static constexpr double never = 1e300;  // S of a row that has been removed
  using Lanes = Eigen::Array<double, lane_count, 1>;

  virtual void start(const Vector& w, const Vector& place) = 0;
  virtual void append(const WorkingSetRow& row) = 0;

  Index v_;
  const TrainingRows& rows_;
  double lambda_;
  Index size_ = 0;
  double work_ = 0.0;
  std::int64_t evaluations_ = 0;

 private:
  double r0_ = 0.0;
  Vector place_;  // image of the weights at building
  double radius_ = -1.0, level_ = 0.0;
};

}  // namespace paris
