/* Data in, priors in, marginals out. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/wired_internal.h"
#include "factor/observation.h"
#include "factor/softmax.h"

/* The position of (observation, feature) in a caller's array; features run over rows, columns and then
 * channels. */
static size_t outside(const fg_group *group, fg_order order, size_t n, size_t feature) {
    size_t channels = group->shape.channels, features = fg_shape_size(group->shape);
    if (order == FG_ORDER_HWC)
        return n * features + feature;
    return n * features + feature % channels * (features / channels) + feature / channels;
}

/* Squares of larger values are no longer finite in single precision, and nothing would be learned from them.
 */
static int check_values(const fg_group *group, const float *x, fg_order order, const unsigned char *observed,
                        fg_err *err) {
    size_t features = fg_shape_size(group->shape);
    for (size_t n = 0; n < group->n; n++)
        for (size_t f = 0; f < features; f++) {
            size_t at = outside(group, order, n, f);
            if ((!observed || observed[at]) && !(fabs((double)x[at]) <= FG_MEAN_MAX))
                return fg_err_set(err, FG_EINVAL, "observation %zu, value %zu: %g %s", n, f, (double)x[at],
                                  isfinite(x[at]) ? "is too large (at most 1e+15): scale the data"
                                                  : "is not finite");
        }
    return FG_OK;
}

static void observe(fg_set *set, const float *x, fg_order order, const unsigned char *observed) {
    const fg_group *group = set->in;
    fg_observed *own = set->own;
    size_t features = fg_shape_size(group->shape);
    for (size_t n = 0; n < group->n; n++)
        for (size_t f = 0; f < features; f++) {
            size_t slot = fg_group_slot(group, n, f), at = outside(group, order, n, f);
            bool there = !observed || observed[at];
            own->value[slot] = there ? x[at] : 0;
            own->mask[slot] = there;
        }
    set->settled = false;
}

static int check_complete(const fg_group *group, fg_order order, const unsigned char *observed, fg_err *err) {
    size_t features = fg_shape_size(group->shape);
    for (size_t n = 0; observed && n < group->n; n++)
        for (size_t f = 0; f < features; f++)
            if (!observed[outside(group, order, n, f)])
                return fg_err_set(
                    err, FG_EINVAL,
                    "observation %zu, value %zu is missing, but the model's input is noiseless: "
                    "put an observation layer first",
                    n, f);
    return FG_OK;
}

int fg_graph_set_input(fg_graph *graph, const float *x, fg_order order, const unsigned char *observed,
                       fg_err *err) {
    fg_group *group = graph->input;
    size_t features = fg_shape_size(group->shape);
    if (graph->spec->is_explicit)
        return fg_err_set(err, FG_EINVAL,
                          "an explicit graph has no input: its observations stand in the spec");
    int status = check_values(group, x, order, observed, err);
    if (status)
        return status;
    if (graph->observation) {
        observe(graph->observation, x, order, observed);
        return FG_OK;
    }
    if ((status = check_complete(group, order, observed, err)))
        return status;
    for (size_t n = 0; n < group->n; n++)
        for (size_t f = 0; f < features; f++) {
            size_t slot = fg_group_slot(group, n, f);
            group->mean[slot] = group->lin[slot] = x[outside(group, order, n, f)];
        }
    for (int i = 0; i < graph->net.n_sets; i++) {
        graph->net.sets[i].known = false;
        if (graph->net.sets[i].in == group)
            graph->net.sets[i].settled = false;
    }
    return FG_OK;
}

int fg_graph_set_labels(fg_graph *graph, const int32_t *labels, fg_err *err) {
    fg_set *set = graph->targets;
    if (!set || set->layer->kind != FG_LAYER_SOFTMAX)
        return fg_err_set(err, FG_EINVAL, "the model has no softmax layer to observe class labels");
    int32_t classes = (int32_t)fg_shape_size(set->in->shape);
    for (size_t n = 0; n < graph->net.n; n++)
        if (labels[n] >= classes)
            return fg_err_set(err, FG_EINVAL, "observation %zu: label %d is not in 0..%d", n, labels[n],
                              classes - 1);
    fg_softmax_observe(set, &graph->net, labels);
    return FG_OK;
}

int fg_graph_set_targets(fg_graph *graph, const float *targets, fg_err *err) {
    fg_set *set = graph->targets;
    if (!set || set->layer->kind != FG_LAYER_REGRESSION)
        return fg_err_set(err, FG_EINVAL, "the model has no regression layer to observe real targets");
    int status = check_values(set->in, targets, FG_ORDER_HWC, NULL, err);
    if (!status)
        observe(set, targets, FG_ORDER_HWC, NULL);
    return status;
}

/* *moved: a constant has another value than before. */
static void set_prior(bool *moved, fg_group *group, const fg_parameter *p) {
    if (group->role == FG_ROLE_CONSTANT) {
        for (size_t i = 0; i < p->size; i++) {
            float value = (float)(p->average ? p->average[i] : p->eta[i] / p->lambda[i]);
            *moved |= value != group->lin[i];
            group->mean[i] = group->lin[i] = value;
        }
    } else {
        for (size_t i = 0; i < p->size; i++)
            group->prior_etas[i] =
                p->average && group->role == FG_ROLE_GIVEN ? p->average[i] * p->lambda[i] : p->eta[i];
        memcpy(group->prior_lambdas, p->lambda, p->size * sizeof *p->lambda);
    }
}

/* The dimensions of a parameter's arrays; returns how many. */
static int parameter_dims(size_t dims[2], const fg_group *group) {
    bool vector = group->shape.width == 1 && strstr(group->name, "/bias");
    dims[0] = vector ? group->shape.channels : group->shape.width;
    dims[1] = group->shape.channels;
    return vector ? 1 : 2;
}

static int check_dims(const fg_parameter *p, const fg_group *group, fg_err *err) {
    size_t dims[2];
    int rank = parameter_dims(dims, group);
    if (p->rank == rank && !memcmp(p->dims, dims, (size_t)rank * sizeof *dims))
        return FG_OK;
    if (rank == 1)
        return fg_err_set(err, FG_EFORMAT,
                          "parameter '%s' has %zu entries in %d dimensions, the spec wants %zu", p->name,
                          p->size, p->rank, dims[0]);
    return fg_err_set(err, FG_EFORMAT,
                      "parameter '%s' has %zu entries in %d dimensions, the spec wants %zu x %zu", p->name,
                      p->size, p->rank, dims[0], dims[1]);
}

/* Whether a posterior can give the graph its priors. */
static int check_priors(const fg_graph *graph, const fg_posterior *posterior, fg_err *err) {
    for (int i = 0; i < graph->net.n_groups && !graph->spec->is_explicit; i++) {
        const fg_group *group = &graph->net.groups[i];
        if (!group->parameter)
            continue;
        const fg_parameter *p = fg_posterior_find(posterior, group->name);
        if (!p)
            return fg_err_set(err, FG_EFORMAT, "the state has no parameter '%s'", group->name);
        int status = check_dims(p, group, err);
        if (!status)
            status = fg_parameter_check(p, err);
        if (status)
            return status;
    }
    return fg_graph_check_correlations(graph, posterior, err);
}

int fg_graph_set_priors(fg_graph *graph, const fg_posterior *posterior, fg_err *err) {
    bool moved = false;
    int status = check_priors(graph, posterior, err);
    if (status)
        return status;
    for (int i = 0; i < graph->net.n_groups && !graph->spec->is_explicit; i++)
        if (graph->net.groups[i].parameter)
            set_prior(&moved, &graph->net.groups[i], fg_posterior_find(posterior, graph->net.groups[i].name));
    graph->learned = true;
    for (int i = 0; i < graph->net.n_sets && moved; i++)
        graph->net.sets[i].known = false;
    return fg_graph_set_correlations(graph, posterior, 1, err);
}

static double belief_lambda(const fg_group *group, size_t slot) {
    return (double)group->lambda[slot] + (group->single ? 0 : (double)group->lambda_lo[slot]);
}

static double deviation(const fg_group *group, size_t slot) {
    if (group->role == FG_ROLE_CONSTANT)
        return 0;
    double lambda = belief_lambda(group, slot);
    return lambda > 0 ? 1 / sqrt(lambda) : INFINITY;
}

void fg_graph_marginals(float *mean, float *sd, const fg_graph *graph, int index, fg_order order) {
    const fg_group *group = graph->variables[index];
    size_t features = fg_shape_size(group->shape);
    for (size_t n = 0; n < group->n; n++)
        for (size_t f = 0; f < features; f++) {
            size_t slot = fg_group_slot(group, n, f), at = outside(group, order, n, f);
            if (mean)
                mean[at] = group->mean[slot];
            if (sd)
                sd[at] = (float)deviation(group, slot);
        }
}

void fg_graph_variables(double *mean, double *sd, const fg_graph *graph) {
    const fg_group *group = graph->variables[0];
    for (size_t i = 0; i < group->slots; i++) {
        double lambda = belief_lambda(group, i);
        mean[i] =
            lambda > 0 ? ((double)group->eta[i] + (double)group->eta_lo[i]) / lambda : (double)group->mean[i];
        sd[i] = deviation(group, i);
    }
}

int fg_graph_set_input_prior(fg_graph *graph, double mean, double sd, fg_err *err) {
    if (graph->spec->is_explicit || graph->input->role != FG_ROLE_FREE)
        return fg_err_set(err, FG_EINVAL,
                          "the model's input is noiseless: put an observation layer first to infer inputs");
    const double lambda = 1 / (sd * sd), eta = mean * lambda;
    if (!(sd > 0 && lambda >= FG_PRECISION_MIN && lambda <= FG_PRECISION_MAX && fabs(mean) <= FG_MEAN_MAX &&
          fabs(eta) <= FG_PRECISION_MAX))
        return fg_err_set(err, FG_EINVAL, "no prior of inputs can have mean %g and standard deviation %g",
                          mean, sd);
    graph->input->prior_lambda = lambda;
    graph->input->prior_eta = eta;
    return FG_OK;
}

static void read_parameter(fg_parameter *p, const fg_group *group) {
    for (size_t i = 0; i < p->size && group->role == FG_ROLE_CONSTANT; i++) { /* known once drawn */
        p->lambda[i] = group->prior_lambda;
        p->eta[i] = (double)group->lin[i] * p->lambda[i];
    }
    for (size_t i = 0; i < p->size && group->role != FG_ROLE_CONSTANT; i++) {
        p->eta[i] = group->prior_etas[i];
        p->lambda[i] = group->prior_lambdas[i];
        for (int s = 0; s < group->n_sums; s++) {
            p->eta[i] += group->sums[s].eta[i];
            p->lambda[i] += group->sums[s].lambda[i];
        }
    }
}

void fg_graph_read_posterior(fg_posterior *into, const fg_graph *graph) {
    size_t k = 0;
    for (int i = 0; i < graph->net.n_groups && !graph->spec->is_explicit; i++)
        if (graph->net.groups[i].parameter)
            read_parameter(&into->parameters[k++], &graph->net.groups[i]);
}

static bool owns(const fg_set *set, const fg_parameter *p) {
    return (set->weight && !strcmp(set->weight->name, p->name)) ||
           (set->bias && !strcmp(set->bias->name, p->name));
}

/* Divergence may show in a parameter only: in which layer, and when. */
static int check_parameters(const fg_posterior *posterior, const fg_graph *graph, fg_err *err) {
    const fg_set *set = graph->net.sets, *last = set + graph->net.n_sets - 1;
    fg_err why;
    for (size_t i = 0; i < posterior->n; i++) {
        if (!fg_parameter_check(&posterior->parameters[i], &why))
            continue;
        while (set < last && !owns(set, &posterior->parameters[i]))
            set++;
        return fg_err_set(err, FG_EDIVERGED, "inference diverged in layer '%s' (%s) by iteration %d: %s",
                          set->name, set->ops->name, graph->iteration - 1, why.text);
    }
    return FG_OK;
}

int fg_graph_posterior(fg_posterior **out, const fg_graph *graph, fg_err *err) {
    size_t count = 0;
    *out = NULL;
    if (graph->net.parameters != FG_ROLE_FREE)
        return fg_err_set(err, FG_EINVAL, "the parameters were given, not inferred: there is no posterior");
    for (int i = 0; i < graph->net.n_groups; i++)
        count += graph->net.groups[i].parameter;
    fg_posterior *posterior;
    int status = fg_posterior_create(&posterior, count, err);
    for (int i = 0; i < graph->net.n_groups && !status; i++) {
        const fg_group *group = &graph->net.groups[i];
        size_t dims[2];
        int rank = parameter_dims(dims, group);
        if (group->parameter && !graph->spec->is_explicit &&
            !fg_posterior_add(posterior, group->name, rank, dims))
            status = fg_err_set(err, FG_ENOMEM, "out of memory for the posterior");
    }
    if (status) {
        fg_posterior_free(posterior);
        return status;
    }
    fg_graph_read_posterior(posterior, graph);
    status = fg_graph_take_correlations(posterior, graph, err);
    if (!status)
        status = check_parameters(posterior, graph, err);
    if (status)
        fg_posterior_free(posterior);
    else
        *out = posterior;
    return status;
}

void fg_graph_reseed(fg_graph *graph, uint64_t seed) {
    graph->seed = seed;
}

void fg_graph_set_rate(fg_graph *graph, double rate) {
    graph->rate = rate;
}

void fg_graph_forward(fg_graph *graph) {
    fg_graph_reset(graph);
    fg_graph_start(graph, FG_INIT_FORWARD);
    for (int i = 0; i < graph->n_variables; i++) {
        fg_group *group = graph->variables[i];
        if (group->role == FG_ROLE_FREE && !group->single)
            memcpy(group->mean, group->lin, group->slots * sizeof *group->mean);
    }
}

static void clear_beliefs(fg_group *group) {
    float *arrays[] = {group->mean, group->eta, group->lambda, group->eta_lo, group->lambda_lo};
    for (int i = 0; i < (group->single ? 3 : 5); i++)
        memset(arrays[i], 0, group->slots * sizeof *arrays[i]);
}

void fg_graph_reset(fg_graph *graph) {
    graph->iteration = 0;
    graph->round_change = 0;
    graph->settling_at = 0;
    memset(graph->seen, 0, sizeof graph->seen);
    memset(graph->residual, 0, sizeof graph->residual);
    memset(graph->wait, 0, sizeof graph->wait);
    memset(graph->moved, 0, sizeof graph->moved);
    for (int i = 0; i < graph->net.n_groups; i++) {
        fg_group *group = &graph->net.groups[i];
        if (group->role == FG_ROLE_CONSTANT)
            continue;
        clear_beliefs(group);
        for (int s = 0; s < group->n_sums; s++) {
            const fg_sums *sums = &group->sums[s];
            memset(group->single ? (void *)sums->eta_single : (void *)sums->eta, 0,
                   group->slots * (group->single ? sizeof(float) : sizeof(double)));
            memset(group->single ? (void *)sums->lambda_single : (void *)sums->lambda, 0,
                   group->slots * (group->single ? sizeof(float) : sizeof(double)));
        }
    }
    for (int i = 0; i < graph->net.n_sets; i++) {
        fg_set *set = &graph->net.sets[i];
        set->settled = false;
        if (!set->visited) /* its messages still are 0 */
            continue;
        set->visited = false;
        if (set->messages)
            memset(set->messages, 0, set->n_messages * sizeof *set->messages);
        if (set->wide_messages)
            memset(set->wide_messages, 0, set->n_wide * sizeof *set->wide_messages);
    }
}
