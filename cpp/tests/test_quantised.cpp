#include "check.hpp"
#include "paris/bounds/quantised_residuals.hpp"
#include "paris/bounds/quantised_rows.hpp"
#include "paris/bounds/whitening.hpp"
#include "problem.hpp"

using namespace paris;

TEST(quantised, products_are_within_their_bound) {
  for (const Index d : {1, 5, 16, 33, 200}) {
    const problem::Table rows = problem::normal(300, d, 1);
    QuantisedRows quantised(d);
    for (Index k = 0; k < rows.rows(); ++k) quantised.add(rows.data() + k * d);
    UnitDirection direction;
    for (const double size : {1e-200, 1.0, 1e30}) {
      const Vector x = size * problem::normal(d, 1, 2);
      direction.set(x);
      double largest = 0.0;
      for (Index k = 0; k < rows.rows(); ++k) {
        const auto i = static_cast<std::size_t>(k);
        const double error = std::abs(quantised.product(i, direction) - rows.row(k).dot(x));
        CHECK(error <= quantised.error(i) * direction.norm());
        largest = std::max(largest, error / (rows.row(k).norm() * x.stableNorm()));
      }
      CHECK(largest < 0.02);
    }
    direction.set(Vector::Zero(d));
    CHECK(quantised.product(0, direction) == 0.0);
  }
}

TEST(quantised, a_row_of_zeros) {
  QuantisedRows quantised(3);
  const double zeros[] = {0.0, 0.0, 0.0};
  quantised.add(zeros);
  UnitDirection direction;
  direction.set(Vector::Ones(3));
  CHECK(quantised.product(0, direction) == 0.0);
  CHECK(quantised.error(0) == 0.0);
}

// Along a path of the weights, with errors that add up over many rebases, and with fewer slots than
// rows.
TEST(quantised, estimates_of_residuals_are_within_their_bound) {
  for (const Index d : {1, 17, 300}) {
    for (const std::size_t bytes : {std::size_t{0}, std::size_t{1} << 24}) {
      const Index n = 1000;
      problem::Problem p(n, 5, d, 1);
      p.Phi.row(3).setZero();
      p.Phi.row(4) *= 1e150;
      p.Phi.row(5) *= 1e-150;
      TrainingRows rows(p.phi(), p.targets());
      QuantisedResiduals quantised(rows, bytes);
      Vector w = problem::normal(d, 1, 2);
      std::mt19937 engine(3);
      std::normal_distribution<double> draw;
      std::uniform_int_distribution<Index> any(0, n - 1);
      const double start = w.norm();
      Index estimated = 0, moved = 0;
      double largest = 0.0;
      for (int step = 0; step < 600; ++step) {
        for (double& entry : w) entry += 0.1 * draw(engine);
        if (step % 5 == 4) rows.remove(any(engine) % 100 * 10 + step % 10);
        quantised.at(w);
        for (int turn = 0; turn < 20; ++turn) {
          const Index k = turn < 3 ? 3 + turn : any(engine);
          const double exact = p.y(k, 0) - p.Phi.row(k).dot(w);
          const double rounding =
              1e-14 * (std::abs(p.y(k, 0)) + p.Phi.row(k).norm() * (start + w.norm()));
          if (!quantised.has(k)) {
            CHECK(std::abs(quantised.evaluate(k, w, true) - exact) <= rounding);
            CHECK(quantised.has(k));
            continue;
          }
          const Estimate estimate = quantised.estimate(k);
          const double off = std::abs(estimate.residual - exact);
          CHECK(off <= estimate.error + rounding);
          if (k > 5) largest = std::max(largest, estimate.error / p.Phi.row(k).norm());
          moved += estimate.error > 0.0 ? 1 : 0;
          ++estimated;
          if (turn > 16) quantised.evaluate(k, w, true);  // what rebases are made for
        }
      }
      CHECK(estimated > 1000);
      CHECK(moved > 1000);
      CHECK(quantised.rebases() > 3);
      CHECK(largest < 0.1);
      if (bytes == 0) CHECK(quantised.full());
    }
  }
}

// In double and in single precision.
TEST(quantised, whitened_lengths_bound_the_drift_of_residuals) {
  for (const Index d : {9, 300}) {
    const problem::Table Phi = problem::normal(400, d, 3);
    const Matrix A = Phi.transpose() * Phi + 0.1 * Matrix::Identity(d, d);
    const Matrix L = A.llt().matrixL();
    Team team(2);
    const Vector before = problem::normal(d, 1, 4);
    Trajectory trajectory(L, before);
    const Vector place = trajectory.image();
    CHECK((place - L.transpose() * before).norm() <= 1e-6 * place.norm());
    const auto lengths = trajectory.whitening().lengths(ConstTableView(Phi.data(), 400, d), team);
    const Matrix inverse = A.llt().solve(Matrix::Identity(A.rows(), A.cols()));
    for (const Index k : {0, 7, 399}) {
      const auto length = static_cast<double>(lengths[static_cast<std::size_t>(k)]);
      const double exact = std::sqrt(Phi.row(k) * inverse * Phi.row(k).transpose());
      CHECK(length >= exact * (1.0 - 1e-5) && length <= exact * (1.0 + 1e-5));
      // The bound is attained in the direction of A⁻¹φ.
      for (const Vector& step :
           {Vector(problem::normal(d, 1, 5)), Vector(inverse * Phi.row(k).transpose())}) {
        const Vector after = before + 1e-3 * step;
        trajectory.moved(after);
        CHECK(std::abs(Phi.row(k).dot(after - before)) <= length * trajectory.distance(place));
      }
    }
  }
}
