// What a direction does to all validation rows together: Σ_v ω_v (φ_vᵀx)² = xᵀMx.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "paris/problem/validation_rows.hpp"
#include "paris/support/team.hpp"
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

  // At x (D,); `image` is scratch. Cost min(V, D) D.
  double at(const Vector& x, Vector& image) const {
    image.noalias() = factor() * x;
    return value(x, image);
  }

  // At every row of a table (N, D). Cost N D min(V, D), as matrix products.
  std::vector<double> at_rows(const ConstTableView& table, Team& team) const {
    const Index n = table.rows(), d = table.cols();
    const Index block = rows_per_task(256, static_cast<double>(d) * static_cast<double>(d));
    std::vector<double> out(static_cast<std::size_t>(n));
    team.run((n + block - 1) / block, [&](Index b) {
      const Index begin = b * block, count = std::min(block, n - begin);
      const Matrix columns = table.middleRows(begin, count).transpose();
      const Matrix images = factor() * columns;
      for (Index i = 0; i < count; ++i) {
        out[static_cast<std::size_t>(begin + i)] = value(columns.col(i), images.col(i));
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
