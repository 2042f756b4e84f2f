// Products with whole tables: ΦᵀΦ and Φᵀy for the choice of λ, Φx row by row.
#include "arrays.hpp"
#include "bindings.hpp"
#include "paris/normal_equations.hpp"

namespace paris::python {
namespace {

py::tuple bound_normal_equations(const FloatArray& Phi, const FloatArray& y, int n_threads) {
  const TrainingRows rows(table_view(Phi), table_view(y));
  NormalEquations equations;
  {
    const py::gil_scoped_release release;  // arguments are parsed: no Python object is touched here
    Team team(n_threads);
    equations = normal_equations(rows, team);
  }
  return py::make_tuple(copy_out_lower(equations.gram), copy_out(equations.moment));
}

FloatArray row_products(const FloatArray& table, const FloatArray& x) {
  const ConstTableView rows = table_view(table);
  const ConstVectorView vector = vector_view(x);
  FloatArray out(rows.rows());
  double* products = out.mutable_data();
  const py::gil_scoped_release release;  // as above
  for (Index k = 0; k < rows.rows(); ++k) {
    products[k] = dot(rows.data() + k * rows.cols(), vector.data(), rows.cols());
  }
  return out;
}

}  // namespace

void bind_normal_equations(py::module_& m) {
  m.def("normal_equations", &bound_normal_equations, py::arg("Phi").noconvert(),
        py::arg("y").noconvert(), py::arg("n_threads"),
        "Lower triangle of Phi'Phi (D, D), and Phi'y (D, C).");
  m.def("row_products", &row_products, py::arg("table").noconvert(), py::arg("x").noconvert(),
        "table @ x by the kernel that judges rows: equal rows give equal bits.");
}

}  // namespace paris::python
