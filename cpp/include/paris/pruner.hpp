// The greedy loop: score, delete, repeat.
#pragma once

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "paris/criterion/scoring.hpp"
#include "paris/problem/quadratic_loss.hpp"
#include "paris/problem/quotas.hpp"
#include "paris/problem/ridge.hpp"
#include "paris/problem/training_rows.hpp"
#include "paris/problem/validation_rows.hpp"
#include "paris/problem/watched_loss.hpp"
#include "paris/search/engine.hpp"
#include "paris/search/engine_choice.hpp"
#include "paris/search/exhaustive.hpp"
#include "paris/search/lazy_scores.hpp"
#include "paris/search/worst_one/lazy.hpp"
#include "paris/support/team.hpp"
#include "paris/support/types.hpp"

namespace paris {

// What was deleted, in order; one entry a deletion, and one more of the losses (before the first).
struct Trace {
  std::vector<std::int64_t> removed;
  std::vector<std::int64_t> val_index;
  std::vector<double> delta_loss;
  std::vector<double> loss;
  std::vector<double> monitor_loss;  // empty without a monitor
};

// Thrown when every candidate's residual overflows.
struct Overflow {};

// Rows with targets and weights, as views that must outlive whatever is made of them.
struct Table {
  ConstTableView Phi;      // (V, D), C-ordered
  ConstTableView y;        // (V, C), C-ordered
  ConstVectorView weight;  // (V,) ω >= 0
};

struct Problem {
  ConstTableView Phi;                  // (N, D), C-ordered
  ConstTableView y;                    // (N, C), C-ordered
  Table validation;                    // steers
  std::optional<Table> monitor;        // is only watched
  std::vector<unsigned char> protect;  // (N,) marks rows that stay
  std::vector<std::int64_t> strata;    // (N,) or empty: the stratum of every row, from 0 on,
  std::vector<std::int64_t> quotas;    // and how many rows each must keep
};

// When to stop short of the number of deletions asked for.
struct Limits {
  double ceiling = std::numeric_limits<double>::infinity();  // no deletion with a ΔL above it
  double floor = -std::numeric_limits<double>::infinity();  // none once the loss has come down here
  // So many deletions since the monitor's loss first was within `tolerance` of its least so far,
  // relatively; and at least this share of all deletions.
  Index patience = std::numeric_limits<Index>::max();
  double share = 0.0, tolerance = 0.0;
};

enum class Ending { completed, exhausted, stalled, converged, out_of_patience };

struct Options {
  double lambda = 1.0;
  Scoring scoring;
  EngineRequest engine = EngineRequest::automatic;
  std::size_t cache_bytes = std::size_t{256} << 20;
  int n_threads = 1;
};

// Greedy deletion.
//
// A `poll` may throw and cut a call short at nearly any time. A deletion has then happened or not;
// if it has, what the losses are after it may be left to find out for the next call, or for
// `settle`. Whoever goes on gets the same deletions, to the last bit.
class Pruner {
 public:
  Pruner(Problem problem, const Options& options, const Poll& poll = {})
      : Pruner(std::move(problem), options, Team(options.n_threads, poll)) {}

  Pruner(const Pruner&) = delete;
  Pruner& operator=(const Pruner&) = delete;

  // Deletes up to n more rows, fewer if nothing deletable is left, a limit is met, or `enough()`
  // holds after a deletion; `ending` then tells.
  Index run(Index n, const std::function<bool()>& enough, const Poll& poll,
            const Limits& limits = {}) {
    Team team(n_threads_, poll);
    settle(team);
    reserve(std::min(n, rows_.n_deletable()));
    ending_ = Ending::completed;
    Index done = 0;
    while (done < n && ending_ == Ending::completed) {
      team.poll();
      if (rows_.n_deletable() == 0) {
        ending_ = Ending::exhausted;
      } else if (const Ending met = met_by(limits); met != Ending::completed) {
        ending_ = met;
      } else if (!delete_one(limits.ceiling, team)) {
        ending_ = Ending::stalled;
      } else {
        ++done;
        ending_ = met_by(limits);
        if (ending_ == Ending::completed && enough()) break;
      }
    }
    return done;
  }

  // Deletes rows that an earlier run on the same data chose, in its order, without a search; the
  // state is then what it was after them. Returns how many: fewer if one may not be deleted.
  Index replay(const std::vector<Choice>& choices, const Poll& poll) {
    Team team(n_threads_, poll);
    settle(team);
    reserve(std::min(static_cast<Index>(choices.size()), rows_.n_deletable()));
    Index done = 0;
    for (const Choice& choice : choices) {
      team.poll();
      if (choice.row < 0 || choice.row >= rows_.size() || !rows_.deletable(choice.row)) break;
      maintain(team);
      take(choice, team);
      ++done;
    }
    return done;
  }

  // After this there is a loss for every deletion in the trace.
  void settle(const Poll& poll) {
    Team team(n_threads_, poll);
    settle(team);
  }

  // Also while another thread is in `run`.
  Index n_removed() const { return n_removed_.load(); }

  // Why the last run was over.
  Ending ending() const { return ending_; }
  const Trace& trace() const { return trace_; }
  const Ridge& ridge() const { return ridge_; }
  EngineStats stats() const { return engine_->stats(); }
  std::int64_t v_switches() const { return v_switches_; }

 private:
  Pruner(Problem&& problem, const Options& options, Team&& team)
      : n_threads_(options.n_threads),
        rows_(problem.Phi, problem.y, problem.protect),
        validation_(problem.validation.Phi, problem.validation.y, problem.validation.weight),
        quotas_(std::move(problem.strata), problem.quotas),
        ridge_(rows_, options.lambda, team) {
    engine_ = make_engine(options, team);
    quotas_.for_each_full([&](Index k) { protect(k); });
    if (problem.monitor) {
      monitor_rows_.emplace(problem.monitor->Phi, problem.monitor->y, problem.monitor->weight);
      monitor_.emplace(*monitor_rows_, ridge_.weights(), team);
    }
    settle(team);
    if (!std::isfinite(aim_.loss)) throw Overflow{};
  }

  std::unique_ptr<Engine> make_engine(const Options& options, Team& team) {
    const ProblemShape shape{rows_.size(), rows_.dimension(), rows_.outputs()};
    switch (engine_for(options.engine, options.scoring, shape)) {
      case EngineKind::exhaustive:
        return std::make_unique<ExhaustiveEngine>(rows_, validation_, options.scoring, ridge_,
                                                  team);
      case EngineKind::worst_one:
        return std::make_unique<LazyEngine>(rows_, validation_, options.cache_bytes, ridge_, team);
      case EngineKind::lazy:
        break;
    }
    if (options.scoring.mean()) return make_lazy<float>(options, team);
    return make_lazy<double>(options, team);
  }

  template <class Number>
  std::unique_ptr<Engine> make_lazy(const Options& options, Team& team) {
    return std::make_unique<LazyScores<Number>>(rows_, validation_, options.scoring,
                                                options.cache_bytes, ridge_, team);
  }

  void protect(Index k) {
    if (!rows_.deletable(k)) return;
    rows_.protect(k);
    engine_->protect(k);
  }

  // The limit that the losses have met.
  Ending met_by(const Limits& limits) {
    if (trace_.loss.back() <= limits.floor) return Ending::converged;
    if (!monitor_) return Ending::completed;
    const auto removed = static_cast<Index>(trace_.removed.size());
    const Index waited = removed - watched_.first_near_least(trace_.monitor_loss, limits.tolerance);
    const bool impatient =
        waited >= limits.patience &&
        static_cast<double>(waited) >= limits.share * static_cast<double>(removed);
    return impatient ? Ending::out_of_patience : Ending::completed;
  }

  void reserve(Index n) {
    const std::size_t total = trace_.removed.size() + static_cast<std::size_t>(n);
    trace_.removed.reserve(total);
    trace_.val_index.reserve(total);
    trace_.delta_loss.reserve(total);
    trace_.loss.reserve(total + 1);
    if (monitor_) trace_.monitor_loss.reserve(total + 1);
  }

  // False if the best deletion is above the ceiling.
  bool delete_one(double ceiling, Team& team) {
    maintain(team);
    const Choice best = engine_->best(ridge_, team);
    if (best.row < 0) throw Overflow{};  // no finite value among them
    if (best.delta_loss > ceiling) return false;
    take(best, team);
    return true;
  }

  void maintain(Team& team) {
    if (!std::isfinite(aim_.loss)) throw Overflow{};
    if (!ridge_.maintain(rows_, team)) return;
    engine_->changed(ridge_, -1);
    aimed_ = false;
    settle(team);
  }

  void take(const Choice& choice, Team& team) {
    ridge_.remove(rows_, choice.row, team);
    engine_->changed(ridge_, choice.row);
    if (monitor_) monitor_->move_to(ridge_.weights());
    trace_.removed.push_back(choice.row);
    trace_.val_index.push_back(aim_.v);
    trace_.delta_loss.push_back(choice.delta_loss);
    quotas_.removed(choice.row, [&](Index k) { protect(k); });
    ++n_removed_;
    aimed_ = false;
    settle(team);
  }

  // Finds out what the last change has done. Every part of it can be called again if cut short.
  void settle(Team& team) {
    if (aimed_) return;
    const std::size_t n_losses = trace_.removed.size() + 1;
    if (monitor_ && trace_.monitor_loss.size() < n_losses) {
      monitor_->settle(ridge_.weights(), team);
      trace_.monitor_loss.push_back(monitor_->loss());
    }
    const Aim aim = engine_->aim(ridge_, team);
    if (trace_.loss.size() < n_losses) {
      v_switches_ += !trace_.loss.empty() && aim.v != aim_.v ? 1 : 0;
      trace_.loss.push_back(aim.loss);
    }
    aim_ = aim;
    aimed_ = true;
  }

  int n_threads_;
  TrainingRows rows_;
  ValidationRows validation_;
  Quotas quotas_;
  Ridge ridge_;
  std::unique_ptr<Engine> engine_;
  std::optional<ValidationRows> monitor_rows_;
  std::optional<QuadraticLoss> monitor_;
  Aim aim_;             // for the present weights,
  bool aimed_ = false;  // if this holds
  Trace trace_;
  std::atomic<Index> n_removed_{0};
  Ending ending_ = Ending::completed;
  WatchedLoss watched_;
  std::int64_t v_switches_ = 0;
};

}  // namespace paris
