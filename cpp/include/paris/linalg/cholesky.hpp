// Facade: everything that is done with a lower Cholesky factor.
#pragma once

#include "paris/linalg/cholesky/downdate.hpp"
#include "paris/linalg/cholesky/factor.hpp"
#include "paris/linalg/cholesky/solve.hpp"
#include "paris/linalg/cholesky/update.hpp"
