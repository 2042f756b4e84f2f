// The greedy loop.
#include <chrono>

#include "arrays.hpp"
#include "bindings.hpp"
#include "paris/pruner.hpp"

namespace paris::python {
namespace {

using Clock = std::chrono::steady_clock;

// Lets Python deliver signals now and then; throws what a handler raised.
class SignalPoll {
 public:
  void operator()() {
    const Clock::time_point now = Clock::now();
    if (now < next_) return;
    next_ = now + std::chrono::milliseconds(50);
    const py::gil_scoped_acquire acquire;
    if (PyErr_CheckSignals() != 0) throw py::error_already_set();
  }

 private:
  Clock::time_point next_ = Clock::now();
};

// Keeps the arrays alive that the pruner refers to.
class BoundPruner {
 public:
  BoundPruner(FloatArray Phi, FloatArray y, FloatArray Phi_val, FloatArray y_val,
              FloatArray val_weight, const BoolArray& protect, double lambda, bool lazy,
              std::size_t cache_bytes, int n_threads)
      : arrays_{std::move(Phi), std::move(y), std::move(Phi_val), std::move(y_val),
                std::move(val_weight)},
        pruner_(build({table_view(arrays_.Phi), vector_view(arrays_.y), table_view(arrays_.Phi_val),
                       vector_view(arrays_.y_val), vector_view(arrays_.val_weight), flags(protect)},
                      {lambda, lazy, cache_bytes, n_threads})) {}

  Index run(Index n, double seconds) {
    const py::gil_scoped_release release;  // arguments are parsed: only SignalPoll takes it back
    const Clock::time_point start = Clock::now();
    const auto enough = [&] {
      return std::chrono::duration<double>(Clock::now() - start).count() >= seconds;
    };
    return pruner_->run(n, enough, SignalPoll());
  }

  const Pruner& pruner() const { return *pruner_; }

 private:
  struct Arrays {
    FloatArray Phi, y, Phi_val, y_val, val_weight;
  };

  static std::unique_ptr<Pruner> build(Problem problem, const Options& options) {
    const py::gil_scoped_release release;  // as above
    return std::make_unique<Pruner>(std::move(problem), options);
  }

  Arrays arrays_;
  std::unique_ptr<Pruner> pruner_;
};

py::dict trace(const BoundPruner& self) {
  const Trace& trace = self.pruner().trace();
  py::dict out;
  out["removed"] = copy_out(trace.removed);
  out["val_index"] = copy_out(trace.val_index);
  out["delta_loss"] = copy_out(trace.delta_loss);
  out["loss"] = copy_out(trace.loss);
  return out;
}

py::dict stats(const BoundPruner& self) {
  const EngineStats stats = self.pruner().stats();
  py::dict out;
  out["rows_looked_at"] = stats.rows_looked_at;
  out["validation_rows_looked_at"] = stats.validation_rows_looked_at;
  out["fronts_built"] = stats.fronts_built;
  out["full_scans"] = stats.full_scans;
  out["v_switches"] = self.pruner().v_switches();
  out["cache_hits"] = stats.cache_hits;
  out["cache_misses"] = stats.cache_misses;
  return out;
}

// (row, delta_loss, val_index, loss) of the last deletion; there must have been one.
py::tuple last(const BoundPruner& self) {
  const Trace& trace = self.pruner().trace();
  if (trace.removed.empty()) throw py::index_error("nothing has been removed yet");
  return py::make_tuple(trace.removed.back(), trace.delta_loss.back(), trace.val_index.back(),
                        trace.loss.back());
}

}  // namespace

void bind_pruner(py::module_& m) {
  py::class_<BoundPruner>(m, "Pruner", py::module_local())
      .def(py::init<FloatArray, FloatArray, FloatArray, FloatArray, FloatArray, const BoolArray&,
                    double, bool, std::size_t, int>(),
           py::arg("Phi").noconvert(), py::arg("y").noconvert(), py::arg("Phi_val").noconvert(),
           py::arg("y_val").noconvert(), py::arg("val_weight").noconvert(),
           py::arg("protect").noconvert(), py::arg("lam"), py::arg("lazy"), py::arg("cache_bytes"),
           py::arg("n_threads"))
      .def("run", &BoundPruner::run, py::arg("n"), py::arg("seconds"),
           "Deletes up to n rows, for about so many seconds; returns how many.")
      .def("trace", &trace)
      .def("stats", &stats)
      .def("last", &last)
      .def_property_readonly(
          "n_removed", [](const BoundPruner& self) { return self.pruner().trace().removed.size(); })
      .def_property_readonly("exhausted",
                             [](const BoundPruner& self) { return self.pruner().exhausted(); })
      .def_property_readonly(
          "weights",
          [](const BoundPruner& self) { return copy_out(self.pruner().ridge().weights()); })
      .def_property_readonly("n_refactorizations", [](const BoundPruner& self) {
        return self.pruner().ridge().n_refactorizations();
      });
}

}  // namespace paris::python
