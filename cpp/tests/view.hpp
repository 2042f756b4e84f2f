// A problem as the pruner takes it.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "paris/pruner.hpp"
#include "problem.hpp"

inline paris::Problem view(const problem::Problem& p, std::vector<unsigned char> protect = {}) {
  protect.resize(static_cast<std::size_t>(p.Phi.rows()));
  return {p.phi(),
          p.targets(),
          {p.phi_val(), p.val_targets(), p.weights()},
          std::nullopt,
          std::move(protect),
          {},
          {}};
}

// The paper's criterion and objective.
inline paris::Options options(double lambda, paris::EngineRequest engine, std::size_t cache_bytes,
                              int n_threads) {
  paris::Options options;
  options.lambda = lambda;
  options.engine = engine;
  options.cache_bytes = cache_bytes;
  options.n_threads = n_threads;
  return options;
}

inline bool never() { return false; }
inline void no_poll() {}
