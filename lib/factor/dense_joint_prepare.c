/* What a batch's inputs and the priors of joint weights come to, before any message: images of the inputs and
 * products between observations. */
#include <math.h>
#include <string.h>

#include "base/thread.h"
#include "factor/dense_joint_internal.h"
#include "factor/kernels/kernels.h"

/* One row of inputs of all observations, or of ones. */
static float input(const fg_set *set, size_t i, size_t b) {
    const fg_joint *j = set->own;
    return i < j->inputs ? set->in->lin[i * set->in->pitch + b] : b < j->n ? 1.0f : 0.0f;
}

/* Prior correlations of one unit. */
static const float *prior_correlation(const fg_set *set, size_t o) {
    return set->correlation + (set->matrices > 1 ? o * set->joint * set->joint : 0);
}

static bool same_correlation(const fg_set *set, size_t o, size_t f) {
    const float *a = prior_correlation(set, o), *b = prior_correlation(set, f);
    return a == b || !memcmp(a, b, set->joint * set->joint * sizeof *a);
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
            (!set->correlation || same_correlation(set, o, f)))
            j->like[o] = f;
}

/* S X' of one unit. */
static void take_image(const fg_set *set, size_t o) {
    const fg_joint *j = set->own;
    const double *deviation = j->deviation + o * j->size;
#pragma omp parallel for schedule(static) num_threads(fg_threads()) if (j->size * j->lanes > 20000)
    for (size_t i = 0; i < j->size; i++)
        for (size_t b = 0; b < j->lanes; b++)
            j->scaled[i * j->lanes + b] = (float)deviation[i] * input(set, i, b);
    const size_t strips = (j->size + FG_JOINT_STRIP - 1) / FG_JOINT_STRIP;
#pragma omp parallel for schedule(static) num_threads(fg_threads()) if (j->size > FG_JOINT_STRIP)
    for (size_t s = 0; s < strips; s++) {
        const size_t from = s * FG_JOINT_STRIP,
                     end = from + FG_JOINT_STRIP < j->size ? from + FG_JOINT_STRIP : j->size;
        if (set->correlation)
            fg_kernels_current()->joint_times(&(fg_joint_times){
                j->size, j->size, j->lanes, from, end, prior_correlation(set, o), j->scaled, j->image});
        else
            memcpy(j->image + from * j->lanes, j->scaled + from * j->lanes,
                   (end - from) * j->lanes * sizeof(float));
        for (size_t i = from; i < end; i++)
            for (size_t b = 0; b < j->lanes; b++)
                j->image[i * j->lanes + b] *= (float)deviation[i];
    }
}

/* Some rows of G of one unit, up to its diagonal, or, where nothing is learned, of that alone. */
static void take_gram(const fg_set *set, size_t o, size_t from, size_t end) {
    const fg_joint *j = set->own;
    double *gram = j->gram + o * j->n * j->n;
    memset(gram + from * j->n, 0, (end - from) * j->n * sizeof *gram);
    for (size_t i = 0; i < j->size; i++)
        for (size_t b = from; b < end; b++) {
            const double x = (double)input(set, i, b);
            const float *image = j->image + i * j->lanes;
            double *row = gram + b * j->n;
            for (size_t c = j->turned ? 0 : b; c <= b && x != 0; c++)
                row[c] += x * (double)image[c];
        }
}

static void turn(const fg_joint *j, size_t o) {
#pragma omp parallel for schedule(static) num_threads(fg_threads()) if (j->size * j->n > 20000)
    for (size_t block = 0; block < j->columns; block += FG_LANES) {
        float *to = j->turned + (o * j->columns + block) * j->n;
        for (size_t i = block; i < block + FG_LANES && i < j->size; i++)
            for (size_t b = 0; b < j->n; b++)
                to[b * FG_LANES + i - block] = j->image[i * j->lanes + b];
    }
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
            driven[b] += mean * (double)input(set, i, b);
    }
}

void fg_joint_prepare(fg_set *set) {
    const fg_joint *j = set->own;
    for (size_t o = 0; o < j->units; o++) {
        take_prior(set, o);
        if (j->like[o] != o)
            continue;
        take_image(set, o);
#pragma omp parallel for schedule(dynamic) num_threads(fg_threads()) if (j->size * j->n > 2000)
        for (size_t b = 0; b < j->n; b += FG_LANES)
            take_gram(set, o, b, b + FG_LANES < j->n ? b + FG_LANES : j->n);
        if (j->turned)
            turn(j, o);
    }
#pragma omp parallel for schedule(static) num_threads(fg_threads()) if (set->edges > 20000)
    for (size_t o = 0; o < j->units; o++)
        take_driven(set, o);
    set->known = true;
}
