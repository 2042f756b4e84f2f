// Long work without the interpreter's lock, and the signals that may end it.
#pragma once

#include <pybind11/pybind11.h>

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace paris::python {

namespace py = pybind11;

// Lets Python deliver signals now and then; throws what a handler raised. Python delivers them to
// its main thread alone, so in others there is nothing to do. To be made with the interpreter's
// lock held.
class SignalPoll {
 public:
  SignalPoll() : active_(in_main_thread()) {}

  void operator()() {
    if (!active_) return;
    const Clock::time_point now = Clock::now();
    if (now < next_) return;
    next_ = now + std::chrono::milliseconds(50);
    const py::gil_scoped_acquire acquire;
    if (PyErr_CheckSignals() != 0) throw py::error_already_set();
  }

 private:
  using Clock = std::chrono::steady_clock;

  static bool in_main_thread() {
    const py::module_ threading = py::module_::import("threading");
    return threading.attr("get_ident")().equal(threading.attr("main_thread")().attr("ident"));
  }

  bool active_;
  Clock::time_point next_ = Clock::now();
};

// The result of `work()`, done without the interpreter's lock: it must touch no Python object.
//
// Taking the lock again ends the thread if the interpreter has meanwhile shut down (a daemon thread
// is still here then). It must not happen in a destructor, as it would with
// py::gil_scoped_release, since the unwinding of such a thread cannot leave one.
template <class Work>
auto without_gil(Work&& work) {
  using Result = std::invoke_result_t<Work>;
  constexpr bool nothing = std::is_void_v<Result>;
  std::optional<std::conditional_t<nothing, bool, Result>> result;
  std::exception_ptr failure;
  PyThreadState* const state = PyEval_SaveThread();
  try {
    if constexpr (nothing) {
      work();
    } else {
      result.emplace(work());
    }
  } catch (...) {
    failure = std::current_exception();
  }
  PyEval_RestoreThread(state);
  if (failure) std::rethrow_exception(failure);
  if constexpr (!nothing) return std::move(*result);
}

}  // namespace paris::python
