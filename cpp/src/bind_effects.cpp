// What the deletion of each row does.
#include <pybind11/stl.h>

#include <optional>

#include "bindings.hpp"
#include "bound_pruner.hpp"
#include "paris/criterion/effects.hpp"

namespace paris::python {
namespace {

FloatArray effects_on_validation(const FloatArray& Phi, const FloatArray& y,
                                 const BoundTable& validation, Criterion criterion,
                                 Objective objective, Index n_worst, std::optional<Index> v,
                                 double lambda, int n_threads) {
  const TrainingRows rows(table_view(Phi), table_view(y));
  const Table table = validation.view();
  const ValidationRows judges(table.Phi, table.y, table.weight);
  const SignalPoll poll;
  return copy_out(without_gil([&] {
    Team team(n_threads, poll);
    const Ridge ridge(rows, lambda, team);
    return paris::effects_on_validation(rows, judges, {criterion, objective, n_worst}, v, ridge,
                                        team);
  }));
}

FloatArray effects_on_themselves(const FloatArray& Phi, const FloatArray& y, Criterion criterion,
                                 double lambda, int n_threads) {
  const TrainingRows rows(table_view(Phi), table_view(y));
  const SignalPoll poll;
  return copy_out(without_gil([&] {
    Team team(n_threads, poll);
    const Ridge ridge(rows, lambda, team);
    return paris::effects_on_themselves(rows, criterion, ridge, team);
  }));
}

}  // namespace

void bind_effects(py::module_& m) {
  m.def("effects_on_validation", &effects_on_validation, py::arg("Phi").noconvert(),
        py::arg("y").noconvert(), py::arg("validation"), py::arg("criterion"), py::arg("objective"),
        py::arg("n_worst"), py::arg("v").none(true), py::arg("lam"), py::arg("n_threads"),
        "What the deletion of each row does to the loss, a sum.");
  m.def("effects_on_themselves", &effects_on_themselves, py::arg("Phi").noconvert(),
        py::arg("y").noconvert(), py::arg("criterion"), py::arg("lam"), py::arg("n_threads"),
        "What the deletion of each row does to its own squared residual.");
}

}  // namespace paris::python
