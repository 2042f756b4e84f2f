// The extension module: a list of registrations.
#include <pybind11/pybind11.h>

#include "bindings.hpp"
#include "paris/support/types.hpp"

// The same sources are built once for every instruction-set level, under different names.
// Objects that threads may share are locked (docs/reliability.md), so no lock of the interpreter is
// needed.
PYBIND11_MODULE(PARIS_CORE_MODULE, m, pybind11::mod_gil_not_used()) {
  paris::pin_block_sizes();
  m.doc() = "Compiled kernels of paris_core. Private: use the functions of paris_core.";
  paris::python::bind_errors(m);
  paris::python::bind_build_info(m);
  paris::python::bind_cholesky(m);
  paris::python::bind_normal_equations(m);
  paris::python::bind_ridge_factor(m);
  paris::python::bind_engines(m);
  paris::python::bind_pruner(m);
  paris::python::bind_effects(m);
  paris::python::bind_benchmark(m);
}
