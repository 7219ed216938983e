/* Dense layers whose weights are joint: all weights of a unit and its bias are one Gaussian variable with a
 * full covariance, w ~ N(m, S). Inputs are constant, so that a unit's factors y_b - w.x_b over all
 * observations of the graph and the prior of w are a linear Gaussian model, which one update solves exactly:
 * with G = X S X' and what the outputs' cavities say, N(t_b, 1/p_b) of w.x_b, everything follows from the
 * Cholesky factor of I + sqrt(p) G sqrt(p), in as many dimensions as there are observations (lib/METHOD.md,
 * section 7).
 *
 * Where units have the same covariance and their outputs' cavities the same precisions, as with one-hot
 * labels, all but the means is the same for them, and is worked out once.
 *
 * The covariance is kept as deviations (those of the weight's scalar marginals) and correlations, which the
 * graph borrows from a posterior and never changes. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "base/thread.h"
#include "factor/cholesky.h"
#include "factor/dense_internal.h"
#include "factor/dense_joint_internal.h"
#include "factor/kernels/kernels.h"

/* Single precision is enough while scaled inputs squared are at most so many times a variance of w.x, also of
 * an observation by itself, and no update leaves less of a variance of a weight than this. */
static const double sharp = 2e5, sharp_weight = 1e-4;

/* What the outputs' cavities say of one unit, and what follows for w.x of each observation. */
typedef struct site {
    double *p, *weighted, *root; /* [n] precision, that times the mean, root of the precision */
    double *lower;               /* [n][n] Cholesky factor */
    double *alpha;               /* [n] X (posterior mean - m) = G alpha */
    double *row;                 /* [n] */
    double *variance;            /* [n] posterior variance of w.x */
} site;

static void *take_product(fg_ws *ws, size_t a, size_t b, size_t c, size_t size) {
    size_t n;
    if (fg_size_mul(&n, a, b) || fg_size_mul(&n, n, c))
        ws->overflow = 1;
    return fg_ws_take(ws, n, size);
}

static void take(fg_set *set, fg_ws *ws) {
    fg_joint measured, *own = fg_ws_take(ws, 1, sizeof *own);
    fg_joint *j = own ? own : &measured;
    *j = (fg_joint){.units = (size_t)set->layer->units, .inputs = fg_shape_size(set->in->shape)};
    j->size = set->joint;
    j->n = set->out->n;
    j->lanes = set->out->pitch;
    j->columns = (j->size + FG_LANES - 1) / FG_LANES * FG_LANES;
    set->n_messages = 2 * j->units * j->n;
    set->messages = take_product(ws, 2, j->units, j->n, sizeof(float));
    set->own = own;
    if (set->weight->role == FG_ROLE_CONSTANT)
        return;
    j->work_size = j->n * (j->n + 6);
    j->scaled = take_product(ws, 1, j->columns, j->lanes, sizeof(double));
    j->image = take_product(ws, 1, j->columns, j->lanes, sizeof(double));
    j->gram = take_product(ws, j->units, j->n, j->n, sizeof(double));
    j->driven = take_product(ws, 1, j->units, j->n, sizeof(double));
    j->square = take_product(ws, 1, j->units, j->n, sizeof(double));
    j->deviation = fg_ws_take(ws, j->units * j->size, sizeof(double));
    j->like = fg_ws_take(ws, j->units, sizeof *j->like);
    if (set->weight->role == FG_ROLE_GIVEN)
        return;
    j->work = take_product(ws, j->units, j->n, j->n + 6, sizeof(double));
    j->turned = take_product(ws, j->units, j->columns, j->n, sizeof(double));
    j->solved = take_product(ws, j->units, j->columns, j->n, sizeof(double));
    j->variance = fg_ws_take(ws, j->units * j->size, sizeof(double));
    j->lower = take_product(ws, j->units, j->n, j->n + 1, sizeof(double));
    j->lead = fg_ws_take(ws, j->units, sizeof *j->lead);
}

static site site_of(const fg_joint *j, size_t o) {
    double *at = j->work + o * j->work_size;
    const size_t n = j->n;
    return (site){at, at + n, at + 2 * n, at + 6 * n, at + 3 * n, at + 4 * n, at + 5 * n};
}

static double gram_at(const fg_joint *j, size_t o, size_t b, size_t c) {
    return j->gram[j->like[o] * j->n * j->n + (b > c ? b * j->n + c : c * j->n + b)];
}

/* Whether an observation says more than the precision at hand holds; what it may say is then less. */
static bool curb(const fg_set *set, double *share, double lambda, double size) {
    const fg_joint *j = set->own;
    const double most = set->wide ? j->most_told : sharp, least = lambda * size / most;
    if (!(least > *share))
        return false;
    *share = least;
    return true;
}

/* Cavities of the outputs as they bear on w.x; adds up how many are improper, which count as none, and how
 * many count for less. */
static void look(const fg_set *set, size_t o, const site *s, uint64_t *improper, uint64_t *curbed) {
    const fg_joint *j = set->own;
    const fg_group *out = set->out;
    const double noise = set->layer->sigma * set->layer->sigma;
    const double *square = j->square + j->like[o] * j->n;
    for (size_t b = 0; b < j->n; b++) {
        const size_t y = o * out->pitch + b;
        const float *message = set->messages + 2 * (o * j->n + b);
        double eta = (double)(out->eta[y] - message[0]) + (double)out->eta_lo[y],
               lambda = (double)(out->lambda[y] - message[1]) + (double)out->lambda_lo[y];
        *improper += lambda < 0;
        if (!(lambda > 0))
            eta = lambda = 0;
        double share = 1 + noise * lambda;
        *curbed += curb(set, &share, lambda, fmax(square[b], gram_at(j, o, b, b)));
        s->p[b] = lambda / share;
        s->weighted[b] = eta / share;
        s->root[b] = sqrt(s->p[b]);
    }
}

/* Cholesky factor of I + sqrt(p) G sqrt(p), whose pivots are at least 1 but for rounding. */
static void factorise(const fg_joint *j, size_t o, const site *s) {
    for (size_t b = 0; b < j->n; b++)
        for (size_t c = 0; c <= b; c++)
            s->lower[b * j->n + c] = (b == c) + s->root[b] * s->root[c] * gram_at(j, o, b, c);
    fg_cholesky(s->lower, j->n, 1);
}

/* Posterior variances of w.x. */
static void find_variance(const fg_joint *j, size_t o, const site *s) {
    for (size_t b = 0; b < j->n; b++) {
        double v = gram_at(j, o, b, b), *row = s->row;
        for (size_t c = 0; c < j->n; c++)
            row[c] = s->root[c] * gram_at(j, o, b, c);
        fg_cholesky_forward(row, s->lower, j->n);
        for (size_t c = 0; c < j->n; c++)
            v -= row[c] * row[c];
        s->variance[b] = v > 0 ? v : 0;
    }
}

/* The mean: X (posterior mean - m) = G alpha, posterior mean = m + S X' alpha. */
static void find_alpha(const fg_joint *j, size_t o, const site *s) {
    const double *driven = j->driven + o * j->n;
    const double *lower = site_of(j, j->lead[o]).lower;
    for (size_t b = 0; b < j->n; b++)
        s->alpha[b] = s->root[b] > 0 ? (s->weighted[b] - s->p[b] * driven[b]) / s->root[b] : 0;
    fg_cholesky_forward(s->alpha, lower, j->n);
    fg_cholesky_back(s->alpha, lower, j->n);
    for (size_t b = 0; b < j->n; b++)
        s->alpha[b] *= s->root[b];
}

/* Posterior mean of w.x of one observation. */
static double mean_at(const fg_joint *j, size_t o, const site *s, size_t b) {
    double mean = j->driven[o * j->n + b];
    for (size_t c = 0; c < j->n; c++)
        mean += gram_at(j, o, b, c) * s->alpha[c];
    return mean;
}

/* The message to output b, from mean and variance of w.x without it. Returns whether it was refused. */
static bool send(fg_set *set, const fg_blend *blend, size_t o, size_t b, double mean, double variance) {
    const size_t n = set->out->n, y = o * set->out->pitch + b;
    float *message = set->messages + 2 * (o * n + b);
    const fg_sums *to = &set->out->sums[set->out_sums];
    const double lambda = 1 / (set->layer->sigma * set->layer->sigma + variance), keep = (double)blend->keep;
    const double new_lambda = keep * (double)message[1] + (1 - keep) * lambda,
                 new_eta = keep * (double)message[0] + (1 - keep) * lambda * mean;
    const bool sound = fabs(new_eta) <= (double)FLT_MAX && new_lambda <= (double)FLT_MAX;
    if (sound && !fg_blend_drops(blend, (uint32_t)b)) {
        message[0] = (float)new_eta;
        message[1] = (float)new_lambda;
    }
    to->eta[y] = (double)message[0];
    to->lambda[y] = (double)message[1];
    return !sound;
}

/* The marginals of the unit's weights, as sums of what its factors say of them. */
static void tell_weights(const fg_set *set, size_t o, const site *s) {
    const fg_joint *j = set->own;
    const double *variances = j->variance + j->lead[o] * j->size;
    for (size_t block = 0; block < j->columns; block += FG_LANES) {
        double moves[FG_LANES];
        fg_joint_precision_of(set)->move(moves, j, o, block, s->alpha);
        for (size_t i = block; i < block + FG_LANES && i < j->size; i++) {
            size_t slot;
            const fg_group *group = fg_joint_prior(set, o, i, &slot);
            const fg_sums *to = &group->sums[i < j->inputs ? set->weight_sums : set->bias_sums];
            const double lambda = group->prior_lambdas[slot], eta = group->prior_etas[slot];
            to->lambda[slot] = 1 / variances[i] - lambda;
            to->eta[slot] = (eta / lambda + moves[i - block]) / variances[i] - eta;
        }
    }
}

/* Looks at all cavities, and at which units' are equally precise. */
static void find_leads(fg_set *set) {
    const fg_joint *j = set->own;
    set->improper = set->curbed = 0;
    for (size_t o = 0; o < j->units; o++) {
        const site s = site_of(j, o), first = site_of(j, j->like[o]);
        look(set, o, &s, &set->improper, &set->curbed);
        j->lead[o] = memcmp(s.p, first.p, j->n * sizeof *s.p) ? o : j->like[o];
    }
}

/* Whether single precision holds what is left of the variances of w.x. */
static bool holds_variance(const fg_joint *j, size_t o, const site *s) {
    const double *square = j->square + j->like[o] * j->n;
    for (size_t b = 0; b < j->n; b++)
        if (!(fmax(square[b], gram_at(j, o, b, b)) <= sharp * s->variance[b]))
            return false;
    return true;
}

/* All that is the same for the units of one lead. Returns whether single precision holds it. */
static bool solve_leads(const fg_set *set) {
    const fg_joint *j = set->own;
    const fg_joint_precision *in = fg_joint_precision_of(set);
    const size_t blocks = j->columns / FG_LANES;
    double least = 1;
    bool holds = true;
#pragma omp parallel for schedule(static) reduction(&& : holds) num_threads(fg_threads()) if (set->edges > 20000)
    for (size_t o = 0; o < j->units; o++) {
        const site s = site_of(j, o);
        if (j->lead[o] != o)
            continue;
        factorise(j, o, &s);
        find_variance(j, o, &s);
        holds = holds && holds_variance(j, o, &s);
        in->lay_out(j, o, s.lower, s.root);
    }
    if (!holds && !set->wide)
        return false;
#pragma omp parallel for schedule(static, 8) reduction(min                                                   \
                                                       : least)                                              \
    num_threads(fg_threads()) if (set->edges > 20000)
    for (size_t k = 0; k < j->units * blocks; k++)
        if (j->lead[k / blocks] == k / blocks)
            least = fmin(least, in->solve_weights(set, k / blocks, k % blocks * FG_LANES));
    return holds && least >= sharp_weight;
}

/* Posterior variances from the cavities, in double precision from where single holds too little. */
static void solve(fg_set *set) {
    find_leads(set);
    if ((set->curbed == 0 || set->wide) && (solve_leads(set) || set->wide))
        return;
    set->wide = true;
    fg_joint_prepare(set);
    find_leads(set);
    solve_leads(set);
}

/* Messages to the outputs of one unit, and its weights' marginals; returns how many were refused. */
static uint64_t update_unit(fg_set *set, const fg_step *step, size_t o) {
    const fg_joint *j = set->own;
    const site s = site_of(j, o);
    const double *variance = site_of(j, j->lead[o]).variance;
    const fg_blend blend = fg_blend_make(step, o);
    uint64_t rejected = 0;
    find_alpha(j, o, &s);
    for (size_t b = 0; b < j->n; b++) {
        /* Without what output b itself says. */
        const double mean = mean_at(j, o, &s, b), rest = fmax(1 - s.p[b] * variance[b], 1e-12);
        rejected += send(set, &blend, o, b, (mean - variance[b] * s.weighted[b]) / rest, variance[b] / rest);
    }
    tell_weights(set, o, &s);
    return rejected;
}

/* Parameters that are known, or given with their uncertainty: every output is told what it is. */
static uint64_t predict_unit(fg_set *set, const fg_step *step, size_t o) {
    const fg_joint *j = set->own;
    const fg_blend blend = fg_blend_make(step, o);
    double known[FG_LANES]; /* of 16 observations */
    uint64_t rejected = 0;
    for (size_t b = 0; b < j->n; b++) {
        if (j->driven) {
            rejected += send(set, &blend, o, b, j->driven[o * j->n + b], fmax(gram_at(j, o, b, b), 0));
            continue;
        }
        if (b % FG_LANES == 0)
            fg_dense_drive(set, o, b, false, known);
        rejected += send(set, &blend, o, b, known[b % FG_LANES], 0);
    }
    return rejected;
}

static void update(fg_set *set, const fg_step *step) {
    const fg_joint *j = set->own;
    const bool learns = set->weight->role == FG_ROLE_FREE;
    uint64_t rejected = 0;
    const bool wide = set->wide_correlation || (learns && set->visited && set->wide);
    set->known &= wide == set->wide;
    set->wide = wide;
    if (!set->known && j->driven)
        fg_joint_prepare(set);
    if (learns)
        solve(set);
#pragma omp parallel for schedule(static) reduction(+ : rejected) num_threads(fg_threads()) if (set->edges > 20000)
    for (size_t o = 0; o < j->units; o++)
        rejected += learns ? update_unit(set, step, o) : predict_unit(set, step, o);
    set->rejected = rejected;
}

static bool alike(const fg_set *set) {
    const fg_joint *j = set->own;
    for (size_t o = 0; o < j->units; o++)
        if (j->lead[o])
            return false;
    return true;
}

static void read_correlation(const fg_set *set, double kept, size_t matrices, void *correlation) {
    const fg_joint *j = set->own;
    const size_t all = j->size * j->size * (set->wide ? sizeof(double) : sizeof(float));
    unsigned char *to = correlation;
    for (size_t o = 0; o < matrices; o++)
        if (j->lead[o] == o)
            fg_joint_precision_of(set)->read(set, o, kept, to + o * all);
        else
            memcpy(to + o * all, to + j->lead[o] * all, all);
}

const fg_factor_ops fg_factor_dense_joint = {.name = "dense",
                                             .take = take,
                                             .forward = fg_dense_forward,
                                             .update = update,
                                             .energy = fg_dense_energy,
                                             .alike = alike,
                                             .read_correlation = read_correlation};
