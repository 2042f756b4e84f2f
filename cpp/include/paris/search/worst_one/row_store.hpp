// The owner of the training rows: stale residuals with rigorous bounds, and working sets made from
// them.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "paris/bounds/quantised_residuals.hpp"
#include "paris/bounds/sampled_level.hpp"
#include "paris/bounds/whitening.hpp"
#include "paris/criterion/representer.hpp"
#include "paris/problem/training_rows.hpp"
#include "paris/search/worst_one/influence.hpp"
#include "paris/search/worst_one/working_set.hpp"
#include "paris/support/blocks.hpp"
#include "paris/support/rounding.hpp"
#include "paris/support/types.hpp"

namespace paris {

// Everything that touches all rows. The deleter asks it for a working set and otherwise never needs
// the table: a store may as well be a memory-mapped file (rows are read in blocks, working sets
// copy theirs) or a shard.
//
// For row k it keeps the residual e_k as of the last evaluation, and which weights that was for, so
// that at other weights |S_vk − T_vk e_k / λ| <= |T_vk| ‖L₀⁻¹φ_k‖ distance / λ. Memory: 13 bytes a
// row, or 17 with quantised copies, and the cached rows of T.
class RowStore {
 public:
  RowStore(const TrainingRows& rows, const ConstTableView& Phi_val, double lambda,
           std::size_t cache_bytes, QuantisedResiduals* quantised, const Vector& w,
           const Trajectory& trajectory, Team& team)
      : rows_(rows),
        lambda_(lambda),
        quantised_(quantised),
        blocks_(rows.size(), 4096),
        influence_(rows, Phi_val, cache_bytes),
        length_(trajectory.whitening().lengths(rows.Phi(), team)),
        residual_(static_cast<std::size_t>(rows.size())),
        error_(quantised == nullptr ? 0 : residual_.size()),
        seen_(residual_.size()),
        found_(static_cast<std::size_t>(blocks_.count())),
        n_deletable_(rows.n_deletable()) {
    for (Index k = 0; k < rows.size(); ++k) {
      residual_[static_cast<std::size_t>(k)] = rows.deletable(k) ? 0.0 : gone;
    }
    places_.reserve(max_places);
    for (std::size_t i = 0; i < max_places; ++i) places_.emplace_back(Vector::Zero(w.size()));
    evaluate_all(w, trajectory, team);
    first_radius_ = 16.0 * typical_step();
  }

  const InfluenceCache& influence() const { return influence_; }
  std::int64_t evaluations() const { return evaluations_; }

  // The trajectory has been restarted: nothing that was known of the rows holds any more.
  void forget() { complete_ = false; }

  // Row k has been removed, or must stay from now on.
  void remove(Index k) {
    residual_[static_cast<std::size_t>(k)] = gone;
    --n_deletable_;
  }

  // Fresh residuals for all rows. Cost N D.
  void evaluate_all(const Vector& w, const Trajectory& trajectory, Team& team) {
    complete_ = false;  // an interrupt half-way leaves residuals of two times
    blocks_.for_each(team, [&](const Block& block) {
      for (Index k = block.begin; k < block.end; ++k) {
        rows_.prefetch_beyond(k);
        double& e = residual_[static_cast<std::size_t>(k)];
        if (!std::isnan(e)) e = rows_.residual(k, w.data());
      }
    });
    std::fill(seen_.begin(), seen_.end(), std::uint8_t{0});
    std::fill(error_.begin(), error_.end(), 0.0f);
    places_[0] = trajectory.image();
    n_places_ = 1;
    evaluations_ += n_deletable_;
    complete_ = true;
  }

  // The best of all rows, which must have been evaluated at the present weights. Cost N.
  BestScore best(Index v, double r, Team& team) {
    const std::vector<double>& T_v = influence_.row(v, team);
    BestScore best;
    for (Index k = 0; k < rows_.size(); ++k) {
      const auto at = static_cast<std::size_t>(k);
      const double s = representer::influence(T_v[at], residual_[at], lambda_);
      best.offer(scored(k, r, s));  // never the best where the residual is NaN
    }
    return best;
  }

  // Fills `set` with about `wanted` rows, or with all that are left if that is not many more, and
  // chooses its validity radius: as far as leaves the level half-way between `best`, which is about
  // what the next deletion will score, and where it would be with no validity radius at all. Cost:
  // a pass over T_v and the bounds, and D for every row of the working set; rows that turn out to
  // have been let in by stale residuals alone cost another round.
  void build(WorkingSet& set, double r, double best, Index wanted, const Vector& w,
             const Trajectory& trajectory, Team& team) {
    constexpr int max_rounds = 4;
    for (int round = 0; round < max_rounds; ++round) {
      if (!complete_ || n_places_ == max_places) evaluate_all(w, trajectory, team);
      const std::vector<double>& T_v = influence_.row(set.v(), team);
      for (std::size_t i = 0; i < n_places_; ++i) reach_[i] = trajectory.distance(places_[i]);

      double radius = std::numeric_limits<double>::infinity(), level = radius;
      const bool everything = n_deletable_ <= wanted + wanted / 2;
      if (!everything) {
        sample_.draw(rows_.size(), wanted, [&](Index k) {
          return SampledLevel::Entry{bound(T_v, k, r, 0.0), gain(T_v, k), reach_of(k)};
        });
        const double share = static_cast<double>(wanted) / static_cast<double>(n_deletable_);
        radius = sample_.radius(share, best, first_radius_);
        level = sample_.level(share, radius);
        if (radius > 0.0) first_radius_ = radius;
      }
      find(T_v, r, level, everything ? 0.0 : radius, team);
      fill(set, T_v, r, level, radius, w, trajectory);
      if (everything || 4 * set.size() >= wanted) return;
    }
  }

 private:
  static constexpr std::size_t max_places = 250;
  // Rounding takes a few ε of what is added up.
  static constexpr double rounding = 16.0 * std::numeric_limits<double>::epsilon();
  static constexpr double gone = std::numeric_limits<double>::quiet_NaN();

  double gain(const std::vector<double>& T_v, Index k) const {
    const auto at = static_cast<std::size_t>(k);
    return std::abs(T_v[at]) * static_cast<double>(length_[at]) / lambda_;
  }

  double error(Index k) const {
    return error_.empty() ? 0.0 : static_cast<double>(error_[static_cast<std::size_t>(k)]);
  }

  // What |r + S_vk| can be at least while the weights are within `reach` of where row k was last
  // evaluated. NaN for a row that is gone: it compares as not <= anything.
  double bound(const std::vector<double>& T_v, Index k, double r, double reach) const {
    const double s =
        T_v[static_cast<std::size_t>(k)] * (residual_[static_cast<std::size_t>(k)] / lambda_);
    const double change =
        gain(T_v, k) * reach + std::abs(T_v[static_cast<std::size_t>(k)]) / lambda_ * error(k);
    return std::abs(r + s) - change - rounding * (std::abs(r) + std::abs(s) + change);
  }

  // About how far a deletion moves the weights (root mean squares of ‖L₀⁻¹φ‖ and of e multiplied).
  double typical_step() const {
    double lengths = 0.0, residuals = 0.0;
    for (std::size_t k = 0; k < residual_.size(); ++k) {
      if (std::isnan(residual_[k])) continue;
      lengths += static_cast<double>(length_[k]) * static_cast<double>(length_[k]);
      residuals += residual_[k] * residual_[k];
    }
    return std::sqrt(lengths) * std::sqrt(residuals) /
           static_cast<double>(std::max<Index>(1, n_deletable_));
  }

  double reach_of(Index k) const { return reach_[seen_[static_cast<std::size_t>(k)]]; }

  // `bound` for `count` rows from `begin` on, in a form that compilers turn into SIMD: no calls, no
  // references.
  void bounds(const double* T_v, double r, const double* reach, Index begin, Index count,
              double* out) const {
    const double* t = T_v + begin;
    const double* e = residual_.data() + begin;
    const float* length = length_.data() + begin;
    const std::uint8_t* seen = seen_.data() + begin;
    const double scale = 1.0 / lambda_;
    for (Index i = 0; i < count; ++i) {
      const double factor = t[i] * scale;
      const double s = factor * e[i];
      const double change = std::abs(factor) * static_cast<double>(length[i]) * reach[seen[i]];
      out[i] = std::abs(r + s) - change - rounding * (std::abs(r) + std::abs(s) + change);
    }
    if (error_.empty()) return;
    const float* error = error_.data() + begin;
    for (Index i = 0; i < count; ++i) {
      out[i] -= std::abs(t[i] * scale) * static_cast<double>(error[i]) * (1.0 + 1e-12);
    }
  }

  // Collects the rows whose bound can fall to `level` within `radius`.
  void find(const std::vector<double>& T_v, double r, double level, double radius, Team& team) {
    double reach[max_places];
    for (std::size_t i = 0; i < n_places_; ++i) reach[i] = reach_[i] + radius;
    blocks_.for_each(team, [&](const Block& block) {
      constexpr Index chunk = 256;
      double low[chunk];
      std::vector<Index>& found = found_[static_cast<std::size_t>(block.number)];
      found.clear();
      for (Index begin = block.begin; begin < block.end; begin += chunk) {
        const Index count = std::min(chunk, block.end - begin);
        bounds(T_v.data(), r, reach, begin, count, low);
        for (Index i = 0; i < count; ++i) {
          if (low[i] <= level) found.push_back(begin + i);
        }
      }
    });
  }

  void evaluate(Index k, const Vector& w, std::uint8_t here) {
    const auto at = static_cast<std::size_t>(k);
    residual_[at] = rows_.residual(k, w.data());
    if (!error_.empty()) error_[at] = 0.0f;
    seen_[at] = here;
    ++evaluations_;
  }

  // Instead of an evaluation, for a row of which there is a quantised copy.
  void estimate(Index k, std::uint8_t here) {
    const auto at = static_cast<std::size_t>(k);
    const Estimate estimate = quantised_->estimate(k);
    residual_[at] = estimate.residual;
    // The reach of the place covers the rounding of residuals once, an exact one; this is another.
    const double error = estimate.error + static_cast<double>(length_[at]) * reach_[here];
    error_[at] = rounded_up(error);
    seen_[at] = here;
  }

  // Makes a working set of the rows that were found and still belong into it once they are known
  // better.
  void fill(WorkingSet& set, const std::vector<double>& T_v, double r, double level, double radius,
            const Vector& w, const Trajectory& trajectory) {
    const auto here = static_cast<std::uint8_t>(n_places_);
    places_[n_places_] = trajectory.image();
    reach_[n_places_++] = trajectory.distance(trajectory.image());
    if (quantised_ != nullptr) quantised_->at(w);
    const bool everything = std::isinf(radius);
    set.clear(r, w, trajectory.image(), radius, level);
    for (const std::vector<Index>& found : found_) {
      for (std::size_t i = 0; i < found.size(); ++i) {
        const Index k = found[i];
        const auto at = static_cast<std::size_t>(k);
        if (quantised_ == nullptr) {
          prefetch_row(rows_.phi(found[std::min(i + 4, found.size() - 1)]), rows_.dimension());
          evaluate(k, w, here);
        } else if (quantised_->has(k)) {
          estimate(k, here);
        } else if (!everything && reach_of(k) > 2.0 * radius) {
          evaluate(k, w, here);
        }  // else it is known well enough
        if (!everything && bound(T_v, k, r, reach_of(k) + radius) > level) continue;
        set.add({k, T_v[at], residual_[at],
                 error(k) + static_cast<double>(length_[at]) * reach_of(k), gain(T_v, k)});
      }
    }
    set.finish();
  }

  const TrainingRows& rows_;
  double lambda_;
  QuantisedResiduals* quantised_;  // null if working sets copy their rows
  Blocks blocks_;
  InfluenceCache influence_;
  std::vector<float> length_;  // ‖L₀⁻¹φ_k‖
  std::vector<double>
      residual_;              // e_k as of the last evaluation; NaN for a row that cannot be deleted
  std::vector<float> error_;  // by how much that may be off; empty if it never is
  std::vector<std::uint8_t> seen_;  // at which of the places that was
  std::vector<Vector> places_;      // images of past weights
  std::size_t n_places_ = 0;
  bool complete_ = false;
  double reach_[max_places] = {};          // by place: how far S may have moved, per unit of gain
  std::vector<std::vector<Index>> found_;  // by block
  SampledLevel sample_;
  double first_radius_ = 0.0;  // where the search for the next one starts
  Index n_deletable_ = 0;
  std::int64_t evaluations_ = 0;
};

}  // namespace paris
