"""The faults: pieces of the kernels and what they are replaced by."""

from __future__ import annotations

from dataclasses import dataclass

KERNELS = "cpp/include/paris/"


@dataclass(frozen=True)
class Fault:
    """In `file`, the text `right`, which must occur exactly once, becomes `wrong`."""

    name: str
    file: str
    right: str
    wrong: str
    tests: tuple[str, ...] = ()  # those that are likely to catch it, to be run first
    cpp: str = ""  # the topic of the C++ tests that is to catch it if no Python test can
    only_bits: bool = False  # no fault but another rounding: for the corpus of bits to notice

    def apply(self, text: str) -> str:
        """`text` of the file with the fault in it."""
        found = text.count(self.right)
        if found != 1:
            raise LookupError(
                f"{self.name}: {self.file} holds what is to be replaced {found} times, not once:\n"
                f"{self.right}\nThe file has changed: choose the piece anew in {__file__}."
            )
        return text.replace(self.right, self.wrong)


_linalg = ("test_linalg",)
_engines = ("test_engines",)
_criteria = ("test_criteria", "test_engines")

FAULTS = [
    # ---------------------------------------------------------------- the factor and the weights
    Fault(
        "downdate: a sign flipped",
        KERNELS + "linalg/cholesky/downdate.hpp",
        "column[j] = c * l - s * x;",
        "column[j] = c * l + s * x;",
        _linalg,
    ),
    Fault(
        "ΦᵀΦ: the last row of a full block skipped",
        KERNELS + "problem/normal_equations.hpp",
        "    Index m = 0;\n    for (Index k = block.begin; k < block.end; ++k) {",
        "    Index m = 0;\n"
        "    const Index end = block.begin + std::min(block.size(), blocks.size() - 1);\n"
        "    for (Index k = block.begin; k < end; ++k) {",
        _linalg,
    ),
    Fault(
        "ΦᵀΦ and the like: the last block forgotten",
        KERNELS + "support/blocks.hpp",
        "for (Index first = 0; first < n; first += wave) {",
        "for (Index first = 0; first == 0 || first + 1 < n; first += wave) {",
        _linalg,
    ),
    Fault(
        "Φᵀ(y - ΦW) and the like: the last block forgotten",
        KERNELS + "support/blocks.hpp",
        "  return partial.rowwise().sum();",
        "  return partial.leftCols(std::max<Index>(1, blocks.count() - 1)).rowwise().sum();",
        _linalg,
    ),
    Fault(
        "removal: the weights of every output moved by the residual of the first",
        KERNELS + "problem/ridge.hpp",
        "const double e = rows.residual(k, weights_of(c), c);\n        fit_.W.col(c)",
        "const double e = rows.residual(k, weights_of(c), 0);\n        fit_.W.col(c)",
        _linalg,
    ),
    Fault(
        "removal: Φᵀ(y - ΦW₀) not updated",
        KERNELS + "problem/ridge.hpp",
        "fit_.gradient.col(c) -= phi * rows.residual(k, origin, c);",
        "(void)origin;",
        _linalg,
    ),
    Fault(
        "removal: the image of the probe not updated",
        KERNELS + "problem/ridge.hpp",
        "probe_image_ -= phi * dot(phi.data(), probe_.data(), phi.size());",
        "",
        _linalg,
    ),
    Fault(
        "removal: a downdate whatever the leverage",
        KERNELS + "problem/ridge.hpp",
        "if (complement > smallest_complement && !collapses",
        "if (complement > 0.0 && !collapses",
        _linalg,
    ),
    Fault(
        "removal: a row whose removal fails is lost",
        KERNELS + "problem/ridge.hpp",
        "rows.restore(k);",
        "",
        _linalg,
    ),
    Fault(
        "upkeep: the drift never looked at",
        KERNELS + "problem/ridge.hpp",
        "if (removals_since_check_ < drift_interval) return false;",
        "return false;",
        _linalg,
    ),
    Fault(
        "upkeep: no rebuild once A has shrunk",
        KERNELS + "problem/ridge.hpp",
        "fit_.trace - squares < tolerated_shrinkage * fit_.trace_at_first ||",
        "",
        _linalg,
    ),
    Fault(
        "upkeep: no rebuild once W has shrunk",
        KERNELS + "problem/ridge.hpp",
        "if (fit_.length(fit_.W.col(c) - fit_.factor.direction() * step) < least) return true;",
        "",
        ("test_extremes",),
    ),
    Fault(
        "upkeep: the longest W not followed",
        KERNELS + "problem/ridge.hpp",
        "fit_.longest[c] = std::max(fit_.longest[c], fit_.length(fit_.W.col(c)));",
        "",
        ("test_extremes",),
    ),
    Fault(
        "upkeep: W not solved afresh",
        KERNELS + "problem/ridge.hpp",
        "      fit_.solve_weights(lambda_);\n      removals_since_check_ = 0;",
        "      removals_since_check_ = 0;",
        _linalg,
    ),
    Fault(
        "inverse factor: the pending removals left out of a solve",
        KERNELS + "linalg/inverse_factor.hpp",
        "    form += multiply_pending(work);\n",
        "",
        _linalg,
    ),
    Fault(
        "inverse factor: the last lane of the padded strip wrong",
        KERNELS + "linalg/inverse_factor.hpp",
        "j <= i ? inverse(i, j) : 0.0;",
        "j <= i && c + 1 < width ? inverse(i, j) : 0.0;",
        _linalg,
    ),
    # --------------------------------------------------------------------- scoring training rows
    Fault(
        "leverages: h not updated",
        KERNELS + "criterion/leverages.hpp",
        "    h_[at] += p * p;\n",
        "",
        _criteria,
    ),
    Fault(
        "leverages: q not updated",
        KERNELS + "criterion/leverages.hpp",
        "std::max(0.0, q_[at] + p * s);",
        "q_[at] + 0.0 * s;",
        _criteria,
    ),
    Fault(
        "leverages: not computed afresh after a rebuild",
        KERNELS + "criterion/leverages.hpp",
        "if (due_ || n_ == interval_ || ridge.last_complement() <= 0.0) {",
        "if (due_ || n_ == interval_) {",
        _criteria,
    ),
    Fault(
        "ties: to the largest row",
        KERNELS + "search/best_score.hpp",
        "other.choice.row < choice.row",
        "other.choice.row > choice.row",
        _engines,
    ),
    Fault(
        "mean: the quadratic form of few validation rows by M",
        KERNELS + "criterion/quadratic_form.hpp",
        "few_(validation.size() < validation.dimension())",
        "few_(validation.size() < 0)",
        ("test_extremes",),
    ),
    Fault(
        "mean: weights of rows left out of M, for the monitor too",
        KERNELS + "problem/quadratic_loss.hpp",
        "columns.col(v) *= std::sqrt(rows_.weight(block.begin + v));",
        "columns.col(v) *= 1.0;",
        ("test_monitor", "test_criteria"),
    ),
    Fault(
        "mean: weights of rows left out of the sums",
        KERNELS + "problem/quadratic_loss.hpp",
        "weighted = rows_.weight(v) * r;",
        "weighted = r;",
        ("test_monitor", "test_criteria"),
    ),
    Fault(
        "quotas: a row too many kept",
        KERNELS + "problem/quotas.hpp",
        "if (--spare_[static_cast<std::size_t>(stratum)] != 0) return;",
        "if (--spare_[static_cast<std::size_t>(stratum)] != 1) return;",
        ("test_quotas_in_prune",),
    ),
    # --------------------------------------------------------------------------- the lazy engine
    Fault(
        "lazy: the weights of the search not refreshed",
        KERNELS + "search/worst_one/lazy.hpp",
        "    w_ = ridge.weights().col(0);\n    if (k >= 0)",
        "    if (k >= 0)",
        _engines,
    ),
    Fault(
        "lazy: a working set forgets its validity radius",
        KERNELS + "search/worst_one/working_set.hpp",
        "return trajectory.distance(place_) <= radius_;",
        "return trajectory.distance(place_) <= radius_ || size_ > 0;",
        _engines,
    ),
    Fault(
        "lazy: a working set of scores forgets its validity radius",
        KERNELS + "search/score_working_set.hpp",
        "return !row_.empty() && here.since(places_.front()).within(radius_);",
        "return !row_.empty();",
        _engines,
    ),
    Fault(
        "lazy: lengths rounded to the nearest",
        KERNELS + "search/lazy_scores.hpp",
        "return rounded_up(std::sqrt(scorer_.leverages()->h(k)) * (1.0 + 1e-6));",
        "return static_cast<float>(std::sqrt(scorer_.leverages()->h(k)) * (1.0 + 1e-6));",
        _engines,
    ),
    Fault(
        "lazy: distances halved",
        KERNELS + "bounds/whitening.hpp",
        "return (a - b).norm() * (1.0 + 1e-12) + error();",
        "return 0.5 * (a - b).norm() + error();",
        _engines,
    ),
    Fault(
        "lazy: no room for the rounding of residuals",
        KERNELS + "support/dot.hpp",
        "return 8.0 * (static_cast<double>(n) + 8.0) * std::numeric_limits<double>::epsilon();",
        "return 0.0 * static_cast<double>(n);",
        _engines,
    ),
    Fault(
        "lazy: no room for the rounding of bounds, the paper's own case",
        KERNELS + "search/worst_one/working_set.hpp",
        "rounding = 16.0 * std::numeric_limits<double>::epsilon();",
        "rounding = 0.0;",
        _engines,
    ),
    Fault(
        "lazy: no room for the rounding of scores",
        KERNELS + "search/score_table.hpp",
        "roundings_ * static_cast<double>(std::numeric_limits<Number>::epsilon()))) {}",
        "0.0)) {}",
        _engines,
    ),
    Fault(
        "lazy: the last row of a group of lanes has the bound of its neighbour",
        KERNELS + "search/score_working_set.hpp",
        "std::min(begin + static_cast<std::size_t>(l), row_.size() - 1);",
        "std::min(begin + static_cast<std::size_t>(l), row_.size() - (row_.size() > 1 ? 2 : 1));",
        _engines,
    ),
    Fault(
        "lazy: products of a panel in the scale of its first row",
        KERNELS + "search/score_table.hpp",
        "const Values unit = Values::load(panels_.scales(p)), none(0);",
        "const Values unit(static_cast<Number>(panels_.scales(p)[0])), none(0);",
        _engines,
    ),
    Fault(
        "lazy: the error of a quantised row forgotten",
        KERNELS + "bounds/quantiser.hpp",
        "error_ = (row - unit * whole_).norm() * (1.0 + 1e-9) + single_ * norm_;",
        "error_ = 0.0;",
        _engines,
    ),
    Fault(
        "lazy: places merged without what lies between them",
        KERNELS + "search/worst_one/quantised_working_set.hpp",
        "error_[i] = (error_[i] + gain_[i] * shift[place_[i]]) * (1.0 + 1e-12);",
        "error_[i] = error_[i] * (1.0 + 1e-12);",
        _engines,
    ),
    Fault(
        "lazy: tables of scores outlive their epoch",
        KERNELS + "search/lazy_scores.hpp",
        "    tables_.clear();\n",
        "",
        _engines,
    ),
    Fault(
        "lazy: the growth of leverages not followed",
        KERNELS + "search/lazy_scores.hpp",
        "    trace_ += squared;\n",
        "",
        _engines,
    ),
    Fault(
        "lazy: the worst validation row is sought among the few for ever",
        KERNELS + "search/lazy_worst.hpp",
        "if (worst_.least_loss() > level_) {",
        "if (worst_.least_loss() > -2.0) {",
        _engines,
    ),
    Fault(
        "lazy: a row of a full group may leave in a full scan",
        KERNELS + "search/worst_one/lazy.hpp",
        "void protect(Index k) override { store_.remove(k); }",
        "void protect(Index) override {}",
        ("test_quotas_in_prune", "test_engines"),
    ),
    Fault(
        "lazy: an interrupted pass counts as complete, residuals",
        KERNELS + "search/worst_one/row_store.hpp",
        "complete_ = false;  // an interrupt half-way leaves residuals of two times",
        "complete_ = true;",
        ("test_pruner",),
        cpp="interrupts",
    ),
    Fault(
        "lazy: an interrupted pass counts as complete, scores",
        KERNELS + "search/score_table.hpp",
        "complete_ = false;  // an interrupt half-way leaves scores of two times",
        "complete_ = true;",
        ("test_pruner",),
        cpp="interrupts",
    ),
    Fault(
        "cache: the wrong key forgotten when a row of T leaves",
        KERNELS + "support/lru_cache.hpp",
        "where_.erase(entries_.back().key);",
        "where_.erase(entries_.front().key);",
        _engines,
    ),
    Fault(
        "cache: what was used last leaves first",
        KERNELS + "support/lru_cache.hpp",
        "entries_.splice(entries_.begin(), entries_, found->second);",
        "entries_.splice(entries_.end(), entries_, found->second);",
        _engines,
    ),
    # -------------------------------------------- as good, but not the same: tests/bits must notice
    Fault(
        "rounding: the last sums of an inner product in another order",
        KERNELS + "support/dot.hpp",
        "double total = (sum[j][0] + sum[j][2]) + (sum[j][1] + sum[j][3]);",
        "double total = (sum[j][0] + sum[j][1]) + (sum[j][2] + sum[j][3]);",
        only_bits=True,
    ),
    Fault(
        "rounding: a residual over lambda by another formula",
        KERNELS + "criterion/representer.hpp",
        "return t * (e / lambda);",
        "return t * e / lambda;",
        only_bits=True,
    ),
    Fault(
        "rounding: a deletion residual by another formula",
        KERNELS + "criterion/representer.hpp",
        "return 2.0 * r * s + s * s;",
        "return s * (2.0 * r + s);",
        only_bits=True,
    ),
    Fault(
        "rounding: the mean's loss by another formula",
        KERNELS + "problem/quadratic_loss.hpp",
        "(moved_.array() * (G_.array() - 2.0 * G0_.array())).sum();",
        "(moved_.array() * G_.array() - 2.0 * moved_.array() * G0_.array()).sum();",
        only_bits=True,
    ),
    Fault(
        "rounding: a rotation divided by twice",
        KERNELS + "linalg/cholesky/downdate.hpp",
        "cosine = (tail.tail(n).array() / tail.head(n).array()).sqrt();",
        "cosine = tail.tail(n).array().sqrt() / tail.head(n).array().sqrt();",
        only_bits=True,
    ),
    Fault(
        "rounding: removals rotated into the inverse factor later",
        KERNELS + "linalg/inverse_factor.hpp",
        "static constexpr Index most_pending = 8;",
        "static constexpr Index most_pending = 16;",
        only_bits=True,
    ),
    Fault(
        "rounding: leverages computed afresh less often",
        KERNELS + "criterion/leverages.hpp",
        "std::clamp<Index>(dimension, 256, 4096)",
        "std::clamp<Index>(dimension, 512, 4096)",
        only_bits=True,
    ),
    Fault(
        "rounding: larger blocks of ΦᵀΦ",
        KERNELS + "problem/normal_equations.hpp",
        "std::max<Index>(1024, 4 * d)",
        "std::max<Index>(2048, 4 * d)",
        only_bits=True,
    ),
    Fault(
        "rounding: the mean of the worst rows summed from the last",
        KERNELS + "criterion/scorer.hpp",
        "std::sort(aimed_at_.begin(), aimed_at_.end());",
        "std::sort(aimed_at_.rbegin(), aimed_at_.rend());",
        only_bits=True,
    ),
]
