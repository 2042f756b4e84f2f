// C++ failures as the exceptions of paris_core.errors, which word the messages.
#include "bindings.hpp"
#include "paris/pruner.hpp"

namespace py = pybind11;

namespace paris::python {

void bind_errors(py::module_&) {
  py::register_local_exception_translator([](std::exception_ptr failure) {
    try {
      if (failure) std::rethrow_exception(failure);
    } catch (const NotPositiveDefinite& e) {
      const py::object type =
          py::module_::import("paris_core.errors").attr("NotPositiveDefiniteError");
      const py::object error = type.attr("for_ridge")(e.pivot, e.lambda, e.sufficient_lambda);
      PyErr_SetObject(type.ptr(), error.ptr());
    } catch (const Overflow&) {
      PyErr_SetString(
          PyExc_OverflowError,
          "the residuals overflow float64: scale Phi and y to moderate size, for example "
          "to unit variance");
    }
  });
}

}  // namespace paris::python
