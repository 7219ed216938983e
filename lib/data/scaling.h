/* Scaling of inputs: x = (value - mean) / sd, channel by channel. */
#ifndef FG_DATA_SCALING_H
#define FG_DATA_SCALING_H

#include <stddef.h>

#include "base/err.h"

/* {0} scales nothing. */
typedef struct fg_scaling {
    size_t channels;
    double *mean, *sd; /* [channels]; finite as floats, sd > 0 */
} fg_scaling;

/* Means of 0 and deviations of 1. End it with fg_scaling_free; on failure *out is {0}. */
int fg_scaling_create(fg_scaling *out, size_t channels, fg_err *err);
int fg_scaling_copy(fg_scaling *out, const fg_scaling *from, fg_err *err);
/* FG_EFORMAT with the channel whose numbers are out of range. */
int fg_scaling_check(const fg_scaling *scaling, fg_err *err);
void fg_scaling_free(fg_scaling *scaling);

/* Scales n pixels [n][channels] in place. */
void fg_scaling_apply(float *x, const fg_scaling *scaling, size_t n);

/* The way back for n pixels' means and standard deviations [n][channels], in place; sd may be NULL. */
void fg_scaling_undo(float *mean, float *sd, const fg_scaling *scaling, size_t n);

#endif
