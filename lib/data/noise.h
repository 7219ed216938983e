/* How much Gaussian noise a picture has. */
#ifndef FG_DATA_NOISE_H
#define FG_DATA_NOISE_H

#include "data/image.h"

/* Estimates the standard deviation of additive Gaussian noise, the same in all channels: the median of the
 * absolute diagonal Haar details (a - b - c + d) / 2 of 2 x 2 blocks, over 0.6745 (Donoho and Johnstone,
 * 1994). Fine texture counts as noise. missing (may be NULL): [height][width], blocks with a pixel marked
 * there are left out. 0 where no block is left. FG_ENOMEM. */
int fg_noise_estimate(double *sigma, const fg_image *image, const unsigned char *missing, fg_err *err);

#endif
