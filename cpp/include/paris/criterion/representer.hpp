// The paper's own case: what dropping one term of the prediction does to one validation row, for
// one output.
#pragma once

#include <cmath>

namespace paris::representer {

// S_vk = T_vk α_k with α_k = e_k / λ. Every engine scores rows through this one function.
inline double influence(double t, double e, double lambda) { return t * (e / lambda); }

// Rows are compared by |r + S|: the row with the smallest one has the smallest 2 r S + S², and near
// the optimum, where S is close to −r, this form does not cancel.
inline double value(double r, double s) { return std::abs(r + s); }

// The deletion residual ΔL = (r + S)² − r² = 2 r S + S² (PARIS, eq. 12).
inline double deletion_residual(double r, double s) { return 2.0 * r * s + s * s; }

}  // namespace paris::representer
