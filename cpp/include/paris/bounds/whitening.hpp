// A metric in which the drift of a residual can be bounded.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "paris/linalg/cholesky.hpp"
#include "paris/support/blocks.hpp"
#include "paris/support/dot.hpp"
#include "paris/support/rounding.hpp"
#include "paris/support/types.hpp"

namespace paris {

// With a fixed lower triangular L₀ and the image Z = L₀ᵀW of the weights (D, C) (Cauchy–Schwarz):
//   ‖φᵀ(W − W')‖ <= ‖L₀⁻¹φ‖ ‖Z − Z'‖.
// Any nonsingular L₀ gives a valid bound; the factor of the initial A gives a tight one. It may
// be rounded to single precision, which is not an approximation of anything: lengths and images
// are those of the rounded L₀, at half the memory traffic.
//
// `error` is added to ‖z − z'‖ and covers rounding: of the images, of the lengths ‖L₀⁻¹φ‖ (a
// triangular solve is exact for some L₀ + δL, |δL| <= Dε|L₀|), and of the two residuals y − φᵀw
// themselves, each of which is off by at most about Dε‖φ‖‖w‖ <= Dε‖L₀⁻¹φ‖‖L₀‖‖w‖.
class Whitening {
 public:
  enum class Precision { full, single };

  explicit Whitening(const Matrix& L0, Precision precision = Precision::full)
      : dimension_(L0.rows()) {
    if (precision == Precision::single) {
      round(L0);
    } else {
      L0_ = L0.triangularView<Eigen::Lower>();
    }
    norm_ = factor().norm();
    unit_ = dot_error(dimension_) * norm_;
  }

  // Z ← L₀ᵀW. Cost D² C.
  void image(const Matrix& W, Matrix& Z) const {
    for (Index c = 0; c < W.cols(); ++c) {
      if (columns_.empty()) {
        Z.col(c).noalias() = L0_.triangularView<Eigen::Lower>().transpose() * W.col(c);
      } else {
        rounded_image(W.data() + c * dimension_, Z.data() + c * dimension_);
      }
    }
  }

  // ‖L₀⁻¹φ‖². Cost D².
  double squared_length(const double* phi) const {
    Vector column = ConstVectorView(phi, dimension_);
    factor().triangularView<Eigen::Lower>().solveInPlace(column);
    return column.squaredNorm();
  }

  // Of L₀, Frobenius: ‖φ‖ <= ‖L₀‖ ‖L₀⁻¹φ‖.
  double factor_norm() const { return norm_; }

  // For weights that never were longer than this.
  double error(double longest_weights) const { return unit_ * longest_weights; }

  // ‖L₀⁻¹φ_k‖, or with M (D, D) ‖L₀⁻¹Mφ_k‖, for the rows of a table, rounded up to single
  // precision. Cost N D², or 3 N D².
  std::vector<float> lengths(const ConstTableView& table, Team& team,
                             const Matrix* M = nullptr) const {
    const double work = static_cast<double>(dimension_) * static_cast<double>(dimension_);
    const Blocks blocks(table.rows(), rows_per_task(256, M == nullptr ? work : 2.0 * work));
    const Matrix L0 = factor();
    std::vector<float> out(static_cast<std::size_t>(table.rows()));
    blocks.for_each(team, [&](const Block& block) {
      Matrix columns = table.middleRows(block.begin, block.size()).transpose();
      if (M != nullptr) columns = *M * columns;
      L0.triangularView<Eigen::Lower>().solveInPlace(columns);
      for (Index i = 0; i < block.size(); ++i) {
        out[static_cast<std::size_t>(block.begin + i)] = rounded_up(columns.col(i).norm());
      }
    });
    return out;
  }

 private:
  void rounded_image(const double* w, double* z) const {
    const float* column = columns_.data();
    for (Index j = 0; j < dimension_; ++j) {
      const Index first = first_stored(j), n = dimension_ - first;
      z[j] = scale_ * mixed_dot(column, w + first, n);
      column += n;
    }
  }

  // Columns begin with zeros, so that their lengths are multiples of `lanes` as far as possible.
  Index first_stored(Index j) const {
    return std::max<Index>(0, dimension_ - whole_parts(dimension_ - j, lanes));
  }

  static double mixed_dot(const float* a, const double* b, Index n) {
    using Floats = Eigen::Array<float, lanes, 1>;
    using Lanes = Eigen::Array<double, lanes, 1>;
    Lanes sum = Lanes::Zero();
    Index i = 0;
    for (; i + lanes <= n; i += lanes) {
      sum += Eigen::Map<const Floats>(a + i).cast<double>() * Eigen::Map<const Lanes>(b + i);
    }
    double total = sum.sum();
    for (; i < n; ++i) total += static_cast<double>(a[i]) * b[i];
    return total;
  }

  void round(const Matrix& L0) {
    const double largest = L0.triangularView<Eigen::Lower>().toDenseMatrix().cwiseAbs().maxCoeff();
    scale_ = std::ldexp(1.0, std::ilogb(largest));
    columns_.reserve(static_cast<std::size_t>(dimension_ * (dimension_ + 1 + lanes) / 2));
    for (Index j = 0; j < dimension_; ++j) {
      columns_.insert(columns_.end(), static_cast<std::size_t>(j - first_stored(j)), 0.0f);
      // However small, a diagonal must not vanish.
      columns_.push_back(static_cast<float>(std::max(L0(j, j) / scale_, 1e-30)));
      for (Index i = j + 1; i < dimension_; ++i) {
        columns_.push_back(static_cast<float>(L0(i, j) / scale_));
      }
    }
  }

  // L₀ (D, D), zero above the diagonal.
  Matrix factor() const {
    if (columns_.empty()) return L0_;
    Matrix L0 = Matrix::Zero(dimension_, dimension_);
    const float* column = columns_.data();
    for (Index j = 0; j < dimension_; ++j) {
      for (Index i = first_stored(j); i < dimension_; ++i)
        L0(i, j) = scale_ * static_cast<double>(*column++);
    }
    return L0;
  }

  static constexpr Index lanes = 32;

  Index dimension_;
  Matrix L0_;                   // in full precision; or else
  double scale_ = 1.0;          // a power of two, and
  std::vector<float> columns_;  // those of L₀ / scale_, as far as stored
  double norm_ = 0.0, unit_ = 0.0;
};

// The present weights, their image, and what is needed to bound how far they have moved.
class Trajectory {
 public:
  Trajectory(const Matrix& L0, const Matrix& W)
      : whitening_(L0, L0.rows() > largest_in_full ? Whitening::Precision::single
                                                   : Whitening::Precision::full),
        image_(W.rows(), W.cols()),
        longest_(0.0) {
    moved(W);
  }

  const Whitening& whitening() const { return whitening_; }
  const Matrix& image() const { return image_; }

  // To be called whenever W has changed. Cost D² C.
  void moved(const Matrix& W) {
    whitening_.image(W, image_);
    longest_ = std::max(longest_, W.norm());
  }

  // The same, and nothing will be asked any more about where the weights have been before.
  void restart(const Matrix& W) {
    longest_ = 0.0;
    moved(W);
  }

  // A bound on ‖φᵀ(W − W')‖ / ‖L₀⁻¹φ‖, W' being the weights with image `past`. Cost D C.
  double distance(const Eigen::Ref<const Matrix>& past) const { return distance(image_, past); }

  // The same between two images that `image` has been.
  double distance(const Eigen::Ref<const Matrix>& a, const Eigen::Ref<const Matrix>& b) const {
    return (a - b).norm() * (1.0 + 1e-12) + error();
  }

  // What rounding contributes to every distance.
  double error() const { return whitening_.error(longest_); }

 private:
  // Beyond that L₀ has outgrown the caches near a core.
  static constexpr Index largest_in_full = 256;

  Whitening whitening_;
  Matrix image_;
  double longest_;
};

}  // namespace paris
