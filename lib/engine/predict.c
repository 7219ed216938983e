#include "engine/predict.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "factor/softmax.h"

typedef struct predictor {
    const fg_spec *spec;
    fg_shape shape;
    fg_predict_options options;
    fg_graph *graph; /* for `size` observations, or NULL */
    size_t size, outputs;
    bool watched; /* the graph has its output observations */
} predictor;

static int shown_group(const predictor *p) {
    return p->options.inputs ? 0 : fg_graph_groups(p->graph) - 1;
}

/* A graph of the right size and kind, as before its first iteration. */
static int prepare(predictor *p, size_t n, bool watched, fg_err *err) {
    fg_graph_options wiring = {
        .seed = p->options.seed, .parameters = p->options.parameters, .predict = !watched};
    if (p->graph && p->size == n && p->watched == watched) {
        fg_graph_reset(p->graph);
        return FG_OK;
    }
    fg_graph_free(p->graph);
    p->graph = NULL;
    p->size = n;
    p->watched = watched;
    int status = fg_graph_create(&p->graph, p->spec, p->shape, n, &wiring, err);
    if (!status && p->options.input_sd != 0)
        status = fg_graph_set_input_prior(p->graph, p->options.input_mean, p->options.input_sd, err);
    if (!status)
        p->outputs = fg_shape_size(fg_graph_group_shape(p->graph, shown_group(p)));
    return status;
}

static int bind(predictor *p, const fg_posterior *posterior, const fg_predict_data *data, fg_err *err) {
    int status = fg_graph_set_priors(p->graph, posterior, err);
    if (!status)
        status = fg_graph_set_input(p->graph, data->x, FG_ORDER_HWC, data->observed, err);
    if (!status && data->labels)
        status = fg_graph_set_labels(p->graph, data->labels, err);
    if (!status && data->targets)
        status = fg_graph_set_targets(p->graph, data->targets, err);
    return status;
}

static int allocate(fg_prediction *out, size_t outputs, size_t n, fg_err *err) {
    size_t size;
    *out = (fg_prediction){.n = n, .outputs = outputs, .converged = true};
    if (fg_size_mul(&size, n, outputs) || !(out->mean = fg_alloc(size, sizeof(float))) ||
        !(out->sd = fg_zalloc(size, sizeof(float))))
        return fg_err_set(err, FG_ENOMEM, "out of memory for %zu predictions of %zu values", n, outputs);
    return FG_OK;
}

/* Of outputs that stand for one-hot labels; see fg_prediction. */
static void make_logits(float *x, size_t n, const fg_spec *spec) {
    const fg_layer *last = &spec->layers[spec->n_layers - 1];
    if (last->kind != FG_LAYER_SOFTMAX || last->likelihood != FG_LIKELIHOOD_ONE_HOT)
        return;
    for (size_t i = 0; i < n; i++)
        x[i] = (float)((double)x[i] / (last->sigma * last->sigma));
}

static int check_means(const float *mean, size_t n, size_t first, size_t outputs, fg_err *err) {
    for (size_t i = 0; i < n * outputs; i++)
        if (!isfinite(mean[i]))
            return fg_err_set(err, FG_EDIVERGED, "the prediction for observation %zu is not finite",
                              first + i / outputs);
    return FG_OK;
}

/* Predicts data->n observations into the rows of out from `first` on; its arrays are made at the first step,
 * for `rows` rows. */
static int step(fg_prediction *out, size_t first, size_t rows, predictor *p, const fg_posterior *posterior,
                const fg_predict_data *data, const fg_run_hook *hook, fg_err *err) {
    bool forward = p->options.by == FG_PREDICT_FORWARD, watched = data->labels || data->targets;
    fg_run_info info = {.converged = true};
    if (forward && (data->observed || watched || p->options.inputs))
        return fg_err_set(err, FG_EINVAL,
                          "a forward pass goes from all inputs to the outputs; what is missing or observed "
                          "elsewhere needs inference");
    int status = prepare(p, data->n, watched, err);
    if (!status && !out->mean)
        status = allocate(out, p->outputs, rows, err);
    if (!status)
        status = bind(p, posterior, data, err);
    if (!status && forward)
        fg_graph_forward(p->graph);
    else if (!status)
        status = fg_graph_run(&info, p->graph, &p->options.run, hook, err);
    if (status)
        return status;
    if (info.stopped)
        return fg_err_set(err, FG_ESTOPPED, "prediction stopped");
    fg_graph_marginals(out->mean + first * out->outputs, forward ? NULL : out->sd + first * out->outputs,
                       p->graph, shown_group(p), FG_ORDER_HWC);
    if (!p->options.inputs) {
        make_logits(out->mean + first * out->outputs, data->n * out->outputs, p->spec);
        make_logits(out->sd + first * out->outputs, data->n * out->outputs, p->spec);
    }
    out->converged &= info.converged;
    out->iterations = info.iterations > out->iterations ? info.iterations : out->iterations;
    return check_means(out->mean + first * out->outputs, data->n, first, out->outputs, err);
}

/* Room for the inputs of a batch that are copied out. */
static int make_room(float **room, const fg_predict_data *data, size_t batch, fg_err *err) {
    size_t size, n = data->n < batch ? data->n : batch;
    *room = NULL;
    if (data->x || !n)
        return FG_OK;
    if (!fg_size_mul(&size, n, fg_shape_size(data->shape)))
        *room = fg_alloc(size, sizeof **room);
    return *room ? FG_OK : fg_err_set(err, FG_ENOMEM, "out of memory for the inputs of %zu observations", n);
}

int fg_predict(fg_prediction *out, const fg_spec *spec, const fg_posterior *posterior,
               const fg_predict_data *data, const fg_predict_options *options, const fg_run_hook *hook,
               fg_err *err) {
    predictor p = {.spec = spec, .shape = data->shape, .options = *options};
    size_t inputs = fg_shape_size(data->shape), n;
    float *room;
    *out = (fg_prediction){0};
    if (options->by == FG_PREDICT_BOTH)
        p.options.run.init = FG_INIT_FORWARD;
    int status = make_room(&room, data, options->batch, err);
    for (size_t first = 0; first < data->n && !status; first += n) {
        fg_predict_data part = *data;
        n = part.n = data->n - first < options->batch ? data->n - first : options->batch;
        if (room)
            data->rows(room, data->source, first, n);
        part.x = room ? room : data->x + first * inputs;
        if (part.observed)
            part.observed += first * inputs;
        if (part.labels)
            part.labels += first;
        if (part.targets)
            part.targets += first * data->n_targets;
        status = step(out, first, data->n, &p, posterior, &part, hook, err);
    }
    fg_graph_free(p.graph);
    fg_free(room);
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
