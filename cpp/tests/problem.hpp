// Random problems, and the dense answers to compare with.
#pragma once

#include <Eigen/Dense>
#include <random>

#include "paris/types.hpp"

namespace problem {

using paris::Index;
using paris::Matrix;
using paris::Vector;
using Table = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

inline Table normal(Index rows, Index columns, unsigned seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<double> draw;
  Table table(rows, columns);
  for (Index i = 0; i < table.size(); ++i) table.data()[i] = draw(engine);
  return table;
}

// Heavy-tailed targets, linear in the features up to noise.
struct Problem {
  Problem(Index N, Index V, Index D, unsigned seed)
      : Phi(normal(N, D, seed)), Phi_val(normal(V, D, seed + 1)) {
    const Vector w = normal(D, 1, seed + 2);
    y = Phi * w + normal(N, 1, seed + 3).array().cube().matrix();
    y_val = Phi_val * w + normal(V, 1, seed + 4).array().cube().matrix();
    weight = Vector::Ones(V);
  }

  paris::ConstTableView phi() const { return {Phi.data(), Phi.rows(), Phi.cols()}; }
  paris::ConstTableView phi_val() const { return {Phi_val.data(), Phi_val.rows(), Phi_val.cols()}; }
  paris::ConstVectorView targets() const { return {y.data(), y.size()}; }
  paris::ConstVectorView val_targets() const { return {y_val.data(), y_val.size()}; }
  paris::ConstVectorView weights() const { return {weight.data(), weight.size()}; }

  Table Phi, Phi_val;
  Vector y, y_val, weight;
};

inline Matrix lower_of(const Matrix& L) { return L.triangularView<Eigen::Lower>(); }

}  // namespace problem
