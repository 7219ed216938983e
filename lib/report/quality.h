/* How near a picture is to the true one. */
#ifndef FG_REPORT_QUALITY_H
#define FG_REPORT_QUALITY_H

#include "data/image.h"

/* Mean squared difference over all pixels and channels, both pictures clipped to [0, 1] first (a value that
 * is not a number counts as 0). Shapes must be the same: FG_EINVAL. */
int fg_quality_mse(double *mse, const fg_image *image, const fg_image *truth, fg_err *err);

/* Peak signal-to-noise ratio in dB: -10 log10(mse); at most FG_PSNR_MAX, which equal pictures have. */
#define FG_PSNR_MAX 200.0
int fg_quality_psnr(double *psnr, const fg_image *image, const fg_image *truth, fg_err *err);

/* The same over the pixels marked in where [height][width] alone; *any says whether there are any (if not,
 * *psnr is FG_PSNR_MAX). */
int fg_quality_psnr_where(double *psnr, bool *any, const fg_image *image, const fg_image *truth,
                          const unsigned char *where, fg_err *err);

/* The shares of true values within one and within two predicted standard deviations of the predicted mean:
 * about 0.683 and 0.954 when deviations are honest. Nothing is clipped. n values each; n = 0 gives 0. */
typedef struct fg_coverage {
    double within1, within2;
} fg_coverage;
fg_coverage fg_quality_coverage(const float *mean, const float *sd, const float *truth, size_t n);

#endif
