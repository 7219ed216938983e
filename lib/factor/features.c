/* Features: fixed filters over a constant input, an activation, and the largest or the mean of each window.
 * They are known functions of the data: there are no factors, nothing is sent, and what is made is constant.
 * The filters are drawn once, at random or from the data; all later data see the same ones. */
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "base/thread.h"
#include "factor/activation.h"
#include "factor/cholesky.h"
#include "factor/kernels/kernels.h"

/* Positions of a row that are worked on at once; places whose inputs are looked at in drawing filters. */
enum { DRIVEN = 16, PLACES = 20000, TRIES = 100 };
/* Of a drawn place: inputs that hardly differ from each other make no filter. */
static const double flat = 0.05;
/* Responses that vary less, or by less of what they are, which single precision does not hold, are left as
 * they are. */
static const double least_deviation = 1e-5, least_variation = 1e-6;

typedef struct features {
    size_t terms, blocks, kernel, window;
    ptrdiff_t *offset;             /* [terms] */
    float *filters;                /* [blocks][terms + 1][16] weights and then the bias */
    double *mean, *spread, *patch; /* drawing: [terms] of all places, [terms][terms], [terms] */
} features;

static int connect(fg_net *net, fg_set *set, fg_group **current, fg_err *err) {
    const fg_layer *layer = set->layer;
    fg_group *in = set->in = *current;
    const size_t k = (size_t)layer->kernel, filters = (size_t)layer->filters, size = (size_t)layer->size;
    if (in->role != FG_ROLE_CONSTANT)
        return fg_err_set(err, FG_EINVAL, "layer '%s': features need a noiseless input", set->name);
    set->weight = fg_net_parameters(net, set->name, "weight",
                                    (fg_shape){1, in->shape.channels * k * k, filters}, FG_KNOWN_DEVIATION);
    set->bias = fg_net_parameters(net, set->name, "bias", (fg_shape){1, 1, filters}, FG_KNOWN_DEVIATION);
    fg_shape shape = {(in->shape.height - k + 1) / size, (in->shape.width - k + 1) / size, filters};
    set->out = fg_net_group(net, set->name, "", shape, net->n);
    set->weight->role = set->bias->role = set->out->role = FG_ROLE_CONSTANT;
    *current = set->out;
    return FG_OK;
}

static void take(fg_set *set, fg_ws *ws) {
    features measured, *own = fg_ws_take(ws, 1, sizeof *own);
    features *f = own ? own : &measured;
    const fg_layer *layer = set->layer;
    *f = (features){.terms = set->weight->shape.width,
                    .blocks = (set->out->shape.channels + FG_LANES - 1) / FG_LANES,
                    .kernel = (size_t)layer->kernel,
                    .window = (size_t)layer->size};
    f->offset = fg_ws_take(ws, f->terms, sizeof *f->offset);
    f->filters = fg_ws_take(ws, f->blocks * (f->terms + 1) * FG_LANES, sizeof(float));
    f->mean = fg_ws_take(ws, f->terms, sizeof(double));
    f->patch = fg_ws_take(ws, f->terms, sizeof(double));
    if (layer->draw == FG_DRAW_WHITENED)
        f->spread = fg_ws_take(ws, f->terms * f->terms, sizeof(double));
    set->own = own;
}

static int fill(fg_set *set, fg_err *err) {
    const features *f = set->own;
    (void)err;
    fg_group_window(f->offset, set->in, f->kernel, f->terms);
    return FG_OK;
}

/* The input of the first term at a place: places run over observations, rows and columns where filters fit.
 */
static size_t place(const fg_set *set, uint64_t index) {
    const features *f = set->own;
    fg_strides at = fg_group_strides(set->in);
    const size_t rows = set->in->shape.height - f->kernel + 1, columns = set->in->shape.width - f->kernel + 1;
    return at.first + index / (rows * columns) * at.observation + index / columns % rows * at.row +
           index % columns * at.column;
}

static uint64_t places(const fg_set *set) {
    const features *f = set->own;
    return (uint64_t)set->in->n * (set->in->shape.height - f->kernel + 1) *
           (set->in->shape.width - f->kernel + 1);
}

static double input_at(const fg_set *set, size_t slot, size_t term) {
    const features *f = set->own;
    return (double)*(set->in->lin + slot + f->offset[term]);
}

/* Places that stand for all: every so-manyth. */
static uint64_t step_of(const fg_set *set) {
    return places(set) / PLACES + 1;
}

/* The inputs of a drawn place less `base`, or, without one, less their own mean. */
static void draw_patch(const fg_set *set, uint64_t key, size_t filter, const double *base) {
    const features *f = set->own;
    double squares = 0;
    for (uint64_t i = 0; i < TRIES && squares <= flat * flat * (double)f->terms; i++) {
        uint64_t index = fg_rng_u64(key, filter, i) % places(set);
        const size_t slot = place(set, index);
        double mean = 0;
        for (size_t t = 0; t < f->terms && !base; t++)
            mean += input_at(set, slot, t) / (double)f->terms;
        squares = 0;
        for (size_t t = 0; t < f->terms; t++) {
            f->patch[t] = input_at(set, slot, t) - (base ? base[t] : mean);
            squares += f->patch[t] * f->patch[t];
        }
    }
    for (size_t t = 0; t < f->terms && !(squares > 0); t++) /* blank data */
        f->patch[t] = fg_rng_normal(key, filter, TRIES + t);
}

static void measure_mean(const fg_set *set) {
    const features *f = set->own;
    const uint64_t step = step_of(set);
    double count = 0;
    memset(f->mean, 0, f->terms * sizeof *f->mean);
    for (uint64_t i = 0; i < places(set); i += step, count++)
        for (size_t t = 0; t < f->terms; t++)
            f->mean[t] += input_at(set, place(set, i), t);
    for (size_t t = 0; t < f->terms; t++)
        f->mean[t] /= count;
}

/* The Cholesky factor of the covariance of the inputs of a place. What hardly varies is taken to vary by a
 * hundredth of the mean variance, so that noise is not made to count. */
static void measure_spread(const fg_set *set) {
    const features *f = set->own;
    const uint64_t step = step_of(set);
    const size_t n = f->terms;
    double count = 0, trace = 0;
    memset(f->spread, 0, n * n * sizeof *f->spread);
    for (uint64_t i = 0; i < places(set); i += step, count++) {
        const size_t slot = place(set, i);
        for (size_t t = 0; t < n; t++)
            f->patch[t] = input_at(set, slot, t) - f->mean[t];
        for (size_t t = 0; t < n; t++)
            for (size_t u = 0; u <= t && f->patch[t] != 0; u++)
                f->spread[t * n + u] += f->patch[t] * f->patch[u];
    }
    for (size_t t = 0; t < n; t++)
        trace += f->spread[t * n + t] / count;
    for (size_t t = 0; t < n; t++)
        for (size_t u = 0; u <= t; u++) {
            f->spread[t * n + u] /= count;
            if (t == u)
                f->spread[t * n + u] += 0.01 * trace / (double)n + 1e-12;
        }
    fg_cholesky(f->spread, n, 1e-12);
}

/* The patch becomes the filter whose product with an input is that of both after whitening. */
static void whiten(const features *f) {
    fg_cholesky_forward(f->patch, f->spread, f->terms);
    fg_cholesky_back(f->patch, f->spread, f->terms);
}

/* Makes the filter one of length 1, so that what is kept of it stays in range whatever the data's scale. */
static void normalise(const features *f) {
    double squares = 0;
    for (size_t t = 0; t < f->terms; t++)
        squares += f->patch[t] * f->patch[t];
    for (size_t t = 0; t < f->terms && squares > 0; t++)
        f->patch[t] /= sqrt(squares);
}

/* Mean and deviation of a filter's response over the places. */
static void measure_response(double *mean, double *deviation, const fg_set *set) {
    const features *f = set->own;
    const uint64_t step = step_of(set);
    double count = 0, sum = 0, squares = 0;
    for (uint64_t i = 0; i < places(set); i += step, count++) {
        const size_t slot = place(set, i);
        double u = 0;
        for (size_t t = 0; t < f->terms; t++)
            u += f->patch[t] * input_at(set, slot, t);
        sum += u;
        squares += u * u;
    }
    *mean = sum / count;
    *deviation = sqrt(fmax(squares / count - *mean * *mean, 0));
}

/* Draws the filters. Each response has deviation 1 over the data at hand, and is taken less the layer's
 * threshold, whitened ones less their mean, too. */
static void start(fg_set *set, uint64_t key) {
    const features *f = set->own;
    const fg_layer *layer = set->layer;
    const bool whitened = layer->draw == FG_DRAW_WHITENED;
    const size_t filters = set->out->shape.channels;
    if (whitened) {
        measure_mean(set);
        measure_spread(set);
    }
    for (size_t c = 0; c < filters; c++) {
        double mean, deviation;
        if (layer->draw == FG_DRAW_RANDOM)
            for (size_t t = 0; t < f->terms; t++)
                f->patch[t] = fg_rng_normal(key, c, t);
        else
            draw_patch(set, key, c, whitened ? f->mean : NULL);
        if (whitened)
            whiten(f);
        normalise(f);
        measure_response(&mean, &deviation, set);
        const bool varies = deviation > fmax(least_deviation, least_variation * fabs(mean));
        const double scale = varies ? 1 / deviation : 1;
        for (size_t t = 0; t < f->terms; t++)
            set->weight->lin[t * filters + c] = (float)(f->patch[t] * scale);
        set->bias->lin[c] = (float)(0 - layer->threshold - (whitened ? mean * scale : 0));
    }
    set->known = false;
}

/* Filters are as large as the input: an observation has one place, and no window to pool over. */
static bool is_whole(const fg_set *set) {
    const features *f = set->own;
    return f->window == 1 && set->out->shape.width * set->out->shape.height == 1;
}

/* Windows whose places follow each other `step` apart in the input, and their values `to_step` apart. */
typedef struct stretch {
    size_t windows, from, step, to, to_step;
} stretch;

/* A stretch of windows and 16 filters. */
static void forward_windows(const fg_set *set, const stretch *s, size_t block) {
    const features *f = set->own;
    const fg_strides from = fg_group_strides(set->in), to = fg_group_strides(set->out);
    const bool most = set->layer->pooling == FG_POOLING_MAX;
    const size_t left = set->out->shape.channels - block * FG_LANES,
                 filters = left < FG_LANES ? left : FG_LANES;
    const size_t per = DRIVEN / f->window; /* windows at once */
    const float share = most ? 1 : 1 / (float)(f->window * f->window);
    for (size_t x = 0; x < s->windows; x += per) {
        const size_t windows = s->windows - x < per ? s->windows - x : per;
        float best[DRIVEN][FG_LANES];
        for (size_t y = 0; y < f->window; y++) {
            float u[DRIVEN * FG_LANES], value[DRIVEN * FG_LANES], slope[DRIVEN * FG_LANES];
            const fg_conv_drive d = {.positions = windows * f->window,
                                     .terms = f->terms,
                                     .x_step = s->step,
                                     .w_step = FG_LANES,
                                     .offset = f->offset,
                                     .x = set->in->lin + s->from + y * from.row + x * f->window * s->step,
                                     .w = f->filters + block * (f->terms + 1) * FG_LANES,
                                     .u = u};
            fg_kernels_current()->conv_drive(&d);
            fg_activation_eval(set->layer->activation, u, value, slope, d.positions * FG_LANES);
            for (size_t p = 0; p < d.positions; p++)
                for (size_t l = 0; l < FG_LANES; l++) {
                    float *at = &best[p / f->window][l], v = value[p * FG_LANES + l];
                    const bool first = y == 0 && p % f->window == 0;
                    *at = first ? v : most ? (v > *at ? v : *at) : *at + v;
                }
        }
        for (size_t w = 0; w < windows; w++)
            for (size_t l = 0; l < filters; l++)
                set->out->lin[s->to + (x + w) * s->to_step + (block * FG_LANES + l) * to.channel] =
                    best[w][l] * share;
    }
}

/* One row of windows of one observation; or, of filters as large as the input, one window of up to DRIVEN
 * observations, so that these share what is read of a filter. */
static void forward_part(const fg_set *set, size_t part, size_t block) {
    const features *f = set->own;
    const fg_strides from = fg_group_strides(set->in), to = fg_group_strides(set->out);
    const size_t rows = set->out->shape.height;
    if (is_whole(set)) {
        const size_t n = part * DRIVEN, left = set->out->n - n;
        const stretch s = {left < DRIVEN ? left : DRIVEN, from.first + n * from.observation, from.observation,
                           to.first + n * to.observation, to.observation};
        forward_windows(set, &s, block);
        return;
    }
    const size_t n = part / rows, row = part % rows;
    const stretch s = {set->out->shape.width, from.first + n * from.observation + row * f->window * from.row,
                       from.column, to.first + n * to.observation + row * to.row, to.column};
    forward_windows(set, &s, block);
}

static void forward(fg_set *set) {
    const features *f = set->own;
    const size_t filters = set->out->shape.channels, parts = is_whole(set)
                                                                 ? (set->out->n + DRIVEN - 1) / DRIVEN
                                                                 : set->out->n * set->out->shape.height;
    if (set->known)
        return;
    for (size_t t = 0; t <= f->terms; t++)
        for (size_t c = 0; c < f->blocks * FG_LANES; c++)
            f->filters[(c / FG_LANES * (f->terms + 1) + t) * FG_LANES + c % FG_LANES] =
                c >= filters   ? 0
                : t < f->terms ? set->weight->lin[t * filters + c]
                               : set->bias->lin[c];
#pragma omp parallel for schedule(static) num_threads(fg_threads()) if (set->out->slots * f->terms > 100000)
    for (size_t i = 0; i < f->blocks * parts; i++)
        forward_part(set, i % parts, i / parts);
    memcpy(set->out->mean, set->out->lin, set->out->slots * sizeof(float));
    set->known = true;
}

static void update(fg_set *set, const fg_step *step) {
    (void)step;
    set->settled = true;
}

const fg_factor_ops fg_factor_features = {.name = "features",
                                          .connect = connect,
                                          .take = take,
                                          .fill = fill,
                                          .start = start,
                                          .forward = forward,
                                          .update = update};
