// The array types of the interface, named once; _core.pyi mirrors them.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <cstdint>
#include <vector>

#include "paris/support/types.hpp"

namespace paris::python {

namespace py = pybind11;

// C-contiguous, as they come: every argument of these types is bound with .noconvert(), so that
// nothing is copied behind the caller's back. The Python layer converts and checks.
using FloatArray = py::array_t<double, py::array::c_style>;
using BoolArray = py::array_t<bool, py::array::c_style>;
using IntArray = py::array_t<std::int64_t, py::array::c_style>;

inline ConstVectorView vector_view(const FloatArray& array) {
  if (array.ndim() != 1) throw py::value_error("expected a 1-D array");
  return {array.data(), array.shape(0)};
}

inline ConstTableView table_view(const FloatArray& array) {
  if (array.ndim() != 2) throw py::value_error("expected a 2-D array");
  return {array.data(), array.shape(0), array.shape(1)};
}

inline std::vector<std::int64_t> integers(const IntArray& array) {
  return {array.data(), array.data() + array.size()};
}

inline std::vector<unsigned char> flags(const BoolArray& array) {
  return {array.data(), array.data() + array.size()};
}

template <class T>
py::array_t<T> copy_out(const std::vector<T>& values) {
  return py::array_t<T>(static_cast<py::ssize_t>(values.size()), values.data());
}

inline FloatArray copy_out(const Vector& values) {
  return FloatArray(values.size(), values.data());
}

// A column-major matrix as a C-ordered array.
inline FloatArray copy_out(const Matrix& values) {
  FloatArray out({values.rows(), values.cols()});
  Eigen::Map<Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>> view(
      out.mutable_data(), values.rows(), values.cols());
  view = values;
  return out;
}

// The lower triangle of a column-major L as a C-ordered array, zeros above.
inline FloatArray copy_out_lower(const Matrix& L) {
  FloatArray out({L.rows(), L.cols()});
  Eigen::Map<Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>> view(
      out.mutable_data(), L.rows(), L.cols());
  view = L.triangularView<Eigen::Lower>();
  return out;
}

}  // namespace paris::python
