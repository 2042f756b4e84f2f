#include <atomic>
#include <stdexcept>

#include "check.hpp"
#include "paris/team.hpp"

using namespace paris;

TEST(team, every_task_runs_once) {
  for (const int size : {1, 2, 5}) {
    Team team(size);
    CHECK(team.size() == size);
    for (int round = 0; round < 200; ++round) {
      std::vector<std::atomic<int>> runs(23);
      team.run(23, [&](Index i) { ++runs[static_cast<std::size_t>(i)]; });
      for (const auto& count : runs) CHECK(count == 1);
    }
  }
}

TEST(team, an_exception_reaches_the_caller) {
  Team team(3);
  bool thrown = false;
  try {
    team.run(100, [](Index i) {
      if (i == 40) throw std::runtime_error("task 40");
    });
  } catch (const std::runtime_error&) {
    thrown = true;
  }
  CHECK(thrown);
  std::atomic<int> runs{0};
  team.run(10, [&](Index) { ++runs; });  // and the team can be used again
  CHECK(runs == 10);
}
