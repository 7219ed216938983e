/* Memory of joint weights, shared by the two sources of factor/dense_joint. */
#ifndef FG_FACTOR_DENSE_JOINT_INTERNAL_H
#define FG_FACTOR_DENSE_JOINT_INTERNAL_H

#include "factor/net.h"

/* Rows of a matrix that are one thread's at a time. */
enum { FG_JOINT_STRIP = 64 };

typedef struct fg_joint {
    size_t units, inputs, size; /* of a unit: weights, and with its bias */
    size_t n, lanes, columns;   /* observations, padded; size, padded */
    float *scaled;              /* [columns][lanes] inputs times prior deviations */
    float *image;               /* [columns][lanes] of one unit: S X' */
    float *turned;              /* [units][columns / 16][n][16] the same of all */
    float *solved;              /* same: L^-1 sqrt(p) X S */
    double *gram, *driven;      /* [units][n][n] G and [units][n] X m */
    double *deviation;          /* [units][size] of the priors */
    double *variance;           /* [units][size] after the last update */
    double *work;               /* [units][work_size] */
    size_t work_size;
    float *lower; /* [units][n + 1][n] as of fg_joint_solve, and root behind it */
    size_t
        *like; /* [units] the first unit with the same prior covariance: gram, image and turned are there */
    size_t *lead; /* [units] that one, or, with other precisions of cavities, itself: all but the means is
                     there */
} fg_joint;

/* The prior of entry i of a unit: a weight, or behind them the bias. */
static inline const fg_group *fg_joint_prior(const fg_set *set, size_t o, size_t i, size_t *slot) {
    const fg_joint *j = set->own;
    *slot = i < j->inputs ? o * j->inputs + i : o;
    return i < j->inputs ? set->weight : set->bias;
}

/* All that does not change while the graph's inputs and priors stay. */
void fg_joint_prepare(fg_set *set);

#endif
