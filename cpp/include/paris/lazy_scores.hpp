// The lazy engine for every criterion and objective.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <list>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "paris/engine.hpp"
#include "paris/lazy_worst.hpp"
#include "paris/score_table.hpp"
#include "paris/scorer.hpp"
#include "paris/whitening.hpp"

namespace paris {

// Keeps a table of stale scores for every set of validation rows that has lately been aimed at (one
// for the mean); the least recently used leaves. Its part is to say how far things have moved:
// since an epoch began, which for refit is when `Leverages` was refreshed. Tables do not outlive an
// epoch.
class LazyScores final : public Engine {
 public:
  // `cache_bytes` bounds the tables; at least one is held.
  LazyScores(const TrainingRows& rows, const ValidationRows& validation, Criterion criterion,
             Objective objective, Index n_worst, std::size_t cache_bytes, const Ridge& ridge,
             Team& team)
      : rows_(rows),
        validation_(validation),
        scorer_(rows, validation, criterion, objective, ridge, team),
        max_tables_(std::max<std::size_t>(1, cache_bytes / ScoreTable::bytes(rows.size()))),
        epoch_length_(std::clamp<Index>(rows.dimension(), 256, 4096)) {
    if (objective == Objective::worst) {
      worst_trajectory_.emplace(ridge.lower(), ridge.weights());
      lazy_worst_.emplace(validation, n_worst, *worst_trajectory_, team);
    }
    if (scorer_.refit()) return;
    whitening_.emplace(ridge.lower());
    metric_.lengths = whitening_->lengths(rows.Phi(), team);
    metric_.gain_is_root_q = !scorer_.mean();
    if (scorer_.mean()) {
      metric_.gains = whitening_->lengths(rows.Phi(), team, &scorer_.mean_loss().M());
    }
  }

  Aim aim(const Ridge& ridge, Team& team) override {
    if (scorer_.mean()) {
      scorer_.aim(ridge);
      return {-1, scorer_.mean_loss().loss()};
    }
    const auto& worst = lazy_worst_->find(ridge.weights(), *worst_trajectory_, team);
    scorer_.aim(ridge, worst);
    return worst.empty() ? Aim{} : Aim{worst.front().v, scorer_.base()};
  }

  Choice best(const Ridge& ridge, Team& team, const Poll& poll) override {
    if (epoch_is_over()) begin_epoch(ridge);
    return table().best(scorer_, metric_, here(ridge), team, poll);
  }

  void changed(const Ridge& ridge, Index k, Team& team) override {
    scorer_.changed(ridge, k >= 0, team);
    if (worst_trajectory_) worst_trajectory_->moved(ridge.weights());
    if (k < 0) return;
    ++removals_;
    log_growth_ -= ridge.last_slack() > 0.0 ? std::log(ridge.last_slack()) : 0.0;
  }

  void protect(Index) override {}

  EngineStats stats() const override {
    EngineStats stats = stats_of_dropped_;
    for (const Entry& entry : recent_) add(entry.table, stats);
    stats.cache_hits = hits_;
    stats.cache_misses = misses_;
    if (lazy_worst_) stats.validation_rows_looked_at = lazy_worst_->looks();
    return stats;
  }

 private:
  struct Entry {
    std::vector<Index> key;  // the validation rows aimed at
    ScoreTable table;
  };

  bool epoch_is_over() const {
    return scorer_.refit() ? epoch_ != scorer_.leverages()->epoch() : removals_ >= epoch_length_;
  }

  // For refit right after `Leverages` was refreshed: L₀ is the present factor and ‖L₀⁻¹φ‖² = h.
  void begin_epoch(const Ridge& ridge) {
    for (const Entry& entry : recent_) add(entry.table, stats_of_dropped_);
    recent_.clear();
    where_.clear();
    removals_ = 0;
    log_growth_ = 0.0;
    longest_weights_ = longest_directions_ = 0.0;
    if (!scorer_.refit()) return;
    epoch_ = scorer_.leverages()->epoch();
    whitening_.emplace(ridge.lower());
    metric_.lengths.resize(static_cast<std::size_t>(rows_.size()));
    for (Index k = 0; k < rows_.size(); ++k) {
      metric_.lengths[static_cast<std::size_t>(k)] =
          static_cast<float>(std::sqrt(scorer_.leverages()->h(k)) * (1.0 + 1e-6));
    }
    if (scorer_.mean()) form_scale_ = std::sqrt(largest_form(ridge.lower()));
  }

  // A bound on the largest eigenvalue of L⁻¹ML⁻ᵀ. Cost D³.
  double largest_form(const Matrix& L) const {
    Matrix B = scorer_.mean_loss().M();
    L.triangularView<Eigen::Lower>().solveInPlace(B);
    B.transposeInPlace();
    L.triangularView<Eigen::Lower>().solveInPlace(B);
    return std::min(B.norm(), B.cwiseAbs().colwise().sum().maxCoeff()) * (1.0 + 1e-6);
  }

  ScorePlace here(const Ridge& ridge) {
    ScorePlace place;
    place.weights.resize(rows_.dimension(), rows_.outputs());
    whitening_->image(ridge.weights(), place.weights);
    longest_weights_ = std::max(longest_weights_, ridge.weights().norm());
    place.weight_slack = whitening_->slack(longest_weights_);
    place.log_growth = log_growth_;
    if (scorer_.refit()) {
      set_directions(place);
    } else if (!scorer_.mean()) {
      place.directions = scorer_.residuals();
      for (Index i = 0; i < place.directions.cols(); ++i) {
        place.directions.col(i) *= std::sqrt(scorer_.omega()[static_cast<std::size_t>(i)]);
      }
    }
    return place;
  }

  // The image of c with b = φᵀc, and a bound for q.
  void set_directions(ScorePlace& place) {
    const Matrix& directions = scorer_.directions();
    place.directions.resize(rows_.dimension(), rows_.outputs());
    double size = directions.norm();
    if (scorer_.mean()) {
      whitening_->image(directions, place.directions);
      place.form_scale = form_scale_ * std::exp(0.5 * log_growth_);
    } else {
      size = 0.0;
      double sum = 0.0;
      weighted_.setZero(rows_.dimension(), rows_.outputs());
      for (Index i = 0; i < directions.cols(); ++i) {
        const double omega = scorer_.omega()[static_cast<std::size_t>(i)];
        const auto r = scorer_.residuals().col(i);
        weighted_ += directions.col(i) * (omega * r.transpose());
        size += omega * r.norm() * directions.col(i).norm();
        const ConstVectorView phi(validation_.phi(scorer_.aimed_at()[static_cast<std::size_t>(i)]),
                                  rows_.dimension());
        sum += omega * std::max(0.0, phi.dot(directions.col(i)));
      }
      whitening_->image(weighted_, place.directions);
      place.form_scale = std::sqrt(sum);
    }
    longest_directions_ = std::max(longest_directions_, size);
    place.direction_slack = whitening_->slack(longest_directions_);
  }

  ScoreTable& table() {
    const std::vector<Index>& key = scorer_.aimed_at();
    const auto found = where_.find(key);
    if (found != where_.end()) {
      ++hits_;
      recent_.splice(recent_.begin(), recent_, found->second);
      return recent_.front().table;
    }
    ++misses_;
    if (recent_.size() == max_tables_) {
      add(recent_.back().table, stats_of_dropped_);
      where_.erase(recent_.back().key);
      recent_.pop_back();
    }
    recent_.push_front(Entry{key, ScoreTable(rows_, rows_.outputs())});
    where_[key] = recent_.begin();
    return recent_.front().table;
  }

  static void add(const ScoreTable& table, EngineStats& stats) {
    stats.rows_looked_at += table.looks();
    stats.fronts_built += table.fronts_built();
    stats.full_scans += table.full_scans();
  }

  const TrainingRows& rows_;
  const ValidationRows& validation_;
  Scorer scorer_;
  std::optional<Trajectory> worst_trajectory_;
  std::optional<LazyWorst> lazy_worst_;
  std::optional<Whitening> whitening_;
  ScoreMetric metric_;
  std::size_t max_tables_;
  Index epoch_length_, removals_ = 0;
  std::int64_t epoch_ = 0;
  double log_growth_ = 0.0, form_scale_ = 0.0;
  double longest_weights_ = 0.0, longest_directions_ = 0.0;
  Matrix weighted_;
  std::list<Entry> recent_;  // front: most recently used
  std::map<std::vector<Index>, std::list<Entry>::iterator> where_;
  EngineStats stats_of_dropped_;
  std::int64_t hits_ = 0, misses_ = 0;
};

}  // namespace paris
