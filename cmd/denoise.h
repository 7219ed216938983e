/* What the parts of fg-denoise share: its options, one frame on its way through, and the ways of denoising
 * it. */
#ifndef FG_CMD_DENOISE_H
#define FG_CMD_DENOISE_H

#include "base/io.h"
#include "cli.h"
#include "data/corrupt.h"
#include "data/image.h"

typedef struct denoise_options {
    fg_cli_common common;
    const char *graph, *corrupt, *clean, *sd, *panel; /* NULL: not given */
    int baseline;                                     /* an fg_filter_kind, or -1 */
    int64_t panel_frame;                              /* -1: the last */
    bool per_frame;                                   /* parameters are learned afresh from each frame */
    double forget;    /* 0..1: how far parameters go back to their first priors from frame to frame; negative:
                         as the spec says */
    const char *save; /* where the learned state goes; NULL: nowhere */
    fg_corruption corruption;
    const char *const *inputs;
    size_t n_inputs;
} denoise_options;

/* One frame; its pictures are reused for the next. */
typedef struct denoise_frame {
    size_t number;
    fg_image noisy, mean;
    fg_image sd;    /* posterior deviations, when the method has them */
    fg_image truth; /* when scored */
    bool scored, converged;
    int64_t iterations;
    double seconds, psnr, psnr_input;
} denoise_frame;

/* A way of denoising. run makes mean (and sd) and sets iterations and converged from noisy and number; it may
 * keep in self whatever carries over from frame to frame. */
typedef struct denoise_method {
    void *self;
    int (*run)(void *self, denoise_frame *frame, fg_err *err);
    int (*end)(void *self, bool keep,
               fg_err *err); /* keep: complete what it writes itself; NULL: nothing to end */
} denoise_method;

int denoise_filter_open(denoise_method *method, int baseline, fg_err *err);
int denoise_graph_open(denoise_method *method, const denoise_options *options, fg_err *err);

/* Sums over the clip. */
typedef struct denoise_totals {
    size_t frames, scored;
    double psnr, psnr_input;
    bool converged; /* every frame did */
} denoise_totals;

/* Takes every frame through the method and writes what the options ask for. */
int denoise_clip(denoise_totals *totals, const denoise_options *options, const denoise_method *method,
                 fg_err *err);

/* JSON lines: one of a frame, and the summary, which tells the most memory the process had so far, in MiB. */
void denoise_report_frame(FILE *to, const denoise_frame *frame);
void denoise_report_summary(FILE *to, const denoise_totals *totals, double seconds);

/* A picture of truth (if scored), noisy and denoised frame, the denoised one's difference from the truth (if
 * not scored: from the noisy frame) four times as strong, and the deviations, in rows of three with 6 pixels
 * of white around each, as a PNG file. */
int denoise_report_panel(const char *path, const denoise_frame *frame, fg_err *err);

#endif
