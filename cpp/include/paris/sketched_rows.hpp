// Sketches of the rows that were looked at lately: residuals without reading the table.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "paris/dot.hpp"
#include "paris/sketch.hpp"
#include "paris/training_rows.hpp"
#include "paris/types.hpp"

namespace paris {

// A residual, and by how much it may be off at most (rounding of residuals apart).
struct Estimate {
  double residual, error;
};

// Row k is kept as scale·(q + q'/254) with whole numbers q, q' up to 127, and with its residual at
// weights w₀ common to all rows, so that e_k = e_k(w₀) − φ_kᵀ(w − w₀) costs an eighth of the memory
// traffic of a look with q alone (`coarse`), a quarter with both (`fine`). When w has gone so far
// from w₀ that fine estimates and looks cost more than it would to move w₀, it moves, and the error
// of the estimate goes into the bound of what is kept. A look puts a row right again.
//
// All memory is reserved at construction: a fixed number of slots, those go first that have not
// been asked for of late.
class SketchedRows {
 public:
  SketchedRows(const TrainingRows& rows, std::size_t bytes)
      : rows_(rows),
        stride_(SketchedDirection::padded(rows.dimension())),
        // Of the products: each of 16 sums has stride/16 terms; single precision rounds at 6e-8.
        single_(1.2e-7 * (static_cast<double>(stride_) / 16.0 + 24.0)),
        slot_of_(static_cast<std::size_t>(rows.size()), none),
        capacity_(std::min<std::size_t>(
            slot_of_.size(), std::max<std::size_t>(least_slots, bytes / slot_bytes(stride_)))),
        slots_(capacity_),
        used_(capacity_),
        // Not initialized: what is never used takes no memory.
        q_(new std::int8_t[2 * stride_ * capacity_]) {}

  // Work in looks, with cheaper work counted in proportion.
  double work() const { return work_; }
  std::int64_t looks() const { return looks_; }

  // Estimates are for these weights from now on. Cost D, and now and then a fine estimate for each
  // row in memory.
  void at(const Vector& w) {
    if (reference_.size() == 0) reference_ = w;
    moved_ = w - reference_;
    direction_.set(moved_);
    if (work_since_rebase_ < fine_cost * static_cast<double>(n_slots_)) return;
    rebase();
    reference_ = w;
    moved_.setZero();
    direction_.set(moved_);
  }

  bool has(Index k) const { return slot_of_[static_cast<std::size_t>(k)] != none; }

  void prefetch(Index k) const {
#if defined(__GNUC__) || defined(__clang__)
    if (!has(k)) return;
    const std::int8_t* q = q_.get() + 2 * stride_ * slot(k);
    for (std::size_t j = 0; j < stride_; j += 64) __builtin_prefetch(q + j);
#else
    (void)k;
#endif
  }

  // For a row that is there. Cost D, of single precision.
  Estimate coarse(Index k) {
    const std::size_t i = slot(k);
    const Slot& at = slots_[i];
    used_[i] = 1;
    work_ += coarse_cost;
    const double product = sketched_dot(q_.get() + 2 * stride_ * i, direction_.values(), stride_);
    return {at.residual - product * at.scale * direction_.scale(),
            at.error + at.coarse_error * direction_.norm()};
  }

  // What `coarse` said about the same row, made better. Cost D, of single precision.
  Estimate refined(Index k, const Estimate& coarse) {
    const std::size_t i = slot(k);
    const Slot& at = slots_[i];
    work_ += coarse_cost;
    work_since_rebase_ += coarse_cost;
    const double product =
        sketched_dot(q_.get() + 2 * stride_ * i + stride_, direction_.values(), stride_);
    const double residual = coarse.residual - product * at.scale / finer * direction_.scale();
    return {residual, at.error + at.fine_error * direction_.norm() +
                          rounding * (std::abs(at.residual) + std::abs(residual))};
  }

  Estimate fine(Index k) { return refined(k, coarse(k)); }

  // The residual itself; the row is in memory afterwards. `w` as in `at`. Cost D, thrice if the row
  // was not there.
  double look(Index k, const Vector& w) {
    ++looks_;
    work_ += 1.0;
    const double* phi = rows_.phi(k);
    const double e = rows_.y(k) - dot(phi, w.data(), rows_.dimension());
    const bool known = has(k);
    if (!known) sketch(k, phi);
    Slot& at = slots_[slot(k)];
    used_[slot(k)] = 1;
    if (known) work_since_rebase_ += 1.0;
    if (!known || at.error > 0.0) {
      at.residual = rows_.y(k) - dot(phi, reference_.data(), rows_.dimension());
      at.error = 0.0;
    }
    return e;
  }

 private:
  static constexpr std::int32_t none = -1;
  static constexpr std::size_t least_slots = 256;
  static constexpr double coarse_cost = 0.125, fine_cost = 0.25;  // in looks
  static constexpr double finer = 254.0;
  static constexpr double rounding = 16.0 * std::numeric_limits<double>::epsilon();

  struct Slot {
    Index row = none;
    double residual = 0.0, error = 0.0;  // at w₀
    double scale = 0.0, coarse_error = 0.0, fine_error = 0.0;
  };

  static std::size_t slot_bytes(std::size_t stride) { return 2 * stride + sizeof(Slot) + 1; }

  std::size_t slot(Index k) const {
    return static_cast<std::size_t>(slot_of_[static_cast<std::size_t>(k)]);
  }

  void rebase() {
    for (std::size_t i = 0; i < n_slots_; ++i) {
      Slot& at = slots_[i];
      if (!rows_.kept(at.row)) continue;
      const std::uint8_t used = used_[i];
      const Estimate estimate = fine(at.row);
      used_[i] = used;
      at.residual = estimate.residual;
      at.error = estimate.error * (1.0 + 1e-12);
    }
    work_since_rebase_ = 0.0;
  }

  // An empty slot, or one that nobody has asked for since the hand came by.
  std::size_t free_slot() {
    if (n_slots_ < capacity_) return n_slots_++;
    for (;; hand_ = (hand_ + 1) % capacity_) {
      const bool idle = used_[hand_] == 0 || !rows_.kept(slots_[hand_].row);
      used_[hand_] = 0;
      if (!idle) continue;
      slot_of_[static_cast<std::size_t>(slots_[hand_].row)] = none;
      const std::size_t found = hand_;
      hand_ = (hand_ + 1) % capacity_;
      return found;
    }
  }

  void sketch(Index k, const double* phi) {
    const std::size_t i = free_slot();
    slot_of_[static_cast<std::size_t>(k)] = static_cast<std::int32_t>(i);
    Slot& at = slots_[i];
    at.row = k;
    const Eigen::Map<const Vector> row(phi, rows_.dimension());
    std::int8_t* q = q_.get() + 2 * stride_ * i;
    at.scale = row.cwiseAbs().maxCoeff() / 127.0;
    rest_ = row;
    at.coarse_error = quantize(at.scale, q) * (1.0 + 1e-9) + single_ * row.norm();
    at.fine_error = quantize(at.scale / finer, q + stride_) * (1.0 + 1e-9) + single_ * row.norm();
  }

  // Takes scale·q off rest_, q being its nearest whole numbers, and returns the norm of what is
  // left.
  double quantize(double scale, std::int8_t* __restrict q) {
    const double inverse = scale > 1e-300 ? 1.0 / scale : 0.0;  // else all of it is left
    // To the nearest whole number: adding 1.5·2⁵² leaves no room for a fraction.
    constexpr double no_fraction = 6755399441055744.0;
    rounded_ = (rest_.array() * inverse + no_fraction) - no_fraction;
    rest_ -= scale * rounded_;
    const auto n = static_cast<std::size_t>(rest_.size());
    const double* __restrict rounded = rounded_.data();
    for (std::size_t j = 0; j < n; ++j) {
      q[j] = static_cast<std::int8_t>(static_cast<int>(rounded[j]));
    }
    std::fill(q + n, q + stride_, std::int8_t{0});
    return rest_.norm();
  }

  const TrainingRows& rows_;
  std::size_t stride_;
  double single_;
  std::vector<std::int32_t> slot_of_;  // by row
  std::size_t capacity_, n_slots_ = 0, hand_ = 0;
  std::vector<Slot> slots_;
  std::vector<std::uint8_t> used_;
  std::unique_ptr<std::int8_t[]> q_;  // by slot: q, q'
  Vector reference_, moved_;          // w₀, w − w₀
  SketchedDirection direction_;
  Vector rest_, rounded_;
  double work_ = 0.0, work_since_rebase_ = 0.0;
  std::int64_t looks_ = 0;
};

}  // namespace paris
