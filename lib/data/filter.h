/* Classical filters against impulse and Gaussian noise: what a denoiser has to beat. */
#ifndef FG_DATA_FILTER_H
#define FG_DATA_FILTER_H

#include "data/image.h"

typedef enum fg_filter_kind {
    FG_FILTER_MEDIAN,    /* the median of each channel's 3 x 3 window */
    FG_FILTER_SWITCHING, /* the same, only at pixels far from that median (summed over channels) */
    FG_FILTER_ROAD,      /* pixels found by their rank-ordered absolute differences, filled harmonically */
    FG_FILTER_NLM,       /* non-local means, against Gaussian noise */
    FG_FILTER_KINDS
} fg_filter_kind;

/* "median", "switching", "road", "nlm". */
extern const char *const fg_filter_names[FG_FILTER_KINDS];

/* What a filter is told about a picture; {0} is nothing. */
typedef struct fg_filter_options {
    double sigma;                 /* nlm: the noise's standard deviation, > 0 */
    const unsigned char *missing; /* [height][width], not 0 where a pixel is not known; NULL: all are */
} fg_filter_options;

/* Filters a picture. Against impulses, with the kind's usual thresholds, which were chosen for 10 % noise on
 * five frames of one clip. Missing pixels are filled harmonically before (road: together with those it
 * finds). *out (empty or a picture, whose memory is reused) is another picture than *in. Windows of the 3 x 3
 * filters see the nearest pixel inside at the border. FG_EINVAL, FG_ENOMEM. */
int fg_filter(fg_image *out, const fg_image *in, fg_filter_kind kind, const fg_filter_options *options,
              fg_err *err);

/* Non-local means (Buades, Coll and Morel, 2005), patch by patch, with radii and weights by the noise's
 * standard deviation as its authors give them; at the border the picture is continued by reflection. The same
 * bytes for any number of threads. */
int fg_filter_nlm(fg_image *out, const fg_image *in, double sigma, fg_err *err);

/* ROAD (Garnett and others, 2005): at each pixel the sum of the four smallest differences to the 8
 * neighbours, a difference being summed over channels and divided by their number; marks [height][width] with
 * 1 where it passes the threshold, else 0. */
void fg_filter_road_detect(unsigned char *marks, const fg_image *in, double threshold);

/* Replaces marked pixels [height][width] by the discrete harmonic function (each the mean of its 4
 * neighbours) that takes the values of the others; solved by successive over-relaxation. A picture with every
 * pixel marked stays. */
int fg_filter_fill(fg_image *image, const unsigned char *marks, fg_err *err);

#endif
