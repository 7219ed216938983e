/* How much memory a command should need, for the limit it has where --max-memory is not given: what it has
 * read by then, the graphs that fg-build --info tells of, and what it keeps beside them. All sums are too
 * large rather than too small: nothing that can be done with the machine's memory may fail for them. */
#ifndef FG_CMD_NEED_H
#define FG_CMD_NEED_H

#include "cli.h"
#include "fg.h"

/* Sums and products that end at SIZE_MAX. */
size_t need_plus(size_t a, size_t b);
size_t need_times(size_t a, size_t b);

/* Bytes of a graph for n observations, SIZE_MAX where none can be made of the spec; 0 for none. */
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
