/* What dense layers over LANES groups share. */
#ifndef FG_FACTOR_DENSE_INTERNAL_H
#define FG_FACTOR_DENSE_INTERNAL_H

#include "factor/net.h"

/* See fg_factor_ops. */
void fg_dense_forward(fg_set *set);
double fg_dense_energy(const fg_set *set);

#endif
