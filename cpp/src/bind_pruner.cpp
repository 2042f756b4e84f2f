// The greedy loop.
#include <pybind11/stl.h>

#include <chrono>
#include <memory>
#include <optional>

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

// A table with targets and weights; keeps its arrays alive.
struct BoundTable {
  FloatArray Phi, y, weight;

  Table view() const { return {table_view(Phi), table_view(y), vector_view(weight)}; }
};

// Keeps the arrays alive that the pruner refers to.
class BoundPruner {
 public:
  BoundPruner(FloatArray Phi, FloatArray y, BoundTable validation,
              std::optional<BoundTable> monitor, const BoolArray& protect, const IntArray& groups,
              const IntArray& quotas, const Options& options)
      : Phi_(std::move(Phi)),
        y_(std::move(y)),
        validation_(std::move(validation)),
        monitor_(std::move(monitor)) {
    Problem problem{table_view(Phi_), table_view(y_),   validation_.view(), std::nullopt,
                    flags(protect),   integers(groups), integers(quotas)};
    if (monitor_) problem.monitor.emplace(monitor_->view());
    const py::gil_scoped_release
        release;  // arguments are parsed: no Python object is touched below
    pruner_ = std::make_unique<Pruner>(std::move(problem), options);
  }

  Index run(Index n, double seconds, double ceiling, Index patience) {
    const py::gil_scoped_release release;  // as above: only SignalPoll takes it back
    const Clock::time_point start = Clock::now();
    const auto enough = [&] {
      return std::chrono::duration<double>(Clock::now() - start).count() >= seconds;
    };
    return pruner_->run(n, enough, SignalPoll(), {ceiling, patience});
  }

  Index replay(const IntArray& rows, const FloatArray& delta_loss) {
    std::vector<Choice> choices;
    for (py::ssize_t i = 0; i < rows.size(); ++i) {
      choices.push_back({static_cast<Index>(rows.at(i)), delta_loss.at(i)});
    }
    const py::gil_scoped_release release;  // as above
    return pruner_->replay(choices, SignalPoll());
  }

  const Pruner& pruner() const { return *pruner_; }

 private:
  FloatArray Phi_, y_;
  BoundTable validation_;
  std::optional<BoundTable> monitor_;
  std::unique_ptr<Pruner> pruner_;
};

py::dict trace(const BoundPruner& self) {
  const Trace& trace = self.pruner().trace();
  py::dict out;
  out["removed"] = copy_out(trace.removed);
  out["val_index"] = copy_out(trace.val_index);
  out["delta_loss"] = copy_out(trace.delta_loss);
  out["loss"] = copy_out(trace.loss);
  out["monitor_loss"] = copy_out(trace.monitor_loss);
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

const char* ending(const BoundPruner& self) {
  switch (self.pruner().ending()) {
    case Ending::exhausted:
      return "exhausted";
    case Ending::stalled:
      return "stalled";
    case Ending::out_of_patience:
      return "monitor";
    case Ending::completed:
      break;
  }
  return "completed";
}

// The monitor's loss after the last deletion; there must be a monitor.
double monitor_loss(const BoundPruner& self) {
  const Trace& trace = self.pruner().trace();
  if (trace.monitor_loss.empty()) throw py::index_error("there is no monitor");
  return trace.monitor_loss.back();
}

}  // namespace

void bind_pruner(py::module_& m) {
  py::class_<BoundTable>(m, "Table", py::module_local())
      .def(py::init([](FloatArray Phi, FloatArray y, FloatArray weight) {
             return BoundTable{std::move(Phi), std::move(y), std::move(weight)};
           }),
           py::arg("Phi").noconvert(), py::arg("y").noconvert(), py::arg("weight").noconvert());
  py::class_<BoundPruner>(m, "Pruner", py::module_local())
      .def(
          py::init([](FloatArray Phi, FloatArray y, BoundTable validation,
                      std::optional<BoundTable> monitor, const BoolArray& protect,
                      const IntArray& groups, const IntArray& quotas, double lambda, bool refit,
                      bool mean, Index n_worst, bool lazy, std::size_t cache_bytes, int n_threads) {
            const Options options{lambda,
                                  refit ? Criterion::refit : Criterion::representer,
                                  mean ? Objective::mean : Objective::worst,
                                  n_worst,
                                  lazy,
                                  cache_bytes,
                                  n_threads};
            return std::make_unique<BoundPruner>(std::move(Phi), std::move(y),
                                                 std::move(validation), std::move(monitor), protect,
                                                 groups, quotas, options);
          }),
          py::arg("Phi").noconvert(), py::arg("y").noconvert(), py::arg("validation"),
          py::arg("monitor").none(true), py::arg("protect").noconvert(),
          py::arg("groups").noconvert(), py::arg("quotas").noconvert(), py::arg("lam"),
          py::arg("refit"), py::arg("mean"), py::arg("n_worst"), py::arg("lazy"),
          py::arg("cache_bytes"), py::arg("n_threads"))
      .def("run", &BoundPruner::run, py::arg("n"), py::arg("seconds"), py::arg("ceiling"),
           py::arg("patience"),
           "Deletes up to n rows, for about so many seconds, none whose deletion residual is above "
           "the ceiling, and not more than `patience` without a new minimum of the monitor's loss; "
           "returns how many.")
      .def(
          "replay", &BoundPruner::replay, py::arg("rows").noconvert(),
          py::arg("delta_loss").noconvert(),
          "Deletes these rows in this order without a search; returns how many: it ends before the "
          "first that may not be deleted.")
      .def("trace", &trace)
      .def("stats", &stats)
      .def("last", &last)
      .def("monitor_loss", &monitor_loss)
      .def_property_readonly(
          "n_removed", [](const BoundPruner& self) { return self.pruner().trace().removed.size(); })
      .def_property_readonly("ending", &ending)
      .def_property_readonly(
          "weights",
          [](const BoundPruner& self) { return copy_out(self.pruner().ridge().weights()); })
      .def_property_readonly("n_refactorizations", [](const BoundPruner& self) {
        return self.pruner().ridge().n_refactorizations();
      });
}

}  // namespace paris::python
