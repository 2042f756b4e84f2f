// What several threads may do at once; for ThreadSanitizer above all (preset `threads`).
#include <mutex>
#include <thread>
#include <vector>

#include "check.hpp"
#include "paris/pruner.hpp"
#include "problem.hpp"
#include "view.hpp"

using namespace paris;

namespace {

// Runs `work(i)` for i = 0 … n − 1, each in a thread of its own.
template <class Work>
void at_once(int n, const Work& work) {
  std::vector<std::thread> threads;
  for (int i = 0; i < n; ++i) threads.emplace_back([&work, i] { work(i); });
  for (std::thread& thread : threads) thread.join();
}

struct Setting {
  Criterion criterion;
  Objective objective;
  EngineRequest engine;
};

std::vector<std::int64_t> removed(const problem::Problem& p, const Setting& setting,
                                  int n_threads) {
  Options chosen = options(0.5, setting.engine, 1 << 20, n_threads);
  chosen.scoring.criterion = setting.criterion;
  chosen.scoring.objective = setting.objective;
  Pruner pruner(view(p), chosen);
  pruner.run(40, never, no_poll);
  return pruner.trace().removed;
}

}  // namespace

TEST(threads, each_with_a_team_of_its_own) {
  std::vector<Index> sums(4);
  at_once(4, [&](int i) {
    Team team(3);
    for (int round = 0; round < 50; ++round) {
      std::vector<Index> parts(7);
      team.run(7, [&](Index task) { parts[static_cast<std::size_t>(task)] = task * i; });
      for (const Index part : parts) sums[static_cast<std::size_t>(i)] += part;
    }
  });
  CHECK(sums == (std::vector<Index>{0, 1050, 2100, 3150}));
}

TEST(threads, several_pruners_over_the_same_arrays) {
  std::vector<Setting> settings;
  for (const Criterion criterion : {Criterion::representer, Criterion::refit}) {
    for (const Objective objective : {Objective::worst, Objective::mean}) {
      for (const EngineRequest engine : {EngineRequest::lazy, EngineRequest::exhaustive}) {
        settings.push_back({criterion, objective, engine});
      }
    }
  }
  for (const Index d : {Index{9}, Factor::smallest_inverse + 1}) {
    const problem::Problem p(d + 200, 20, d, 6);
    std::vector<std::vector<std::int64_t>> together(settings.size());
    at_once(static_cast<int>(settings.size()), [&](int i) {
      const auto place = static_cast<std::size_t>(i);
      together[place] = removed(p, settings[place], 2);
    });
    for (std::size_t i = 0; i < settings.size(); ++i) {
      CHECK(together[i] == removed(p, settings[i], 1));
    }
  }
}

// Neither a ridge nor its rows lock anything: whoever shares them does.
TEST(threads, one_ridge_behind_a_lock) {
  for (const Index d : {Index{12}, Factor::smallest_inverse + 1}) {
    const Index n = d + 100;
    const problem::Problem p(n, 5, d, 7);
    TrainingRows rows(p.phi(), p.targets());
    Team setup(2);
    Ridge ridge(rows, 0.5, setup);
    std::mutex mutex;
    at_once(4, [&](int i) {
      Team team(2);
      for (Index k = i; k < 60; k += 4) {
        const std::lock_guard lock(mutex);
        ridge.maintain(rows, team);
        ridge.remove(rows, k, team);
        Vector x = p.Phi.row(n - 1);
        ridge.solve(x);
      }
    });
    CHECK(rows.n_kept() == n - 60);
    TrainingRows fresh(p.phi(), p.targets());
    for (Index k = 0; k < 60; ++k) fresh.remove(k);
    const Ridge expected(fresh, 0.5, setup);
    CHECK((ridge.weights() - expected.weights()).norm() < 1e-9 * expected.weights().norm());
    CHECK((problem::lower_of(ridge.lower()) - problem::lower_of(expected.lower())).norm() <
          1e-9 * expected.lower().norm());
  }
}
