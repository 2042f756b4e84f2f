// A working set of long rows: it leaves them where they are, and evaluates
// quantised copies.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "paris/bounds/quantised_residuals.hpp"
#include "paris/bounds/whitening.hpp"
#include "paris/criterion/representer.hpp"
#include "paris/problem/training_rows.hpp"
#include "paris/search/best_score.hpp"
#include "paris/search/worst_one/working_set.hpp"
#include "paris/support/types.hpp"

namespace paris {

// Each row has a place of its own: the weights at which S was last estimated. Only rows that have
// since come within reach of the best one are estimated again, so a row costs the less the further
// it is from being best, and a working set can hold most of the table for the price of its bounds.
class QuantisedWorkingSet final : public WorkingSet {
 public:
  QuantisedWorkingSet(Index v, const TrainingRows& rows, double lambda,
                      QuantisedResiduals& quantised)
      : WorkingSet(v, rows, lambda),
        quantised_(quantised),
        images_(Matrix::Zero(rows.dimension(), max_places)) {}

  static std::size_t row_bytes() { return 64; }

  void finish() override {
    while (row_.size() % lane_count != 0) append({-1, 0.0, 0.0, 0.0, 0.0});
    bound_.resize(row_.size());
    least_.resize(row_.size() / lane_count);
    within_.resize(row_.size() + 1);
    close_.reserve(row_.size());
  }

  std::size_t bytes() const override {
    return row_.capacity() * row_bytes() +
           static_cast<std::size_t>(images_.size()) * sizeof(double);
  }

  // Cost: one pass over the bounds, an estimate for every row that they do not rule out, and an
  // evaluation for the few that this does not rule out either.
  BestScore best(double r, const Vector& w, const Trajectory& trajectory) override {
    quantised_.at(w);
    if (row_.empty()) return {};  // there are no lanes to begin with
    const double work = quantised_.work();
    const std::int64_t evaluations = quantised_.evaluations();
    const std::uint8_t here = new_place(trajectory);
    const std::size_t nearest = find_bounds(r);
    const double distance_error = trajectory.error();

    BestScore best;
    highest_ = std::numeric_limits<double>::infinity();
    close_.clear();
    // The lanes with the least bound first: what they hold spares estimates of the others.
    for (std::size_t i = nearest * lane_count; i < (nearest + 1) * lane_count; ++i) {
      refine(i, r, w, distance_error, here, best);
    }
    std::size_t n_within = 0;
    for (std::size_t group = 0; group < least_.size(); ++group) {
      if (least_[group] > highest_ || group == nearest) continue;
      for (std::size_t i = group * lane_count; i < (group + 1) * lane_count; ++i) {
        within_[n_within] = i;
        n_within += bound_[i] > highest_ ? 0 : 1;
      }
    }
    for (std::size_t j = 0; j < n_within; ++j) {
      const Index ahead = row_[within_[std::min(j + 4, n_within - 1)]];
      if (ahead >= 0) quantised_.prefetch(ahead);
      refine(within_[j], r, w, distance_error, here, best);
    }
    for (const std::size_t i : close_) {
      if (!(bound_[i] > highest_)) evaluate(i, r, w, here, best);
    }
    work_ += quantised_.work() - work;
    evaluations_ += quantised_.evaluations() - evaluations;
    return best;
  }

 private:
  static constexpr Index max_places = 64;

  void start(const Vector&, const Vector& place) override {
    images_.col(0) = place;
    n_places_ = 1;
    row_.clear();
    t_.clear();
    s_.clear();
    error_.clear();
    gain_.clear();
    place_.clear();
  }

  void append(const WorkingSetRow& row) override {
    row_.push_back(row.row);
    t_.push_back(row.t);
    s_.push_back(row.row < 0 ? never : representer::influence(row.t, row.residual, lambda_));
    error_.push_back(std::abs(row.t / lambda_) * row.error * (1.0 + 1e-12));
    gain_.push_back(row.gain);
    place_.push_back(0);
  }

  void forget(std::size_t i) {
    s_[i] = never;
    error_[i] = 0.0;
    gain_[i] = 0.0;
  }

  // Room for the present place, and how far it is from the others. When there are too many, every
  // second one goes, so that they lie the closer the more recent they are.
  std::uint8_t new_place(const Trajectory& trajectory) {
    if (n_places_ == max_places) merge_places(trajectory);
    images_.col(n_places_) = trajectory.image();
    for (Index p = 0; p <= n_places_; ++p) reach_[p] = trajectory.distance(images_.col(p));
    return static_cast<std::uint8_t>(n_places_++);
  }

  void merge_places(const Trajectory& trajectory) {
    double shift[max_places] = {};
    for (Index p = 1; p < max_places; p += 2) {
      shift[p] = trajectory.distance(images_.col(p), images_.col(p - 1));
    }
    for (Index p = 2; p < max_places; p += 2) images_.col(p / 2) = images_.col(p);
    n_places_ = max_places / 2;
    for (std::size_t i = 0; i < row_.size(); ++i) {
      error_[i] = (error_[i] + gain_[i] * shift[place_[i]]) * (1.0 + 1e-12);
      place_[i] = static_cast<std::uint8_t>(place_[i] / 2);
    }
  }

  // Fills bound_ with what |r + S| can be at least, least_ with the minimum of each group of lanes;
  // returns the group with the smallest one.
  std::size_t find_bounds(double r) {
    std::size_t nearest = 0;
    for (std::size_t group = 0; group < least_.size(); ++group) {
      const std::size_t begin = group * lane_count;
      const std::uint8_t* place = place_.data() + begin;
      Lanes reach;
      for (std::size_t l = 0; l < lane_count; ++l) reach[static_cast<Index>(l)] = reach_[place[l]];
      reach = reach * Eigen::Map<const Lanes>(gain_.data() + begin) +
              Eigen::Map<const Lanes>(error_.data() + begin);
      const Lanes s = Eigen::Map<const Lanes>(s_.data() + begin);
      const Lanes bound = (s + r).abs() - reach - rounding * (s.abs() + reach + std::abs(r));
      Eigen::Map<Lanes>(bound_.data() + begin) = bound;
      least_[group] = bound.minCoeff();
      if (least_[group] < least_[nearest]) nearest = group;
    }
    return nearest;
  }

  void refine(std::size_t i, double r, const Vector& w, double distance_error, std::uint8_t here,
              BestScore& best) {
    if (bound_[i] > highest_) return;
    if (row_[i] < 0 || !rows_.deletable(row_[i])) {
      forget(i);
    } else if (quantised_.has(row_[i])) {
      estimate(i, r, distance_error, here);
      if (!(bound_[i] > highest_)) close_.push_back(i);
    } else {
      evaluate(i, r, w, here, best);
    }
  }

  // `distance_error` covers the rounding of the two residuals that the estimate stands between.
  void estimate(std::size_t i, double r, double distance_error, std::uint8_t here) {
    const Estimate estimate = quantised_.estimate(row_[i]);
    const double factor = t_[i] / lambda_;
    const double s = factor * estimate.residual;
    const double reach = std::abs(factor) * estimate.error + gain_[i] * distance_error;
    const double margin = reach + rounding * (std::abs(s) + reach + std::abs(r));
    s_[i] = s;
    error_[i] = margin;
    place_[i] = here;
    bound_[i] = std::abs(r + s) - margin;
    highest_ = std::min(highest_, std::abs(r + s) + margin);
  }

  void evaluate(std::size_t i, double r, const Vector& w, std::uint8_t here, BestScore& best) {
    // Once there is no room left, only for rows that come up again and again.
    const bool keep = !quantised_.full() || 4 * static_cast<Index>(place_[i]) >= n_places_;
    const double s = representer::influence(t_[i], quantised_.evaluate(row_[i], w, keep), lambda_);
    const BestScore found = scored(row_[i], r, s);
    best.offer(found);
    s_[i] = s;
    error_[i] = 0.0;
    place_[i] = here;
    highest_ = std::min(highest_, found.value);
  }

  QuantisedResiduals& quantised_;
  Matrix images_;  // of the weights at each place, as columns
  Index n_places_ = 0;
  double reach_[max_places] = {};  // from each place to the present weights
  std::vector<Index> row_;
  std::vector<double> t_, s_, error_, gain_;  // |S − s_| <= error_ at the row's place
  std::vector<std::uint8_t> place_;
  std::vector<double> bound_, least_;
  double highest_ = 0.0;                     // the best |r + S| is at most this
  std::vector<std::size_t> within_, close_;  // to be estimated; to be evaluated
};

}  // namespace paris
