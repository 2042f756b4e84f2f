// What rows are scored by.
#pragma once

#include "paris/support/types.hpp"

namespace paris {

enum class Criterion { representer, refit };
enum class Objective { worst, mean };

struct Scoring {
  Criterion criterion = Criterion::representer;
  Objective objective = Objective::worst;
  Index n_worst = 1;

  bool refit() const { return criterion == Criterion::refit; }
  bool mean() const { return objective == Objective::mean; }

  // The paper's own case: what dropping a term does to the one worst row, for one output.
  bool papers_own(Index n_outputs) const {
    return !refit() && !mean() && n_worst == 1 && n_outputs == 1;
  }
};

}  // namespace paris
