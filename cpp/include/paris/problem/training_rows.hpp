// The training rows: where they lie, which of them are still there and which may leave.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <vector>

#include "paris/support/dot.hpp"
#include "paris/support/memory.hpp"
#include "paris/support/types.hpp"

namespace paris {

// A view of Phi (N, D) and y (N, C), C-ordered, with a mark for every row that has been removed or
// must stay. Owns the marks only; the arrays must outlive it. Nothing here writes to them.
class TrainingRows {
 public:
  TrainingRows(ConstTableView Phi, ConstTableView y)
      : TrainingRows(Phi, y, std::vector<unsigned char>(static_cast<std::size_t>(Phi.rows()), 0)) {}

  // Beyond that, numbers of rows that are kept in 32 bits would not do.
  static constexpr Index most_rows = std::numeric_limits<std::int32_t>::max();

  // `protect` (N,) is not zero for rows that must stay.
  TrainingRows(ConstTableView Phi, ConstTableView y, const std::vector<unsigned char>& protect)
      : Phi_(Phi), y_(y), n_kept_(Phi.rows()) {
    if (Phi.rows() > most_rows) throw std::length_error("Phi must have fewer than 2**31 rows");
    state_.resize(protect.size());
    for (std::size_t k = 0; k < state_.size(); ++k) {
      state_[k] = protect[k] != 0 ? State::stays : State::may_leave;
    }
    n_deletable_ = std::count(state_.begin(), state_.end(), State::may_leave);
  }

  Index size() const { return Phi_.rows(); }
  Index dimension() const { return Phi_.cols(); }
  Index outputs() const { return y_.cols(); }
  Index n_kept() const { return n_kept_; }
  Index n_deletable() const { return n_deletable_; }

  const ConstTableView& Phi() const { return Phi_; }
  const double* phi(Index k) const { return Phi_.data() + k * Phi_.cols(); }
  void prefetch_beyond(Index k) const { prefetch_ahead(Phi_.data(), k, Phi_.rows(), Phi_.cols()); }
  double y(Index k, Index output = 0) const { return y_.data()[k * y_.cols() + output]; }

  // e = y − φᵀw for one output, always afresh: every engine scores rows by these very bits.
  double residual(Index k, const double* w, Index output = 0) const {
    return y(k, output) - dot(phi(k), w, dimension());
  }

  bool kept(Index k) const { return state_[static_cast<std::size_t>(k)] != State::removed; }
  bool deletable(Index k) const { return state_[static_cast<std::size_t>(k)] == State::may_leave; }

  // For a row that may leave.
  void remove(Index k) {
    state_[static_cast<std::size_t>(k)] = State::removed;
    --n_kept_;
    --n_deletable_;
  }

  // Takes the removal back.
  void restore(Index k) {
    state_[static_cast<std::size_t>(k)] = State::may_leave;
    ++n_kept_;
    ++n_deletable_;
  }

  // From now on a row that might have left must stay.
  void protect(Index k) {
    state_[static_cast<std::size_t>(k)] = State::stays;
    --n_deletable_;
  }

 private:
  enum class State : unsigned char { removed, may_leave, stays };

  ConstTableView Phi_;
  ConstTableView y_;
  std::vector<State> state_;
  Index n_kept_, n_deletable_ = 0;
};

}  // namespace paris
