// Facts about this build and this CPU.
#include <string>

#include "bindings.hpp"
#include "paris/support/types.hpp"

namespace py = pybind11;

namespace paris::python {
namespace {

// The highest x86-64 level that the CPU and the operating system support; "baseline" elsewhere.
std::string cpu_level() {
#if (defined(__x86_64__) || defined(_M_X64)) && (defined(__GNUC__) || defined(__clang__))
  __builtin_cpu_init();
  const bool v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                  __builtin_cpu_supports("bmi2");
  const bool v4 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                  __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
                  __builtin_cpu_supports("avx512cd");
  if (v3 && v4) return "x86-64-v4";
  if (v3) return "x86-64-v3";
#endif
  return "baseline";
}

py::dict build_info() {
  py::dict info;
  info["compiler"] = PARIS_COMPILER;
  info["flags"] = PARIS_FLAGS;
  info["simd"] = PARIS_SIMD_LEVEL;
  info["eigen_simd"] = Eigen::SimdInstructionSetsInUse();
  info["eigen"] = std::to_string(EIGEN_WORLD_VERSION) + "." + std::to_string(EIGEN_MAJOR_VERSION) +
                  "." + std::to_string(EIGEN_MINOR_VERSION);
  return info;
}

}  // namespace

void bind_build_info(py::module_& m) {
  m.def("cpu_level", &cpu_level, "The highest instruction-set level this CPU supports.");
  m.def("build_info", &build_info, "Compiler, flags, instruction-set level and Eigen version.");
}

}  // namespace paris::python
