/* fg-denoise: takes the noise out of pictures and clips, and measures how well that went. */
#include "denoise.h"
#include "hint.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "base/path.h"
#include "data/filter.h"
#include "data/number.h"
#include "model/kind.h"

static denoise_options options = {.common = FG_CLI_COMMON,
                                  .baseline = -1,
                                  .panel_frame = -1,
                                  .forget = -1,
                                  .settle = NAN,
                                  .noise = NAN,
                                  .on_divergence = -1};

static const char *const baselines[] = {"median", "switching", "road", "nlm", NULL};

static const fg_cli_option table[] = {
    {.name = "graph",
     .letter = 'g',
     .type = FG_CLI_MODEL,
     .to = &options.graph,
     .metavar = "FILE",
     .help = "the model: a spec, or a state that --save wrote; without it and --baseline it is read from "
             "standard input"},
    {.name = "baseline",
     .type = FG_CLI_ENUM,
     .to = &options.baseline,
     .values = baselines,
     .help = "no model but a classical filter: 3 x 3 median, the same at outliers only, ROAD detection of "
             "impulses with harmonic filling, or, against Gaussian noise, non-local means"},
    {.name = "corrupt",
     .type = FG_CLI_TEXT,
     .to = &options.corrupt,
     .metavar = "NOISE",
     .help = "make noise first and score against the input: P or impulse:P replaces each pixel with "
             "probability P, "
             "gaussian:SD adds; the noise depends on --seed and the frame's number"},
    {.name = "mask",
     .type = FG_CLI_INPUT,
     .to = &options.mask,
     .metavar = "PATH",
     .help =
         "pixels known to be missing, white in this PNG or PGM (one for all frames) or in the pictures of "
         "this "
         "folder (one a frame): they are inpainted, and scored apart as psnr_missing; a baseline fills them "
         "harmonically first"},
    {.name = "noise",
     .type = FG_CLI_TEXT,
     .to = &options.noise_text,
     .metavar = "SD",
     .help = "the standard deviation of Gaussian noise, or auto: estimated from each frame; it becomes the "
             "sigma of "
             "the model's observation layer; nlm has auto by default"},
    {.name = "settle",
     .type = FG_CLI_REAL,
     .to = &options.settle,
     .metavar = "X",
     .range = {0, INFINITY, false, false},
     .help = "end a frame when its pixels' means move by less than X, root mean square, in 10 iterations; 1 "
             "is from "
             "black to white; 0: never (the model's)"},
    {.name = "clean",
     .type = FG_CLI_INPUT,
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
    {.name = "on-divergence",
     .type = FG_CLI_ENUM,
     .to = &options.on_divergence,
     .values = fg_on_divergence_names,
     .help = "begin a frame on which inference diverges again with more damping, or stop (the model's)"},
    {.name = "save",
     .type = FG_CLI_NEW_MODEL,
     .to = &options.save,
     .metavar = "STATE",
     .help = "write the parameters learned up to the last frame; -g STATE starts from them"},
    {.name = "filters",
     .type = FG_CLI_PICTURE,
     .to = &options.filters,
     .metavar = "FILE",
     .help = "write a PNG of the learned filters of all tconv layers: those of the pixels in colour, of "
             "later layers in "
             "grey, a row for each channel"},
    {.name = "sd",
     .type = FG_CLI_TEXT,
     .to = &options.sd,
     .metavar = "DIR",
     .help = "write the posterior standard deviations as 16-bit PNG, 65535 being 1"},
    {.name = "panel",
     .type = FG_CLI_PICTURE,
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
    .pipe = "fg-build denoise-best | fg-denoise PICTURES... -o DIR",
    .make = "make one first: fg-build denoise-best >best.json",
    .options = table,
    .common = &options.common,
    .groups = FG_CLI_OUTPUT_FOLDER | FG_CLI_SEED | FG_CLI_INFERENCE | FG_CLI_METRICS | FG_CLI_LIMIT |
              FG_CLI_MESSAGES,
    .reads_operands = true};

/* 0 or the exit status of a usage error, already printed. */
static int read_noise(void) {
    const char *text = options.noise_text;
    bool automatic = text && strcmp(text, "auto") == 0;
    if (!text)
        options.noise = options.baseline == FG_FILTER_NLM ? 0 : NAN;
    else if (automatic)
        options.noise = 0;
    else if (fg_number_parse(&options.noise, text, strlen(text)) ||
             !(options.noise >= 1e-6 && options.noise <= 10))
        return fg_cli_usage("--noise: '%s' is not auto or a number in 1e-06..10", text);
    if (text && options.baseline >= 0 && options.baseline != FG_FILTER_NLM)
        return fg_cli_usage("--noise: of the baselines only nlm needs it");
    return 0;
}

static bool is_standard(const char *path) {
    return path && strcmp(path, "-") == 0;
}

/* An option that was given and concerns inference alone; NULL: none. */
static const char *inference_option(void) {
    const fg_cli_common *c = &options.common;
    const struct {
        const char *name;
        bool given;
    } all[] = {{"settle", !isnan(options.settle)},
               {"on-divergence", options.on_divergence >= 0},
               {"per-frame", options.per_frame},
               {"forget", options.forget >= 0},
               {"log", c->log},
               {"iters", c->iters},
               {"tol", !isnan(c->tol)},
               {"damping", !isnan(c->damping)},
               {"dropout", !isnan(c->dropout)},
               {"schedule", c->schedule >= 0},
               {"storage", c->storage >= 0},
               {"require-convergence", c->require_convergence}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].given)
            return all[i].name;
    return NULL;
}

/* Options that cannot stand together; 0 or the exit status of a usage error, already printed. */
static int check_options(void) {
    const fg_cli_common *common = &options.common;
    bool stream = options.n_inputs == 0 || (options.n_inputs == 1 && is_standard(options.inputs[0]));
    fg_err err;
    if (stream && isatty(STDIN_FILENO))
        return fg_cli_usage(
            "no pictures: name files or a folder, as in fg-denoise -g best.json clip/ -o out/, or pipe them "
            "in");
    if (options.corrupt && fg_corruption_parse(&options.corruption, options.corrupt, &err))
        return fg_cli_usage("--corrupt: %s; %s", err.text,
                            strstr(options.corrupt, "gau") ? "a deviation of a tenth is gaussian:0.1"
                                                           : "a tenth of the pixels is 0.1");
    if (options.graph && options.baseline >= 0)
        return fg_cli_usage("--graph and --baseline cannot both be given");
    if (options.sd && options.baseline >= 0)
        return fg_cli_usage("--sd: a baseline has no standard deviations");
    if (is_standard(options.mask))
        return fg_cli_usage("--mask: a file or a folder was expected");
    if (options.filters && options.baseline >= 0)
        return fg_cli_usage("--filters: a baseline learns nothing");
    const char *of_inference = options.baseline >= 0 ? inference_option() : NULL;
    if (of_inference)
        return fg_cli_usage("--%s: a baseline has no iterations", of_inference);
    if (stream && options.baseline < 0 && (!options.graph || is_standard(options.graph)))
        return fg_cli_usage("frames come from standard input, so the model must be a file, as in fg-denoise "
                            "-g best.json clip/ -o out/");
    if (is_standard(options.clean) && (stream || options.baseline < 0))
        return fg_cli_usage("--clean: standard input is taken already");
    if (is_standard(options.clean) && isatty(STDIN_FILENO))
        return fg_cli_usage("--clean: pictures are not typed in: name files or a folder, or pipe them in");
    if (is_standard(options.sd))
        return fg_cli_usage("--sd: a folder was expected");
    if (options.sd && common->output && !strcmp(options.sd, common->output))
        return fg_cli_usage("--sd: the pictures that -o names would be overwritten; name another folder");
    if (options.save && options.baseline >= 0)
        return fg_cli_usage("--save: a baseline learns nothing");
    if (options.panel_frame >= 0 && !options.panel)
        return fg_cli_usage("--panel-frame: --panel FILE was not given");
    const char *others[] = {common->metrics, common->log, options.panel, options.save, options.filters};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (others[i] && is_standard(denoise_output(&options)) &&
            fg_path_descriptor(others[i]) == FG_PATH_STDOUT)
            return fg_cli_usage("two outputs cannot both be standard output");
    return read_noise();
}

/* The pictures that are to be blamed, if any are. */
static void hint(fg_err *err) {
    const char *others[] = {options.clean, options.mask};
    for (size_t i = 0; i < 2; i++)
        if (others[i] && strstr(err->text, others[i])) {
            fg_hint_pictures(err, &others[i], 1);
            return;
        }
    fg_hint_pictures(err, options.inputs, options.n_inputs);
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
    fg_err err;
    denoise_method method = {0};
    denoise_totals totals = {0};
    int bad = options.baseline >= 0 ? denoise_filter_open(&method, &options, &err)
                                    : denoise_graph_open(&method, &options, &err);
    fg_cli_catch_stop();
    if (!bad)
        bad = denoise_clip(&totals, &options, &method, &err);
    if (bad == FG_EFORMAT || bad == FG_EIO || bad == FG_EINVAL)
        hint(&err);
    fg_err end_err;
    /* A frame that cannot be read, written or inferred takes nothing from what those before it taught. */
    bool keep = !bad || bad == FG_EDIVERGED || totals.frames;
    int end_bad = method.end ? method.end(method.self, keep, &end_err) : FG_OK;
    if (bad)
        status = fg_cli_fail(&err);
    else if (end_bad)
        status = fg_cli_fail(&end_err);
    else if (options.common.require_convergence && !totals.converged)
        status = fg_cli_not_converged(&options.common);
    return fg_cli_end(status);
}
