/* Cholesky factors L of symmetric positive definite matrices A = L L', in double: [n][n] by rows, of which
 * only the lower triangle is read and written. */
#ifndef FG_FACTOR_CHOLESKY_H
#define FG_FACTOR_CHOLESKY_H

#include <stddef.h>

/* L in the place of A. Pivots are at least `least` > 0, whatever A is: what rounding takes below is put
 * there. */
void fg_cholesky(double *a, size_t n, double least);

/* x [n] becomes L^-1 x, and L'^-1 x. */
void fg_cholesky_forward(double *x, const double *lower, size_t n);
void fg_cholesky_back(double *x, const double *lower, size_t n);

#endif
