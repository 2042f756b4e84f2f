#include <algorithm>
#include <stdexcept>

#include "check.hpp"
#include "paris/pruner.hpp"
#include "problem.hpp"
#include "view.hpp"

using namespace paris;

namespace {

// One exhaustive deletion on the kept rows: refit, find v*, score every row.
Index best_row(const problem::Problem& p, const std::vector<bool>& kept, double lambda) {
  Matrix A = lambda * Matrix::Identity(p.Phi.cols(), p.Phi.cols());
  Vector b = Vector::Zero(p.Phi.cols());
  for (Index k = 0; k < p.Phi.rows(); ++k) {
    if (!kept[static_cast<std::size_t>(k)]) continue;
    A += p.Phi.row(k).transpose() * p.Phi.row(k);
    b += p.Phi.row(k).transpose() * p.y(k, 0);
  }
  const Vector w = A.ldlt().solve(b);
  const Vector r = p.y_val.col(0) - p.Phi_val * w;
  Index v = 0;
  r.array().square().maxCoeff(&v);
  Index best = -1;
  double least = std::numeric_limits<double>::infinity();
  for (Index k = 0; k < p.Phi.rows(); ++k) {
    if (!kept[static_cast<std::size_t>(k)]) continue;
    const double e = p.y(k, 0) - p.Phi.row(k).dot(w);
    const double value = std::abs(r[v] + p.Phi_val.row(v).dot(p.Phi.row(k)) * e / lambda);
    if (value < least) {
      least = value;
      best = k;
    }
  }
  return best;
}

}  // namespace

TEST(pruner, every_deletion_is_the_textbook_one) {
  for (const double lambda : {0.01, 1.0, 100.0}) {
    const problem::Problem p(200, 40, 6, 1);
    Pruner pruner(view(p), options(lambda, EngineRequest::exhaustive, 1 << 20, 2));
    CHECK(pruner.run(150, never, no_poll) == 150);
    std::vector<bool> kept(200, true);
    for (const std::int64_t row : pruner.trace().removed) {
      CHECK(row == best_row(p, kept, lambda));
      kept[static_cast<std::size_t>(row)] = false;
    }
  }
}

// With every engine, at every poll: in searches, refreshes and rebuilds (a giant row, a huge
// target, and so few rows left in the end that passes are due all the time).
TEST(pruner, goes_on_after_an_interrupt) {
  for (int which = 0; which < 8; ++which) {
    const bool one_worst = (which & 4) != 0;
    problem::Problem p(360, 30, 5, 2, one_worst ? 1 : 2);
    p.Phi.row(11) *= 1e7;
    p.y.row(12).array() += 1e14;
    Options options;
    options.scoring.criterion = (which & 1) != 0 ? Criterion::refit : Criterion::representer;
    options.scoring.objective = one_worst ? Objective::worst : Objective::mean;
    options.engine = (which & 2) != 0 ? EngineRequest::lazy : EngineRequest::exhaustive;
    const auto start = [&] {
      Problem problem = view(p);
      problem.monitor.emplace(problem.validation);
      return std::make_unique<Pruner>(std::move(problem), options);
    };
    const auto whole = start(), cut = start();
    constexpr Index n = 350;
    whole->run(n, never, no_poll);
    Index polls = 0, allowed = 0;
    while (cut->n_removed() < n) {
      try {
        cut->run(n - cut->n_removed(), never, [&] {
          if (++polls > allowed) throw std::runtime_error("interrupt");
        });
      } catch (const std::runtime_error&) {
        allowed = (allowed + 1) % 23 + 1;
        polls = 0;
      }
    }
    CHECK(cut->trace().removed == whole->trace().removed);
    CHECK(cut->trace().delta_loss == whole->trace().delta_loss);
    CHECK(cut->trace().loss == whole->trace().loss);
    CHECK(cut->trace().monitor_loss == whole->trace().monitor_loss);
    CHECK(cut->ridge().weights() == whole->ridge().weights());
  }
}

// Cut short right after a deletion, it has no loss yet; `settle` finds that out.
TEST(pruner, settles_what_an_interrupt_has_left_open) {
  const problem::Problem p(5000, 5000, 5, 2);
  Options options;
  options.engine = EngineRequest::exhaustive;
  Pruner pruner(view(p), options);
  Index polls = 0;
  while (pruner.trace().loss.size() == pruner.trace().removed.size() + 1) {
    const Index allowed = ++polls;
    Index left = allowed;
    try {
      pruner.run(1, never, [&] {
        if (left-- == 0) throw std::runtime_error("interrupt");
      });
    } catch (const std::runtime_error&) {
    }
    if (polls == 200) break;
  }
  CHECK(pruner.trace().loss.size() == pruner.trace().removed.size());
  pruner.settle(no_poll);
  CHECK(pruner.trace().loss.size() == pruner.trace().removed.size() + 1);
}

TEST(pruner, protected_rows_stay) {
  const problem::Problem p(60, 10, 3, 3);
  std::vector<unsigned char> protect(60);
  for (std::size_t k = 0; k < 60; k += 2) protect[k] = 1;
  Pruner pruner(view(p, protect), {});
  CHECK(pruner.run(59, never, no_poll) == 30);
  CHECK(pruner.ending() == Ending::exhausted);
  for (const std::int64_t row : pruner.trace().removed) CHECK(row % 2 == 1);
}

TEST(pruner, strata_keep_their_quotas) {
  const problem::Problem p(60, 10, 3, 4);
  for (const EngineRequest engine : {EngineRequest::lazy, EngineRequest::exhaustive}) {
    Problem problem = view(p);
    for (std::int64_t k = 0; k < 60; ++k) problem.strata.push_back(k % 3);
    problem.quotas = {5, 20, 0};  // of twenty rows each
    Pruner pruner(std::move(problem), options(1.0, engine, 1 << 20, 1));
    CHECK(pruner.run(59, never, no_poll) == 35);
    CHECK(pruner.ending() == Ending::exhausted);
    std::vector<int> removed(3);
    for (const std::int64_t row : pruner.trace().removed)
      ++removed[static_cast<std::size_t>(row % 3)];
    CHECK(removed == (std::vector<int>{15, 0, 20}));
  }
}

TEST(pruner, limits) {
  const problem::Problem p(200, 40, 6, 5);
  Options refit = options(1.0, EngineRequest::lazy, 1 << 20, 1);
  refit.scoring.criterion = Criterion::refit;
  refit.scoring.objective = Objective::mean;
  const problem::Problem other(10, 30, 6, 6);
  const auto watched = [&] {
    Problem problem = view(p);
    problem.monitor.emplace(Table{other.phi_val(), other.val_targets(), other.weights()});
    return problem;
  };
  Limits five;
  five.patience = 5;
  Pruner patient(watched(), refit);
  CHECK(patient.run(199, never, no_poll, five) < 199);
  CHECK(patient.ending() == Ending::out_of_patience);
  const std::vector<double>& loss = patient.trace().monitor_loss;
  const auto best = std::min_element(loss.begin(), loss.end());
  CHECK(loss.end() - best == 6);
  CHECK(patient.run(10, never, no_poll, five) == 0);

  Limits falling;
  falling.ceiling = -1.0;
  Pruner stalled(view(p), refit);
  stalled.run(199, never, no_poll, falling);
  CHECK(stalled.ending() == Ending::stalled);
  for (const double delta : stalled.trace().delta_loss) CHECK(delta <= -1.0);
}

// The first deletion that brings the loss down to the floor is the last.
TEST(pruner, a_floor_of_the_loss) {
  const problem::Problem p(200, 40, 6, 5);
  Options refit = options(1.0, EngineRequest::lazy, 1 << 20, 1);
  refit.scoring.criterion = Criterion::refit;
  refit.scoring.objective = Objective::mean;
  Pruner free(view(p), refit);
  free.run(100, never, no_poll);
  const std::vector<double>& loss = free.trace().loss;
  Limits floor;
  floor.floor = loss[30];
  Pruner pruner(view(p), refit);
  CHECK(pruner.run(10, never, no_poll, floor) == 10);
  CHECK(pruner.ending() == Ending::completed);
  const auto reached =
      std::find_if(loss.begin(), loss.end(), [&](double one) { return one <= floor.floor; });
  CHECK(pruner.run(100, never, no_poll, floor) == reached - loss.begin() - 10);
  CHECK(pruner.ending() == Ending::converged);
  CHECK(pruner.run(1, never, no_poll, floor) == 0);
  CHECK(pruner.ending() == Ending::converged);
}

TEST(pruner, where_a_loss_first_was_near_its_least) {
  std::vector<double> losses;
  WatchedLoss exact, near;
  const auto first = [&](double tolerance) {
    const double least = *std::min_element(losses.begin(), losses.end());
    return std::find_if(losses.begin(), losses.end(),
                        [&](double one) { return one <= (1.0 + tolerance) * least; }) -
           losses.begin();
  };
  for (const double loss : {5.0, 4.0, 4.0, 3.97, 3.95, 4.5, 3.94, 2.0, 9.0, 1.99, 1.9}) {
    losses.push_back(loss);
    CHECK(exact.first_near_least(losses, 0.0) == first(0.0));
    CHECK(near.first_near_least(losses, 0.01) == first(0.01));
  }
  CHECK(near.first_near_least(losses, 1.2) == first(1.2));
  CHECK(near.first_near_least(losses, 0.0) == first(0.0));
}

// Improvements below the tolerance are ignored, and patience can be a share of all deletions.
TEST(pruner, patience_with_a_tolerance) {
  const problem::Problem p(300, 40, 6, 5), other(10, 30, 6, 6);
  Options refit = options(1.0, EngineRequest::lazy, 1 << 20, 1);
  refit.scoring.criterion = Criterion::refit;
  refit.scoring.objective = Objective::mean;
  const auto watched = [&] {
    Problem problem = view(p);
    problem.monitor.emplace(Table{other.phi_val(), other.val_targets(), other.weights()});
    return problem;
  };
  Pruner free(watched(), refit);
  free.run(299, never, no_poll);
  for (const double tolerance : {0.0, 0.02, 0.2}) {
    for (const double share : {0.0, 0.5}) {
      Limits limits;
      limits.patience = 7;
      limits.share = share;
      limits.tolerance = tolerance;
      Pruner pruner(watched(), refit);
      const Index done = pruner.run(299, never, no_poll, limits);
      std::vector<double> losses;
      Index expected = -1;
      for (const double loss : free.trace().monitor_loss) {
        losses.push_back(loss);
        ++expected;
        WatchedLoss afresh;
        const Index waited = expected - afresh.first_near_least(losses, tolerance);
        if (waited >= 7 && static_cast<double>(waited) >= share * static_cast<double>(expected)) {
          break;
        }
      }
      CHECK(done == expected && done < 299);
      CHECK(pruner.ending() == Ending::out_of_patience);
    }
  }
}
