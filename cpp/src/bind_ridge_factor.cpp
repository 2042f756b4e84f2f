// The ridge state by itself: fit, remove rows, solve.
#include <mutex>

#include "arrays.hpp"
#include "bindings.hpp"
#include "gil.hpp"
#include "paris/problem/ridge.hpp"

namespace paris::python {
namespace {

// Keeps the arrays alive that the state refers to. Threads that share one take turns: each call
// waits for the one before it.
class RidgeFactor {
  // Waits without the interpreter's lock: whoever is inside may have to take that.
  template <class Work>
  auto alone(Work&& work) const {
    return without_gil([&] {
      const std::lock_guard lock(mutex_);
      return work();
    });
  }

 public:
  RidgeFactor(FloatArray Phi, FloatArray y, double lambda, int n_threads)
      : Phi_(std::move(Phi)),
        y_(std::move(y)),
        n_threads_(n_threads),
        rows_(table_view(Phi_), table_view(y_)),
        ridge_(fit(rows_, lambda, n_threads)) {}

  // False if the row has been removed before.
  bool remove(Index row) {
    const SignalPoll poll;
    return alone([&] {
      if (!rows_.kept(row)) return false;
      Team team(n_threads_, poll);
      ridge_.maintain(rows_, team);
      ridge_.remove(rows_, row, team);
      return true;
    });
  }

  FloatArray solve(const FloatArray& b) const {
    Vector x = vector_view(b);
    alone([&] { ridge_.solve(x); });
    return copy_out(x);
  }

  Index n_kept() const {
    return alone([&] { return rows_.n_kept(); });
  }
  Index n_refactorizations() const {
    return alone([&] { return ridge_.n_refactorizations(); });
  }
  FloatArray weights() const {
    return copy_out(alone([&] { return ridge_.weights(); }));
  }
  FloatArray lower() const {
    const SignalPoll poll;
    return copy_out_lower(alone([&] { return ridge_.lower(poll); }));
  }

 private:
  static Ridge fit(const TrainingRows& rows, double lambda, int n_threads) {
    const SignalPoll poll;
    return without_gil([&] {
      Team team(n_threads, poll);
      return Ridge(rows, lambda, team);
    });
  }

  FloatArray Phi_, y_;
  int n_threads_;
  TrainingRows rows_;
  Ridge ridge_;
  mutable std::mutex mutex_;
};

}  // namespace

void bind_ridge_factor(py::module_& m) {
  py::class_<RidgeFactor>(m, "RidgeFactor", py::module_local())
      .def(py::init<FloatArray, FloatArray, double, int>(), py::arg("Phi").noconvert(),
           py::arg("y").noconvert(), py::arg("lam"), py::arg("n_threads"))
      .def("remove", &RidgeFactor::remove, py::arg("row"),
           "False if the row has been removed before.")
      .def("solve", &RidgeFactor::solve, py::arg("b").noconvert())
      .def_property_readonly("n_kept", &RidgeFactor::n_kept)
      .def_property_readonly("lower", &RidgeFactor::lower)
      .def_property_readonly("weights", &RidgeFactor::weights)
      .def_property_readonly("n_refactorizations", &RidgeFactor::n_refactorizations);
}

}  // namespace paris::python
