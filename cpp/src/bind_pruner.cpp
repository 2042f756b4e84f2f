// The greedy loop.
#include <pybind11/stl.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>

#include "arrays.hpp"
#include "bindings.hpp"
#include "gil.hpp"
#include "paris/pruner.hpp"

namespace paris::python {
namespace {

// A table with targets and weights; keeps its arrays alive.
struct BoundTable {
  FloatArray Phi, y, weight;

  Table view() const { return {table_view(Phi), table_view(y), vector_view(weight)}; }
};

// Keeps the arrays alive that the pruner refers to. It serves one call at a time: one that comes
// while another thread is at work is refused, rather than kept waiting for what may be hours; while
// another only looks, it waits.
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
    const SignalPoll poll;
    pruner_ =
        without_gil([&] { return std::make_unique<Pruner>(std::move(problem), options, poll); });
  }

  Index run(Index n, double seconds, double ceiling, Index patience) {
    using Clock = std::chrono::steady_clock;
    const Alone alone(*this, true);
    const SignalPoll poll;
    return without_gil([&] {
      const Clock::time_point start = Clock::now();
      const auto enough = [&] {
        return std::chrono::duration<double>(Clock::now() - start).count() >= seconds;
      };
      return pruner_->run(n, enough, poll, {ceiling, patience});
    });
  }

  Index replay(const IntArray& rows, const FloatArray& delta_loss) {
    std::vector<Choice> choices;
    for (py::ssize_t i = 0; i < rows.size(); ++i) {
      choices.push_back({static_cast<Index>(rows.at(i)), delta_loss.at(i)});
    }
    const Alone alone(*this, true);
    const SignalPoll poll;
    return without_gil([&] { return pruner_->replay(choices, poll); });
  }

  // `look(pruner)` with a loss for every deletion.
  template <class Look>
  auto settled(Look&& look) {
    const Alone alone(*this, false);
    const SignalPoll poll;
    without_gil([&] { pruner_->settle(poll); });
    return look(*pruner_);
  }

  Index n_removed() const { return pruner_->n_removed(); }

 private:
  class Alone {
   public:
    Alone(BoundPruner& pruner, bool works) : pruner_(pruner) {
      while (!pruner_.mutex_.try_lock()) {
        if (pruner_.works_) throw std::runtime_error("the Pruner is running in another thread");
        without_gil([] { std::this_thread::sleep_for(std::chrono::microseconds(50)); });
      }
      pruner_.works_ = works;
    }

    ~Alone() {
      pruner_.works_ = false;
      pruner_.mutex_.unlock();
    }

    Alone(const Alone&) = delete;
    Alone& operator=(const Alone&) = delete;

   private:
    BoundPruner& pruner_;
  };

  FloatArray Phi_, y_;
  BoundTable validation_;
  std::optional<BoundTable> monitor_;
  std::unique_ptr<Pruner> pruner_;
  std::mutex mutex_;
  std::atomic<bool> works_{false};
};

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
  out["rows_looked_at"] = stats.rows_looked_at;
  out["validation_rows_looked_at"] = stats.validation_rows_looked_at;
  out["fronts_built"] = stats.fronts_built;
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
template <class Look>
auto settled(Look look) {
  return [look](BoundPruner& self) { return self.settled(look); };
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
