// Bounds in single precision.
#pragma once

#include <cmath>
#include <limits>

namespace paris {

// A number above x >= 0, and next to it: also where single precision holds few digits of x, or
// none.
inline float rounded_up(double x) {
  return std::nextafter(static_cast<float>(x), std::numeric_limits<float>::infinity());
}

}  // namespace paris
