// The best of the rows that have been scored.
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <vector>

#include "paris/criterion/scorer.hpp"
#include "paris/search/engine.hpp"
#include "paris/support/blocks.hpp"
#include "paris/support/types.hpp"

namespace paris {

// The rule of every engine: the row with the lowest score, and of equals the smallest one.
struct BestScore {
  Choice choice;
  double value = std::numeric_limits<double>::infinity();

  void offer(Index k, const Score& score) { offer({{k, score.delta_loss}, score.value}); }

  void offer(const BestScore& other) {
    if (other.value < value || (other.value == value && other.choice.row < choice.row)) {
      *this = other;
    }
  }
};

// The best of all rows, from several threads, with memory of its own for each block of them.
class BestOfAll {
 public:
  explicit BestOfAll(Index n_rows)
      : blocks_(n_rows, 1024),
        best_(static_cast<std::size_t>(blocks_.count())),
        scratch_(best_.size()) {}

  // Calls visit(block, best, scratch) for blocks of rows, which offers them to `best`.
  template <class Visit>
  BestScore find(Team& team, const Visit& visit) {
    blocks_.for_each(team, [&](const Block& block) {
      const auto at = static_cast<std::size_t>(block.number);
      best_[at] = {};
      visit(block, best_[at], scratch_[at]);
    });
    BestScore best;
    for (const BestScore& of_block : best_) best.offer(of_block);
    return best;
  }

 private:
  Blocks blocks_;
  std::vector<BestScore> best_;
  std::vector<Scorer::Scratch> scratch_;
};

// Calls `evaluate(i)` for those i of `places` whose bound is not above `limit()`, which an
// evaluation may lower, the most promising first. Sorts `places`.
template <class Number, class Limit, class Evaluate>
void evaluate_by_bounds(std::vector<std::size_t>& places, const std::vector<Number>& bound,
                        const Limit& limit, Evaluate&& evaluate) {
  std::sort(places.begin(), places.end(),
            [&](std::size_t i, std::size_t j) { return bound[i] < bound[j]; });
  for (const std::size_t i : places) {
    if (bound[i] > limit()) break;
    evaluate(i);
  }
}

}  // namespace paris
