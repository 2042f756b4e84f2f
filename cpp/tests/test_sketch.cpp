#include "check.hpp"
#include "paris/sketch.hpp"
#include "paris/whitening.hpp"
#include "problem.hpp"

using namespace paris;

TEST(sketch, products_are_within_their_bound) {
  for (const Index d : {1, 5, 16, 33, 200}) {
    const problem::Table rows = problem::normal(300, d, 1);
    Sketch sketch(d);
    for (Index k = 0; k < rows.rows(); ++k) sketch.add(rows.data() + k * d);
    SketchedDirection direction;
    for (const double size : {1e-200, 1.0, 1e30}) {
      const Vector x = size * problem::normal(d, 1, 2);
      direction.set(x);
      double largest = 0.0;
      for (Index k = 0; k < rows.rows(); ++k) {
        const auto i = static_cast<std::size_t>(k);
        const double error = std::abs(sketch.product(i, direction) - rows.row(k).dot(x));
        CHECK(error <= sketch.error(i) * direction.norm());
        largest = std::max(largest, error / (rows.row(k).norm() * x.stableNorm()));
      }
      CHECK(largest < 0.02);
    }
    direction.set(Vector::Zero(d));
    CHECK(sketch.product(0, direction) == 0.0);
  }
}

TEST(sketch, a_row_of_zeros) {
  Sketch sketch(3);
  const double zeros[] = {0.0, 0.0, 0.0};
  sketch.add(zeros);
  SketchedDirection direction;
  direction.set(Vector::Ones(3));
  CHECK(sketch.product(0, direction) == 0.0);
  CHECK(sketch.error(0) == 0.0);
}

TEST(sketch, whitened_lengths_bound_the_drift_of_residuals) {
  const problem::Table Phi = problem::normal(50, 9, 3);
  const Matrix A = Phi.transpose() * Phi + 0.1 * Matrix::Identity(9, 9);
  const Matrix L = A.llt().matrixL();
  Team team(2);
  const Vector before = problem::normal(9, 1, 4);
  Trajectory trajectory(L, before);
  const Vector place = trajectory.image();
  const auto lengths = trajectory.whitening().lengths(ConstTableView(Phi.data(), 50, 9), team);
  const Vector after = before + 1e-3 * problem::normal(9, 1, 5);
  trajectory.moved(after);
  const double distance = trajectory.distance(place);
  for (Index k = 0; k < 50; ++k) {
    const double drift = std::abs(Phi.row(k).dot(after - before));
    CHECK(drift <= static_cast<double>(lengths[static_cast<std::size_t>(k)]) * distance);
    CHECK(static_cast<double>(lengths[static_cast<std::size_t>(k)]) >=
          std::sqrt(Phi.row(k) * A.inverse() * Phi.row(k).transpose()) * (1.0 - 1e-9));
  }
}
