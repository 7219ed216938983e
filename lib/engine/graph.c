#include "engine/graph.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "engine/wired_internal.h"
#include "model/kind.h"

static const fg_role roles[] = {[FG_PARAMETERS_FREE] = FG_ROLE_FREE,
                                [FG_PARAMETERS_GIVEN] = FG_ROLE_GIVEN,
                                [FG_PARAMETERS_CONSTANT] = FG_ROLE_CONSTANT};

static bool is_target(fg_layer_kind kind) {
    return kind == FG_LAYER_SOFTMAX || kind == FG_LAYER_REGRESSION;
}

static void remember(fg_graph *g, fg_set *set, const fg_layer *layer) {
    if ((layer->kind == FG_LAYER_OBSERVATION || layer->kind == FG_LAYER_MIXTURE) && set->in == g->input)
        g->observation = set;
    if (is_target(layer->kind))
        g->targets = set;
    if (set->out)
        g->variables[g->n_variables++] = set->out;
}

static int connect_layers(fg_graph *g, fg_shape input, size_t n, bool predict, fg_err *err) {
    fg_net *net = &g->net;
    fg_shape in[FG_MAX_LAYERS], out[FG_MAX_LAYERS];
    int status = fg_spec_shapes(in, out, g->spec, input, err);
    if (status)
        return status;
    fg_group *current = fg_net_group(net, "input", "", input, n);
    current->role = fg_spec_noiseless_input(g->spec) ? FG_ROLE_CONSTANT : FG_ROLE_FREE;
    for (int i = 0; i < g->spec->n_layers;
         i++) /* known before the first set asks how the group is laid out */
        if (current->role == FG_ROLE_FREE ? fg_kind_of(g->spec->layers[i].kind)->pixels
                                          : i == 0 && fg_kind_of(g->spec->layers[i].kind)->pixels_known)
            fg_group_planar(current, 0);
    g->input = g->variables[g->n_variables++] = current;
    for (int i = 0; i < g->spec->n_layers; i++) {
        const fg_layer *layer = &g->spec->layers[i];
        if (predict && is_target(layer->kind))
            continue;
        fg_set *set = &net->sets[net->n_sets++];
        *set =
            (fg_set){.ops = fg_factor_layer_ops(layer->kind), .layer = layer, .in_sums = -1, .out_sums = -1};
        set->weight_sums = set->bias_sums = -1;
        snprintf(set->name, sizeof set->name, "%s", layer->name);
        if (current->n_sums == FG_MAX_SUMS)
            return fg_err_set(err, FG_EINVAL, "layer '%s': more than %d layers share one group of variables",
                              set->name, FG_MAX_SUMS);
        if ((status = set->ops->connect(net, set, &current, err)))
            return status;
        remember(g, set, layer);
    }
    return FG_OK;
}

static int connect_explicit(fg_graph *g, fg_err *err) {
    fg_net *net = &g->net;
    fg_group *group = fg_net_group(net, "variables", "", (fg_shape){1, 1, g->spec->graph.n_variables}, 1);
    group->parameter = group->own_priors = true;
    g->input = g->variables[g->n_variables++] = group;
    fg_set *set = &net->sets[net->n_sets++];
    *set = (fg_set){.ops = &fg_factor_linear, .graph = &g->spec->graph, .name = "factors"};
    return set->ops->connect(net, set, &group, err);
}

_Static_assert((int)FG_MAX_SUMS == (int)FG_SHARED_MAX, "what wiring has room for, checks of specs allow");

static void take_all(fg_graph *g) {
    for (int i = 0; i < g->net.n_groups; i++)
        fg_group_take(&g->net.groups[i], &g->ws);
    for (int i = 0; i < g->net.n_sets; i++)
        g->net.sets[i].ops->take(&g->net.sets[i], &g->ws);
    fg_settle_take(g);
}

/* Everything but the memory: what it would take is left in g->ws.used. */
static int wire(fg_graph **out, const fg_spec *spec, fg_shape input, size_t n,
                const fg_graph_options *options, fg_err *err) {
    *out = NULL;
    if (n == 0)
        return fg_err_set(err, FG_EINVAL, "a graph needs at least one observation");
    fg_graph *g = fg_zalloc(1, sizeof *g);
    if (!g)
        return fg_err_set(err, FG_ENOMEM, "out of memory for a graph");
    g->spec = spec;
    g->seed = options->seed;
    g->rate = 1;
    g->net.n = spec->is_explicit ? 1 : n;
    g->net.parameters = roles[options->parameters];
    g->net.storage = options->storage;
    int status =
        spec->is_explicit ? connect_explicit(g, err) : connect_layers(g, input, n, options->predict, err);
    if (status) {
        fg_free(g);
        return status;
    }
    take_all(g);
    *out = g;
    return FG_OK;
}

static void fill_priors(fg_group *group, const fg_explicit *graph) {
    if (!group->prior_lambdas)
        return;
    for (size_t i = 0; i < group->slots; i++) {
        double sigma = graph ? graph->prior_sigma[i] : 0;
        double lambda = graph ? 1 / (sigma * sigma) : group->prior_lambda; /* sigma infinite: 0 */
        group->prior_lambdas[i] = lambda;
        group->prior_etas[i] = lambda > 0 ? lambda * (graph ? graph->prior_mean[i] : 0) : 0;
    }
}

int fg_graph_create(fg_graph **out, const fg_spec *spec, fg_shape input, size_t n,
                    const fg_graph_options *options, fg_err *err) {
    fg_graph *g;
    int status = wire(&g, spec, input, n, options, err);
    *out = NULL;
    if (status)
        return status;
    size_t wanted = g->ws.used;
    if (g->ws.overflow || fg_ws_commit(&g->ws)) {
        bool overflow = g->ws.overflow;
        fg_graph_free(g);
        return overflow ? fg_err_set(err, FG_ENOMEM, "the graph's size does not fit in memory at all")
                        : fg_err_set(err, FG_ENOMEM, "out of memory: the graph needs %zu bytes", wanted);
    }
    take_all(g);
    for (int i = 0; i < g->net.n_groups; i++)
        fill_priors(&g->net.groups[i], spec->is_explicit ? &spec->graph : NULL);
    for (int i = 0; i < g->net.n_sets && !status; i++)
        if (g->net.sets[i].ops->fill)
            status = g->net.sets[i].ops->fill(&g->net.sets[i], err);
    if (status) {
        fg_graph_free(g);
        return status;
    }
    *out = g;
    return FG_OK;
}

int fg_graph_bytes(size_t *bytes, const fg_spec *spec, fg_shape input, size_t n,
                   const fg_graph_options *options, fg_err *err) {
    fg_graph *g;
    int status = wire(&g, spec, input, n, options, err);
    *bytes = 0;
    if (status)
        return status;
    *bytes = g->ws.overflow ? SIZE_MAX : g->ws.used;
    fg_graph_free(g);
    return FG_OK;
}

void fg_graph_free(fg_graph *graph) {
    if (!graph)
        return;
    for (int i = 0; i < FG_MAX_LAYERS; i++)
        fg_free(graph->resumed[i]);
    fg_posterior_free(graph->resumed_posterior);
    fg_ws_free(&graph->ws);
    fg_free(graph);
}

int fg_graph_layers(const fg_graph *graph) {
    return graph->net.n_sets;
}

void fg_graph_layer_stats(fg_layer_stats *stats, const fg_graph *graph, int layer) {
    const fg_set *set = &graph->net.sets[layer];
    *stats = (fg_layer_stats){
        .name = set->name,
        .kind = set->ops->name,
        .factors = set->factors,
        .edges = set->edges,
        .energy = fg_set_energy(set),
        .improper = set->improper,
        .rejected = set->rejected,
        .run_improper = set->run_improper,
        .run_rejected = set->run_rejected,
        .run_curbed = set->run_curbed,
        .change = graph->moved[layer],
    };
}

int fg_graph_iterations(const fg_graph *graph) {
    return graph->iteration;
}

int fg_graph_groups(const fg_graph *graph) {
    return graph->n_variables;
}

fg_shape fg_graph_group_shape(const fg_graph *graph, int group) {
    return graph->variables[group]->shape;
}
