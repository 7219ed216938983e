/* Marginals of shared parameters, in canonical form and double precision. */
#ifndef FG_ENGINE_POSTERIOR_H
#define FG_ENGINE_POSTERIOR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

typedef struct fg_parameter {
    char name[128]; /* "<layer>/weight" or "<layer>/bias" */
    int rank;
    size_t dims[2], size;
    double *eta, *lambda; /* [size]; lambda > 0 */
    double *average;      /* [size] mean that predictions use in place of eta / lambda; NULL: none */
    size_t joint;         /* dense layers of full covariance: weights of a unit, its bias included; else 0 */
    size_t matrices;      /* of correlations: dims[0], or 1 that all units have in common */
    float *correlation;   /* [matrices][joint][joint] of the weights of each unit, the bias last, whose
                             marginals eta and lambda are */
    double *wide_correlation; /* the same in double, where single precision holds too little (METHOD section
                                 7); both NULL: independent, also if joint is 0 */
} fg_parameter;

/* What inference can work with, so that squares and sums over thousands of them stay within single precision:
 * values, means and data up to this, precisions in this range. */
#define FG_MEAN_MAX      1e15
#define FG_PRECISION_MIN 1e-30
#define FG_PRECISION_MAX 1e36
/* From this precision on a parameter counts as known, and is never forgotten. */
#define FG_PRECISION_KNOWN 1e29
/* Tempering ends here. */
#define FG_TEMPERED_MIN 1e-12

typedef struct fg_posterior {
    size_t n;
    fg_parameter *parameters; /* [n] */
    size_t room;              /* the most that n can be; fg_posterior_create sets it */
} fg_posterior;

/* An empty posterior with room for n parameters. */
int fg_posterior_create(fg_posterior **out, size_t n, fg_err *err);
/* Appends a parameter of the given shape, of rank 1 or 2, with zeroed arrays, which are to be filled; of its
 * name the first 127 bytes. NULL when memory runs out, or that room. */
fg_parameter *fg_posterior_add(fg_posterior *posterior, const char *name, int rank, const size_t *dims);
/* NULL when there is none of that name. */
const fg_parameter *fg_posterior_find(const fg_posterior *posterior, const char *name);
/* FG_EFORMAT with the entry where a mean, average or precision is not finite or out of the range above. */
int fg_parameter_check(const fg_parameter *p, fg_err *err);
/* Whether there are any correlations, and how many. */
static inline bool fg_parameter_correlated(const fg_parameter *p) {
    return p->correlation || p->wide_correlation;
}
static inline size_t fg_parameter_correlations(const fg_parameter *p) {
    return p->matrices * p->joint * p->joint;
}
/* Makes room for correlations of `joint` weights of a row, which are independent: one matrix for all rows.
 * Takes the place of those there were, unless memory runs out. */
int fg_parameter_correlate(fg_parameter *p, size_t joint, fg_err *err);
/* Gives every row a matrix of its own, equal to the one they had in common, if there is one. When memory runs
 * out nothing has changed. */
int fg_parameter_spread(fg_parameter *p, fg_err *err);
/* Turns them into doubles, if there are any that are none. When memory runs out nothing has changed. */
int fg_parameter_widen(fg_parameter *p, fg_err *err);
/* Takes correlations of the same weights, in one precision or the other, spreading and widening if need be:
 * of `matrices` rows, all of them or 1 that they have in common. Where there is no room for any, none. */
int fg_parameter_take_correlations(fg_parameter *p, const float *correlation, const double *wide,
                                   size_t matrices, fg_err *err);
/* Leaves a share of its correlations, if it has any. */
void fg_parameter_decorrelate(fg_parameter *p, double kept);
/* A copy of its own. */
int fg_posterior_copy(fg_posterior **out, const fg_posterior *from, fg_err *err);
/* Moves a posterior some of the way back to the priors that inference once began with, which must have the
 * same parameters, in any order (METHOD section 5): mean = a mu_0 + (1 - a) mu, standard deviation = a
 * sigma_0 + (1 - a) sigma, for 0 <= a <= 1; of correlations a share fg_posterior_kept is left, so that no
 * weighted sum stays more certain, in deviations, than a times what independent weights would make it. */
static inline double fg_posterior_kept(double a) {
    return 1 - a * a;
}
void fg_posterior_forget(fg_posterior *posterior, const fg_posterior *priors, double a);
/* Tempering: eta and lambda times t, 0 < t <= 1; means stay, deviations grow. No precision goes below that of
 * the weakest prior a spec can have (what no batch informs would reach 0 in a long stream). Correlations
 * stay. */
void fg_posterior_temper(fg_posterior *posterior, double t);
/* Copies eta and lambda (not averages, nor correlations) between posteriors of the same parameters. */
void fg_posterior_assign(fg_posterior *to, const fg_posterior *from);
/* Takes the means into the averages: average += (mean - average) / k, k >= 1. Averages that are not there yet
 * are made, and are then the means. When memory runs out those there were have not moved. */
int fg_posterior_average(fg_posterior *posterior, double k, fg_err *err);
void fg_posterior_free(fg_posterior *posterior);

#endif
