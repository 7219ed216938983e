/* Convolutions whose messages are rebuilt: what their kernel reads of parameters and inputs. */
#include "base/thread.h"
#include "factor/conv_internal.h"

static size_t taps(const fg_set *set) {
    return (size_t)set->layer->kernel * (size_t)set->layer->kernel;
}

static size_t turned_size(const fg_set *set) {
    return taps(set) * ((set->in->shape.channels + FG_LANES - 1) / FG_LANES) * FG_LANES * FG_LANES;
}

void fg_conv_rebuilt_take(fg_set *set, fg_conv_set *c, float *kept, fg_ws *ws) {
    fg_rebuilt_take(&c->rebuilt, set, c->blocks * (c->terms + 1), kept, ws);
    c->x_square = fg_ws_take(ws, set->in->slots, sizeof(float));
    if (set->in->role == FG_ROLE_FREE) {
        c->rebuilt.x_lag = fg_ws_take(ws, set->in->slots, sizeof(float));
        c->x_seen_square = fg_ws_take(ws, set->in->slots, sizeof(float));
        c->turned = fg_ws_take(ws, c->blocks * turned_size(set), sizeof(float));
    }
}

/* Damped linearisation points of one term, where messages to inputs take them from. */
static void turn(const fg_set *set, size_t block, size_t t) {
    const fg_conv_set *c = set->own;
    const size_t channel = t / taps(set), tap = t % taps(set);
    const float *seen = c->rebuilt.w + (block * (c->terms + 1) + t) * FG_KEPT_SIZE + FG_KEPT_SEEN * FG_LANES;
    const size_t blocks = (set->in->shape.channels + FG_LANES - 1) / FG_LANES;
    float *to = c->turned + block * turned_size(set) +
                (tap * blocks + channel / FG_LANES) * FG_LANES * FG_LANES + channel % FG_LANES;
    for (size_t l = 0; l < FG_LANES; l++)
        to[l * FG_LANES] = seen[l];
}

static void square(float *restrict to, const float *restrict x, size_t n) {
#pragma omp parallel for simd schedule(static) num_threads(fg_threads()) if (n > 20000)
    for (size_t i = 0; i < n; i++)
        to[i] = x[i] * x[i];
}

void fg_conv_rebuilt_prepare(const fg_set *set, const fg_step *step) {
    const fg_conv_set *c = set->own;
    for (size_t b = 0; b < c->blocks; b++)
        for (size_t t = 0; t < c->terms + (set->bias != NULL); t++) {
            fg_rebuilt_prepare(&c->rebuilt, b * (c->terms + 1) + t, c->parameters, step);
            if (c->turned && t < c->terms)
                turn(set, b, t);
        }
    fg_rebuilt_prepare_inputs(&c->rebuilt, set, step);
    square(c->x_square, set->in->lin, set->in->slots);
    if (c->x_seen_square)
        square(c->x_seen_square, c->rebuilt.x_seen, set->in->slots);
}

fg_trouble fg_conv_rebuilt_block(const fg_set *set, const fg_step *step, size_t row, size_t block,
                                 size_t chunk) {
    const fg_conv_set *c = set->own;
    const fg_group *in = set->in, *out = set->out;
    const fg_sums *y = &out->sums[set->out_sums];
    const bool constant = in->role == FG_ROLE_CONSTANT;
    const size_t width = out->shape.width, x = fg_conv_in(set, row),
                 to = fg_conv_out(set, row) + block * FG_LANES;
    fg_conv_rebuilt_run d = {
        .positions = width,
        .terms = c->terms,
        .channels = in->shape.channels,
        .bias = set->bias != NULL,
        .activation = set->layer->activation,
        .offset = c->offset,
        .x_step = fg_group_strides(in).column,
        .y_step = out->pitch,
        .x_channel = fg_group_strides(in).channel,
        .x_padded = in->layout == FG_LAYOUT_CHANNELS,
        .active = c->active + (constant ? row * width * c->terms : 0),
        .n_active = c->n_active + (constant ? row * width : 0),
        .active_step = constant ? c->terms : 0,
        .n_active_step = constant,
        .x = in->lin + x,
        .x_square = c->x_square + x,
        .parameters = c->rebuilt.rows + block * (c->terms + 1) * FG_READ_SIZE,
        .y = fg_cavities_of(out, set->out_sums, step, to),
        .y_eta = y->eta_single + to,
        .y_lambda = y->lambda_single + to,
        .strength = c->strength + block * FG_LANES,
        .factor = set->messages + (row * c->blocks + block) * width * FG_CONV_REBUILT,
        .sum_w = c->sum_w + chunk * c->sums + block * (c->terms + 1) * 2 * FG_LANES,
        .blend = fg_blend_make(step, row * c->blocks + block),
    };
    if (!constant) {
        d.x_lag = c->rebuilt.x_lag + x;
        d.x_variance = c->rebuilt.x_variance + x;
        d.x_seen = c->rebuilt.x_seen + x;
        d.x_seen_square = c->x_seen_square + x;
        d.turned = c->turned + block * turned_size(set);
        d.sum_x_eta = in->sums[set->in_sums].eta_single + x;
        d.sum_x_lambda = in->sums[set->in_sums].lambda_single + x;
    }
    return fg_kernels_current()->conv_rebuilt(&d);
}
