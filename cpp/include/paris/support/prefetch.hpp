// Help for passes over tables that are larger than the caches.
#pragma once

#include <algorithm>

#include "paris/support/types.hpp"

namespace paris {

// Asks for n doubles that are about to be read.
inline void prefetch_row(const double* row, Index n) {
#if defined(__GNUC__) || defined(__clang__)
  constexpr Index line = 8;  // in doubles
  for (Index i = 0; i < n; i += line) __builtin_prefetch(row + i);
#else
  (void)row, (void)n;
#endif
}

// Asks for the row that a pass over a C-ordered table will reach a page later; hardware prefetchers
// stop at the boundaries of pages. `k` is the row at hand. Free where the table is in cache
// already.
inline void prefetch_ahead(const double* table, Index k, Index rows, Index columns) {
  constexpr Index page = 512;  // in doubles
  const Index ahead = std::min(k + std::max<Index>(1, page / columns), rows - 1);
  prefetch_row(table + ahead * columns, columns);
}

}  // namespace paris
