#include "build.h"

#include <stdbool.h>

#include "base/mem.h"
#include "continual.h"
#include "infer.h"
#include "model/info.h"
#include "model/kind.h"
#include "need.h"

/* "4.0 MiB"; what cannot be counted has no text. */
static void bytes_text(char text[32], size_t bytes) {
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    double v = (double)bytes;
    int unit = 0;
    for (; v >= 1024 && unit < 4; unit++)
        v /= 1024;
    snprintf(text, 32, unit ? "%.1f %s" : "%.0f %s", v, units[unit]);
    if (bytes == SIZE_MAX)
        snprintf(text, 32, "too much");
}

static void put_need(FILE *to, size_t bytes, const char *what) {
    char text[32];
    bytes_text(text, bytes);
    fprintf(to, "        %s for %s\n", text, what);
}

/* fg-continual evaluates on a graph of its own. */
static void put_learning(FILE *to, const fg_spec *spec, size_t n) {
    need_stream stream = {.storage = spec->run.storage, .batch = n, .rows = n, .tasks = 1};
    char text[32], tested[32];
    bytes_text(text, need_learning(spec, spec->input, &stream));
    stream.tested = CONTINUAL_CHUNK;
    bytes_text(tested, need_learning(spec, spec->input, &stream));
    fprintf(to, "        %s for fg-continual --batch %zu, %s with --test\n", text, n, tested);
}

/* Only the commands that take such a model. */
static void put_needs(FILE *to, const fg_spec *spec, size_t n) {
    bool targets = !spec->is_explicit && fg_kind_of(spec->layers[spec->n_layers - 1].kind)->ends;
    bool observed = !spec->is_explicit && !fg_spec_noiseless_input(spec);
    bool learns = fg_spec_has(spec, FG_LAYER_DENSE) || fg_spec_has(spec, FG_LAYER_CONV);
    if (spec->is_explicit) {
        /* To read the text takes more than what becomes of it. */
        size_t bytes = need_plus(need_marginals(spec), fg_mem_held());
        put_need(to, bytes > fg_mem_peak() ? bytes : fg_mem_peak(), "fg-infer, and to read it");
        return;
    }
    if (learns && (targets || observed))
        put_need(to, need_training(spec, spec->input, n, spec->run.storage), "fg-train");
    if (learns && targets) {
        fg_predict_options predicts = {.parameters = FG_PARAMETERS_CONSTANT, .batch = INFER_BATCH};
        put_learning(to, spec, n);
        put_need(to, need_inferring(spec, spec->input, n, &predicts, false), "fg-infer");
    }
    if (observed && !targets)
        put_need(to, need_denoising(spec, spec->input, spec->run.storage), "fg-denoise");
}

int build_info(FILE *to, const fg_spec *spec, size_t observations, fg_err *err) {
    fg_info counts;
    fg_graph_options wiring = {.storage = spec->run.storage};
    char text[72];
    size_t n = observations ? observations : 1, bytes = 0;
    if (spec->is_explicit && observations)
        return fg_err_set(err, FG_EINVAL,
                          "-n: a graph of variables and factors is one, without observations");
    if (!spec->is_explicit && fg_group_count(spec->input) == 0) {
        fg_shape_text(text, spec->input);
        return fg_err_set(err, FG_EINVAL, "--info: the input is %s: say with --input what the data has",
                          text);
    }
    int code = fg_info_fill(&counts, spec, spec->input, n, err);
    if (!code)
        code = fg_graph_bytes(&bytes, spec, spec->input, n, &wiring, err);
    if (!code)
        code = fg_info_print(to, spec, &counts, err);
    if (code)
        return code;
    bytes_text(text, bytes);
    fprintf(to, "memory: %s for the graph\n", text);
    put_needs(to, spec, n);
    return ferror(to) ? fg_err_set(err, FG_EIO, "the table could not be written") : 0;
}
