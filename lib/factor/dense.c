/* Dense layers: y_o - g(sum_i w_oi x_i + b_o), one rank-1 factor per observation and unit. */
#include <math.h>
#include <string.h>

#include "base/thread.h"
#include "factor/activation.h"
#include "factor/dense_internal.h"
#include "factor/rebuilt.h"

/* Blocks of observations (units, for sums of energies) are cut into at most this many chunks, each with its
 * own sums. */
enum { MAX_CHUNKS = 16 };

typedef struct dense {
    size_t units, inputs, blocks, chunks;
    size_t message_size, scratch_size; /* floats per block and unit, and per chunk */
    float *strength;                   /* [blocks * FG_LANES] */
    float *scratch;                    /* [chunks][scratch_size] */
    double *partial;                   /* [chunks][2][units * inputs + units], free parameters only */
} dense;

static int connect(fg_net *net, fg_set *set, fg_group **current, fg_err *err) {
    const fg_layer *layer = set->layer;
    fg_group *in = set->in = *current;
    if (layer->covariance == FG_COVARIANCE_FULL)
        set->ops = &fg_factor_dense_joint;
    if (in->layout == FG_LAYOUT_CHANNELS)
        set->ops = &fg_factor_dense_grid;
    else if (in->layout != FG_LAYOUT_LANES)
        return fg_err_set(err, FG_EINVAL, "layer '%s': dense cannot share its input with a pairwise layer",
                          set->name);
    size_t inputs = fg_shape_size(in->shape), units = (size_t)layer->units;
    set->weight =
        fg_net_parameters(net, set->name, "weight", (fg_shape){1, units, inputs}, layer->weight_prior);
    if (layer->bias)
        set->bias = fg_net_parameters(net, set->name, "bias", (fg_shape){1, 1, units}, layer->bias_prior);
    if (layer->covariance == FG_COVARIANCE_FULL) {
        set->joint = inputs + layer->bias;
        set->kept = 1;
    }
    set->out = fg_net_group(net, set->name, "", (fg_shape){1, 1, units}, net->n);
    set->out->prior_lambda = 1 / (layer->activation_prior * layer->activation_prior);
    set->in_sums = fg_group_attach(in);
    set->out_sums = fg_group_attach(set->out);
    set->weight_sums = fg_group_attach(set->weight);
    set->bias_sums = set->bias ? fg_group_attach(set->bias) : -1;
    uint64_t sent = (uint64_t)inputs * ((in->role == FG_ROLE_FREE) + (net->parameters == FG_ROLE_FREE));
    set->rebuilds = in->layout == FG_LAYOUT_CHANNELS && fg_rebuilt_wanted(net, set);
    set->factors = (uint64_t)net->n * units;
    set->edges = set->factors * (sent + 1 + (set->bias_sums >= 0));
    *current = set->out;
    return FG_OK;
}

static void take(fg_set *set, fg_ws *ws) {
    dense *own = fg_ws_take(ws, 1, sizeof *own), unused;
    dense *d = own ? own : &unused;
    size_t all;
    d->units = (size_t)set->layer->units;
    d->inputs = fg_shape_size(set->in->shape);
    d->blocks = set->out->pitch / FG_LANES;
    d->chunks = d->blocks < MAX_CHUNKS ? d->blocks : MAX_CHUNKS;
    d->message_size = fg_dense_messages(d->inputs, set->in->role, set->weight->role);
    d->scratch_size = fg_dense_scratch(d->inputs);
    d->strength = fg_ws_take(ws, set->out->pitch, sizeof(float));
    if (fg_size_mul(&all, d->blocks * d->units, d->message_size))
        ws->overflow = 1;
    set->messages = fg_ws_take(ws, all, sizeof(float));
    set->n_messages = all;
    d->scratch = fg_ws_take(ws, d->chunks * d->scratch_size, sizeof(float));
    if (set->weight->role == FG_ROLE_FREE)
        d->partial = fg_ws_take(ws, d->chunks * 2 * (d->units * d->inputs + d->units), sizeof(double));
    set->own = own;
}

static int fill(fg_set *set, fg_err *err) {
    dense *own = set->own;
    (void)err;
    for (size_t n = 0; n < set->out->n; n++)
        own->strength[n] = (float)(1 / set->layer->sigma);
    return FG_OK;
}

static void clear_block(const fg_group *g, int sums, size_t features, size_t at) {
    if (sums < 0)
        return;
    for (size_t i = 0; i < features; i++) {
        memset(g->sums[sums].eta + i * g->pitch + at, 0, FG_LANES * sizeof(double));
        memset(g->sums[sums].lambda + i * g->pitch + at, 0, FG_LANES * sizeof(double));
    }
}

/* All units of one block of observations. */
static fg_trouble update_block(const fg_set *set, const fg_step *step, size_t block, size_t chunk) {
    const dense *own = set->own;
    const fg_group *in = set->in, *out = set->out, *weight = set->weight, *bias = set->bias;
    const fg_kernels *kernels = fg_kernels_current();
    size_t at = block * FG_LANES, weights = own->units * own->inputs;
    double *eta = own->partial ? own->partial + chunk * 2 * (weights + own->units) : NULL;
    double *lambda = eta ? eta + weights + own->units : NULL;
    fg_trouble sum = {0, 0};
    clear_block(in, set->in_sums, own->inputs, at);
    clear_block(out, set->out_sums, own->units, at);
    for (size_t o = 0; o < own->units; o++) {
        size_t w = o * own->inputs, y = o * out->pitch + at;
        fg_dense_block d = {
            .inputs = own->inputs,
            .pitch = in->pitch,
            .x_role = in->role,
            .w_role = weight->role,
            .x_lin = in->lin + at,
            .w_lin = weight->lin + w,
            .x = fg_beliefs_at(in, at),
            .w = fg_beliefs_at(weight, w),
            .b_lin = bias ? bias->lin + o : NULL,
            .b = fg_beliefs_at(bias, o),
            .y = fg_beliefs_at(out, y),
            .activation = set->layer->activation,
            .strength = own->strength + at,
            .message = set->messages + (block * own->units + o) * own->message_size,
            .sum_y_eta = out->sums[set->out_sums].eta + y,
            .sum_y_lambda = out->sums[set->out_sums].lambda + y,
            .scratch = own->scratch + chunk * own->scratch_size,
            .blend = fg_blend_make(step, block * own->units + o),
        };
        if (eta) {
            d.sum_w_eta = eta + w;
            d.sum_w_lambda = lambda + w;
            d.sum_b_eta = eta + weights + o;
            d.sum_b_lambda = lambda + weights + o;
        }
        if (set->in_sums >= 0) {
            d.sum_x_eta = in->sums[set->in_sums].eta + at;
            d.sum_x_lambda = in->sums[set->in_sums].lambda + at;
        }
        fg_trouble trouble = kernels->dense(&d);
        sum.improper += trouble.improper;
        sum.rejected += trouble.rejected;
    }
    return sum;
}

/* The chunks' sums over the parameters, added in their order. */
static void add_partials(fg_set *set) {
    const dense *own = set->own;
    size_t weights = own->units * own->inputs, all = weights + own->units;
    const fg_sums *w = &set->weight->sums[set->weight_sums];
    const fg_sums *b = set->bias ? &set->bias->sums[set->bias_sums] : NULL;
    for (size_t i = 0; i < all; i++) {
        double eta = 0, lambda = 0;
        for (size_t c = 0; c < own->chunks; c++) {
            eta += own->partial[c * 2 * all + i];
            lambda += own->partial[(c * 2 + 1) * all + i];
        }
        if (i < weights) {
            w->eta[i] = eta;
            w->lambda[i] = lambda;
        } else if (b) {
            b->eta[i - weights] = eta;
            b->lambda[i - weights] = lambda;
        }
    }
}

static void update(fg_set *set, const fg_step *step) {
    const dense *own = set->own;
    size_t partial = 2 * (own->units * own->inputs + own->units);
    uint64_t improper = 0, rejected = 0;
#pragma omp parallel for schedule(static) reduction(+ : improper, rejected)                                              \
    num_threads(fg_threads()) if (own->chunks > 1 && set->edges > 20000)
    for (size_t c = 0; c < own->chunks; c++) {
        if (own->partial)
            memset(own->partial + c * partial, 0, partial * sizeof *own->partial);
        for (size_t b = fg_block_start(own->blocks, own->chunks, c);
             b < fg_block_start(own->blocks, own->chunks, c + 1); b++) {
            fg_trouble trouble = update_block(set, step, b, c);
            improper += trouble.improper;
            rejected += trouble.rejected;
        }
    }
    if (own->partial)
        add_partials(set);
    set->improper = improper;
    set->rejected = rejected;
}

void fg_dense_drive(const fg_set *set, size_t o, size_t at, bool means, double u[FG_LANES]) {
    const size_t inputs = fg_shape_size(set->in->shape);
    const float *w = (means ? set->weight->mean : set->weight->lin) + o * inputs;
    const float *x = (means ? set->in->mean : set->in->lin) + at;
    const double b = !set->bias ? 0 : means ? (double)set->bias->mean[o] : (double)set->bias->lin[o];
    for (int l = 0; l < FG_LANES; l++)
        u[l] = b;
    for (size_t i = 0; i < inputs; i++)
        for (int l = 0; l < FG_LANES; l++)
            u[l] += (double)w[i] * (double)x[i * set->in->pitch + (size_t)l];
}

/* The same in single precision. */
static void drive(const fg_set *set, size_t o, size_t at, bool means, float u[FG_LANES]) {
    double sum[FG_LANES];
    fg_dense_drive(set, o, at, means, sum);
    for (int l = 0; l < FG_LANES; l++)
        u[l] = (float)sum[l];
}

/* Weights start at random, biases where the mean pre-activation over the observations is 0. */
static void start(fg_set *set, uint64_t key) {
    const dense *own = set->own;
    fg_set_draw_weights(set, key);
    if (!set->bias)
        return;
    for (size_t o = 0; o < own->units; o++) {
        double sum = 0;
        set->bias->lin[o] = 0;
        for (size_t b = 0; b < own->blocks; b++) {
            float u[FG_LANES];
            drive(set, o, b * FG_LANES, false, u);
            for (size_t l = 0; l < FG_LANES && b * FG_LANES + l < set->out->n; l++)
                sum += (double)u[l];
        }
        set->bias->lin[o] = (float)(-sum / (double)set->out->n);
    }
}

void fg_dense_forward(fg_set *set) {
    const size_t units = (size_t)set->layer->units, blocks = set->out->pitch / FG_LANES;
#pragma omp parallel for schedule(static) num_threads(fg_threads()) if (set->edges > 20000)
    for (size_t at = 0; at < units * blocks; at++) {
        const size_t o = at / blocks, b = at % blocks * FG_LANES;
        float u[FG_LANES], slope[FG_LANES];
        drive(set, o, b, false, u);
        fg_activation_eval(set->layer->activation, u, set->out->lin + o * set->out->pitch + b, slope,
                           FG_LANES);
    }
}

/* r^2 of one unit. */
static double energy_of_unit(const fg_set *set, size_t o) {
    const fg_group *out = set->out;
    double sum = 0;
    for (size_t b = 0; b < out->pitch; b += FG_LANES) {
        float u[FG_LANES], value[FG_LANES], slope[FG_LANES];
        drive(set, o, b, true, u);
        fg_activation_eval(set->layer->activation, u, value, slope, FG_LANES);
        for (size_t l = 0; l < FG_LANES && b + l < out->n; l++) {
            double r = (double)out->mean[o * out->pitch + b + l] - (double)value[l];
            sum += r * r;
        }
    }
    return sum;
}

double fg_dense_energy(const fg_set *set) {
    const size_t units = (size_t)set->layer->units, blocks = units < MAX_CHUNKS ? units : MAX_CHUNKS;
    double part[MAX_CHUNKS] = {0}, sum = 0;
#pragma omp parallel for schedule(static) num_threads(fg_threads()) if (set->edges > 20000)
    for (size_t b = 0; b < blocks; b++)
        for (size_t o = fg_block_start(units, blocks, b); o < fg_block_start(units, blocks, b + 1); o++)
            part[b] += energy_of_unit(set, o);
    for (size_t b = 0; b < blocks; b++)
        sum += part[b];
    return sum / (set->layer->sigma * set->layer->sigma);
}

const fg_factor_ops fg_factor_dense = {.name = "dense",
                                       .connect = connect,
                                       .take = take,
                                       .fill = fill,
                                       .start = start,
                                       .forward = fg_dense_forward,
                                       .update = update,
                                       .energy = fg_dense_energy};
