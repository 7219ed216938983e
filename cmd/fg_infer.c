/* fg-infer: predictions of a trained model, or the marginals of an explicit graph. */
#include <string.h>

#include "base/io.h"
#include "base/mem.h"
#include "hint.h"
#include "infer.h"
#include "need.h"
#include "report/inspect.h"

static fg_cli_common common = FG_CLI_COMMON;
static const char *graph_path, *data_path, *test_path, *picture, *confusion, *filters;
static bool score, inspect;
static int format = INFER_CSV, parameters, by, observe = -1, show = -1;
static const char *mask;
static double input_mean, input_sd = 1;
static int64_t batch = INFER_BATCH;

static const char *const formats[] = {"csv", "npy", "jsonl", NULL};
static const char *const parameter_modes[] = {"mean", "marginal", NULL};
static const char *const ways[] = {"inference", "forward", "both", NULL}; /* as fg_predict_by */
enum { OBSERVE_LABEL, OBSERVE_TARGET };
static const char *const observables[] = {"label", "target", NULL};
enum { SHOW_OUTPUTS, SHOW_INPUTS };
static const char *const shown[] = {"outputs", "inputs", NULL};

static const fg_cli_option options[] = {
    {.name = "graph",
     .letter = 'g',
     .type = FG_CLI_MODEL,
     .to = &graph_path,
     .metavar = "FILE",
     .help = "the model: a state, or a spec with variables and factors; standard input if not given"},
    {.name = "data",
     .letter = 'd',
     .type = FG_CLI_INPUT,
     .to = &data_path,
     .metavar = "FILES",
     .help = "inputs (and targets, for --score): comma-joined files (x.csv, x.npy,y.npy, or IDX or CIFAR-10 "
             "files), or a folder with MNIST's or CIFAR-10's files, whose training part is taken"},
    {.name = "test",
     .type = FG_CLI_INPUT,
     .to = &test_path,
     .metavar = "FILES",
     .help = "the same as --data, but of a folder the test part is taken"},
    {.name = "score",
     .type = FG_CLI_FLAG,
     .to = &score,
     .help = "print one JSON object instead: accuracy, nll and ece (15 bins of equal width) for classes, "
             "rmse, nll and coverage for real targets"},
    {.name = "inspect",
     .type = FG_CLI_FLAG,
     .to = &inspect,
     .help = "print what the model is instead: layers, and of a state the ranges of its parameters and what "
             "it was learned from; takes no data"},
    {.name = "format", .type = FG_CLI_ENUM, .to = &format, .values = formats, .help = "of the predictions"},
    {.name = "parameters",
     .type = FG_CLI_ENUM,
     .to = &parameters,
     .values = parameter_modes,
     .help = "fix parameters at their marginal means, or let predictions include their uncertainty"},
    {.name = "by",
     .type = FG_CLI_ENUM,
     .to = &by,
     .values = ways,
     .help =
         "predict by inference, by the forward pass at the parameters' means (fast, no deviations), or by "
         "inference started from that pass"},
    {.name = "observe",
     .type = FG_CLI_ENUM,
     .to = &observe,
     .values = observables,
     .help =
         "the other way round: observe the data's labels (or targets) and infer the inputs, all of them or "
         "those that --mask hides"},
    {.name = "mask",
     .type = FG_CLI_INPUT,
     .to = &mask,
     .metavar = "FILE",
     .help = "a row for each observation, or one for all, not 0 where an input is missing; so is NaN or an "
             "empty field in the data"},
    {.name = "show",
     .type = FG_CLI_ENUM,
     .to = &show,
     .values = shown,
     .help = "print the marginals of the outputs, or of the inputs (the default with --observe and --mask)"},
    {.name = "input-mean",
     .type = FG_CLI_REAL,
     .to = &input_mean,
     .metavar = "X",
     .help = "prior mean of inputs where any is missing, as the model sees them: scaled, if it scales (0)"},
    {.name = "input-sd",
     .type = FG_CLI_REAL,
     .to = &input_sd,
     .metavar = "X",
     .range = {1e-6, 1e6, false, false},
     .help = "and its standard deviation (1)"},
    {.name = "batch",
     .type = FG_CLI_INT,
     .to = &batch,
     .metavar = "N",
     .range = {.min = 1, .max = 1e9},
     .help = "observations inferred at a time (200)"},
    {.name = "picture",
     .type = FG_CLI_PICTURE,
     .to = &picture,
     .metavar = "FILE",
     .help = "also draw predictions around the data as PNG: a decision surface and its uncertainty (two "
             "inputs), or the curve with a two-sigma band (one input)"},
    {.name = "confusion",
     .type = FG_CLI_PICTURE,
     .to = &confusion,
     .metavar = "FILE",
     .help = "also draw how classes are taken for each other as PNG: a row for each label, a column for each "
             "predicted class, light where all of the row's observations are"},
    {.name = "filters",
     .type = FG_CLI_PICTURE,
     .to = &filters,
     .metavar = "FILE",
     .help = "draw the learned filters of conv and tconv layers as PNG instead; takes no data"},
    {.name = NULL}};

static const fg_cli_program program = {
    .name = "fg-infer",
    .usage = "[-g STATE] --data FILES [options]\n[-g SPEC] [options]\n[-g FILE] --inspect [-o FILE]\n[-g "
             "STATE] --filters FILE",
    .summary = "Infers outputs from inputs, or the marginals of an explicit graph.",
    .description =
        "With a state (from fg-train) the parameters are given, outputs are inferred, and a line is printed\n"
        "per observation: class, probabilities, means and deviations of the logits; or mean, sd. With a\n"
        "spec of variables and factors: name, mean, sd of each variable.",
    .examples = "fg-build xor | fg-train --data testdata/xor.csv --seed 1 | fg-infer --data testdata/xor.csv "
                "--score\n"
                "fg-infer -g xor.fgm --data grid.csv --parameters marginal --format jsonl\n"
                "fg-infer -g testdata/graphs/tree.json\n"
                "fg-infer -g xor.fgm --inspect",
    .pipe = "fg-build xor | fg-train --data FILES | fg-infer --data FILES",
    .make = "learn one first: fg-train -g spec.json --data FILES -o model.fgm",
    .options = options,
    .common = &common,
    .groups = FG_CLI_OUTPUT | FG_CLI_SEED | FG_CLI_INFERENCE | FG_CLI_LIMIT | FG_CLI_MESSAGES};

static fg_predict_options predict_options(const fg_spec *spec) {
    fg_predict_options o = {.run = spec->predict, .batch = (size_t)batch, .seed = (uint64_t)common.seed};
    o.by = (fg_predict_by)by;
    o.inputs = show == SHOW_INPUTS;
    o.parameters = parameters ? FG_PARAMETERS_GIVEN : FG_PARAMETERS_CONSTANT;
    fg_cli_override(&o.run, &common);
    return o;
}

static int predict(fg_prediction *prediction, fg_outfile **log, const fg_state *state, const fg_dataset *data,
                   const unsigned char *observed, fg_err *err) {
    fg_predict_options o = predict_options(&state->spec);
    fg_model_hook hook = {0};
    fg_run_hook after = {fg_model_after, &hook};
    fg_predict_data known = {.n = data->n,
                             .shape = fg_model_shape(data),
                             .rows = fg_model_rows,
                             .source = data,
                             .observed = observed};
    int status = common.log ? fg_outfile_open(log, common.log, err) : FG_OK;
    if (status)
        return status;
    hook.log = *log ? fg_outfile_stream(*log) : NULL;
    hook.most = o.run.iterations;
    fg_progress_begin(&hook.progress, &common, "iterations",
                      (int64_t)fg_batch_count(data->n, o.batch) * o.run.iterations);
    if (observe >= 0) {
        known.labels = data->labels;
        known.targets = data->y;
        known.n_targets = data->n_targets;
    }
    if (observed) {
        o.input_mean = input_mean;
        o.input_sd = input_sd;
    }
    status = fg_predict(prediction, &state->spec, state->posterior, &known, &o, &after, err);
    if (status)
        fg_hint_damping(err, o.run.damping);
    if (!status && o.inputs && data->scaling)
        fg_scaling_undo(prediction->mean, prediction->sd, data->scaling,
                        prediction->n * prediction->outputs / data->channels);
    fg_progress_end(&hook.progress);
    return status;
}

static int print_predictions(FILE *to, const fg_spec *spec, const fg_prediction *prediction, fg_err *err) {
    infer_table table;
    int status = show == SHOW_INPUTS
                     ? infer_table_inputs(&table, prediction, err)
                     : infer_table_predictions(&table, spec, prediction, by == FG_PREDICT_FORWARD, err);
    if (!status)
        status = infer_table_write(to, &table, (infer_format)format, err);
    infer_table_free(&table);
    return status;
}

static int print_all(const fg_state *state, const fg_prediction *prediction, const fg_dataset *data,
                     const infer_table *table, fg_err *err) {
    fg_outfile *out;
    fg_cli_finish();
    int status = fg_outfile_open(&out, common.output, err);
    if (status)
        return status;
    FILE *to = fg_outfile_stream(out);
    if (inspect)
        status = fg_inspect_print(to, state, err);
    else if (table)
        status = infer_table_write(to, table, (infer_format)format, err);
    else if (score)
        status = infer_score_print(to, &state->spec, prediction, data, err);
    else
        status = print_predictions(to, &state->spec, prediction, err);
    if (!status)
        return fg_outfile_commit(&out, err);
    fg_outfile_abort(&out);
    return status;
}

/* Predictions, those that are drawn, and confusions with their picture. */
static void expect(const fg_state *state, const fg_dataset *data) {
    const fg_spec *spec = &state->spec;
    fg_shape shape = fg_model_shape(data);
    fg_predict_options o = predict_options(spec), drawn = o;
    size_t bytes = need_inferring(spec, shape, data->n, &o, observe >= 0);
    drawn.batch = INFER_DRAWN;
    if (picture) {
        bytes = need_plus(bytes, INFER_PICTURE_BYTES);
        bytes = need_plus(bytes, need_prediction(spec, shape, INFER_DRAWN, &drawn, false));
        bytes = need_plus(bytes, need_times(need_times(data->n, data->n_inputs), sizeof(float)));
    }
    if (confusion)
        bytes = need_plus(bytes, need_matrix((size_t)data->n_classes));
    fg_cli_expect_memory(&common, bytes);
}

/* FG_EINVAL where the model has not what is asked of it. */
static int check_wanted(const fg_dataset_want *want, fg_err *err) {
    if (score && want->target == FG_TARGET_NONE)
        return fg_err_set(err, FG_EINVAL, "--score: the model has no softmax or regression layer to score");
    if (confusion && want->target != FG_TARGET_LABELS)
        return fg_err_set(err, FG_EINVAL, "--confusion: the model has no softmax layer, so no classes");
    if (observe >= 0 && want->target == FG_TARGET_NONE)
        return fg_err_set(err, FG_EINVAL,
                          "--observe: the model has no softmax or regression layer to observe");
    if (observe >= 0 && (observe == OBSERVE_TARGET) != (want->target == FG_TARGET_REAL))
        return fg_err_set(err, FG_EINVAL, "--observe %s: the model has %s: give --observe %s",
                          observables[observe], observe == OBSERVE_TARGET ? "classes" : "real targets",
                          observables[!observe]);
    if ((observe >= 0 || mask) && !want->gaps)
        return fg_err_set(err, FG_EINVAL,
                          "the model's inputs are noiseless, so none can be inferred: it has no observation "
                          "layer first");
    return FG_OK;
}

static int from_state(bool *converged, fg_state *state, fg_err *err) {
    const char *files = data_path ? data_path : test_path;
    fg_dataset_want want =
        fg_model_want(&state->spec, score || picture || confusion || observe >= 0, (size_t)common.limit);
    fg_dataset *data = NULL;
    unsigned char *observed = NULL;
    fg_prediction prediction = {0};
    fg_outfile *log = NULL;
    want.part = data_path ? FG_PART_TRAIN : FG_PART_TEST;
    want.gaps = !fg_spec_noiseless_input(&state->spec);
    if (!files)
        return fg_err_set(err, FG_EINVAL, "no data: add --data FILES, or --test FILES, to predict from");
    int status = check_wanted(&want, err);
    if (!status)
        status = fg_model_await(&common, files, &want, err);
    if (!status)
        status = fg_model_open(&data, &state->spec, files, &want, err);
    if (!status)
        status = fg_model_scale(data, state, NULL, data->n, err);
    if (!status && mask)
        status = fg_model_await(&common, mask, &(fg_dataset_want){.n_inputs = data->n_inputs}, err);
    if (!status)
        status = infer_gaps(&observed, data, mask, observe >= 0 && !mask,
                            fg_model_want(&state->spec, false, 0).n_outputs, err);
    if (!status)
        expect(state, data);
    fg_cli_catch_stop();
    if (!status && picture)
        status = infer_picture_check(data, err);
    if (!status && observed && picture)
        status = fg_err_set(err, FG_EINVAL, "--picture: inputs are missing");
    if (!status && predict(&prediction, &log, state, data, observed, err))
        status = err->code == FG_EINVAL    ? fg_err_prefix(err, "%s", files)
                 : err->code == FG_EFORMAT ? fg_err_prefix(err, "%s", fg_model_path(graph_path))
                                           : err->code;
    *converged = prediction.converged;
    if (!status)
        status = print_all(state, &prediction, data, NULL, err);
    if (!status && picture) {
        fg_predict_options o = predict_options(&state->spec);
        status = infer_picture(picture, state, data, &o, err);
    }
    if (!status && confusion)
        status = infer_confusion(confusion, &prediction, data->labels, err);
    status = fg_cli_end_record(&log, status, err);
    if (!status && common.require_convergence && !*converged)
        fg_cli_not_converged(&common);
    fg_prediction_free(&prediction);
    fg_dataset_free(data);
    fg_free(observed);
    return status;
}

static int from_graph(bool *converged, const fg_state *state, fg_err *err) {
    infer_table table = {0};
    fg_outfile *log = NULL;
    if (data_path || test_path || score || picture || confusion || observe >= 0 || mask || by ||
        show == SHOW_INPUTS)
        return fg_err_set(err, FG_EINVAL,
                          "a graph of variables and factors takes no data, mask, score or picture, and is "
                          "inferred in one way: its observations stand in the spec; leave these options out");
    fg_cli_catch_stop();
    int status = infer_explicit(&table, converged, &log, &state->spec, &common, err);
    if (!status)
        status = print_all(state, NULL, NULL, &table, err);
    status = fg_cli_end_record(&log, status, err);
    infer_table_free(&table);
    return status;
}

static int refuse_spec(const fg_spec *spec, fg_err *err) {
    const char *name = graph_path ? graph_path : "spec.json", *path = fg_model_path(graph_path);
    if (fg_model_want(spec, true, 0).target == FG_TARGET_NONE)
        return fg_err_set(err, FG_EINVAL, "%s holds a model of pictures: fg-denoise -g %s PICTURES... -o DIR",
                          path, name);
    return fg_err_set(
        err, FG_EINVAL,
        "%s holds a spec, but predictions need a state; learn one first: fg-train -g %s --data FILES -o "
        "model.fgm",
        path, name);
}

static int work(bool *converged, fg_err *err) {
    fg_state state;
    int status =
        format == INFER_NPY && !score ? fg_cli_refuse_terminal(common.output, "an NPY array", err) : FG_OK;
    if (!status)
        status = fg_model_load(&state, graph_path, err);
    if (status)
        return status;
    if (filters)
        status = infer_filters(filters, &state, err);
    if (!status && inspect)
        status = print_all(&state, NULL, NULL, NULL, err);
    if (inspect || filters)
        *converged = true;
    else if (state.spec.is_explicit)
        status = from_graph(converged, &state, err);
    else if (!state.posterior)
        status = refuse_spec(&state.spec, err);
    else
        status = from_state(converged, &state, err);
    fg_state_free(&state);
    return status;
}

int main(int argc, char **argv) {
    fg_cli_wait_passively(argv);
    int first, status = fg_cli_parse(&program, argc, argv, &first);
    fg_err err = {0};
    bool converged = false;
    if (status >= 0)
        return fg_cli_end(status);
    if (first < argc)
        return fg_cli_end(fg_cli_no_operand(argv[first]));
    if ((inspect || filters) &&
        (data_path || test_path || score || picture || confusion || observe >= 0 || mask || show >= 0))
        return fg_cli_end(fg_cli_usage("%s looks at the model only: leave out data and what is done with it",
                                       inspect ? "--inspect" : "--filters"));
    if (filters && !inspect && common.output)
        return fg_cli_end(fg_cli_usage("--filters draws the model's filters and nothing else: leave out -o"));
    if (data_path && test_path)
        return fg_cli_end(fg_cli_usage("--data and --test say the same: give one of them"));
    if (observe >= 0 && (score || picture || confusion || show == SHOW_OUTPUTS))
        return fg_cli_end(
            fg_cli_usage("--observe: outputs that are observed are not scored, drawn or shown"));
    if (show == SHOW_INPUTS && (score || picture || confusion))
        return fg_cli_end(fg_cli_usage("--score, --picture and --confusion are of outputs, not of inputs"));
    if (show < 0)
        show = observe >= 0 || (mask && !score) ? SHOW_INPUTS : SHOW_OUTPUTS;
    if ((status = fg_model_one_stdin(graph_path, data_path ? "data" : "test",
                                     data_path ? data_path : test_path)) >= 0 ||
        (status = fg_model_keep_apart(&common, "log", common.log)) >= 0 ||
        (status = fg_model_keep_apart(&common, "picture", picture)) >= 0 ||
        (status = fg_model_keep_apart(&common, "confusion", confusion)) >= 0 ||
        (inspect && (status = fg_model_keep_apart(&common, "filters", filters)) >= 0))
        return fg_cli_end(status);
    status = work(&converged, &err) ? fg_cli_fail(&err) : 0;
    if (!status && common.require_convergence && !converged)
        status = FG_EXIT_NOT_CONVERGED;
    return fg_cli_end(status);
}
