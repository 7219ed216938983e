/* Any spec and any data: small graphs learn, from one batch and from several, predict, and are written. What
 * is found must be finite, the same bytes with every instruction set, and a state that reads back; what is
 * refused must say why. The spec, as JSON or as lines of the compact grammar, ends at a byte of 0, options
 * and data follow. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/mem.h"
#include "base/thread.h"
#include "engine/filter.h"
#include "engine/predict.h"
#include "engine/state.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum {
    LINES_MAX = FG_MAX_LAYERS + 2,
    MEMORY = 64 << 20,
    GRAPH_BYTES = 1 << 16,
    OBSERVATIONS = 5,
    ITERATIONS = 12
};

/* Bytes one by one; behind the end they go on. */
typedef struct source {
    const uint8_t *at, *end;
    uint8_t more;
} source;

static uint8_t take(source *s) {
    if (s->at < s->end)
        return *s->at++;
    return s->more = (uint8_t)(s->more * 29 + 17);
}

/* Mostly what data are like, and what they can just be. */
static float take_value(source *s) {
    static const float odd[] = {0,     FLT_TRUE_MIN, FLT_MIN, 1e-20F, 1e-6F, 30,    255,   1e3F,
                                65535, 1e5F,         1e6F,    1e8F,   1e9F,  1e12F, 1e14F, 1e15F};
    uint8_t b = take(s);
    if (b < 224)
        return ((float)b - 112) / 56;
    return b & 1 ? odd[(b - 224) / 2] : -odd[(b - 224) / 2];
}

typedef struct job {
    const fg_spec *spec;
    fg_shape shape;
    size_t n, inputs, outputs;
    float *x, *targets;
    int32_t *labels;
    unsigned char *observed; /* for predictions; NULL: all */
    fg_run_options run;
    uint64_t seed;
    double temper;
} job;

static void *have(size_t n, size_t size) {
    void *p = calloc(n ? n : 1, size);
    if (!p)
        abort();
    return p;
}

/* The spec's own options in JSON, which can say all of them; those of the grammar are drawn. */
static void take_options(job *j, source *s, bool drawn) {
    static const double dampings[] = {0, 0.3, 0.7, 0.95};
    uint8_t how = take(s), more = take(s);
    j->seed = more;
    j->temper = more & 1 ? 1 : 0.8;
    j->run = j->spec->run;
    if (drawn) {
        j->run.schedule = (fg_schedule)(how & 3);
        j->run.damping = dampings[how >> 2 & 3];
        j->run.dropout = how & 16 ? 0.4 : 0;
        j->run.init = how & 32 ? FG_INIT_RANDOM : FG_INIT_FORWARD;
        j->run.storage = how & 64 ? FG_STORAGE_FACTOR : FG_STORAGE_EDGE;
        j->run.on_divergence = how & 128 ? FG_ON_DIVERGENCE_STOP : FG_ON_DIVERGENCE_ADAPT;
        j->run.relinearise = 1 + (more & 2);
        j->run.average = more & 4 ? 2 : 0;
        j->run.forget = more & 8 ? 0.1 : 0;
    }
    int most = 1 + more % ITERATIONS;
    j->run.iterations = j->run.iterations < most ? j->run.iterations : most;
}

/* False where the spec is of no use here: too large, or of other observations. */
static bool open_job(job *j, const fg_spec *spec, source *s, bool drawn) {
    fg_shape in[FG_MAX_LAYERS], out[FG_MAX_LAYERS];
    fg_graph_options wiring = {0};
    size_t bytes;
    *j = (job){.spec = spec, .shape = spec->input};
    j->n = spec->is_explicit ? 1 : 1 + take(s) % OBSERVATIONS;
    fg_shape *shape = &j->shape;
    shape->height += !shape->height, shape->width += !shape->width, shape->channels += !shape->channels;
    if (spec->is_explicit)
        *shape = (fg_shape){1, 1, spec->graph.n_variables};
    else if (fg_spec_shapes(in, out, spec, *shape, NULL))
        return false;
    if (fg_graph_bytes(&bytes, spec, *shape, j->n, &wiring, NULL) || bytes > GRAPH_BYTES)
        return false;
    take_options(j, s, drawn);
    j->inputs = fg_shape_size(*shape);
    fg_layer_kind last = spec->is_explicit ? FG_LAYER_OBSERVATION : spec->layers[spec->n_layers - 1].kind;
    bool classes = last == FG_LAYER_SOFTMAX, real = last == FG_LAYER_REGRESSION;
    j->outputs = classes || real ? fg_shape_size(in[spec->n_layers - 1]) : 0;
    j->x = have(j->n * j->inputs, sizeof *j->x);
    j->labels = classes ? have(j->n, sizeof *j->labels) : NULL;
    j->targets = real ? have(j->n * j->outputs, sizeof *j->targets) : NULL;
    for (size_t i = 0; i < j->n * j->inputs; i++)
        j->x[i] = take_value(s);
    for (size_t i = 0; i < j->n && classes; i++)
        j->labels[i] = (int32_t)(take(s) % (j->outputs + 1)) - 1;
    for (size_t i = 0; i < j->n * j->outputs && real; i++)
        j->targets[i] = take_value(s);
    if (take(s) & 1 && !spec->is_explicit && !fg_spec_noiseless_input(spec)) {
        j->observed = have(j->n * j->inputs, 1);
        for (size_t i = 0; i < j->n * j->inputs; i++)
            j->observed[i] = take(s) & 1;
    }
    return true;
}

static void close_job(job *j) {
    free(j->x);
    free(j->labels);
    free(j->targets);
    free(j->observed);
}

static void check_refusal(int status, const fg_err *err) {
    if (!*err->text || err->code != status || (status == FG_EDIVERGED && !strstr(err->text, " iteration ")))
        abort();
}

static void check_values(const float *mean, const float *sd, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (!isfinite(mean[i]) || !(sd[i] >= 0))
            abort();
}

/* All marginals, means and then deviations. */
static float *marginals(size_t *count, const fg_graph *graph, size_t n) {
    size_t all = 0, used = 0;
    for (int i = 0; i < fg_graph_groups(graph); i++)
        all += n * fg_shape_size(fg_graph_group_shape(graph, i));
    float *values = have(2 * all, sizeof *values);
    for (int i = 0; i < fg_graph_groups(graph); i++) {
        fg_graph_marginals(values + used, values + all + used, graph, i, FG_ORDER_HWC);
        used += n * fg_shape_size(fg_graph_group_shape(graph, i));
    }
    check_values(values, values + all, all);
    *count = 2 * all;
    return values;
}

static int bind(fg_graph *graph, const job *j, fg_err *err) {
    int status = j->spec->is_explicit ? FG_OK : fg_graph_set_input(graph, j->x, FG_ORDER_HWC, NULL, err);
    if (!status && j->labels)
        status = fg_graph_set_labels(graph, j->labels, err);
    if (!status && j->targets)
        status = fg_graph_set_targets(graph, j->targets, err);
    return status;
}

/* What the graph's parameters became, as a state; a copy read back from its bytes. */
static void check_state(const job *j, const fg_posterior *posterior) {
    fg_state state = {.spec = *j->spec, .seed = j->seed, .examples = j->n}, back;
    char *text = NULL;
    size_t size = 0;
    fg_err err;
    if (j->spec->scale != FG_SCALE_NONE)
        return;
    FILE *stream = open_memstream(&text, &size);
    state.posterior = (fg_posterior *)posterior;
    if (!stream || fg_state_write(stream, &state, &err) || fclose(stream) ||
        fg_state_read(&back, (unsigned char *)text, size, &err))
        abort();
    fg_state_free(&back);
    free(text);
}

/* One graph of all of it. Returns its marginals, or NULL where it is refused or diverges. */
static float *learn_at_once(size_t *count, fg_posterior **posterior, const job *j, fg_isa isa) {
    fg_graph *graph;
    fg_graph_options wiring = {.seed = j->seed, .storage = j->run.storage};
    fg_run_info info;
    fg_err err = {0};
    float *values = NULL;
    *posterior = NULL;
    if (fg_isa_select(fg_isa_name(isa), &err))
        abort();
    int status = fg_graph_create(&graph, j->spec, j->shape, j->n, &wiring, &err);
    if (status) {
        check_refusal(status, &err);
        return NULL;
    }
    status = bind(graph, j, &err);
    if (!status)
        status = fg_graph_run(&info, graph, &j->run, NULL, &err);
    if (status) {
        check_refusal(status, &err);
    } else {
        values = marginals(count, graph, j->n);
        if (info.iterations > j->run.iterations || isnan(info.change) || isnan(info.energy))
            abort();
    }
    if (!status && !j->spec->is_explicit && (status = fg_graph_posterior(posterior, graph, &err)))
        check_refusal(status, &err);
    fg_graph_free(graph);
    return values;
}

static void predict(const job *j, const fg_posterior *posterior) {
    fg_predict_data data = {.n = j->n, .shape = j->shape, .x = j->x, .observed = j->observed};
    for (int way = 0; way < 4; way++) {
        fg_predict_options o = {.run = j->run, .batch = j->n < 3 ? 1 : 3, .seed = j->seed};
        fg_prediction prediction = {0};
        fg_err err = {0};
        o.by = way < 3 ? (fg_predict_by)way : FG_PREDICT_INFERENCE;
        o.parameters = way == 3 ? FG_PARAMETERS_GIVEN : FG_PARAMETERS_CONSTANT;
        o.inputs = way == 3 && j->observed;
        o.input_sd = j->observed ? 1 : 0;
        int status = fg_predict(&prediction, j->spec, posterior, &data, &o, NULL, &err);
        if (status)
            check_refusal(status, &err);
        else
            check_values(prediction.mean, prediction.sd, prediction.n * prediction.outputs);
        fg_prediction_free(&prediction);
    }
}

static void learn_in_batches(const job *j) {
    fg_filter *filter;
    fg_filter_options o = {.run = j->run, .batch = j->n, .seed = j->seed, .temper = j->temper};
    fg_err err = {0};
    int status = fg_filter_create(&filter, j->spec, j->shape, NULL, &o, &err);
    if (status) {
        check_refusal(status, &err);
        return;
    }
    for (size_t i = 0; i < 3; i++) {
        fg_batch batch = {
            .n = i < 2 || j->n == 1 ? j->n : j->n - 1, .x = j->x, .labels = j->labels, .targets = j->targets};
        fg_filter_info info;
        status = fg_filter_step(&info, filter, &batch, NULL, &err);
        if (status)
            check_refusal(status, &err);
        const fg_posterior *p = fg_filter_posterior(filter);
        for (size_t k = 0; k < p->n; k++)
            if (fg_parameter_check(&p->parameters[k], &err))
                abort();
    }
    check_state(j, fg_filter_posterior(filter));
    predict(j, fg_filter_posterior(filter));
    fg_filter_free(filter);
}

static void use(const fg_spec *spec, source *s, bool drawn) {
    job j;
    fg_posterior *posterior, *again;
    size_t count = 0, count_again = 0;
    if (!open_job(&j, spec, s, drawn))
        return;
    float *best = learn_at_once(&count, &posterior, &j, fg_isa_best());
    float *portable = learn_at_once(&count_again, &again, &j, FG_ISA_PORTABLE);
    if (!best != !portable || count != count_again ||
        (best && memcmp(best, portable, count * sizeof *best) != 0))
        abort();
    fg_isa_select(NULL, NULL);
    if (posterior) {
        check_state(&j, posterior);
        predict(&j, posterior);
    }
    if (!spec->is_explicit)
        learn_in_batches(&j);
    fg_posterior_free(posterior);
    fg_posterior_free(again);
    free(best);
    free(portable);
    close_job(&j);
}

static int read_lines(fg_spec *spec, char *text, fg_err *err) {
    char *lines[LINES_MAX], *next;
    size_t n = 0;
    for (char *line = text; line && n < LINES_MAX; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = 0;
        lines[n++] = line;
    }
    return fg_spec_from_grammar(spec, lines[0], (const char *const *)lines + 1, n - 1, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    fg_spec spec;
    fg_err err;
    char *text = have(size + 1, 1);
    if (size)
        memcpy(text, bytes, size);
    size_t length = strlen(text);
    source s = {bytes + (length < size ? length + 1 : size), bytes + size, 0};
    bool json = *text == '{';
    fg_mem_limit(MEMORY);
    fg_threads_set(1);
    if ((json ? fg_spec_parse(&spec, text, length, &err) : read_lines(&spec, text, &err)) == 0)
        use(&spec, &s, !json);
    fg_spec_free(&spec);
    free(text);
    if (fg_mem_held())
        abort();
    return 0;
}
