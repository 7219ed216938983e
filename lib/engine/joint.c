/* Correlations between weights, borrowed from posteriors and read into them. */
#include <string.h>

#include "engine/wired_internal.h"

static int check_joint(const fg_parameter *p, const fg_set *set, fg_err *err) {
    if (!fg_parameter_correlated(p) || (p->joint == set->joint && p->dims[0] == set->weight->shape.width))
        return FG_OK;
    return fg_err_set(err, FG_EFORMAT, "parameter '%s' has correlations of %zu weights, the spec wants %zu",
                      p->name, p->joint, set->joint);
}

int fg_graph_check_correlations(const fg_graph *graph, const fg_posterior *posterior, fg_err *err) {
    int status = FG_OK;
    for (int i = 0; i < graph->net.n_sets && !status; i++) {
        const fg_set *set = &graph->net.sets[i];
        const fg_parameter *p = set->joint ? fg_posterior_find(posterior, set->weight->name) : NULL;
        status = p ? check_joint(p, set, err) : FG_OK;
    }
    return status;
}

int fg_graph_set_correlations(fg_graph *graph, const fg_posterior *posterior, double kept, fg_err *err) {
    int status = fg_graph_check_correlations(graph, posterior, err);
    for (int i = 0; i < graph->net.n_sets && !status; i++) {
        fg_set *set = &graph->net.sets[i];
        if (!set->joint)
            continue;
        const fg_parameter *p = fg_posterior_find(posterior, set->weight->name);
        set->correlation = p ? p->correlation : NULL;
        set->wide_correlation = p ? p->wide_correlation : NULL;
        set->matrices = p ? p->matrices : 0;
        set->kept = kept;
        set->known = false;
    }
    return status;
}

/* The weights of a set among a posterior's parameters, if they are joint. */
static fg_parameter *joint_weights(fg_posterior *posterior, const fg_set *set) {
    for (size_t k = 0; set->joint && k < posterior->n; k++)
        if (!strcmp(posterior->parameters[k].name, set->weight->name))
            return &posterior->parameters[k];
    return NULL;
}

int fg_graph_make_correlations(fg_posterior *posterior, const fg_graph *graph, fg_err *err) {
    int status = FG_OK;
    for (int i = 0; i < graph->net.n_sets && !status; i++) {
        const fg_set *set = &graph->net.sets[i];
        fg_parameter *p = joint_weights(posterior, set);
        status = p ? fg_parameter_correlate(p, set->joint, err) : FG_OK;
    }
    return status;
}

/* The same, if the posterior has correlations for them. */
static fg_parameter *correlated_weights(fg_posterior *posterior, const fg_set *set) {
    fg_parameter *p = joint_weights(posterior, set);
    return p && fg_parameter_correlated(p) ? p : NULL;
}

/* What a set had learned before its run was suspended, if it has not been updated since. */
static const fg_parameter *suspended_weights(const fg_graph *graph, const fg_set *set,
                                             const fg_parameter *p) {
    if (!graph->resumed_posterior || set->solved || !set->visited)
        return NULL;
    const fg_parameter *from = fg_posterior_find(graph->resumed_posterior, p->name);
    return from && fg_parameter_correlated(from) && from->joint == p->joint && from->size == p->size ? from
                                                                                                     : NULL;
}

int fg_graph_read_correlations(fg_posterior *into, const fg_graph *graph, double kept, fg_err *err) {
    /* Memory first, so that all are read or none is. */
    for (int i = 0; i < graph->net.n_sets; i++) {
        const fg_set *set = &graph->net.sets[i];
        fg_parameter *p = correlated_weights(into, set);
        const fg_parameter *from = p ? suspended_weights(graph, set, p) : NULL;
        bool parts = from ? from->matrices > 1 : p && set->solved && !set->ops->alike(set);
        int status = parts ? fg_parameter_spread(p, err) : FG_OK;
        if (!status && (from ? (bool)from->wide_correlation : p && set->solved && set->wide))
            status = fg_parameter_widen(p, err);
        if (status)
            return status;
    }
    /* A set that no update has reached has learned nothing, but may have forgotten. */
    for (int i = 0; i < graph->net.n_sets; i++) {
        const fg_set *set = &graph->net.sets[i];
        fg_parameter *p = correlated_weights(into, set);
        const fg_parameter *from = p ? suspended_weights(graph, set, p) : NULL;
        if (from)
            fg_parameter_take_correlations(p, from->correlation, from->wide_correlation, from->matrices,
                                           NULL);
        else if (p && set->solved)
            set->ops->read_correlation(set, kept, p->matrices,
                                       set->wide ? (void *)p->wide_correlation : p->correlation);
        else if (p && kept < 1)
            fg_parameter_decorrelate(p, kept);
    }
    return FG_OK;
}

int fg_graph_take_correlations(fg_posterior *posterior, const fg_graph *graph, fg_err *err) {
    bool ran = false, had = false;
    for (int i = 0; i < graph->net.n_sets; i++) {
        const fg_set *set = &graph->net.sets[i];
        ran |= set->joint && set->visited;
        had |= set->correlation || set->wide_correlation;
    }
    int status = ran || had ? fg_graph_make_correlations(posterior, graph, err) : FG_OK;
    for (int i = 0; i < graph->net.n_sets && had && !status; i++) {
        const fg_set *set = &graph->net.sets[i];
        fg_parameter *p = set->correlation || set->wide_correlation ? joint_weights(posterior, set) : NULL;
        if (p)
            status = fg_parameter_take_correlations(p, set->correlation, set->wide_correlation, set->matrices,
                                                    err);
    }
    return status || !ran ? status : fg_graph_read_correlations(posterior, graph, 1, err);
}
