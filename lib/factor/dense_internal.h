/* What dense layers over LANES groups share. */
#ifndef FG_FACTOR_DENSE_INTERNAL_H
#define FG_FACTOR_DENSE_INTERNAL_H

#include "factor/net.h"

/* sum_i w_oi x_i + b_o of the 16 observations from `at` on, from means or linearisation points. */
void fg_dense_drive(const fg_set *set, size_t o, size_t at, bool means, double u[FG_LANES]);

/* See fg_factor_ops. */
void fg_dense_forward(fg_set *set);
double fg_dense_energy(const fg_set *set);

#endif
