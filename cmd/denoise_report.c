#include "denoise.h"

#include <math.h>

#include "base/mem.h"
#include "data/sink.h"
#include "report/panel.h"

enum { PANEL_WIDTH = 384 }; /* smaller pictures are enlarged up to this */

void denoise_report_frame(FILE *to, const denoise_frame *frame) {
    fprintf(to, "{\"frame\":%zu", frame->number);
    if (frame->scored)
        fprintf(to, ",\"psnr\":%.4f,\"psnr_input\":%.4f", frame->psnr, frame->psnr_input);
    if (frame->scored && frame->missing && !isnan(frame->psnr_missing))
        fprintf(to, ",\"psnr_missing\":%.4f", frame->psnr_missing);
    if (frame->scored && frame->sd.data)
        fprintf(to, ",\"within1\":%.4f,\"within2\":%.4f", frame->coverage.within1, frame->coverage.within2);
    if (frame->noise > 0)
        fprintf(to, ",\"noise\":%.5f", frame->noise);
    fprintf(to, ",\"iters\":%lld,\"retries\":%d,\"seconds\":%.4f}\n", (long long)frame->iterations,
            frame->retries, frame->seconds);
}

void denoise_report_summary(FILE *to, const denoise_totals *totals, double seconds) {
    fprintf(to, "{\"summary\":true,\"frames\":%zu", totals->frames);
    if (totals->scored) {
        double n = (double)totals->scored;
        fprintf(to, ",\"psnr_mean\":%.4f,\"psnr_worst\":%.4f,\"psnr_input_mean\":%.4f", totals->psnr / n,
                totals->worst, totals->psnr_input / n);
    }
    if (totals->with_missing)
        fprintf(to, ",\"psnr_missing_mean\":%.4f", totals->psnr_missing / (double)totals->with_missing);
    if (totals->covered) {
        double n = (double)totals->covered;
        fprintf(to, ",\"within1\":%.4f,\"within2\":%.4f", totals->coverage.within1 / n,
                totals->coverage.within2 / n);
    }
    double n = totals->frames ? (double)totals->frames : 1;
    fprintf(to, ",\"iters_mean\":%.2f,\"retries\":%zu,\"seconds\":%.4f", (double)totals->iterations / n,
            totals->retries, seconds);
    fg_cli_put_peak(to);
    fprintf(to, "}\n");
}

/* Deviations in colour, the scale ending where one pixel in a hundred is beyond it. */
static int colour_deviations(fg_image *out, const fg_image *sd, fg_err *err) {
    size_t plane = sd->height * sd->width;
    float *field = fg_alloc(plane, sizeof *field);
    double high;
    if (!field)
        return fg_err_set(err, FG_ENOMEM, "no memory for a panel");
    fg_panel_channel_mean(field, sd->data, sd->channels, sd->height, sd->width);
    int bad = fg_panel_quantile(&high, field, plane, 0.99, err);
    if (!bad)
        bad = fg_panel_field(out, field, sd->height, sd->width, 0, high, FG_COLOURS_HEAT, err);
    fg_free(field);
    return bad;
}

int denoise_report_panel(const char *path, const denoise_frame *frame, fg_err *err) {
    fg_image difference = {0}, deviations = {0}, panel = {0};
    const fg_image *tiles[5];
    size_t n = 0;
    if (frame->scored)
        tiles[n++] = &frame->truth;
    tiles[n++] = &frame->noisy;
    tiles[n++] = &frame->mean;
    tiles[n++] = &difference;
    int bad =
        fg_panel_difference(&difference, &frame->mean, frame->scored ? &frame->truth : &frame->noisy, 4, err);
    if (!bad && frame->sd.data) {
        bad = colour_deviations(&deviations, &frame->sd, err);
        tiles[n++] = &deviations;
    }
    size_t factor = frame->mean.width < PANEL_WIDTH ? PANEL_WIDTH / frame->mean.width : 1;
    if (!bad)
        bad = fg_panel_grid(&panel, tiles, n, 3, factor < 8 ? factor : 8, 6, err);
    if (!bad)
        bad = fg_sink_write_png(path, &panel, err);
    fg_image_free(&difference);
    fg_image_free(&deviations);
    fg_image_free(&panel);
    return bad;
}
