// The lazy engine for every criterion and objective.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "paris/bounds/whitening.hpp"
#include "paris/criterion/leverages.hpp"
#include "paris/criterion/scorer.hpp"
#include "paris/search/engine.hpp"
#include "paris/search/lazy_worst.hpp"
#include "paris/search/score_table.hpp"
#include "paris/support/blocks.hpp"
#include "paris/support/dot.hpp"
#include "paris/support/lru_cache.hpp"
#include "paris/support/rounding.hpp"

namespace paris {

// Keeps a table of stale scores for every set of validation rows that has lately been aimed at (one
// for the mean); the least recently used leaves. Its part is to say how far things have moved:
// since an epoch began, which for refit is when `Leverages` was refreshed. Number is what tables
// bound scores in.
template <class Number>
class LazyScores final : public Engine {
 public:
  // `cache_bytes` bounds the tables; at least one is held.
  LazyScores(const TrainingRows& rows, const ValidationRows& validation, const Scoring& scoring,
             std::size_t cache_bytes, const Ridge& ridge, Team& team)
      : rows_(rows),
        validation_(validation),
        scorer_(rows, validation, scoring, ridge, team),
        panels_(std::in_place, rows, ridge.lower(), team),
        max_tables_(std::max<std::size_t>(1, cache_bytes / Table::bytes(rows))),
        epoch_length_(Leverages::interval(rows.dimension())) {
    if (!scoring.mean()) {
      worst_trajectory_.emplace(ridge.lower(), ridge.weights());
      lazy_worst_.emplace(validation, scoring.n_worst, *worst_trajectory_, team);
    }
    if (scorer_.refit()) {
      begin_epoch(ridge, team);
      return;
    }
    refactorizations_ = ridge.n_refactorizations();
    whitening_.emplace(ridge.lower());
    lengths_ = whitening_->lengths(rows.Phi(), team);
    metric_.gain_is_root_q = !scorer_.mean();
    if (scorer_.mean()) {
      gains_ = whitening_->lengths(rows.Phi(), team, &scorer_.mean_loss().M());
    }
    measure_slots();
  }

  Aim aim(const Ridge& ridge, Team& team) override {
    scorer_.settle(ridge, team);
    follow(ridge, team);
    if (scorer_.mean()) {
      scorer_.aim(ridge);
      return {-1, scorer_.mean_loss().loss()};
    }
    const auto& worst = lazy_worst_->find(ridge.weights(), *worst_trajectory_, team);
    scorer_.aim(ridge, worst);
    return worst.empty() ? Aim{} : Aim{worst.front().v, scorer_.base()};
  }

  Choice best(const Ridge& ridge, Team& team) override {
    const ScorePlace place = here(ridge);
    if (!renewed_ && scorer_.refit()) {
      for (auto& [aimed_at, table] : tables_) {
        table.renew(*scorer_.leverages(), form_scale(), place);
      }
    }
    renewed_ = true;
    return table().best(scorer_, metric_, place, team);
  }

  void changed(const Ridge& ridge, Index k) override {
    scorer_.changed(ridge, k >= 0);
    if (worst_trajectory_) worst_trajectory_->moved(ridge.weights());
    if (k < 0) return;
    protect(k);
    ++removals_;
    grown_ = false;
  }

  void protect(Index k) override {
    const Index slot = panels_->slot(k);
    if (slot < 0) return;
    for (auto& [aimed_at, table] : tables_) table.drop(slot);
  }

  EngineStats stats() const override {
    EngineStats stats = stats_of_dropped_;
    for (const auto& [aimed_at, table] : tables_) table.add_to(stats);
    stats.cache_hits = hits_;
    stats.cache_misses = misses_;
    if (lazy_worst_) stats.validation_rows_evaluated = lazy_worst_->evaluations();
    return stats;
  }

 private:
  using Table = ScoreTable<Number>;

  // Makes up for what the ridge has done since the last call.
  void follow(const Ridge& ridge, Team& team) {
    if (epoch_is_over(ridge)) {
      begin_epoch(ridge, team);
    } else if (!grown_ && scorer_.refit()) {
      grow(ridge);
    }
    grown_ = true;
  }

  // A rebuilt ridge begins one as well: the row that made it necessary may have held the weights
  // where distances drown in rounding.
  bool epoch_is_over(const Ridge& ridge) const {
    if (scorer_.refit()) return epoch_ != scorer_.leverages()->epoch();
    return removals_ >= epoch_length_ || refactorizations_ != ridge.n_refactorizations();
  }

  // For refit right after `Leverages` was refreshed: L₀ is the present factor and ‖L₀⁻¹φ‖² = h. An
  // interrupt leaves it to be begun again.
  void begin_epoch(const Ridge& ridge, Team& team) {
    const bool shrunk = 4 * rows_.n_deletable() < 3 * panels_->n_slots();
    const bool rebuilt = refactorizations_ != ridge.n_refactorizations();
    // For worst, q is that of directions that the epoch has moved.
    const bool lasting = !scorer_.refit() || scorer_.mean();
    if (shrunk || rebuilt || !lasting) {
      for (const auto& [aimed_at, table] : tables_) table.add_to(stats_of_dropped_);
      tables_.clear();
      longest_weights_ = longest_directions_ = 0.0;
    }
    if (shrunk) *panels_ = QuantisedPanels(rows_, ridge.lower([&] { team.poll(); }), team);
    if (worst_trajectory_ && rebuilt) {
      worst_trajectory_->restart(ridge.weights());
      lazy_worst_->forget();
    }
    if (scorer_.refit()) {
      measure_leverages(ridge, team);
    } else if (shrunk) {
      measure_slots();
    }
    epoch_ = scorer_.refit() ? scorer_.leverages()->epoch() : 0;
    refactorizations_ = ridge.n_refactorizations();
    removals_ = 0;
    renewed_ = false;
  }

  void measure_leverages(const Ridge& ridge, Team& team) {
    whitening_.emplace(ridge.lower([&] { team.poll(); }));
    kernel_.setZero(rows_.dimension(), rows_.dimension());
    trace_ = kernel_squared_ = 0.0;
    metric_.lengths = by_slot(
        [&](Index k) { return rounded_up(std::sqrt(scorer_.leverages()->h(k)) * (1.0 + 1e-6)); });
    if (scorer_.mean()) mean_form_ = largest_form(ridge.lower(), scorer_.mean_loss().M(), team);
  }

  template <class Value>
  std::vector<float> by_slot(Value&& value) const {
    std::vector<float> out(static_cast<std::size_t>(panels_->n_panels() * QuantisedPanels::lanes));
    for (Index slot = 0; slot < panels_->n_slots(); ++slot) {
      out[static_cast<std::size_t>(slot)] = value(panels_->row(slot));
    }
    return out;
  }

  // For the representer criterion, whose L₀ stays.
  void measure_slots() {
    metric_.lengths = by_slot([&](Index k) { return lengths_[static_cast<std::size_t>(k)]; });
    if (gains_.empty()) return;
    metric_.gains = by_slot([&](Index k) { return gains_[static_cast<std::size_t>(k)]; });
  }

  // A bound on the largest eigenvalue of L⁻¹ML⁻ᵀ, from the fourth power. Cost D³.
  static double largest_form(const Matrix& L, const Matrix& M, Team& team) {
    const auto for_columns = [&](Matrix& of, auto&& task) {
      Blocks(of.cols(), 64).for_each(team, [&](const Block& block) {
        auto columns = of.middleCols(block.begin, block.size());
        task(block.begin, columns);
      });
    };
    const auto solve = [&](Index, auto& columns) {
      L.triangularView<Eigen::Lower>().solveInPlace(columns);
    };
    Matrix B = M;
    for_columns(B, solve);
    B.transposeInPlace();
    for_columns(B, solve);
    const double scale = B.norm();
    if (scale == 0.0) return 0.0;
    B /= scale;
    Matrix squared(B.rows(), B.cols());
    for (int i = 0; i < 2; ++i) {
      for_columns(squared, [&](Index first, auto& columns) {
        columns.noalias() = B * B.middleCols(first, columns.cols());
      });
      B.swap(squared);
    }
    return scale * std::pow(B.norm(), 0.25) * (1.0 + 1e-6);
  }

  // K ← K + x xᵀ with x = L₀ᵀu/√(1 − h). Cost 3 D².
  void grow(const Ridge& ridge) {
    const double root = std::sqrt(ridge.last_complement());
    direction_ = ridge.last_direction() / root;
    step_.resize(direction_.rows(), 1);
    whitening_->image(direction_, step_);
    const auto x = step_.col(0);
    image_.noalias() = kernel_.selfadjointView<Eigen::Lower>() * x;
    const double squared = x.squaredNorm();
    kernel_squared_ += 2.0 * x.dot(image_) + squared * squared;
    trace_ += squared;
    kernel_.selfadjointView<Eigen::Lower>().rankUpdate(x);
  }

  ScorePlace here(const Ridge& ridge) {
    ScorePlace place;
    place.W = ridge.weights();
    place.weights.resize(rows_.dimension(), rows_.outputs());
    whitening_->image(place.W, place.weights);
    longest_weights_ = std::max(longest_weights_, place.W.norm());
    place.weight_error = whitening_->error(longest_weights_);
    place.rounding_e = dot_error(rows_.dimension()) * longest_weights_;
    place.trace = trace_;
    place.kernel = std::sqrt(std::max(0.0, kernel_squared_)) * (1.0 + 1e-9);
    set_directions(place);
    return place;
  }

  // c with b = cᵀφ, and what the distance of two such is measured by.
  void set_directions(ScorePlace& place) {
    const Matrix& directions = scorer_.directions();
    double size = directions.norm();
    if (scorer_.mean()) {
      place.c = directions;
    } else {
      size = 0.0;
      place.c.setZero(rows_.dimension(), rows_.outputs());
      for (Index i = 0; i < directions.cols(); ++i) {
        const double omega = scorer_.omega()[static_cast<std::size_t>(i)];
        const auto r = scorer_.residuals().col(i);
        place.c += directions.col(i) * (omega * r.transpose());
        size += omega * r.norm() * directions.col(i).norm();
      }
    }
    longest_directions_ = std::max(longest_directions_, size);
    place.rounding_b = dot_error(rows_.dimension()) * longest_directions_;
    if (scorer_.refit()) {
      place.directions.resize(rows_.dimension(), rows_.outputs());
      whitening_->image(place.c, place.directions);
      place.direction_error = whitening_->error(longest_directions_);
    } else if (scorer_.mean()) {
      const Matrix& M = scorer_.mean_loss().M();
      place.offset = place.c;
      place.offset.noalias() += M * place.W;
      const double of_offset =
          dot_error(rows_.dimension()) * (longest_directions_ + M.norm() * longest_weights_);
      place.offset_scale = whitening_->factor_norm();
      place.offset_error = 2.0 * place.offset_scale * (of_offset + place.rounding_b);
    } else {
      place.directions = scorer_.residuals();
      for (Index i = 0; i < place.directions.cols(); ++i) {
        place.directions.col(i) *= std::sqrt(scorer_.omega()[static_cast<std::size_t>(i)]);
      }
    }
  }

  // μ with |Δ√q| <= μ ‖L₀⁻¹φ‖ growth: a bound on the norm of M^{1/2}L₀⁻ᵀ.
  double form_scale() {
    if (!scorer_.refit()) return 0.0;
    if (scorer_.mean()) return std::sqrt(mean_form_);
    double sum = 0.0;
    for (std::size_t i = 0; i < scorer_.aimed_at().size(); ++i) {
      sum +=
          scorer_.omega()[i] * whitening_->squared_length(validation_.phi(scorer_.aimed_at()[i]));
    }
    return std::sqrt(sum) * (1.0 + 1e-6);
  }

  Table& table() {
    const std::vector<Index>& key = scorer_.aimed_at();
    if (Table* known = tables_.find(key)) {
      ++hits_;
      return *known;
    }
    ++misses_;
    if (tables_.size() == max_tables_) tables_.take_last().add_to(stats_of_dropped_);
    return tables_.add(key, Table(rows_, *panels_, key.size(), form_scale()));
  }

  const TrainingRows& rows_;
  const ValidationRows& validation_;
  Scorer scorer_;
  std::optional<Trajectory> worst_trajectory_;
  std::optional<LazyWorst> lazy_worst_;
  std::optional<Whitening> whitening_;
  std::vector<float> lengths_, gains_;  // (N,), for the representer criterion
  ScoreMetric metric_;
  std::optional<QuantisedPanels> panels_;
  std::size_t max_tables_;
  Index epoch_length_, removals_ = 0;
  std::int64_t epoch_ = 0;
  Index refactorizations_ = 0;
  bool grown_ = true;                          // K knows of the last removal
  bool renewed_ = true;                        // tables know of the last epoch
  double mean_form_ = 0.0;                     // a bound on the largest eigenvalue of L₀⁻¹ML₀⁻ᵀ
  Matrix kernel_;                              // K of `ScorePlace`, lower triangle
  double trace_ = 0.0, kernel_squared_ = 0.0;  // tr K, ‖K‖²
  Matrix direction_, step_;
  Vector image_;
  double longest_weights_ = 0.0, longest_directions_ = 0.0;
  LruCache<std::vector<Index>, Table> tables_;  // by the validation rows aimed at
  EngineStats stats_of_dropped_;
  std::int64_t hits_ = 0, misses_ = 0;
};

}  // namespace paris
