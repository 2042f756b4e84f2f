// What is known of the rows for one set of validation rows.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "paris/bounds/panel_products.hpp"
#include "paris/bounds/quantised_panels.hpp"
#include "paris/bounds/sampled_level.hpp"
#include "paris/bounds/score_bound.hpp"
#include "paris/bounds/score_place.hpp"
#include "paris/criterion/scorer.hpp"
#include "paris/problem/training_rows.hpp"
#include "paris/search/best_score.hpp"
#include "paris/search/engine.hpp"
#include "paris/search/score_working_set.hpp"
#include "paris/support/lanes.hpp"
#include "paris/support/rounding.hpp"
#include "paris/support/team.hpp"
#include "paris/support/types.hpp"

namespace paris {

// What the numbers of a table are divided by: a = (constant scale) · e, b, √q, and bounds of
// scores, so that single precision holds them, and nothing underflows: value = a b = (a √q)².
struct ScoreUnits {
  double a = 1.0, b = 1.0, root_q = 1.0, value = 1.0;

  // From bounds on a, b and √q. Not of use where these overflow.
  static ScoreUnits of(double a, double b, double root_q) {
    constexpr double most = 1e9;  // of √q in units
    ScoreUnits units;
    units.a = a > 0.0 ? a : 1.0;
    units.value = std::max({units.a * b, square(units.a * root_q / most), 1e-250});
    units.b = units.value / units.a;
    units.root_q = std::sqrt(units.value) / units.a;
    return units;
  }

  bool usable() const { return std::isfinite(value) && std::isfinite(b) && std::isfinite(root_q); }

 private:
  static double square(double x) { return x * x; }
};

// Three ways to the best row, the cheapest that will do:
//   - the working set, a few thousand bounds and a few evaluations;
//   - a scan: e and b of every row as they were at the last pass, corrected by what eight-bit
//     products with the movement since say, bound its score; evaluations of the rows that this does
//     not rule out; and, on the way, a new working set;
//   - a pass: an evaluation of every row.
//
// Number is what bounds are computed in. Single precision serves the mean. The others compare
// scores with the objective itself, beside which that of the best rows is small: that needs the
// digits of double precision. Memory: 2 (C + 2) numbers a row.
template <class Number>
class ScoreTable {
 public:
  // `n_aimed_at` is how many validation rows a score sums over, 0 for the mean.
  ScoreTable(const TrainingRows& rows, const QuantisedPanels& panels, std::size_t n_aimed_at,
             double form_scale)
      : rows_(rows),
        form_scale_(form_scale),
        working_set_(rows),
        panels_(panels),
        n_slots_(panels.n_panels() * lanes),
        a_(static_cast<std::size_t>(n_slots_ * rows.outputs()), hopeless),
        b_(a_.size(), Number(0)),
        root_q_(static_cast<std::size_t>(n_slots_), hopeless),
        scale_(root_q_.size(), Number(1)),
        bound_(root_q_.size()),
        least_(static_cast<std::size_t>(parts(panels.n_panels(), together) * lanes)),
        best_(panels.n_slots()),
        roundings_(64.0 + 8.0 * static_cast<double>(rows.outputs()) +
                   8.0 * static_cast<double>(n_aimed_at)),
        rounding_(roundings_ * std::numeric_limits<double>::epsilon()),
        rounding_of_bounds_(static_cast<Number>(
            roundings_ * static_cast<double>(std::numeric_limits<Number>::epsilon()))) {}

  static std::size_t bytes(const TrainingRows& rows) {
    return 2 * sizeof(Number) * static_cast<std::size_t>(rows.outputs() + 2) *
           static_cast<std::size_t>(rows.size());
  }

  void add_to(EngineStats& stats) const {
    stats.rows_evaluated += evaluations_ + working_set_.evaluations();
    stats.working_sets_built += working_sets_built_;
    stats.full_scans += passes_;
  }

  // The row in this slot is out of the running from now on.
  void drop(Index slot) {
    for (Index c = 0; c < rows_.outputs(); ++c) {
      a_[at(slot, c)] = hopeless;
      b_[at(slot, c)] = Number(0);
    }
    root_q_[at(slot)] = hopeless;
    scale_[at(slot)] = Number(1);
  }

  // A new epoch has begun, for the mean under refit: h and q of all rows are known as of then, or
  // of later; e and b are what they were.
  void renew(const Leverages& leverages, double form_scale, const ScorePlace& here) {
    working_set_.forget();
    form_scale_ = form_scale;
    for (Index slot = 0; slot < panels_.n_slots(); ++slot) {
      const Index k = panels_.row(slot);
      if (!rows_.deletable(k)) continue;
      root_q_[at(slot)] = static_cast<Number>(std::sqrt(leverages.q(k)) / units_.root_q);
      // What is close to 1 is left to `LeftOut`, and its scale to be out of range.
      const double complement = std::max(1.0 - leverages.h(k), 1e-3 * Ridge::smallest_complement);
      scale_[at(slot)] = static_cast<Number>(1.0 / complement);
    }
    reference_.trace = 0.0;
    last_ = here;
  }

  // The best row at the present place.
  Choice best(Scorer& scorer, const ScoreMetric& metric, const ScorePlace& here, Team& team) {
    if (!complete_) return pass(scorer, here, team);
    note_step(here);
    if (working_set_.valid_at(here)) {
      // Its entries are no better than what they were made from.
      const auto rounding = static_cast<double>(rounding_of_bounds_);
      const BestScore best = working_set_.best(scorer, here, form_scale_, rounding);
      if (working_set_.holds(best, scorer.base(), rounding_)) {
        ++uses_;
        return best.choice;
      }
      steps_ahead_ /= 1.5;
    } else {
      steps_ahead_ *= 1.5;
    }
    return scan(scorer, metric, here, team);
  }

 private:
  static constexpr Index lanes = lane_count;
  static constexpr Index together = 64;  // panels of which the least bounds are kept by lane
  static constexpr Index wanted = 1024;  // rows of a working set
  using Values = Lanes<Number>;
  using Bounds = ScoreBounds<Number>;

  // a and √q of a slot without a row that could be deleted: its score is out of reach.
  static constexpr Number hopeless =
      sizeof(Number) == sizeof(float) ? Number(1e7) : static_cast<Number>(1e50);

  // In units: what may be lost where numbers or their squares underflow. The square of it is far
  // above what products can lose.
  static constexpr double vanishing = sizeof(Number) == sizeof(float) ? 1e-18 : 1e-140;

  static std::size_t at(Index slot) { return static_cast<std::size_t>(slot); }
  std::size_t at(Index slot, Index output) const {
    return static_cast<std::size_t>(output * n_slots_ + slot);
  }

  Choice pass(Scorer& scorer, const ScorePlace& here, Team& team) {
    complete_ = false;  // an interrupt half-way leaves scores of two times
    working_set_.forget();
    constant_scale_ = scorer.refit() ? 1.0 : scorer.scale();
    units_ = units(scorer, here);
    const auto visit = [&](const Block& block, BestScore& found, Scorer::Scratch& scratch) {
      for (Index slot = block.begin; slot < block.end; ++slot) {
        const Index k = panels_.row(slot);
        rows_.prefetch_beyond(k);
        if (!rows_.deletable(k)) {
          drop(slot);
          continue;
        }
        const Score score = scorer.score(k, scratch);
        for (Index c = 0; c < rows_.outputs(); ++c) {
          a_[at(slot, c)] = static_cast<Number>(constant_scale_ * scratch.e[c] / units_.a);
          b_[at(slot, c)] = static_cast<Number>(scratch.b[c] / units_.b);
        }
        root_q_[at(slot)] = static_cast<Number>(std::sqrt(score.q) / units_.root_q);
        if (scorer.refit()) scale_[at(slot)] = static_cast<Number>(score.scale);
        found.offer(k, score);
      }
    };
    const BestScore best = best_.find(team, visit);
    reference_ = last_ = here;
    evaluations_ += rows_.n_deletable();
    work_since_pass_ = 0.0;
    ++passes_;
    complete_ = units_.usable();
    return best.choice;
  }

  // By the rows that are left: one that was huge must not make all others vanish.
  ScoreUnits units(const Scorer& scorer, const ScorePlace& here) const {
    double longest = 0.0, target = 0.0;
    for (Index slot = 0; slot < panels_.n_slots(); ++slot) {
      const Index k = panels_.row(slot);
      if (!rows_.deletable(k)) continue;
      const float size = panels_.sizes(slot / lanes)[slot % lanes];
      longest = std::max(longest, static_cast<double>(size));
      for (Index c = 0; c < rows_.outputs(); ++c)
        target = std::max(target, std::abs(rows_.y(k, c)));
    }
    return ScoreUnits::of(constant_scale_ * (target + longest * here.W.norm()),
                          here.c.norm() * longest, scorer.largest_root_q(longest, form_scale_));
  }

  // What one deletion does, averaged over the last few.
  void note_step(const ScorePlace& here) {
    const Reach step = here.since(last_);
    const double weight = step_.weights == 0.0 ? 1.0 : 0.2;
    step_.approach(step, weight);
    last_ = here;
  }

  // What the reference is corrected by, and what the bounds of all rows share, in units.
  struct Movement {
    std::vector<WholeDirection> a, b;    // by output: W(then) − W, c − c(then)
    std::vector<Number> unit_a, unit_b;  // of their products
    Number length_a, length_b;           // in the metric of the panels
    Number rounding_a, rounding_b;       // of e and b, per size of a row
    Number growth, form;                 // of h; of √q, per length
    Number base, root;                   // of the scorer, and its root
  };

  Choice scan(Scorer& scorer, const ScoreMetric& metric, const ScorePlace& here, Team& team) {
    // As many evaluations as a pass takes: time for one.
    if (work_since_pass_ > static_cast<double>(rows_.n_deletable())) {
      return pass(scorer, here, team);
    }
    set_movement(scorer, here);
    const Context now{scorer, metric, here};
    Blocks(panels_.n_panels(), together).for_each(team, [&](const Block& block) {
      Values low(Bounds::infinity);
      for (Index p = block.begin; p < block.end; ++p) {
        const Values bounds = least(known(p, now));
        bounds.store(bound_.data() + p * lanes);
        low = min(low, bounds);
      }
      low.store(least_.data() + block.number * lanes);
    });
    const BestScore best = best_by_bounds(scorer);
    working_set_.forget();
    if (worth_building()) build_working_set(best, now, team);
    return best.choice;
  }

  // A working set that was hardly used is not tried again at once.
  bool worth_building() {
    if (uses_ > 1) pause_ = 0;
    if (scans_since_built_ < pause_) {
      ++scans_since_built_;
      return false;
    }
    pause_ = std::min<Index>(2 * pause_ + 1, 1023);
    scans_since_built_ = 0;
    uses_ = 0;
    return true;
  }

  // What bounds depend on, beside the row.
  struct Context {
    const Scorer& scorer;
    const ScoreMetric& metric;
    const ScorePlace& here;
  };

  template <class Visit>
  void for_panels(Team& team, Visit&& visit) const {
    Blocks(panels_.n_panels(), 64).for_each(team, [&](const Block& block) {
      for (Index p = block.begin; p < block.end; ++p) visit(p);
    });
  }

  void set_movement(const Scorer& scorer, const ScorePlace& here) {
    const auto outputs = static_cast<std::size_t>(rows_.outputs());
    const double to_a = constant_scale_ / units_.a, to_b = 1.0 / units_.b;
    movement_.a.resize(outputs, WholeDirection(rows_.dimension()));
    movement_.b.resize(outputs, WholeDirection(rows_.dimension()));
    movement_.unit_a.resize(outputs);
    movement_.unit_b.resize(outputs);
    double squared_a = 0.0, squared_b = 0.0;
    for (std::size_t c = 0; c < outputs; ++c) {
      const auto column = static_cast<Index>(c);
      const double a = panels_.set(movement_.a[c], reference_.W.col(column) - here.W.col(column));
      const double b = panels_.set(movement_.b[c], here.c.col(column) - reference_.c.col(column));
      movement_.unit_a[c] = static_cast<Number>(movement_.a[c].unit() * to_a);
      movement_.unit_b[c] = static_cast<Number>(movement_.b[c].unit() * to_b);
      squared_a += a * a;
      squared_b += b * b;
    }
    movement_.length_a = above(std::sqrt(squared_a) * to_a);
    movement_.length_b = above(std::sqrt(squared_b) * to_b);
    movement_.rounding_a = above(here.rounding_e * to_a);
    movement_.rounding_b = above(here.rounding_b * to_b);
    const double growth = here.since(reference_).growth;
    movement_.growth = above(scorer.refit() ? growth : 0.0);
    movement_.form = above(form_scale_ * growth / units_.root_q);
    movement_.base = static_cast<Number>(scorer.base() / units_.value);
    movement_.root = std::sqrt(movement_.base);
  }

  // A number not below x >= 0.
  static Number above(double x) {
    if constexpr (sizeof(Number) == sizeof(float)) {
      return rounded_up(x * (1.0 + 1e-6));
    } else {
      return x * (1.0 + 1e-12);
    }
  }

  // What is known at present of the rows of a panel.
  [[gnu::always_inline]] inline Bounds known(Index p, const Context& now) const {
    // Rounding of what is computed here, beside that of the bound.
    constexpr Number few = 8 * std::numeric_limits<Number>::epsilon();
    const Index begin = p * lanes;
    const Values unit = Values::load(panels_.scales(p)), none(0);
    Bounds s;
    s.eb = none;
    Values aa = none, bb = none, size_a = none, size_b = none;
    for (Index c = 0; c < rows_.outputs(); ++c) {
      const auto output = static_cast<std::size_t>(c);
      PanelProducts::Sums of_a, of_b;
      panels_.products(p, movement_.a[output], movement_.b[output], of_a, of_b);
      const Values a0 = Values::load(a_.data() + c * n_slots_ + begin);
      const Values b0 = Values::load(b_.data() + c * n_slots_ + begin);
      const Values da = Values::load(of_a) * (unit * Values(movement_.unit_a[output]));
      const Values db = Values::load(of_b) * (unit * Values(movement_.unit_b[output]));
      const Values a = a0 + da, b = b0 + db;
      s.eb += a * b;
      size_a += abs(a0) + abs(da);
      size_b += abs(b0) + abs(db);
      if (rows_.outputs() == 1) {
        s.e = abs(a);
        s.b = abs(b);
        break;
      }
      aa += a * a;
      bb += b * b;
    }
    if (rows_.outputs() > 1) {
      s.e = sqrt(aa);
      s.b = sqrt(bb);
      size_a += Values(Number(vanishing / few));  // squares underflow
      size_b += Values(Number(vanishing / few));
    }
    const Values error = Values::load(panels_.errors(p)), size = Values::load(panels_.sizes(p));
    s.de = error * Values(movement_.length_a) + size * Values(movement_.rounding_a) +
           Values(few) * size_a;
    s.db = error * Values(movement_.length_b) + size * Values(movement_.rounding_b) +
           Values(few) * size_b;
    s.root_q = Values::load(root_q_.data() + begin);
    if (movement_.growth == Number(0)) {
      s.dq = none;
      s.set_constant_scale(Values(1));
    } else {
      s.dq = Values::load(now.metric.lengths.data() + begin) * Values(movement_.form);
      s.set_scale(Values::load(scale_.data() + begin), Values(movement_.growth));
    }
    return s;
  }

  // A validity radius in units.
  struct Ahead {
    Number weights, directions, offset, form, growth;
  };

  Ahead in_units(const Reach& radius, const ScoreMetric& metric) const {
    const double growth = static_cast<double>(movement_.growth);
    return {above(radius.weights * constant_scale_ / units_.a),
            above(radius.directions * unit_of_gain(metric) / units_.b),
            above(radius.offset / units_.b), above(form_scale_ * radius.growth / units_.root_q),
            above(growth + radius.growth * (1.0 + growth))};
  }

  // The same for any place within the validity radius.
  [[gnu::always_inline]] inline Bounds ahead(Index p, const Context& now,
                                             const Ahead& radius) const {
    Bounds s = known(p, now);
    const Values length = Values::load(now.metric.lengths.data() + p * lanes);
    s.de += length * Values(radius.weights);
    s.db +=
        gain(p, now.metric, length) * Values(radius.directions) + length * Values(radius.offset);
    if (now.scorer.refit()) {
      s.dq += length * Values(radius.form);
      s.set_scale(s.low, Values(radius.growth));
    }
    return s;
  }

  // In units if it is √q.
  Values gain(Index p, const ScoreMetric& metric, const Values& length) const {
    if (metric.gain_is_root_q) return Values::load(root_q_.data() + p * lanes);
    return metric.gains.empty() ? length : Values::load(metric.gains.data() + p * lanes);
  }

  double unit_of_gain(const ScoreMetric& metric) const {
    return metric.gain_is_root_q ? units_.root_q : 1.0;
  }

  Values least(const Bounds& s) const {
    return s.least(movement_.base, movement_.root, rounding_of_bounds_);
  }

  // A score in units, rounded up.
  Number in_units(double score) const {
    return std::nextafter(static_cast<Number>(score / units_.value), Bounds::infinity);
  }

  // Evaluates the rows that the bounds do not rule out, the most promising first.
  BestScore best_by_bounds(Scorer& scorer) {
    BestScore best;
    const auto first = std::min_element(least_.begin(), least_.end()) - least_.begin();
    std::size_t lowest = 0;
    Number lowest_bound = Bounds::infinity;
    for_slots_of(first, [&](std::size_t slot) {
      if (bound_[slot] >= lowest_bound) return;
      lowest = slot;
      lowest_bound = bound_[slot];
    });
    evaluate(lowest, scorer, best);
    order_.clear();
    const Number limit = in_units(best.value);
    for (std::size_t i = 0; i < least_.size(); ++i) {
      if (least_[i] > limit) continue;
      for_slots_of(static_cast<Index>(i), [&](std::size_t slot) {
        if (bound_[slot] <= limit && slot != lowest) order_.push_back(slot);
      });
    }
    evaluate_by_bounds(
        order_, bound_, [&] { return in_units(best.value); },
        [&](std::size_t slot) { evaluate(slot, scorer, best); });
    return best;
  }

  // Those that an entry of `least_` is the least bound of: one lane of some panels.
  template <class Visit>
  void for_slots_of(Index entry, const Visit& visit) const {
    const Index first = entry / lanes * together, lane = entry % lanes;
    for (Index p = first; p < std::min(first + together, panels_.n_panels()); ++p) {
      visit(static_cast<std::size_t>(p * lanes + lane));
    }
  }

  void evaluate(std::size_t place, Scorer& scorer, BestScore& best) {
    const auto slot = static_cast<Index>(place);
    if (slot >= panels_.n_slots()) return;
    const Index k = panels_.row(slot);
    if (!rows_.deletable(k)) return;
    best.offer(k, scorer.score(k, scratch_));
    ++evaluations_;
    ++work_since_pass_;
  }

  // Of the rows whose score could come to lie below a level within a validity radius. The level is
  // where about `wanted` of them do; the validity radius is as far as leaves it at least 0.4 of the
  // way up from the best row to where it would be with no validity radius at all. None if that is
  // not one step.
  void build_working_set(const BestScore& best, const Context& now, Team& team) {
    constexpr double everything = std::numeric_limits<double>::max();
    Reach radius{everything, everything, everything, everything};
    Number level = std::numeric_limits<Number>::max();
    if (rows_.n_deletable() > 2 * wanted) {
      const Number found = in_units(best.value);
      const Number room = level_of_sample(now, Reach{}) - found;
      if (!(room > Number(0))) return;
      steps_ahead_ = std::min(steps_ahead_, 1e4);
      for (;; steps_ahead_ /= 2.0) {
        if (steps_ahead_ < 1.0) {
          steps_ahead_ = 2.0;
          return;
        }
        radius = step_.times(steps_ahead_);
        level = level_of_sample(now, radius);
        if (level - found >= Number(0.4) * room) break;
      }
    }
    const double base = now.scorer.base(), promise = static_cast<double>(level) * units_.value;
    working_set_.clear(now.here, radius, promise - base - rounding_ * (base + std::abs(promise)));
    if (!working_set_.holds(best, base, rounding_)) return;
    ++working_sets_built_;
    far_.resize(bound_.size());
    const Ahead reach = in_units(radius, now.metric);
    for_panels(team, [&](Index p) { least(ahead(p, now, reach)).store(far_.data() + p * lanes); });
    for (Index p = 0; p < panels_.n_panels(); ++p) {
      const auto begin = far_.begin() + p * lanes;
      if (!(*std::min_element(begin, begin + lanes) <= level)) continue;
      const Bounds s = known(p, now);
      const Values length = Values::load(now.metric.lengths.data() + p * lanes);
      const Values gains = gain(p, now.metric, length);
      for (Index l = 0; l < lanes; ++l) {
        const Index slot = p * lanes + l;
        if (!(begin[l] <= level) || slot >= panels_.n_slots()) continue;
        if (!rows_.deletable(panels_.row(slot))) continue;
        working_set_.add(panels_.row(slot), entry(s, length, gains, unit_of_gain(now.metric), l));
      }
    }
  }

  // Without units, and so with room for what has underflown in them.
  ScoreWorkingSet::Entry entry(const Bounds& s, const Values& length, const Values& gains,
                               double unit_of_gains, Index l) const {
    const double a = units_.a / constant_scale_, b = units_.b, root_q = units_.root_q;
    const auto of = [l](const Values& values) {
      Number all[lanes];
      values.store(all);
      return static_cast<double>(all[l]);
    };
    return {of(s.eb) * a * b,
            of(s.e) * a,
            of(s.b) * b,
            (of(s.de) + vanishing) * a,
            (of(s.db) + vanishing) * b,
            of(s.root_q) * root_q,
            (of(s.dq) + vanishing) * root_q,
            of(s.low) * constant_scale_,
            static_cast<double>(movement_.growth),
            of(length),
            of(gains) * unit_of_gains,
            0};
  }

  // The value below which the bounds of about `wanted` rows lie, for any place within the validity
  // radius.
  Number level_of_sample(const Context& now, const Reach& radius) {
    const Index n_panels = panels_.n_panels();
    const Index size = std::min(n_panels, std::max<Index>(256, panels_.n_slots() / wanted));
    const Ahead reach = in_units(radius, now.metric);
    sample_.clear();
    for (Index i = 0; i < size; ++i) {
      const Index p = i * n_panels / size;
      Number low[lanes];
      least(ahead(p, now, reach)).store(low);
      for (Index l = 0; l < lanes; ++l) {
        const Index slot = p * lanes + l;
        if (slot < panels_.n_slots() && rows_.deletable(panels_.row(slot))) {
          sample_.push_back(low[l]);
        }
      }
    }
    if (sample_.empty()) return -Bounds::infinity;
    return value_above(static_cast<double>(wanted) / static_cast<double>(rows_.n_deletable()),
                       sample_);
  }

  const TrainingRows& rows_;
  double form_scale_;  // see Reach
  ScoreWorkingSet working_set_;
  const QuantisedPanels& panels_;
  Index n_slots_;                       // padded
  ScoreUnits units_;                    // since the last pass
  double constant_scale_ = 1.0;         // of all rows; what differs from row to row is `scale_`
  std::vector<Number> a_, b_;           // (C, slots) at the reference
  std::vector<Number> root_q_, scale_;  // by slot, likewise
  ScorePlace reference_, last_;
  bool complete_ = false;
  Movement movement_;
  std::vector<Number> bound_, least_, far_, sample_;
  std::vector<std::size_t> order_;
  BestOfAll best_;
  Scorer::Scratch scratch_;
  double roundings_, rounding_;
  Number rounding_of_bounds_;

  Reach step_;
  double steps_ahead_ = 16.0;
  Index pause_ = 0, scans_since_built_ = 0, uses_ = 0;
  double work_since_pass_ = 0.0;
  std::int64_t evaluations_ = 0, working_sets_built_ = 0, passes_ = 0;
};

}  // namespace paris
