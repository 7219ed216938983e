/* Any bytes as a state, and with the header length and checksum set right (else few inputs would get past
 * them): what is accepted must be written and read back to equal bytes, and fit the graph of its own spec or
 * be refused by it. */
#include "base/mem.h"
#include "base/thread.h"
#include "data/fuzz_internal.h"
#include "engine/state.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { MEMORY = 64 << 20, OBSERVATIONS = 4, SMALL_GRAPH = 1 << 20 };

static char *written(size_t *size, const fg_state *state) {
    fg_err err;
    char *text;
    FILE *stream = open_memstream(&text, size);
    if (!stream || fg_state_write(stream, state, &err) || fclose(stream))
        abort();
    return text;
}

static void check_written(const fg_state *state) {
    fg_state back;
    fg_err err;
    size_t size, again_size;
    char *text = written(&size, state);
    if (fg_state_read(&back, (unsigned char *)text, size, &err))
        abort();
    char *again = written(&again_size, &back);
    if (size != again_size || memcmp(text, again, size) != 0)
        abort();
    fg_state_free(&back);
    free(text);
    free(again);
}

/* A few iterations from whatever messages the state holds: divergence is fine, a crash is not. */
static void try_graph(const fg_state *state) {
    fg_graph *graph;
    fg_err err = {0};
    fg_graph_options options = {.seed = state->seed};
    fg_run_options run = state->spec.run;
    fg_shape shape = state->spec.input;
    size_t bytes;
    shape.height += !shape.height, shape.width += !shape.width, shape.channels += !shape.channels;
    if (fg_graph_bytes(&bytes, &state->spec, shape, OBSERVATIONS, &options, &err) || bytes > SMALL_GRAPH)
        return;
    int status = fg_graph_create(&graph, &state->spec, shape, OBSERVATIONS, &options, &err);
    if (status) {
        if (graph || !*err.text)
            abort();
        return;
    }
    if (!state->spec.is_explicit)
        status = state->resume ? fg_state_resume(graph, state, &err)
                               : fg_graph_set_priors(graph, state->posterior, &err);
    if (status && !*err.text)
        abort();
    run.iterations = 2;
    run.schedule = FG_SCHEDULE_SWEEP;
    if (!status)
        fg_graph_run(NULL, graph, &run, NULL, &err);
    fg_graph_free(graph);
}

static void check(const uint8_t *bytes, size_t size) {
    fg_state state;
    fg_err err = {0};
    if (fg_state_read(&state, bytes, size, &err) == 0) {
        check_written(&state);
        try_graph(&state);
    } else if (state.posterior || state.resume || state.commands || !*err.text) {
        abort();
    }
    fg_state_free(&state);
    if (fg_mem_held())
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    fg_mem_limit(MEMORY);
    fg_threads_set(1);
    check(bytes, size);
    uint8_t *copy = fg_fuzz_tensors(bytes, size);
    if (copy)
        check(copy, size);
    free(copy);
    return 0;
}
