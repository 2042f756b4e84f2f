// Where the weights and all that deletion residuals depend on are, and how far two such places are
// apart.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "paris/support/types.hpp"

namespace paris {

// How far things have moved. For every row k, of lengths and gains as in `ScoreMetric`,
//   ‖Δe_k‖ <= length_k · weights,
//   ‖Δb_k‖ <= gain_k · directions + length_k · offset,
//   h_k <= h_k(then) · (1 + growth),    |Δ√q_k| <= form_scale · length_k · growth.
struct Reach {
  double weights = 0.0, directions = 0.0, growth = 0.0, offset = 0.0;

  bool within(const Reach& radius) const {
    return weights <= radius.weights && directions <= radius.directions &&
           growth <= radius.growth && offset <= radius.offset;
  }

  Reach times(double factor) const {
    return {factor * weights, factor * directions, factor * growth, factor * offset};
  }

  // Goes a part of the way.
  void approach(const Reach& other, double part) {
    weights += part * (other.weights - weights);
    directions += part * (other.directions - directions);
    growth += part * (other.growth - growth);
    offset += part * (other.offset - offset);
  }
};

// What the rows in the slots of `QuantisedPanels` are measured by. L₀ is the factor at the
// beginning of an epoch.
struct ScoreMetric {
  std::vector<float> lengths;  // ‖L₀⁻¹φ‖
  std::vector<float> gains;    // if empty, √q or the lengths
  bool gain_is_root_q = false;
};

struct ScorePlace {
  // Relative error of quantities that are added up over an epoch.
  static constexpr double drift = 1e-7;

  Matrix W, c;                                       // (D, C): e = y − Wᵀφ, b = cᵀφ
  Matrix weights, directions;                        // what distances are measured between
  double weight_error = 0.0, direction_error = 0.0;  // rounding of those
  double rounding_e = 0.0, rounding_b = 0.0;         // of e and b themselves, per ‖φ‖
  // Where b is measured by the distance of weights, W ↦ c is known up to rounding only: by how much
  // c + MW differs from place to place tells it, and what rounds that itself, both in terms of ‖φ‖
  // and multiplied by ‖L₀‖, which bounds ‖φ‖ per length.
  Matrix offset;
  double offset_scale = 0.0, offset_error = 0.0;
  // K = L₀ᵀ(A⁻¹ − A₀⁻¹)L₀: its trace, and a bound on its largest eigenvalue.
  double trace = 0.0, kernel = 0.0;

  Reach since(const ScorePlace& then) const {
    Reach reach;
    reach.weights = (weights - then.weights).norm() * (1.0 + 1e-12) + weight_error;
    reach.directions =
        directions.size() == 0
            ? reach.weights
            : (directions - then.directions).norm() * (1.0 + 1e-12) + direction_error;
    if (offset.size() != 0) {
      reach.offset = (offset - then.offset).norm() * offset_scale * (1.0 + 1e-12) + offset_error;
    }
    // A⁻¹ only grows: what has been added since is less than all of K.
    reach.growth = std::min(trace - then.trace, kernel) + drift * (1.0 + kernel);
    return reach;
  }
};

}  // namespace paris
