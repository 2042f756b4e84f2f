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

// Columns of sizes 1 to 1000, rows of zeros and of extreme sizes.
TEST(scores, products_of_panels_are_within_their_bound) {
  for (const Index d : {1, 5, 16, 33, 200, 700}) {
    problem::Table rows = problem::normal(101, d, 1);
    for (Index i = 0; i < d; ++i) {
      rows.col(i) *= std::pow(1000.0, static_cast<double>(i) / static_cast<double>(d));
    }
    rows.row(3).setZero();
    rows.row(4) *= 1e-30;
    const Matrix A = rows.transpose() * rows + 0.5 * Matrix::Identity(d, d);
    const Matrix L = A.llt().matrixL();
    rows.row(5) *= 1e30;
    Team team(2);
    const problem::Table y = problem::normal(101, 1, 4);
    const QuantisedPanels panels(
        TrainingRows(ConstTableView(rows.data(), 101, d), ConstTableView(y.data(), 101, 1)), L,
        team);
    const Vector x = problem::normal(d, 1, 2), z = 1e-9 * problem::normal(d, 1, 3);
    WholeDirection along_x(d), along_z(d);
    const double length_x = panels.set(along_x, x), length_z = panels.set(along_z, z);
    CHECK(std::abs(length_x / (L.transpose() * x).norm() - 1.0) < 1e-10);
    for (Index p = 0; p < panels.n_panels(); ++p) {
      PanelProducts::Sums of_x, of_z;
      panels.products(p, along_x, along_z, of_x, of_z);
      std::int32_t sum_x[QuantisedPanels::lanes], sum_z[QuantisedPanels::lanes];
      of_x.store(sum_x);
      of_z.store(sum_z);
      for (Index l = 0; l < QuantisedPanels::lanes && p * QuantisedPanels::lanes + l < 101; ++l) {
        const auto row = rows.row(p * QuantisedPanels::lanes + l);
        const auto scale = static_cast<double>(panels.scales(p)[l]);
        const auto error = static_cast<double>(panels.errors(p)[l]);
        const double rounding = static_cast<double>(panels.sizes(p)[l]) * dot_error(d);
        const double got_x = sum_x[l] * scale * along_x.unit();
        const double got_z = sum_z[l] * scale * along_z.unit();
        CHECK(std::abs(got_x - row.dot(x)) <= error * length_x + rounding * x.norm());
        CHECK(std::abs(got_z - row.dot(z)) <= error * length_z + rounding * z.norm());
        CHECK(error <=
              0.02 * L.triangularView<Eigen::Lower>().solve(row.transpose()).norm() + 1e-40);
        CHECK(static_cast<double>(panels.sizes(p)[l]) >= row.norm());
      }
    }
  }
}

// In whole numbers, so that no sum of products with eight bits overflows.
TEST(scores, directions_in_whole_numbers) {
  for (const Index d : {1, 2, 33, 515, 518, 5000}) {
    const auto largest = [](const WholeDirection& direction, Index n_pairs) {
      double sum = 0.0;
      for (Index pair = 0; pair < n_pairs; ++pair) {
        const std::int32_t both = direction.pairs()[pair];
        sum += std::abs(static_cast<double>(static_cast<std::int16_t>(both & 0xffff))) +
               std::abs(static_cast<double>(both >> 16));
      }
      return sum;
    };
    WholeDirection direction(d);
    const Index n_pairs = WholeDirection::n_pairs(d);
    direction.set(Vector::Constant(d, -3e-20));
    CHECK(127.0 * largest(direction, n_pairs) < 2147483648.0);
    const Vector x = problem::normal(d, 1, 7);
    direction.set(x);
    double squares = 0.0;
    for (Index i = 0; i < d; ++i) {
      const std::int32_t both = direction.pairs()[i / 2];
      const double whole = i % 2 == 0
                               ? static_cast<double>(static_cast<std::int16_t>(both & 0xffff))
                               : static_cast<double>(both >> 16);
      squares += std::pow(x[i] - direction.unit() * whole, 2);
    }
    CHECK(std::sqrt(squares) <= WholeDirection::rest(d) * x.norm());
    CHECK(direction.length() >= x.norm());
    direction.set(Vector::Zero(d));
    CHECK(largest(direction, n_pairs) == 0.0);
  }
}

namespace {

// Scores at the ends of all intervals, in long double.
long double lowest_score(const ScoreBounds<double>& of, Index lane, long double base) {
  const auto at = [lane](const Lanes<double>& values) {
    double all[lane_count];
    values.store(all);
    return static_cast<long double>(all[lane]);
  };
  long double lowest = std::numeric_limits<long double>::infinity();
  for (const int i : {-1, 0, 1}) {
    for (const int j : {-1, 0, 1}) {
      const long double e = at(of.eb) / at(of.b) + i * at(of.de);  // one output
      const long double b = at(of.b) + j * at(of.db);
      for (const int k : {-1, 1}) {
        const long double root_q = std::max(0.0L, at(of.root_q) + k * at(of.dq));
        for (const long double scale : {at(of.low), at(of.high)}) {
          lowest =
              std::min(lowest, base + 2 * scale * e * b + scale * scale * e * e * root_q * root_q);
        }
      }
    }
  }
  return lowest;
}

template <class Number>
ScoreBounds<Number> rounded(const ScoreBounds<double>& of) {
  ScoreBounds<Number> out;
  const auto to = [](const Lanes<double>& from) { return Lanes<Number>::load(from); };
  out.eb = to(of.eb), out.e = to(of.e), out.b = to(of.b), out.de = to(of.de), out.db = to(of.db);
  out.root_q = to(of.root_q), out.dq = to(of.dq);
  out.low = to(of.low), out.high = to(of.high);
  return out;
}

template <class Number>
void check_bounds(double size, unsigned seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> uniform;
  double close = 0.0;
  for (int turn = 0; turn < 300; ++turn) {
    double e[16], b[16], eb[16], de[16], db[16], q[16], dq[16], now[16];
    for (int l = 0; l < 16; ++l) {
      e[l] = size * normal(engine);
      b[l] = normal(engine);
      eb[l] = e[l] * b[l];
      e[l] = std::abs(e[l]);
      b[l] = std::abs(b[l]);
      de[l] = turn % 3 == 0 ? 0.0 : e[l] * 0.01 * uniform(engine);
      db[l] = turn % 3 == 0 ? 0.0 : b[l] * 0.01 * uniform(engine);
      q[l] = std::sqrt(b[l] / e[l]) * uniform(engine);
      dq[l] = turn % 2 == 0 ? 0.0 : 0.02 * q[l];
      now[l] = 1.0 + std::pow(10.0, -3.0 + 5.0 * uniform(engine));
    }
    ScoreBounds<double> exact;
    exact.eb = Lanes<double>::load(eb), exact.e = Lanes<double>::load(e);
    exact.b = Lanes<double>::load(b), exact.de = Lanes<double>::load(de);
    exact.db = Lanes<double>::load(db), exact.root_q = Lanes<double>::load(q);
    exact.dq = Lanes<double>::load(dq);
    exact.set_scale(Lanes<double>::load(now), Lanes<double>(turn % 5 == 0 ? 0.0 : 1e-3));
    const Number base = turn % 4 == 0 ? Number(0.5) : Number(0);
    const auto rounding = Number(72) * std::numeric_limits<Number>::epsilon();
    Number bound[16];
    rounded<Number>(exact).least(base, std::sqrt(base), rounding).store(bound);
    for (Index l = 0; l < 16; ++l) {
      const long double lowest = lowest_score(exact, l, static_cast<long double>(base));
      CHECK(static_cast<long double>(bound[l]) <= lowest);
      if (turn % 30 == 0)
        close = std::max(close,
                         static_cast<double>(std::abs(lowest - static_cast<long double>(bound[l])) /
                                             (2 * e[l] * b[l] * now[l])));
    }
  }
  CHECK(close < 1.0);
}

}  // namespace

// In either precision: below the score at all ends of what is known of a row.
TEST(scores, bounds_are_below_all_scores_that_can_be) {
  for (const double size : {1.0, 1e-3, 1e3}) {
    check_bounds<double>(size, 1);
    check_bounds<float>(size, 2);
  }
}

// Where something is not a number, or so large that it overflows, nothing is ruled out.
TEST(scores, bounds_say_nothing_of_what_overflows) {
  const float infinite = std::numeric_limits<float>::infinity();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  ScoreBounds<float> s;
  const auto bound = [&] {
    float all[16];
    s.least(0.0f, 0.0f, 1e-6f).store(all);
    return all[3];
  };
  const auto reset = [&] {
    s.eb = s.e = s.b = s.root_q = Lanes<float>(1.0f);
    s.de = s.db = s.dq = Lanes<float>(0.0f);
    s.set_constant_scale(Lanes<float>(1.0f));
  };
  reset();
  CHECK(std::abs(bound() - 3.0f) < 1e-4f);
  for (const float bad : {nan, infinite, 1e30f}) {
    for (Lanes<float> ScoreBounds<float>::* part :
         {&ScoreBounds<float>::e, &ScoreBounds<float>::b, &ScoreBounds<float>::de,
          &ScoreBounds<float>::db, &ScoreBounds<float>::root_q, &ScoreBounds<float>::dq}) {
      reset();
      s.*part = Lanes<float>(bad);
      CHECK(bound() <= 3.0f || (bad == 1e30f && bound() < 1e38f));
    }
  }
  reset();
  s.set_scale(Lanes<float>(2e6f), Lanes<float>(1e-9f));  // where `LeftOut` takes over
  CHECK(bound() == -infinite);
  reset();
  s.set_scale(Lanes<float>(1e3f), Lanes<float>(1e-2f));
  CHECK(bound() == -infinite);
}

// What single precision holds, whatever the data are.
TEST(scores, units_keep_numbers_in_range) {
  for (const double a : {1e-80, 1.0, 1e60}) {
    for (const double b : {0.0, 1e-90, 1.0, 1e60}) {
      for (const double root_q : {0.0, 1e-40, 1.0, 1e50}) {
        const ScoreUnits units = ScoreUnits::of(a, b, root_q);
        CHECK(units.usable());
        CHECK(a / units.a <= 1.0 + 1e-12 && b / units.b <= 1.0 + 1e-12);
        CHECK(root_q / units.root_q <= 1e9 * (1.0 + 1e-12));
        CHECK(std::abs(units.a * units.b / units.value - 1.0) < 1e-12);
        const double square = units.a * units.root_q;
        CHECK(std::abs(square * square / units.value - 1.0) < 1e-12);
      }
    }
  }
  CHECK(!ScoreUnits::of(1e300, 1e300, 1.0).usable());
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

// The bounds of rows beside which one, huge, was the unit of all: it has left, or is about to.
TEST(scores, a_huge_target_does_not_hide_the_others) {
  for (const double huge : {1e20, 1e37}) {
    for (const Index outputs : {1, 2}) {
      problem::Problem p(300, 40, 6, 3, outputs);
      p.y.row(17) *= huge;
      p.Phi.row(40) *= 1e8;
      Options lazy = options(1.0, EngineRequest::lazy, 1 << 24, 1), exhaustive;
      lazy.scoring.criterion = Criterion::refit;
      lazy.scoring.objective = Objective::mean;
      exhaustive = lazy;
      exhaustive.engine = EngineRequest::exhaustive;
      Pruner one(view(p), lazy), other(view(p), exhaustive);
      one.run(200, never, no_poll);
      other.run(200, never, no_poll);
      CHECK(one.trace().removed == other.trace().removed);
      CHECK(one.trace().delta_loss == other.trace().delta_loss);
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
