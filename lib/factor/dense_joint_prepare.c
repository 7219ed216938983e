/* What a batch's inputs and the priors of joint weights come to, before any message: images of the inputs and
 * products between observations. */
#include <math.h>
#include <string.h>

#include "base/thread.h"
#include "factor/dense_joint_internal.h"

/* Rounding of correlations moves variances of w.x by some 10^-8 of the squares of scaled inputs, in double by
 * 10^-17, and what is left of a variance by about the same share: observations that say more are taken for
 * less certain, so that this stays well below their own variance. */
static const double most_in_single = 1e6, most_in_double = 1e13;

/* Whether two units have the same prior correlations, if there are any. */
static bool same_correlation(const fg_set *set, size_t o, size_t f) {
    const size_t all = set->joint * set->joint;
    if (set->matrices < 2)
        return true;
    if (set->wide_correlation)
        return !memcmp(set->wide_correlation + o * all, set->wide_correlation + f * all,
                       all * sizeof *set->wide_correlation);
    return !memcmp(set->correlation + o * all, set->correlation + f * all, all * sizeof *set->correlation);
}

/* Whether the priors' correlations are exact: none, or in double. */
static bool exact_correlation(const fg_set *set) {
    const size_t all = set->joint * set->joint;
    for (size_t i = 0; set->correlation && i < set->matrices * all; i++)
        if (set->correlation[i] != 0 && i % all % (set->joint + 1) != 0)
            return false;
    return true;
}

/* Deviations of one unit's prior, and which unit is the first to have its covariance. */
static void take_prior(const fg_set *set, size_t o) {
    const fg_joint *j = set->own;
    double *deviation = j->deviation + o * j->size;
    for (size_t i = 0; i < j->size; i++) {
        size_t slot;
        const fg_group *group = fg_joint_prior(set, o, i, &slot);
        deviation[i] = 1 / sqrt(group->prior_lambdas[slot]);
    }
    j->like[o] = o;
    for (size_t f = 0; f < o && j->like[o] == o; f++)
        if (j->like[f] == f && !memcmp(j->deviation + f * j->size, deviation, j->size * sizeof *deviation) &&
            same_correlation(set, o, f))
            j->like[o] = f;
}

/* X m of one unit. */
static void take_driven(const fg_set *set, size_t o) {
    const fg_joint *j = set->own;
    double *driven = j->driven + o * j->n;
    memset(driven, 0, j->n * sizeof *driven);
    for (size_t i = 0; i < j->size; i++) {
        size_t slot;
        const fg_group *group = fg_joint_prior(set, o, i, &slot);
        const double mean = group->prior_etas[slot] / group->prior_lambdas[slot];
        for (size_t b = 0; b < j->n; b++)
            driven[b] += mean * (double)fg_joint_input(set, i, b);
    }
}

void fg_joint_prepare(fg_set *set) {
    const fg_joint_precision *in = fg_joint_precision_of(set);
    fg_joint *j = set->own;
    for (size_t o = 0; o < j->units; o++) {
        take_prior(set, o);
        if (j->like[o] != o)
            continue;
        in->take_image(set, o);
#pragma omp parallel for schedule(dynamic) num_threads(fg_threads()) if (j->size * j->n > 2000)
        for (size_t b = 0; b < j->n; b += FG_LANES)
            in->take_gram(set, o, b, b + FG_LANES < j->n ? b + FG_LANES : j->n);
        if (j->turned)
            in->turn(j, o);
    }
#pragma omp parallel for schedule(static) num_threads(fg_threads()) if (set->edges > 20000)
    for (size_t o = 0; o < j->units; o++)
        take_driven(set, o);
    if (set->wide)
        j->most_told = exact_correlation(set) ? most_in_double : most_in_single;
    set->known = true;
}
