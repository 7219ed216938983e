#include "factor/net.h"

#include <assert.h>
#include <stdio.h>

fg_group *fg_net_group(fg_net *net, const char *name, const char *part, fg_shape shape, size_t n) {
    assert(net->n_groups < FG_MAX_GROUPS);
    fg_group *group = &net->groups[net->n_groups++];
    snprintf(group->name, sizeof group->name, "%s%s%s", name, *part ? "/" : "", part);
    group->shape = shape;
    group->n = n;
    return group;
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

void fg_group_take(fg_group *group, fg_ws *ws) {
    size_t features = fg_shape_size(group->shape);
    bool lanes = group->layout == FG_LAYOUT_LANES && !group->parameter;
    group->pitch = lanes ? padded(group->n) : group->n;
    if (fg_size_mul(&group->slots, features, group->pitch)) {
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

size_t fg_group_slot(const fg_group *group, size_t observation, size_t feature) {
    if (group->layout == FG_LAYOUT_LANES)
        return feature * group->pitch + observation;
    size_t channels = group->shape.channels, pixels = group->shape.height * group->shape.width;
    return (observation * channels + feature % channels) * pixels + feature / channels;
}

const fg_factor_ops *fg_factor_layer_ops(fg_layer_kind kind) {
    static const fg_factor_ops *const ops[FG_LAYER_KINDS] = {
        [FG_LAYER_OBSERVATION] = &fg_factor_observation,
        [FG_LAYER_PAIRWISE] = &fg_factor_pairwise,
        [FG_LAYER_DENSE] = &fg_factor_dense,
        [FG_LAYER_SOFTMAX] = &fg_factor_softmax,
        [FG_LAYER_REGRESSION] = &fg_factor_regression,
    };
    return ops[kind];
}
