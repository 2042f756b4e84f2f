// Help for tables that are larger than the caches: memory for them, and passes over them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>

#ifdef __linux__
#include <sys/mman.h>
#endif

#include "paris/support/types.hpp"

namespace paris {

struct Free {
  void operator()(void* memory) const { std::free(memory); }
};

template <class T>
using Buffer = std::unique_ptr<T[], Free>;

// Room for n numbers, not initialized: what is never touched takes no memory. In huge pages where
// the system offers them, which spares most of the page walks.
template <class T>
Buffer<T> uninitialized(std::size_t n) {
#ifdef __linux__
  constexpr std::size_t page = std::size_t{1} << 21;
  const std::size_t bytes = (n * sizeof(T) + page - 1) / page * page;
  void* memory = std::aligned_alloc(page, bytes);
  if (memory != nullptr) madvise(memory, bytes, MADV_HUGEPAGE);  // no more than a wish
#else
  void* memory = std::malloc(n * sizeof(T));
#endif
  if (memory == nullptr) throw std::bad_alloc();
  return Buffer<T>(static_cast<T*>(memory));
}

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
