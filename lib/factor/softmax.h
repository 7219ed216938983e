/* The data of a softmax set (fg_set.own), and softmax itself. */
#ifndef FG_FACTOR_SOFTMAX_H
#define FG_FACTOR_SOFTMAX_H

#include "factor/net.h"

typedef struct fg_labelled {
    int32_t *label;  /* [observations] 0 .. classes-1; negative: not observed */
    double *scratch; /* per chunk of observations */
} fg_labelled;

/* p[i] = exp(x[i]) / sum_j exp(x[j]), without overflow. */
void fg_softmax(double *p, const double *x, size_t n);

#endif
