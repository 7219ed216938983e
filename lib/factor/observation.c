/* Unary factors x - y: observations of the input (optionally robust, masked, one weight per pixel) and
 * regression targets of the output. Their messages are their sums: nothing else is stored, damped or dropped.
 */
#include "factor/observation.h"

#include <math.h>

#include "base/thread.h"
#include "factor/kernels/kernels.h"
#include "factor/robust.h"

static int connect(fg_net *net, fg_set *set, fg_group **current, fg_err *err) {
    (void)err;
    set->in = *current;
    set->in_sums = fg_group_attach(set->in);
    set->factors = set->edges = (uint64_t)net->n * fg_shape_size(set->in->shape);
    return FG_OK;
}

static void take(fg_set *set, fg_ws *ws) {
    fg_observed *own = fg_ws_take(ws, 1, sizeof *own), unused;
    fg_observed *o = own ? own : &unused;
    o->value = fg_ws_take(ws, set->in->slots, sizeof(float));
    o->mask = fg_ws_take(ws, set->in->slots, sizeof(float));
    o->size = set->in->slots;
    set->own = own;
}

static void put(const fg_set *set, size_t slot, double eta, double lambda) {
    const fg_sums *sums = &set->in->sums[set->in_sums];
    if (set->in->single) {
        sums->eta_single[slot] = (float)eta;
        sums->lambda_single[slot] = (float)lambda;
    } else {
        sums->eta[slot] = eta;
        sums->lambda[slot] = lambda;
    }
}

/* E of one pixel, summed over `channels` of its channels from channel c on. */
static double pixel_energy(const fg_set *set, const float *at, size_t n, size_t pixel, size_t c,
                           size_t channels) {
    const fg_observed *own = set->own;
    size_t all = set->in->shape.channels;
    double energy = 0;
    for (size_t i = c; i < c + channels; i++) {
        size_t slot = fg_group_slot(set->in, n, pixel * all + i);
        double r = ((double)at[slot] - (double)own->value[slot]) / set->layer->sigma;
        energy += own->mask[slot] != 0 ? r * r : 0;
    }
    return energy;
}

/* Any layout, in double: one weight per variable, or per pixel. */
static void update_general(fg_set *set, fg_robust robust) {
    const fg_observed *own = set->own;
    const fg_layer *layer = set->layer;
    size_t all = set->in->shape.channels, pixels = set->in->shape.height * set->in->shape.width;
    size_t channels = layer->share_channels ? all : 1;
    double weight = 1 / (layer->sigma * layer->sigma);
#pragma omp parallel for schedule(static) num_threads(fg_threads()) if (pixels * set->in->n > 4096)
    for (size_t p = 0; p < pixels * set->in->n; p++)
        for (size_t c = 0; c < all; c += channels) {
            size_t n = p / pixels, pixel = p % pixels;
            double k = fg_robust_weight(robust, pixel_energy(set, set->in->lin, n, pixel, c, channels),
                                        layer->threshold);
            for (size_t i = c; i < c + channels; i++) {
                size_t slot = fg_group_slot(set->in, n, pixel * all + i);
                double lambda = (double)own->mask[slot] * k * weight;
                put(set, slot, lambda * (double)own->value[slot], lambda);
            }
        }
}

/* Pixels, one weight each. */
static void update_single(fg_set *set, fg_robust robust) {
    enum { BLOCKS = 16 };
    const fg_observed *own = set->own;
    const fg_layer *layer = set->layer;
    const fg_sums *sums = &set->in->sums[set->in_sums];
    const fg_kernels *kernels = fg_kernels_current();
#pragma omp parallel for schedule(static) num_threads(fg_threads()) if (own->size > 4096)
    for (size_t b = 0; b < BLOCKS; b++) {
        size_t from = fg_block_start(own->size, BLOCKS, b);
        fg_observe_run run = {
            .n = fg_block_start(own->size, BLOCKS, b + 1) - from,
            .mean = set->in->lin + from,
            .value = own->value + from,
            .mask = own->mask + from,
            .weight = (float)(1 / (layer->sigma * layer->sigma)),
            .robust = robust,
            .threshold = (float)layer->threshold,
            .eta = sums->eta_single + from,
            .lambda = sums->lambda_single + from,
        };
        kernels->observe(&run);
    }
}

static void update(fg_set *set, const fg_step *step) {
    const fg_layer *layer = set->layer;
    fg_robust robust = step->iteration < layer->robust_after ? FG_ROBUST_NONE : layer->robust;
    if (set->in->single && !layer->share_channels)
        update_single(set, robust);
    else
        update_general(set, robust);
    set->settled = set->layer->robust == FG_ROBUST_NONE;
}

static double energy(const fg_set *set) {
    const fg_layer *layer = set->layer;
    size_t all = set->in->shape.channels, pixels = set->in->shape.height * set->in->shape.width;
    size_t channels = layer->share_channels ? all : 1;
    double sum = 0;
    for (size_t n = 0; n < set->in->n; n++)
        for (size_t p = 0; p < pixels; p++)
            for (size_t c = 0; c < all; c += channels)
                sum += fg_robust_energy(layer->robust, pixel_energy(set, set->in->mean, n, p, c, channels),
                                        layer->threshold);
    return sum;
}

const fg_factor_ops fg_factor_observation = {
    .name = "observation", .connect = connect, .take = take, .update = update, .energy = energy};
const fg_factor_ops fg_factor_regression = {
    .name = "regression", .connect = connect, .take = take, .update = update, .energy = energy};
