#include "data/scaling.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"

int fg_scaling_create(fg_scaling *out, size_t channels, fg_err *err) {
    *out =
        (fg_scaling){channels, fg_zalloc(channels, sizeof *out->mean), fg_alloc(channels, sizeof *out->sd)};
    if (!out->mean || !out->sd) {
        fg_scaling_free(out);
        return fg_err_set(err, FG_ENOMEM, "no memory to scale %zu channels", channels);
    }
    for (size_t c = 0; c < channels; c++)
        out->sd[c] = 1;
    return FG_OK;
}

int fg_scaling_copy(fg_scaling *out, const fg_scaling *from, fg_err *err) {
    int code = fg_scaling_create(out, from->channels, err);
    if (code)
        return code;
    memcpy(out->mean, from->mean, from->channels * sizeof *out->mean);
    memcpy(out->sd, from->sd, from->channels * sizeof *out->sd);
    return FG_OK;
}

int fg_scaling_check(const fg_scaling *s, fg_err *err) {
    for (size_t c = 0; c < s->channels; c++)
        if (!(fabs(s->mean[c]) <= FLT_MAX && s->sd[c] >= FLT_MIN && s->sd[c] <= FLT_MAX))
            return fg_err_set(err, FG_EFORMAT, "channel %zu is scaled by mean %g and deviation %g", c,
                              s->mean[c], s->sd[c]);
    return FG_OK;
}

void fg_scaling_free(fg_scaling *s) {
    fg_free(s->mean);
    fg_free(s->sd);
    *s = (fg_scaling){0};
}

void fg_scaling_apply(float *x, const fg_scaling *s, size_t n) {
    if (s->channels == 1) {
        float mean = (float)s->mean[0], sd = (float)s->sd[0];
        for (size_t i = 0; i < n; i++)
            x[i] = (x[i] - mean) / sd;
        return;
    }
    for (size_t i = 0; i < n; i++, x += s->channels)
        for (size_t c = 0; c < s->channels; c++)
            x[c] = (x[c] - (float)s->mean[c]) / (float)s->sd[c];
}

void fg_scaling_undo(float *mean, float *sd, const fg_scaling *s, size_t n) {
    for (size_t i = 0; i < n * s->channels; i++) {
        size_t c = i % s->channels;
        mean[i] = (float)((double)mean[i] * s->sd[c] + s->mean[c]);
        if (sd)
            sd[i] = (float)((double)sd[i] * s->sd[c]);
    }
}
