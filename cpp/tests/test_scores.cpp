#include <Eigen/Dense>
#include <cmath>

#include "check.hpp"
#include "paris/bounds/quantised_panels.hpp"
#include "paris/criterion/left_out.hpp"
#include "paris/criterion/leverages.hpp"
#include "paris/criterion/quadratic_form.hpp"
#include "paris/problem/quadratic_loss.hpp"
#include "paris/pruner.hpp"
#include "problem.hpp"
#include "view.hpp"

using namespace paris;

namespace {

const auto ignore = [](const WorstRow&) {};

// A factor and weights that rows can be removed from.
struct Fit {
  Fit(const problem::Problem& problem, double lambda)
      : p(problem), rows(p.phi(), p.targets()), team(1), ridge(rows, lambda, team) {}

  void remove(Index k) {
    ridge.maintain(rows, team);
    ridge.remove(rows, k, team);
  }

  Matrix inverse() const { return (ridge.lower() * ridge.lower().transpose()).eval().inverse(); }

  const problem::Problem& p;
  TrainingRows rows;
  Team team;
  Ridge ridge;
};

}  // namespace

TEST(scores, quadratic_loss_follows_the_weights) {
  problem::Problem p(900, 300, 7, 1, 3);
  p.weight = problem::normal(300, 1, 9).cwiseAbs();
  Fit fit(p, 1.0);
  const ValidationRows validation(p.phi_val(), p.val_targets(), p.weights());
  QuadraticLoss loss(validation, fit.ridge.weights(), fit.team);
  for (Index k = 0; k < 800; ++k) {
    fit.remove(k);
    loss.move_to(fit.ridge.weights());
    loss.settle(fit.ridge.weights(), fit.team);
    if (k % 50 != 0) continue;
    const Matrix R = p.y_val - p.Phi_val * fit.ridge.weights();
    const double expected = (p.weight.asDiagonal() * R).cwiseProduct(R).sum();
    CHECK(std::abs(loss.loss() - expected) < 1e-11 * expected);
    const Matrix G = p.Phi_val.transpose() * p.weight.asDiagonal() * R;
    CHECK((loss.G() - G).norm() < 1e-10 * (p.Phi_val.transpose() * p.y_val).norm());
  }
}

TEST(scores, leverages_follow_the_removals) {
  const problem::Problem p(700, 90, 8, 2);
  Fit fit(p, 0.3);
  const Matrix M = p.Phi_val.transpose() * p.Phi_val;
  Leverages leverages(fit.rows, &M, fit.ridge, fit.team);
  for (Index k = 0; k < 600; ++k) {
    fit.remove(k);
    leverages.changed(fit.ridge, true);
    leverages.settle(fit.ridge, fit.team);
    if (k % 3 == 0) leverages.bring_up_to_date(k + 50);  // some more often than others
    if (k % 97 != 0) continue;
    const Matrix A = fit.inverse();
    for (Index other = k + 1; other < 700; other += 13) {
      leverages.bring_up_to_date(other);
      const Vector phi = p.Phi.row(other);
      const double h = phi.dot(A * phi), q = (A * phi).dot(M * (A * phi));
      CHECK(std::abs(leverages.h(other) - h) < 1e-11 * h);
      CHECK(std::abs(leverages.q(other) - q) < 1e-10 * q);
    }
  }
  // At first, twice after so many removals, and once since the ridge has rebuilt itself.
  CHECK(fit.ridge.n_refactorizations() == 1);
  CHECK(leverages.epoch() == 4);
}

// One row alone has a feature that is huge beside λ: its leverage is 1 but for 1e-8 to 1e-16.
TEST(scores, what_is_left_of_a_row_whose_leverage_is_near_one) {
  for (const double huge : {1e4, 1e6, 1e8}) {
    problem::Problem p(60, 5, 4, 3, 2);
    p.Phi.col(2).setZero();
    p.Phi(7, 2) = huge;
    Fit fit(p, 1.0);
    LeftOut left_out;
    left_out.evaluate(fit.rows, fit.ridge, 7);
    const Vector phi = p.Phi.row(7);
    fit.remove(7);                                  // rebuilds: what follows is exact
    const double g = phi.dot(fit.inverse() * phi);  // 1 − h = 1/(1 + g)
    const Eigen::RowVectorXd e = p.y.row(7) - phi.transpose() * fit.ridge.weights();
    CHECK(std::abs(left_out.complement() * (1.0 + g) - 1.0) < 1e-9);
    CHECK((left_out.residuals() / left_out.complement() - e).norm() < 1e-9 * e.norm());
  }
}

TEST(scores, products_of_panels_are_within_their_bound) {
  for (const Index d : {1, 5, 16, 33, 200}) {
    problem::Table rows = problem::normal(101, d, 1);
    rows.row(3).setZero();
    rows.row(4) *= 1e-30;
    rows.row(5) *= 1e30;
    Team team(2);
    const problem::Table y = problem::normal(101, 1, 4);
    const QuantisedPanels panels(
        TrainingRows(ConstTableView(rows.data(), 101, d), ConstTableView(y.data(), 101, 1)), team);
    const Vector x = problem::normal(d, 1, 2), z = 1e-9 * problem::normal(d, 1, 3);
    UnitDirection along_x, along_y;
    along_x.set(x);
    along_y.set(z);
    for (Index p = 0; p < panels.n_panels(); ++p) {
      double out_x[QuantisedPanels::lanes] = {}, out_y[QuantisedPanels::lanes] = {};
      panels.add_products(p, along_x, along_y, out_x, out_y);
      for (Index l = 0; l < QuantisedPanels::lanes && p * QuantisedPanels::lanes + l < 101; ++l) {
        const auto row = rows.row(p * QuantisedPanels::lanes + l);
        const double error = static_cast<double>(panels.errors(p)[l]);
        CHECK(std::abs(out_x[l] - row.dot(x)) <= error * x.norm());
        CHECK(std::abs(out_y[l] - row.dot(z)) <= error * z.norm());
        CHECK(error <= 0.02 * row.norm() + 1e-40);
        CHECK(static_cast<double>(panels.norms(p)[l]) >= row.norm());
      }
    }
  }
}

// xᵀMx of an x that is nearly orthogonal to all of a few validation rows, by the rows in long
// double.
TEST(scores, quadratic_forms_of_few_rows_do_not_cancel) {
  for (const Index n_val : {1, 4, 9, 40}) {
    problem::Problem p(50, n_val, 10, 5);
    p.weight = problem::normal(n_val, 1, 9).cwiseAbs();
    const ValidationRows validation(p.phi_val(), p.val_targets(), p.weights());
    const Matrix M = p.Phi_val.transpose() * p.weight.asDiagonal() * p.Phi_val;
    const QuadraticForm form(validation, M);
    const Matrix basis = p.Phi_val.topRows(std::min<Index>(n_val, 9)).transpose();
    Team team(1);
    const auto expected = [&](const Vector& x) {
      long double sum = 0.0L;
      for (Index v = 0; v < n_val; ++v) {
        long double t = 0.0L;
        for (Index i = 0; i < 10; ++i) t += static_cast<long double>(p.Phi_val(v, i)) * x[i];
        sum += static_cast<long double>(p.weight[v]) * t * t;
      }
      return static_cast<double>(sum);
    };
    for (Index k = 0; k < 50; ++k) {
      Vector x = p.Phi.row(k);
      x -= basis * basis.householderQr().solve(x);  // for n_val = 40 to 9 of them only
      x += 1e-7 * problem::normal(10, 1, static_cast<unsigned>(k));
      p.Phi.row(k) = x;
      Vector image;
      CHECK(std::abs(form.at(x, image) - expected(x)) <= 1e-6 * expected(x));
    }
    const std::vector<double> all = form.at_rows(p.phi(), team);
    for (Index k = 0; k < 50; ++k) {
      const double exact = expected(p.Phi.row(k));
      CHECK(std::abs(all[static_cast<std::size_t>(k)] - exact) <= 1e-6 * exact);
    }
  }
}

TEST(scores, m_worst_rows) {
  const problem::Problem p(50, 9000, 4, 3, 2);
  const ValidationRows validation(p.phi_val(), p.val_targets(), p.weights());
  const Matrix W = problem::normal(4, 2, 5);
  for (const Index m : {1, 3, 200}) {
    for (const int n_threads : {1, 3}) {
      Team team(n_threads);
      WorstSearch search(validation, m);
      const auto& worst = search.find(W, team, ignore);
      CHECK(static_cast<Index>(worst.size()) == m);
      for (std::size_t i = 1; i < worst.size(); ++i) CHECK(worst[i - 1].worse_than(worst[i]));
      Index above = 0;
      for (Index v = 0; v < 9000; ++v) above += validation.evaluate(v, W).loss >= worst.back().loss;
      CHECK(above == m);
    }
  }
}

// What the bounds promise: no row scores lower than they say, however the weights have moved.
TEST(scores, bounds_hold_along_a_run) {
  for (const Criterion criterion : {Criterion::representer, Criterion::refit}) {
    for (const Objective objective : {Objective::worst, Objective::mean}) {
      for (const Index outputs : {1, 3}) {
        for (const double lambda : {1e-4, 1.0, 1e3}) {
          const problem::Problem p(2500, 100, 9, 7, outputs);
          Options lazy = options(lambda, EngineRequest::lazy, 1 << 20, 2), exhaustive = lazy;
          lazy.scoring.criterion = exhaustive.scoring.criterion = criterion;
          lazy.scoring.objective = exhaustive.scoring.objective = objective;
          lazy.scoring.n_worst = exhaustive.scoring.n_worst = objective == Objective::worst ? 2 : 1;
          exhaustive.engine = EngineRequest::exhaustive;
          Pruner one(view(p), lazy), other(view(p), exhaustive);
          one.run(300, never, no_poll);
          other.run(300, never, no_poll);
          CHECK(one.trace().removed == other.trace().removed);
          CHECK(one.trace().delta_loss == other.trace().delta_loss);
          CHECK(one.trace().loss == other.trace().loss);
          CHECK(one.stats().rows_evaluated < other.stats().rows_evaluated / 2);
        }
      }
    }
  }
}

// A working set promises by how much rows outside change the objective, which here more than halves
// while working sets last: a promise of values instead would let a working set go on when its best
// rows are used up.
TEST(scores, working_sets_hold_while_the_objective_falls) {
  for (const Index n_val : {5, 8}) {
    problem::Problem p(4000, n_val, 6, 3, 2);
    for (Index k = 0; k < 2100;
         k += 7) {  // rows that are well worth deleting, as good as each other
      p.y.row(k).array() += p.Phi(k, 0) > 0.0 ? 30.0 : -30.0;
    }
    Options lazy = options(100.0, EngineRequest::lazy, 1 << 24, 2), exhaustive;
    lazy.scoring.n_worst = 5;
    exhaustive = lazy;
    exhaustive.engine = EngineRequest::exhaustive;
    Pruner one(view(p), lazy), other(view(p), exhaustive);
    one.run(250, never, no_poll);
    other.run(250, never, no_poll);
    CHECK(one.trace().removed == other.trace().removed);
    CHECK(one.stats().working_sets_built < 10);
  }
}

// δloss of the refit criterion is the change after refitting, by dense algebra.
TEST(scores, refit_is_what_happens) {
  for (const Objective objective : {Objective::worst, Objective::mean}) {
    const problem::Problem p(60, 20, 5, 8, 2);
    Options refit = options(0.5, EngineRequest::lazy, 1 << 20, 1);
    refit.scoring.criterion = Criterion::refit;
    refit.scoring.objective = objective;
    Pruner pruner(view(p), refit);
    pruner.run(40, never, no_poll);
    std::vector<bool> kept(60, true);
    const auto residuals = [&] {
      Matrix A = 0.5 * Matrix::Identity(5, 5), b = Matrix::Zero(5, 2);
      for (Index k = 0; k < 60; ++k) {
        if (!kept[static_cast<std::size_t>(k)]) continue;
        A += p.Phi.row(k).transpose() * p.Phi.row(k);
        b += p.Phi.row(k).transpose() * p.y.row(k);
      }
      return Matrix(p.y_val - p.Phi_val * A.ldlt().solve(b));
    };
    for (std::size_t i = 0; i < 40; ++i) {
      const Matrix before = residuals();
      kept[static_cast<std::size_t>(pruner.trace().removed[i])] = false;
      const Vector change = residuals().rowwise().squaredNorm() - before.rowwise().squaredNorm();
      const auto v = static_cast<Index>(pruner.trace().val_index[i]);
      const double expected = v < 0 ? change.sum() : change[v];
      CHECK(std::abs(pruner.trace().delta_loss[i] - expected) < 1e-9 * std::abs(expected));
    }
  }
}
