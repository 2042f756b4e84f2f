# One extension module per instruction-set level, from the same sources: Eigen chooses its vector width
# by preprocessor macro, and objects of two levels in one shared object would break the one-definition
# rule. paris_core._extension chooses at import.
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
find_package(pybind11 3 CONFIG REQUIRED)

set(levels ${PARIS_SIMD_LEVELS})
if(NOT levels)
  set(levels baseline)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64|amd64" AND NOT MSVC)
    list(APPEND levels x86-64-v3 x86-64-v4)
  endif()
endif()

set(sources module bind_errors bind_build_info bind_cholesky bind_normal_equations bind_ridge_factor
            bind_engines bind_pruner bind_effects bind_benchmark)
list(TRANSFORM sources PREPEND "${CMAKE_CURRENT_SOURCE_DIR}/cpp/src/")
list(TRANSFORM sources APPEND ".cpp")

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  set(quiet -Wno-maybe-uninitialized -Wno-uninitialized) # false alarms inside GCC's own AVX-512 headers
endif()

foreach(level IN LISTS levels)
  if(level STREQUAL "baseline")
    set(name _core)
    set(flags "")
  elseif(level STREQUAL "x86-64-v3")
    set(name _core_v3)
    set(flags -mavx2 -mfma -mbmi -mbmi2 -mlzcnt -mmovbe -mpopcnt)
  elseif(level STREQUAL "x86-64-v4")
    set(name _core_v4)
    set(flags -mavx2 -mfma -mbmi -mbmi2 -mlzcnt -mmovbe -mpopcnt
              -mavx512f -mavx512dq -mavx512vl -mavx512bw -mavx512cd)
  else()
    message(FATAL_ERROR "PARIS_SIMD_LEVELS: unknown level ${level}")
  endif()
  pybind11_add_module(${name} MODULE NO_EXTRAS ${sources})
  target_link_libraries(${name} PRIVATE paris)
  target_compile_options(${name} PRIVATE ${flags} ${quiet})
  # One translation unit: Eigen's and pybind11's headers dominate the time to compile.
  set_target_properties(${name} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 0)
  get_target_property(common paris INTERFACE_COMPILE_OPTIONS)
  string(REPLACE ";" " " all_flags "${common};${flags}")
  target_compile_definitions(${name} PRIVATE
    PARIS_CORE_MODULE=${name} PARIS_SIMD_LEVEL="${level}" PARIS_FLAGS="${all_flags}"
    PARIS_COMPILER="${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}")
  if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT MSVC)
    pybind11_strip(${name})
  endif()
  install(TARGETS ${name} DESTINATION paris_core)
endforeach()
