// A list of rows in eight bits.
#pragma once

#include <cstdint>
#include <vector>

#include "paris/bounds/quantiser.hpp"
#include "paris/support/types.hpp"

namespace paris {

// A product costs an eighth of the memory traffic of the row itself, and
// |product(i, x) − φ_iᵀx| <= error(i) ‖x‖.
class QuantisedRows {
 public:
  explicit QuantisedRows(Index dimension)
      : stride_(UnitDirection::padded(dimension)),
        quantiser_(dimension, additions_of_product(stride_)) {}

  void clear() {
    scale_.clear();
    error_.clear();
    q_.clear();
  }

  void add(const double* phi) {
    quantiser_.set(phi);
    const std::size_t begin = q_.size();
    q_.resize(begin + stride_, 0);
    quantiser_.put(q_.data() + begin);
    scale_.push_back(quantiser_.scale());
    error_.push_back(quantiser_.error());
  }

  double error(std::size_t i) const { return error_[i]; }

  void prefetch(std::size_t i) const {
#if defined(__GNUC__) || defined(__clang__)
    for (std::size_t j = 0; j < stride_; j += 64) __builtin_prefetch(q_.data() + i * stride_ + j);
#else
    (void)i;
#endif
  }

  // Cost D, of single precision.
  double product(std::size_t i, const UnitDirection& x) const {
    return quantised_product(q_.data() + i * stride_, x.values(), stride_) * scale_[i] * x.scale();
  }

 private:
  std::size_t stride_;
  Quantiser<std::int8_t> quantiser_;
  std::vector<double> scale_, error_;
  std::vector<std::int8_t> q_;
};

}  // namespace paris
