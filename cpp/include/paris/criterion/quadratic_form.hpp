// What a direction does to all validation rows together: Σ_v ω_v (φ_vᵀx)² = xᵀMx.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "paris/problem/validation_rows.hpp"
#include "paris/support/blocks.hpp"
#include "paris/support/types.hpp"

namespace paris {

// xᵀMx with M = Φ_valᵀ diag(ω) Φ_val (D, D), which must outlive this. Of few validation rows M is a
// product without full rank, and xᵀMx would cancel where x is orthogonal to all of them: then it is
// added up row by row, which is less work as well.
class QuadraticForm {
 public:
  QuadraticForm(const ValidationRows& validation, const Matrix& M)
      : M_(M), few_(validation.size() < validation.dimension()) {
    if (!few_) return;
    weighted_ = validation.Phi();
    for (Index v = 0; v < validation.size(); ++v) {
      weighted_.row(v) *= std::sqrt(validation.weight(v));
    }
  }

  // At x (D,); `image` is scratch. Cost min(V, D) D. Called now and then, from loops that are
  // faster without it.
  [[gnu::noinline]] double at(const Vector& x, Vector& image) const {
    image.noalias() = factor() * x;
    return value(x, image);
  }

  // At every row of a table (N, D). Cost N D min(V, D), as matrix products.
  std::vector<double> at_rows(const ConstTableView& table, Team& team) const {
    const auto d = static_cast<double>(table.cols());
    std::vector<double> out(static_cast<std::size_t>(table.rows()));
    Blocks(table.rows(), rows_per_task(256, d * d)).for_each(team, [&](const Block& block) {
      const Matrix columns = table.middleRows(block.begin, block.size()).transpose();
      const Matrix images = factor() * columns;
      for (Index i = 0; i < block.size(); ++i) {
        out[static_cast<std::size_t>(block.begin + i)] = value(columns.col(i), images.col(i));
      }
    });
    return out;
  }

 private:
  const Matrix& factor() const { return few_ ? weighted_ : M_; }

  template <class X, class Image>
  double value(const X& x, const Image& image) const {
    return few_ ? image.squaredNorm() : std::max(0.0, x.dot(image));
  }

  const Matrix& M_;
  bool few_;         // V < D
  Matrix weighted_;  // (V, D) √ω φᵀ, if so
};

}  // namespace paris
