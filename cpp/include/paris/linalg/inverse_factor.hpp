// The inverse of a positive definite matrix from which rows are removed, in one pass a removal.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "paris/linalg/cholesky.hpp"
#include "paris/support/blocks.hpp"
#include "paris/support/poll.hpp"
#include "paris/support/types.hpp"

namespace paris {

// A⁻¹ = MᵀM + UUᵀ, where M = L⁻¹ is lower triangular and the columns of U are A⁻¹φ/√(1 − h) of the
// latest removals.
//
// MᵀMb takes one pass over M: the rows that gave some entries of Mb are still in the cache when
// they are to be multiplied by these. Every `most_pending` removals U is rotated into M, again in
// one pass, by an update (removing rows from A adds to A⁻¹, so nothing cancels). For large D, where
// a removal costs the memory traffic of the factor, that is less than half of what two solves with
// L and its downdate need; those remain the plain form (`cholesky`).
//
// M is stored in tiles of `height` rows and `width` columns, in the order in which they are read;
// beyond D it goes on as the identity.
class InverseFactor {
 public:
  static constexpr Index most_pending = 8;

  // From the factor L (D, D) of A. Nothing has changed if `poll` throws. Cost D³/3.
  void set(const Matrix& L, const Poll& poll = {}) {
    const Index padded = whole_parts(L.rows(), width);
    Matrix inverse = Matrix::Identity(padded, padded);
    inverse.topLeftCorner(L.rows(), L.rows()) = cholesky::inverse_of_lower(L, poll);
    dimension_ = L.rows();
    tile_rows_.clear();
    Index size = 0;
    for (Index i = 0; i < dimension_; i += height) {
      tile_rows_.push_back({i, i / width, size});
      size += tile_size * (i / width + 1);
    }
    M_.resize(size);
    for (const TileRow& tiles : tile_rows_) {
      for (Index strip = 0; strip <= tiles.last_strip; ++strip) {
        for (Index r = 0; r < height; ++r) {
          for (Index c = 0; c < width; ++c) {
            const Index i = tiles.row + r, j = strip * width + c;
            tile(tiles, strip)[r * width + c] = j <= i ? inverse(i, j) : 0.0;
          }
        }
      }
    }
    U_.setZero(padded * most_pending);
    n_pending_ = 0;
  }

  // The two vectors of a solve, up to a multiple of `width`; one for every thread.
  struct Workspace {
    Vector b, x;
  };

  // x ← A⁻¹b, returns bᵀA⁻¹b; x may be b. Cost 2 D².
  double solve(const Eigen::Ref<const Vector>& b, Eigen::Ref<Vector> x, Workspace& work) const {
    const Index padded = U_.size() / most_pending;
    work.b.setZero(padded);
    work.b.head(dimension_) = b;
    work.x.setZero(padded);
    double form = 0.0;
    for (const TileRow& tiles : tile_rows_) form += multiply(tiles, work);
    form += multiply_pending(work);
    x = work.x.head(dimension_);
    return form;
  }

  // A ← A − φφᵀ, given u = A⁻¹φ and complement = 1 − φᵀA⁻¹φ > 0. Cost 2 D², with every eighth
  // removal.
  void remove(const Vector& u, double complement) {
    for (Index i = 0; i < dimension_; ++i) {
      pending(i / width)[n_pending_ * width + i % width] = u[i] / std::sqrt(complement);
    }
    if (++n_pending_ == most_pending) flush();
  }

  // How far z is from A⁻¹s, relatively and in the metric of A: ‖Ms − M⁻ᵀz‖ / ‖M⁻ᵀz‖. Cost 2 D².
  double distance(const Vector& s, const Vector& z, Workspace& work) {
    flush();
    const Index padded = U_.size() / most_pending;
    Vector &b = work.b, &x = work.x;
    b.setZero(padded);
    b.head(dimension_) = s;
    x.setZero(padded);
    x.head(dimension_) = z;
    double error = 0.0, scale = 0.0;
    for (Index i = dimension_ - 1; i >= 0; --i) {
      const double* m = row(i);
      const double t = x[i] / m[i / width * tile_size + i % width];
      Lanes sum = Lanes::Zero();
      for (Index strip = 0; strip <= i / width; ++strip, m += tile_size) {
        sum += In(m) * In(b.data() + strip * width);
        Out(x.data() + strip * width) -= t * In(m);
      }
      error += (sum.sum() - t) * (sum.sum() - t);
      scale += t * t;
    }
    return std::sqrt(error / scale);
  }

  // L (D, D), zero above the diagonal. Changes nothing, not by rounding either. Cost D³/3.
  Matrix lower(const Poll& poll = {}) const {
    InverseFactor copy = *this;
    copy.flush();
    Matrix M = Matrix::Zero(dimension_, dimension_);
    for (Index i = 0; i < dimension_; ++i) {
      for (Index j = 0; j <= i; ++j) M(i, j) = copy.row(i)[j / width * tile_size + j % width];
    }
    return cholesky::inverse_of_lower(M, poll);
  }

 private:
  static constexpr Index height = 4, width = 16, tile_size = height * width;
  using Lanes = Eigen::Array<double, width, 1>;
  using In = Eigen::Map<const Lanes>;
  using Out = Eigen::Map<Lanes>;

  struct TileRow {
    Index row, last_strip, begin;
  };

  // What turns a row l of M and the rows u of U into l(1) = scale·l', u', where for each k in turn
  // l' ← l + a_k u_k, u_k ← u_k − b_k l. That is a rotation but for the scale of the results, that
  // of u_k being carried along in `scale_`.
  struct Rotations {
    double a[most_pending], b[most_pending], scale;
  };

  double* tile(const TileRow& tiles, Index strip) {
    return M_.data() + tiles.begin + strip * tile_size;
  }

  // Row i: its first `width` entries, and further ones `tile_size` on.
  const double* row(Index i) const {
    return M_.data() + tile_rows_[static_cast<std::size_t>(i / height)].begin + i % height * width;
  }

  double* pending(Index strip) { return U_.data() + strip * width * most_pending; }
  const double* pending(Index strip) const { return U_.data() + strip * width * most_pending; }

  // x += Σ mᵢ (mᵢᵀb) over the rows of tiles; returns Σ (mᵢᵀb)².
  double multiply(const TileRow& tiles, Workspace& work) const {
    Lanes sum[height];
    for (Lanes& lanes : sum) lanes.setZero();
    const double* m = M_.data() + tiles.begin;
    for (Index strip = 0; strip <= tiles.last_strip; ++strip, m += tile_size) {
      const Lanes b = In(work.b.data() + strip * width);
      for (Index r = 0; r < height; ++r) sum[r] += In(m + r * width) * b;
    }
    double p[height], squares = 0.0;
    for (Index r = 0; r < height; ++r) {
      p[r] = sum[r].sum();
      squares += p[r] * p[r];
    }
    m = M_.data() + tiles.begin;
    for (Index strip = 0; strip <= tiles.last_strip; ++strip, m += tile_size) {
      Lanes x = In(work.x.data() + strip * width);
      for (Index r = 0; r < height; ++r) x += p[r] * In(m + r * width);
      Out(work.x.data() + strip * width) = x;
    }
    return squares;
  }

  // x += UUᵀb; returns ‖Uᵀb‖².
  double multiply_pending(Workspace& work) const {
    const Index n_strips = work.x.size() / width;
    double squares = 0.0;
    for (Index k = 0; k < n_pending_; ++k) {
      Lanes sum = Lanes::Zero();
      for (Index strip = 0; strip < n_strips; ++strip) {
        sum += In(pending(strip) + k * width) * In(work.b.data() + strip * width);
      }
      const double along = sum.sum();
      squares += along * along;
      for (Index strip = 0; strip < n_strips; ++strip) {
        Out(work.x.data() + strip * width) += along * In(pending(strip) + k * width);
      }
    }
    return squares;
  }

  // Rotates U into M.
  void flush() {
    if (n_pending_ == 0) return;
    std::fill_n(scale_, most_pending, 1.0);
    for (auto tiles = tile_rows_.rbegin(); tiles != tile_rows_.rend(); ++tiles) {
      Rotations rotations[height];
      Lanes u[most_pending];
      load(tiles->last_strip, u);
      double* last = tile(*tiles, tiles->last_strip);
      for (Index r = height - 1; r >= 0; --r) {
        const Index lane = (tiles->row + r) % width;
        rotations[r] = eliminate(last[r * width + lane], lane, u);
        rotate(last + r * width, rotations[r], u);
        for (Lanes& lanes : u) lanes[lane] = 0.0;
      }
      store(tiles->last_strip, u);
      for (Index strip = 0; strip < tiles->last_strip; ++strip) {
        load(strip, u);
        for (Index r = height - 1; r >= 0; --r) {
          rotate(tile(*tiles, strip) + r * width, rotations[r], u);
        }
        store(strip, u);
      }
    }
    U_.setZero();
    n_pending_ = 0;
  }

  void load(Index strip, Lanes* u) {
    for (Index k = 0; k < most_pending; ++k) u[k] = In(pending(strip) + k * width);
  }

  void store(Index strip, const Lanes* u) {
    for (Index k = 0; k < most_pending; ++k) Out(pending(strip) + k * width) = u[k];
  }

  // With σ_k the square of the scale of u_k, the squared length of the diagonal grows by σ_k u_k²
  // each time, and the cosine is the ratio of the lengths before and after.
  Rotations eliminate(double diagonal, Index lane, const Lanes* u) {
    Rotations out;
    double squared = diagonal * diagonal;
    for (Index k = 0; k < most_pending; ++k) {
      const double x = u[k][lane], before = squared;
      squared += scale_[k] * x * x;
      out.a[k] = scale_[k] * x / diagonal;
      out.b[k] = x * diagonal / before;
      scale_[k] *= before / squared;
    }
    out.scale = std::abs(diagonal) / std::sqrt(squared);
    return out;
  }

  static void rotate(double* row, const Rotations& rotations, Lanes* u) {
    Lanes l = In(row);
    for (Index k = 0; k < most_pending; ++k) {
      const Lanes old = l;
      l += rotations.a[k] * u[k];
      u[k] -= rotations.b[k] * old;
    }
    Out out(row);
    out = l * rotations.scale;
  }

  Index dimension_ = 0, n_pending_ = 0;
  std::vector<TileRow> tile_rows_;
  Vector M_, U_;  // U in strips of `width` rows
  double scale_[most_pending] = {};
};

}  // namespace paris
