// Help for passes over tables that are larger than the caches.
#pragma once

#include <algorithm>

#include "paris/types.hpp"

namespace paris {

// Asks for the row that a pass over a C-ordered table will reach a page later; hardware prefetchers
// stop at the boundaries of pages. `k` is the row at hand. Free where the table is in cache
// already.
inline void prefetch_ahead(const double* table, Index k, Index rows, Index columns) {
#if defined(__GNUC__) || defined(__clang__)
  constexpr Index page = 512, line = 8;  // in doubles
  const double* row = table + std::min(k + std::max<Index>(1, page / columns), rows - 1) * columns;
  for (Index i = 0; i < columns; i += line) __builtin_prefetch(row + i);
#else
  (void)table, (void)k, (void)rows, (void)columns;
#endif
}

}  // namespace paris
