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

TEST(pruner, groups_keep_their_quotas) {
  const problem::Problem p(60, 10, 3, 4);
  for (const EngineRequest engine : {EngineRequest::lazy, EngineRequest::exhaustive}) {
    Problem problem = view(p);
    for (std::int64_t k = 0; k < 60; ++k) problem.groups.push_back(k % 3);
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
  Pruner patient(watched(), refit);
  CHECK(patient.run(199, never, no_poll, {1e300, 5}) < 199);
  CHECK(patient.ending() == Ending::out_of_patience);
  const std::vector<double>& loss = patient.trace().monitor_loss;
  const auto best = std::min_element(loss.begin(), loss.end());
  CHECK(loss.end() - best == 6);
  CHECK(patient.run(10, never, no_poll, {1e300, 5}) == 0);

  Pruner stalled(view(p), refit);
  stalled.run(199, never, no_poll, {-1.0, 1000});
  CHECK(stalled.ending() == Ending::stalled);
  for (const double delta : stalled.trace().delta_loss) CHECK(delta <= -1.0);
}
