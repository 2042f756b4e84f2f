// The owner of the training rows: stale residuals with rigorous bounds, and fronts made from them.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "paris/front.hpp"
#include "paris/influence.hpp"
#include "paris/poll.hpp"
#include "paris/representer.hpp"
#include "paris/team.hpp"
#include "paris/training_rows.hpp"
#include "paris/types.hpp"
#include "paris/whitening.hpp"

namespace paris {

// Everything that touches all rows. The deleter asks it for a front and otherwise never needs the
// table: a store may as well be a memory-mapped file (rows are read in blocks, fronts copy theirs)
// or a shard.
//
// For row k it keeps the residual e_k as of the last look, and which weights that was for, so that
// at other weights |S_vk − T_vk e_k / λ| <= |T_vk| ‖L₀⁻¹φ_k‖ distance / λ. Memory: 13 bytes a row,
// and the cached rows of T.
class RowStore {
 public:
  RowStore(const TrainingRows& rows, ConstTableView Phi, ConstTableView Phi_val,
           const std::vector<unsigned char>& protect, double lambda, std::size_t cache_bytes,
           const Vector& w, const Trajectory& trajectory, Team& team)
      : rows_(rows),
        Phi_val_(Phi_val),
        lambda_(lambda),
        influence_(rows, Phi_val, cache_bytes),
        length_(trajectory.whitening().lengths(Phi, team)),
        residual_(static_cast<std::size_t>(rows.size())),
        seen_(residual_.size()),
        found_(static_cast<std::size_t>(n_blocks())) {
    for (std::size_t k = 0; k < residual_.size(); ++k) {
      residual_[k] = protect[k] != 0 ? gone : 0.0;
    }
    n_deletable_ = rows.size() - std::count_if(protect.begin(), protect.end(),
                                               [](unsigned char mark) { return mark != 0; });
    places_.reserve(max_places);
    for (std::size_t i = 0; i < max_places; ++i) places_.emplace_back(Vector::Zero(w.size()));
    look_at_all(w, trajectory, team, [] {});
  }

  Index n_deletable() const { return n_deletable_; }
  const InfluenceCache& influence() const { return influence_; }
  std::int64_t looks() const { return looks_; }

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

  void remove(Index k) {
    residual_[static_cast<std::size_t>(k)] = gone;
    --n_deletable_;
  }

  // Fresh residuals for all rows. Cost N D.
  void look_at_all(const Vector& w, const Trajectory& trajectory, Team& team, const Poll& poll) {
    complete_ = false;  // an interrupt half-way leaves residuals of two times
    for (Index first = 0; first < n_blocks(); first += blocks_per_poll) {
      team.run(std::min(blocks_per_poll, n_blocks() - first), [&](Index b) {
        for_block(first + b, [&](Index k) {
          rows_.prefetch_beyond(k);
          double& e = residual_[static_cast<std::size_t>(k)];
          if (std::isnan(e)) return;
          e = rows_.y(k) - dot(rows_.phi(k), w.data(), rows_.dimension());
        });
      });
      poll();
    }
    std::fill(seen_.begin(), seen_.end(), std::uint8_t{0});
    places_[0] = trajectory.image();
    n_places_ = 1;
    looks_ += n_deletable_;
    complete_ = true;
  }

  // The best of all rows, which must have been looked at at the present weights. Cost N.
  Candidate best(Index v, double r, Team& team, const Poll& poll) {
    const std::vector<double>& T_v = influence_.row(v, team, poll);
    Candidate best;
    for (Index k = 0; k < rows_.size(); ++k) {
      const auto at = static_cast<std::size_t>(k);
      const double s = representer::influence(T_v[at], residual_[at], lambda_);
      const Candidate found{k, s, representer::judge(r, s)};
      if (found.beats(best)) best = found;  // never where the residual is NaN
    }
    return best;
  }

  // Fills `front` with about `wanted` rows (all that are left, if that is not many more) such that
  // its promise holds for `horizon`. Cost: a pass over T_v and the bounds, and D for every row of
  // the front.
  void build(Front& front, double r, double horizon, Index wanted, const Vector& w,
             const Trajectory& trajectory, Team& team, const Poll& poll) {
    if (!complete_ || n_places_ == max_places) look_at_all(w, trajectory, team, poll);
    const std::vector<double>& T_v = influence_.row(front.v(), team, poll);
    const bool everything = n_deletable_ <= wanted + wanted / 2;
    if (everything) horizon = std::numeric_limits<double>::infinity();

    for (std::size_t i = 0; i < n_places_; ++i) {
      reach_[i] = everything ? 0.0 : trajectory.distance(places_[i]) + horizon;
    }
    const double level =
        everything ? std::numeric_limits<double>::infinity() : sampled_level(T_v, r, wanted);
    team.run(n_blocks(), [&](Index b) {
      std::vector<Index>& found = found_[static_cast<std::size_t>(b)];
      found.clear();
      for_block(b, [&](Index k) {
        if (bound(T_v, k, r, reach_[seen_[static_cast<std::size_t>(k)]]) <= level)
          found.push_back(k);
      });
    });

    const std::uint8_t here = static_cast<std::uint8_t>(n_places_);
    places_[n_places_++] = trajectory.image();
    const double margin = trajectory.distance(trajectory.image());  // rounding only
    front.clear(r, trajectory.image(), horizon, level);
    for (const std::vector<Index>& found : found_) {
      for (const Index k : found) {
        const auto at = static_cast<std::size_t>(k);
        residual_[at] = rows_.y(k) - dot(rows_.phi(k), w.data(), rows_.dimension());
        seen_[at] = here;
        ++looks_;
        if (!everything && bound(T_v, k, r, margin + horizon) > level) continue;
        front.add(k, rows_.phi(k), rows_.y(k), T_v[at],
                  representer::influence(T_v[at], residual_[at], lambda_), gain(T_v, k));
      }
    }
    front.finish();
  }

 private:
  static constexpr Index block = 4096;
  static constexpr Index blocks_per_poll = 64;
  static constexpr std::size_t max_places = 250;
  static constexpr double gone = std::numeric_limits<double>::quiet_NaN();

  Index n_blocks() const { return (rows_.size() + block - 1) / block; }

  template <class Visit>
  void for_block(Index b, Visit&& visit) const {
    const Index end = std::min((b + 1) * block, rows_.size());
    for (Index k = b * block; k < end; ++k) visit(k);
  }

  double gain(const std::vector<double>& T_v, Index k) const {
    const auto at = static_cast<std::size_t>(k);
    return std::abs(T_v[at]) * static_cast<double>(length_[at]) / lambda_;
  }

  // What |r + S_vk| can be at least while the weights are within `reach` of where row k was last
  // looked at. NaN for a row that is gone: it compares as not <= anything.
  double bound(const std::vector<double>& T_v, Index k, double r, double reach) const {
    constexpr double rounding = 16.0 * std::numeric_limits<double>::epsilon();
    const double s =
        T_v[static_cast<std::size_t>(k)] * (residual_[static_cast<std::size_t>(k)] / lambda_);
    const double change = gain(T_v, k) * reach;
    return std::abs(r + s) - change - rounding * (std::abs(r) + std::abs(s) + change);
  }

  // The bound below which about `wanted` rows lie, judged by a sample.
  double sampled_level(const std::vector<double>& T_v, double r, Index wanted) {
    const Index n = rows_.size();
    const Index size = std::min(n, std::max<Index>(4096, 16 * (n / wanted)));
    sample_.clear();
    for (Index i = 0; i < size; ++i) {
      const Index k = static_cast<Index>((static_cast<double>(i) + 0.5) * static_cast<double>(n) /
                                         static_cast<double>(size));
      const double value = bound(T_v, k, r, reach_[seen_[static_cast<std::size_t>(k)]]);
      if (!std::isnan(value)) sample_.push_back(value);
    }
    if (sample_.empty()) return std::numeric_limits<double>::infinity();
    const double share = static_cast<double>(wanted) / static_cast<double>(n_deletable_);
    const auto rank = std::min(
        sample_.size() - 1, static_cast<std::size_t>(share * static_cast<double>(sample_.size())));
    const auto nth = sample_.begin() + static_cast<std::ptrdiff_t>(rank);
    std::nth_element(sample_.begin(), nth, sample_.end());
    return *nth;
  }

  const TrainingRows& rows_;
  ConstTableView Phi_val_;
  double lambda_;
  InfluenceCache influence_;
  std::vector<float> length_;       // ‖L₀⁻¹φ_k‖
  std::vector<double> residual_;    // e_k as of the last look; NaN for a row that cannot be deleted
  std::vector<std::uint8_t> seen_;  // at which of the places that was
  std::vector<Vector> places_;      // images of past weights
  std::size_t n_places_ = 0;
  bool complete_ = false;
  double reach_[max_places] = {};          // by place: how far S may have moved, per unit of gain
  std::vector<std::vector<Index>> found_;  // by block
  std::vector<double> sample_;
  Index n_deletable_ = 0;
  std::int64_t looks_ = 0;
};

}  // namespace paris
