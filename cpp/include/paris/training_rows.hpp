// The training rows: where they lie and which of them are still there.
#pragma once

#include <vector>

#include "paris/prefetch.hpp"
#include "paris/types.hpp"

namespace paris {

// A view of Phi (N, D), C-ordered, and y (N,), with a mark for every row that has been removed.
// Owns the marks only; the arrays must outlive it. Nothing here writes to them.
class TrainingRows {
 public:
  TrainingRows(ConstTableView Phi, ConstVectorView y)
      : Phi_(Phi), y_(y), kept_(static_cast<std::size_t>(Phi.rows()), 1), n_kept_(Phi.rows()) {}

  Index size() const { return Phi_.rows(); }
  Index dimension() const { return Phi_.cols(); }
  Index n_kept() const { return n_kept_; }

  const double* phi(Index k) const { return Phi_.data() + k * Phi_.cols(); }
  void prefetch_beyond(Index k) const { prefetch_ahead(Phi_.data(), k, Phi_.rows(), Phi_.cols()); }
  double y(Index k) const { return y_[k]; }
  bool kept(Index k) const { return kept_[static_cast<std::size_t>(k)] != 0; }

  // Call at most once a row.
  void remove(Index k) {
    kept_[static_cast<std::size_t>(k)] = 0;
    --n_kept_;
  }

  void restore(Index k) {
    kept_[static_cast<std::size_t>(k)] = 1;
    ++n_kept_;
  }

 private:
  ConstTableView Phi_;
  ConstVectorView y_;
  std::vector<unsigned char> kept_;
  Index n_kept_;
};

}  // namespace paris
