#include "model.h"

#include <string.h>

#include "base/io.h"
#include "base/mem.h"
#include "report/trace.h"

static bool is_standard(const char *path) {
    return !path || strcmp(path, "-") == 0;
}

const char *fg_model_path(const char *path) {
    return is_standard(path) ? "standard input" : path;
}

int fg_model_load(fg_state *state, const char *path, fg_err *err) {
    fg_cli_model model;
    *state = (fg_state){0};
    int status = fg_cli_model_read(&model, path, err);
    if (status)
        return status;
    if (model.is_spec)
        status = fg_spec_parse(&state->spec, (const char *)model.data, model.size, err);
    else if (!fg_state_recognise(model.data, model.size))
        status = fg_err_set(err, FG_EFORMAT, "neither a graph spec, which is a JSON object, nor a state");
    else
        status = fg_state_read(state, model.data, model.size, err);
    if (status)
        fg_err_prefix(err, "%s", model.path);
    fg_free(model.data);
    return status;
}

int fg_model_save(const char *path, const fg_state *state, fg_err *err) {
    fg_outfile *out;
    int status = fg_outfile_open(&out, path, err);
    if (status)
        return status;
    status = fg_state_write(fg_outfile_stream(out), state, err);
    if (!status)
        return fg_outfile_commit(&out, err);
    fg_outfile_abort(&out);
    return status;
}

fg_dataset_want fg_model_want(const fg_spec *spec, bool targets, size_t limit) {
    const fg_layer *last = &spec->layers[spec->n_layers - 1];
    fg_dataset_want want = {.n_inputs = fg_shape_size(spec->input), .limit = limit};
    fg_shape in[FG_MAX_LAYERS], out[FG_MAX_LAYERS];
    if (!targets || fg_spec_shapes(in, out, spec, spec->input, NULL))
        return want;
    if (last->kind == FG_LAYER_SOFTMAX)
        want.target = FG_TARGET_LABELS;
    else if (last->kind == FG_LAYER_REGRESSION)
        want.target = FG_TARGET_REAL;
    want.n_outputs = want.target == FG_TARGET_NONE ? 0 : fg_shape_size(in[spec->n_layers - 1]);
    return want;
}

int fg_model_shape(fg_shape *shape, const fg_spec *spec, const fg_dataset *data, fg_err *err) {
    fg_shape have = {data->height, data->width, data->channels}, want = spec->input;
    *shape = want;
    if (fg_shape_size(want) == data->n_inputs)
        return FG_OK;
    *shape = have;
    if ((want.height && want.height != have.height) || (want.width && want.width != have.width) ||
        (want.channels && want.channels != have.channels))
        return fg_err_set(err, FG_EINVAL,
                          "the data has %zu x %zu x %zu inputs, the spec wants %zu x %zu x %zu (0: any)",
                          have.height, have.width, have.channels, want.height, want.width, want.channels);
    return FG_OK;
}

int fg_model_keep_apart(const fg_cli_common *common, const char *option, const char *path) {
    if (!path || !is_standard(path) || !is_standard(common->output))
        return -1;
    return fg_cli_usage("--%s - needs -o FILE: both would go to standard output", option);
}

int fg_model_after(void *context, const fg_iteration *iteration) {
    fg_model_hook *hook = context;
    fg_trace trace = {.to = hook->log};
    if (hook->log)
        fg_trace_write(&trace, iteration);
    fg_progress_step(&hook->progress, iteration->iteration + 1, NULL);
    return fg_cli_stop != 0;
}
