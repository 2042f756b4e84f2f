// How far a deletion residual can have fallen since it was computed.
#pragma once

#include <limits>

#include "paris/problem/ridge.hpp"
#include "paris/support/lanes.hpp"

namespace paris {

// What the deletion residuals of some rows are made of, as far as it is known. In single precision
// all of it is in units in which it is near 1 (see `ScoreUnits`).
template <class Number>
struct ScoreBounds {
  using Values = Lanes<Number>;

  Values eb, e, b;   // about e·b, ‖e‖ and ‖b‖,
  Values de, db;     // and by how much e and b may be off
  Values root_q;     // √q is about that,
  Values dq;         // give or take this
  Values low, high;  // and scale is between these

  static constexpr Number infinity = std::numeric_limits<Number>::infinity();

  // Where scale = 1/(1 − h) is `now`, and h may grow by so much, relatively. What is 0 does not
  // grow: scale is a constant then.
  void set_scale(const Values& now, const Values& growth) {
    // 1/(1 − h(1 + g)) = now/(1 − x), x = g h/(1 − h) = g (now − 1); 1/(1 − x) <= 1 + 2x up to ½.
    const Values x = growth * (now - Values(1));
    const Values grown = now * (Values(1) + Values(2) * x);
    // Where h may be too close to 1, scores are not made of these quantities (see `LeftOut`).
    constexpr auto most = static_cast<Number>(0.999 / Ridge::smallest_complement);
    low = now;
    high = where_less(x, Values(Number(0.5)), grown, Values(infinity));
    high = where_less(high, Values(most), high, Values(infinity));
  }

  void set_constant_scale(const Values& now) { low = high = now; }

  // Far above what is lost where numbers underflow, far below all others.
  static constexpr Number underflow =
      sizeof(Number) == sizeof(float) ? Number(1e-30) : static_cast<Number>(1e-280);

  // What `Score::value` can be at least: −∞ where nothing can be said. `base` is that of the
  // scorer, `root` its root; `rounding` is relative.
  Values least(Number base, Number root, Number rounding) const {
    const Values none(0), product = eb - e * db - b * de - de * db;
    const Values e_low = low * max(e - de, none), e_high = high * (e + de);
    const Values q_low = max(root_q - dq, none), q_high = root_q + dq;
    const Values factor = where_less(product, none, high, low);
    const Values low_part = e_low * q_low, high_part = e_high * q_high;
    const Values value = Values(2) * product * factor + low_part * low_part;
    const Values size = Values(2) * (e_high * (b + db) + high_part * Values(root)) +
                        high_part * high_part + Values(base);
    const Values bound = Values(base) + value - Values(rounding) * size - Values(underflow);
    return where_less(Values(-infinity), bound, bound, Values(-infinity));
  }
};

}  // namespace paris
