#include "need.h"

#include "continual.h"

#include "base/mem.h"
#include "model/info.h"

/* Marginals are two doubles, and one of the average. */
enum { MARGINAL = 3 * sizeof(double) };

size_t need_plus(size_t a, size_t b) {
    size_t sum;
    fg_size_add(&sum, a, b);
    return sum;
}

size_t need_times(size_t a, size_t b) {
    size_t product;
    fg_size_mul(&product, a, b);
    return product;
}

size_t need_graph(const fg_spec *spec, fg_shape shape, size_t n, const fg_graph_options *options) {
    size_t bytes;
    if (!n)
        return 0;
    return fg_graph_bytes(&bytes, spec, shape, n, options, NULL) ? SIZE_MAX : bytes;
}

size_t need_parameters(const fg_spec *spec, fg_shape shape, size_t copies) {
    fg_info info;
    if (fg_info_fill(&info, spec, shape, 1, NULL))
        return SIZE_MAX;
    /* Correlations are copied less: what changes in a batch changes in place. */
    return need_plus(need_times(need_times(info.total.parameters, MARGINAL), copies),
                     need_times(need_times(info.total.correlations, sizeof(float)), (copies + 1) / 2));
}

size_t need_prediction(const fg_spec *spec, fg_shape shape, size_t n, const fg_predict_options *options,
                       bool watched) {
    fg_graph_options wiring = {.parameters = options->parameters, .predict = !watched};
    fg_shape in[FG_MAX_LAYERS], out[FG_MAX_LAYERS];
    size_t batch = n < options->batch ? n : options->batch, inputs = fg_shape_size(shape), outputs;
    if (fg_spec_shapes(in, out, spec, shape, NULL))
        return SIZE_MAX;
    outputs = options->inputs ? inputs : fg_shape_size(in[spec->n_layers - 1]);
    /* A mean and a deviation, and up to three numbers in a table; as much again where that is written. */
    size_t row = need_plus(need_times(outputs, 2 * sizeof(float) + 6 * sizeof(double)), 64);
    size_t bytes = need_graph(spec, shape, batch, &wiring);
    bytes = need_plus(bytes, need_times(need_times(inputs, batch), sizeof(float)));
    return need_plus(bytes, need_times(row, n));
}

/* What the last layer is given, for n observations. */
static size_t need_outputs(const fg_spec *spec, fg_shape shape, size_t n) {
    fg_shape in[FG_MAX_LAYERS], out[FG_MAX_LAYERS];
    if (fg_spec_shapes(in, out, spec, shape, NULL))
        return SIZE_MAX;
    return need_times(n, fg_shape_size(in[spec->n_layers - 1]) * sizeof(float));
}

/* The graph, the inputs while they are bound to it, what it predicts, and the posterior, which is copied when
 * it is written. */
size_t need_training(const fg_spec *spec, fg_shape shape, size_t n, fg_storage storage) {
    fg_graph_options wiring = {.storage = storage};
    size_t inputs = need_times(need_times(n, fg_shape_size(shape)), sizeof(float));
    size_t bytes =
        need_plus(need_graph(spec, shape, n, &wiring), need_plus(inputs, need_outputs(spec, shape, n)));
    return need_plus(bytes, need_parameters(spec, shape, 4));
}

/* Graphs of whole batches, of what is left over, and of an evaluation; a batch; the filter's posteriors and
 * those that are written; rows in order; accuracies, which become text or a picture. */
size_t need_learning(const fg_spec *spec, fg_shape shape, const need_stream *s) {
    fg_graph_options wiring = {.storage = s->storage};
    fg_predict_options predicts = {.parameters = FG_PARAMETERS_CONSTANT, .batch = CONTINUAL_CHUNK};
    size_t bytes =
        need_plus(need_graph(spec, shape, s->batch, &wiring), need_graph(spec, shape, s->rest, &wiring));
    if (s->tested)
        bytes = need_plus(bytes, need_prediction(spec, shape, s->tested, &predicts, false));
    bytes = need_plus(bytes, need_times(need_times(s->batch, fg_shape_size(shape)), 2 * sizeof(float)));
    bytes = need_plus(bytes, need_parameters(spec, shape, 8));
    bytes = need_plus(bytes, need_times(s->rows, 2 * sizeof(size_t)));
    return need_plus(bytes, need_matrix(s->tasks));
}

/* The graph, what is learned, and pictures: those of a frame, and what is read and written of them, all in
 * three colours, if the frames are grey. */
size_t need_denoising(const fg_spec *spec, fg_shape shape, fg_storage storage) {
    enum { PICTURES = 32, COLOURS = 3 };
    fg_graph_options wiring = {.storage = storage};
    size_t pixels = need_times(shape.height, shape.width), bytes = PICTURES * COLOURS * sizeof(float);
    bytes = need_plus(need_times(pixels, bytes), need_parameters(spec, shape, 10));
    return need_plus(need_graph(spec, shape, 1, &wiring), bytes);
}

size_t need_inferring(const fg_spec *spec, fg_shape shape, size_t n, const fg_predict_options *options,
                      bool watched) {
    return need_plus(need_prediction(spec, shape, n, options, watched), need_parameters(spec, shape, 6));
}

/* The graph, and a table of its variables. */
size_t need_marginals(const fg_spec *spec) {
    fg_graph_options wiring = {0};
    return need_plus(need_graph(spec, (fg_shape){1, 1, 1}, 1, &wiring),
                     need_times(spec->graph.n_variables, 8 * sizeof(double)));
}

/* Squares of 32 x 32 pixels in three colours, or, where there are many, of 8 x 8, with others around them;
 * such a picture, its parts, and what is written of it. */
size_t need_matrix(size_t n) {
    size_t side = need_plus(n, 2), square = n > 64 ? 8 : 32;
    return need_times(need_times(side, side), square * square * 3 * 3 * sizeof(float));
}
