/* Observations that are either good or anything: with probability 1 - rho the true pixel plus a little
 * Gaussian noise, with probability rho uniform on [0, 1]^C. The message is that of a Gaussian observation
 * weighted by the posterior probability k that the pixel is good, judged at the cavity m (what the other
 * factors say, without the observation):
 *
 *   k = (1 - rho) N(y; m, s^2 I) / ((1 - rho) N(y; m, s^2 I) + rho)
 *
 * s is the local scale of prediction errors: the k-weighted mean of |y - m|^2 / C over a window, shrunk to
 * that of the whole picture. rho is the mean of 1 - k. k starts at 1. Its log-odds are tempered, see below.
 */
#include <math.h>
#include <string.h>

#include "base/thread.h"
#include "factor/kernels/kernels.h"
#include "factor/observation.h"

/* A window's reach, and pixels whose cavities are added up at a time. */
enum { RADIUS = 3, CHUNK = 64 };

/* Prediction errors are never taken to be smaller than this, in units of sigma. */
static const double least_scale = 1.25;
/* The window's estimate counts as much as this many good pixels of the picture's. */
static const double shrinkage = 4;
/* Predictions while filters are still being learned are worse than their scale says: log-odds are divided by
 * this. */
static const double temperature = 2;
/* The furthest that a pixel can be from its prediction, as a mean square. */
static const float most_distance = 1e30f;
/* Every pixel, also a bad one, keeps this share of a good one's precision, so that cavities stay proper, but
 * no more than this, which says nothing of a pixel. */
static const double least_share = 4e-7, least_precision = 1e-3;
static const double least_rate = 1e-3, most_rate = 0.75;

typedef struct mixture {
    fg_observed data; /* first: the observed group's data is bound through it */
    float *good;      /* [pixels] k; 0 where nothing is observed */
    float *distance;  /* [pixels] |y - m|^2 / C, over the channels observed */
    float *channels;  /* [pixels] how many are observed */
    float *weighted;  /* [pixels] sums of k distance, over rows of the window and then over all of it */
    float *weight;    /* [pixels] the same of k */
    double *row_sums; /* [rows][3] */
} mixture;

static size_t pixels_of(const fg_group *g) {
    return g->n * g->shape.height * g->shape.width;
}

static int connect(fg_net *net, fg_set *set, fg_group **current, fg_err *err) {
    (void)err;
    set->in = *current;
    fg_group_planar(set->in, 0);
    set->in_sums = fg_group_attach(set->in);
    set->factors = (uint64_t)net->n * set->in->shape.height * set->in->shape.width;
    set->edges = set->factors * set->in->shape.channels;
    return FG_OK;
}

static void take(fg_set *set, fg_ws *ws) {
    mixture *own = fg_ws_take(ws, 1, sizeof *own), unused;
    mixture *m = own ? own : &unused;
    size_t pixels = pixels_of(set->in), slots = set->in->slots;
    m->data.value = fg_ws_take(ws, slots, sizeof(float));
    m->data.mask = fg_ws_take(ws, slots, sizeof(float));
    m->data.size = slots;
    m->good = fg_ws_take(ws, pixels, sizeof(float));
    m->distance = fg_ws_take(ws, pixels, sizeof(float));
    m->channels = fg_ws_take(ws, pixels, sizeof(float));
    m->weighted = fg_ws_take(ws, pixels, sizeof(float));
    m->weight = fg_ws_take(ws, pixels, sizeof(float));
    m->row_sums = fg_ws_take(ws, set->in->n * set->in->shape.height * 3, sizeof(double));
    set->own = own;
    set->messages = m->good; /* what the next update depends on, but for the sums */
    set->n_messages = pixels;
}

/* The first slot of a row of pixels (rows run over observations) in the plane of channel c. */
static size_t row_slot(const fg_group *g, size_t row, size_t c) {
    size_t h = g->shape.height;
    return fg_group_row(g, (row / h * g->shape.channels + c) * h + row % h);
}

/* Cavities of some pixels in a row: what the others say, added up. */
static void add_up(float eta[CHUNK], float lambda[CHUNK], const fg_cavities *c, size_t from, size_t n) {
    for (size_t i = 0; i < n; i++) {
        eta[i] = c->prior_eta - (c->own_eta ? c->own_eta[from + i] : 0);
        lambda[i] = c->prior_lambda - (c->own_lambda ? c->own_lambda[from + i] : 0);
    }
    for (int s = 0; s < c->n; s++)
        for (size_t i = 0; i < n; i++) {
            eta[i] += c->eta[s][from + i];
            lambda[i] += c->lambda[s][from + i];
        }
}

/* Returns how many cavities are improper. */
static uint64_t measure_row(const fg_set *set, const fg_step *step, size_t row) {
    const fg_group *g = set->in;
    const mixture *own = set->own;
    size_t w = g->shape.width;
    uint64_t improper = 0;
    float eta[CHUNK], lambda[CHUNK], *distance = own->distance + row * w, *channels = own->channels + row * w;
    memset(distance, 0, w * sizeof(float));
    memset(channels, 0, w * sizeof(float));
    for (size_t c = 0; c < g->shape.channels; c++) {
        size_t at = row_slot(g, row, c);
        const fg_cavities others = fg_cavities_of(g, set->in_sums, step, at);
        for (size_t x = 0; x < w; x++) {
            const size_t i = x % CHUNK;
            if (i == 0)
                add_up(eta, lambda, &others, x, w - x < CHUNK ? w - x : CHUNK);
            const float value = own->data.value[at + x], mask = own->data.mask[at + x];
            const float d = lambda[i] > 1e-6f ? value - eta[i] / lambda[i] : 0;
            improper += lambda[i] < 0;
            distance[x] += mask != 0 ? d * d : 0;
            channels[x] += mask;
        }
    }
    for (size_t x = 0; x < w; x++)
        distance[x] = fminf(distance[x] / (channels[x] > 0 ? channels[x] : 1), most_distance);
    return improper;
}

/* Sums of k |y - m|^2 / C and of k over each pixel's neighbours in the row, and over the whole row. */
static void box_row(const fg_set *set, size_t row) {
    const mixture *own = set->own;
    size_t w = set->in->shape.width;
    const float *k = own->good + row * w, *d = own->distance + row * w;
    float *sum = own->weighted + row * w, *weight = own->weight + row * w;
    for (size_t x = 0; x < w; x++) {
        size_t from = x < RADIUS ? 0 : x - RADIUS, end = x + RADIUS + 1 < w ? x + RADIUS + 1 : w;
        float s = 0, n = 0;
        for (size_t i = from; i < end; i++) {
            s += k[i] * d[i];
            n += k[i];
        }
        sum[x] = s;
        weight[x] = n;
    }
    double *total = own->row_sums + 3 * row;
    total[0] = total[1] = total[2] = 0;
    for (size_t x = 0; x < w; x++) {
        total[0] += (double)(k[x] * d[x]);
        total[1] += (double)k[x];
        total[2] += own->channels[row * w + x] > 0;
    }
}

static void judge_row(const fg_set *set, size_t row, double all, double rate) {
    const fg_group *g = set->in;
    const mixture *own = set->own;
    const fg_sums *mine = &g->sums[set->in_sums];
    double sigma2 = set->layer->sigma * set->layer->sigma, floor2 = least_scale * least_scale * sigma2;
    const double least = fmin(least_share, least_precision * sigma2);
    size_t w = g->shape.width, h = g->shape.height, y = row % h, plane = row - y;
    size_t from = y < RADIUS ? 0 : y - RADIUS, end = y + RADIUS + 1 < h ? y + RADIUS + 1 : h;
    double odds = log((1 - rate) / rate);
    for (size_t x = 0; x < w; x++) {
        double s = shrinkage * all, n = shrinkage;
        for (size_t r = from; r < end; r++) {
            s += (double)own->weighted[(plane + r) * w + x];
            n += (double)own->weight[(plane + r) * w + x];
        }
        double channels = (double)own->channels[row * w + x];
        double scale2 = fmax(s / n, floor2), d = (double)own->distance[row * w + x] * channels;
        double log_odds = odds - 0.5 * d / scale2 - 0.5 * channels * log(6.283185307179586 * scale2);
        own->good[row * w + x] = channels > 0 ? (float)(1 / (1 + exp(-log_odds / temperature))) : 0;
    }
    for (size_t c = 0; c < g->shape.channels; c++) {
        size_t at = row_slot(g, row, c);
        for (size_t x = 0; x < w; x++) {
            float share = (float)fmax((double)own->good[row * w + x], least);
            float lambda = own->data.mask[at + x] * (float)(share / sigma2);
            mine->lambda_single[at + x] = lambda;
            mine->eta_single[at + x] = lambda * own->data.value[at + x];
        }
    }
}

static void observe_all(const fg_set *set) {
    const fg_group *g = set->in;
    const mixture *own = set->own;
    const fg_sums *mine = &g->sums[set->in_sums];
    float weight = (float)(1 / (set->layer->sigma * set->layer->sigma));
    for (size_t row = 0; row < g->n * g->shape.height; row++)
        for (size_t x = 0; x < g->shape.width; x++) {
            float *k = own->good + row * g->shape.width + x;
            *k = 0;
            for (size_t c = 0; c < g->shape.channels; c++)
                *k = fmaxf(*k, own->data.mask[row_slot(g, row, c) + x]);
        }
    for (size_t i = 0; i < g->slots; i++) {
        mine->lambda_single[i] = own->data.mask[i] * weight;
        mine->eta_single[i] = mine->lambda_single[i] * own->data.value[i];
    }
}

static void update(fg_set *set, const fg_step *step) {
    const mixture *own = set->own;
    size_t rows = set->in->n * set->in->shape.height;
    double sums[3] = {0};
    uint64_t improper = 0;
    set->improper = 0;
    if (step->first || step->iteration < set->layer->robust_after) {
        observe_all(set);
        return;
    }
#pragma omp parallel num_threads(fg_threads()) if (set->factors > 4096)
    {
#pragma omp for schedule(static) reduction(+ : improper)
        for (size_t row = 0; row < rows; row++) {
            improper += measure_row(set, step, row);
            box_row(set, row);
        }
#pragma omp single
        for (size_t row = 0; row < rows; row++)
            for (int i = 0; i < 3; i++)
                sums[i] += own->row_sums[3 * row + (size_t)i];
#pragma omp for schedule(static)
        for (size_t row = 0; row < rows; row++)
            judge_row(set, row, sums[0] / fmax(sums[1], 1e-9),
                      fmin(fmax(1 - sums[1] / fmax(sums[2], 1), least_rate), most_rate));
    }
    set->improper = improper;
}

static double energy(const fg_set *set) {
    const fg_group *g = set->in;
    const mixture *own = set->own;
    double sum = 0;
    for (size_t row = 0; row < g->n * g->shape.height; row++)
        for (size_t c = 0; c < g->shape.channels; c++) {
            size_t at = row_slot(g, row, c);
            for (size_t x = 0; x < g->shape.width; x++) {
                double r = ((double)g->mean[at + x] - (double)own->data.value[at + x]) *
                           (double)own->data.mask[at + x];
                sum += (double)own->good[row * g->shape.width + x] * r * r;
            }
        }
    return sum / (set->layer->sigma * set->layer->sigma);
}

const fg_factor_ops fg_factor_mixture = {
    .name = "mixture", .connect = connect, .take = take, .update = update, .energy = energy};
