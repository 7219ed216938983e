/* Dense layers over groups whose channels stand side by side: the same factors as factor/dense.c, with 16
 * inputs of one factor instead of 16 observations as a kernel's lanes. */
#include <string.h>

#include "base/thread.h"
#include "factor/activation.h"
#include "factor/rebuilt.h"

/* Observations are cut into at most this many chunks, each with its own sums over the shared weights. */
enum { MAX_CHUNKS = 16 };

typedef struct dense {
    size_t units, rows, chunks; /* rows of 16 slots of one observation's inputs */
    size_t message_size;        /* floats per observation and unit */
    float *parameters;          /* [units][rows + 1][FG_PARAMETER_SIZE]; the last is the bias, of which the
                                   first lane is used */
    float *partial;             /* [chunks][units][2][rows * 16], free parameters only */
    float *scratch;             /* [chunks][fg_wide_scratch] */
    fg_rebuilt rebuilt;         /* rows as of parameters */
} dense;

static void take(fg_set *set, fg_ws *ws) {
    dense measured, *own = fg_ws_take(ws, 1, sizeof *own);
    dense *d = own ? own : &measured;
    size_t n = set->in->n, all, more = 0;
    d->units = (size_t)set->layer->units;
    d->rows = set->in->slots / n / FG_LANES;
    d->chunks = n < MAX_CHUNKS ? n : MAX_CHUNKS;
    d->message_size = set->rebuilds ? FG_WIDE_REBUILT : fg_wide_messages(d->rows, set->weight->role);
    if (set->rebuilds)
        more = fg_rebuilt_size(set, d->units * (d->rows + 1));
    if (fg_size_mul(&all, n * d->units, d->message_size) || fg_size_add(&all, all, more))
        ws->overflow = 1;
    d->parameters = fg_ws_take(ws, d->units * (d->rows + 1) * FG_PARAMETER_SIZE, sizeof(float));
    if (set->weight->role == FG_ROLE_FREE)
        d->partial = fg_ws_take(ws, d->chunks * d->units * 2 * d->rows * FG_LANES, sizeof(float));
    d->scratch = fg_ws_take(ws, set->rebuilds ? 0 : d->chunks * fg_wide_scratch(d->rows), sizeof(float));
    set->messages = fg_ws_take(ws, all, sizeof(float));
    set->n_messages = all;
    if (set->rebuilds)
        fg_rebuilt_take(&d->rebuilt, set, d->units * (d->rows + 1),
                        set->messages ? set->messages + all - more : NULL, ws);
    set->own = own;
}

/* Weights stand in the order of features: over pixels and then their channels. */
static void copy_parameters(const fg_set *set, const fg_step *step) {
    const dense *d = set->own;
    size_t channels = set->in->shape.channels, blocks = set->in->pitch / FG_LANES,
           inputs = fg_shape_size(set->in->shape);
#pragma omp parallel for schedule(static) num_threads(fg_threads()) if (d->units * d->rows > 1000)
    for (size_t o = 0; o < d->units; o++) {
        float *to = d->parameters + o * (d->rows + 1) * FG_PARAMETER_SIZE;
        for (size_t r = 0; r < d->rows; r++, to += FG_PARAMETER_SIZE) {
            size_t c = r % blocks * FG_LANES, n = channels - c < FG_LANES ? channels - c : FG_LANES;
            fg_parameters_copy(to, set->weight, o * inputs + r / blocks * channels + c, n);
        }
        fg_parameters_copy(to, set->bias, o, 1);
        for (size_t r = 0; r < d->rows + (set->bias != NULL) && set->rebuilds; r++)
            fg_rebuilt_prepare(&d->rebuilt, o * (d->rows + 1) + r, d->parameters, step);
    }
}

static fg_trouble update_rebuilt(const fg_set *set, const fg_step *step, size_t n, size_t o, size_t chunk) {
    const dense *d = set->own;
    const fg_group *in = set->in, *out = set->out;
    const fg_sums *from = &in->sums[set->in_sums];
    const size_t size = d->rows * FG_LANES, x = n * size, y = o * out->pitch + n, row = o * (d->rows + 1);
    float *sum_w = d->partial + (chunk * d->units + o) * 2 * size;
    const fg_wide_rebuilt_factor f = {
        .rows = d->rows,
        .x = in->lin + x,
        .x_variance = d->rebuilt.x_variance + x,
        .x_seen = d->rebuilt.x_seen + x,
        .parameters = d->rebuilt.rows + row * FG_READ_SIZE,
        .kept = d->rebuilt.w + row * FG_KEPT_SIZE,
        .y_eta = out->eta[y],
        .y_eta_lo = out->eta_lo[y],
        .y_lambda = out->lambda[y],
        .y_lambda_lo = out->lambda_lo[y],
        .activation = set->layer->activation,
        .strength = (float)(1 / set->layer->sigma),
        .message = set->messages + (o * in->n + n) * d->message_size,
        .sum_w_eta = sum_w,
        .sum_w_lambda = sum_w + size,
        .sum_x_eta = from->eta_single + x,
        .sum_x_lambda = from->lambda_single + x,
        .blend = fg_blend_make(step, o * in->n + n),
    };
    return fg_kernels_current()->wide_rebuilt(&f);
}

static fg_trouble update_factor(const fg_set *set, const fg_step *step, size_t n, size_t o, size_t chunk) {
    const dense *d = set->own;
    const fg_group *in = set->in, *out = set->out;
    const fg_sums *from = &in->sums[set->in_sums];
    size_t size = d->rows * FG_LANES, x = n * size, y = o * out->pitch + n;
    fg_wide_factor f = {
        .rows = d->rows,
        .w_role = set->weight->role,
        .x_mean = in->lin + x,
        .x_eta = in->eta + x,
        .x_lambda = in->lambda + x,
        .parameters = d->parameters + o * (d->rows + 1) * FG_PARAMETER_SIZE,
        .bias = set->bias != NULL,
        .b = d->parameters + (o * (d->rows + 1) + d->rows) * FG_PARAMETER_SIZE,
        .y_eta = out->eta[y],
        .y_eta_lo = out->eta_lo[y],
        .y_lambda = out->lambda[y],
        .y_lambda_lo = out->lambda_lo[y],
        .activation = set->layer->activation,
        .strength = (float)(1 / set->layer->sigma),
        .message = set->messages + (o * in->n + n) * d->message_size,
        .sum_x_eta = from->eta_single + x,
        .sum_x_lambda = from->lambda_single + x,
        .scratch = d->scratch + chunk * fg_wide_scratch(d->rows),
        .blend = fg_blend_make(step, o * in->n + n),
    };
    if (d->partial) {
        f.sum_w_eta = d->partial + (chunk * d->units + o) * 2 * size;
        f.sum_w_lambda = f.sum_w_eta + size;
    }
    return fg_kernels_current()->wide(&f);
}

/* Some observations, unit by unit, so that a unit's weights stay in cache. */
static fg_trouble update_chunk(const fg_set *set, const fg_step *step, size_t chunk) {
    const dense *d = set->own;
    const fg_sums *from = &set->in->sums[set->in_sums], *to = &set->out->sums[set->out_sums];
    size_t first = fg_block_start(set->in->n, d->chunks, chunk),
           end = fg_block_start(set->in->n, d->chunks, chunk + 1), size = d->rows * FG_LANES;
    fg_trouble sum = {0, 0};
    memset(from->eta_single + first * size, 0, (end - first) * size * sizeof(float));
    memset(from->lambda_single + first * size, 0, (end - first) * size * sizeof(float));
    for (size_t o = 0; o < d->units; o++) {
        if (d->partial)
            memset(d->partial + (chunk * d->units + o) * 2 * size, 0, 2 * size * sizeof(float));
        for (size_t n = first; n < end; n++) {
            const float *message = set->messages + (o * set->in->n + n) * d->message_size;
            fg_trouble trouble = set->rebuilds ? update_rebuilt(set, step, n, o, chunk)
                                               : update_factor(set, step, n, o, chunk);
            to->eta[o * set->out->pitch + n] = (double)message[0];
            to->lambda[o * set->out->pitch + n] = (double)message[1];
            sum.improper += trouble.improper;
            sum.rejected += trouble.rejected;
        }
    }
    return sum;
}

/* The chunks' sums over 16 weights, added in their order. */
static void add_row(const dense *d, size_t o, size_t r, double eta[FG_LANES], double lambda[FG_LANES]) {
    size_t size = d->rows * FG_LANES;
    for (int l = 0; l < FG_LANES; l++)
        eta[l] = lambda[l] = 0;
    for (size_t c = 0; c < d->chunks; c++) {
        const float *from = d->partial + (c * d->units + o) * 2 * size + r * FG_LANES;
#pragma omp simd
        for (int l = 0; l < FG_LANES; l++) {
            eta[l] += (double)from[l];
            lambda[l] += (double)from[size + (size_t)l];
        }
    }
}

static void add_weights(const fg_set *set, const fg_step *step, size_t o) {
    const dense *d = set->own;
    const fg_sums *w = &set->weight->sums[set->weight_sums];
    size_t channels = set->in->shape.channels, blocks = set->in->pitch / FG_LANES;
    for (size_t r = 0; r < d->rows; r++) {
        double eta[FG_LANES], lambda[FG_LANES];
        size_t first = r % blocks * FG_LANES, n = channels - first < FG_LANES ? channels - first : FG_LANES;
        size_t to = o * fg_shape_size(set->in->shape) + r / blocks * channels + first;
        add_row(d, o, r, eta, lambda);
        for (size_t l = 0; l < FG_LANES && set->rebuilds; l++)
            eta[l] += lambda[l] * fg_rebuilt_move(&d->rebuilt, o * (d->rows + 1) + r, l, lambda[l], step);
        memcpy(w->eta + to, eta, n * sizeof *eta);
        memcpy(w->lambda + to, lambda, n * sizeof *lambda);
    }
}

static void add_bias(const fg_set *set, const fg_step *step, size_t o) {
    const dense *d = set->own;
    double eta = 0, lambda = 0;
    for (size_t n = 0; n < set->in->n; n++) {
        const float *message = set->messages + (o * set->in->n + n) * d->message_size;
        eta += (double)message[2];
        lambda += (double)message[3];
    }
    if (set->rebuilds)
        eta += lambda * fg_rebuilt_move(&d->rebuilt, o * (d->rows + 1) + d->rows, 0, lambda, step);
    set->bias->sums[set->bias_sums].eta[o] = eta;
    set->bias->sums[set->bias_sums].lambda[o] = lambda;
}

static void add_parameters(fg_set *set, const fg_step *step) {
    const dense *d = set->own;
#pragma omp parallel for schedule(static) num_threads(fg_threads()) if (d->units * d->rows > 1000)
    for (size_t o = 0; o < d->units; o++) {
        add_weights(set, step, o);
        if (set->bias)
            add_bias(set, step, o);
    }
}

static void update(fg_set *set, const fg_step *step) {
    const dense *d = set->own;
    uint64_t improper = 0, rejected = 0;
    fg_step still = *step;
    still.extrapolate = 0; /* it makes dense layers oscillate more, not less */
    copy_parameters(set, &still);
    if (set->rebuilds)
        fg_rebuilt_prepare_inputs(&d->rebuilt, set, &still);
#pragma omp parallel for schedule(dynamic) reduction(+ : improper, rejected) num_threads(fg_threads()) if (set->edges > 20000)
    for (size_t c = 0; c < d->chunks; c++) {
        fg_trouble trouble = update_chunk(set, step, c);
        improper += trouble.improper;
        rejected += trouble.rejected;
    }
    if (set->rebuilds)
        fg_rebuilt_move_inputs(&d->rebuilt, set, step);
    if (d->partial)
        add_parameters(set, step);
    set->improper = improper;
    set->rejected = rejected;
}

/* sum_i w_oi x_i + b_o of one observation, from means or linearisation points. */
static double drive(const fg_set *set, size_t n, size_t o, bool means) {
    const fg_group *in = set->in;
    size_t channels = in->shape.channels, pixels = in->shape.height * in->shape.width;
    const float *w = (means ? set->weight->mean : set->weight->lin) + o * pixels * channels;
    const float *x = in->lin + n * pixels * in->pitch; /* single: lin and mean are one array */
    double lane[FG_LANES] = {0}, sum = !set->bias ? 0 : (double)(means ? set->bias->mean : set->bias->lin)[o];
    for (size_t p = 0; p < pixels; p++, w += channels, x += in->pitch) {
        size_t c = 0;
        for (; c + FG_LANES <= channels; c += FG_LANES) {
#pragma omp simd
            for (size_t l = 0; l < FG_LANES; l++)
                lane[l] += (double)w[c + l] * (double)x[c + l];
        }
        for (; c < channels; c++)
            sum += (double)w[c] * (double)x[c];
    }
    for (int l = 0; l < FG_LANES; l++)
        sum += lane[l];
    return sum;
}

/* Weights start at random, biases where the mean pre-activation over the observations is 0. */
static void start(fg_set *set, uint64_t key) {
    const dense *d = set->own;
    fg_set_draw_weights(set, key);
    for (size_t o = 0; o < d->units && set->bias; o++) {
        double sum = 0;
        set->bias->lin[o] = 0;
        for (size_t n = 0; n < set->in->n; n++)
            sum += drive(set, n, o, false);
        set->bias->lin[o] = (float)(-sum / (double)set->in->n);
    }
}

static void forward(fg_set *set) {
    const dense *d = set->own;
#pragma omp parallel for schedule(static) num_threads(fg_threads()) if (set->edges > 20000)
    for (size_t n = 0; n < set->in->n; n++)
        for (size_t o = 0; o < d->units; o++) {
            float u = (float)drive(set, n, o, false), slope;
            fg_activation_eval(set->layer->activation, &u, &set->out->lin[o * set->out->pitch + n], &slope,
                               1);
        }
}

static double energy_of_unit(const fg_set *set, size_t o) {
    double sum = 0;
    for (size_t n = 0; n < set->in->n; n++) {
        float u = (float)drive(set, n, o, true), value, slope;
        fg_activation_eval(set->layer->activation, &u, &value, &slope, 1);
        double r = (double)set->out->mean[o * set->out->pitch + n] - (double)value;
        sum += r * r;
    }
    return sum;
}

static double energy(const fg_set *set) {
    const dense *d = set->own;
    double sum = 0;
    for (size_t o = 0; o < d->units; o++)
        sum += energy_of_unit(set, o);
    return sum / (set->layer->sigma * set->layer->sigma);
}

const fg_factor_ops fg_factor_dense_grid = {
    .name = "dense", .take = take, .start = start, .forward = forward, .update = update, .energy = energy};
