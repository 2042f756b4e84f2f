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

// With a fixed lower triangular L₀ and the image Z = L₀ᵀW of the weights (D, C) (Cauchy–Schwarz):
//   ‖φᵀ(W − W')‖ <= ‖L₀⁻¹φ‖ ‖Z − Z'‖.
// Any nonsingular L₀ gives a valid bound; the factor of the initial A gives a tight one.
//
// `slack` is added to ‖z − z'‖ and covers rounding: of the images, of the lengths ‖L₀⁻¹φ‖ (a
// triangular solve is exact for some L₀ + δL, |δL| <= Dε|L₀|), and of the two residuals y − φᵀw
// themselves, each of which is off by at most about Dε‖φ‖‖w‖ <= Dε‖L₀⁻¹φ‖‖L₀‖‖w‖.
class Whitening {
 public:
  explicit Whitening(const Matrix& L0) : L0_(L0.triangularView<Eigen::Lower>()), unit_(0.0) {
    const double d = static_cast<double>(L0.rows());
    unit_ = 8.0 * (d + 8.0) * std::numeric_limits<double>::epsilon() * L0_.norm();
  }

  // Z ← L₀ᵀW. Cost D² C.
  void image(const Matrix& W, Matrix& Z) const {
    for (Index c = 0; c < W.cols(); ++c) {
      Z.col(c).noalias() = L0_.triangularView<Eigen::Lower>().transpose() * W.col(c);
    }
  }

  // ‖L₀⁻¹φ‖². Cost D².
  double squared_length(const double* phi) const {
    Vector column = ConstVectorView(phi, L0_.rows());
    L0_.triangularView<Eigen::Lower>().solveInPlace(column);
    return column.squaredNorm();
  }

  // For weights that never were longer than this.
  double slack(double longest_weights) const { return unit_ * longest_weights; }

  // ‖L₀⁻¹φ_k‖, or with M (D, D) ‖L₀⁻¹Mφ_k‖, for the rows of a table, rounded up to single
  // precision. Cost N D², or 3 N D².
  std::vector<float> lengths(const ConstTableView& table, Team& team,
                             const Matrix* M = nullptr) const {
    constexpr Index block = 256;
    const Index n = table.rows();
    std::vector<float> out(static_cast<std::size_t>(n));
    team.run((n + block - 1) / block, [&](Index b) {
      const Index begin = b * block, count = std::min(block, n - begin);
      Matrix columns = table.middleRows(begin, count).transpose();
      if (M != nullptr) columns = *M * columns;
      L0_.triangularView<Eigen::Lower>().solveInPlace(columns);
      for (Index i = 0; i < count; ++i) {
        const float length = static_cast<float>(columns.col(i).norm());
        out[static_cast<std::size_t>(begin + i)] =
            std::nextafter(length, std::numeric_limits<float>::infinity());
      }
    });
    return out;
  }

 private:
  Matrix L0_;
  double unit_;
};

// The present weights, their image, and what is needed to bound how far they have moved.
class Trajectory {
 public:
  Trajectory(const Matrix& L0, const Matrix& W)
      : whitening_(L0), image_(W.rows(), W.cols()), longest_(0.0) {
    moved(W);
  }

  const Whitening& whitening() const { return whitening_; }
  const Matrix& image() const { return image_; }

  // To be called whenever W has changed. Cost D² C.
  void moved(const Matrix& W) {
    whitening_.image(W, image_);
    longest_ = std::max(longest_, W.norm());
  }

  // A bound on ‖φᵀ(W − W')‖ / ‖L₀⁻¹φ‖, W' being the weights with image `past`. Cost D C.
  double distance(const Eigen::Ref<const Matrix>& past) const {
    return (image_ - past).norm() * (1.0 + 1e-12) + slack();
  }

  // What rounding contributes to every distance.
  double slack() const { return whitening_.slack(longest_); }

 private:
  Whitening whitening_;
  Matrix image_;
  double longest_;
};

}  // namespace paris
