// How far a deletion residual can have fallen since it was computed.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "paris/scorer.hpp"
#include "paris/types.hpp"

namespace paris {

// How far things have moved since a row was scored.
struct Reach {
  double weights = 0.0;     // ‖Δe‖ <= length · weights
  double directions = 0.0;  // ‖Δb‖ <= gain · directions
  double growth = 1.0;      // h <= h(then) · growth
  double forms = 0.0;       // √q >= √q(then) − forms √h

  Reach beyond(const Reach& horizon) const {
    return {weights + horizon.weights, directions + horizon.directions, growth * horizon.growth,
            forms * horizon.growth + horizon.forms};
  }
  bool within(const Reach& horizon) const {
    return weights <= horizon.weights && directions <= horizon.directions &&
           growth <= horizon.growth;
  }
};

// A score as of some time ago, reduced to what bounds need.
struct StaleScore {
  double eb, e, b;      // e·b, ‖e‖, ‖b‖
  double q, h;
  double length, gain;  // see Reach
};

// What `Score::judged` can be at least. `base` is that of the scorer, `scale` 1/λ or, for refit, 0;
// `rounding` is relative.
inline double least_score(const StaleScore& then, const Reach& reach, double scale, double base,
                          double rounding) {
  const double de = then.length * reach.weights, db = then.gain * reach.directions;
  const double product = then.eb - then.e * db - then.b * de - de * db;
  const double root_h = std::sqrt(then.h), root_q = std::sqrt(then.q);
  const double h = std::min(then.h * reach.growth, 1.0);
  const double low = scale != 0.0 ? scale : 1.0 / std::max(1.0 - then.h, Scorer::least_slack);
  const double high = scale != 0.0 ? scale : 1.0 / std::max(1.0 - h, Scorer::least_slack);
  const double e_low = low * std::max(0.0, then.e - de), e_high = high * (then.e + de);
  const double q_low = std::max(0.0, root_q - reach.forms * root_h);
  const double q_high = root_q + reach.forms * root_h;
  const double value = 2.0 * product * (product < 0.0 ? high : low) + e_low * e_low * q_low * q_low;
  const double b_high = then.b + db + q_high * std::sqrt(base);
  const double size = e_high * (2.0 * b_high + e_high * q_high * q_high) + base;
  const double bound = base + value - rounding * size;
  return std::isnan(bound) ? -std::numeric_limits<double>::infinity() : bound;
}

}  // namespace paris
