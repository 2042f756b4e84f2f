// The lazy engine: the same deletions as the exhaustive one, without its pass over the data.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "paris/bounds/quantised_residuals.hpp"
#include "paris/bounds/whitening.hpp"
#include "paris/criterion/representer.hpp"
#include "paris/problem/ridge.hpp"
#include "paris/problem/validation_rows.hpp"
#include "paris/search/best_score.hpp"
#include "paris/search/engine.hpp"
#include "paris/search/lazy_worst.hpp"
#include "paris/search/worst_one/copying_working_set.hpp"
#include "paris/search/worst_one/quantised_working_set.hpp"
#include "paris/search/worst_one/row_store.hpp"
#include "paris/support/lru_cache.hpp"
#include "paris/support/team.hpp"
#include "paris/support/types.hpp"

namespace paris {

// argmin_k |r_v + S_vk| by way of working sets: one per validation row that has lately been the
// worst, the least recently used leaves. A deletion evaluates one working set; the store is asked
// for a new one when the weights have left the old one's validity radius or its rows are used up.
class LazySearch {
 public:
  // `cache_bytes` bounds the working sets; at least one is held. They copy their rows if there are
  // no `quantised` rows.
  LazySearch(RowStore& store, const TrainingRows& rows, double lambda, std::size_t cache_bytes,
             QuantisedResiduals* quantised)
      : store_(store),
        rows_(rows),
        lambda_(lambda),
        quantised_(quantised),
        cache_bytes_(cache_bytes),
        evaluation_cost_(16.0 + 0.25 * static_cast<double>(rows.dimension())) {
    const auto most = static_cast<Index>(cache_bytes);
    if (quantised != nullptr) {
      most_wanted_ = most / static_cast<Index>(QuantisedWorkingSet::row_bytes());
      wanted_ = first_wanted;
    } else {
      most_wanted_ = wanted_ = std::min(most, most_bytes) /
                               static_cast<Index>(CopyingWorkingSet::row_bytes(rows.dimension()));
    }
    most_wanted_ = std::max(least_wanted, most_wanted_);
    wanted_ = std::clamp<Index>(wanted_, least_wanted, most_wanted_);
  }

  std::int64_t working_sets_built() const { return working_sets_built_; }
  std::int64_t full_scans() const { return full_scans_; }
  std::int64_t evaluations() const {
    std::int64_t sum = evaluations_of_dropped_;
    for (const auto& [v, entry] : sets_) sum += entry.set->evaluations();
    return sum;
  }

  BestScore best(const WorstRow& worst, const Vector& w, const Trajectory& trajectory, Team& team) {
    Entry& entry = entry_for(worst.v);
    WorkingSet& set = *entry.set;
    if (entry.built) {
      if (set.valid_at(trajectory)) {
        const BestScore best = ask(entry, worst.residual, w, trajectory);
        if (best.value < set.threshold(worst.residual)) return best;
      }
      resize(entry);
    }
    for (int attempt = 0; attempt < 2; ++attempt) {
      // First with the residuals as they are known, then with fresh ones.
      if (attempt == 1) store_.evaluate_all(w, trajectory, team);
      const double work = building_work();
      entry.built = false;
      store_.build(set, worst.residual, entry.best, wanted_, w, trajectory, team);
      entry.built = true;
      entry.cost_of_building = scan_cost * static_cast<double>(rows_.size()) +
                               2.0 * evaluation_cost_ * (building_work() - work);
      entry.cost_of_use = 0.0;
      ++working_sets_built_;
      const BestScore best = ask(entry, worst.residual, w, trajectory);
      if (best.value < set.threshold(worst.residual)) return best;
    }
    // Ties without end, or numbers so bad that bounds say nothing.
    ++full_scans_;
    store_.evaluate_all(w, trajectory, team);
    return store_.best(worst.v, worst.residual, team);
  }

  // The trajectory has been restarted: working sets hold no more.
  void forget() {
    evaluations_of_dropped_ = evaluations();
    sets_.clear();
  }

 private:
  static constexpr Index least_wanted = 256;
  static constexpr Index first_wanted = 4096;
  // Of a working set that copies its rows: what the caches near a core hold. A larger one costs the
  // memory traffic that working sets are there to spare.
  static constexpr Index most_bytes = Index{1} << 21;

  // Rough costs in nanoseconds, for the balance between building working sets and using them.
  // Constants, not measurements: a run must not depend on the clock.
  static constexpr double scan_cost = 1.0;          // a row of the store
  static constexpr double bound_cost = 0.25;        // a row of a working set
  static constexpr double placed_bound_cost = 1.0;  // the same where every row has its place

  struct Entry {
    std::unique_ptr<WorkingSet> set;
    bool built = false;
    double best = std::numeric_limits<double>::infinity();  // the last answer's |r + S|
    double cost_of_building = 0.0, cost_of_use = 0.0;
  };

  std::unique_ptr<WorkingSet> new_working_set(Index v) const {
    if (quantised_ == nullptr) return std::make_unique<CopyingWorkingSet>(v, rows_, lambda_);
    return std::make_unique<QuantisedWorkingSet>(v, rows_, lambda_, *quantised_);
  }

  // In evaluations.
  double building_work() const {
    const auto evaluations = static_cast<double>(store_.evaluations());
    return quantised_ != nullptr ? evaluations + quantised_->work() : evaluations;
  }

  BestScore ask(Entry& entry, double r, const Vector& w, const Trajectory& trajectory) const {
    const double work = entry.set->work();
    const BestScore best = entry.set->best(r, w, trajectory);
    // What a quantised set evaluates does not depend on its size: rows in reach of the best.
    entry.cost_of_use += quantised_ != nullptr
                             ? placed_bound_cost * static_cast<double>(entry.set->size())
                             : bound_cost * static_cast<double>(entry.set->size()) +
                                   evaluation_cost_ * (entry.set->work() - work);
    entry.best = best.value;
    return best;
  }

  // Working sets that cost more to build than to use should be larger, and last longer.
  void resize(const Entry& entry) {
    if (entry.cost_of_building > entry.cost_of_use) {
      wanted_ = std::min(most_wanted_, wanted_ + wanted_ / 2);
    } else if (3.0 * entry.cost_of_building < entry.cost_of_use) {
      wanted_ = std::max(least_wanted, wanted_ - wanted_ / 3);
    }
  }

  Entry& entry_for(Index v) {
    if (Entry* known = sets_.find(v)) return *known;
    Entry& entry = sets_.add(v, Entry{new_working_set(v)});
    drop_what_is_too_much();
    return entry;
  }

  void drop_what_is_too_much() {
    std::size_t bytes = 0;
    for (const auto& [v, entry] : sets_) bytes += entry.set->bytes();
    while (bytes > cache_bytes_ && sets_.size() > 1) {
      const Entry gone = sets_.take_last();
      bytes -= gone.set->bytes();
      evaluations_of_dropped_ += gone.set->evaluations();
    }
  }

  RowStore& store_;
  const TrainingRows& rows_;
  double lambda_;
  QuantisedResiduals* quantised_;
  std::size_t cache_bytes_;
  double evaluation_cost_;
  Index wanted_, most_wanted_;  // rows of a working set
  LruCache<Index, Entry> sets_;
  std::int64_t working_sets_built_ = 0, full_scans_ = 0, evaluations_of_dropped_ = 0;
};

// The deleter's side, for the representer criterion against the one worst row, one output: follows
// the weights, and keeps validation rows and working sets lazily.
class LazyEngine final : public Engine {
 public:
  LazyEngine(const TrainingRows& rows, const ValidationRows& validation, std::size_t cache_bytes,
             const Ridge& ridge, Team& team)
      : validation_(validation),
        w_(ridge.weights().col(0)),
        trajectory_(ridge.lower(), ridge.weights()),
        // A quarter of the cache for working sets, the rest for rows of T; but half of all for
        // quantised rows.
        quantised_(rows.dimension() > longest_copied
                       ? std::make_unique<QuantisedResiduals>(rows, cache_bytes / 2)
                       : nullptr),
        store_(rows, validation.Phi(), ridge.lambda(),
               (cache_bytes - cache_bytes / 4) / (quantised_ != nullptr ? 2 : 1), quantised_.get(),
               w_, trajectory_, team),
        search_(store_, rows, ridge.lambda(), cache_bytes / (quantised_ != nullptr ? 8 : 4),
                quantised_.get()),
        lazy_worst_(validation, 1, trajectory_, team) {}

  Aim aim(const Ridge& ridge, Team& team) override {
    const auto& worst = lazy_worst_.find(ridge.weights(), trajectory_, team);
    worst_ = worst.empty() ? WorstRow{} : worst.front();
    return {worst_.v, worst_.loss};
  }

  Choice best(const Ridge&, Team& team) override {
    const BestScore best = search_.best(worst_, w_, trajectory_, team);
    return {best.choice.row, validation_.weight(worst_.v) * best.choice.delta_loss};
  }

  void changed(const Ridge& ridge, Index k) override {
    w_ = ridge.weights().col(0);
    if (k >= 0) store_.remove(k);
    if (ridge.n_refactorizations() == refactorizations_) {
      trajectory_.moved(ridge.weights());
      return;
    }
    // The row that made it necessary may have held the weights where distances drown in rounding.
    refactorizations_ = ridge.n_refactorizations();
    trajectory_.restart(ridge.weights());
    store_.forget();
    search_.forget();
    lazy_worst_.forget();
  }

  void protect(Index k) override { store_.remove(k); }

  EngineStats stats() const override {
    EngineStats stats;
    stats.rows_evaluated = store_.evaluations() + search_.evaluations();
    stats.validation_rows_evaluated = lazy_worst_.evaluations();
    stats.working_sets_built = search_.working_sets_built();
    stats.full_scans = search_.full_scans();
    stats.cache_hits = store_.influence().hits();
    stats.cache_misses = store_.influence().misses();
    return stats;
  }

 private:
  // Longer rows are quantised where they lie; shorter ones are cheaper to copy, and to evaluate.
  static constexpr Index longest_copied = 256;

  const ValidationRows& validation_;
  Vector w_;  // the present weights
  Trajectory trajectory_;
  std::unique_ptr<QuantisedResiduals> quantised_;
  RowStore store_;
  LazySearch search_;
  LazyWorst lazy_worst_;
  WorstRow worst_;
  Index refactorizations_ = 0;
};

}  // namespace paris
