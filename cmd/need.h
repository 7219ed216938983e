/* How much memory a command should need, for the limit it has where --max-memory is not given: what it has
 * read by then, its graphs, and what it keeps beside them. fg-build --info tells it too. All sums are too
 * large rather than too small: nothing that can be done with the machine's memory may fail for them. */
#ifndef FG_CMD_NEED_H
#define FG_CMD_NEED_H

#include "cli.h"
#include "fg.h"

/* Sums and products that end at SIZE_MAX. */
size_t need_plus(size_t a, size_t b);
size_t need_times(size_t a, size_t b);

/* Bytes that commands need in all, beside what they read. fg-train, with so many observations: */
size_t need_training(const fg_spec *spec, fg_shape shape, size_t n, fg_storage storage);

/* fg-continual: */
typedef struct need_stream {
    fg_storage storage;
    size_t batch, rest; /* observations in the largest batch, and in a smaller last one */
    size_t tested;      /* in the largest part to evaluate on; 0: none */
    size_t rows, tasks; /* observations of the largest task */
} need_stream;
size_t need_learning(const fg_spec *spec, fg_shape shape, const need_stream *stream);

/* fg-denoise, with frames of that shape: */
size_t need_denoising(const fg_spec *spec, fg_shape shape, fg_storage storage);

/* fg-infer, which predicts n observations `batch` at a time: */
size_t need_inferring(const fg_spec *spec, fg_shape shape, size_t n, const fg_predict_options *options,
                      bool watched);

/* fg-infer, with an explicit graph: */
size_t need_marginals(const fg_spec *spec);

/* Their parts. Bytes of a graph for n observations, SIZE_MAX where none can be made of the spec; 0 for none.
 */
size_t need_graph(const fg_spec *spec, fg_shape shape, size_t n, const fg_graph_options *options);

/* Bytes of so many copies of the marginals of all parameters, with averages. */
size_t need_parameters(const fg_spec *spec, fg_shape shape, size_t copies);

/* Bytes to predict n observations of these shapes `batch` at a time with: graph, inputs, predictions, and
 * what is printed of them. */
size_t need_prediction(const fg_spec *spec, fg_shape shape, size_t n, const fg_predict_options *options,
                       bool watched);

/* Bytes to draw n x n shares, or to write them as text. */
size_t need_matrix(size_t n);

#endif
