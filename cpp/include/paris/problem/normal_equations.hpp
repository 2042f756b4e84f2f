// Sums over the kept rows: ΦᵀΦ and Φᵀy, and what residuals at given weights add up to.
#pragma once

#include <algorithm>

#include "paris/problem/training_rows.hpp"
#include "paris/support/blocks.hpp"
#include "paris/support/team.hpp"
#include "paris/support/types.hpp"

namespace paris {

struct NormalEquations {
  Matrix gram;  // (D, D) ΦᵀΦ, lower triangle only
  Matrix rhs;   // (D, C) Φᵀy
};

// Cost N D². Memory 2 D² plus one block of rows a thread. The size of blocks depends on D alone.
inline NormalEquations normal_equations(const TrainingRows& rows, Team& team) {
  const Index d = rows.dimension(), outputs = rows.outputs();
  // Large enough to hide the addition of a (D, D) partial sum, small enough to share out.
  const double work = static_cast<double>(d) * static_cast<double>(d + outputs);
  const Blocks blocks(rows.size(), rows_per_task(std::max<Index>(1024, 4 * d), work));

  struct Partial {
    NormalEquations sum;
    Matrix columns, targets;  // of the kept rows of the block
  };
  const auto compute = [&](const Block& block, Partial& partial) {
    auto& [sum, columns, targets] = partial;
    columns.resize(d, blocks.size());
    targets.resize(blocks.size(), outputs);
    Index m = 0;
    for (Index k = block.begin; k < block.end; ++k) {
      if (!rows.kept(k)) continue;
      columns.col(m) = ConstVectorView(rows.phi(k), d);
      for (Index c = 0; c < outputs; ++c) targets(m, c) = rows.y(k, c);
      ++m;
    }
    sum.gram.setZero(d, d);
    sum.rhs.setZero(d, outputs);
    if (m == 0) return;  // Eigen divides by the number of columns
    sum.gram.selfadjointView<Eigen::Lower>().rankUpdate(columns.leftCols(m));
    sum.rhs.noalias() = columns.leftCols(m) * targets.topRows(m);
  };
  NormalEquations total{Matrix::Zero(d, d), Matrix::Zero(d, outputs)};
  add_up<Partial>(blocks, team, compute, [&](const Partial& partial) {
    total.gram.triangularView<Eigen::Lower>() += partial.sum.gram;
    total.rhs += partial.sum.rhs;
  });
  return total;
}

struct Residuals {
  Matrix gradient;  // (D, C) Φᵀ(y − ΦW), of half the squares but for the sign
  Vector squares;   // (C,) the squared residuals of every output, added up
};

// The gradient is zero at the least-squares solution, λW at the ridge solution. Cost 2 N D C.
inline Residuals residuals(const TrainingRows& rows, const Matrix& W, Team& team) {
  const Index d = rows.dimension(), outputs = rows.outputs();
  const double work = static_cast<double>(d) * static_cast<double>(outputs);
  const Blocks blocks(rows.size(), rows_per_task(4096, work));
  const Vector sum = added_up(blocks, (d + 1) * outputs, team, [&](const Block& block, auto&& out) {
    for (Index k = block.begin; k < block.end; ++k) {
      rows.prefetch_beyond(k);
      if (!rows.kept(k)) continue;
      const ConstVectorView phi(rows.phi(k), d);
      for (Index c = 0; c < outputs; ++c) {
        const double e = rows.residual(k, W.data() + c * d, c);
        out.segment(c * d, d) += phi * e;
        out[d * outputs + c] += e * e;
      }
    }
  });
  return {Eigen::Map<const Matrix>(sum.data(), d, outputs), sum.tail(outputs)};
}

}  // namespace paris
