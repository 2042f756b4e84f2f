// What the greedy loop asks of an engine.
#pragma once

#include <cstdint>

#include "paris/candidate.hpp"
#include "paris/poll.hpp"
#include "paris/ridge.hpp"
#include "paris/team.hpp"
#include "paris/types.hpp"
#include "paris/validation_rows.hpp"

namespace paris {

// How much work an engine has done.
struct EngineStats {
  std::int64_t rows_looked_at = 0;             // residuals of training rows computed
  std::int64_t validation_rows_looked_at = 0;  // residuals of validation rows computed
  std::int64_t fronts_built = 0;
  std::int64_t full_scans = 0;                    // deletions for which no front would do
  std::int64_t cache_hits = 0, cache_misses = 0;  // rows of T
};

// Engines differ in what they look at, never in what they answer: both functions return the exact
// optimum, to the last bit of the shared kernels, ties going to the smallest index.
class Engine {
 public:
  virtual ~Engine() = default;

  // argmax_v ω_v r_v² at the ridge's weights.
  virtual WorstRow worst(const Ridge& ridge, Team& team) = 0;

  // argmin_k |r_v + S_vk| over the rows that may be deleted; row = -1 if no value is finite.
  virtual Candidate best(const WorstRow& worst, const Ridge& ridge, Team& team,
                         const Poll& poll) = 0;

  // The ridge has changed; row k has been removed (none if k < 0).
  virtual void changed(const Ridge& ridge, Index k) = 0;

  virtual EngineStats stats() const = 0;
};

}  // namespace paris
