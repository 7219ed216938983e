#include "denoise.h"

#include <limits.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/path.h"
#include "data/sink.h"

typedef struct clip {
    const denoise_options *options;
    const denoise_method *method;
    fg_frames *input, *clean;
    denoise_mask *mask;
    fg_sink *output, *sd;
    fg_outfile *metrics;
    denoise_frame frame;
    denoise_totals *totals;
    bool warned_alpha, panel_done;
} clip;

/* Frames go to standard output unless -o names another place or the metrics take it. */
const char *denoise_output(const denoise_options *o) {
    if (o->common.output)
        return o->common.output;
    return o->common.metrics && strcmp(o->common.metrics, "-") == 0 ? NULL : "-";
}

/* "-o clean.png" would make a folder of that name. */
static bool names_a_picture(const char *path) {
    static const char *const suffixes[] = {".png",  ".ppm", ".pgm", ".pnm", ".jpg",
                                           ".jpeg", ".gif", ".bmp", ".tif", ".webp"};
    const char *dot = strrchr(path, '.');
    struct stat st;
    for (size_t i = 0; dot && i < sizeof suffixes / sizeof *suffixes; i++)
        if (strcasecmp(dot, suffixes[i]) == 0)
            return stat(path, &st) != 0;
    return false;
}

typedef bool reads(const fg_frames *frames, const char *path);

/* Of all pictures that are read. */
static bool any_reads(const clip *c, reads *reads_it, const char *path) {
    const fg_frames *sources[] = {c->input, c->clean, c->mask ? denoise_mask_frames(c->mask) : NULL};
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
        if (sources[i] && reads_it(sources[i], path))
            return true;
    return false;
}

static int open_folder(fg_sink **sink, const char *path, const clip *c, fg_err *err) {
    if (names_a_picture(path))
        return fg_err_set(err, FG_EINVAL,
                          "%s: pictures go to a folder under their own names: -o DIR; -o - writes PPM", path);
    int bad = fg_sink_open(sink, path, err);
    if (!bad && any_reads(c, fg_frames_reads_from, path))
        bad =
            fg_err_set(err, FG_EINVAL, "%s: frames are read from this folder and would be overwritten", path);
    return bad;
}

/* What can be known before anything is read or written, and which pictures belong together; nothing of
 * streams, whose length only their end tells. */
static int pair(const clip *c, fg_err *err) {
    const denoise_options *o = c->options;
    size_t n = fg_frames_count(c->input), limit = (size_t)o->common.limit;
    if (n == 0)
        return FG_OK;
    n = limit && limit < n ? limit : n;
    if (o->panel_frame >= 0 && (size_t)o->panel_frame >= n)
        return fg_err_set(err, FG_EINVAL, "--panel-frame: %lld is not among the %zu frames",
                          (long long)o->panel_frame, n);
    size_t n_masks = c->mask ? denoise_mask_count(c->mask) : 0;
    if (n_masks && n_masks < n)
        return fg_err_set(err, FG_EINVAL, "--mask: %s has %zu pictures for the input's %zu", o->mask, n_masks,
                          n);
    size_t n_clean = c->clean ? fg_frames_count(c->clean) : 0;
    if (n_clean && n_clean < n)
        return fg_err_set(err, FG_EINVAL, "--clean: %s has %zu frames for the input's %zu", o->clean, n_clean,
                          n);
    if (n_masks && fg_frames_pair(denoise_mask_frames(c->mask), c->input, n, err))
        return fg_err_prefix(err, "--mask: %s", o->mask);
    if (n_clean && fg_frames_pair(c->clean, c->input, n, err))
        return fg_err_prefix(err, "--clean: %s", o->clean);
    return FG_OK;
}

static int open_clip(clip *c, fg_err *err) {
    const denoise_options *o = c->options;
    const char *output = denoise_output(o);
    int bad = fg_frames_open(&c->input, o->inputs, o->n_inputs, &fg_cli_stop, err);
    if (!bad && o->clean)
        bad = fg_frames_open(&c->clean, &o->clean, 1, &fg_cli_stop, err) ? fg_err_prefix(err, "--clean")
                                                                         : FG_OK;
    if (!bad && o->mask)
        bad = denoise_mask_open(&c->mask, o->mask, err);
    if (!bad)
        bad = pair(c, err);
    if (!bad && output && strcmp(output, "-") == 0)
        bad = fg_cli_refuse_terminal(output, "a stream of pictures", err);
    if (!bad && output)
        bad = strcmp(output, "-") ? open_folder(&c->output, output, c, err)
                                  : fg_sink_open(&c->output, output, err);
    if (!bad && o->sd)
        bad = open_folder(&c->sd, o->sd, c, err);
    if (!bad && o->sd && output && fg_path_one(o->sd, output))
        bad = fg_err_set(err, FG_EINVAL,
                         "--sd: %s: the pictures that -o names would be overwritten; name "
                         "another folder",
                         o->sd);
    if (!bad && o->common.metrics)
        bad = fg_outfile_open(&c->metrics, o->common.metrics, err);
    return bad;
}

static void let_interrupt(int number, bool interrupt) {
    struct sigaction action;
    if (sigaction(number, NULL, &action))
        return;
    action.sa_flags = interrupt ? action.sa_flags & ~SA_RESTART : action.sa_flags | SA_RESTART;
    sigaction(number, &action, NULL);
}

static int read_truth(clip *c, const fg_frame *read, fg_err *err) {
    fg_frame clean = {0};
    bool got = false;
    int bad = c->clean ? fg_frames_next(&got, &clean, c->clean, err) : FG_OK;
    if (!bad && c->clean && !got && !fg_cli_stop)
        bad =
            fg_err_set(err, FG_EINVAL, "--clean: %s ends before frame %zu", c->options->clean, read->number);
    if (!bad && got && !fg_image_same_shape(clean.image, read->image))
        bad = fg_err_set(err, FG_EINVAL, "%s: not the shape of the input's %s", clean.label, read->label);
    c->frame.scored = c->clean ? got : c->options->corruption.kind != FG_CORRUPT_NONE;
    if (!bad && c->frame.scored)
        bad = fg_image_copy(&c->frame.truth, got ? clean.image : read->image, err);
    return bad;
}

/* What a mask hides must not be seen, not even in a score. */
static void blacken(fg_image *image, const unsigned char *missing) {
    size_t plane = image->height * image->width;
    for (size_t i = 0; i < fg_image_size(image); i++)
        if (missing[i % plane])
            image->data[i] = 0;
}

static int prepare(clip *c, const fg_frame *read, fg_err *err) {
    if (read->dropped_alpha && !c->warned_alpha) {
        fg_cli_warn("%s: its alpha channel, opaque everywhere, is dropped", read->label);
        c->warned_alpha = true;
    }
    c->frame.number = read->number;
    c->frame.noise = 0;
    c->frame.retries = 0;
    int bad = read_truth(c, read, err);
    if (!bad && c->mask)
        bad = denoise_mask_next(&c->frame.missing, c->mask, read, err);
    if (!bad)
        bad = fg_image_copy(&c->frame.noisy, read->image, err);
    if (!bad)
        fg_corrupt(&c->frame.noisy, NULL, &c->options->corruption, (uint64_t)c->options->common.seed,
                   read->number);
    if (!bad && c->frame.missing)
        blacken(&c->frame.noisy, c->frame.missing);
    return bad;
}

/* While waiting for pictures, a signal must end the wait at once; everywhere else calls are restarted after
 * it.
 */
static int next_frame(bool *got, fg_frame *frame, clip *c, fg_err *err) {
    let_interrupt(SIGINT, true);
    let_interrupt(SIGTERM, true);
    int bad = fg_frames_next(got, frame, c->input, err);
    if (!bad && *got)
        bad = prepare(c, frame, err);
    let_interrupt(SIGINT, false);
    let_interrupt(SIGTERM, false);
    return bad;
}

static int score(clip *c, fg_err *err) {
    denoise_frame *f = &c->frame;
    denoise_totals *t = c->totals;
    bool any = false;
    t->frames++;
    t->converged &= f->converged;
    t->iterations += f->iterations;
    t->retries += (size_t)f->retries;
    if (!f->scored)
        return FG_OK;
    int bad = fg_quality_psnr(&f->psnr, &f->mean, &f->truth, err);
    if (!bad)
        bad = fg_quality_psnr(&f->psnr_input, &f->noisy, &f->truth, err);
    if (!bad && f->missing)
        bad = fg_quality_psnr_where(&f->psnr_missing, &any, &f->mean, &f->truth, f->missing, err);
    f->psnr_missing = any ? f->psnr_missing : NAN;
    t->psnr += f->psnr;
    t->psnr_input += f->psnr_input;
    t->psnr_missing += any ? f->psnr_missing : 0;
    t->with_missing += any;
    t->worst = t->scored && t->worst < f->psnr ? t->worst : f->psnr;
    t->scored++;
    if (!f->sd.data)
        return bad;
    f->coverage = fg_quality_coverage(f->mean.data, f->sd.data, f->truth.data, fg_image_size(&f->truth));
    t->coverage.within1 += f->coverage.within1;
    t->coverage.within2 += f->coverage.within2;
    t->covered++;
    return bad;
}

static void tell(const clip *c) {
    const denoise_frame *f = &c->frame;
    if (c->metrics) {
        denoise_report_frame(fg_outfile_stream(c->metrics), f);
        fflush(fg_outfile_stream(c->metrics));
    }
    if (!f->scored)
        fg_cli_note(&c->options->common, "frame %zu: %lld iterations, %.3f s", f->number,
                    (long long)f->iterations, f->seconds);
    else if (!f->sd.data)
        fg_cli_note(&c->options->common, "frame %zu: %.2f dB (input %.2f dB), %.3f s", f->number, f->psnr,
                    f->psnr_input, f->seconds);
    else
        fg_cli_note(
            &c->options->common,
            "frame %zu: %.2f dB (input %.2f dB), %lld iterations, %.3f s; %.1f and %.1f %% of true values "
            "within one and two deviations",
            f->number, f->psnr, f->psnr_input, (long long)f->iterations, f->seconds,
            100 * f->coverage.within1, 100 * f->coverage.within2);
}

/* A frame's file must not be one that is read, by whatever link, nor one that an option has written. */
static int put(const clip *c, fg_sink *sink, const fg_image *image, const char *name, fg_image_format format,
               fg_err *err) {
    char path[PATH_MAX];
    int bad = fg_sink_path(path, sizeof path, sink, image, name, format, err);
    const char *by = !bad && *path ? fg_cli_written_by(path) : NULL;
    if (bad)
        return bad;
    if (by)
        return fg_err_set(err, FG_EINVAL, "%s: this frame and --%s would be the same file", path, by);
    if (*path && any_reads(c, fg_frames_reads, path))
        return fg_err_set(err, FG_EINVAL,
                          "%s: this picture is read and would be overwritten; name another folder", path);
    return fg_sink_put(sink, image, name, format, err);
}

static int write_frame(clip *c, const fg_frame *read, fg_err *err) {
    const denoise_options *o = c->options;
    bool stream_in = fg_frames_is_stream(c->input),
         stream_out = o->common.output == NULL || strcmp(o->common.output, "-") == 0;
    /* A stream goes on in its own format, files keep theirs; what is neither becomes what players read best.
     */
    fg_image_format format = stream_in == stream_out ? read->format
                             : stream_out            ? FG_IMAGE_PNM
                                                     : FG_IMAGE_PNG;
    int bad = c->output ? put(c, c->output, &c->frame.mean, read->name, format, err) : FG_OK;
    if (!bad && c->sd) {
        c->frame.sd.depth = 16;
        bad = put(c, c->sd, &c->frame.sd, read->name, FG_IMAGE_PNG, err);
    }
    if (!bad && o->panel && o->panel_frame == (int64_t)c->frame.number) {
        bad = denoise_report_panel(o->panel, &c->frame, err);
        c->panel_done = true;
    }
    return bad;
}

static int take_frame(clip *c, const fg_frame *read, fg_err *err) {
    double started = fg_cli_seconds();
    int bad = c->method->run(c->method->self, &c->frame, err);
    if (bad)
        fg_err_prefix(err, "%s", read->label);
    c->frame.seconds = fg_cli_seconds() - started;
    if (!bad)
        bad = score(c, err);
    if (!bad)
        bad = write_frame(c, read, err);
    if (!bad)
        tell(c);
    return bad;
}

static int loop(clip *c, fg_err *err) {
    const denoise_options *o = c->options;
    size_t limit = (size_t)o->common.limit, n = fg_frames_count(c->input);
    fg_progress *progress = &c->frame.progress;
    int bad = FG_OK;
    bool got = true;
    fg_progress_begin(progress, &o->common, "frames", (int64_t)(limit && (!n || limit < n) ? limit : n));
    while (!bad && got && !fg_cli_stop && (!limit || c->totals->frames < limit)) {
        fg_frame read;
        bad = next_frame(&got, &read, c, err);
        if (!bad && got)
            bad = take_frame(c, &read, err);
        fg_progress_step(progress, (int64_t)c->totals->frames, NULL);
    }
    fg_progress_end(progress);
    if (bad == FG_ESTOPPED)
        bad = FG_OK;
    if (!bad && c->totals->frames == 0 && !fg_cli_stop)
        bad = fg_err_set(err, FG_EFORMAT, "standard input: no picture");
    return bad;
}

static int draw_panel(clip *c, fg_err *err) {
    const denoise_options *o = c->options;
    if (!o->panel || c->panel_done || c->totals->frames == 0)
        return FG_OK;
    if (o->panel_frame >= 0 && !fg_cli_stop)
        return fg_err_set(err, FG_EINVAL, "--panel-frame: %lld is not among the %zu frames",
                          (long long)o->panel_frame, c->totals->frames);
    return denoise_report_panel(o->panel, &c->frame, err);
}

/* What the frames were like is told of those that were done, even where the clip could not be. */
static int finish(clip *c, int bad, double started, fg_err *err) {
    fg_cli_finish();
    if (!bad) {
        if (c->metrics)
            denoise_report_summary(fg_outfile_stream(c->metrics), c->totals, fg_cli_seconds() - started);
        bad = draw_panel(c, err);
    }
    if (!bad || c->totals->frames)
        bad = fg_cli_end_record(&c->metrics, bad, err);
    return bad;
}

int denoise_clip(denoise_totals *totals, const denoise_options *options, const denoise_method *method,
                 fg_err *err) {
    clip c = {.options = options, .method = method, .totals = totals};
    double started = fg_cli_seconds();
    *totals = (denoise_totals){.converged = true};
    int bad = open_clip(&c, err);
    if (!bad)
        bad = loop(&c, err);
    bad = finish(&c, bad, started, err);
    fg_outfile_abort(&c.metrics);
    fg_sink_close(c.output);
    fg_sink_close(c.sd);
    fg_frames_close(c.input);
    fg_frames_close(c.clean);
    denoise_mask_close(c.mask);
    fg_image_free(&c.frame.noisy);
    fg_image_free(&c.frame.mean);
    fg_image_free(&c.frame.sd);
    fg_image_free(&c.frame.truth);
    return bad;
}
