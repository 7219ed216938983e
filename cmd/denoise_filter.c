#include "denoise.h"

#include <math.h>

#include "data/filter.h"
#include "data/noise.h"

/* Where there is no noise to be seen estimates are taken to be this: a third of an 8-bit step. */
static const double least_noise = 0.00125;

int denoise_noise(double *sigma, denoise_frame *frame, const denoise_options *options, fg_err *err) {
    *sigma = options->noise;
    if (options->noise > 0)
        return FG_OK;
    int bad = fg_noise_estimate(sigma, &frame->noisy, frame->missing, err);
    *sigma = fmax(*sigma, least_noise);
    frame->noise = *sigma;
    return bad;
}

static int run(void *self, denoise_frame *frame, fg_err *err) {
    const denoise_options *options = self;
    fg_filter_options how = {.missing = frame->missing};
    int bad = options->baseline == FG_FILTER_NLM ? denoise_noise(&how.sigma, frame, options, err) : FG_OK;
    frame->converged = true;
    return bad ? bad : fg_filter(&frame->mean, &frame->noisy, (fg_filter_kind)options->baseline, &how, err);
}

int denoise_filter_open(denoise_method *method, const denoise_options *options, fg_err *err) {
    (void)err;
    *method = (denoise_method){.self = (void *)(uintptr_t)options, .run = run};
    return FG_OK;
}
