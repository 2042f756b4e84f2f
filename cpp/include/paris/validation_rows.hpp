// The validation rows, which steer the deletions.
#pragma once

#include <algorithm>
#include <vector>

#include "paris/dot.hpp"
#include "paris/team.hpp"
#include "paris/types.hpp"

namespace paris {

// The validation row that the "worst" objective looks at.
struct WorstRow {
  Index v = -1;
  double residual = 0.0;  // r_v = y_v − φ_vᵀw
  double loss = -1.0;     // ω_v r_v²
};

// A view of Phi_val (V, D), C-ordered, y_val (V,) and weights ω (V,) >= 0. Owns nothing.
class ValidationRows {
 public:
  ValidationRows(ConstTableView Phi_val, ConstVectorView y_val, ConstVectorView weight)
      : Phi_(Phi_val), y_(y_val), weight_(weight) {}

  Index size() const { return Phi_.rows(); }
  double weight(Index v) const { return weight_[v]; }

  // argmax_v ω_v r_v², the smallest v among equals. Cost V D.
  WorstRow worst(const Vector& w, Team& team) const {
    constexpr Index block = 4096;
    const Index n = size();
    const Index n_blocks = (n + block - 1) / block;
    std::vector<WorstRow> found(static_cast<std::size_t>(n_blocks));
    team.run(n_blocks, [&](Index b) {
      WorstRow& worst = found[static_cast<std::size_t>(b)];
      for (Index v = b * block; v < std::min((b + 1) * block, n); ++v) {
        const double r = y_[v] - dot(Phi_.data() + v * Phi_.cols(), w.data(), Phi_.cols());
        const double loss = weight_[v] * r * r;
        if (loss > worst.loss) worst = WorstRow{v, r, loss};
      }
    });
    WorstRow worst = found.front();
    for (const WorstRow& other : found) {
      if (other.loss > worst.loss) worst = other;
    }
    return worst;
  }

 private:
  ConstTableView Phi_;
  ConstVectorView y_;
  ConstVectorView weight_;
};

}  // namespace paris
