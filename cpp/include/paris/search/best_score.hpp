// The best of the rows that have been scored.
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <vector>

#include "paris/criterion/scorer.hpp"
#include "paris/search/engine.hpp"
#include "paris/support/types.hpp"

namespace paris {

// The best row so far: the one judged lowest, and of equals the smallest one.
struct BestScore {
  Choice choice;
  double judged = std::numeric_limits<double>::infinity();

  void offer(Index k, const Score& score) { offer({{k, score.delta_loss}, score.judged}); }

  void offer(const BestScore& other) {
    if (other.judged < judged || (other.judged == judged && other.choice.row < choice.row)) {
      *this = other;
    }
  }
};

inline BestScore best_of(const std::vector<BestScore>& scores) {
  BestScore best;
  for (const BestScore& score : scores) best.offer(score);
  return best;
}

// Calls `look(i)`, which offers a row to `best`, for those i of `places` whose bound does not rule
// them out, the most promising first. Sorts `places`.
template <class Look>
void look_by_bounds(std::vector<std::size_t>& places, const std::vector<double>& bound,
                    const BestScore& best, Look&& look) {
  std::sort(places.begin(), places.end(),
            [&](std::size_t i, std::size_t j) { return bound[i] < bound[j]; });
  for (const std::size_t i : places) {
    if (bound[i] > best.judged) break;
    look(i);
  }
}

}  // namespace paris
