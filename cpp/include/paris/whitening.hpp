// A metric in which the drift of a residual can be bounded.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "paris/cholesky.hpp"
#include "paris/team.hpp"
#include "paris/types.hpp"

namespace paris {

// With a fixed lower triangular L₀ and the image z = L₀ᵀw of the weights (Cauchy–Schwarz):
//   |φᵀ(w − w')| <= ‖L₀⁻¹φ‖ ‖z − z'‖.
// Any nonsingular L₀ gives a valid bound; the factor of the initial A gives a tight one. Once that
// has outgrown the caches near a core it is rounded to single precision, which is not an
// approximation of anything: lengths and images are those of the rounded L₀, at half the memory
// traffic.
//
// `slack` is added to ‖z − z'‖ and covers rounding: of the images, of the lengths ‖L₀⁻¹φ‖ (a
// triangular solve is exact for some L₀ + δL, |δL| <= Dε|L₀|), and of the two residuals y − φᵀw
// themselves, each of which is off by at most about Dε‖φ‖‖w‖ <= Dε‖L₀⁻¹φ‖‖L₀‖‖w‖.
class Whitening {
 public:
  explicit Whitening(const Matrix& L0) : dimension_(L0.rows()) {
    if (dimension_ > largest_double) {
      round(L0);
    } else {
      L0_ = L0.triangularView<Eigen::Lower>();
    }
    const double d = static_cast<double>(dimension_);
    unit_ = 8.0 * (d + 8.0) * std::numeric_limits<double>::epsilon() * factor().norm();
  }

  // z ← L₀ᵀw. Cost D².
  void image(const Vector& w, Vector& z) const {
    if (columns_.empty()) {
      z.noalias() = L0_.triangularView<Eigen::Lower>().transpose() * w;
      return;
    }
    z.resize(dimension_);
    const float* column = columns_.data();
    for (Index j = 0; j < dimension_; ++j) {
      const Index n = dimension_ - j;
      z[j] = scale_ * mixed_dot(column, w.data() + j, n);
      column += n;
    }
  }

  // For weights that never were longer than this.
  double slack(double longest_weights) const { return unit_ * longest_weights; }

  // ‖L₀⁻¹φ_k‖ for the rows of a table, rounded up to single precision. Cost N D².
  std::vector<float> lengths(ConstTableView table, Team& team) const {
    constexpr Index block = 256;
    const Index n = table.rows();
    const Matrix L0 = factor();
    std::vector<float> out(static_cast<std::size_t>(n));
    team.run((n + block - 1) / block, [&](Index b) {
      const Index begin = b * block, count = std::min(block, n - begin);
      Matrix columns = table.middleRows(begin, count).transpose();
      L0.triangularView<Eigen::Lower>().solveInPlace(columns);
      for (Index i = 0; i < count; ++i) {
        const float length = static_cast<float>(columns.col(i).norm());
        out[static_cast<std::size_t>(begin + i)] =
            std::nextafter(length, std::numeric_limits<float>::infinity());
      }
    });
    return out;
  }

 private:
  static double mixed_dot(const float* a, const double* b, Index n) {
    constexpr Index lanes = 32;
    double sum[lanes] = {};
    Index i = 0;
    for (; i + lanes <= n; i += lanes) {
      for (Index l = 0; l < lanes; ++l) sum[l] += static_cast<double>(a[i + l]) * b[i + l];
    }
    for (Index l = 0; i < n; ++i, ++l) sum[l] += static_cast<double>(a[i]) * b[i];
    for (Index half = lanes / 2; half > 0; half /= 2) {
      for (Index l = 0; l < half; ++l) sum[l] += sum[l + half];
    }
    return sum[0];
  }

  void round(const Matrix& L0) {
    scale_ = std::ldexp(1.0, std::ilogb(L0.diagonal().maxCoeff()));
    columns_.reserve(static_cast<std::size_t>(dimension_ * (dimension_ + 1) / 2));
    for (Index j = 0; j < dimension_; ++j) {
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
      for (Index i = j; i < dimension_; ++i) L0(i, j) = scale_ * static_cast<double>(*column++);
    }
    return L0;
  }

  static constexpr Index largest_double = 256;

  Index dimension_;
  Matrix L0_;                   // up to `largest_double`, and otherwise
  double scale_ = 1.0;          // a power of two, and
  std::vector<float> columns_;  // those of L₀ / scale_ from the diagonal down
  double unit_ = 0.0;
};

// The present weights, their image, and what is needed to bound how far they have moved.
class Trajectory {
 public:
  Trajectory(const Matrix& L0, const Vector& w) : whitening_(L0), image_(w.size()), longest_(0.0) {
    moved(w);
  }

  const Whitening& whitening() const { return whitening_; }
  const Vector& image() const { return image_; }

  // To be called whenever w has changed. Cost D².
  void moved(const Vector& w) {
    whitening_.image(w, image_);
    longest_ = std::max(longest_, w.norm());
  }

  // A bound on |φᵀ(w − w')| / ‖L₀⁻¹φ‖, w' being the weights with image `past`. Cost D.
  double distance(const Eigen::Ref<const Vector>& past) const { return distance(image_, past); }

  // The same between two images that `image` has been.
  double distance(const Eigen::Ref<const Vector>& a, const Eigen::Ref<const Vector>& b) const {
    return (a - b).norm() * (1.0 + 1e-12) + slack();
  }

  // What rounding contributes to every distance.
  double slack() const { return whitening_.slack(longest_); }

 private:
  Whitening whitening_;
  Vector image_;
  double longest_;
};

}  // namespace paris
