// The validation rows, which steer the deletions.
#pragma once

#include <algorithm>
#include <mutex>

#include "paris/dot.hpp"
#include "paris/team.hpp"
#include "paris/types.hpp"

namespace paris {

// The validation row that the "worst" objective looks at.
struct WorstRow {
  Index v = -1;
  double residual = 0.0;  // r_v = y_v − φ_vᵀw
  double loss = -1.0;     // ω_v r_v²

  // Of equals the smallest v counts as the worst.
  bool worse_than(const WorstRow& other) const {
    return loss > other.loss || (loss == other.loss && v < other.v);
  }
};

// A view of Phi_val (V, D), C-ordered, y_val (V,) and weights ω (V,) >= 0. Owns nothing.
class ValidationRows {
 public:
  ValidationRows(ConstTableView Phi_val, ConstVectorView y_val, ConstVectorView weight)
      : Phi_(Phi_val), y_(y_val), weight_(weight) {}

  Index size() const { return Phi_.rows(); }
  double weight(Index v) const { return weight_[v]; }

  // Row v at weights w. Cost D.
  WorstRow look(Index v, const Vector& w) const {
    const double r = y_[v] - dot(Phi_.data() + v * Phi_.cols(), w.data(), Phi_.cols());
    return {v, r, weight_[v] * r * r};
  }

  // argmax_v ω_v r_v², the smallest v among equals. Cost V D. Writes all residuals to `residuals`
  // (V,) unless that is null.
  WorstRow worst(const Vector& w, Team& team, double* residuals = nullptr) const {
    constexpr Index block = 4096;
    const Index n = size();
    const Index n_blocks = (n + block - 1) / block;
    WorstRow worst;
    std::mutex mutex;
    team.run(n_blocks, [&](Index b) {
      WorstRow local;
      for (Index v = b * block; v < std::min((b + 1) * block, n); ++v) {
        const WorstRow found = look(v, w);
        if (residuals != nullptr) residuals[v] = found.residual;
        if (found.loss > local.loss) local = found;
      }
      const std::lock_guard lock(mutex);
      if (local.worse_than(worst)) worst = local;
    });
    return worst;
  }

 private:
  ConstTableView Phi_;
  ConstVectorView y_;
  ConstVectorView weight_;
};

}  // namespace paris
