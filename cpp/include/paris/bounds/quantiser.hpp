// Rows as whole numbers of few bits: cheap inner products with a rigorous bound on their error.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "paris/support/blocks.hpp"
#include "paris/support/types.hpp"

namespace paris {

// A direction that many quantised rows are multiplied with, in single precision and scaled to unit
// size, so that nothing overflows or vanishes.
class UnitDirection {
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

  static constexpr Index lanes = 16;
  static std::size_t padded(Index n) { return static_cast<std::size_t>(whole_parts(n, lanes)); }

 private:
  std::vector<float> values_;
  double scale_ = 0.0, norm_ = 0.0;
};

// φ as scale·q + a rest, q of whole numbers that `Integer` holds, zero being in the middle. Then
// |scale qᵀx − φᵀx| <= error ‖x‖ if qᵀx is added up in single precision: the first part of `error`
// is the length of the rest, known exactly. `Scale` is what the scale will be kept in.
template <class Integer, class Scale = double>
class Quantiser {
 public:
  // `additions` is how many of them a term of qᵀx goes through at most.
  explicit Quantiser(Index dimension, Index additions)
      : whole_(dimension), single_(6e-8 * (static_cast<double>(additions) + 8.0)) {}

  void set(const double* phi) {
    const ConstVectorView row(phi, whole_.size());
    constexpr double most = std::numeric_limits<Integer>::max();
    scale_ = static_cast<Scale>(row.cwiseAbs().maxCoeff() / most);
    const auto unit = static_cast<double>(scale_);
    // Where numbers have lost digits, all of the row is rest.
    const double inverse = scale_ >= std::numeric_limits<Scale>::min() ? 1.0 / unit : 0.0;
    // To the nearest whole number: adding 1.5·2⁵² leaves no room for a fraction.
    constexpr double no_fraction = 6755399441055744.0;
    whole_ = (row.array() * inverse + no_fraction) - no_fraction;
    norm_ = row.norm();
    error_ = (row - unit * whole_).norm() * (1.0 + 1e-9) + single_ * norm_;
  }

  // q
  void put(Integer* __restrict q) const {
    for (Index i = 0; i < whole_.size(); ++i) q[i] = entry(i);
  }

  Integer entry(Index i) const { return static_cast<Integer>(static_cast<int>(whole_[i])); }

  Scale scale() const { return scale_; }
  double error() const { return error_; }
  double norm() const { return norm_; }  // ‖φ‖

 private:
  Vector whole_;
  double single_, error_ = 0.0, norm_ = 0.0;
  Scale scale_ = 0;
};

// qᵀx, both padded with zeros to n numbers, a multiple of `UnitDirection::lanes`. Each term goes
// through at most `additions_of_product(n)` additions.
template <class Integer>
double quantised_product(const Integer* q, const float* x, std::size_t n) {
  constexpr std::size_t lanes = UnitDirection::lanes;
#if defined(__AVX512F__)
  constexpr std::size_t sums = 4;  // hide the latency of additions
#else
  constexpr std::size_t sums = 1;  // they fill several registers as it is
#endif
  float sum[lanes] = {};
  std::size_t j = 0;
  if (sums > 1 && n >= sums * lanes) {
    float part[sums][lanes] = {};
    for (; j + sums * lanes <= n; j += sums * lanes) {
      for (std::size_t p = 0; p < sums; ++p) {
        const std::size_t at = j + p * lanes;
        for (std::size_t l = 0; l < lanes; ++l) {
          part[p][l] += static_cast<float>(q[at + l]) * x[at + l];
        }
      }
    }
    for (std::size_t p = 0; p < sums; ++p) {
      for (std::size_t l = 0; l < lanes; ++l) sum[l] += part[p][l];
    }
  }
  for (; j < n; j += lanes) {
    for (std::size_t l = 0; l < lanes; ++l) sum[l] += static_cast<float>(q[j + l]) * x[j + l];
  }
  for (std::size_t half = lanes / 2; half > 0; half /= 2) {
    for (std::size_t l = 0; l < half; ++l) sum[l] += sum[l + half];
  }
  return static_cast<double>(sum[0]);
}

inline Index additions_of_product(std::size_t n) {
  return static_cast<Index>(n) / UnitDirection::lanes + 8;
}

}  // namespace paris
