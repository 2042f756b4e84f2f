// Names shared by every kernel. Eigen enters the project here and nowhere else.
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <cstdint>

namespace paris {

using Index = Eigen::Index;

using Vector = Eigen::VectorXd;
using Matrix = Eigen::MatrixXd;  // column-major: the columns of L are contiguous

// Read-only views of memory that somebody else owns. Tables of features hold one row a sample,
// C-ordered.
using ConstVectorView = Eigen::Map<const Vector>;
using ConstTableView =
    Eigen::Map<const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>;

// Eigen cuts products into blocks by the sizes of the CPU's caches, and where it cuts decides on
// the last bits of their sums. Fixed sizes make results the same on all CPUs of an instruction-set
// level. To be called before anything else.
inline void pin_block_sizes() {
  constexpr std::ptrdiff_t kib = 1024;
  Eigen::setCpuCacheSizes(32 * kib, 512 * kib, 8192 * kib);
}

}  // namespace paris
