// How far a deletion residual can have fallen since it was computed.
#pragma once

#include <cmath>
#include <limits>

#include "paris/criterion/scorer.hpp"
#include "paris/support/types.hpp"

namespace paris {

// What the deletion residuals of some rows are made of, as far as it is known.
struct ScoreBounds {
  static constexpr Index lanes = 16;
  using Lanes = Eigen::Array<double, lanes, 1>;

  Lanes eb, e, b;   // about e·b, ‖e‖ and ‖b‖,
  Lanes de, db;     // and by how much e and b may be off
  Lanes root_q;     // √q is about that,
  Lanes dq;         // give or take this
  Lanes low, high;  // and scale is between these

  // Where scale = 1/(1 − h) is `now`, and h may grow by so much, relatively. What is 0 does not
  // grow: scale is a constant then.
  void set_scale(const Lanes& now, double growth) {
    low = high = now;
    if (growth == 0.0) return;
    // 1/(1 − h(1 + g)) = now/(1 − x), x = g h/(1 − h) = g (now − 1); 1/(1 − x) <= 1 + 2x up to ½.
    const Lanes x = growth * (now - 1.0);
    high = now * (1.0 + 2.0 * x);
    // Where h may be too close to 1, scores are not made of these quantities (see `LeftOut`).
    constexpr double most = 1.0 / Ridge::smallest_complement;
    high = (x <= 0.5 && high < most).select(high, std::numeric_limits<double>::infinity());
  }

  // Far above what is lost where numbers underflow, far below all others.
  static constexpr double underflow = 1e-280;

  // What `Score::value` can be at least: −∞ where nothing can be said. `base` is that of the
  // scorer; `rounding` is relative.
  Lanes least(double base, double rounding) const {
    const Lanes product = eb - e * db - b * de - de * db;
    const Lanes e_low = low * (e - de).max(0.0), e_high = high * (e + de);
    const Lanes q_low = (root_q - dq).max(0.0), q_high = root_q + dq;
    const Lanes factor = (product < 0.0).select(high, low);
    const Lanes value = 2.0 * product * factor + (e_low * q_low).square();
    const Lanes size =
        e_high * (2.0 * (b + db + q_high * std::sqrt(base)) + e_high * q_high.square()) + base;
    const Lanes bound = base + value - rounding * size - underflow;
    return (bound == bound).select(bound, -std::numeric_limits<double>::infinity());
  }
};

}  // namespace paris
