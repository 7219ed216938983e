/* What the parts of fg-denoise share: its options, one frame on its way through, and the ways of denoising
 * it. */
#ifndef FG_CMD_DENOISE_H
#define FG_CMD_DENOISE_H

#include "base/io.h"
#include "cli.h"
#include "data/corrupt.h"
#include "data/frames.h"
#include "data/image.h"
#include "report/quality.h"

typedef struct denoise_options {
    fg_cli_common common;
    const char *graph, *corrupt, *clean, *sd, *panel; /* NULL: not given */
    int baseline;                                     /* an fg_filter_kind, or -1 */
    int64_t panel_frame;                              /* -1: the last */
    bool per_frame;                                   /* parameters are learned afresh from each frame */
    double forget; /* 0..1: how far parameters go back to their first priors from frame to frame; negative: as
                      the spec says */
    double settle; /* NaN: the spec's */
    int on_divergence;                 /* an fg_on_divergence, or -1: as the spec says */
    const char *mask, *save, *filters; /* NULL: not given */
    const char *noise_text;            /* as given, or NULL */
    double
        noise; /* the standard deviation that --noise gives; 0: to be estimated; NaN: --noise was not given */
    fg_corruption corruption;
    const char *const *inputs;
    size_t n_inputs;
} denoise_options;

/* One frame; its pictures are reused for the next. */
typedef struct denoise_frame {
    size_t number;
    fg_image noisy, mean;
    fg_image sd;                  /* posterior deviations, when the method has them */
    fg_image truth;               /* when scored */
    const unsigned char *missing; /* [height][width], not 0 where a pixel is not known; NULL: all are */
    bool scored, converged;
    int64_t iterations;
    int retries;  /* further runs that were needed */
    double noise; /* the Gaussian noise that was estimated; 0: was not */
    double seconds, psnr, psnr_input, psnr_missing;
    fg_coverage coverage; /* when scored and sd is there */
    fg_progress progress; /* of the clip, for methods that take their time */
} denoise_frame;

/* A way of denoising. run makes mean (and sd) and sets iterations and converged from noisy and number; it may
 * keep in self whatever carries over from frame to frame. */
typedef struct denoise_method {
    void *self;
    int (*run)(void *self, denoise_frame *frame, fg_err *err);
    int (*end)(void *self, bool keep,
               fg_err *err); /* keep: complete what it writes itself; NULL: nothing to end */
} denoise_method;

int denoise_filter_open(denoise_method *method, const denoise_options *options, fg_err *err);
int denoise_graph_open(denoise_method *method, const denoise_options *options, fg_err *err);

/* The noise of a frame: what --noise says, or an estimate, which it puts into frame->noise too. */
int denoise_noise(double *sigma, denoise_frame *frame, const denoise_options *options, fg_err *err);

/* Pixels known to be missing: white in one picture for all frames, or in one for each of them. */
typedef struct denoise_mask denoise_mask;

int denoise_mask_open(denoise_mask **out, const char *path, fg_err *err);
/* The pictures that it is read from. */
fg_frames *denoise_mask_frames(denoise_mask *mask);
/* How many frames the masks are enough for; 0: any number. */
size_t denoise_mask_count(const denoise_mask *mask);
/* The mask of the next frame, of the same height and width as that, valid until the next call. */
int denoise_mask_next(const unsigned char **missing, denoise_mask *mask, const fg_frame *frame, fg_err *err);
void denoise_mask_close(denoise_mask *mask); /* NULL is allowed */

/* Over the clip. */
typedef struct denoise_totals {
    size_t frames, scored, covered,
        with_missing; /* frames in all, with a score, a coverage, missing pixels */
    double psnr, psnr_input, psnr_missing, worst; /* sums; the least psnr */
    fg_coverage coverage;                         /* sums */
    int64_t iterations;
    size_t retries;
    bool converged; /* every frame did */
} denoise_totals;

/* Where frames go: the folder of -o, "-", or NULL where they are not written. */
const char *denoise_output(const denoise_options *options);

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
