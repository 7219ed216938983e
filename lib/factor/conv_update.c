/* The messages of convolutions: which terms are worked on, blocks of them, and sums over the parameters. */
#include <string.h>

#include "base/thread.h"
#include "factor/conv_internal.h"

/* A chunk's sums are floats for so many positions. */
enum { FLOAT_POSITIONS = 256 };

/* Chooses the terms of a row of positions whose input is not 0. What the others once said is taken back. */
static void choose_row(const fg_set *set, size_t row) {
    const fg_conv_set *c = set->own;
    size_t width = set->out->shape.width, first = fg_conv_in(set, row);
    for (size_t p = row * width; p < (row + 1) * width; p++, first += fg_group_strides(set->in).column) {
        const float *x = set->in->lin + first;
        uint32_t *active = c->active + p * c->terms, n = 0;
        for (size_t t = 0; t < c->terms; t++) {
            active[n] = (uint32_t)t;
            n += x[c->offset[t]] != 0;
            for (size_t b = 0;
                 x[c->offset[t]] == 0 && set->messages && !set->rebuilds && c->chosen && b < c->blocks; b++)
                memset(set->messages + ((row * c->blocks + b) * width + p % width) * c->message_size +
                           (t + 1) * 2 * FG_LANES,
                       0, 2 * FG_LANES * sizeof(float));
        }
        c->n_active[p] = n;
    }
}

static void choose(fg_set *set) {
    fg_conv_set *c = set->own;
    const fg_group *in = set->in;
    if (!c->bound || (c->chosen && !memcmp(c->bound, in->lin, in->slots * sizeof *c->bound)))
        return;
    memcpy(c->bound, in->lin, in->slots * sizeof *c->bound);
    if (set->rebuilds && c->chosen) /* what was said of other inputs cannot be rebuilt from these */
        memset(set->messages, 0,
               c->message_size * c->blocks * set->out->slots / set->out->pitch * sizeof(float));
    size_t rows = set->out->n * set->out->shape.height;
#pragma omp parallel for schedule(static) num_threads(fg_threads()) if (set->edges > 20000)
    for (size_t row = 0; row < rows; row++)
        choose_row(set, row);
    c->chosen = true;
}

/* One row of positions and 16 filters. */
static fg_trouble update_block(const fg_set *set, const fg_step *step, size_t row, size_t block,
                               size_t chunk) {
    const fg_conv_set *c = set->own;
    const fg_group *in = set->in, *out = set->out;
    const fg_sums *y = &out->sums[set->out_sums];
    bool constant = in->role == FG_ROLE_CONSTANT;
    size_t width = out->shape.width, x = fg_conv_in(set, row), to = fg_conv_out(set, row) + block * FG_LANES;
    fg_conv_run d = {
        .positions = width,
        .terms = c->terms,
        .x_role = in->role,
        .w_role = set->weight->role,
        .bias = set->bias != NULL,
        .activation = set->layer->activation,
        .offset = c->offset,
        .x_step = fg_group_strides(in).column,
        .y_step = out->pitch,
        .active = c->active + (constant ? row * width * c->terms : 0),
        .n_active = c->n_active + (constant ? row * width : 0),
        .active_step = constant ? c->terms : 0,
        .n_active_step = constant,
        .x_lin = in->lin + x,
        .parameters = c->parameters + block * (c->terms + 1) * FG_PARAMETER_SIZE,
        .y = fg_cavities_of(out, set->out_sums, step, to),
        .y_eta = y->eta_single + to,
        .y_lambda = y->lambda_single + to,
        .strength = c->strength + block * FG_LANES,
        .message = set->messages ? set->messages + (row * c->blocks + block) * width * c->message_size : NULL,
        .scratch = c->work + chunk * c->work_size,
        .blend = fg_blend_make(step, row * c->blocks + block),
    };
    if (!constant) {
        d.x_eta = in->eta + x;
        d.x_lambda = in->lambda + x;
        d.sum_x_eta = in->sums[set->in_sums].eta_single + x;
        d.sum_x_lambda = in->sums[set->in_sums].lambda_single + x;
    }
    if (c->sum_w)
        d.sum_w = c->sum_w + chunk * c->sums + block * (c->terms + 1) * 2 * FG_LANES;
    return fg_kernels_current()->conv(&d);
}

/* Moves a chunk's sums in float over to those in double. */
static void flush(const fg_conv_set *c, size_t chunk) {
    float *from = c->sum_w + chunk * c->sums;
    double *to = c->partial + chunk * c->sums;
#pragma omp simd
    for (size_t i = 0; i < c->sums; i++) {
        to[i] += (double)from[i];
        from[i] = 0;
    }
}

static void clear_inputs(const fg_set *set, size_t observation) {
    const fg_group *in = set->in;
    const fg_sums *sums = &in->sums[set->in_sums];
    size_t size = in->slots / in->n; /* a last plane's spare slots are never added to */
    memset(sums->eta_single + observation * size, 0, size * sizeof(float));
    memset(sums->lambda_single + observation * size, 0, size * sizeof(float));
}

static fg_trouble update_chunk(const fg_set *set, const fg_step *step, size_t chunk) {
    const fg_conv_set *c = set->own;
    size_t first = fg_block_start(c->units, c->chunks, chunk) * c->unit_rows,
           end = fg_block_start(c->units, c->chunks, chunk + 1) * c->unit_rows, positions = 0;
    fg_trouble sum = {0, 0};
    if (c->partial)
        memset(c->partial + chunk * c->sums, 0, c->sums * sizeof(double));
    for (size_t row = first; row < end; row++) {
        if (set->in_sums >= 0 && row % set->out->shape.height == 0)
            clear_inputs(set, row / set->out->shape.height);
        for (size_t b = 0; b < c->blocks; b++) {
            fg_trouble trouble = set->rebuilds ? fg_conv_rebuilt_block(set, step, row, b, chunk)
                                               : update_block(set, step, row, b, chunk);
            sum.improper += trouble.improper;
            sum.rejected += trouble.rejected;
        }
        positions += set->out->shape.width;
        if (c->partial && (positions >= FLOAT_POSITIONS || row + 1 == end)) {
            flush(c, chunk);
            positions = 0;
        }
    }
    return sum;
}

/* The chunks' sums over the parameters, added in their order. */
static void add_partials(fg_set *set, const fg_step *step) {
    const fg_conv_set *c = set->own;
    size_t filters = set->out->shape.channels;
#pragma omp parallel for schedule(static) num_threads(fg_threads()) if (c->chunks * c->sums > 20000)
    for (size_t t = 0; t <= c->terms; t++) {
        const fg_sums *to = t < c->terms ? &set->weight->sums[set->weight_sums]
                            : set->bias  ? &set->bias->sums[set->bias_sums]
                                         : NULL;
        for (size_t f = 0; to && f < filters; f++) {
            size_t at = (t < c->terms ? t * filters : 0) + f, row = f / FG_LANES * (c->terms + 1) + t;
            const double *from = c->partial + row * 2 * FG_LANES + f % FG_LANES;
            to->eta[at] = to->lambda[at] = 0;
            for (size_t chunk = 0; chunk < c->chunks; chunk++, from += c->sums) {
                to->eta[at] += from[0];
                to->lambda[at] += from[FG_LANES];
            }
            if (set->rebuilds)
                to->eta[at] +=
                    to->lambda[at] * fg_rebuilt_move(&c->rebuilt, row, f % FG_LANES, to->lambda[at], step);
        }
    }
}

void fg_conv_update(fg_set *set, const fg_step *step) {
    const fg_conv_set *c = set->own;
    uint64_t improper = 0, rejected = 0;
    choose(set);
    fg_conv_copy(set);
    if (set->rebuilds)
        fg_conv_rebuilt_prepare(set, step);
#pragma omp parallel for schedule(dynamic) reduction(+ : improper, rejected) num_threads(fg_threads()) if (set->edges > 20000)
    for (size_t i = 0; i < c->chunks; i++) {
        fg_trouble trouble = update_chunk(set, step, i);
        improper += trouble.improper;
        rejected += trouble.rejected;
    }
    if (set->rebuilds)
        fg_rebuilt_move_inputs(&c->rebuilt, set, step);
    if (c->partial)
        add_partials(set, step);
    set->improper = improper;
    set->rejected = rejected;
    set->settled = set->in->role == FG_ROLE_CONSTANT && set->weight->role == FG_ROLE_CONSTANT && step->first;
}
