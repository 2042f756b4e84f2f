// Quantised copies of the rows that were evaluated lately: residuals without reading the table.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "paris/bounds/quantiser.hpp"
#include "paris/problem/training_rows.hpp"
#include "paris/support/memory.hpp"
#include "paris/support/types.hpp"

namespace paris {

// A residual, and by how much it may be off at most (rounding of residuals apart).
struct Estimate {
  double residual, error;
};

// Row k is kept in 16 bits, and with its residual at weights w₀ common to all rows, so that
// e_k = e_k(w₀) − φ_kᵀ(w − w₀) costs a quarter of the memory traffic of an evaluation, and is known
// up to some 1e-5 of ‖φ_k‖ ‖w − w₀‖. Once that has called for evaluations that cost as much as
// moving w₀, it moves, and the error of the estimates goes into the bounds. An evaluation puts a
// row right again.
//
// All memory is reserved at construction: a fixed number of slots, those go first that have not
// been asked for of late.
class QuantisedResiduals {
 public:
  QuantisedResiduals(const TrainingRows& rows, std::size_t bytes)
      : rows_(rows),
        stride_(UnitDirection::padded(rows.dimension())),
        quantiser_(rows.dimension(), additions_of_product(stride_)),
        slot_of_(static_cast<std::size_t>(rows.size()), none),
        capacity_(std::min<std::size_t>(
            slot_of_.size(), std::max<std::size_t>(least_slots, bytes / slot_bytes(stride_)))),
        slots_(capacity_),
        used_(capacity_),
        q_(uninitialized<std::int16_t>(stride_ * capacity_)) {}

  // Work in evaluations, with cheaper work counted in proportion.
  double work() const { return work_; }
  std::int64_t evaluations() const { return evaluations_; }
  std::int64_t rebases() const { return rebases_; }

  // Estimates are for these weights from now on. Cost D, and now and then a fine estimate for each
  // row in memory.
  void at(const Vector& w) {
    if (reference_.size() == 0) reference_ = w;
    moved_ = w - reference_;
    direction_.set(moved_);
    if (work_since_rebase_ < estimate_cost * static_cast<double>(n_slots_)) return;
    rebase();
    reference_ = w;
    moved_.setZero();
    direction_.set(moved_);
  }

  bool has(Index k) const { return slot_of_[static_cast<std::size_t>(k)] != none; }

  void prefetch(Index k) const {
#if defined(__GNUC__) || defined(__clang__)
    if (!has(k)) return;
    const std::int16_t* q = q_.get() + stride_ * slot(k);
    for (std::size_t j = 0; j < stride_; j += 32) __builtin_prefetch(q + j);
#else
    (void)k;
#endif
  }

  // For a row that is there. Cost D, of single precision.
  Estimate estimate(Index k) {
    const std::size_t i = slot(k);
    used_[i] = 1;
    work_ += estimate_cost;
    return estimate_slot(i);
  }

  bool full() const { return n_slots_ == capacity_; }

  // The residual itself; `keep` a copy of the row if there is none. `w` as in `at`. Cost D, and
  // some more for a new copy.
  double evaluate(Index k, const Vector& w, bool keep) {
    ++evaluations_;
    work_ += 1.0;
    const double* phi = rows_.phi(k);
    const double e = rows_.residual(k, w.data());
    const bool known = has(k);
    if (known) {
      work_since_rebase_ += 1.0;
    } else {
      if (!keep) return e;
      work_ += 1.0;
      quantise(k, phi);
    }
    Slot& at = slots_[slot(k)];
    used_[slot(k)] = 1;
    if (!known || at.error > 0.0) {
      at.residual = rows_.residual(k, reference_.data());
      at.error = 0.0;
    }
    return e;
  }

 private:
  static constexpr std::int32_t none = -1;
  static constexpr std::size_t least_slots = 256;
  static constexpr double estimate_cost = 0.25;  // in evaluations
  static constexpr double rounding = 16.0 * std::numeric_limits<double>::epsilon();

  struct Slot {
    Index row = -1;
    double residual = 0.0, error = 0.0;  // at w₀
    double scale = 0.0, rounding = 0.0;  // of the quantised row
  };

  static std::size_t slot_bytes(std::size_t stride) { return 2 * stride + sizeof(Slot) + 1; }

  std::size_t slot(Index k) const {
    return static_cast<std::size_t>(slot_of_[static_cast<std::size_t>(k)]);
  }

  Estimate estimate_slot(std::size_t i) const {
    const Slot& at = slots_[i];
    const double product = quantised_product(q_.get() + stride_ * i, direction_.values(), stride_);
    const double residual = at.residual - product * at.scale * direction_.scale();
    return {residual, at.error + at.rounding * direction_.norm() +
                          rounding * (std::abs(at.residual) + std::abs(residual))};
  }

  void rebase() {
    for (std::size_t i = 0; i < n_slots_; ++i) {
      Slot& at = slots_[i];
      if (!occupied(i)) {
        empty(i);
        continue;
      }
      const Estimate estimate = estimate_slot(i);
      work_ += estimate_cost;
      at.residual = estimate.residual;
      at.error = estimate.error * (1.0 + 1e-12);
    }
    work_since_rebase_ = 0.0;
    ++rebases_;
  }

  bool occupied(std::size_t i) const {
    return slots_[i].row >= 0 && rows_.deletable(slots_[i].row);
  }

  void empty(std::size_t i) {
    if (slots_[i].row >= 0) slot_of_[static_cast<std::size_t>(slots_[i].row)] = none;
    slots_[i].row = -1;
  }

  // An empty slot, or one that nobody has asked for since the hand came by.
  std::size_t free_slot() {
    if (n_slots_ < capacity_) return n_slots_++;
    for (;; hand_ = (hand_ + 1) % capacity_) {
      const bool idle = used_[hand_] == 0 || !occupied(hand_);
      used_[hand_] = 0;
      if (!idle) continue;
      empty(hand_);
      const std::size_t found = hand_;
      hand_ = (hand_ + 1) % capacity_;
      return found;
    }
  }

  void quantise(Index k, const double* phi) {
    const std::size_t i = free_slot();
    slot_of_[static_cast<std::size_t>(k)] = static_cast<std::int32_t>(i);
    Slot& at = slots_[i];
    at.row = k;
    quantiser_.set(phi);
    at.scale = quantiser_.scale();
    at.rounding = quantiser_.error();
    std::int16_t* q = q_.get() + stride_ * i;
    quantiser_.put(q);
    std::fill(q + rows_.dimension(), q + stride_, std::int16_t{0});
  }

  const TrainingRows& rows_;
  std::size_t stride_;
  Quantiser<std::int16_t> quantiser_;
  std::vector<std::int32_t> slot_of_;  // by row
  std::size_t capacity_, n_slots_ = 0, hand_ = 0;
  std::vector<Slot> slots_;
  std::vector<std::uint8_t> used_;
  Buffer<std::int16_t> q_;    // by slot
  Vector reference_, moved_;  // w₀, w − w₀
  UnitDirection direction_;
  double work_ = 0.0, work_since_rebase_ = 0.0;
  std::int64_t evaluations_ = 0, rebases_ = 0;
};

}  // namespace paris
