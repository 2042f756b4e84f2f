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

  // z ← L₀ᵀw. Cost D².
  void image(const Vector& w, Vector& z) const {
    z.noalias() = L0_.triangularView<Eigen::Lower>().transpose() * w;
  }

  // For weights that never were longer than this.
  double slack(double longest_weights) const { return unit_ * longest_weights; }

  // ‖L₀⁻¹φ_k‖ for the rows of a table, rounded up to single precision. Cost N D².
  std::vector<float> lengths(ConstTableView table, Team& team) const {
    constexpr Index block = 256;
    const Index n = table.rows();
    std::vector<float> out(static_cast<std::size_t>(n));
    team.run((n + block - 1) / block, [&](Index b) {
      const Index begin = b * block, count = std::min(block, n - begin);
      Matrix columns = table.middleRows(begin, count).transpose();
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
