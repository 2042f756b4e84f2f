// Rows in eight bits, laid out for products of all of them with the same few vectors.
#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

#if defined(__AVX512F__)
#include <immintrin.h>
#endif

#include "paris/bounds/quantiser.hpp"
#include "paris/problem/training_rows.hpp"
#include "paris/support/blocks.hpp"
#include "paris/support/rounding.hpp"
#include "paris/support/types.hpp"

namespace paris {

// As `QuantisedRows`, but `lanes` rows lie side by side, a panel: a product needs no sum across
// lanes. |product − φ_kᵀx| <= error_k ‖x‖. Memory: D + 16 bytes a row; set-up costs a pass over the
// table.
class QuantisedPanels {
 public:
  static constexpr Index lanes = 16;

  QuantisedPanels(const TrainingRows& rows, Team& team)
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
    Blocks(n_slots(), 1024).for_each(team, [&](const Block& block) {
      Quantiser<std::int8_t, float> quantiser(dimension_, dimension_);
      for (Index slot = block.begin; slot < block.end; ++slot) {
        quantiser.set(rows.phi(row(slot)));
        fill(slot, quantiser);
      }
    });
  }

  Index n_slots() const { return static_cast<Index>(row_.size()); }
  Index n_panels() const { return parts(n_slots(), lanes); }
  Index row(Index slot) const { return row_[static_cast<std::size_t>(slot)]; }
  Index slot(Index row) const { return slot_[static_cast<std::size_t>(row)]; }  // -1: none

  // Adds φ̃ᵀx to out_x[l] and φ̃ᵀy to out_y[l] for the rows of a panel.
  void add_products(Index panel, const UnitDirection& x, const UnitDirection& y, double* out_x,
                    double* out_y) const {
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

  void fill(Index slot, const Quantiser<std::int8_t, float>& quantiser) {
    quantiser.put(q_.data() + (slot / lanes) * lanes * dimension_ + slot % lanes, lanes);
    const auto at = static_cast<std::size_t>(slot);
    scale_[at] = quantiser.scale();
    norm_[at] = rounded_up(quantiser.norm() * (1.0 + 1e-6));
    error_[at] = rounded_up(quantiser.error() * (1.0 + 1e-6));
  }

  Index dimension_;
  std::vector<Index> row_;          // by slot
  std::vector<std::int32_t> slot_;  // by row
  std::vector<std::int8_t> q_;
  std::vector<float> scale_, error_, norm_;
};

}  // namespace paris
