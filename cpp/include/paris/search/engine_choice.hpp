// Which engine serves which problem.
#pragma once

#include "paris/criterion/scoring.hpp"
#include "paris/support/types.hpp"

namespace paris {

enum class EngineRequest { automatic, exhaustive, lazy };

// `worst_one`: the lazy search that is made for the paper's own case.
enum class EngineKind { exhaustive, lazy, worst_one };

struct ProblemShape {
  Index n_rows, dimension, n_outputs;
};

// On request lazy, or where that is faster: always for the paper's own case, for all else where
// bounds are worth their upkeep (benchmarks/README.md).
inline EngineKind engine_for(EngineRequest request, const Scoring& scoring,
                             const ProblemShape& shape) {
  if (request == EngineRequest::exhaustive) return EngineKind::exhaustive;
  if (scoring.papers_own(shape.n_outputs)) return EngineKind::worst_one;
  const bool pays =
      shape.n_rows * shape.dimension >= (Index{1} << 19) && shape.n_rows >= 8 * shape.dimension;
  return request == EngineRequest::lazy || pays ? EngineKind::lazy : EngineKind::exhaustive;
}

}  // namespace paris
