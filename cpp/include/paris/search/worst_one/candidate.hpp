// A row that may be deleted next.
#pragma once

#include <limits>

#include "paris/support/types.hpp"

namespace paris {

// The rule of every engine: the row that is judged lowest, and of equals the smallest one.
// row = -1 where there is none.
struct Candidate {
  Index row = -1;
  double influence = 0.0;  // S_vk
  double judged = std::numeric_limits<double>::infinity();

  bool beats(const Candidate& other) const {
    return judged < other.judged || (judged == other.judged && row < other.row);
  }
};

}  // namespace paris
