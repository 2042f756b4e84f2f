// Passes over all rows that an interrupt ends half-way.
#include <cmath>
#include <limits>
#include <stdexcept>

#include "check.hpp"
#include "paris/pruner.hpp"
#include "paris/search/worst_one/copying_working_set.hpp"
#include "paris/search/worst_one/row_store.hpp"
#include "problem.hpp"
#include "view.hpp"

using namespace paris;

namespace {

struct Interrupt : std::runtime_error {
  Interrupt() : std::runtime_error("interrupt") {}
};

// Throws when it is called for the n-th time, once.
struct InterruptAt {
  explicit InterruptAt(int n) : left(n) {}
  void operator()() {
    if (--left == 0) throw Interrupt();
  }
  int left;
};

}  // namespace

// The weights go away, a pass there is ended half-way, and they come back: of some rows the store
// then holds residuals of another place than it believes.
TEST(interrupts, residuals_of_two_times) {
  constexpr Index N = 300'000;
  problem::Problem p(N, 1, 1, 1);
  p.Phi.setConstant(1.0);
  p.Phi_val.setConstant(1.0);
  for (Index k = 0; k < N; ++k) p.y(k, 0) = 3.0 + 1e-5 * static_cast<double>(k);
  TrainingRows rows(p.phi(), p.targets());
  const Matrix home = Matrix::Zero(1, 1), away = Matrix::Constant(1, 1, 1e3);
  Team team(1);
  Trajectory trajectory(Matrix::Identity(1, 1), home);
  RowStore store(rows, p.phi_val(), 1.0, std::size_t{1} << 24, nullptr, home.col(0), trajectory,
                 team);
  trajectory.moved(away);
  bool interrupted = false;
  try {
    InterruptAt poll(1);
    Team polled(1, [&] { poll(); });
    store.evaluate_all(away.col(0), trajectory, polled);
  } catch (const Interrupt&) {
    interrupted = true;
  }
  CHECK(interrupted);
  trajectory.moved(home);

  // S = y at home: the best row is the first, whose |r + S| is least.
  const double r = -3.0;
  CopyingWorkingSet set(0, rows, 1.0);
  store.build(set, r, 0.0, 256, home.col(0), trajectory, team);
  const BestScore best = set.best(r, home.col(0), trajectory);
  CHECK(best.choice.row == 0);
  CHECK(best.value < set.threshold(r));
}

// The best row is the last: a first pass that is ended half-way has not seen it.
TEST(interrupts, scores_of_two_times) {
  constexpr Index N = 70'000;
  for (const Criterion criterion : {Criterion::representer, Criterion::refit}) {
    problem::Problem p(N, 20, 2, 2);
    p.y *= 1e-3;
    p.y_val.setZero();
    p.Phi.row(N - 1).setConstant(30.0);
    p.y(N - 1, 0) = 1e5;
    Options mean = options(1e7, EngineRequest::lazy, std::size_t{1} << 24, 1);
    mean.scoring.criterion = criterion;
    mean.scoring.objective = Objective::mean;
    Pruner whole(view(p), mean);
    whole.run(3, never, no_poll);
    CHECK(whole.trace().removed.front() == N - 1);
    for (const int n : {1, 2, 3, 4, 5}) {
      Pruner cut(view(p), mean);
      InterruptAt poll(n);
      const Poll polled = [&] { poll(); };
      for (int call = 0; call < 2; ++call) {
        try {
          cut.run(3 - static_cast<Index>(cut.trace().removed.size()), never, polled);
        } catch (const Interrupt&) {
        }
      }
      CHECK(cut.trace().removed == whole.trace().removed);
      CHECK(cut.trace().loss == whole.trace().loss);
    }
  }
}
