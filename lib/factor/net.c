#include "factor/net.h"

#include <assert.h>
#include <stdio.h>

#include "base/rng.h"

fg_group *fg_net_group(fg_net *net, const char *name, const char *part, fg_shape shape, size_t n) {
    assert(net->n_groups < FG_MAX_GROUPS);
    fg_group *group = &net->groups[net->n_groups++];
    snprintf(group->name, sizeof group->name, "%s%s%s", name, *part ? "/" : "", part);
    group->shape = shape;
    group->n = n;
    return group;
}

fg_group *fg_net_parameters(fg_net *net, const char *name, const char *part, fg_shape shape, double sd) {
    fg_group *group = fg_net_group(net, name, part, shape, 1);
    group->prior_lambda = 1 / (sd * sd);
    group->parameter = group->own_priors = true;
    group->role = net->parameters;
    return group;
}

void fg_set_draw_weights(fg_set *set, uint64_t key) {
    const fg_group *weight = set->weight;
    for (size_t i = 0; i < weight->slots; i++)
        weight->lin[i] = weight->mean[i] + (float)(set->layer->weight_init * fg_rng_normal(key, 0, i));
}

int fg_group_attach(fg_group *group) {
    if (!group || group->role != FG_ROLE_FREE)
        return -1;
    assert(group->n_sums < FG_MAX_SUMS);
    return group->n_sums++;
}

static void take_sums(fg_group *group, fg_sums *sums, fg_ws *ws) {
    if (group->single) {
        sums->eta_single = fg_ws_take(ws, group->slots, sizeof(float));
        sums->lambda_single = fg_ws_take(ws, group->slots, sizeof(float));
    } else {
        sums->eta = fg_ws_take(ws, group->slots, sizeof(double));
        sums->lambda = fg_ws_take(ws, group->slots, sizeof(double));
    }
}

static size_t padded(size_t n) {
    return n > SIZE_MAX - FG_LANES ? SIZE_MAX : (n + FG_LANES - 1) / FG_LANES * FG_LANES;
}

/* A row of a plane with a margin holds the margin, the pixels, a margin, and what a kernel's last block may
 * touch. */
static int measure_slots(fg_group *group) {
    fg_shape s = group->shape;
    if (group->layout == FG_LAYOUT_LANES) {
        group->pitch = group->parameter ? group->n : padded(group->n);
        return fg_size_mul(&group->slots, fg_shape_size(s), group->pitch);
    }
    if (group->layout == FG_LAYOUT_CHANNELS) {
        group->pitch = padded(s.channels);
        size_t pixels;
        return fg_size_mul(&pixels, group->n, s.height * s.width) ||
                       fg_size_mul(&group->slots, pixels, group->pitch)
                   ? -1
                   : 0;
    }
    group->pitch = group->margin ? padded(group->margin + padded(s.width + group->margin)) : s.width;
    size_t planes, rows = s.height + 2 * group->margin;
    if (fg_size_mul(&planes, group->n, s.channels) || fg_size_mul(&rows, rows, group->pitch) ||
        fg_size_mul(&group->slots, planes, rows))
        return -1;
    return group->margin ? fg_size_add(&group->slots, group->slots, FG_LANES) : 0;
}

void fg_group_planar(fg_group *group, size_t margin) {
    group->layout = FG_LAYOUT_PLANAR;
    group->single = true;
    group->margin = margin > group->margin ? margin : group->margin;
}

void fg_group_channels(fg_group *group) {
    group->layout = FG_LAYOUT_CHANNELS;
    group->single = true;
}

size_t fg_group_row(const fg_group *group, size_t row) {
    size_t plane = row / group->shape.height, rows = group->shape.height + 2 * group->margin;
    return (plane * rows + row % group->shape.height + group->margin) * group->pitch + group->margin;
}

void fg_group_fill_margins(fg_group *group) {
    if (!group->margin || group->role == FG_ROLE_CONSTANT)
        return;
    for (size_t i = 0; i < group->slots; i++) {
        group->eta[i] = group->mean[i] = 0;
        group->lambda[i] = FG_MARGIN_LAMBDA;
    }
}

void fg_group_take(fg_group *group, fg_ws *ws) {
    if (measure_slots(group)) {
        ws->overflow = 1;
        return;
    }
    group->mean = fg_ws_take(ws, group->slots, sizeof(float));
    group->lin = group->single ? group->mean : fg_ws_take(ws, group->slots, sizeof(float));
    if (group->role == FG_ROLE_CONSTANT)
        return;
    group->eta = fg_ws_take(ws, group->slots, sizeof(float));
    group->lambda = fg_ws_take(ws, group->slots, sizeof(float));
    if (!group->single) {
        group->eta_lo = fg_ws_take(ws, group->slots, sizeof(float));
        group->lambda_lo = fg_ws_take(ws, group->slots, sizeof(float));
    }
    if (group->own_priors) {
        group->prior_etas = fg_ws_take(ws, group->slots, sizeof(double));
        group->prior_lambdas = fg_ws_take(ws, group->slots, sizeof(double));
    }
    for (int i = 0; i < group->n_sums; i++)
        take_sums(group, &group->sums[i], ws);
}

fg_strides fg_group_strides(const fg_group *group) {
    fg_shape s = group->shape;
    size_t pitch = group->pitch, plane = (s.height + 2 * group->margin) * pitch;
    if (group->layout == FG_LAYOUT_LANES)
        return (fg_strides){0, 1, s.width * s.channels * pitch, s.channels * pitch, pitch};
    if (group->layout == FG_LAYOUT_CHANNELS)
        return (fg_strides){0, s.height * s.width * pitch, s.width * pitch, pitch, 1};
    return (fg_strides){group->margin * pitch + group->margin, s.channels * plane, pitch, 1, plane};
}

void fg_group_window(ptrdiff_t *offset, const fg_group *group, size_t kernel, size_t n) {
    const fg_strides at = fg_group_strides(group);
    for (size_t i = 0; i < n; i++)
        offset[i] = (ptrdiff_t)(i / (kernel * kernel) * at.channel + i / kernel % kernel * at.row +
                                i % kernel * at.column);
}

size_t fg_group_slot(const fg_group *group, size_t observation, size_t feature) {
    if (group->layout == FG_LAYOUT_LANES)
        return feature * group->pitch + observation;
    fg_strides at = fg_group_strides(group);
    size_t channels = group->shape.channels, pixel = feature / channels;
    return at.first + observation * at.observation + pixel / group->shape.width * at.row +
           pixel % group->shape.width * at.column + feature % channels * at.channel;
}

const fg_factor_ops *fg_factor_layer_ops(fg_layer_kind kind) {
    static const fg_factor_ops *const ops[FG_LAYER_KINDS] = {
        [FG_LAYER_OBSERVATION] = &fg_factor_observation,
        [FG_LAYER_PAIRWISE] = &fg_factor_pairwise,
        [FG_LAYER_DENSE] = &fg_factor_dense,
        [FG_LAYER_SOFTMAX] = &fg_factor_softmax,
        [FG_LAYER_REGRESSION] = &fg_factor_regression,
        [FG_LAYER_TCONV] = &fg_factor_tconv,
        [FG_LAYER_UPSAMPLE] = &fg_factor_upsample,
        [FG_LAYER_MIXTURE] = &fg_factor_mixture,
        [FG_LAYER_CONV] = &fg_factor_conv,
        [FG_LAYER_MAX_POOL] = &fg_factor_max_pool,
        [FG_LAYER_AVG_POOL] = &fg_factor_avg_pool,
        [FG_LAYER_FEATURES] = &fg_factor_features,
    };
    return ops[kind];
}
