#include <atomic>
#include <stdexcept>

#include "check.hpp"
#include "paris/support/blocks.hpp"
#include "paris/support/team.hpp"

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

TEST(team, the_caller_polls_and_a_poll_may_end_the_run) {
  for (const int size : {1, 3}) {
    const std::thread::id caller = std::this_thread::get_id();
    int polls = 0;
    Team team(size, [&] {
      CHECK(std::this_thread::get_id() == caller);
      if (++polls == 2) throw std::runtime_error("interrupt");
    });
    std::atomic<int> runs{0};
    bool thrown = false;
    try {
      team.run(100000, [&](Index) { ++runs; });
    } catch (const std::runtime_error&) {
      thrown = true;
    }
    CHECK(thrown && runs < 100000);
    runs = 0;
    team.run(10, [&](Index) { ++runs; });
    CHECK(runs == 10);
  }
}

TEST(team, tasks_shrink_with_the_work_of_a_row) {
  CHECK(rows_per_task(4096, 64.0) == 4096);
  CHECK(rows_per_task(256, 2.0 * 1500.0 * 1500.0) == 224);
  CHECK(rows_per_task(1024, 1e12) == 16);
  CHECK(rows_per_task(4, 1e12) == 4);
}
