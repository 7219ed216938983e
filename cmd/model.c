#include "model.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hint.h"

#include "base/io.h"
#include "base/mem.h"
#include "base/path.h"
#include "model/kind.h"
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
    else if (!(status = fg_cli_model_check(model.data, model.size, err)))
        status = fg_state_read(state, model.data, model.size, err);
    if (status)
        fg_err_prefix(err, "%s", model.path);
    if (status == FG_EFORMAT && !model.is_spec)
        fg_cli_model_fail(path, err);
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
    return status == FG_EIO ? fg_err_prefix(err, "%s", is_standard(path) ? "standard output" : path) : status;
}

fg_dataset_want fg_model_want(const fg_spec *spec, bool targets, size_t limit) {
    const fg_layer *last = &spec->layers[spec->n_layers - 1];
    fg_dataset_want want = {.n_inputs = fg_shape_size(spec->input), .limit = limit};
    if (last->kind == FG_LAYER_SOFTMAX)
        want.target = FG_TARGET_LABELS;
    else if (last->kind == FG_LAYER_REGRESSION)
        want.target = FG_TARGET_REAL;
    want.n_outputs = want.target == FG_TARGET_NONE ? 0 : fg_spec_outputs(spec);
    if (!targets && want.target == FG_TARGET_LABELS)
        want.n_outputs = 1;
    if (!targets)
        want.target = FG_TARGET_NONE;
    return want;
}

/* Whether standard input is among the files. */
static bool reads_standard(const char *files) {
    for (const char *p = files;; p++) {
        size_t length = strcspn(p, ",");
        if (length == 1 && *p == '-')
            return true;
        p += length;
        if (!*p)
            return false;
    }
}

int fg_model_await(const fg_cli_common *common, const char *files, const fg_dataset_want *want, fg_err *err) {
    if (!reads_standard(files) || !isatty(STDIN_FILENO))
        return FG_OK;
    if (strcmp(files, "-"))
        return fg_err_set(err, FG_EINVAL, "%s: standard input is a terminal: name files only, or pipe one in",
                          files);
    size_t targets = want->target == FG_TARGET_REAL ? want->n_outputs : 1;
    char inputs[40] = "numbers", more[40] = "";
    if (want->n_inputs)
        snprintf(inputs, sizeof inputs, "%zu input%s", want->n_inputs, want->n_inputs == 1 ? "" : "s");
    if (want->target == FG_TARGET_LABELS)
        snprintf(more, sizeof more, " and a class");
    else if (want->target == FG_TARGET_REAL)
        snprintf(more, sizeof more, " and %zu target%s", targets, targets == 1 ? "" : "s");
    fg_cli_tell(common, "reading from the keyboard: %s%s to a line, with commas between them; Ctrl-D ends",
                inputs, more);
    return FG_OK;
}

/* "labels.npy,images.npy": inputs and targets the wrong way round. */
static bool is_swapped(const char *files, const fg_dataset_want *want) {
    const char *second = strchr(files, ',');
    fg_dataset_want any = {.part = want->part, .limit = 1};
    fg_dataset *data;
    if (!second || strchr(second + 1, ',') || want->target == FG_TARGET_NONE ||
        fg_dataset_open(&data, second + 1, &any, NULL))
        return false;
    bool swapped = data->n_inputs == want->n_inputs;
    fg_dataset_free(data);
    return swapped;
}

/* Whether all of the files are there to be read once more: what came through a pipe is gone. */
static bool stay(const char *files) {
    char path[PATH_MAX];
    struct stat st;
    if (stat(files, &st) == 0 && S_ISDIR(st.st_mode))
        return true;
    for (const char *p = files; *p;) {
        size_t length = strcspn(p, ",");
        if (length >= sizeof path)
            return false;
        memcpy(path, p, length);
        path[length] = 0;
        if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
            return false;
        p += length + (p[length] == ',');
    }
    return true;
}

/* Data that fits another model is well-formed: its width says so. */
static int explain(const char *files, const fg_dataset_want *want, fg_err *err) {
    fg_dataset_want any = {.part = want->part, .gaps = true, .limit = 1};
    fg_dataset *data;
    if (fg_hint_data(err, files, want->part) != FG_EFORMAT || !stay(files) ||
        strstr(err->text, "targets are needed") || strstr(err->text, ", column ") ||
        fg_dataset_open(&data, files, &any, NULL))
        return err->code;
    size_t width = data->n_inputs, inputs = want->n_inputs;
    bool table = data->channels == width && !data->bytes, targets = want->target != FG_TARGET_NONE;
    fg_shape shape = fg_model_shape(data);
    char text[72];
    fg_dataset_free(data);
    if (table && targets && width > 1)
        shape.channels--; /* the last column */
    fg_shape_text(text, shape);
    if (inputs && table && targets && width == inputs && !strchr(files, ','))
        return width == 1 ? fg_hint(err, "add a column of targets")
                          : fg_hint(err,
                                    "add a column of targets, or make a model for fewer inputs: fg-build "
                                    "--input %s LAYER...",
                                    text);
    if (table && want->target == FG_TARGET_REAL && want->n_outputs > 1 && width > inputs)
        return fg_hint(err, "a model for these ends in dense:%zu regression", width - inputs);
    if (!inputs || width == inputs || (table && width == inputs + 1))
        return err->code;
    if (is_swapped(files, want))
        return fg_hint(err, "inputs come first, as in x.npy,y.npy");
    return fg_hint(err, "a model for these: fg-build --input %s LAYER...", text);
}

static bool is_vector(fg_shape s) {
    return s.height == 1 && s.width == 1;
}

/* Fills in what a model's input leaves open; false where rows of that shape do not fit. Vectors are cut up,
 * and pictures make vectors, as where the shape is written out. */
static bool complete(fg_shape *input, fg_shape rows) {
    size_t *const open[] = {&input->height, &input->width, &input->channels};
    const size_t have[] = {rows.height, rows.width, rows.channels};
    size_t known = 1, unknown = 0, at = 0, n = fg_shape_size(rows);
    bool same = true;
    for (size_t i = 0; i < 3; i++) {
        same = same && (!*open[i] || *open[i] == have[i]);
        known *= *open[i] ? *open[i] : 1;
        unknown += !*open[i];
        at = *open[i] ? at : i;
    }
    if (same)
        *input = rows;
    else if (unknown == 1 && n % known == 0 && (is_vector(rows) || is_vector(*input)))
        *open[at] = n / known;
    else
        return n == fg_shape_size(*input);
    return true;
}

int fg_model_open(fg_dataset **out, fg_spec *spec, const char *files, const fg_dataset_want *want,
                  fg_err *err) {
    int status = fg_dataset_open(out, files, want, err);
    if (status)
        return explain(files, want, err);
    fg_dataset *d = *out;
    fg_shape input = spec->input;
    if (complete(&input, fg_model_shape(d))) {
        d->height = input.height;
        d->width = input.width;
        d->channels = input.channels;
        if (fg_kind_of(spec->layers[spec->n_layers - 1].kind)->ends)
            spec->input = input; /* else it is a model of pictures, which may differ in size */
        return FG_OK;
    }
    char have[72], wanted[72];
    fg_shape_text(have, fg_model_shape(d));
    fg_shape_text(wanted, input);
    fg_dataset_free(d);
    *out = NULL;
    return fg_err_set(err, FG_EINVAL, "%s: rows of %s, but the model's input is %s%s", files, have, wanted,
                      strchr(wanted, '?') ? " (? is taken from the data)" : "");
}

fg_shape fg_model_shape(const fg_dataset *data) {
    return (fg_shape){data->height, data->width, data->channels};
}

int fg_model_scale(fg_dataset *data, fg_state *state, const size_t rows[], size_t n, fg_err *err) {
    if (state->spec.scale == FG_SCALE_NONE)
        return FG_OK;
    if (!state->scaling.channels) {
        int status = fg_dataset_measure(&state->scaling, data, rows, n, err);
        if (status)
            return status;
    }
    if (state->scaling.channels != data->channels)
        return fg_err_set(err, FG_EINVAL, "the data has %zu channels, the model's input scaling has %zu",
                          data->channels, state->scaling.channels);
    data->scaling = &state->scaling;
    return FG_OK;
}

void fg_model_rows(float *x, const void *dataset, size_t first, size_t n) {
    const fg_dataset *data = dataset;
    for (size_t row = first; row < first + n; row++, x += data->n_inputs)
        fg_dataset_rows(x, NULL, NULL, data, &row, 1);
}

int fg_model_inputs(float **x, const fg_dataset *data, fg_err *err) {
    size_t count;
    *x = fg_size_mul(&count, data->n, data->n_inputs) ? NULL : fg_alloc(count, sizeof **x);
    if (!*x)
        return fg_err_set(err, FG_ENOMEM, "no memory for the inputs of %zu observations", data->n);
    fg_dataset_rows(*x, NULL, NULL, data, NULL, data->n);
    return FG_OK;
}

void fg_model_tell_trouble(const fg_cli_common *common, const char *layer, const char *kind,
                           uint64_t improper, uint64_t rejected, uint64_t curbed) {
    if (rejected && !common->quiet)
        fg_cli_warn("layer '%s' (%s): %llu messages were not finite and kept their old values", layer, kind,
                    (unsigned long long)rejected);
    if (curbed && !common->quiet)
        fg_cli_warn(
            "layer '%s' (%s): %llu times an observation said more than double precision holds, and counted "
            "for less: inputs far from 0, priors too wide or a sigma too small",
            layer, kind, (unsigned long long)curbed);
    if (improper)
        fg_cli_note(common, "layer '%s' (%s): %llu times a variable had negative precision without a message",
                    layer, kind, (unsigned long long)improper);
}

/* Writes to text what is wrong with real targets, or nothing. */
static void look_at_targets(char text[FG_ERR_TEXT], const fg_spec *spec, const fg_dataset *data) {
    static const double far =
        5; /* deviations of a prior: far beyond doubt, and networks fail from some 10 on */
    const fg_layer *outputs = NULL;
    double squares = 0;
    size_t n = data->y ? data->n * data->n_targets : 0;
    for (int i = 0; i < spec->n_layers; i++)
        if (fg_kind_of(spec->layers[i].kind)->makes_group)
            outputs = &spec->layers[i];
    for (size_t i = 0; i < n; i++)
        squares += (double)data->y[i] * (double)data->y[i];
    text[0] = 0;
    if (!n || !outputs || sqrt(squares / (double)n) <= far * outputs->activation_prior)
        return;
    snprintf(text, FG_ERR_TEXT,
             "targets have a root mean square of %.3g, but layer '%s' expects outputs of some %.3g around 0 "
             "(activation_prior): scale targets to mean 0 and deviation 1, or make priors and sigmas of the "
             "model as much larger",
             sqrt(squares / (double)n), outputs->name, outputs->activation_prior);
}

void fg_model_tell_targets(const fg_cli_common *common, const fg_spec *spec, const fg_dataset *data) {
    char text[FG_ERR_TEXT];
    look_at_targets(text, spec, data);
    if (text[0] && !common->quiet)
        fg_cli_warn("%s", text);
}

bool fg_model_hint_targets(fg_err *err, const fg_spec *spec, const fg_dataset *data) {
    char text[FG_ERR_TEXT] = "";
    if (err->code == FG_EDIVERGED)
        look_at_targets(text, spec, data);
    if (text[0])
        fg_hint(err, "%s", text);
    return text[0];
}

int fg_model_keep_apart(const fg_cli_common *common, const char *option, const char *path) {
    if (!path || common->output || fg_path_descriptor(path) != FG_PATH_STDOUT)
        return -1;
    return fg_cli_usage("--%s - needs -o FILE: both would go to standard output", option);
}

int fg_model_one_stdin(const char *model, const char *option, const char *files) {
    if (!files || strcmp(files, "-") || !is_standard(model))
        return -1;
    return fg_cli_usage("--%s -: standard input is where the model comes from; name it with -g FILE", option);
}

void fg_model_progress(fg_progress *progress, int64_t done, const char *before,
                       const fg_iteration *iteration) {
    char note[128] = "";
    if (fg_progress_due(progress))
        snprintf(note, sizeof note, "%s%senergy %.4g", before ? before : "", before ? ", " : "",
                 fg_graph_energy(iteration->graph));
    fg_progress_step(progress, done, note);
}

int fg_model_after(void *context, const fg_iteration *iteration) {
    fg_model_hook *hook = context;
    fg_trace trace = {.to = hook->log};
    if (hook->log)
        fg_trace_write(&trace, iteration);
    hook->runs += iteration->iteration == 0;
    int64_t before = hook->most && hook->runs > 1 ? (hook->runs - 1) * hook->most : 0;
    fg_model_progress(&hook->progress, before + iteration->iteration + 1, NULL, iteration);
    return fg_cli_stop != 0;
}
