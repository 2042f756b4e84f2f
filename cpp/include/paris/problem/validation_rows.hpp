// The validation rows, which steer the deletions.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "paris/support/blocks.hpp"
#include "paris/support/dot.hpp"
#include "paris/support/types.hpp"

namespace paris {

// A validation row as the "worst" objective sees it.
struct WorstRow {
  Index v = -1;
  double residual = 0.0;  // r_v = y_v − φ_vᵀw, of the first output
  double length = 0.0;    // ‖r_v‖
  double loss = -1.0;     // ω_v ‖r_v‖²

  // Of equals the smallest v counts as the worst.
  bool worse_than(const WorstRow& other) const {
    return loss > other.loss || (loss == other.loss && v < other.v);
  }
};

// The m worst of the rows that it is offered, in whatever order they come.
class WorstRows {
 public:
  explicit WorstRows(Index m) : m_(static_cast<std::size_t>(m)) {}

  void clear() { heap_.clear(); }

  // What a loss must reach to be among them.
  double least_loss() const { return heap_.size() < m_ ? -1.0 : heap_.front().loss; }

  void offer(const WorstRow& row) {
    if (std::isnan(row.loss)) return;
    if (heap_.size() == m_) {
      if (!row.worse_than(heap_.front())) return;
      std::pop_heap(heap_.begin(), heap_.end(), order);
      heap_.pop_back();
    }
    heap_.push_back(row);
    std::push_heap(heap_.begin(), heap_.end(), order);
  }

  // Worst first. To be called once, after the last offer.
  void sort() { std::sort_heap(heap_.begin(), heap_.end(), order); }
  const std::vector<WorstRow>& rows() const { return heap_; }

 private:
  static bool order(const WorstRow& a, const WorstRow& b) { return a.worse_than(b); }

  std::size_t m_;
  std::vector<WorstRow> heap_;  // the least bad one in front
};

// A view of Phi_val (V, D) and y_val (V, C), C-ordered, and weights ω (V,) >= 0. Owns nothing.
class ValidationRows {
 public:
  ValidationRows(ConstTableView Phi_val, ConstTableView y_val, ConstVectorView weight)
      : Phi_(Phi_val), y_(y_val), weight_(weight) {}

  Index size() const { return Phi_.rows(); }
  Index dimension() const { return Phi_.cols(); }
  Index outputs() const { return y_.cols(); }
  const ConstTableView& Phi() const { return Phi_; }
  const double* phi(Index v) const { return Phi_.data() + v * Phi_.cols(); }
  double weight(Index v) const { return weight_[v]; }

  // r_v of one output at weights W (D, C). Cost D.
  double residual(Index v, const Matrix& W, Index output) const {
    return y_.data()[v * y_.cols() + output] -
           dot(phi(v), W.data() + output * W.rows(), Phi_.cols());
  }

  // Row v at weights W (D, C). Cost D C.
  WorstRow evaluate(Index v, const Matrix& W) const {
    const double first = residual(v, W, 0);
    if (outputs() == 1) return {v, first, std::abs(first), weight_[v] * first * first};
    double sum = first * first;
    for (Index c = 1; c < outputs(); ++c) {
      const double r = residual(v, W, c);
      sum += r * r;
    }
    return {v, first, std::sqrt(sum), weight_[v] * sum};
  }

 private:
  ConstTableView Phi_;
  ConstTableView y_;
  ConstVectorView weight_;
};

// The m worst of all validation rows, by evaluating each.
class WorstSearch {
 public:
  WorstSearch(const ValidationRows& validation, Index m)
      : validation_(validation),
        blocks_(validation.size(), 4096),
        worst_(m),
        by_block_(static_cast<std::size_t>(blocks_.count()), worst_) {}

  // The rows found, worst first. Cost V D C. Calls visit(row) for each, from several threads.
  template <class Visit>
  const std::vector<WorstRow>& find(const Matrix& W, Team& team, Visit&& visit) {
    blocks_.for_each(team, [&](const Block& block) {
      WorstRows& worst = by_block_[static_cast<std::size_t>(block.number)];
      worst.clear();
      for (Index v = block.begin; v < block.end; ++v) {
        const WorstRow row = validation_.evaluate(v, W);
        visit(row);
        worst.offer(row);
      }
    });
    worst_.clear();
    for (const WorstRows& block_worst : by_block_) {
      for (const WorstRow& row : block_worst.rows()) worst_.offer(row);
    }
    worst_.sort();
    return worst_.rows();
  }

 private:
  const ValidationRows& validation_;
  Blocks blocks_;
  WorstRows worst_;
  std::vector<WorstRows> by_block_;
};

}  // namespace paris
