// The greedy loop: judge, delete, repeat.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "paris/engine.hpp"
#include "paris/lazy.hpp"
#include "paris/representer.hpp"
#include "paris/ridge.hpp"
#include "paris/streaming.hpp"
#include "paris/team.hpp"
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

// The data, as views that must outlive whatever is made of them.
struct Problem {
  ConstTableView Phi;                  // (N, D), C-ordered
  ConstVectorView y;                   // (N,)
  ConstTableView Phi_val;              // (V, D), C-ordered
  ConstVectorView y_val;               // (V,)
  ConstVectorView val_weight;          // (V,) ω >= 0
  std::vector<unsigned char> protect;  // (N,) marks rows that stay
};

struct Options {
  double lambda = 1.0;
  bool lazy = true;
  std::size_t cache_bytes = std::size_t{256} << 20;
  int n_threads = 1;
};

// Greedy deletion by the representer criterion against the worst validation row.
//
// The state is consistent between deletions whatever is thrown: a call of `run` that was cut short
// can be followed by another.
class Pruner {
 public:
  Pruner(Problem problem, const Options& options)
      : Pruner(std::move(problem), options, Team(options.n_threads)) {}

  Pruner(const Pruner&) = delete;
  Pruner& operator=(const Pruner&) = delete;

  // Deletes up to n more rows; returns how many were. Stops early when nothing deletable is left,
  // or as soon as `enough()` holds after a deletion. `poll()` is called often and may throw.
  Index run(Index n, const std::function<bool()>& enough, const Poll& poll) {
    Team team(n_threads_);
    reserve(std::min(n, n_deletable_));
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
  EngineStats stats() const { return engine_->stats(); }
  std::int64_t v_switches() const { return v_switches_; }

 private:
  Pruner(Problem&& problem, const Options& options, Team&& team)
      : problem_(std::move(problem)),
        n_threads_(options.n_threads),
        rows_(problem_.Phi, problem_.y),
        validation_(problem_.Phi_val, problem_.y_val, problem_.val_weight),
        ridge_(rows_, options.lambda, team) {
    if (options.lazy) {
      engine_ = std::make_unique<LazyEngine>(rows_, problem_.Phi, validation_, problem_.Phi_val,
                                             problem_.protect, options.cache_bytes, ridge_, team);
    } else {
      engine_ = std::make_unique<StreamingEngine>(rows_, validation_, problem_.Phi_val,
                                                  problem_.protect, options.cache_bytes);
    }
    n_deletable_ = std::count(problem_.protect.begin(), problem_.protect.end(), 0);
    find_worst(team);
    trace_.loss.push_back(worst_.loss);
  }

  void find_worst(Team& team) {
    worst_ = engine_->worst(ridge_, team);
    if (!std::isfinite(worst_.loss) || worst_.v < 0) throw Overflow{};
  }

  void reserve(Index n) {
    const std::size_t total = trace_.removed.size() + static_cast<std::size_t>(n);
    trace_.removed.reserve(total);
    trace_.val_index.reserve(total);
    trace_.delta_loss.reserve(total);
    trace_.loss.reserve(total + 1);
  }

  void delete_one(Team& team, const Poll& poll) {
    if (ridge_.maintain(rows_, team)) {
      engine_->changed(ridge_, -1);
      find_worst(team);
    }
    const Candidate best = engine_->best(worst_, ridge_, team, poll);
    if (best.row < 0) throw Overflow{};  // no finite value among them
    ridge_.remove(rows_, best.row, team);
    engine_->changed(ridge_, best.row);
    --n_deletable_;
    trace_.removed.push_back(best.row);
    trace_.val_index.push_back(worst_.v);
    trace_.delta_loss.push_back(validation_.weight(worst_.v) *
                                representer::deletion_residual(worst_.residual, best.influence));
    const Index v = worst_.v;
    find_worst(team);
    v_switches_ += worst_.v != v ? 1 : 0;
    trace_.loss.push_back(worst_.loss);
  }

  Problem problem_;
  int n_threads_;
  TrainingRows rows_;
  ValidationRows validation_;
  Ridge ridge_;
  std::unique_ptr<Engine> engine_;
  WorstRow worst_;  // for the present weights
  Trace trace_;
  Index n_deletable_ = 0;
  std::int64_t v_switches_ = 0;
};

}  // namespace paris
