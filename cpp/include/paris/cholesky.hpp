// Facade: everything that is done with a lower Cholesky factor.
#pragma once

#include "paris/cholesky/downdate.hpp"
#include "paris/cholesky/factor.hpp"
#include "paris/cholesky/solve.hpp"
#include "paris/cholesky/update.hpp"
