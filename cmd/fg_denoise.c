/* fg-denoise: takes the noise out of pictures and clips, and measures how well that went. */
#include "denoise.h"

#include <string.h>

#include "data/filter.h"

static denoise_options options = {.common = FG_CLI_COMMON, .baseline = -1, .panel_frame = -1, .forget = -1};

static const char *const baselines[] = {"median", "switching", "road", NULL};

static const fg_cli_option table[] = {
    {.name = "graph",
     .letter = 'g',
     .type = FG_CLI_TEXT,
     .to = &options.graph,
     .metavar = "FILE",
     .help = "the model: a graph spec; without it and --baseline the spec is read from standard input"},
    {.name = "baseline",
     .type = FG_CLI_ENUM,
     .to = &options.baseline,
     .values = baselines,
     .help = "no model but a classical filter: 3 x 3 median, the same at outliers only, or ROAD detection of "
             "impulses with harmonic filling"},
    {.name = "corrupt",
     .type = FG_CLI_TEXT,
     .to = &options.corrupt,
     .metavar = "NOISE",
     .help = "make noise first and score against the input: P or impulse:P replaces each pixel with "
             "probability P, "
             "gaussian:SD adds; the noise depends on --seed and the frame's number"},
    {.name = "clean",
     .type = FG_CLI_TEXT,
     .to = &options.clean,
     .metavar = "DIR",
     .help = "score against these frames (a folder or a file)"},
    {.name = "per-frame",
     .type = FG_CLI_FLAG,
     .to = &options.per_frame,
     .help = "learn parameters afresh from each frame, instead of carrying them from frame to frame"},
    {.name = "forget",
     .type = FG_CLI_REAL,
     .to = &options.forget,
     .metavar = "A",
     .range = {0, 1, false, true},
     .help = "from frame to frame move means and deviations of parameters this far back to their priors (the "
             "spec's)"},
    {.name = "save",
     .type = FG_CLI_TEXT,
     .to = &options.save,
     .metavar = "STATE",
     .help = "write the parameters learned up to the last frame; -g STATE starts from them"},
    {.name = "sd",
     .type = FG_CLI_TEXT,
     .to = &options.sd,
     .metavar = "DIR",
     .help = "write the posterior standard deviations as 16-bit PNG, 65535 being 1"},
    {.name = "panel",
     .type = FG_CLI_TEXT,
     .to = &options.panel,
     .metavar = "FILE",
     .help = "write a PNG of one frame: clean, noisy, denoised, their difference four times as strong, "
             "deviations"},
    {.name = "panel-frame",
     .type = FG_CLI_INT,
     .to = &options.panel_frame,
     .metavar = "N",
     .help = "the frame that --panel shows, from 0; the last if not given",
     .range = {.max = 1e15}},
    {0}};

static const fg_cli_program program = {
    .name = "fg-denoise",
    .usage = "[-g FILE | --baseline KIND] [options] INPUT... -o DIR\n[-g FILE | --baseline KIND] [options] < "
             "STREAM > "
             "STREAM",
    .summary = "takes the noise out of pictures and clips",
    .description =
        "INPUT is PNG, PPM or PGM files and folders of them, or - or nothing for a stream of such pictures "
        "on\n"
        "standard input. All frames must have one shape. Frames are written to the folder -o under their "
        "own\n"
        "names, or one behind the other to standard output; with --metrics - and no -o they are not written.",
    .examples =
        "fg-build denoise-pairwise | fg-denoise clip/ --corrupt 0.1 --seed 1 --metrics - -o out/\n"
        "fg-denoise --baseline road noisy.png -o out/\n"
        "ffmpeg -i in.mp4 -f image2pipe -c:v ppm - | fg-denoise -g spec.json - | ffmpeg -f image2pipe -c:v "
        "ppm -i - out.mp4",
    .options = table,
    .common = &options.common,
    .groups =
        FG_CLI_OUTPUT | FG_CLI_SEED | FG_CLI_INFERENCE | FG_CLI_METRICS | FG_CLI_LIMIT | FG_CLI_MESSAGES};

static bool is_standard(const char *path) {
    return path && strcmp(path, "-") == 0;
}

/* Options that cannot stand together; 0 or the exit status of a usage error, already printed. */
static int check_options(void) {
    const fg_cli_common *common = &options.common;
    bool stream = options.n_inputs == 0 || (options.n_inputs == 1 && is_standard(options.inputs[0]));
    fg_err err;
    if (options.corrupt && fg_corruption_parse(&options.corruption, options.corrupt, &err))
        return fg_cli_usage("--corrupt: %s", err.text);
    if (options.graph && options.baseline >= 0)
        return fg_cli_usage("--graph and --baseline cannot both be given");
    if (options.sd && options.baseline >= 0)
        return fg_cli_usage("--sd: a baseline has no standard deviations");
    if (common->log && options.baseline >= 0)
        return fg_cli_usage("--log: a baseline has no iterations");
    if (stream && options.baseline < 0 && (!options.graph || is_standard(options.graph)))
        return fg_cli_usage("frames come from standard input, so the model must be a file: -g FILE");
    if (is_standard(options.clean) && (stream || options.baseline < 0))
        return fg_cli_usage("--clean: standard input is taken already");
    if (is_standard(options.sd))
        return fg_cli_usage("--sd: a folder was expected");
    if (options.save && options.baseline >= 0)
        return fg_cli_usage("--save: a baseline learns nothing");
    if (options.panel_frame >= 0 && !options.panel)
        return fg_cli_usage("--panel-frame: --panel FILE was not given");
    int on_stdout = is_standard(common->output) + is_standard(common->metrics) + is_standard(common->log) +
                    is_standard(options.panel) + is_standard(options.save);
    if (on_stdout > 1)
        return fg_cli_usage("two outputs cannot both be standard output");
    return 0;
}

int main(int argc, char **argv) {
    fg_cli_wait_passively(argv);
    int first, status = fg_cli_parse(&program, argc, argv, &first);
    if (status >= 0)
        return status;
    options.inputs = (const char *const *)argv + first;
    options.n_inputs = (size_t)(argc - first);
    status = check_options();
    if (status)
        return fg_cli_end(status);
    fg_cli_catch_stop();
    fg_err err;
    denoise_method method = {0};
    denoise_totals totals = {0};
    int bad = options.baseline >= 0 ? denoise_filter_open(&method, options.baseline, &err)
                                    : denoise_graph_open(&method, &options, &err);
    if (!bad)
        bad = denoise_clip(&totals, &options, &method, &err);
    fg_err end_err;
    int end_bad = method.end ? method.end(method.self, !bad, &end_err) : FG_OK;
    if (bad)
        status = fg_cli_fail(&err);
    else if (end_bad)
        status = fg_cli_fail(&end_err);
    else if (options.common.require_convergence && !totals.converged)
        status = FG_EXIT_NOT_CONVERGED;
    return fg_cli_end(status);
}
