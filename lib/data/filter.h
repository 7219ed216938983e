/* Classical filters against impulse noise: what a denoiser has to beat. */
#ifndef FG_DATA_FILTER_H
#define FG_DATA_FILTER_H

#include "data/image.h"

typedef enum fg_filter_kind {
    FG_FILTER_MEDIAN,    /* the median of each channel's 3 x 3 window */
    FG_FILTER_SWITCHING, /* the same, only at pixels far from that median (summed over channels) */
    FG_FILTER_ROAD,      /* pixels found by their rank-ordered absolute differences, filled harmonically */
    FG_FILTER_KINDS
} fg_filter_kind;

/* "median", "switching", "road". */
extern const char *const fg_filter_names[FG_FILTER_KINDS];

/* Filters a picture with the given kind's usual thresholds, which were chosen for 10 % impulse noise on five
 * frames of one clip. *out (empty or a picture, whose memory is reused) is another picture than *in. Windows
 * at the border see the nearest pixel inside. */
int fg_filter(fg_image *out, const fg_image *in, fg_filter_kind kind, fg_err *err);

/* ROAD (Garnett and others, 2005): at each pixel the sum of the four smallest differences to the 8
 * neighbours, a difference being summed over channels and divided by their number; marks [height][width] with
 * 1 where it passes the threshold, else 0. */
void fg_filter_road_detect(unsigned char *marks, const fg_image *in, double threshold);

/* Replaces marked pixels [height][width] by the discrete harmonic function (each the mean of its 4
 * neighbours) that takes the values of the others; solved by successive over-relaxation. A picture with every
 * pixel marked stays. */
int fg_filter_fill(fg_image *image, const unsigned char *marks, fg_err *err);

#endif
