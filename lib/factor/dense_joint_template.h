/* What joint weights do with arrays of one precision, REAL (WIDE: it is double), as the fg_joint_precision
 * PRECISION. */
#include <math.h>
#include <string.h>

#include "base/thread.h"
#include "factor/dense_joint_internal.h"
#include "factor/kernels/kernels.h"

/* One update leaves at least so much of a variance, which is what rounding leaves of it. */
static const double least_share = WIDE ? 1e-13 : 1e-6;

/* Prior correlations of one unit; NULL: none. */
static const void *prior_correlation(const fg_set *set, size_t o) {
    const size_t at = set->matrices > 1 ? o * set->joint * set->joint : 0;
    if (WIDE)
        return set->wide_correlation ? set->wide_correlation + at : NULL;
    return set->correlation ? set->correlation + at : NULL;
}

static void scale(const fg_set *set, size_t o) {
    const fg_joint *j = set->own;
    const double *deviation = j->deviation + o * j->size;
    double *square = j->square + o * j->n;
    REAL *scaled = j->scaled;
#pragma omp parallel for schedule(static) num_threads(fg_threads()) if (j->size * j->lanes > 20000)
    for (size_t i = 0; i < j->size; i++)
        for (size_t b = 0; b < j->lanes; b++)
            scaled[i * j->lanes + b] = (REAL)deviation[i] * (REAL)fg_joint_input(set, i, b);
    memset(square, 0, j->n * sizeof *square);
    for (size_t i = 0; i < j->size; i++)
        for (size_t b = 0; b < j->n; b++)
            square[b] += (double)scaled[i * j->lanes + b] * (double)scaled[i * j->lanes + b];
}

/* Correlations of single precision, of which the batch says more than they hold, as far as it goes. */
static void correlate_singles(const fg_set *set, size_t o, size_t from, size_t end) {
    const fg_joint *j = set->own;
    const float *r = set->correlation + (set->matrices > 1 ? o * set->joint * set->joint : 0);
    const REAL *scaled = j->scaled;
    REAL *image = j->image;
    memset(image + from * j->lanes, 0, (end - from) * j->lanes * sizeof *image);
    for (size_t i = from; i < end; i++)
        for (size_t k = 0; k < j->size; k++)
            for (size_t b = 0; b < j->lanes; b++)
                image[i * j->lanes + b] += (REAL)r[i * j->size + k] * scaled[k * j->lanes + b];
}

static void correlate(const fg_set *set, size_t o, size_t from, size_t end) {
    const fg_joint *j = set->own;
    const void *correlation = prior_correlation(set, o);
    const REAL *scaled = j->scaled;
    REAL *image = j->image;
    if (correlation)
        fg_kernels_current()->joint_times(
            &(fg_joint_times){WIDE, j->size, j->size, j->lanes, from, end, correlation, scaled, image});
    else if (set->correlation)
        correlate_singles(set, o, from, end);
    else
        memcpy(image + from * j->lanes, scaled + from * j->lanes, (end - from) * j->lanes * sizeof *image);
}

/* The correlations' product of rows [from, end) where some of them is forgotten: that of the identity is
 * left. */
static void forget(const fg_set *set, size_t from, size_t end) {
    const fg_joint *j = set->own;
    const REAL kept = (REAL)set->kept, *scaled = j->scaled;
    REAL *image = j->image;
    for (size_t i = from * j->lanes; i < end * j->lanes; i++)
        image[i] = kept * image[i] + (1 - kept) * scaled[i];
}

static void take_image(const fg_set *set, size_t o) {
    const fg_joint *j = set->own;
    const double *deviation = j->deviation + o * j->size;
    REAL *image = j->image;
    scale(set, o);
    const size_t strips = (j->size + FG_JOINT_STRIP - 1) / FG_JOINT_STRIP;
#pragma omp parallel for schedule(static) num_threads(fg_threads()) if (j->size > FG_JOINT_STRIP)
    for (size_t s = 0; s < strips; s++) {
        const size_t from = s * FG_JOINT_STRIP,
                     end = from + FG_JOINT_STRIP < j->size ? from + FG_JOINT_STRIP : j->size;
        correlate(set, o, from, end);
        if (set->kept < 1)
            forget(set, from, end);
        for (size_t i = from; i < end; i++)
            for (size_t b = 0; b < j->lanes; b++)
                image[i * j->lanes + b] *= (REAL)deviation[i];
    }
}

static void take_gram(const fg_set *set, size_t o, size_t from, size_t end) {
    const fg_joint *j = set->own;
    double *gram = j->gram + o * j->n * j->n;
    memset(gram + from * j->n, 0, (end - from) * j->n * sizeof *gram);
    for (size_t i = 0; i < j->size; i++)
        for (size_t b = from; b < end; b++) {
            const double x = (double)fg_joint_input(set, i, b);
            const REAL *image = (const REAL *)j->image + i * j->lanes;
            double *row = gram + b * j->n;
            for (size_t c = j->turned ? 0 : b; c <= b && x != 0; c++)
                row[c] += x * (double)image[c];
        }
}

static void turn(const fg_joint *j, size_t o) {
    const REAL *image = j->image;
#pragma omp parallel for schedule(static) num_threads(fg_threads()) if (j->size * j->n > 20000)
    for (size_t block = 0; block < j->columns; block += FG_LANES) {
        REAL *to = (REAL *)j->turned + (o * j->columns + block) * j->n;
        for (size_t i = block; i < block + FG_LANES && i < j->size; i++)
            for (size_t b = 0; b < j->n; b++)
                to[b * FG_LANES + i - block] = image[i * j->lanes + b];
    }
}

static void lay_out(const fg_joint *j, size_t o, const double *lower, const double *root) {
    const size_t n = j->n;
    REAL *to = (REAL *)j->lower + o * n * (n + 1);
    for (size_t b = 0; b < n; b++) {
        for (size_t c = 0; c < b; c++)
            to[b * n + c] = (REAL)lower[b * n + c];
        to[b * n + b] = (REAL)(1 / lower[b * n + b]);
        to[n * n + b] = (REAL)root[b];
    }
}

static double solve_weights(const fg_set *set, size_t o, size_t block) {
    const fg_joint *j = set->own;
    const size_t n = j->n;
    const REAL *lower = (const REAL *)j->lower + o * n * (n + 1);
    const REAL *t = (const REAL *)j->turned + (j->like[o] * j->columns + block) * n;
    REAL *v = (REAL *)j->solved + (o * j->columns + block) * n;
    double gone[FG_LANES] = {0}, least = 1;
    fg_kernels_current()->joint_solve(&(fg_joint_solve){WIDE, n, lower, lower + n * n, t, v});
    for (size_t b = 0; b < n; b++)
        for (size_t l = 0; l < FG_LANES; l++) {
            const double vanished = (double)v[b * FG_LANES + l];
            gone[l] += vanished * vanished;
        }
    for (size_t i = block; i < block + FG_LANES && i < j->size; i++) {
        size_t slot;
        const double lambda = fg_joint_prior(set, o, i, &slot)->prior_lambdas[slot];
        j->variance[o * j->size + i] = fmax(1 / lambda - gone[i - block], least_share / lambda);
        least = fmin(least, j->variance[o * j->size + i] * lambda);
    }
    return least;
}

static void move(double moves[FG_LANES], const fg_joint *j, size_t o, size_t block, const double *alpha) {
    const REAL *t = (const REAL *)j->turned + (j->like[o] * j->columns + block) * j->n;
    double sum[FG_LANES] = {0};
    for (size_t b = 0; b < j->n; b++)
        for (size_t l = 0; l < FG_LANES; l++)
            sum[l] += (double)t[b * FG_LANES + l] * alpha[b];
    memcpy(moves, sum, sizeof sum);
}

static void read(const fg_set *set, size_t o, double kept, void *correlation) {
    const fg_joint *j = set->own;
    const size_t strips = (j->size + FG_JOINT_STRIP - 1) / FG_JOINT_STRIP;
    const REAL *v = (const REAL *)j->solved + o * j->columns * j->n;
    const double root_kept = sqrt(kept);
    REAL *w = j->image, *grow = j->scaled; /* made anew by the next update that needs them */
    memset(grow, 0, j->columns * sizeof *grow);
    memset(w, 0, j->columns * j->n * sizeof *w);
#pragma omp parallel for schedule(static) num_threads(fg_threads()) if (j->size * j->n > 20000)
    for (size_t i = 0; i < j->size; i++) {
        const double after = sqrt(j->variance[o * j->size + i]);
        const size_t at = i / FG_LANES * j->n * FG_LANES + i % FG_LANES;
        grow[i] = (REAL)(root_kept * j->deviation[o * j->size + i] / after);
        for (size_t b = 0; b < j->n; b++)
            w[at + b * FG_LANES] = v[at + b * FG_LANES] / (REAL)after;
    }
#pragma omp parallel for schedule(dynamic) num_threads(fg_threads()) if (j->size > FG_JOINT_STRIP)
    for (size_t s = 0; s < strips; s++) {
        const size_t from = s * FG_JOINT_STRIP,
                     end = from + FG_JOINT_STRIP < j->size ? from + FG_JOINT_STRIP : j->size;
        fg_kernels_current()->joint_shrink(
            &(fg_joint_shrink){WIDE, j->size, j->n, from, end, grow, w, correlation});
    }
}

const fg_joint_precision PRECISION = {take_image, take_gram, turn, lay_out, solve_weights, move, read};
