// Memory for large tables that are read here and there.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>

#ifdef __linux__
#include <sys/mman.h>
#endif

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

}  // namespace paris
