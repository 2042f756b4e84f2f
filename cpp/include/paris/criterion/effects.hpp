// What the deletion of each row does, for all rows at once.
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "paris/criterion/left_out.hpp"
#include "paris/criterion/leverages.hpp"
#include "paris/criterion/scorer.hpp"
#include "paris/criterion/scoring.hpp"
#include "paris/problem/ridge.hpp"
#include "paris/problem/training_rows.hpp"
#include "paris/problem/validation_rows.hpp"
#include "paris/support/blocks.hpp"
#include "paris/support/team.hpp"
#include "paris/support/types.hpp"

namespace paris {

// ΔL of every row (N,) as the first deletion would score it, or for validation row `v` alone. Cost
// N D² and what an exhaustive step costs.
inline std::vector<double> effects_on_validation(const TrainingRows& rows,
                                                 const ValidationRows& validation,
                                                 const Scoring& scoring, std::optional<Index> v,
                                                 const Ridge& ridge, Team& team) {
  Scorer scorer(rows, validation, scoring, ridge, team);
  if (scoring.mean()) {
    scorer.aim(ridge);
  } else {
    WorstSearch search(validation, scoring.n_worst);
    const std::vector<WorstRow> worst =
        v ? std::vector<WorstRow>{validation.evaluate(*v, ridge.weights())}
          : search.find(ridge.weights(), team, [](const WorstRow&) {});
    scorer.aim(ridge, worst);
  }
  std::vector<double> out(static_cast<std::size_t>(rows.size()));
  Blocks(rows.size(), 1024).for_each(team, [&](const Block& block) {
    Scorer::Scratch scratch;
    for (Index k = block.begin; k < block.end; ++k) {
      rows.prefetch_beyond(k);
      out[static_cast<std::size_t>(k)] = scorer.score(k, scratch).delta_loss;
    }
  });
  return out;
}

// The same where each row is judged by itself alone: by how much its own squared residual grows.
// With S = t e/(1 − h) and t = h, or S = ‖φ‖² e/λ, that is 2 e·S + ‖S‖².
inline std::vector<double> effects_on_themselves(const TrainingRows& rows, Criterion criterion,
                                                 const Ridge& ridge, Team& team) {
  std::optional<Leverages> leverages;
  if (criterion == Criterion::refit) leverages.emplace(rows, nullptr, ridge, team);
  std::vector<double> out(static_cast<std::size_t>(rows.size()));
  Blocks(rows.size(), 1024).for_each(team, [&](const Block& block) {
    LeftOut left_out;
    Eigen::RowVectorXd e(rows.outputs());
    for (Index k = block.begin; k < block.end; ++k) {
      rows.prefetch_beyond(k);
      for (Index c = 0; c < rows.outputs(); ++c) e[c] = rows.residual(k, ridge.weights_of(c), c);
      double part = 0.0;  // S = part · e
      if (leverages) {
        double complement = 1.0 - leverages->h(k);
        if (!(complement > Ridge::smallest_complement)) {
          left_out.evaluate(rows, ridge, k);
          complement = left_out.complement();
          e = left_out.residuals();
        }
        part = (1.0 - complement) / complement;
      } else {
        part = dot(rows.phi(k), rows.phi(k), rows.dimension()) / ridge.lambda();
      }
      out[static_cast<std::size_t>(k)] = e.squaredNorm() * part * (2.0 + part);
    }
  });
  return out;
}

}  // namespace paris
