/* fg-continual: learns from batches or tasks one after the other, each posterior the prior of the next. */
#include "continual.h"

#include <math.h>
#include <string.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/path.h"
#include "model.h"
#include "model/kind.h"
#include "need.h"

static continual_options options = {.common = FG_CLI_COMMON,
                                    .batch = 50,
                                    .passes = 1,
                                    .forget = -1,
                                    .average = -1,
                                    .temper = 1,
                                    .on_divergence = -1};

static const char *const ways[] = {"forward", "inference", NULL};
static const char *const scorings[] = {"class", "task", "domain", NULL};

static const fg_cli_option table[] = {
    {.name = "graph",
     .letter = 'g',
     .type = FG_CLI_MODEL,
     .to = &options.graph,
     .metavar = "FILE",
     .help =
         "the model: a spec, or a state whose marginals are the first priors; standard input if not given"},
    {.name = "data",
     .letter = 'd',
     .type = FG_CLI_INPUT,
     .to = &options.data,
     .metavar = "FILES",
     .help =
         "training data: comma-joined files (x.csv, x.npy,y.npy, or IDX or CIFAR-10 files), or a folder with "
         "MNIST's or CIFAR-10's files, whose training part is taken"},
    {.name = "test",
     .type = FG_CLI_INPUT,
     .to = &options.test,
     .metavar = "FILES",
     .help = "data to evaluate on, likewise, but of a folder the test part is taken"},
    {.name = "validate",
     .type = FG_CLI_TEXT,
     .to = &options.validate,
     .metavar = "N",
     .help = "hold back N training examples, or a share below 1, chosen by --seed, and evaluate on them"},
    {.name = "examples",
     .type = FG_CLI_TEXT,
     .to = &options.examples,
     .metavar = "N",
     .help =
         "learn from N training examples only, or a share below 1, chosen by --seed out of those not held "
         "back"},
    {.name = "batch",
     .type = FG_CLI_INT,
     .to = &options.batch,
     .metavar = "N",
     .range = {.min = 1, .max = 1e6},
     .help = "examples in one graph (50)"},
    {.name = "passes",
     .type = FG_CLI_INT,
     .to = &options.passes,
     .metavar = "N",
     .range = {.min = 1, .max = 1e6},
     .help = "times that each example is learned from (1)"},
    {.name = "shuffle",
     .type = FG_CLI_FLAG,
     .to = &options.shuffle,
     .help = "take examples in an order drawn by --seed, another one each pass (the default)"},
    {.name = "no-shuffle",
     .type = FG_CLI_FLAG,
     .to = &options.no_shuffle,
     .help = "take examples in the order of the data"},
    {.name = "eval-every",
     .type = FG_CLI_INT,
     .to = &options.eval_every,
     .metavar = "N",
     .range = {.min = 1, .max = 1e15},
     .help = "evaluate each time so many more examples have been learned from; always at the end"},
    {.name = "eval-by",
     .type = FG_CLI_ENUM,
     .to = &options.eval_by,
     .values = ways,
     .help = "evaluate by the forward pass at the means (fast), or by inference"},
    {.name = "forget",
     .type = FG_CLI_REAL,
     .to = &options.forget,
     .metavar = "A",
     .range = {0, 1, false, true},
     .help = "from batch to batch move means and deviations of parameters this far back to their priors (the "
             "spec's)"},
    {.name = "temper",
     .type = FG_CLI_REAL,
     .to = &options.temper,
     .metavar = "T",
     .range = {0, 1, true, false},
     .help = "from batch to batch multiply the precisions of parameters by this (1)"},
    {.name = "average",
     .type = FG_CLI_INT,
     .to = &options.average,
     .metavar = "K",
     .range = {.min = 0, .max = 1e6},
     .help =
         "predict with a running average of the means over about K batches; 0: with the last (the model's)"},
    {.name = "on-divergence",
     .type = FG_CLI_ENUM,
     .to = &options.on_divergence,
     .values = fg_on_divergence_names,
     .help =
         "begin a batch on which inference diverges again with more damping, or stop with what was learned "
         "before it (the model's)"},
    {.name = "checkpoint",
     .type = FG_CLI_INT,
     .to = &options.checkpoint,
     .metavar = "N",
     .range = {.min = 1, .max = 1e9},
     .help = "write the state every N batches, so that --resume can go on from it"},
    {.name = "resume",
     .type = FG_CLI_MODEL,
     .to = &options.resume,
     .metavar = "FILE",
     .help = "go on with the unfinished run in this state, in place of -g and with the options it was begun "
             "with: the same bytes in the end; metrics and log hold what is done from there on"},
    {.name = "tasks",
     .type = FG_CLI_INPUT,
     .to = &options.tasks,
     .metavar = "TASKS",
     .help = "split:K: K classes after K classes; permuted:N: N orders of the inputs, the first as they are; "
             "else a file with lines NAME TRAINING-FILES [TEST-FILES], relative to its folder"},
    {.name = "scoring",
     .type = FG_CLI_ENUM,
     .to = &options.scoring,
     .values = scorings,
     .help = "of split tasks: all classes compete; only those of the task; or the place of the class in its "
             "task is what the model learns, with as many outputs"},
    {.name = "matrix",
     .type = FG_CLI_PICTURE,
     .to = &options.matrix,
     .metavar = "FILE",
     .help = "draw the accuracies on all tasks (columns) after each task (rows) as PNG, light is 1"},
    {.name = NULL}};

static const fg_cli_program program = {
    .name = "fg-continual",
    .usage =
        "[-g FILE | --resume FILE] --data FILES [options]\n[-g FILE | --resume FILE] --tasks FILE [options]",
    .summary = "Learns from data batch after batch, each posterior being the prior of the next.",
    .description =
        "Reads a spec or a state, learns from one batch at a time, and writes a state. A batch ends after\n"
        "--iters iterations, or when no belief changes by more than --tol; where inference diverges it is\n"
        "begun again with more damping, or not, see --on-divergence. After SIGINT or SIGTERM, and at\n"
        "checkpoints, the state can be resumed. Metrics are a JSON line for each evaluation, and a summary.",
    .examples =
        "fg-build xor | fg-continual --data testdata/xor.csv --batch 4 --passes 5 --seed 1 -o xor.fgm\n"
        "fg-continual -g spec.json --data x.npy,y.npy --validate 0.1 --eval-every 1000 --metrics - -o a.fgm\n"
        "fg-continual --resume a.fgm --data x.npy,y.npy --validate 0.1 --eval-every 1000 -o a.fgm",
    .pipe = "fg-build xor | fg-continual --data FILES -o xor.fgm",
    .make = "make one first: fg-build xor >xor.json",
    .options = table,
    .common = &options.common,
    .groups = FG_CLI_OUTPUT_MODEL | FG_CLI_SEED | FG_CLI_INFERENCE | FG_CLI_METRICS | FG_CLI_LIMIT |
              FG_CLI_MESSAGES};

/* Options that cannot stand together; -1, or the exit status of a usage error, already printed. */
static int check_options(void) {
    const char *output = options.common.output;
    int status;
    if (options.graph && options.resume)
        return fg_cli_usage("--graph and --resume cannot both be given: a state to resume holds its model");
    if (options.shuffle && options.no_shuffle)
        return fg_cli_usage("--shuffle and --no-shuffle cannot both be given");
    if (!options.data && !options.tasks)
        return fg_cli_usage(
            "--data FILES is needed, as in fg-continual -g spec.json --data x.npy,y.npy -o a.fgm");
    if (options.checkpoint && !fg_path_replaced(output))
        return fg_cli_usage("--checkpoint: -o FILE is needed, %s can be written only once",
                            fg_path_descriptor(output) < 0 ? output : "standard output");
    if (options.matrix && continual_makes_tasks(&options) && !options.test && !options.validate)
        return fg_cli_usage("--matrix: nothing is evaluated: --test or --validate says on what");
    if (options.matrix && !options.tasks)
        return fg_cli_usage("--matrix: --tasks was not given, as in --tasks split:2");
    if (options.eval_every && !options.test && !options.validate && !options.tasks)
        return fg_cli_usage("--eval-every: --test or --validate says what to evaluate on");
    if (options.data && options.test && !strcmp(options.data, "-") && !strcmp(options.test, "-"))
        return fg_cli_usage("--test -: standard input is where --data come from; name a file");
    const char *model = options.resume ? options.resume : options.graph;
    if ((status = fg_model_one_stdin(model, "data", options.data)) >= 0 ||
        (status = fg_model_one_stdin(model, "test", options.test)) >= 0 ||
        (status = fg_model_keep_apart(&options.common, "metrics", options.common.metrics)) >= 0 ||
        (status = fg_model_keep_apart(&options.common, "matrix", options.matrix)) >= 0)
        return status;
    return fg_model_keep_apart(&options.common, "log", options.common.log);
}

static int load(continual_run *run, fg_err *err) {
    const char *path = options.resume ? options.resume : options.graph;
    int status = fg_model_load(&run->state, path, err);
    const fg_spec *spec = &run->state.spec;
    if (status)
        return status;
    fg_layer_kind last = spec->is_explicit ? FG_LAYER_KINDS : spec->layers[spec->n_layers - 1].kind;
    if (last != FG_LAYER_SOFTMAX && last != FG_LAYER_REGRESSION)
        return fg_err_set(err, FG_EINVAL, "%s: a model to learn with ends in a softmax or regression layer",
                          fg_model_path(path));
    if (run->state.resume)
        return fg_err_set(err, FG_EINVAL, "%s holds an interrupted run of fg-train: finish that first",
                          fg_model_path(path));
    run->base = run->state.examples;
    options.run = spec->run;
    fg_cli_override(&options.run, &options.common);
    if (options.forget >= 0)
        options.run.forget = options.forget;
    if (options.average >= 0)
        options.run.average = (int)options.average;
    if (options.on_divergence >= 0)
        options.run.on_divergence = (fg_on_divergence)options.on_divergence;
    options.predict = spec->predict;
    return FG_OK;
}

static void expect(const continual_run *run) {
    const continual_data *data = &run->data;
    need_stream stream = {.storage = options.run.storage,
                          .batch = continual_most_in_batch(run),
                          .rows = continual_most_rows(run),
                          .tasks = data->n_tasks};
    for (size_t i = 0; i < data->n_tasks; i++) {
        const continual_task *task = &data->tasks[i];
        size_t left = task->train.rows.n % stream.batch;
        stream.rest = left > stream.rest ? left : stream.rest;
        stream.tested = task->test.rows.n > stream.tested ? task->test.rows.n : stream.tested;
        stream.tested = task->validation.rows.n > stream.tested ? task->validation.rows.n : stream.tested;
    }
    fg_cli_expect_memory(&options.common, need_learning(&run->state.spec, data->shape, &stream));
}

/* The filter from its beginning, or from where an unfinished run stands. */
static int begin(continual_run *run, fg_err *err) {
    size_t n = run->data.n_tasks;
    fg_filter_place place = {.learned = run->state.posterior != NULL};
    fg_filter_options o = {.run = options.run,
                           .batch = continual_most_in_batch(run),
                           .seed = (uint64_t)options.common.seed,
                           .temper = options.temper};
    expect(run);
    run->matrix = fg_alloc(n * n, sizeof *run->matrix);
    if (!run->matrix)
        return fg_err_set(err, FG_ENOMEM, "no memory for the accuracies of %zu tasks", n);
    for (size_t i = 0; i < n * n; i++)
        run->matrix[i] = NAN;
    int status = options.resume ? continual_resume(&place, run, err) : FG_OK;
    if (!status)
        status = fg_filter_create(&run->filter, &run->state.spec, run->data.shape,
                                  place.learned ? run->state.posterior : NULL, &o, err);
    if (!status && !fg_filter_posterior(run->filter)->n)
        status = fg_err_set(err, FG_EINVAL, "the model has no layer with parameters to learn");
    if (status)
        return status;
    if (options.resume)
        fg_filter_resume(run->filter, &place);
    else
        status = fg_state_command(&run->state, fg_cli_command_line(), err);
    return status;
}

static int work(continual_run *run, fg_err *err) {
    fg_outfile *metrics = NULL;
    int status = fg_cli_refuse_terminal(options.common.output, "a state", err);
    if (!status)
        status = load(run, err);
    if (!status)
        status = continual_data_open(&run->data, &options, &run->state, err);
    if (!status)
        status = begin(run, err);
    fg_cli_catch_stop();
    if (!status && options.common.metrics)
        status = fg_outfile_open(&metrics, options.common.metrics, err);
    if (status)
        return status;
    run->metrics = metrics ? fg_outfile_stream(metrics) : NULL;
    status = continual_learn(run, err);
    if (!status && options.matrix)
        status = continual_matrix_picture(run, err);
    if (!status || status == FG_ESTOPPED || status == FG_EDIVERGED)
        status = fg_cli_end_record(&metrics, status, err);
    fg_outfile_abort(&metrics);
    return status == FG_ESTOPPED ? FG_OK : status;
}

int main(int argc, char **argv) {
    fg_cli_wait_passively(argv);
    int first, status = fg_cli_parse(&program, argc, argv, &first);
    if (status >= 0)
        return fg_cli_end(status);
    if (first < argc)
        return fg_cli_end(fg_cli_no_operand(argv[first]));
    if ((status = check_options()) >= 0)
        return fg_cli_end(status);
    continual_run run = {.options = &options, .converged = true, .accuracy = NAN};
    fg_err err = {0};
    status = work(&run, &err) ? fg_cli_fail(&err) : 0;
    if (!status && options.common.require_convergence && !run.converged)
        status = fg_cli_not_converged(&options.common);
    fg_filter_free(run.filter);
    continual_data_free(&run.data);
    fg_free(run.matrix);
    fg_state_free(&run.state);
    return fg_cli_end(status);
}
