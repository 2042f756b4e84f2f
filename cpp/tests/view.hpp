// A problem as the pruner takes it.
#pragma once

#include <utility>
#include <vector>

#include "paris/pruner.hpp"
#include "problem.hpp"

inline paris::Problem view(const problem::Problem& p, std::vector<unsigned char> protect = {}) {
  protect.resize(static_cast<std::size_t>(p.Phi.rows()));
  return {p.phi(), p.targets(), p.phi_val(), p.val_targets(), p.weights(), std::move(protect)};
}

inline bool never() { return false; }
inline void no_poll() {}
