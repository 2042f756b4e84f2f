// One function a binding file.
#pragma once

#include <pybind11/pybind11.h>

namespace paris::python {

void bind_errors(pybind11::module_& m);
void bind_build_info(pybind11::module_& m);
void bind_cholesky(pybind11::module_& m);
void bind_normal_equations(pybind11::module_& m);
void bind_ridge_factor(pybind11::module_& m);
void bind_engines(pybind11::module_& m);  // before the pruner
void bind_pruner(pybind11::module_& m);
void bind_effects(pybind11::module_& m);  // after the pruner
void bind_benchmark(pybind11::module_& m);

}  // namespace paris::python
