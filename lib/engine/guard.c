#include "engine/guard_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/wired_internal.h"

/* Inference lowers the energy: one so many times that of the first iteration, and above 1 a factor, tells
 * that beliefs are running away, however little they do in an iteration. */
static const double worse_energy = 10;

double fg_guard_most_energy(const fg_graph *graph) {
    return fmax(worse_energy * fg_graph_energy(graph), fg_graph_factors(graph));
}

bool fg_guard_energy(char reason[FG_FILTER_REASON], const fg_graph *graph, const fg_run_info *run,
                     double most) {
    if (isnan(most) || run->energy <= most)
        return false;
    const fg_set *worst = fg_graph_worst(graph);
    snprintf(reason, FG_FILTER_REASON,
             "the energy rose to %.3g by iteration %d, most of it in layer '%s' (%s)", run->energy,
             fg_graph_iterations(graph) - 1, worst->name, worst->ops->name);
    return true;
}

size_t fg_guard_outputs(const fg_graph *graph, size_t n) {
    return n * fg_shape_size(fg_graph_group_shape(graph, fg_graph_groups(graph) - 1));
}

double fg_guard_fit(float *outputs, const fg_graph *graph, const fg_batch *batch) {
    int last = fg_graph_groups(graph) - 1;
    size_t width = fg_guard_outputs(graph, 1), right = 0, labelled = 0;
    double squares = 0;
    fg_graph_marginals(outputs, NULL, graph, last, FG_ORDER_HWC);
    for (size_t i = 0; i < batch->n && batch->labels; i++) {
        const float *x = outputs + i * width;
        size_t best = 0;
        for (size_t j = 1; j < width; j++)
            best = x[j] > x[best] ? j : best;
        labelled += batch->labels[i] >= 0;
        right += batch->labels[i] >= 0 && best == (size_t)batch->labels[i];
    }
    if (batch->labels)
        return labelled ? (double)right : NAN;
    for (size_t i = 0; i < batch->n * width && batch->targets; i++) {
        double d = (double)outputs[i] - (double)batch->targets[i];
        squares += d * d;
    }
    return batch->targets ? squares / (double)(batch->n * width) : NAN;
}

bool fg_guard_worse(char reason[FG_FILTER_REASON], const fg_graph *graph, const fg_batch *batch,
                    double before, double fit) {
    double noise = graph->spec->layers[graph->spec->n_layers - 1].sigma;
    if (isnan(before) || (batch->labels ? before - fit <= fmax(2, 0.2 * (double)batch->n)
                                        : fit <= 4 * (before + noise * noise)))
        return false;
    snprintf(reason, FG_FILTER_REASON,
             batch->labels ? "%g of the batch's classes were right before it, %g after"
                           : "the batch's mean squared error was %.3g before it, %.3g after",
             before, fit);
    return true;
}

int fg_guard_fail(const char *reason, const fg_graph *graph, const fg_run_info *run, fg_err *err) {
    if (strstr(reason, "iteration "))
        return fg_err_set(err, FG_EDIVERGED, "%s", reason);
    const fg_set *worst = fg_graph_worst(graph);
    return fg_err_set(err, FG_EDIVERGED, "%s; after iteration %d layer '%s' (%s) fits least", reason,
                      run->iterations - 1, worst->name, worst->ops->name);
}
