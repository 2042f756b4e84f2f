// What the greedy loop asks of an engine.
#pragma once

#include <cstdint>

#include "paris/problem/ridge.hpp"
#include "paris/support/team.hpp"
#include "paris/support/types.hpp"

namespace paris {

// How much work an engine has done.
struct EngineStats {
  std::int64_t rows_evaluated = 0;             // residuals of training rows computed
  std::int64_t validation_rows_evaluated = 0;  // residuals of validation rows computed
  std::int64_t working_sets_built = 0;
  std::int64_t full_scans = 0;                    // deletions for which no working set would do
  std::int64_t cache_hits = 0, cache_misses = 0;  // rows of T, or what is kept for one v*
};

// The validation rows that count at present.
struct Aim {
  Index v = -1;       // the worst of them; -1 where the objective has none
  double loss = 0.0;  // the objective
};

// The row to delete next, -1 if there is none with a finite residual.
struct Choice {
  Index row = -1;
  double delta_loss = 0.0;
};

// Engines differ in what they evaluate, never in what they answer: it is the exact optimum, to the
// last bit of the shared kernels, ties going to the smallest index.
class Engine {
 public:
  virtual ~Engine() = default;

  // Finds the validation rows that the next deletion is scored by, after whatever passes over the
  // tables the last change has made due. To be called first, and again after every change; if the
  // team's poll has cut it short, once more.
  virtual Aim aim(const Ridge& ridge, Team& team) = 0;

  // The deletable row with the smallest deletion residual. Can be called again if cut short.
  virtual Choice best(const Ridge& ridge, Team& team) = 0;

  // The ridge has changed; row k has been removed (none if k < 0). No pass over a table.
  virtual void changed(const Ridge& ridge, Index k) = 0;

  // Row k may no longer be deleted.
  virtual void protect(Index k) = 0;

  virtual EngineStats stats() const = 0;
};

}  // namespace paris
