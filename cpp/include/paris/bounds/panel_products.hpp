// Inner products of sixteen rows of eight bits with a vector of sixteen.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

#include "paris/support/lanes.hpp"
#include "paris/support/types.hpp"

namespace paris {

// x as unit · whole + a rest, in whole numbers of at most sixteen bits, and so small that sums of D
// products with eight bits stay below 2³¹.
class WholeDirection {
 public:
  explicit WholeDirection(Index dimension = 0)
      : most_(std::min(32767.0, std::floor(2147483647.0 /
                                           (127.0 * static_cast<double>(2 * n_pairs(dimension)))))),
        pairs_(static_cast<std::size_t>(n_pairs(dimension))) {}

  void set(const Eigen::Ref<const Vector>& x) {
    unit_ = x.size() == 0 ? 0.0 : x.cwiseAbs().maxCoeff() / most_;
    if (!(unit_ > 1e-300)) unit_ = 0.0;  // far below what rounds what x is the difference of
    length_ = x.stableNorm() * (1.0 + 1e-12);
    const auto whole = [&](Index d) {
      const bool there = d < x.size() && unit_ > 0.0;
      return static_cast<std::uint16_t>(
          static_cast<std::int16_t>(there ? std::nearbyint(x[d] / unit_) : 0.0));
    };
    for (std::size_t pair = 0; pair < pairs_.size(); ++pair) {
      const auto d = static_cast<Index>(2 * pair);
      pairs_[pair] = static_cast<std::int32_t>(static_cast<std::uint32_t>(whole(d)) |
                                               static_cast<std::uint32_t>(whole(d + 1)) << 16);
    }
  }

  static Index n_pairs(Index dimension) { return (dimension + 1) / 2; }

  // What the rest is at most, of ‖x‖: half a unit for each number.
  static double rest(Index dimension) {
    return 0.51 * std::sqrt(static_cast<double>(dimension)) / WholeDirection(dimension).most_ +
           1e-9;
  }

  const std::int32_t* pairs() const { return pairs_.data(); }  // the first in the lower half
  double unit() const { return unit_; }
  double length() const { return length_; }  // ‖x‖

 private:
  double most_, unit_ = 0.0, length_ = 0.0;
  std::vector<std::int32_t> pairs_;
};

// Rows in eight bits, two numbers of each row side by side, a pair of columns after the other: sums
// with two vectors at a time.
struct PanelProducts {
  using Sums = Lanes<std::int32_t>;

  static void of(const std::int8_t* q, const WholeDirection& x, const WholeDirection& y,
                 Index n_pairs, Sums& of_x, Sums& of_y) {
    Sums sum_x(0), sum_y(0);
    Index pair = 0;
    for (; pair + 4 <= n_pairs; pair += 4) {
      for (Index next = pair; next < pair + 4; ++next) {
        add(q + 2 * lane_count * next, x.pairs()[next], y.pairs()[next], sum_x, sum_y);
      }
    }
    for (; pair < n_pairs; ++pair) {
      add(q + 2 * lane_count * pair, x.pairs()[pair], y.pairs()[pair], sum_x, sum_y);
    }
    of_x = sum_x;
    of_y = sum_y;
  }

 private:
#if defined(__SSE2__) && (defined(__GNUC__) || defined(__clang__))
#if defined(__AVX512BW__)
  using Whole = __m512i;
  static Whole widened(const std::int8_t* q) {
    return _mm512_cvtepi8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(q)));
  }
  static Whole both(std::int32_t pair) { return _mm512_set1_epi32(pair); }
  static Whole products(Whole a, Whole b) { return _mm512_madd_epi16(a, b); }
#elif defined(__AVX2__)
  using Whole = __m256i;
  static Whole widened(const std::int8_t* q) {
    return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(q)));
  }
  static Whole both(std::int32_t pair) { return _mm256_set1_epi32(pair); }
  static Whole products(Whole a, Whole b) { return _mm256_madd_epi16(a, b); }
#else
  using Whole = __m128i;
  static Whole widened(const std::int8_t* q) {
    const Whole bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(q));
    return _mm_srai_epi16(_mm_unpacklo_epi8(bytes, bytes), 8);
  }
  static Whole both(std::int32_t pair) { return _mm_set1_epi32(pair); }
  static Whole products(Whole a, Whole b) { return _mm_madd_epi16(a, b); }
#endif

  static void add(const std::int8_t* q, std::int32_t x, std::int32_t y, Sums& of_x, Sums& of_y) {
    const Whole both_x = both(x), both_y = both(y);
    for (int i = 0; i < Sums::count; ++i) {
      const Whole rows = widened(q + i * static_cast<int>(sizeof(Whole) / 2));
      of_x.part[i] += reinterpret_cast<Sums::Register>(products(rows, both_x));
      of_y.part[i] += reinterpret_cast<Sums::Register>(products(rows, both_y));
    }
  }
#else
  static void add(const std::int8_t* q, std::int32_t x, std::int32_t y, Sums& of_x, Sums& of_y) {
    const auto low = [](std::int32_t pair) {
      return static_cast<std::int32_t>(static_cast<std::int16_t>(pair & 0xffff));
    };
    std::int32_t sum_x[lane_count], sum_y[lane_count];
    of_x.store(sum_x);
    of_y.store(sum_y);
    for (Index l = 0; l < lane_count; ++l) {
      sum_x[l] += q[2 * l] * low(x) + q[2 * l + 1] * (x >> 16);
      sum_y[l] += q[2 * l] * low(y) + q[2 * l + 1] * (y >> 16);
    }
    of_x = Sums::load(sum_x);
    of_y = Sums::load(sum_y);
  }
#endif
};

}  // namespace paris
