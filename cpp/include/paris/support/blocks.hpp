// Passes over tables, block by block.
#pragma once

#include <algorithm>
#include <vector>

#include "paris/support/team.hpp"
#include "paris/support/types.hpp"

namespace paris {

// How many parts of this size hold n things; and room for n in whole parts.
constexpr Index parts(Index n, Index size) { return (n + size - 1) / size; }
constexpr Index whole_parts(Index n, Index size) { return parts(n, size) * size; }

// Rows for one task that spends `work` multiplications on each of them: `usual`, or as many fewer
// as keep the task near a thirtieth of a second.
inline Index rows_per_task(Index usual, double work) {
  constexpr double most = 1 << 30;
  const auto room = static_cast<Index>(most / std::max(1.0, work));
  return std::clamp<Index>(room / 16 * 16, std::min<Index>(usual, 16), usual);
}

struct Block {
  Index number, begin, end;

  Index size() const { return end - begin; }
};

// 0 … n − 1 in blocks of one size, the last of which may be smaller.
class Blocks {
 public:
  Blocks(Index n, Index size) : n_(n), size_(size) {}

  Index count() const { return parts(n_, size_); }
  Index size() const { return size_; }
  Block operator[](Index i) const { return {i, i * size_, std::min((i + 1) * size_, n_)}; }

  // Calls visit(block), from several threads.
  template <class Visit>
  void for_each(Team& team, const Visit& visit) const {
    team.run(count(), [&](Index i) { visit((*this)[i]); });
  }

 private:
  Index n_, size_;
};

// Calls compute(block, partial) for every block, from several threads, and add(partial) in the
// order of the blocks: a sum does not depend on the number of threads. There are as many partial
// sums as threads, and they come as their last user left them.
template <class Partial, class Compute, class Add>
void add_up(const Blocks& blocks, Team& team, const Compute& compute, const Add& add) {
  const Index n = blocks.count(), wave = team.size();
  std::vector<Partial> partial(static_cast<std::size_t>(std::min(wave, n)));
  for (Index first = 0; first < n; first += wave) {
    const Index count = std::min(wave, n - first);
    team.run(count,
             [&](Index i) { compute(blocks[first + i], partial[static_cast<std::size_t>(i)]); });
    for (Index i = 0; i < count; ++i) add(partial[static_cast<std::size_t>(i)]);
  }
}

// The same for vectors of so many numbers, small beside a block: compute(block, sum) adds to zeros.
template <class Compute>
Vector added_up(const Blocks& blocks, Index n_sums, Team& team, const Compute& compute) {
  Matrix partial = Matrix::Zero(n_sums, blocks.count());
  blocks.for_each(team, [&](const Block& block) { compute(block, partial.col(block.number)); });
  return partial.rowwise().sum();
}

}  // namespace paris
