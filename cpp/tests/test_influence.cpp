#include "check.hpp"
#include "paris/search/worst_one/influence.hpp"
#include "problem.hpp"

using namespace paris;

TEST(influence, rows_of_T_and_the_order_in_which_they_leave) {
  const problem::Problem p(50, 6, 4, 1);
  const Matrix T = p.Phi_val * p.Phi.transpose();
  const TrainingRows rows(p.phi(), p.targets());
  Team team(2);
  InfluenceCache cache(rows, p.phi_val(), 3 * 50 * sizeof(double));  // room for three rows
  for (const Index v : {0, 1, 2, 0, 3, 0, 1}) {
    const std::vector<double>& row = cache.row(v, team);
    CHECK((ConstVectorView(row.data(), 50) - T.row(v).transpose()).norm() < 1e-12);
  }
  // 0, 1, 2 are computed, 0 is found, 3 drives out 1, 0 is found, 1 drives out 2.
  CHECK(cache.misses() == 5);
  CHECK(cache.hits() == 2);
}

TEST(influence, a_cache_without_room_still_holds_one_row) {
  const problem::Problem p(10, 3, 2, 1);
  const TrainingRows rows(p.phi(), p.targets());
  Team team(1);
  InfluenceCache cache(rows, p.phi_val(), 0);
  cache.row(0, team);
  cache.row(0, team);
  cache.row(1, team);
  CHECK(cache.hits() == 1 && cache.misses() == 2);
}
