/* Smoothness between 4-neighbours of a grid of pixels: x_i - x_j, optionally robust. */
#include "base/thread.h"
#include "factor/kernels/kernels.h"
#include "factor/robust.h"

/* Messages of the horizontal factor between columns x and x + 1 stand at pixel x, those of the vertical
 * factor between rows y and y + 1 at row y: eight planes of eta and lambda, towards the first (left, upper)
 * and the second variable. */
enum { TO_LEFT, TO_RIGHT, TO_UP, TO_DOWN, DIRECTIONS };

/* Rows are cut into bands, at most this many, whatever the number of threads. */
enum { MAX_BANDS = 64, LEAST_ROWS = 8 };

typedef struct pairwise {
    float *eta[DIRECTIONS], *lambda[DIRECTIONS]; /* [slots] each */
} pairwise;

static int connect(fg_net *net, fg_set *set, fg_group **current, fg_err *err) {
    fg_group *group = set->in = *current;
    size_t h = group->shape.height, w = group->shape.width;
    if (group->role != FG_ROLE_FREE)
        return fg_err_set(err, FG_EINVAL, "layer '%s': pairwise needs variables, but its input is constants",
                          set->name);
    if (group->layout == FG_LAYOUT_CHANNELS)
        return fg_err_set(err, FG_EINVAL, "layer '%s': pairwise cannot follow a convolution or pooling",
                          set->name);
    fg_group_planar(group, 0);
    set->in_sums = fg_group_attach(group);
    set->factors = (uint64_t)net->n * group->shape.channels * ((h - 1) * w + h * (w - 1));
    set->edges = 2 * set->factors;
    return FG_OK;
}

static void take(fg_set *set, fg_ws *ws) {
    pairwise *own = fg_ws_take(ws, 1, sizeof *own);
    size_t size;
    if (fg_size_mul(&size, set->in->slots, 2 * (size_t)DIRECTIONS))
        ws->overflow = 1;
    float *all = fg_ws_take(ws, size, sizeof(float));
    set->own = own;
    set->messages = all;
    set->n_messages = size;
    if (all)
        for (int d = 0; d < DIRECTIONS; d++) {
            own->eta[d] = all + 2 * (size_t)d * set->in->slots;
            own->lambda[d] = own->eta[d] + set->in->slots;
        }
}

/* n factors from slot a on, to the slots `offset` further. */
static fg_trouble update_run(const fg_set *set, const fg_step *step, size_t a, size_t n, size_t offset,
                             int to_first) {
    const fg_group *g = set->in;
    const pairwise *own = set->own;
    size_t b = a + offset;
    fg_pairwise_run run = {
        .n = n,
        .a_mean = g->lin + a,
        .a_eta = g->eta + a,
        .a_lambda = g->lambda + a,
        .b_mean = g->lin + b,
        .b_eta = g->eta + b,
        .b_lambda = g->lambda + b,
        .to_a_eta = own->eta[to_first] + a,
        .to_a_lambda = own->lambda[to_first] + a,
        .to_b_eta = own->eta[to_first + 1] + a,
        .to_b_lambda = own->lambda[to_first + 1] + a,
        .weight = (float)(1 / (set->layer->sigma * set->layer->sigma)),
        .robust = set->layer->robust,
        .threshold = (float)set->layer->threshold,
        .blend = fg_blend_make(step, 2 * (uint64_t)a + (offset != 1)),
    };
    return fg_kernels_current()->pairwise(&run);
}

/* Sums of the messages to row `row` of a stack of planes, from its own factors and those of the row above.
 * Where a factor would leave the plane, to the right or below, its messages are never written and stay 0. */
static void sum_row(const fg_set *set, size_t row) {
    const fg_group *g = set->in;
    const pairwise *own = set->own;
    size_t w = g->shape.width, h = g->shape.height, at = fg_group_row(g, row);
    const float above = row % h != 0;
    for (int part = 0; part < 2; part++) {
        float *const *plane = part ? (float *const *)own->lambda : (float *const *)own->eta;
        float *restrict sum =
            (part ? g->sums[set->in_sums].lambda_single : g->sums[set->in_sums].eta_single) + at;
        const float *restrict left = plane[TO_LEFT] + at, *restrict right = plane[TO_RIGHT] + at;
        const float *restrict up = plane[TO_UP] + at, *restrict down =
                                                          plane[TO_DOWN] + at - (row % h ? g->pitch : 0);
        sum[0] = (up[0] + above * down[0]) + left[0];
#pragma omp simd
        for (size_t x = 1; x < w; x++)
            sum[x] = (up[x] + above * down[x]) + (left[x] + right[x - 1]);
    }
}

static size_t bands_of(size_t rows) {
    size_t bands = rows / LEAST_ROWS;
    return bands < 1 ? 1 : bands > MAX_BANDS ? MAX_BANDS : bands;
}

/* A row's sums need the factors of the row above: the first row of each band waits until all bands are done,
 * the others are summed while their messages are still in cache. */
static void update(fg_set *set, const fg_step *step) {
    const fg_group *g = set->in;
    size_t w = g->shape.width, h = g->shape.height, rows = g->n * g->shape.channels * h,
           bands = bands_of(rows);
    uint64_t improper = 0, rejected = 0;
#pragma omp parallel num_threads(fg_threads()) if (rows * w > 4096)
    {
#pragma omp for schedule(static) reduction(+ : improper, rejected)
        for (size_t b = 0; b < bands; b++) {
            size_t first = fg_block_start(rows, bands, b);
            for (size_t row = first; row < fg_block_start(rows, bands, b + 1); row++) {
                size_t at = fg_group_row(g, row);
                fg_trouble across = update_run(set, step, at, w - 1, 1, TO_LEFT), down = {0, 0};
                if (row % h != h - 1)
                    down = update_run(set, step, at, w, g->pitch, TO_UP);
                improper += across.improper + down.improper;
                rejected += across.rejected + down.rejected;
                if (row > first)
                    sum_row(set, row);
            }
        }
#pragma omp for schedule(static)
        for (size_t b = 0; b < bands; b++)
            sum_row(set, fg_block_start(rows, bands, b));
    }
    set->improper = improper;
    set->rejected = rejected;
}

static double energy(const fg_set *set) {
    const fg_group *g = set->in;
    const fg_layer *layer = set->layer;
    size_t w = g->shape.width, h = g->shape.height;
    double sum = 0, weight = 1 / (layer->sigma * layer->sigma);
    for (size_t row = 0; row < g->n * g->shape.channels * h; row++) {
        const float *x = g->mean + fg_group_row(g, row), *below = x + (row % h != h - 1 ? g->pitch : 0);
        for (size_t i = 0; i < w; i++) {
            double across = i + 1 < w ? (double)x[i] - (double)x[i + 1] : 0,
                   down = (double)x[i] - (double)below[i];
            sum += fg_robust_energy(layer->robust, across * across * weight, layer->threshold) +
                   fg_robust_energy(layer->robust, down * down * weight, layer->threshold);
        }
    }
    return sum;
}

const fg_factor_ops fg_factor_pairwise = {
    .name = "pairwise", .connect = connect, .take = take, .update = update, .energy = energy};
