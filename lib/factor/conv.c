/* Convolutions: x[p,f] - g(sum_{c,k} w[c,k,f] x_in[p+k,c] + b[f]), one rank-1 factor per observation,
 * position and filter; 16 filters of one position stand side by side. Over noiseless inputs whole terms whose
 * input is 0 have no messages and cost nothing. */
#include <math.h>
#include <string.h>

#include "base/thread.h"
#include "factor/activation.h"
#include "factor/conv_internal.h"

/* Rows of positions (or whole observations, where inputs are sent messages) are cut into at most this many
 * chunks, each with its own sums over the shared weights. */
enum { MAX_CHUNKS = 32 };

static int connect(fg_net *net, fg_set *set, fg_group **current, fg_err *err) {
    const fg_layer *layer = set->layer;
    fg_group *in = set->in = *current;
    size_t k = (size_t)layer->kernel, filters = (size_t)layer->filters, terms = in->shape.channels * k * k;
    if (in->layout == FG_LAYOUT_LANES)
        return fg_err_set(err, FG_EINVAL, "layer '%s': conv needs a grid, but its input is none", set->name);
    set->weight =
        fg_net_parameters(net, set->name, "weight", (fg_shape){1, terms, filters}, layer->weight_prior);
    if (layer->bias)
        set->bias = fg_net_parameters(net, set->name, "bias", (fg_shape){1, 1, filters}, layer->bias_prior);
    fg_shape shape = {in->shape.height - k + 1, in->shape.width - k + 1, filters};
    set->out = fg_net_group(net, set->name, "", shape, net->n);
    set->out->prior_lambda = 1 / (layer->activation_prior * layer->activation_prior);
    fg_group_channels(set->out);
    set->in_sums = fg_group_attach(in);
    set->out_sums = fg_group_attach(set->out);
    set->weight_sums = fg_group_attach(set->weight);
    set->bias_sums = set->bias ? fg_group_attach(set->bias) : -1;
    uint64_t sent = (uint64_t)terms * ((in->role == FG_ROLE_FREE) + (net->parameters == FG_ROLE_FREE));
    set->rebuilds = fg_rebuilt_wanted(net, set);
    set->factors = (uint64_t)net->n * fg_shape_size(shape);
    set->edges = set->factors * (sent + 1 + (set->bias_sums >= 0));
    *current = set->out;
    return FG_OK;
}

static void take(fg_set *set, fg_ws *ws) {
    fg_conv_set measured, *own = fg_ws_take(ws, 1, sizeof *own);
    fg_conv_set *c = own ? own : &measured;
    const fg_group *in = set->in, *out = set->out;
    size_t k = (size_t)set->layer->kernel, rows, positions, all = 0, lists = 0, more = 0;
    bool constant = in->role == FG_ROLE_CONSTANT, learns = set->weight->role == FG_ROLE_FREE;
    *c = (fg_conv_set){.terms = in->shape.channels * k * k, .blocks = out->pitch / FG_LANES};
    c->unit_rows = constant ? 1 : out->shape.height;
    c->units = out->n * out->shape.height / c->unit_rows;
    c->chunks = c->units < MAX_CHUNKS ? c->units : MAX_CHUNKS;
    c->message_size =
        set->rebuilds ? FG_CONV_REBUILT : fg_conv_messages(c->terms, in->role, set->weight->role);
    if (set->rebuilds)
        more = fg_rebuilt_size(set, c->blocks * (c->terms + 1));
    c->sums = c->blocks * (c->terms + 1) * 2 * FG_LANES;
    if (fg_size_mul(&rows, out->n, out->shape.height) || fg_size_mul(&positions, rows, out->shape.width) ||
        fg_size_mul(&all, positions, c->blocks) || fg_size_mul(&all, all, c->message_size) ||
        fg_size_add(&all, all, more) || fg_size_mul(&lists, constant ? positions : 1, c->terms))
        ws->overflow = 1;
    c->offset = fg_ws_take(ws, c->terms, sizeof *c->offset);
    c->strength = fg_ws_take(ws, out->pitch, sizeof(float));
    c->parameters = fg_ws_take(ws, c->blocks * (c->terms + 1) * FG_PARAMETER_SIZE, sizeof(float));
    c->active = fg_ws_take(ws, lists, sizeof(uint32_t));
    c->n_active = fg_ws_take(ws, constant ? positions : 1, sizeof(uint32_t));
    if (constant)
        c->bound = fg_ws_take(ws, in->slots, sizeof(float));
    if (learns) {
        c->sum_w = fg_ws_take(ws, c->chunks * c->sums, sizeof(float));
        c->partial = fg_ws_take(ws, c->chunks * c->sums, sizeof(double));
    }
    c->work_size = (set->rebuilds ? 0 : fg_dense_scratch(c->terms)) + 3 * FG_LANES;
    c->work = fg_ws_take(ws, c->chunks * c->work_size, sizeof(float));
    if (learns || !constant) {
        set->n_messages = all;
        set->messages = fg_ws_take(ws, all, sizeof(float));
    }
    if (set->rebuilds)
        fg_conv_rebuilt_take(set, c, set->messages ? set->messages + all - more : NULL, ws);
    set->own = own;
}

static int fill(fg_set *set, fg_err *err) {
    fg_conv_set *c = set->own;
    (void)err;
    fg_group_window(c->offset, set->in, (size_t)set->layer->kernel, c->terms);
    for (size_t f = 0; f < set->out->shape.channels; f++)
        c->strength[f] = (float)(1 / set->layer->sigma);
    if (set->in->role != FG_ROLE_CONSTANT) {
        for (size_t t = 0; t < c->terms; t++)
            c->active[t] = (uint32_t)t;
        c->n_active[0] = (uint32_t)c->terms;
    }
    return FG_OK;
}

void fg_conv_copy(const fg_set *set) {
    const fg_conv_set *c = set->own;
    size_t filters = set->out->shape.channels;
    for (size_t b = 0; b < c->blocks; b++) {
        size_t n = filters - b * FG_LANES < FG_LANES ? filters - b * FG_LANES : FG_LANES;
        float *row = c->parameters + b * (c->terms + 1) * FG_PARAMETER_SIZE;
        for (size_t t = 0; t < c->terms; t++, row += FG_PARAMETER_SIZE)
            fg_parameters_copy(row, set->weight, t * filters + b * FG_LANES, n);
        fg_parameters_copy(row, set->bias, b * FG_LANES, n);
    }
}

/* Puts the means where the linearisation points stand, for drive alone: update copies all of them again. */
static void copy_means(const fg_set *set) {
    const fg_conv_set *c = set->own;
    size_t filters = set->out->shape.channels;
    for (size_t t = 0; t <= c->terms; t++)
        for (size_t f = 0; f < filters; f++) {
            const float *from = t < c->terms ? set->weight->mean + t * filters
                                : set->bias  ? set->bias->mean
                                             : NULL;
            c->parameters[(f / FG_LANES * (c->terms + 1) + t) * FG_PARAMETER_SIZE + f % FG_LANES] =
                from ? from[f] : 0;
        }
}

/* Positions of a row that are worked on at once. */
enum { DRIVEN = 16 };

/* Activations [DRIVEN][16] of 16 filters from one position on, from the copied parameters; returns how many
 * positions these are. */
static size_t drive(const fg_set *set, size_t row, size_t column, size_t block, float *restrict value) {
    const fg_conv_set *c = set->own;
    const size_t left = set->out->shape.width - column, n = left < DRIVEN ? left : DRIVEN;
    float u[DRIVEN * FG_LANES], slope[DRIVEN * FG_LANES];
    const fg_conv_drive d = {.positions = n,
                             .terms = c->terms,
                             .x_step = fg_group_strides(set->in).column,
                             .w_step = FG_PARAMETER_SIZE,
                             .offset = c->offset,
                             .x = set->in->lin + fg_conv_in(set, row) +
                                  column * fg_group_strides(set->in).column,
                             .w = c->parameters + block * (c->terms + 1) * FG_PARAMETER_SIZE,
                             .u = u};
    fg_kernels_current()->conv_drive(&d);
    fg_activation_eval(set->layer->activation, u, value, slope, n * FG_LANES);
    return n;
}

static size_t filters_of(const fg_set *set, size_t block) {
    size_t left = set->out->shape.channels - block * FG_LANES;
    return left < FG_LANES ? left : FG_LANES;
}

static void forward_row(const fg_set *set, size_t row, size_t block) {
    const fg_group *out = set->out;
    float value[DRIVEN * FG_LANES], *to = out->lin + fg_conv_out(set, row) + block * FG_LANES;
    for (size_t x = 0, n; x < out->shape.width; x += n) {
        n = drive(set, row, x, block, value);
        for (size_t p = 0; p < n; p++)
            memcpy(to + (x + p) * out->pitch, value + p * FG_LANES, filters_of(set, block) * sizeof *value);
    }
}

static void forward(fg_set *set) {
    const fg_conv_set *c = set->own;
    const size_t rows = set->out->n * set->out->shape.height;
    fg_conv_copy(set);
#pragma omp parallel for schedule(static) num_threads(fg_threads()) if (set->edges > 20000)
    for (size_t row = 0; row < rows; row++)
        for (size_t b = 0; b < c->blocks; b++)
            forward_row(set, row, b);
}

static double energy_of_row(const fg_set *set, size_t row, size_t block) {
    const fg_group *out = set->out;
    float value[DRIVEN * FG_LANES];
    const float *mean = out->mean + fg_conv_out(set, row) + block * FG_LANES;
    double sum = 0;
    for (size_t x = 0, n; x < out->shape.width; x += n) {
        n = drive(set, row, x, block, value);
        for (size_t p = 0; p < n; p++)
            for (size_t f = 0; f < filters_of(set, block); f++) {
                double r = (double)mean[(x + p) * out->pitch + f] - (double)value[p * FG_LANES + f];
                sum += r * r;
            }
    }
    return sum;
}

static double energy(const fg_set *set) {
    const fg_conv_set *c = set->own;
    size_t rows = set->out->n * set->out->shape.height;
    double sum = 0;
    copy_means(set);
#pragma omp parallel for schedule(static) num_threads(fg_threads()) if (set->edges > 20000)
    for (size_t i = 0; i < c->chunks; i++) {
        double *part = (double *)(c->work + i * c->work_size);
        *part = 0;
        for (size_t row = fg_block_start(rows, c->chunks, i); row < fg_block_start(rows, c->chunks, i + 1);
             row++)
            for (size_t b = 0; b < c->blocks; b++)
                *part += energy_of_row(set, row, b);
    }
    for (size_t i = 0; i < c->chunks; i++)
        sum += *(double *)(c->work + i * c->work_size);
    return sum / (set->layer->sigma * set->layer->sigma);
}

const fg_factor_ops fg_factor_conv = {.name = "conv",
                                      .connect = connect,
                                      .take = take,
                                      .fill = fill,
                                      .start = fg_set_draw_weights,
                                      .forward = forward,
                                      .update = fg_conv_update,
                                      .energy = energy};
