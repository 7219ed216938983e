/* fg-train: infers the parameters of a layered graph from data, all of it in one graph. */
#include <math.h>

#include "base/io.h"
#include "base/mem.h"
#include "hint.h"
#include "model.h"
#include "model/kind.h"
#include "need.h"
#include "train_resume.h"

static fg_cli_common common = FG_CLI_COMMON;
static const char *graph_path, *data_path;
static bool no_resume;
static int on_divergence = -1; /* an fg_on_divergence, or -1: as the model says */
static int64_t given_seed;     /* negative: none */

static const fg_cli_option options[] = {
    {.name = "graph",
     .letter = 'g',
     .type = FG_CLI_MODEL,
     .to = &graph_path,
     .metavar = "FILE",
     .help = "the model: a spec, or a state whose marginals become the priors; standard input if not given"},
    {.name = "data",
     .letter = 'd',
     .type = FG_CLI_INPUT,
     .to = &data_path,
     .metavar = "FILES",
     .help =
         "training data: comma-joined files (x.csv, x.npy,y.npy, or IDX or CIFAR-10 files), or a folder with "
         "MNIST's or CIFAR-10's files"},
    {.name = "on-divergence",
     .type = FG_CLI_ENUM,
     .to = &on_divergence,
     .values = fg_on_divergence_names,
     .help = "where inference diverges, begin it again with more damping, three times at most, or stop (the "
             "model's)"},
    {.name = "no-resume",
     .type = FG_CLI_FLAG,
     .to = &no_resume,
     .help =
         "begin a new run, also where the state holds an interrupted one: what that learned is the prior"},
    {.name = NULL}};

static const fg_cli_program program = {
    .name = "fg-train",
    .usage = "[-g FILE] --data FILES [options]",
    .summary = "Infers the parameters of a factor graph from data.",
    .description =
        "Reads a spec or a state, puts all of the data into one graph, runs inference, and writes a\n"
        "state with the parameters' marginals. After SIGINT or SIGTERM the state also holds the\n"
        "messages: fg-train -g STATE with the same data and options goes on where it stopped.",
    .examples = "fg-build xor | fg-train --data testdata/xor.csv --seed 1 >xor.fgm\n"
                "fg-train -g xor.fgm --data more.csv -o both.fgm",
    .pipe = "fg-build xor | fg-train --data FILES -o xor.fgm",
    .make = "make one first: fg-build xor >xor.json",
    .options = options,
    .common = &common,
    .groups = FG_CLI_OUTPUT_MODEL | FG_CLI_SEED | FG_CLI_INFERENCE | FG_CLI_METRICS | FG_CLI_LIMIT |
              FG_CLI_MESSAGES};

static int bind_targets(fg_graph *graph, const fg_dataset *data, fg_err *err) {
    if (data->labels)
        return fg_graph_set_labels(graph, data->labels, err);
    return data->y ? fg_graph_set_targets(graph, data->y, err) : FG_OK;
}

static fg_run_options run_options(const fg_spec *spec) {
    fg_run_options run = spec->run;
    fg_cli_override(&run, &common);
    if (on_divergence >= 0)
        run.on_divergence = (fg_on_divergence)on_divergence;
    return run;
}

static int wire(fg_graph **graph, fg_train_place *place, const fg_state *state, const fg_dataset *data,
                fg_err *err) {
    fg_graph_options wiring = {.seed = state->resume ? state->seed : (uint64_t)common.seed,
                               .storage = run_options(&state->spec).storage};
    float *x = NULL;
    fg_cli_expect_memory(&common, need_training(&state->spec, fg_model_shape(data), data->n, wiring.storage));
    int status = fg_graph_create(graph, &state->spec, fg_model_shape(data), data->n, &wiring, err);
    if (!status)
        status = fg_model_inputs(&x, data, err);
    if (!status)
        status = fg_graph_set_input(*graph, x, FG_ORDER_HWC, NULL, err);
    fg_free(x);
    if (!status)
        status = bind_targets(*graph, data, err);
    if (!status && state->resume)
        return fg_train_resume(place, *graph, state, err);
    if (!status && state->posterior)
        status = fg_graph_set_priors(*graph, state->posterior, err);
    return status;
}

/* What came of attempts that failed, and what to try after the last. */
static void tell_failures(const fg_train_info *info, double last) {
    if (info->failed)
        fg_cli_warn("%s; no better with damping %.3g: what was learned is of little use; try --damping %.3g "
                    "and more --iters",
                    info->reason, last, (1 + last) / 2);
    else if (info->reason[0] && !common.quiet)
        fg_cli_warn("%s; begun again with damping %.3g", info->reason, last);
}

static void hint_at_failures(fg_err *err, const fg_train_info *info, double last, const fg_spec *spec,
                             const fg_dataset *data) {
    if (info->rate < 1)
        fg_hint(err, "no better with damping %.3g", last);
    if (!fg_model_hint_targets(err, spec, data))
        fg_hint_damping(err, last);
}

static int run(fg_train_info *info, fg_posterior **out, fg_outfile **log, fg_graph *graph,
               fg_train_place *place, const fg_spec *spec, const fg_dataset *data, fg_err *err) {
    fg_run_options run = run_options(spec);
    fg_batch batch = {.n = data->n, .labels = data->labels, .targets = data->y};
    fg_model_hook hook = {0};
    fg_run_hook after = {fg_model_after, &hook};
    int status = train_resume_check_iterations(fg_graph_iterations(graph), run.iterations, common.iters > 0,
                                               fg_model_path(graph_path), err);
    if (!status && common.log)
        status = fg_outfile_open(log, common.log, err);
    if (status)
        return status;
    hook.log = *log ? fg_outfile_stream(*log) : NULL;
    fg_progress_begin(&hook.progress, &common, "iterations", run.iterations);
    hook.progress.base = fg_graph_iterations(graph);
    status = fg_train(info, out, graph, place, &batch, &run, &after, err);
    fg_progress_end(&hook.progress);
    double last = 1 - info->rate * (1 - run.damping);
    if (status == FG_EDIVERGED)
        hint_at_failures(err, info, last, spec, data);
    else
        tell_failures(info, last);
    return status;
}

/* The state to write: the loaded one's spec and history, with the new posterior. */
static int conclude(fg_state *state, fg_posterior *posterior, const fg_graph *graph,
                    const fg_train_place *place, const fg_dataset *data, bool stopped, fg_err *err) {
    fg_posterior_free(state->posterior);
    state->posterior = posterior;
    if (!state->resume) {
        state->seed = (uint64_t)common.seed;
        state->examples += data->n;
    }
    fg_state_drop_runs(state); /* also an unfinished one of fg-continual, which is overtaken */
    int status = fg_state_command(state, fg_cli_command_line(), err);
    if (status || !stopped)
        return status;
    fg_cli_expect_memory(&common, SIZE_MAX); /* messages are kept, and copied when they are written */
    status = fg_train_suspend(state, graph, place, err);
    return status ? status : train_resume_keep(state, data, err);
}

static int write_metrics(const fg_run_info *info, const fg_dataset *data, fg_err *err) {
    fg_outfile *out;
    int status = fg_outfile_open(&out, common.metrics, err);
    if (status)
        return status;
    FILE *to = fg_outfile_stream(out);
    fprintf(to, "{\"summary\":true,\"examples\":%zu,\"iterations\":%d,\"converged\":%s", data->n,
            info->iterations, info->converged ? "true" : "false");
    fg_cli_put_real(to, "change", 6, info->change);
    fg_cli_put_real(to, "energy", 9, info->energy);
    fprintf(to, ",\"improper\":%llu,\"rejected\":%llu,\"seconds\":%.4f}\n",
            (unsigned long long)info->improper, (unsigned long long)info->rejected, info->seconds);
    return fg_outfile_commit(&out, err);
}

static int check_use(const fg_spec *spec, fg_err *err) {
    if (spec->is_explicit)
        return fg_err_set(err, FG_EINVAL,
                          "a graph of variables and factors has no parameters to train; fg-infer -g FILE "
                          "gives its marginals");
    if (fg_spec_noiseless_input(spec) && fg_model_want(spec, true, 0).target == FG_TARGET_NONE)
        return fg_err_set(err, FG_EINVAL,
                          "%s: no targets can be learned: the model ends in no softmax or regression "
                          "layer; as in fg-build --input 2 dense:8 dense:2 softmax",
                          fg_model_path(graph_path));
    if (fg_spec_has(spec, FG_LAYER_DENSE) || fg_spec_has(spec, FG_LAYER_CONV))
        return FG_OK;
    return fg_err_set(err, FG_EINVAL,
                      "%s: no layer with parameters to train from rows of data; fg-denoise takes pictures",
                      fg_model_path(graph_path));
}

static int train(fg_run_info *info, fg_outfile **log, fg_state *state, const fg_dataset *data, fg_err *err) {
    fg_graph *graph = NULL;
    fg_posterior *posterior = NULL;
    fg_train_place place = {0};
    fg_train_info trained = {0};
    int status = wire(&graph, &place, state, data, err);
    if (status == FG_EFORMAT && state->resume)
        fg_hint(err, "--no-resume begins a new run from what it learned");
    if (status)
        fg_err_prefix(err, "%s", status == FG_EFORMAT ? fg_model_path(graph_path) : data_path);
    else
        status = run(&trained, &posterior, log, graph, &place, &state->spec, data, err);
    if (!status)
        status = conclude(state, posterior, graph, &place, data, trained.run.stopped, err);
    *info = trained.run;
    for (int i = 0; !status && i < fg_graph_layers(graph); i++) {
        fg_layer_stats layer;
        fg_graph_layer_stats(&layer, graph, i);
        fg_model_tell_trouble(&common, layer.name, layer.kind, layer.run_improper, layer.run_rejected,
                              layer.run_curbed);
    }
    if (!status)
        fg_model_tell_targets(&common, &state->spec, data);
    fg_graph_free(graph);
    return status;
}

static int work(bool *converged, fg_state *state, fg_err *err) {
    fg_dataset *data = NULL;
    fg_outfile *log = NULL;
    fg_run_info info = {0};
    fg_dataset_want want;
    int status = fg_cli_refuse_terminal(common.output, "a state", err);
    if (!status)
        status = fg_model_load(state, graph_path, err);
    if (!status)
        status = check_use(&state->spec, err);
    if (status)
        return status;
    want = fg_model_want(&state->spec, true, (size_t)common.limit);
    status = fg_model_await(&common, data_path, &want, err);
    if (!status)
        status = fg_model_open(&data, &state->spec, data_path, &want, err);
    if (!status && no_resume)
        fg_state_drop_runs(state);
    if (!status && state->resume)
        status = train_resume_check(state, fg_model_path(graph_path), data_path, data, given_seed, err);
    if (!status)
        status = fg_model_scale(data, state, NULL, data->n, err);
    fg_cli_catch_stop();
    if (!status)
        status = train(&info, &log, state, data, err);
    fg_cli_finish();
    if (!status)
        status = fg_model_save(common.output, state, err);
    status = fg_cli_end_record(&log, status, err);
    if (!status && common.metrics)
        status = write_metrics(&info, data, err);
    *converged = !status && info.converged;
    fg_dataset_free(data);
    return status;
}

int main(int argc, char **argv) {
    fg_cli_wait_passively(argv);
    common.seed = -1; /* a seed that is given must be that of a run that is resumed */
    int first, status = fg_cli_parse(&program, argc, argv, &first);
    given_seed = common.seed;
    common.seed = given_seed < 0 ? 0 : given_seed;
    fg_state state = {0};
    fg_err err = {0};
    bool converged = false;
    if (status >= 0)
        return fg_cli_end(status);
    if (first < argc)
        return fg_cli_end(fg_cli_no_operand(argv[first]));
    if (!data_path)
        return fg_cli_end(
            fg_cli_usage("--data FILES is needed, as in fg-train -g spec.json --data xor.csv -o xor.fgm"));
    if ((status = fg_model_one_stdin(graph_path, "data", data_path)) >= 0 ||
        (status = fg_model_keep_apart(&common, "metrics", common.metrics)) >= 0 ||
        (status = fg_model_keep_apart(&common, "log", common.log)) >= 0)
        return fg_cli_end(status);
    status = work(&converged, &state, &err) ? fg_cli_fail(&err) : 0;
    fg_state_free(&state);
    if (!status && common.require_convergence && !converged)
        status = fg_cli_not_converged(&common);
    return fg_cli_end(status);
}
