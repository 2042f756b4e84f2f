// Random problems, and the dense answers to compare with.
#pragma once

#include <Eigen/Dense>
#include <random>

#include "paris/support/types.hpp"

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
  Problem(Index N, Index V, Index D, unsigned seed, Index C = 1)
      : Phi(normal(N, D, seed)), Phi_val(normal(V, D, seed + 1)) {
    const Matrix W = normal(D, C, seed + 2);
    y = Phi * W + normal(N, C, seed + 3).array().cube().matrix();
    y_val = Phi_val * W + normal(V, C, seed + 4).array().cube().matrix();
    weight = Vector::Ones(V);
  }

  paris::ConstTableView phi() const { return {Phi.data(), Phi.rows(), Phi.cols()}; }
  paris::ConstTableView phi_val() const { return {Phi_val.data(), Phi_val.rows(), Phi_val.cols()}; }
  paris::ConstTableView targets() const { return {y.data(), y.rows(), y.cols()}; }
  paris::ConstTableView val_targets() const { return {y_val.data(), y_val.rows(), y_val.cols()}; }
  paris::ConstVectorView weights() const { return {weight.data(), weight.size()}; }

  Table Phi, Phi_val, y, y_val;
  Vector weight;
};

inline Matrix lower_of(const Matrix& L) { return L.triangularView<Eigen::Lower>(); }

}  // namespace problem
