// Products with whole tables: ΦᵀΦ and Φᵀy for the choice of λ, Φx row by row.
#include "arrays.hpp"
#include "bindings.hpp"
#include "gil.hpp"
#include "paris/problem/normal_equations.hpp"

namespace paris::python {
namespace {

py::tuple bound_normal_equations(const FloatArray& Phi, const FloatArray& y, int n_threads) {
  const TrainingRows rows(table_view(Phi), table_view(y));
  const SignalPoll poll;
  const NormalEquations equations = without_gil([&] {
    Team team(n_threads, poll);
    return normal_equations(rows, team);
  });
  return py::make_tuple(copy_out_lower(equations.gram), copy_out(equations.rhs));
}

FloatArray row_products(const FloatArray& table, const FloatArray& x) {
  const ConstTableView rows = table_view(table);
  const ConstVectorView vector = vector_view(x);
  FloatArray out(rows.rows());
  double* products = out.mutable_data();
  const SignalPoll poll;
  without_gil([&] {
    Team team(1, poll);
    Blocks(rows.rows(), 4096).for_each(team, [&](const Block& block) {
      for (Index k = block.begin; k < block.end; ++k) {
        products[k] = dot(rows.data() + k * rows.cols(), vector.data(), rows.cols());
      }
    });
  });
  return out;
}

}  // namespace

void bind_normal_equations(py::module_& m) {
  m.def("normal_equations", &bound_normal_equations, py::arg("Phi").noconvert(),
        py::arg("y").noconvert(), py::arg("n_threads"),
        "Lower triangle of Phi'Phi (D, D), and Phi'y (D, C).");
  m.def("row_products", &row_products, py::arg("table").noconvert(), py::arg("x").noconvert(),
        "table @ x by the kernel that scores rows: equal rows give equal bits.");
}

}  // namespace paris::python
