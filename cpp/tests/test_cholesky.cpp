#include "check.hpp"
#include "paris/linalg/cholesky.hpp"
#include "problem.hpp"

using namespace paris;

namespace {

Matrix positive_definite(Index n, unsigned seed) {
  const Matrix R = problem::normal(n, n + 3, seed);
  return R * R.transpose() + Matrix::Identity(n, n);
}

Matrix factor_of(Matrix A) {
  CHECK(cholesky::factor(A) == -1);
  return problem::lower_of(A);
}

double relative(const Matrix& found, const Matrix& expected) {
  return (found - expected).norm() / expected.norm();
}

const Index dimensions[] = {1, 2, 3, 7, 16, 33, 64, 130};

}  // namespace

TEST(cholesky, factor_and_solve) {
  for (const Index n : dimensions) {
    const Matrix A = positive_definite(n, 1);
    const Matrix L = factor_of(A);
    CHECK(relative(L * L.transpose(), A) < 1e-13);
    Vector x = problem::normal(n, 1, 2);
    const Vector b = x;
    cholesky::solve(L, x);
    CHECK((A * x - b).norm() < 1e-10 * b.norm());
  }
}

TEST(cholesky, factor_reports_the_failing_pivot) {
  Matrix A = positive_definite(6, 3);
  A(4, 4) = -1.0;
  CHECK(cholesky::factor(A) == 4);
  Matrix B = Matrix::Constant(3, 3, std::numeric_limits<double>::quiet_NaN());
  CHECK(cholesky::factor(B) == 0);
}

TEST(cholesky, update_adds_and_downdate_takes_away) {
  for (const Index n : dimensions) {
    const Matrix A = positive_definite(n, 4);
    const Vector x = problem::normal(n, 1, 5);
    Matrix L = factor_of(A);
    Vector scratch = x;
    cholesky::update(L, scratch);
    CHECK(relative(problem::lower_of(L) * problem::lower_of(L).transpose(), A + x * x.transpose()) <
          1e-13);
    scratch = x;
    CHECK(cholesky::downdate(L, scratch) == -1);
    CHECK(relative(problem::lower_of(L), factor_of(A)) < 1e-11);
  }
}

TEST(cholesky, solving_on_the_way_changes_nothing) {
  for (const Index n : dimensions) {
    const Matrix A = positive_definite(n, 7);
    Matrix plain = factor_of(A), fused = plain;
    Vector p = 0.3 * problem::normal(n, 1, 8);
    p *= 0.9 / std::max(1.0, p.norm());
    const double complement = 1.0 - p.squaredNorm();
    Vector expected = p, u(n);
    cholesky::solve_upper(plain, expected);
    cholesky::DowndateWorkspace work(n);
    cholesky::downdate_solved(plain, p, complement, work);
    cholesky::downdate_and_solve_upper(fused, p, complement, work, u);
    CHECK(fused == plain);
    CHECK((u - expected).norm() < 1e-12 * expected.norm());
  }
}

TEST(cholesky, downdate_that_fails_leaves_the_factor_alone) {
  Matrix L = factor_of(positive_definite(8, 6));
  const Matrix before = L;
  Vector p = Vector::Zero(8);
  p[1] = 0.5;
  p[5] = 1.5;
  Vector x = problem::lower_of(L) * p;
  CHECK(cholesky::downdate(L, x) == 5);
  CHECK(L == before);
}
