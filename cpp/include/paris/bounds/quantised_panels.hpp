// Rows in eight bits, laid out for products of all of them with the same few vectors.
#pragma once

#include <cstdint>
#include <vector>

#include "paris/bounds/panel_products.hpp"
#include "paris/bounds/quantiser.hpp"
#include "paris/bounds/whitening.hpp"
#include "paris/problem/training_rows.hpp"
#include "paris/support/blocks.hpp"
#include "paris/support/rounding.hpp"
#include "paris/support/types.hpp"

namespace paris {

// The rows that may leave, whitened: φ̂ = L₀⁻¹φ, so that no column drowns in others, nor a direction
// that few rows have. Sixteen of them lie side by side, a panel: a product needs no sum across
// lanes. With x̂ = L₀ᵀx, in whole numbers,
//   |product − φ_kᵀx| <= error_k ‖x̂‖ + size_k dot_error(D) x,
// x being the longer of the two vectors whose difference x is. Memory: D + 17 bytes a row; set-up
// costs N D².
class QuantisedPanels {
 public:
  static constexpr Index lanes = lane_count;

  QuantisedPanels(const TrainingRows& rows, const Matrix& L0, Team& team)
      : whitening_(L0),
        dimension_(rows.dimension()),
        n_pairs_(WholeDirection::n_pairs(dimension_)),
        slot_(static_cast<std::size_t>(rows.size()), -1) {
    for (Index k = 0; k < rows.size(); ++k) {
      if (!rows.deletable(k)) continue;
      slot_[static_cast<std::size_t>(k)] = static_cast<std::int32_t>(row_.size());
      row_.push_back(k);
    }
    const auto padded = static_cast<std::size_t>(n_panels() * lanes);
    q_.resize(padded * 2 * static_cast<std::size_t>(n_pairs_));
    scale_.resize(padded);
    error_.resize(padded);
    size_.resize(padded);
    const double work = static_cast<double>(dimension_) * static_cast<double>(dimension_);
    Blocks(n_slots(), rows_per_task(256, work)).for_each(team, [&](const Block& block) {
      Matrix columns(dimension_, block.size());
      for (Index i = 0; i < block.size(); ++i) {
        columns.col(i) = ConstVectorView(rows.phi(row(block.begin + i)), dimension_);
      }
      const Vector lengths = columns.colwise().stableNorm();
      L0.triangularView<Eigen::Lower>().solveInPlace(columns);
      Quantiser<std::int8_t, float> quantiser(dimension_, 0);
      for (Index i = 0; i < block.size(); ++i) {
        quantiser.set(columns.col(i).data());
        fill(block.begin + i, quantiser, lengths[i]);
      }
    });
  }

  Index n_slots() const { return static_cast<Index>(row_.size()); }
  Index n_panels() const { return parts(n_slots(), lanes); }
  Index row(Index slot) const { return row_[static_cast<std::size_t>(slot)]; }
  Index slot(Index row) const { return slot_[static_cast<std::size_t>(row)]; }  // -1: none

  // x (D,) for `products`; returns ‖x̂‖.
  double set(WholeDirection& direction, const Vector& x) const {
    Matrix image(dimension_, 1);
    whitening_.image(x, image);
    direction.set(image.col(0));
    return direction.length();
  }

  // φ̃ᵀx and φ̃ᵀy of the rows of a panel, once multiplied by their scale and the direction's unit.
  void products(Index panel, const WholeDirection& x, const WholeDirection& y,
                PanelProducts::Sums& of_x, PanelProducts::Sums& of_y) const {
    PanelProducts::of(q_.data() + panel * lanes * 2 * n_pairs_, x, y, n_pairs_, of_x, of_y);
  }

  // By lane; errors and sizes rounded up. A size is not below ‖φ‖.
  const float* scales(Index panel) const { return scale_.data() + panel * lanes; }
  const float* errors(Index panel) const { return error_.data() + panel * lanes; }
  const float* sizes(Index panel) const { return size_.data() + panel * lanes; }

 private:
  void fill(Index slot, const Quantiser<std::int8_t, float>& quantiser, double length) {
    std::int8_t* q = q_.data() + (slot / lanes) * lanes * 2 * n_pairs_ + slot % lanes * 2;
    for (Index d = 0; d < dimension_; ++d) q[d / 2 * 2 * lanes + d % 2] = quantiser.entry(d);
    const auto at = static_cast<std::size_t>(slot);
    scale_[at] = quantiser.scale();
    error_[at] = rounded_up(
        (quantiser.error() + WholeDirection::rest(dimension_) * quantiser.norm()) * (1.0 + 1e-6));
    // Rounding of e and b, and that of whitening, both of which are in proportion to it.
    size_[at] =
        rounded_up((length + 2.0 * whitening_.factor_norm() * quantiser.norm()) * (1.0 + 1e-6));
  }

  Whitening whitening_;
  Index dimension_, n_pairs_;
  std::vector<Index> row_;          // by slot
  std::vector<std::int32_t> slot_;  // by row
  std::vector<std::int8_t> q_;
  std::vector<float> scale_, error_, size_;
};

}  // namespace paris
