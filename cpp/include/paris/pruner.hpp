// The greedy loop: judge, delete, repeat.
#pragma once

#include <cstdint>
#include <functional>
#include <stdexcept>
#include <vector>

#include "paris/influence.hpp"
#include "paris/ridge.hpp"
#include "paris/streaming.hpp"
#include "paris/training_rows.hpp"
#include "paris/types.hpp"
#include "paris/validation_rows.hpp"

namespace paris {

// What was deleted, in order; one entry a deletion, and one more of `loss` (before the first).
struct Trace {
  std::vector<std::int64_t> removed;
  std::vector<std::int64_t> val_index;
  std::vector<double> delta_loss;
  std::vector<double> loss;
};

// Thrown when every candidate's residual overflows.
struct Overflow {};

// Greedy deletion by the representer criterion against the worst validation row.
//
// Phi (N, D), y (N,), Phi_val (V, D), y_val (V,), val_weight (V,) are views that must outlive the
// pruner; protect (N,) marks rows that stay. The state is consistent between deletions whatever is
// thrown: a call of `run` that was cut short can be followed by another.
class Pruner {
 public:
  Pruner(ConstTableView Phi, ConstVectorView y, ConstTableView Phi_val, ConstVectorView y_val,
         ConstVectorView val_weight, std::vector<unsigned char> protect, double lambda,
         std::size_t cache_bytes, int n_threads)
      : Pruner(Phi, y, Phi_val, y_val, val_weight, std::move(protect), lambda, cache_bytes,
               Team(n_threads)) {}

  Pruner(const Pruner&) = delete;
  Pruner& operator=(const Pruner&) = delete;

  // Deletes up to n more rows; returns how many were. Stops early when nothing deletable is left, or
  // as soon as `enough()` holds after a deletion. `poll()` is called often and may throw.
  template <class Enough, class Poll>
  Index run(Index n, Enough&& enough, Poll&& poll) {
    Team team(n_threads_);
    Index done = 0;
    while (done < n && n_deletable_ > 0) {
      poll();
      delete_one(team, poll);
      ++done;
      if (enough()) break;
    }
    return done;
  }

  bool exhausted() const { return n_deletable_ == 0; }
  const Trace& trace() const { return trace_; }
  const Ridge& ridge() const { return ridge_; }
  const InfluenceCache& influence() const { return influence_; }

 private:
  Pruner(ConstTableView Phi, ConstVectorView y, ConstTableView Phi_val, ConstVectorView y_val,
         ConstVectorView val_weight, std::vector<unsigned char> protect, double lambda,
         std::size_t cache_bytes, Team&& team)
      : n_threads_(team.size()),
        protect_(std::move(protect)),
        rows_(Phi, y),
        validation_(Phi_val, y_val, val_weight),
        ridge_(rows_, lambda, team),
        influence_(rows_, Phi_val, cache_bytes),
        search_(rows_, protect_, influence_) {
    for (const unsigned char mark : protect_) n_deletable_ += mark == 0 ? 1 : 0;
    worst_ = validation_.worst(ridge_.weights(), team);
    trace_.loss.push_back(worst_.loss);
  }

  template <class Poll>
  void delete_one(Team& team, Poll& poll) {
    if (ridge_.maintain(rows_, team)) worst_ = validation_.worst(ridge_.weights(), team);
    const Candidate best = search_.best(worst_, ridge_, team, poll);
    if (best.row < 0) throw Overflow{};
    ridge_.remove(rows_, best.row, team);
    --n_deletable_;
    trace_.removed.push_back(best.row);
    trace_.val_index.push_back(worst_.v);
    trace_.delta_loss.push_back(validation_.weight(worst_.v) *
                                representer::deletion_residual(worst_.residual, best.influence));
    worst_ = validation_.worst(ridge_.weights(), team);
    trace_.loss.push_back(worst_.loss);
  }

  int n_threads_;
  std::vector<unsigned char> protect_;
  TrainingRows rows_;
  ValidationRows validation_;
  Ridge ridge_;
  InfluenceCache influence_;
  StreamingSearch search_;
  WorstRow worst_;  // for the present weights
  Trace trace_;
  Index n_deletable_ = 0;
};

}  // namespace paris
