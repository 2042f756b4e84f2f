#include "check.hpp"
#include "paris/support/dot.hpp"
#include "problem.hpp"

using namespace paris;

TEST(dot, every_length) {
  const Vector a = problem::normal(200, 1, 1), b = problem::normal(200, 1, 2);
  for (Index n = 0; n <= 200; ++n) {
    double sum = 0.0;
    for (Index i = 0; i < n; ++i) sum += a[i] * b[i];
    CHECK(std::abs(dot(a.data(), b.data(), n) - sum) < 1e-12);
  }
}

TEST(dot, bits_do_not_depend_on_alignment) {
  const Index n = 77;
  const Vector a = problem::normal(n, 1, 1), b = problem::normal(n, 1, 2);
  const double expected = dot(a.data(), b.data(), n);
  std::vector<double> room(2 * static_cast<std::size_t>(n) + 32);
  for (std::size_t shift = 0; shift < 9; ++shift) {
    double* moved = room.data() + shift;
    std::copy(a.data(), a.data() + n, moved);
    CHECK(dot(moved, b.data(), n) == expected);
  }
}

// Several products at a time are those of `dot`, to the last bit.
TEST(dot, of_several_vectors) {
  for (Index n = 0; n <= 100; ++n) {
    const Vector a = problem::normal(n, 1, 1), b = problem::normal(4 * n, 1, 2);
    double all[4];
    dots<4>(a.data(), b.data(), n, all);
    for (Index j = 0; j < 4; ++j) CHECK(all[j] == dot(a.data(), b.data() + j * n, n));
  }
}
