# Eigen's headers, from one of two places and never from the system:
#   1. cpp/vendor/eigen, which an sdist carries and `python cpp/vendor/fetch_eigen.py` fills;
#   2. the pinned build requirement (cmeel-eigen) in the Python environment that builds.
set(PARIS_EIGEN_VERSION 3.4.1)
set(PARIS_EIGEN_VENDORED "${CMAKE_CURRENT_LIST_DIR}/../vendor/eigen")

if(SKBUILD_STATE STREQUAL "sdist" AND NOT EXISTS "${PARIS_EIGEN_VENDORED}/Eigen/Core")
  find_package(Python COMPONENTS Interpreter REQUIRED)
  execute_process(COMMAND "${Python_EXECUTABLE}" "${CMAKE_CURRENT_LIST_DIR}/../vendor/fetch_eigen.py" --installed
                  RESULT_VARIABLE failed)
  if(failed)
    message(FATAL_ERROR "An sdist carries Eigen: run `python cpp/vendor/fetch_eigen.py` first.")
  endif()
endif()

if(EXISTS "${PARIS_EIGEN_VENDORED}/Eigen/Core")
  set(PARIS_EIGEN_INCLUDE "${PARIS_EIGEN_VENDORED}")
else()
  find_package(Python COMPONENTS Interpreter REQUIRED)
  execute_process(
    COMMAND "${Python_EXECUTABLE}" -c
            "import importlib.metadata as m; print(m.distribution('cmeel-eigen').locate_file('cmeel.prefix/include/eigen3'))"
    OUTPUT_VARIABLE PARIS_EIGEN_INCLUDE OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()

if(NOT EXISTS "${PARIS_EIGEN_INCLUDE}/Eigen/Core")
  message(FATAL_ERROR
    "Eigen was not found. Either build in isolation (`pip install .`), or `pip install cmeel-eigen==${PARIS_EIGEN_VERSION}` "
    "into the environment that builds, or run `python cpp/vendor/fetch_eigen.py`.")
endif()

file(STRINGS "${PARIS_EIGEN_INCLUDE}/Eigen/src/Core/util/Macros.h" macros
     REGEX "#define EIGEN_(WORLD|MAJOR|MINOR)_VERSION ")
string(REGEX REPLACE ".*WORLD_VERSION ([0-9]+).*MAJOR_VERSION ([0-9]+).*MINOR_VERSION ([0-9]+).*" "\\1.\\2.\\3"
       found "${macros}")
message(STATUS "Eigen ${found}: ${PARIS_EIGEN_INCLUDE}")
if(NOT found VERSION_EQUAL PARIS_EIGEN_VERSION)
  message(FATAL_ERROR "Eigen ${PARIS_EIGEN_VERSION} is required, but ${PARIS_EIGEN_INCLUDE} holds ${found}.")
endif()

add_library(paris_eigen INTERFACE)
target_include_directories(paris_eigen SYSTEM INTERFACE "${PARIS_EIGEN_INCLUDE}")
target_compile_definitions(paris_eigen INTERFACE EIGEN_MPL2_ONLY EIGEN_DONT_PARALLELIZE)
