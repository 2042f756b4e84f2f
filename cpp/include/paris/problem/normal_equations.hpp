// Sums over the kept rows: ΦᵀΦ and Φᵀy, and what residuals at given weights add up to.
#pragma once

#include <algorithm>
#include <vector>

#include "paris/problem/training_rows.hpp"
#include "paris/support/dot.hpp"
#include "paris/support/team.hpp"
#include "paris/support/types.hpp"

namespace paris {

struct NormalEquations {
  Matrix gram;    // (D, D) ΦᵀΦ, lower triangle only
  Matrix moment;  // (D, C) Φᵀy
};

// Cost N D². Memory 2 D² plus one block of rows a thread. The size of blocks depends on D alone,
// and they are added in their order, so the sum does not depend on the number of threads.
inline NormalEquations normal_equations(const TrainingRows& rows, Team& team) {
  const Index n = rows.size();
  const Index d = rows.dimension(), outputs = rows.outputs();
  // Large enough to hide the addition of a (D, D) partial sum, small enough to share out.
  const double work = static_cast<double>(d) * static_cast<double>(d + outputs);
  const Index block = rows_per_task(std::max<Index>(1024, 4 * d), work);
  const Index n_blocks = (n + block - 1) / block;
  const Index wave = team.size();

  NormalEquations total{Matrix::Zero(d, d), Matrix::Zero(d, outputs)};
  std::vector<NormalEquations> partial(static_cast<std::size_t>(std::min(wave, n_blocks)));
  std::vector<Matrix> scratch(partial.size());
  for (Index first = 0; first < n_blocks; first += wave) {
    const Index count = std::min(wave, n_blocks - first);
    team.run(count, [&](Index i) {
      NormalEquations& sum = partial[static_cast<std::size_t>(i)];
      Matrix& columns = scratch[static_cast<std::size_t>(i)];  // kept rows of the block, as columns
      columns.resize(d, block);
      Matrix targets(block, outputs);
      Index m = 0;
      const Index begin = (first + i) * block;
      for (Index k = begin; k < std::min(begin + block, n); ++k) {
        if (!rows.kept(k)) continue;
        columns.col(m) = ConstVectorView(rows.phi(k), d);
        for (Index c = 0; c < outputs; ++c) targets(m, c) = rows.y(k, c);
        ++m;
      }
      sum.gram.setZero(d, d);
      sum.moment.setZero(d, outputs);
      if (m == 0) return;  // Eigen divides by the number of columns
      sum.gram.selfadjointView<Eigen::Lower>().rankUpdate(columns.leftCols(m));
      sum.moment.noalias() = columns.leftCols(m) * targets.topRows(m);
    });
    for (Index i = 0; i < count; ++i) {
      total.gram.triangularView<Eigen::Lower>() += partial[static_cast<std::size_t>(i)].gram;
      total.moment += partial[static_cast<std::size_t>(i)].moment;
    }
  }
  return total;
}

struct Residuals {
  Matrix moment;   // (D, C) Φᵀ(y − ΦW)
  Vector squares;  // (C,) the squared residuals of every output, added up
};

// The moment is zero at the least-squares solution, λW at the ridge solution. Cost 2 N D C. Adds up
// in blocks, as above.
inline Residuals residuals(const TrainingRows& rows, const Matrix& W, Team& team) {
  const Index n = rows.size(), d = rows.dimension(), outputs = rows.outputs();
  const Index block = rows_per_task(4096, static_cast<double>(d) * static_cast<double>(outputs));
  const Index n_blocks = (n + block - 1) / block;
  Matrix partial = Matrix::Zero((d + 1) * outputs, n_blocks);
  team.run(n_blocks, [&](Index b) {
    for (Index k = b * block; k < std::min((b + 1) * block, n); ++k) {
      rows.prefetch_beyond(k);
      if (!rows.kept(k)) continue;
      const ConstVectorView phi(rows.phi(k), d);
      for (Index c = 0; c < outputs; ++c) {
        const double e = rows.residual(k, W.data() + c * d, c);
        partial.col(b).segment(c * d, d) += phi * e;
        partial(d * outputs + c, b) += e * e;
      }
    }
  });
  const Vector sum = partial.rowwise().sum();
  return {Eigen::Map<const Matrix>(sum.data(), d, outputs), sum.tail(outputs)};
}

}  // namespace paris
