// What deletions are scored by, and which engine finds them.
#include "bindings.hpp"
#include "paris/search/engine_choice.hpp"

namespace paris::python {

namespace py = pybind11;

void bind_engines(py::module_& m) {
  py::enum_<Criterion>(m, "Criterion", py::module_local())
      .value("representer", Criterion::representer)
      .value("refit", Criterion::refit);
  py::enum_<Objective>(m, "Objective", py::module_local())
      .value("worst", Objective::worst)
      .value("mean", Objective::mean);
  py::enum_<EngineRequest>(m, "EngineRequest", py::module_local())
      .value("auto", EngineRequest::automatic)
      .value("exhaustive", EngineRequest::exhaustive)
      .value("lazy", EngineRequest::lazy);
  py::enum_<EngineKind>(m, "EngineKind", py::module_local())
      .value("exhaustive", EngineKind::exhaustive)
      .value("lazy", EngineKind::lazy)
      .value("worst_one", EngineKind::worst_one);
  m.def(
      "engine_for",
      [](EngineRequest engine, Criterion criterion, Objective objective, Index n_worst,
         Index n_rows, Index dimension, Index n_outputs) {
        return engine_for(engine, {criterion, objective, n_worst}, {n_rows, dimension, n_outputs});
      },
      py::arg("engine"), py::arg("criterion"), py::arg("objective"), py::arg("n_worst"),
      py::arg("n_rows"), py::arg("dimension"), py::arg("n_outputs"));
}

}  // namespace paris::python
