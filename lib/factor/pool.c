/* Pooling: the largest, or the mean, of a window - x, one rank-1 factor per observation, window and channel;
 * 16 channels of a window stand side by side. Windows do not overlap, and what is left over at the right and
 * bottom edge is in none. Every variable gets at most one message, so that the sums are the messages. */
#include <string.h>

#include "base/thread.h"
#include "factor/kernels/kernels.h"

enum { MAX_CHUNKS = 32 };

typedef struct pool {
    size_t size, chunks;   /* inputs of a window */
    ptrdiff_t *offset;     /* [size] slots from a window's first input on */
    ptrdiff_t *packed;     /* [size] the same of inputs gathered in work */
    float *strength;       /* [pitch of the outputs] */
    float *work, *scratch; /* [chunks][5][size][16], [chunks][fg_pool_scratch] */
} pool;

static int connect(fg_net *net, fg_set *set, fg_group **current, fg_err *err) {
    const fg_layer *layer = set->layer;
    fg_group *in = set->in = *current;
    size_t size = (size_t)layer->size;
    if (in->layout == FG_LAYOUT_LANES)
        return fg_err_set(err, FG_EINVAL, "layer '%s': %s needs a grid, but its input is none", set->name,
                          set->ops->name);
    fg_shape shape = {in->shape.height / size, in->shape.width / size, in->shape.channels};
    set->out = fg_net_group(net, set->name, "", shape, net->n);
    set->out->prior_lambda = 1 / (layer->activation_prior * layer->activation_prior);
    fg_group_channels(set->out);
    set->in_sums = fg_group_attach(in);
    set->out_sums = fg_group_attach(set->out);
    set->factors = (uint64_t)net->n * fg_shape_size(shape);
    set->edges = set->factors * (in->role == FG_ROLE_FREE ? size * size + 1 : 1);
    *current = set->out;
    return FG_OK;
}

static void take(fg_set *set, fg_ws *ws) {
    pool measured, *own = fg_ws_take(ws, 1, sizeof *own);
    pool *p = own ? own : &measured;
    size_t size = (size_t)set->layer->size;
    *p = (pool){.size = size * size};
    p->chunks =
        set->out->n * set->out->shape.height < MAX_CHUNKS ? set->out->n * set->out->shape.height : MAX_CHUNKS;
    p->offset = fg_ws_take(ws, p->size, sizeof *p->offset);
    p->packed = fg_ws_take(ws, p->size, sizeof *p->packed);
    p->strength = fg_ws_take(ws, set->out->pitch, sizeof(float));
    p->work = fg_ws_take(ws, p->chunks * 5 * p->size * FG_LANES, sizeof(float));
    p->scratch = fg_ws_take(ws, p->chunks * fg_pool_scratch(p->size), sizeof(float));
    set->own = own;
}

static int fill(fg_set *set, fg_err *err) {
    pool *p = set->own;
    (void)err;
    fg_group_window(p->offset, set->in, (size_t)set->layer->size, p->size);
    for (size_t i = 0; i < p->size; i++)
        p->packed[i] = (ptrdiff_t)(i * FG_LANES);
    for (size_t c = 0; c < set->out->shape.channels; c++)
        p->strength[c] = (float)(1 / set->layer->sigma);
    return FG_OK;
}

/* The slot of the first input of a window and block of channels; rows of windows run over observations and
 * then rows of each. */
static size_t in_slot(const fg_set *set, size_t row, size_t x, size_t block) {
    fg_strides at = fg_group_strides(set->in);
    size_t size = (size_t)set->layer->size, h = set->out->shape.height;
    return at.first + row / h * at.observation + row % h * size * at.row + x * size * at.column +
           block * FG_LANES * at.channel;
}

/* Inputs whose channels do not stand side by side: their means, cavities, and the messages. */
typedef struct gathered {
    float *mean, *cavity_eta, *cavity_lambda, *eta, *lambda; /* [size][16] */
} gathered;

static gathered gather(const fg_set *set, const fg_step *step, size_t chunk, size_t slot, size_t lanes) {
    const pool *p = set->own;
    const fg_group *in = set->in;
    const bool is_free = in->role == FG_ROLE_FREE;
    const fg_cavities c = fg_cavities_of(in, set->in_sums, step, slot);
    size_t each = p->size * FG_LANES, apart = fg_group_strides(in).channel;
    float *at = p->work + chunk * 5 * each;
    gathered g = {at, at + each, at + 2 * each, at + 3 * each, at + 4 * each};
    memset(at, 0, 5 * each * sizeof *at);
    for (size_t i = 0; i < each; i++) {
        size_t l = i % FG_LANES, from = (size_t)p->offset[i / FG_LANES] + l * apart;
        if (l >= lanes)
            continue;
        g.mean[i] = in->lin[slot + from];
        if (!is_free)
            continue;
        g.eta[i] = in->sums[set->in_sums].eta_single[slot + from];
        g.lambda[i] = in->sums[set->in_sums].lambda_single[slot + from];
        g.cavity_eta[i] = c.prior_eta - (c.own_eta ? g.eta[i] : 0);
        g.cavity_lambda[i] = c.prior_lambda - (c.own_eta ? g.lambda[i] : 0);
        for (int s = 0; s < c.n; s++) {
            g.cavity_eta[i] += c.eta[s][from];
            g.cavity_lambda[i] += c.lambda[s][from];
        }
    }
    return g;
}

static void scatter(const fg_set *set, const gathered *g, size_t slot, size_t lanes) {
    const pool *p = set->own;
    const fg_sums *sums = &set->in->sums[set->in_sums];
    size_t step = fg_group_strides(set->in).channel;
    for (size_t i = 0; i < p->size; i++)
        for (size_t l = 0; l < lanes; l++) {
            sums->eta_single[slot + (size_t)p->offset[i] + l * step] = g->eta[i * FG_LANES + l];
            sums->lambda_single[slot + (size_t)p->offset[i] + l * step] = g->lambda[i * FG_LANES + l];
        }
}

static fg_trouble update_window(const fg_set *set, const fg_step *step, size_t chunk, size_t row, size_t x,
                                size_t block) {
    const pool *p = set->own;
    const fg_group *in = set->in, *out = set->out;
    const fg_sums *to = &out->sums[set->out_sums];
    const bool is_free = in->role == FG_ROLE_FREE, gathers = in->layout != FG_LAYOUT_CHANNELS;
    size_t window = row * out->shape.width + x, y = window * out->pitch + block * FG_LANES,
           slot = in_slot(set, row, x, block), lanes = out->shape.channels - block * FG_LANES;
    fg_pool_window w = {
        .size = p->size,
        .most = set->layer->kind == FG_LAYER_MAX_POOL,
        .x_role = in->role,
        .offset = gathers ? p->packed : p->offset,
        .y = fg_cavities_of(out, set->out_sums, step, y),
        .y_eta = to->eta_single + y,
        .y_lambda = to->lambda_single + y,
        .strength = p->strength + block * FG_LANES,
        .scratch = p->scratch + chunk * fg_pool_scratch(p->size),
        .blend = fg_blend_make(step, window * (out->pitch / FG_LANES) + block),
    };
    lanes = lanes < FG_LANES ? lanes : FG_LANES;
    if (!gathers) {
        w.x_mean = in->lin + slot;
        w.x = fg_cavities_of(in, set->in_sums, step, slot);
        w.x_eta = in->sums[set->in_sums].eta_single + slot;
        w.x_lambda = in->sums[set->in_sums].lambda_single + slot;
        return fg_kernels_current()->pool(&w);
    }
    gathered g = gather(set, step, chunk, slot, lanes);
    w.x_mean = g.mean;
    w.x = (fg_cavities){.n = 1, .eta = {g.cavity_eta}, .lambda = {g.cavity_lambda}};
    w.x_eta = g.eta;
    w.x_lambda = g.lambda;
    fg_trouble trouble = fg_kernels_current()->pool(&w);
    if (is_free)
        scatter(set, &g, slot, lanes);
    return trouble;
}

static void update(fg_set *set, const fg_step *step) {
    const pool *p = set->own;
    const fg_group *out = set->out;
    size_t rows = out->n * out->shape.height, blocks = out->pitch / FG_LANES;
    uint64_t improper = 0, rejected = 0;
#pragma omp parallel for schedule(static) reduction(+ : improper, rejected) num_threads(fg_threads()) if (set->edges > 20000)
    for (size_t c = 0; c < p->chunks; c++)
        for (size_t row = fg_block_start(rows, p->chunks, c); row < fg_block_start(rows, p->chunks, c + 1);
             row++)
            for (size_t x = 0; x < out->shape.width; x++)
                for (size_t b = 0; b < blocks; b++) {
                    fg_trouble trouble = update_window(set, step, c, row, x, b);
                    improper += trouble.improper;
                    rejected += trouble.rejected;
                }
    set->improper = improper;
    set->rejected = rejected;
    set->settled = set->in->role == FG_ROLE_CONSTANT && step->first;
}

/* The largest or the mean of a window. */
static float pooled(const fg_set *set, size_t slot) {
    const pool *p = set->own;
    const float *x = set->in->lin + slot; /* single: lin and mean are one array */
    float most = x[p->offset[0]], sum = 0;
    for (size_t i = 0; i < p->size; i++) {
        most = x[p->offset[i]] > most ? x[p->offset[i]] : most;
        sum += x[p->offset[i]];
    }
    return set->layer->kind == FG_LAYER_MAX_POOL ? most : sum / (float)p->size;
}

static void forward(fg_set *set) {
    const fg_group *out = set->out;
    size_t rows = out->n * out->shape.height, step = fg_group_strides(set->in).channel;
#pragma omp parallel for schedule(static) num_threads(fg_threads()) if (set->edges > 20000)
    for (size_t row = 0; row < rows; row++)
        for (size_t x = 0; x < out->shape.width; x++)
            for (size_t c = 0; c < out->shape.channels; c++)
                out->lin[(row * out->shape.width + x) * out->pitch + c] =
                    pooled(set, in_slot(set, row, x, 0) + c * step);
}

static double energy(const fg_set *set) {
    const fg_group *out = set->out;
    size_t rows = out->n * out->shape.height, step = fg_group_strides(set->in).channel;
    double sum = 0;
    for (size_t row = 0; row < rows; row++)
        for (size_t x = 0; x < out->shape.width; x++)
            for (size_t c = 0; c < out->shape.channels; c++) {
                double r = (double)pooled(set, in_slot(set, row, x, 0) + c * step) -
                           (double)out->mean[(row * out->shape.width + x) * out->pitch + c];
                sum += r * r;
            }
    return sum / (set->layer->sigma * set->layer->sigma);
}

#define POOL(title)                                                                                          \
    {                                                                                                        \
        .name = title, .connect = connect, .take = take, .fill = fill, .forward = forward, .update = update, \
        .energy = energy                                                                                     \
    }

const fg_factor_ops fg_factor_max_pool = POOL("max_pool");
const fg_factor_ops fg_factor_avg_pool = POOL("avg_pool");
