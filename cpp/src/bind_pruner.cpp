// The greedy loop.
#include <pybind11/stl.h>

#include <memory>
#include <optional>

#include "bindings.hpp"
#include "bound_pruner.hpp"

namespace paris::python {
namespace {

py::dict trace(const Pruner& self) {
  const Trace& trace = self.trace();
  py::dict out;
  out["removed"] = copy_out(trace.removed);
  out["val_index"] = copy_out(trace.val_index);
  out["delta_loss"] = copy_out(trace.delta_loss);
  out["loss"] = copy_out(trace.loss);
  out["monitor_loss"] = copy_out(trace.monitor_loss);
  return out;
}

py::dict stats(const Pruner& self) {
  const EngineStats stats = self.stats();
  py::dict out;
  out["rows_evaluated"] = stats.rows_evaluated;
  out["validation_rows_evaluated"] = stats.validation_rows_evaluated;
  out["working_sets_built"] = stats.working_sets_built;
  out["full_scans"] = stats.full_scans;
  out["v_switches"] = self.v_switches();
  out["cache_hits"] = stats.cache_hits;
  out["cache_misses"] = stats.cache_misses;
  return out;
}

// (row, delta_loss, val_index, loss) of the last deletion; there must have been one.
py::tuple last(const Pruner& self) {
  const Trace& trace = self.trace();
  if (trace.removed.empty()) throw py::index_error("nothing has been removed yet");
  return py::make_tuple(trace.removed.back(), trace.delta_loss.back(), trace.val_index.back(),
                        trace.loss.back());
}

const char* ending(const Pruner& self) {
  switch (self.ending()) {
    case Ending::exhausted:
      return "exhausted";
    case Ending::stalled:
      return "stalled";
    case Ending::converged:
      return "converged";
    case Ending::out_of_patience:
      return "monitor";
    case Ending::completed:
      break;
  }
  return "completed";
}

// The monitor's loss after the last deletion; there must be a monitor.
double monitor_loss(const Pruner& self) {
  const Trace& trace = self.trace();
  if (trace.monitor_loss.empty()) throw py::index_error("there is no monitor");
  return trace.monitor_loss.back();
}

// As a method: what it says of a pruner that is alone and has a loss for every deletion.
template <class Read>
auto settled(Read read) {
  return [read](BoundPruner& self) { return self.settled(read); };
}

}  // namespace

void bind_pruner(py::module_& m) {
  py::class_<BoundTable>(m, "Table", py::module_local())
      .def(py::init([](FloatArray Phi, FloatArray y, FloatArray weight) {
             return BoundTable{std::move(Phi), std::move(y), std::move(weight)};
           }),
           py::arg("Phi").noconvert(), py::arg("y").noconvert(), py::arg("weight").noconvert());
  py::class_<BoundPruner>(m, "Pruner", py::module_local())
      .def(py::init([](FloatArray Phi, FloatArray y, BoundTable validation,
                       std::optional<BoundTable> monitor, const BoolArray& protect,
                       const IntArray& strata, const IntArray& quotas, EngineRequest engine,
                       Criterion criterion, Objective objective, Index n_worst, double lambda,
                       std::size_t cache_bytes, int n_threads) {
             const Options options{
                 lambda, {criterion, objective, n_worst}, engine, cache_bytes, n_threads};
             return std::make_unique<BoundPruner>(std::move(Phi), std::move(y),
                                                  std::move(validation), std::move(monitor),
                                                  protect, strata, quotas, options);
           }),
           py::arg("Phi").noconvert(), py::arg("y").noconvert(), py::arg("validation"),
           py::arg("monitor").none(true), py::arg("protect").noconvert(),
           py::arg("strata").noconvert(), py::arg("quotas").noconvert(), py::arg("engine"),
           py::arg("criterion"), py::arg("objective"), py::arg("n_worst"), py::arg("lam"),
           py::arg("cache_bytes"), py::arg("n_threads"))
      .def(
          "run", &BoundPruner::run, py::arg("n"), py::arg("seconds"), py::arg("ceiling"),
          py::arg("floor"), py::arg("patience"), py::arg("share"), py::arg("tolerance"),
          "Deletes up to n rows, for about so many seconds, none whose deletion residual is above "
          "the ceiling, none once the loss is not above the floor, and no more than `patience`, or "
          "that share of all, since the monitor's loss first was within the tolerance of its "
          "least; returns how many.")
      .def(
          "replay", &BoundPruner::replay, py::arg("rows").noconvert(),
          py::arg("delta_loss").noconvert(),
          "Deletes these rows in this order without a search; returns how many: it ends before the "
          "first that may not be deleted.")
      .def("trace", settled(&trace))
      .def("stats", settled(&stats))
      .def("last", settled(&last))
      .def("monitor_loss", settled(&monitor_loss))
      .def_property_readonly("n_removed", &BoundPruner::n_removed)
      .def_property_readonly("ending", settled(&ending))
      .def_property_readonly(
          "weights", settled([](const Pruner& self) { return copy_out(self.ridge().weights()); }))
      .def_property_readonly("n_refactorizations", settled([](const Pruner& self) {
                               return self.ridge().n_refactorizations();
                             }));
}

}  // namespace paris::python
