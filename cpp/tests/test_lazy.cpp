#include "allocations.hpp"
#include "check.hpp"
#include "paris/pruner.hpp"
#include "problem.hpp"
#include "view.hpp"

using namespace paris;

TEST(lazy, deletes_what_exhaustive_deletes) {
  for (const double lambda : {1e-3, 1.0, 300.0}) {
    for (const std::size_t cache_bytes : {std::size_t{0}, std::size_t{1} << 24}) {
      const problem::Problem p(4000, 150, 7, 1);
      Pruner lazy(view(p), options(lambda, EngineRequest::lazy, cache_bytes, 2));
      Pruner exhaustive(view(p), options(lambda, EngineRequest::exhaustive, cache_bytes, 1));
      CHECK(lazy.run(900, never, no_poll) == 900);
      CHECK(exhaustive.run(900, never, no_poll) == 900);
      CHECK(lazy.trace().removed == exhaustive.trace().removed);
      CHECK(lazy.trace().delta_loss == exhaustive.trace().delta_loss);
      CHECK(lazy.trace().loss == exhaustive.trace().loss);
      CHECK(lazy.stats().working_sets_built > 0);
      CHECK(lazy.stats().rows_evaluated < exhaustive.stats().rows_evaluated / 2);
    }
  }
}

// Rows that are too long to be copied.
TEST(lazy, deletes_what_exhaustive_deletes_with_long_rows) {
  for (const double lambda : {1e-3, 1.0, 300.0}) {
    for (const std::size_t cache_bytes :
         {std::size_t{0}, std::size_t{1} << 21, std::size_t{1} << 28}) {
      const problem::Problem p(3000, 60, 270, 4);
      Pruner lazy(view(p), options(lambda, EngineRequest::lazy, cache_bytes, 2));
      Pruner exhaustive(view(p), options(lambda, EngineRequest::exhaustive, cache_bytes, 1));
      CHECK(lazy.run(120, never, no_poll) == 120);
      CHECK(exhaustive.run(120, never, no_poll) == 120);
      CHECK(lazy.trace().removed == exhaustive.trace().removed);
      CHECK(lazy.trace().delta_loss == exhaustive.trace().delta_loss);
      CHECK(lazy.trace().loss == exhaustive.trace().loss);
      CHECK(lazy.stats().full_scans == 0);
      CHECK(lazy.stats().rows_evaluated < exhaustive.stats().rows_evaluated / 2);
    }
  }
}

// A call of `run` may allocate (its trace, its team), a deletion must not.
TEST(lazy, deletions_do_not_allocate) {
  struct Case {
    EngineRequest engine;
    Index dimension;
    std::size_t cache_bytes;
  };
  for (const Case& at :
       {Case{EngineRequest::lazy, 40, std::size_t{1} << 26},
        Case{EngineRequest::lazy, 260, std::size_t{1} << 26},
        Case{EngineRequest::lazy, 260, std::size_t{1} << 20},  // quantised rows have to leave
        Case{EngineRequest::exhaustive, 40, std::size_t{1} << 26}}) {
    const problem::Problem p(3000, 200, at.dimension, 2);
    Pruner pruner(view(p), options(1.0, at.engine, at.cache_bytes, 1));
    pruner.run(100, never, no_poll);
    const auto counted = [&](Index n) {
      const long before = check::allocations();
      Eigen::internal::set_is_malloc_allowed(false);  // an allocation by Eigen fails an assertion
      pruner.run(n, never, no_poll);
      Eigen::internal::set_is_malloc_allowed(true);
      return check::allocations() - before;
    };
    const long few = counted(10), many = counted(700);
    CHECK(many <= few + 4);
    CHECK(few < 30);
  }
}

// Losses that are nearly equal, of rows that move at very different speeds, so that the worst row
// keeps changing and comes from outside the few that were expected.
TEST(lazy, worst_validation_row_along_a_path) {
  for (const unsigned seed : {1u, 2u, 3u}) {
    const Index V = 500, D = 5;
    problem::Problem p(50, V, D, seed);
    const problem::Table noise = problem::normal(V, 2, seed + 50);
    for (Index v = 0; v < V; ++v) {
      p.Phi_val.row(v) *= std::pow(10.0, noise(v, 0));
      p.y_val(v, 0) = 10.0 + 0.01 * noise(v, 1);
    }
    const ValidationRows validation(p.phi_val(), p.val_targets(), p.weights());
    const Matrix A = p.Phi.transpose() * p.Phi;
    const Matrix L = A.llt().matrixL();
    Vector w = Vector::Zero(D);
    Team team(1);
    Trajectory trajectory(L, w);
    LazyWorst lazy(validation, 1, trajectory, team);
    WorstSearch search(validation, 1);
    std::mt19937 engine(seed);
    std::normal_distribution<double> draw;
    for (int step = 0; step < 2000; ++step) {
      for (double& entry : w) entry += 1e-5 * std::pow(10.0, step % 3) * draw(engine);
      trajectory.moved(w);
      const WorstRow found = lazy.find(w, trajectory, team).front();
      const WorstRow expected = search.find(w, team, [](const WorstRow&) {}).front();
      CHECK(found.v == expected.v);
      CHECK(found.loss == expected.loss);
    }
    CHECK(lazy.evaluations() < 2000 * V / 2);
  }
}

// The worst row comes down until rows outside the few, which hardly move, are worse than all of
// them.
TEST(lazy, worst_validation_row_falls_below_the_rest) {
  const Index V = 165;
  problem::Problem p(50, V, 1, 1);
  for (Index v = 0; v < V; ++v) {
    const bool first = v == 0, slow = v > 64;
    p.Phi_val(v, 0) = first ? 1.0 : (slow ? 1e-6 : 1e-2);
    p.y_val(v, 0) = first ? 10.0 : (slow ? 9.499 : 9.5 + 1e-6 * static_cast<double>(v));
  }
  const ValidationRows validation(p.phi_val(), p.val_targets(), p.weights());
  Vector w = Vector::Zero(1);
  Team team(1);
  Trajectory trajectory(Matrix::Identity(1, 1), w);
  LazyWorst lazy(validation, 1, trajectory, team);
  WorstSearch search(validation, 1);
  for (int step = 0; step < 90; ++step) {
    w[0] = 0.01 * step;
    trajectory.moved(w);
    const WorstRow found = lazy.find(w, trajectory, team).front();
    const WorstRow expected = search.find(w, team, [](const WorstRow&) {}).front();
    CHECK(found.v == expected.v);
    CHECK(found.loss == expected.loss);
  }
  CHECK(lazy.evaluations() < 90 * V / 2);
}
