// Rows in eight bits: cheap inner products with a rigorous bound on their error.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "paris/support/types.hpp"

namespace paris {

// A direction that many sketched rows are multiplied with, in single precision and scaled to unit
// size, so that nothing overflows or vanishes.
class SketchedDirection {
 public:
  void set(const Vector& x) {
    scale_ = x.size() == 0 ? 0.0 : x.cwiseAbs().maxCoeff();
    norm_ = 0.0;
    values_.assign(padded(x.size()), 0.0f);
    if (scale_ == 0.0) return;
    norm_ = scale_ * (x / scale_).norm() * (1.0 + 1e-12);
    for (Index i = 0; i < x.size(); ++i) {
      values_[static_cast<std::size_t>(i)] = static_cast<float>(x[i] / scale_);
    }
  }

  const float* values() const { return values_.data(); }
  double scale() const { return scale_; }
  double norm() const { return norm_; }

  static constexpr std::size_t lanes = 16;
  static std::size_t padded(Index n) {
    return (static_cast<std::size_t>(n) + lanes - 1) / lanes * lanes;
  }

 private:
  std::vector<float> values_;
  double scale_ = 0.0, norm_ = 0.0;
};

// Row i is kept as scale_i q_i, q_i of whole numbers up to 127. A product costs an eighth of the
// memory traffic of the row itself, and |product(i, x) − φ_iᵀx| <= error(i) ‖x‖: the row's rounding
// to eight bits, known exactly, and that of single precision.
class Sketch {
 public:
  explicit Sketch(Index dimension)
      : dimension_(dimension), stride_(SketchedDirection::padded(dimension)) {}

  void clear() {
    scale_.clear();
    error_.clear();
    q_.clear();
  }

  void add(const double* phi) {
    const Eigen::Map<const Vector> row(phi, dimension_);
    const double scale = row.cwiseAbs().maxCoeff() / 127.0;
    const double inverse = scale > 0.0 ? 1.0 / scale : 0.0;
    // To the nearest whole number: adding 1.5·2⁵² leaves no room for a fraction.
    constexpr double no_fraction = 6755399441055744.0;
    rounded_ = (row.array() * inverse + no_fraction) - no_fraction;
    const double error = (row - scale * rounded_).norm();
    const std::size_t begin = q_.size();
    q_.resize(begin + stride_, 0);
    const Index n = dimension_;
    const double* __restrict rounded = rounded_.data();
    std::int8_t* __restrict q = q_.data() + begin;
    for (Index i = 0; i < n; ++i) q[i] = static_cast<std::int8_t>(static_cast<int>(rounded[i]));
    // Each of the 16 sums has stride/16 terms; single precision rounds at 6e-8.
    const double single = 1.2e-7 * (static_cast<double>(stride_) / 16.0 + 24.0);
    scale_.push_back(scale);
    error_.push_back(error * (1.0 + 1e-9) + single * row.norm());
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
  double product(std::size_t i, const SketchedDirection& x) const {
    constexpr std::size_t lanes = SketchedDirection::lanes;
    const std::int8_t* q = q_.data() + i * stride_;
    const float* values = x.values();
    float sum[lanes] = {};
    for (std::size_t j = 0; j < stride_; j += lanes) {
      for (std::size_t l = 0; l < lanes; ++l)
        sum[l] += static_cast<float>(q[j + l]) * values[j + l];
    }
    float total = 0.0f;
    for (std::size_t l = 0; l < lanes; ++l) total += sum[l];
    return static_cast<double>(total) * scale_[i] * x.scale();
  }

 private:
  Index dimension_;
  std::size_t stride_;
  std::vector<double> scale_, error_;
  std::vector<std::int8_t> q_;
  Vector rounded_;
};

}  // namespace paris
