// The textbook engine: every deletion looks at every row.
#pragma once

#include <algorithm>
#include <limits>
#include <vector>

#include "paris/influence.hpp"
#include "paris/representer.hpp"
#include "paris/ridge.hpp"
#include "paris/training_rows.hpp"
#include "paris/types.hpp"
#include "paris/validation_rows.hpp"

namespace paris {

// A row and what its deletion is expected to do; row = -1 where there is none.
struct Candidate {
  Index row = -1;
  double influence = 0.0;  // S_vk
  double judged = std::numeric_limits<double>::infinity();
};

// argmin_k |r_v + S_vk| over the kept rows that may be deleted, the smallest k among equals. Cost N D:
// one pass over Phi, shared by the team. `poll` is called now and then from the calling thread and may
// throw to abandon the search; nothing has changed then.
class StreamingSearch {
 public:
  StreamingSearch(const TrainingRows& rows, const std::vector<unsigned char>& protect,
                  InfluenceCache& influence)
      : rows_(rows),
        protect_(protect),
        influence_(influence),
        found_(static_cast<std::size_t>((rows.size() + block - 1) / block)) {}

  template <class Poll>
  Candidate best(const WorstRow& worst, const Ridge& ridge, Team& team, Poll&& poll) {
    const std::vector<double>& T_v = influence_.row(worst.v, team);
    // Several rounds rather than one, so that an interrupt of a long pass is answered in time.
    const Index n_blocks = static_cast<Index>(found_.size());
    for (Index first = 0; first < n_blocks; first += blocks_per_poll) {
      team.run(std::min(blocks_per_poll, n_blocks - first),
               [&](Index b) { scan(first + b, worst.residual, T_v, ridge); });
      poll();
    }
    Candidate best;
    for (const Candidate& other : found_) {
      if (other.judged < best.judged) best = other;
    }
    return best;
  }

 private:
  static constexpr Index block = 4096;
  static constexpr Index blocks_per_poll = 64;

  void scan(Index b, double r, const std::vector<double>& T_v, const Ridge& ridge) {
    Candidate best;
    const Index end = std::min((b + 1) * block, rows_.size());
    for (Index k = b * block; k < end; ++k) {
      if (!rows_.kept(k) || protect_[static_cast<std::size_t>(k)] != 0) continue;
      const double s = representer::influence(T_v[static_cast<std::size_t>(k)],
                                              ridge.residual(rows_, k), ridge.lambda());
      const double judged = representer::judge(r, s);
      if (judged < best.judged) best = Candidate{k, s, judged};
    }
    found_[static_cast<std::size_t>(b)] = best;
  }

  const TrainingRows& rows_;
  const std::vector<unsigned char>& protect_;
  InfluenceCache& influence_;
  std::vector<Candidate> found_;  // one a block
};

}  // namespace paris
