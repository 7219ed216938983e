/* Memory of joint weights, shared by the sources of factor/dense_joint, and what these do in single or in
 * double precision. */
#ifndef FG_FACTOR_DENSE_JOINT_INTERNAL_H
#define FG_FACTOR_DENSE_JOINT_INTERNAL_H

#include "factor/net.h"

/* Rows of a matrix that are one thread's at a time. */
enum { FG_JOINT_STRIP = 64 };

/* Arrays without a type have room for doubles, and hold floats unless set->wide. */
typedef struct fg_joint {
    size_t units, inputs, size; /* of a unit: weights, and with its bias */
    size_t n, lanes, columns;   /* observations, padded; size, padded */
    void *scaled;               /* [columns][lanes] inputs times prior deviations */
    void *image;                /* [columns][lanes] of one unit: S X' */
    void *turned;               /* [units][columns / 16][n][16] the same of all */
    void *solved;               /* same: L^-1 sqrt(p) X S */
    double *gram, *driven;      /* [units][n][n] G and [units][n] X m */
    double *square;             /* [units][n] squares of the scaled inputs, summed */
    double *deviation;          /* [units][size] of the priors */
    double *variance;           /* [units][size] after the last update */
    double *work;               /* [units][work_size] */
    size_t work_size;
    void *lower; /* [units][n + 1][n] as of fg_joint_solve, and root behind it */
    size_t
        *like; /* [units] the first unit with the same prior covariance: gram, image and turned are there */
    size_t *lead;     /* [units] that one, or, with other precisions of cavities, itself: all but the means is
                         there */
    double most_told; /* no observation counts as so many times more precise than scaled inputs are large */
} fg_joint;

/* What is done with arrays of one precision. */
typedef struct fg_joint_precision {
    /* S X' of one unit, and the squares of its scaled inputs. */
    void (*take_image)(const fg_set *set, size_t o);
    /* Rows [from, end) of G of one unit, up to its diagonal, or, where nothing is learned, of that alone. */
    void (*take_gram)(const fg_set *set, size_t o, size_t from, size_t end);
    void (*turn)(const fg_joint *j, size_t o);
    /* What the solution of unit o's weights takes of the outputs' side: a Cholesky factor [n][n] and roots
     * of precisions [n]. */
    void (*lay_out)(const fg_joint *j, size_t o, const double *lower, const double *root);
    /* Posterior variances of the 16 weights of unit o from `block` on, and what they come from. Returns by
     * how much the variance fell that fell most. */
    double (*solve_weights)(const fg_set *set, size_t o, size_t block);
    /* By how much the means of these weights move: image times alpha [n]. */
    void (*move)(double moves[FG_LANES], const fg_joint *j, size_t o, size_t block, const double *alpha);
    /* Turns correlations of unit o, of which its prior had the share `kept`, into its posterior's, in place.
     */
    void (*read)(const fg_set *set, size_t o, double kept, void *correlation);
} fg_joint_precision;

extern const fg_joint_precision fg_joint_single, fg_joint_double;

static inline const fg_joint_precision *fg_joint_precision_of(const fg_set *set) {
    return set->wide ? &fg_joint_double : &fg_joint_single;
}

/* The prior of entry i of a unit: a weight, or behind them the bias. */
static inline const fg_group *fg_joint_prior(const fg_set *set, size_t o, size_t i, size_t *slot) {
    const fg_joint *j = set->own;
    *slot = i < j->inputs ? o * j->inputs + i : o;
    return i < j->inputs ? set->weight : set->bias;
}

/* Entry i of what a unit gets from observation b: an input, or 1 for the bias. */
static inline float fg_joint_input(const fg_set *set, size_t i, size_t b) {
    const fg_joint *j = set->own;
    return i < j->inputs ? set->in->lin[i * set->in->pitch + b] : b < j->n ? 1.0f : 0.0f;
}

/* All that does not change while the graph's inputs and priors stay, in the precision of set->wide. */
void fg_joint_prepare(fg_set *set);

#endif
