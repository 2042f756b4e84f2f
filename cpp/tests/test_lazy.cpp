#include "allocations.hpp"
#include "check.hpp"
#include "paris/pruner.hpp"
#include "problem.hpp"
#include "view.hpp"

using namespace paris;

TEST(lazy, deletes_what_streaming_deletes) {
  for (const double lambda : {1e-3, 1.0, 300.0}) {
    for (const std::size_t cache_bytes : {std::size_t{0}, std::size_t{1} << 24}) {
      const problem::Problem p(4000, 150, 7, 1);
      Pruner lazy(view(p), {lambda, true, cache_bytes, 2});
      Pruner streaming(view(p), {lambda, false, cache_bytes, 1});
      CHECK(lazy.run(900, never, no_poll) == 900);
      CHECK(streaming.run(900, never, no_poll) == 900);
      CHECK(lazy.trace().removed == streaming.trace().removed);
      CHECK(lazy.trace().delta_loss == streaming.trace().delta_loss);
      CHECK(lazy.trace().loss == streaming.trace().loss);
      CHECK(lazy.stats().fronts_built > 0);
      CHECK(lazy.stats().rows_looked_at < streaming.stats().rows_looked_at / 2);
    }
  }
}

// A call of `run` may allocate (its trace, its team), a deletion must not.
TEST(lazy, deletions_do_not_allocate) {
  for (const bool lazy : {true, false}) {
    const problem::Problem p(3000, 200, 40, 2);
    Pruner pruner(view(p), {1.0, lazy, std::size_t{1} << 26, 1});
    pruner.run(100, never, no_poll);
    const auto counted = [&](Index n) {
      const long before = check::allocations();
      Eigen::internal::set_is_malloc_allowed(false);  // an allocation by Eigen fails an assertion
      pruner.run(n, never, no_poll);
      Eigen::internal::set_is_malloc_allowed(true);
      return check::allocations() - before;
    };
    const long few = counted(10), many = counted(700);
    CHECK(many <= few + 4);
    CHECK(few < 30);
  }
}
