/* What the tests of suspended runs share: graphs whose data is the same whenever it is bound, and their
 * insides as bytes. */
#ifndef FG_ENGINE_SUSPENDING_INTERNAL_H
#define FG_ENGINE_SUSPENDING_INTERNAL_H

#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "engine/fixture_internal.h"
#include "engine/state.h"
#include "engine/wired_internal.h"

enum { N = 21, MOST_INPUTS = 48 };

static inline float fg_suspending_draw(uint64_t stream, uint64_t index) {
    return 2 * fg_rng_uniform(11, stream, index) - 1;
}

/* The same data whenever it is bound. */
static inline fg_graph *fg_suspending_wire(const fg_spec *spec, size_t n, uint64_t seed) {
    float x[N * MOST_INPUTS], y[N];
    int32_t labels[N];
    fg_err err = {0};
    fg_graph *graph = fg_fixture_create(spec, n, seed);
    if (spec->is_explicit)
        return graph;
    fg_layer_kind last = spec->layers[spec->n_layers - 1].kind;
    for (size_t i = 0; i < n * fg_shape_size(spec->input); i++)
        x[i] = fg_suspending_draw(0, i);
    for (size_t i = 0; i < n; i++) {
        y[i] = fg_suspending_draw(1, i);
        labels[i] = y[i] > 0;
    }
    fg_fixture_done(fg_graph_set_input(graph, x, FG_ORDER_HWC, NULL, &err), &err);
    if (last == FG_LAYER_SOFTMAX)
        fg_fixture_done(fg_graph_set_labels(graph, labels, &err), &err);
    if (last == FG_LAYER_REGRESSION)
        fg_fixture_done(fg_graph_set_targets(graph, y, &err), &err);
    return graph;
}

static inline int fg_suspending_run(fg_run_info *info, fg_graph *graph, const fg_run_options *options,
                                    int iterations) {
    fg_run_options some = *options;
    fg_err err = {0};
    some.iterations = iterations;
    int status = fg_graph_run(info, graph, &some, NULL, &err);
    fg_fixture_done(status, &err);
    return status;
}

/* All of a graph's insides as the bytes of a suspended state, to be freed by the caller. */
static inline void fg_suspending_bytes(char **text, size_t *size, const fg_graph *graph, const fg_spec *spec,
                                       uint64_t seed) {
    fg_state state = {.spec = *spec, .seed = seed};
    fg_err err = {0};
    FILE *stream = open_memstream(text, size);
    fg_fixture_done(fg_graph_posterior(&state.posterior, graph, &err), &err);
    fg_fixture_done(fg_state_suspend(&state, graph, &err), &err);
    fg_fixture_done(fg_state_write(stream, &state, &err), &err);
    fclose(stream);
    memset(&state.spec, 0, sizeof state.spec); /* borrowed */
    fg_state_free(&state);
}

static inline void fg_suspending_read(fg_state *out, const char *text, size_t size) {
    fg_err err = {0};
    fg_fixture_done(fg_state_read(out, (const unsigned char *)text, size, &err), &err);
    ck_assert_ptr_nonnull(out->resume);
}

static inline void fg_suspending_same_marginals(const fg_graph *a, const fg_graph *b) {
    for (int i = 0; i < fg_graph_groups(a); i++) {
        size_t size = a->net.n * fg_shape_size(fg_graph_group_shape(a, i));
        float *p = fg_oracle_alloc(2 * size, sizeof *p), *q = fg_oracle_alloc(2 * size, sizeof *q);
        fg_graph_marginals(p, p + size, a, i, FG_ORDER_HWC);
        fg_graph_marginals(q, q + size, b, i, FG_ORDER_HWC);
        ck_assert_mem_eq(p, q, 2 * size * sizeof *p);
        free(p), free(q);
    }
}

#endif
