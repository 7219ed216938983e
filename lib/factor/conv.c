/* Convolutions: x[p,f] - g(sum_{c,k} w[c,k,f] x_in[p+k,c] + b[f]), one rank-1 factor per observation,
 * position and filter; 16 filters of one position stand side by side. Over noiseless inputs whole terms whose
 * input is 0 have no messages and cost nothing. */
#include <math.h>
#include <string.h>

#include "base/thread.h"
#include "factor/activation.h"
#include "factor/kernels/kernels.h"

/* Rows of positions (or whole observations, where inputs are sent messages) are cut into at most this many
 * chunks, each with its own sums over the shared weights. A chunk's sums are floats for so many positions. */
enum { MAX_CHUNKS = 32, FLOAT_POSITIONS = 256 };

typedef struct conv {
    size_t terms, blocks, units,
        unit_rows;                     /* blocks of 16 filters; units that chunks are made of, rows of each */
    size_t chunks, message_size, sums; /* floats per position and block; parameters, padded */
    ptrdiff_t *offset;                 /* [terms] */
    float *strength;                   /* [blocks][16] */
    float *parameters;                 /* [blocks][terms + 1][FG_PARAMETER_SIZE] */
    uint32_t *active, *n_active;       /* [positions][terms] and [positions], or of one position for all */
    float *bound;                      /* noiseless inputs: those the terms were chosen for */
    bool chosen;
    float *sum_w;    /* [chunks][blocks][terms + 1][2][16] */
    double *partial; /* [chunks], same */
    float *work;     /* [chunks][work_size] */
    size_t work_size;
} conv;

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
    set->factors = (uint64_t)net->n * fg_shape_size(shape);
    set->edges = set->factors * (sent + 1 + (set->bias_sums >= 0));
    *current = set->out;
    return FG_OK;
}

static void take(fg_set *set, fg_ws *ws) {
    conv measured, *own = fg_ws_take(ws, 1, sizeof *own);
    conv *c = own ? own : &measured;
    const fg_group *in = set->in, *out = set->out;
    size_t k = (size_t)set->layer->kernel, rows, positions, all = 0, lists = 0;
    bool constant = in->role == FG_ROLE_CONSTANT, learns = set->weight->role == FG_ROLE_FREE;
    *c = (conv){.terms = in->shape.channels * k * k, .blocks = out->pitch / FG_LANES};
    c->unit_rows = constant ? 1 : out->shape.height;
    c->units = out->n * out->shape.height / c->unit_rows;
    c->chunks = c->units < MAX_CHUNKS ? c->units : MAX_CHUNKS;
    c->message_size = fg_conv_messages(c->terms, in->role, set->weight->role);
    c->sums = c->blocks * (c->terms + 1) * 2 * FG_LANES;
    if (fg_size_mul(&rows, out->n, out->shape.height) || fg_size_mul(&positions, rows, out->shape.width) ||
        fg_size_mul(&all, positions, c->blocks) || fg_size_mul(&all, all, c->message_size) ||
        fg_size_mul(&lists, constant ? positions : 1, c->terms))
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
    c->work_size = fg_dense_scratch(c->terms) + 3 * FG_LANES;
    c->work = fg_ws_take(ws, c->chunks * c->work_size, sizeof(float));
    if (learns || !constant) {
        set->n_messages = all;
        set->messages = fg_ws_take(ws, all, sizeof(float));
    }
    set->own = own;
}

static int fill(fg_set *set, fg_err *err) {
    conv *c = set->own;
    fg_strides at = fg_group_strides(set->in);
    size_t k = (size_t)set->layer->kernel;
    (void)err;
    for (size_t t = 0; t < c->terms; t++)
        c->offset[t] = (ptrdiff_t)(t / (k * k) * at.channel + t / k % k * at.row + t % k * at.column);
    for (size_t f = 0; f < set->out->shape.channels; f++)
        c->strength[f] = (float)(1 / set->layer->sigma);
    if (set->in->role != FG_ROLE_CONSTANT) {
        for (size_t t = 0; t < c->terms; t++)
            c->active[t] = (uint32_t)t;
        c->n_active[0] = (uint32_t)c->terms;
    }
    return FG_OK;
}

/* The slots of the first position of a row of positions; rows run over observations and then rows of each. */
static size_t in_slot(const fg_set *set, size_t row) {
    fg_strides at = fg_group_strides(set->in);
    return at.first + row / set->out->shape.height * at.observation + row % set->out->shape.height * at.row;
}

static size_t out_slot(const fg_set *set, size_t row) {
    return row * set->out->shape.width * set->out->pitch;
}

/* Chooses the terms of a row of positions whose input is not 0. What the others once said is taken back. */
static void choose_row(const fg_set *set, size_t row) {
    const conv *c = set->own;
    size_t width = set->out->shape.width, first = in_slot(set, row);
    for (size_t p = row * width; p < (row + 1) * width; p++, first += fg_group_strides(set->in).column) {
        const float *x = set->in->lin + first;
        uint32_t *active = c->active + p * c->terms, n = 0;
        for (size_t t = 0; t < c->terms; t++) {
            active[n] = (uint32_t)t;
            n += x[c->offset[t]] != 0;
            for (size_t b = 0; x[c->offset[t]] == 0 && set->messages && c->chosen && b < c->blocks; b++)
                memset(set->messages + ((row * c->blocks + b) * width + p % width) * c->message_size +
                           (t + 1) * 2 * FG_LANES,
                       0, 2 * FG_LANES * sizeof(float));
        }
        c->n_active[p] = n;
    }
}

static void choose(fg_set *set) {
    conv *c = set->own;
    const fg_group *in = set->in;
    if (!c->bound || (c->chosen && !memcmp(c->bound, in->lin, in->slots * sizeof *c->bound)))
        return;
    memcpy(c->bound, in->lin, in->slots * sizeof *c->bound);
    size_t rows = set->out->n * set->out->shape.height;
#pragma omp parallel for schedule(static) num_threads(fg_threads()) if (set->edges > 20000)
    for (size_t row = 0; row < rows; row++)
        choose_row(set, row);
    c->chosen = true;
}

static void copy_parameters(const fg_set *set) {
    const conv *c = set->own;
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
    const conv *c = set->own;
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

/* One row of positions and 16 filters. */
static fg_trouble update_block(const fg_set *set, const fg_step *step, size_t row, size_t block,
                               size_t chunk) {
    const conv *c = set->own;
    const fg_group *in = set->in, *out = set->out;
    const fg_sums *y = &out->sums[set->out_sums];
    bool constant = in->role == FG_ROLE_CONSTANT;
    size_t width = out->shape.width, x = in_slot(set, row), to = out_slot(set, row) + block * FG_LANES;
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
static void flush(const conv *c, size_t chunk) {
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
    const conv *c = set->own;
    size_t first = fg_block_start(c->units, c->chunks, chunk) * c->unit_rows,
           end = fg_block_start(c->units, c->chunks, chunk + 1) * c->unit_rows, positions = 0;
    fg_trouble sum = {0, 0};
    if (c->partial)
        memset(c->partial + chunk * c->sums, 0, c->sums * sizeof(double));
    for (size_t row = first; row < end; row++) {
        if (set->in_sums >= 0 && row % set->out->shape.height == 0)
            clear_inputs(set, row / set->out->shape.height);
        for (size_t b = 0; b < c->blocks; b++) {
            fg_trouble trouble = update_block(set, step, row, b, chunk);
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
static void add_partials(fg_set *set) {
    const conv *c = set->own;
    size_t filters = set->out->shape.channels;
#pragma omp parallel for schedule(static) num_threads(fg_threads()) if (c->chunks * c->sums > 20000)
    for (size_t t = 0; t <= c->terms; t++) {
        const fg_sums *to = t < c->terms ? &set->weight->sums[set->weight_sums]
                            : set->bias  ? &set->bias->sums[set->bias_sums]
                                         : NULL;
        for (size_t f = 0; to && f < filters; f++) {
            size_t at = (t < c->terms ? t * filters : 0) + f;
            size_t from = (f / FG_LANES * (c->terms + 1) + t) * 2 * FG_LANES + f % FG_LANES;
            to->eta[at] = to->lambda[at] = 0;
            for (size_t chunk = 0; chunk < c->chunks; chunk++) {
                to->eta[at] += c->partial[chunk * c->sums + from];
                to->lambda[at] += c->partial[chunk * c->sums + from + FG_LANES];
            }
        }
    }
}

static void update(fg_set *set, const fg_step *step) {
    const conv *c = set->own;
    uint64_t improper = 0, rejected = 0;
    choose(set);
    copy_parameters(set);
#pragma omp parallel for schedule(dynamic) reduction(+ : improper, rejected) num_threads(fg_threads()) if (set->edges > 20000)
    for (size_t i = 0; i < c->chunks; i++) {
        fg_trouble trouble = update_chunk(set, step, i);
        improper += trouble.improper;
        rejected += trouble.rejected;
    }
    if (c->partial)
        add_partials(set);
    set->improper = improper;
    set->rejected = rejected;
    set->settled = set->in->role == FG_ROLE_CONSTANT && set->weight->role == FG_ROLE_CONSTANT && step->first;
}

/* Weighted sums, activations and slopes [3][16] of 16 filters at one position, from the copied parameters. */
static void drive(const fg_set *set, size_t row, size_t column, size_t block, float *restrict out) {
    const conv *c = set->own;
    const float *x = set->in->lin + in_slot(set, row) + column * fg_group_strides(set->in).column;
    const float *w = c->parameters + block * (c->terms + 1) * FG_PARAMETER_SIZE;
    const float *bias = w + c->terms * FG_PARAMETER_SIZE;
    memcpy(out, bias, FG_LANES * sizeof *out);
    for (size_t t = 0; t < c->terms; t++, w += FG_PARAMETER_SIZE) {
        const float at = x[c->offset[t]];
        if (at == 0)
            continue;
#pragma omp simd
        for (int f = 0; f < FG_LANES; f++)
            out[f] += w[f] * at;
    }
    fg_activation_eval(set->layer->activation, out, out + FG_LANES, out + 2 * FG_LANES, FG_LANES);
}

static void forward(fg_set *set) {
    const conv *c = set->own;
    const fg_group *out = set->out;
    size_t rows = out->n * out->shape.height, filters = out->shape.channels;
    copy_parameters(set);
#pragma omp parallel for schedule(static) num_threads(fg_threads()) if (set->edges > 20000)
    for (size_t row = 0; row < rows; row++)
        for (size_t x = 0; x < out->shape.width; x++)
            for (size_t b = 0; b < c->blocks; b++) {
                float u[3 * FG_LANES];
                size_t n = filters - b * FG_LANES < FG_LANES ? filters - b * FG_LANES : FG_LANES;
                drive(set, row, x, b, u);
                memcpy(out->lin + out_slot(set, row) + x * out->pitch + b * FG_LANES, u + FG_LANES,
                       n * sizeof *u);
            }
}

static double energy_of_row(const fg_set *set, size_t row) {
    const conv *c = set->own;
    const fg_group *out = set->out;
    double sum = 0;
    for (size_t x = 0; x < out->shape.width; x++)
        for (size_t b = 0; b < c->blocks; b++) {
            float u[3 * FG_LANES];
            const float *y = out->mean + out_slot(set, row) + x * out->pitch + b * FG_LANES;
            drive(set, row, x, b, u);
            for (size_t f = 0; f < FG_LANES && b * FG_LANES + f < out->shape.channels; f++) {
                double r = (double)y[f] - (double)u[FG_LANES + f];
                sum += r * r;
            }
        }
    return sum;
}

static double energy(const fg_set *set) {
    const conv *c = set->own;
    size_t rows = set->out->n * set->out->shape.height;
    double sum = 0;
    copy_means(set);
#pragma omp parallel for schedule(static) num_threads(fg_threads()) if (set->edges > 20000)
    for (size_t i = 0; i < c->chunks; i++) {
        double *part = (double *)(c->work + i * c->work_size);
        *part = 0;
        for (size_t row = fg_block_start(rows, c->chunks, i); row < fg_block_start(rows, c->chunks, i + 1);
             row++)
            *part += energy_of_row(set, row);
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
                                      .update = update,
                                      .energy = energy};
