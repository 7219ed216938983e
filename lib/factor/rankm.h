/* Messages of one factor with an M-dimensional linear residual over V variables (METHOD section 2), in
 * double. */
#ifndef FG_FACTOR_RANKM_H
#define FG_FACTOR_RANKM_H

#include <stddef.h>

/* Doubles of scratch memory that fg_rankm_messages needs. */
size_t fg_rankm_scratch(size_t m, size_t v);

/* Energy |A x - z|^2 / 2 with A [m][v] row-major, already divided by sigma and scaled by sqrt(k). eta, lambda
 * [v] are the cavities; lambda <= 0 (or too small to divide by) means that nothing else informs the variable.
 * Fills the messages out_eta, out_lambda [v]; out_lambda is never negative. */
void fg_rankm_messages(size_t m, size_t v, const double *a, const double *z, const double *eta,
                       const double *lambda, double *out_eta, double *out_lambda, double *scratch);

#endif
