/* The data of a softmax set (fg_set.own), and softmax itself. */
#ifndef FG_FACTOR_SOFTMAX_H
#define FG_FACTOR_SOFTMAX_H

#include "factor/net.h"

typedef struct fg_labelled {
    int32_t *label;  /* [observations] 0 .. classes-1; negative: not observed */
    bool *absent;    /* [classes] does not compete: nothing is said of its logit */
    double *scratch; /* per chunk of observations */
} fg_labelled;

/* Sets the labels; in a net that learns, which classes compete (fg_layer.compete) depends on them. */
void fg_softmax_observe(fg_set *set, const fg_net *net, const int32_t *labels);

/* p[i] = exp(x[i]) / sum_j exp(x[j]), without overflow. */
void fg_softmax(double *p, const double *x, size_t n);

#endif
