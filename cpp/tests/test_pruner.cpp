#include <algorithm>
#include <stdexcept>

#include "check.hpp"
#include "paris/pruner.hpp"
#include "problem.hpp"
#include "view.hpp"

using namespace paris;

namespace {

// One textbook deletion on the kept rows: refit, find v*, judge every row.
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
    const double judged = std::abs(r[v] + p.Phi_val.row(v).dot(p.Phi.row(k)) * e / lambda);
    if (judged < least) {
      least = judged;
      best = k;
    }
  }
  return best;
}

}  // namespace

TEST(pruner, every_deletion_is_the_textbook_one) {
  for (const double lambda : {0.01, 1.0, 100.0}) {
    const problem::Problem p(200, 40, 6, 1);
    Pruner pruner(view(p), options(lambda, false, 1 << 20, 2));
    CHECK(pruner.run(150, never, no_poll) == 150);
    std::vector<bool> kept(200, true);
    for (const std::int64_t row : pruner.trace().removed) {
      CHECK(row == best_row(p, kept, lambda));
      kept[static_cast<std::size_t>(row)] = false;
    }
  }
}

TEST(pruner, goes_on_after_an_interrupt) {
  const problem::Problem p(300, 30, 5, 2);
  const auto start = [&] { return std::make_unique<Pruner>(view(p), Options{}); };
  const auto whole = start(), cut = start();
  whole->run(100, never, no_poll);
  Index done = 0;
  int polls = 0;
  while (done < 100) {
    try {
      cut->run(100 - done, never, [&] {
        if (++polls % 7 == 0) throw std::runtime_error("interrupt");
      });
    } catch (const std::runtime_error&) {
    }
    done = static_cast<Index>(cut->trace().removed.size());
  }
  CHECK(cut->trace().removed == whole->trace().removed);
  CHECK(cut->trace().loss == whole->trace().loss);
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
  for (const bool lazy : {true, false}) {
    Problem problem = view(p);
    for (std::int64_t k = 0; k < 60; ++k) problem.groups.push_back(k % 3);
    problem.quotas = {5, 20, 0};  // of twenty rows each
    Pruner pruner(std::move(problem), options(1.0, lazy, 1 << 20, 1));
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
  Options refit = options(1.0, true, 1 << 20, 1);
  refit.criterion = Criterion::refit;
  refit.objective = Objective::mean;
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
