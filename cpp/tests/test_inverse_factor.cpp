#include "check.hpp"
#include "paris/linalg/inverse_factor.hpp"
#include "problem.hpp"

using namespace paris;

namespace {

Matrix dense(const InverseFactor& inverse, Index d) {
  Matrix out = Matrix::Identity(d, d);
  InverseFactor::Workspace work;
  for (Index i = 0; i < d; ++i) inverse.solve(out.col(i), out.col(i), work);
  return out;
}

}  // namespace

// Sizes around the tiles; what is asked for while removals are pending is the same.
TEST(inverse_factor, removals_equal_the_inverse) {
  for (const Index d : {1, 3, 4, 15, 16, 17, 50, 67}) {
    const Index n = 3 * d + 40;
    const problem::Table Phi = problem::normal(n, d, static_cast<unsigned>(d));
    Matrix A = Phi.transpose() * Phi + 0.3 * Matrix::Identity(d, d);
    InverseFactor inverse;
    InverseFactor::Workspace work;
    inverse.set(A.llt().matrixL());
    Vector u(d);
    const Vector z = problem::normal(d, 1, 5);
    for (Index k = 0; k < 2 * d + 21; ++k) {
      const Vector phi = Phi.row(k);
      const double h = inverse.solve(phi, u, work);
      CHECK(std::abs(h - phi.dot(A.ldlt().solve(phi))) < 1e-11);
      CHECK((A * u - phi).norm() < 1e-11 * phi.norm());
      inverse.remove(u, 1.0 - h);
      A -= phi * phi.transpose();
      const Matrix L = A.llt().matrixL();
      CHECK((inverse.lower() - L).norm() < 1e-11 * L.norm());
      CHECK((dense(inverse, d) * A - Matrix::Identity(d, d)).norm() < 1e-10);
      if (k % 7 != 3) continue;
      CHECK(inverse.distance(A * z, z, work) < 1e-12);
      CHECK(std::abs(inverse.distance(A * z * (1.0 + 1e-6), z, work) - 1e-6) < 1e-10);
    }
  }
}

TEST(inverse_factor, asking_for_the_factor_changes_nothing) {
  const Index d = 37;
  const problem::Table Phi = problem::normal(200, d, 1);
  const Matrix L = (Phi.transpose() * Phi).llt().matrixL();
  InverseFactor one, other;
  InverseFactor::Workspace work;
  one.set(L);
  other.set(L);
  Vector u(d), v(d);
  for (Index k = 0; k < 50; ++k) {
    const Vector phi = Phi.row(k);
    const double h = one.solve(phi, u, work);
    one.remove(u, 1.0 - h);
    CHECK(other.lower().isLowerTriangular());
    CHECK(other.solve(phi, v, work) == h);
    CHECK(u == v);
    other.remove(v, 1.0 - h);
  }
}

// The removal of all but a trace of a direction, again and again.
TEST(inverse_factor, leverages_close_to_one) {
  const Index d = 20;
  const problem::Table Phi = problem::normal(60, d, 2);
  const Matrix A = Phi.transpose() * Phi + Matrix::Identity(d, d);
  InverseFactor inverse;
  InverseFactor::Workspace work;
  const Matrix big = 1e5 * problem::normal(d, d, 3);
  inverse.set(Matrix((A + big.transpose() * big).llt().matrixL()));
  Vector u(d);
  for (Index k = 0; k < d; ++k) {
    const Vector phi = big.row(k);
    const double complement = 1.0 - inverse.solve(phi, u, work);
    CHECK(complement > 0.0);
    if (complement > 0.0) inverse.remove(u, complement);
  }
  CHECK((dense(inverse, d) * A - Matrix::Identity(d, d)).norm() < 1e-2);
}
