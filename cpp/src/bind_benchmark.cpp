// Kernels timed from C++, free of the cost of a Python call. For benchmarks/ only.
#include <Eigen/Cholesky>
#include <chrono>
#include <string>

#include "arrays.hpp"
#include "bindings.hpp"
#include "gil.hpp"
#include "paris/linalg/cholesky.hpp"

namespace paris::python {
namespace {

// The mean time in seconds of one call, over `repeats` calls on a (dimension, dimension) factor.
double time_kernel(const std::string& kernel, Index dimension, Index repeats) {
  std::srand(0);  // Eigen's Random draws from rand()
  const Matrix R = Matrix::Random(dimension, dimension);
  const Matrix A =
      R * R.transpose() + static_cast<double>(dimension) * Matrix::Identity(dimension, dimension);
  Eigen::LLT<Matrix> llt(A);
  const Matrix L0 = llt.matrixL();
  const Vector x = Vector::Random(dimension);

  Matrix L = L0;
  Vector p = x;
  cholesky::solve_lower(L, p);
  const double complement = 1.0 - p.squaredNorm();
  cholesky::DowndateWorkspace work(dimension);
  Vector scratch = x;

  const auto timed = [&](auto&& call) {
    call();
    const auto start = std::chrono::steady_clock::now();
    for (Index i = 0; i < repeats; ++i) call();
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    return elapsed.count() / static_cast<double>(repeats);
  };

  if (kernel == "solve") {
    return timed([&] {
      scratch = x;
      cholesky::solve(L, scratch);
    });
  }
  // A downdate and the update that undoes it, so that L stays as it was however often it is
  // repeated.
  if (kernel == "downdate+update") {
    return timed([&] {
      cholesky::downdate_solved(L, p, complement, work);
      scratch = x;
      cholesky::update(L, scratch);
    });
  }
  // The same with L⁻ᵀp on the way, in one pass over L or in two.
  if (kernel == "fused solve+downdate+update" || kernel == "plain solve+downdate+update") {
    const bool fused = kernel[0] == 'f';
    Vector u(dimension);
    return timed([&] {
      if (fused) {
        cholesky::downdate_and_solve_upper(L, p, complement, work, u);
      } else {
        u = p;
        cholesky::solve_upper(L, u);
        cholesky::downdate_solved(L, p, complement, work);
      }
      scratch = x;
      cholesky::update(L, scratch);
    });
  }
  if (kernel == "update") {
    return timed([&] {
      scratch = x * 1e-3;
      cholesky::update(L, scratch);
    });
  }
  if (kernel == "eigen downdate+update") {
    return timed([&] {
      llt.rankUpdate(x, -1.0);
      llt.rankUpdate(x, 1.0);
    });
  }
  if (kernel == "factor") {
    return timed([&] {
      L = A;
      cholesky::factor(L);
    });
  }
  throw py::value_error("unknown kernel: " + kernel);
}

}  // namespace

void bind_benchmark(py::module_& m) {
  m.def(
      "time_kernel",
      [](const std::string& kernel, Index dimension, Index repeats) {
        return without_gil([&] { return time_kernel(kernel, dimension, repeats); });
      },
      py::arg("kernel"), py::arg("dimension"), py::arg("repeats"),
      "Mean seconds of one call of a kernel: 'solve', 'update', 'downdate+update', 'fused "
      "solve+downdate+update', 'plain solve+downdate+update', 'eigen downdate+update' or "
      "'factor'.");
}

}  // namespace paris::python
