// ΦᵀΦ and Φᵀy over all rows, for the choice of λ.
#include "arrays.hpp"
#include "bindings.hpp"
#include "paris/normal_equations.hpp"

namespace paris::python {
namespace {

py::tuple bound_normal_equations(const FloatArray& Phi, const FloatArray& y, int n_threads) {
  const TrainingRows rows(table_view(Phi), vector_view(y));
  NormalEquations equations;
  {
    const py::gil_scoped_release release;  // arguments are parsed: no Python object is touched here
    Team team(n_threads);
    equations = normal_equations(rows, team);
  }
  return py::make_tuple(copy_out_lower(equations.gram), copy_out(equations.moment));
}

}  // namespace

void bind_normal_equations(py::module_& m) {
  m.def("normal_equations", &bound_normal_equations, py::arg("Phi").noconvert(),
        py::arg("y").noconvert(), py::arg("n_threads"),
        "Lower triangle of Phi'Phi (D, D), and Phi'y (D,).");
}

}  // namespace paris::python
