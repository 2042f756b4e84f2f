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

}  // namespace paris
