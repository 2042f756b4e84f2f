// Rows in eight bits, laid out for products of all of them with the same few vectors.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#if defined(__AVX512F__)
#include <immintrin.h>
#endif

#include "paris/bounds/sketch.hpp"
#include "paris/problem/training_rows.hpp"
#include "paris/support/team.hpp"
#include "paris/support/types.hpp"

namespace paris {

// Row k is scale_k q_k, q_k of whole numbers up to 127, as in `Sketch`, but `lanes` rows lie side
// by side: a product needs no sum across lanes. |product − φ_kᵀx| <= error_k ‖x‖. Memory: D + 16
// bytes a row; set-up costs a pass over the table.
class Panels {
 public:
  static constexpr Index lanes = 16;

  Panels(const TrainingRows& rows, Team& team)
      : dimension_(rows.dimension()), slot_(static_cast<std::size_t>(rows.size()), -1) {
    for (Index k = 0; k < rows.size(); ++k) {
      if (!rows.deletable(k)) continue;
      slot_[static_cast<std::size_t>(k)] = static_cast<std::int32_t>(row_.size());
      row_.push_back(k);
    }
    const auto padded = static_cast<std::size_t>(n_panels() * lanes);
    q_.resize(padded * static_cast<std::size_t>(dimension_));
    scale_.resize(padded);
    error_.resize(padded);
    norm_.resize(padded);
    team.run(n_panels(), [&](Index panel) {
      for (Index slot = panel * lanes; slot < std::min((panel + 1) * lanes, n_slots()); ++slot) {
        fill(slot, ConstVectorView(rows.phi(row(slot)), dimension_));
      }
    });
  }

  Index n_slots() const { return static_cast<Index>(row_.size()); }
  Index n_panels() const { return (n_slots() + lanes - 1) / lanes; }
  Index row(Index slot) const { return row_[static_cast<std::size_t>(slot)]; }
  Index slot(Index row) const { return slot_[static_cast<std::size_t>(row)]; }  // -1: none

  // Adds φ̃ᵀx to out_x[l] and φ̃ᵀy to out_y[l] for the rows of a panel.
  void add_products(Index panel, const SketchedDirection& x, const SketchedDirection& y,
                    double* out_x, double* out_y) const {
    const std::int8_t* q = q_.data() + panel * lanes * dimension_;
    Floats row, sum_x, sum_y;
    convert(q, row);
    sum_x = row * x.values()[0];
    sum_y = row * y.values()[0];
    for (Index d = 1; d < dimension_; ++d) {
      convert(q + d * lanes, row);
      sum_x += row * x.values()[d];
      sum_y += row * y.values()[d];
    }
    const float* scale = scale_.data() + panel * lanes;
    for (Index l = 0; l < lanes; ++l) {
      const auto unit = static_cast<double>(scale[l]);
      out_x[l] += static_cast<double>(sum_x[l]) * unit * x.scale();
      out_y[l] += static_cast<double>(sum_y[l]) * unit * y.scale();
    }
  }

  // By lane; rounded up.
  const float* errors(Index panel) const { return error_.data() + panel * lanes; }
  const float* norms(Index panel) const { return norm_.data() + panel * lanes; }

 private:
#if defined(__AVX512F__)
  using Floats = __m512;
  static void convert(const std::int8_t* q, Floats& out) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(q));
    out = _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(bytes));
  }
#elif defined(__GNUC__) || defined(__clang__)
  // Vector types of the compiler, and from eight bits to single precision step by step: otherwise
  // it converts one number at a time. (By reference: returning one would depend on the ABI.)
  using Floats = float __attribute__((vector_size(64)));
  static void convert(const std::int8_t* q, Floats& out) {
    using Bytes = std::int8_t __attribute__((vector_size(16)));
    using Shorts = std::int16_t __attribute__((vector_size(32)));
    using Ints = std::int32_t __attribute__((vector_size(64)));
    Bytes bytes;
    std::memcpy(&bytes, q, sizeof bytes);
    const Shorts shorts = __builtin_convertvector(bytes, Shorts);
    out = __builtin_convertvector(__builtin_convertvector(shorts, Ints), Floats);
  }
#else
  using Floats = Eigen::Array<float, lanes, 1>;
  static void convert(const std::int8_t* q, Floats& out) {
    out = Eigen::Map<const Eigen::Array<std::int8_t, lanes, 1> >(q).cast<float>();
  }
#endif

  void fill(Index slot, const ConstVectorView& row) {
    const float scale = static_cast<float>(row.cwiseAbs().maxCoeff() / 127.0);
    const double inverse = scale > 0.0f ? 1.0 / static_cast<double>(scale) : 0.0;
    std::int8_t* q = q_.data() + (slot / lanes) * lanes * dimension_ + slot % lanes;
    double squared = 0.0;
    for (Index d = 0; d < dimension_; ++d) {
      const double whole = std::clamp(std::nearbyint(row[d] * inverse), -127.0, 127.0);
      q[d * lanes] = static_cast<std::int8_t>(whole);
      const double error = row[d] - static_cast<double>(scale) * whole;
      squared += error * error;
    }
    // D additions in single precision, which rounds at 6e-8.
    const double single = 6e-8 * (static_cast<double>(dimension_) + 8.0);
    const double norm = row.norm(), error = std::sqrt(squared) + single * norm;
    const auto at = static_cast<std::size_t>(slot);
    scale_[at] = scale;
    norm_[at] = up(norm);
    error_[at] = up(error);
  }

  static float up(double x) {
    return std::nextafter(static_cast<float>(x * (1.0 + 1e-6)),
                          std::numeric_limits<float>::infinity());
  }

  Index dimension_;
  std::vector<Index> row_;          // by slot
  std::vector<std::int32_t> slot_;  // by row
  std::vector<std::int8_t> q_;
  std::vector<float> scale_, error_, norm_;
};

}  // namespace paris
