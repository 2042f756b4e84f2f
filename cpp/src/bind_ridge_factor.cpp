// The ridge state by itself: fit, remove rows, solve.
#include "arrays.hpp"
#include "bindings.hpp"
#include "paris/ridge.hpp"

namespace paris::python {
namespace {

// Keeps the arrays alive that the state refers to.
class RidgeFactor {
 public:
  RidgeFactor(FloatArray Phi, FloatArray y, double lambda, int n_threads)
      : Phi_(std::move(Phi)),
        y_(std::move(y)),
        n_threads_(n_threads),
        rows_(table_view(Phi_), table_view(y_)),
        ridge_(fit(rows_, lambda, n_threads)) {}

  void remove(Index row) {
    const py::gil_scoped_release
        release;  // arguments are parsed: no Python object is touched below
    Team team(n_threads_);
    ridge_.maintain(rows_, team);
    ridge_.remove(rows_, row, team);
  }

  FloatArray solve(const FloatArray& b) const {
    Vector x = vector_view(b);
    ridge_.solve(x);
    return copy_out(x);
  }

  bool kept(Index row) const { return rows_.kept(row); }
  Index n_kept() const { return rows_.n_kept(); }
  const Ridge& ridge() const { return ridge_; }

 private:
  static Ridge fit(const TrainingRows& rows, double lambda, int n_threads) {
    const py::gil_scoped_release release;  // as above
    Team team(n_threads);
    return Ridge(rows, lambda, team);
  }

  FloatArray Phi_, y_;
  int n_threads_;
  TrainingRows rows_;
  Ridge ridge_;
};

}  // namespace

void bind_ridge_factor(py::module_& m) {
  py::class_<RidgeFactor>(m, "RidgeFactor", py::module_local())
      .def(py::init<FloatArray, FloatArray, double, int>(), py::arg("Phi").noconvert(),
           py::arg("y").noconvert(), py::arg("lam"), py::arg("n_threads"))
      .def("remove", &RidgeFactor::remove, py::arg("row"))
      .def("solve", &RidgeFactor::solve, py::arg("b").noconvert())
      .def("kept", &RidgeFactor::kept, py::arg("row"))
      .def_property_readonly("n_kept", &RidgeFactor::n_kept)
      .def_property_readonly(
          "lower", [](const RidgeFactor& self) { return copy_out_lower(self.ridge().lower()); })
      .def_property_readonly(
          "weights", [](const RidgeFactor& self) { return copy_out(self.ridge().weights()); })
      .def_property_readonly("n_refactorizations", [](const RidgeFactor& self) {
        return self.ridge().n_refactorizations();
      });
}

}  // namespace paris::python
