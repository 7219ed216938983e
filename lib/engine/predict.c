#include "engine/predict.h"

#include <math.h>

#include "base/mem.h"
#include "factor/softmax.h"

/* One batch in a graph of its own size. */
static int predict_batch(fg_prediction *out, fg_graph *graph, const fg_posterior *posterior, const float *x,
                         size_t first, const fg_predict_options *options, const fg_run_hook *hook,
                         fg_err *err) {
    fg_run_info info;
    int status = fg_graph_set_priors(graph, posterior, err);
    if (!status)
        status = fg_graph_set_input(graph, x, FG_ORDER_HWC, NULL, err);
    if (!status)
        status = fg_graph_run(&info, graph, &options->run, hook, err);
    if (status)
        return status;
    if (info.stopped)
        return fg_err_set(err, FG_ESTOPPED, "prediction stopped");
    fg_graph_marginals(out->mean + first * out->outputs, out->sd + first * out->outputs, graph,
                       fg_graph_groups(graph) - 1, FG_ORDER_HWC);
    out->converged &= info.converged;
    out->iterations = info.iterations > out->iterations ? info.iterations : out->iterations;
    return FG_OK;
}

static int allocate(fg_prediction *out, const fg_graph *graph, size_t n, fg_err *err) {
    size_t outputs = fg_shape_size(fg_graph_group_shape(graph, fg_graph_groups(graph) - 1)), size;
    *out = (fg_prediction){.n = n, .outputs = outputs, .converged = true};
    if (fg_size_mul(&size, n, outputs) || !(out->mean = fg_alloc(size, sizeof(float))) ||
        !(out->sd = fg_alloc(size, sizeof(float))))
        return fg_err_set(err, FG_ENOMEM, "out of memory for %zu predictions of %zu values", n, outputs);
    return FG_OK;
}

int fg_predict(fg_prediction *out, const fg_spec *spec, const fg_posterior *posterior, const float *x,
               fg_shape shape, size_t n, const fg_predict_options *options, const fg_run_hook *hook,
               fg_err *err) {
    fg_graph_options wiring = {.seed = options->seed, .parameters = options->parameters, .predict = true};
    size_t size = 0;
    fg_graph *graph = NULL;
    int status = FG_OK;
    *out = (fg_prediction){0};
    for (size_t first = 0; first < n && !status; first += size) {
        size_t wanted = n - first < options->batch ? n - first : options->batch;
        if (wanted != size) {
            fg_graph_free(graph);
            size = wanted;
            status = fg_graph_create(&graph, spec, shape, size, &wiring, err);
        } else {
            fg_graph_reset(graph);
        }
        if (!status && !out->mean)
            status = allocate(out, graph, n, err);
        if (!status)
            status = predict_batch(out, graph, posterior, x + first * fg_shape_size(shape), first, options,
                                   hook, err);
    }
    fg_graph_free(graph);
    if (status)
        fg_prediction_free(out);
    return status;
}

void fg_prediction_free(fg_prediction *prediction) {
    fg_free(prediction->mean);
    fg_free(prediction->sd);
    *prediction = (fg_prediction){0};
}

void fg_class_probabilities(double *p, const float *mean, const float *sd, size_t classes) {
    for (size_t i = 0; i < classes; i++)
        p[i] = (double)mean[i] / sqrt(1 + 0.39269908169872414 * (double)sd[i] * (double)sd[i]);
    fg_softmax(p, p, classes);
}
