// The way in for interrupts.
#pragma once

#include <algorithm>
#include <functional>

#include "paris/team.hpp"
#include "paris/types.hpp"

namespace paris {

// Called now and then from the calling thread during long work; may throw to abandon it. Whatever
// offers to be polled leaves its state consistent then.
using Poll = std::function<void()>;

// Runs `task(i)` for i = 0 … n_tasks − 1 in several rounds rather than one, so that an interrupt of
// a long pass is answered in time.
template <class Task>
void run_polled(Team& team, Index n_tasks, const Poll& poll, const Task& task) {
  constexpr Index tasks_per_round = 64;
  for (Index first = 0; first < n_tasks; first += tasks_per_round) {
    team.run(std::min(tasks_per_round, n_tasks - first), [&](Index i) { task(first + i); });
    poll();
  }
}

}  // namespace paris
