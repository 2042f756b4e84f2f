#include <stdexcept>

#include "check.hpp"
#include "paris/problem/ridge.hpp"
#include "problem.hpp"

using namespace paris;

namespace {

// The ridge solution on the kept rows, from scratch.
Vector refitted(const problem::Problem& p, const TrainingRows& rows, double lambda) {
  Matrix A = lambda * Matrix::Identity(p.Phi.cols(), p.Phi.cols());
  Vector b = Vector::Zero(p.Phi.cols());
  for (Index k = 0; k < p.Phi.rows(); ++k) {
    if (!rows.kept(k)) continue;
    A += p.Phi.row(k).transpose() * p.Phi.row(k);
    b += p.Phi.row(k).transpose() * p.y(k, 0);
  }
  return A.ldlt().solve(b);
}

}  // namespace

TEST(ridge, removals_equal_a_refit) {
  for (const int n_threads : {1, 3}) {
    const problem::Problem p(3000, 5, 17, 1);
    TrainingRows rows(p.phi(), p.targets());
    Team team(n_threads);
    Ridge ridge(rows, 0.5, team);
    for (Index k = 0; k < 2990; ++k) {
      ridge.maintain(rows, team);
      ridge.remove(rows, k, team);
      if (k % 500 == 0 || k > 2980) {
        CHECK((ridge.weights() - refitted(p, rows, 0.5)).norm() < 1e-9 * ridge.weights().norm());
      }
    }
    CHECK(rows.n_kept() == 10);
  }
}

// With the factor of the inverse, through the checks of its drift.
TEST(ridge, removals_equal_a_refit_for_large_dimension) {
  for (const double lambda : {1e-2, 0.5, 1e3}) {
    const Index d = Factor::smallest_inverse + 3;
    problem::Problem p(1000, 5, d, 4);
    p.Phi.col(1) = p.Phi.col(0) + 1e-2 * p.Phi.col(1);  // nearly the same
    p.Phi.col(2) *= 100.0;
    TrainingRows rows(p.phi(), p.targets());
    Team team(1);
    Ridge ridge(rows, lambda, team);
    for (Index k = 0; k < 600; ++k) {
      ridge.maintain(rows, team);
      ridge.remove(rows, k, team);
      if (k % 50 != 49) continue;
      CHECK((ridge.weights() - refitted(p, rows, lambda)).norm() < 1e-9 * ridge.weights().norm());
      Vector solved = p.Phi.row(999);
      ridge.solve(solved);
      Vector expected = p.Phi.row(999);
      cholesky::solve(ridge.lower(), expected);
      CHECK((solved - expected).norm() < 1e-9 * expected.norm());
    }
    CHECK(ridge.n_refactorizations() == 0);
  }
}

TEST(ridge, a_giant_row_forces_a_rebuild) {
  problem::Problem p(300, 5, 9, 2);
  p.Phi.row(7) *= 1e7;
  TrainingRows rows(p.phi(), p.targets());
  Team team(1);
  Ridge ridge(rows, 0.1, team);
  CHECK(ridge.n_refactorizations() == 0);
  ridge.remove(rows, 7, team);
  CHECK(ridge.n_refactorizations() == 1);
  CHECK((ridge.weights() - refitted(p, rows, 0.1)).norm() < 1e-10 * ridge.weights().norm());
}

// What is left of Φᵀy and of W would be rounding of the huge target.
TEST(ridge, a_huge_target_forces_a_rebuild) {
  for (const double huge : {1e7, 1e15, 9.97e36}) {
    problem::Problem p(300, 5, 9, 2, 2);
    p.y(7, 1) = huge;  // of the second output alone
    TrainingRows rows(p.phi(), p.targets());
    Team team(1);
    Ridge ridge(rows, 0.1, team);
    ridge.remove(rows, 3, team);
    CHECK(ridge.n_refactorizations() == 0);
    ridge.remove(rows, 7, team);
    CHECK(ridge.n_refactorizations() == 1);
    problem::Problem without = p;
    without.y(7, 1) = 0.0;
    TrainingRows same(without.phi(), without.targets());
    same.remove(3);
    same.remove(7);
    const Ridge fresh(same, 0.1, team);
    CHECK((ridge.weights() - fresh.weights()).norm() < 1e-13 * fresh.weights().norm());
  }
}

// 1 − h is near 1e-5, which a downdate could bear; but A is a trace of what it was.
TEST(ridge, a_large_row_leaves_the_digits_of_the_others) {
  problem::Problem p(40, 5, 4, 6);
  p.Phi.row(7) *= 1e3;
  TrainingRows rows(p.phi(), p.targets());
  Team team(1);
  Ridge ridge(rows, 0.1, team);
  ridge.remove(rows, 7, team);
  CHECK((ridge.weights() - refitted(p, rows, 0.1)).norm() < 1e-12 * ridge.weights().norm());
}

// λ keeps the leverage of the huge row small: nothing but its size tells that it must not be
// subtracted.
TEST(ridge, a_huge_row_under_a_huger_penalty_forces_a_rebuild) {
  problem::Problem p(60, 5, 4, 3);
  p.Phi.row(7) *= 1e20;
  const double lambda = 1e45;
  TrainingRows rows(p.phi(), p.targets()), same(p.phi(), p.targets());
  Team team(1);
  Ridge ridge(rows, lambda, team);
  ridge.remove(rows, 7, team);
  CHECK(ridge.n_refactorizations() == 1);
  same.remove(7);
  const Ridge fresh(same, lambda, team);
  CHECK((ridge.weights() - fresh.weights()).norm() < 1e-13 * fresh.weights().norm());
}

// Whole blocks of the sums are empty when the state is rebuilt.
TEST(ridge, rebuilds_from_a_few_rows) {
  for (const Index d : {Index{3}, Index{48}, Index{260}}) {
    const Index n = std::max<Index>(1024, 4 * d) + 5;
    const problem::Problem p(n, 5, d, 4);
    TrainingRows rows(p.phi(), p.targets());
    Team team(2);
    for (Index k = 0; k < n - 2; ++k) rows.remove(k);
    Ridge ridge(rows, 0.5, team);
    CHECK((ridge.weights() - refitted(p, rows, 0.5)).norm() < 1e-9 * ridge.weights().norm());
    ridge.remove(rows, n - 1, team);
    ridge.remove(rows, n - 2, team);
    CHECK(rows.n_kept() == 0);
    CHECK(ridge.weights().norm() < 1e-9);
  }
}

TEST(ridge, an_interrupted_rebuild_changes_nothing) {
  for (const Index d : {Index{9}, Index{260}}) {
    problem::Problem p(2000, 5, d, 2);
    p.Phi.row(7) *= 1e7;
    TrainingRows rows(p.phi(), p.targets());
    Team calm(1);
    Ridge ridge(rows, 0.1, calm);
    const Matrix before = ridge.weights();
    Index polls = 0, allowed = 0;
    Team hasty(1, [&] {
      if (++polls > allowed) throw std::runtime_error("interrupt");
    });
    for (; rows.kept(7); ++allowed, polls = 0) {
      try {
        ridge.remove(rows, 7, hasty);
      } catch (const std::runtime_error&) {
        CHECK(rows.kept(7) && ridge.weights() == before);
      }
    }
    CHECK(allowed > 2);
    CHECK((ridge.weights() - refitted(p, rows, 0.1)).norm() < 1e-8 * ridge.weights().norm());
  }
}

TEST(ridge, a_failed_removal_changes_nothing) {
  // Two identical huge columns: without the first row, which dwarfs λ, nothing separates them.
  problem::Problem p(20, 5, 2, 3);
  p.Phi.col(0).setConstant(1e9);
  p.Phi.col(1).setConstant(1e9);
  p.Phi(0, 0) = 3e9;
  TrainingRows rows(p.phi(), p.targets());
  Team team(1);
  Ridge ridge(rows, 1e-3, team);
  const Matrix before = ridge.weights();
  bool thrown = false;
  try {
    ridge.remove(rows, 0, team);
  } catch (const NotPositiveDefinite& e) {
    thrown = true;
    CHECK(e.pivot == 1);
    CHECK(e.sufficient_lambda > 1e-3);
  }
  CHECK(thrown);
  CHECK(rows.kept(0) && rows.n_kept() == 20);
  CHECK(ridge.weights() == before);
  Ridge repaired(rows, 1e6, team);  // a sufficient λ is indeed sufficient
  repaired.remove(rows, 0, team);
  CHECK(rows.n_kept() == 19);
}
