// Sixteen numbers side by side, in the registers of the instruction-set level that is compiled for.
#pragma once

#include <cstdint>
#include <cstring>

#include "paris/support/types.hpp"

namespace paris {

// Vector types of the compiler, no wider than a register: of wider ones it makes single numbers
// where they are compared.
#if defined(__GNUC__) || defined(__clang__)
#if defined(__AVX512F__)
inline constexpr int register_bytes = 64;
#elif defined(__AVX2__)
inline constexpr int register_bytes = 32;
#else
inline constexpr int register_bytes = 16;
#endif
template <class Number>
struct RegisterOf {
  typedef Number Type __attribute__((vector_size(register_bytes)));
};
#else
template <class Number>
struct RegisterOf {
  using Type = Number;
};
#endif

inline constexpr Index lane_count = 16;

template <class Number>
class Lanes {
 public:
  using Register = typename RegisterOf<Number>::Type;
  static constexpr int count = static_cast<int>(lane_count * sizeof(Number) / sizeof(Register));

  Lanes() = default;
  Lanes(Number x) {
    for (Register& r : part) r = Register{} + x;
  }

  static Lanes load(const Number* from) {
    Lanes out;
    std::memcpy(out.part, from, sizeof out.part);
    return out;
  }

  // Of numbers of another type.
  template <class Other>
  static Lanes load(const Other* from) {
    Number converted[lane_count];
    for (Index l = 0; l < lane_count; ++l) converted[l] = static_cast<Number>(from[l]);
    return load(converted);
  }

  template <class Other>
  static Lanes load(const Lanes<Other>& from) {
#if defined(__GNUC__) || defined(__clang__)
    if constexpr (sizeof(Other) == sizeof(Number)) {
      Lanes out;
      for (int i = 0; i < count; ++i) {
        out.part[i] = __builtin_convertvector(from.part[i], Register);
      }
      return out;
    }
#endif
    Other stored[lane_count];
    from.store(stored);
    return load(stored);
  }

  void store(Number* to) const { std::memcpy(to, part, sizeof part); }

  friend Lanes operator+(const Lanes& a, const Lanes& b) {
    return each(a, b, [](auto x, auto y) { return x + y; });
  }
  friend Lanes operator-(const Lanes& a, const Lanes& b) {
    return each(a, b, [](auto x, auto y) { return x - y; });
  }
  friend Lanes operator*(const Lanes& a, const Lanes& b) {
    return each(a, b, [](auto x, auto y) { return x * y; });
  }
  Lanes& operator+=(const Lanes& b) { return *this = *this + b; }

  friend Lanes max(const Lanes& a, const Lanes& b) {
    return each(a, b, [](auto x, auto y) { return x > y ? x : y; });
  }
  friend Lanes min(const Lanes& a, const Lanes& b) {
    return each(a, b, [](auto x, auto y) { return x < y ? x : y; });
  }
  friend Lanes abs(const Lanes& a) { return max(a, Lanes(Number{0}) - a); }

  // Where a < b `then`, elsewhere, also where one of the two is not a number, `otherwise`.
  friend Lanes where_less(const Lanes& a, const Lanes& b, const Lanes& then,
                          const Lanes& otherwise) {
    Lanes out;
    for (int i = 0; i < count; ++i) {
      out.part[i] = a.part[i] < b.part[i] ? then.part[i] : otherwise.part[i];
    }
    return out;
  }

  Register part[count];

 private:
  template <class Apply>
  static Lanes each(const Lanes& a, const Lanes& b, const Apply& apply) {
    Lanes out;
    for (int i = 0; i < count; ++i) out.part[i] = apply(a.part[i], b.part[i]);
    return out;
  }
};

// Element by element, as Eigen does it.
template <class Number>
Lanes<Number> sqrt(const Lanes<Number>& of) {
  Eigen::Array<Number, lane_count, 1> all;
  of.store(all.data());
  all = all.sqrt();
  return Lanes<Number>::load(all.data());
}

}  // namespace paris
