// Rank-one changes of a factor that the caller owns.
#include "arrays.hpp"
#include "bindings.hpp"
#include "gil.hpp"
#include "paris/linalg/cholesky.hpp"

namespace paris::python {
namespace {

// Fortran order, so that the columns of L are contiguous; written in place.
using FactorArray = py::array_t<double, py::array::f_style>;

Eigen::Map<Matrix> factor_view(FactorArray& L) {
  return {L.mutable_data(), L.shape(0), L.shape(1)};
}

void update(FactorArray& L, const FloatArray& x) {
  Vector scratch = vector_view(x);
  auto view = factor_view(L);
  without_gil([&] { cholesky::update(view, scratch); });
}

Index downdate(FactorArray& L, const FloatArray& x) {
  Vector scratch = vector_view(x);
  auto view = factor_view(L);
  return without_gil([&] { return cholesky::downdate(view, scratch); });
}

Index first_bad_column(FactorArray& L) { return cholesky::first_bad_column(factor_view(L)); }

}  // namespace

void bind_cholesky(py::module_& m) {
  m.def("first_bad_column", &first_bad_column, py::arg("L").noconvert(),
        "The first column of the lower triangle that no Cholesky factor has, or -1.");
  m.def("cholesky_update", &update, py::arg("L").noconvert(), py::arg("x").noconvert(),
        "In place: L <- chol(L L' + x x').");
  m.def(
      "cholesky_downdate", &downdate, py::arg("L").noconvert(), py::arg("x").noconvert(),
      "In place: L <- chol(L L' - x x'). Returns -1, or the failing pivot and leaves L untouched.");
}

}  // namespace paris::python
