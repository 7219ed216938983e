#include "report/quality.h"

#include <math.h>

static double clip(float value) {
    if (!(value > 0))
        return 0;
    return value > 1 ? 1 : (double)value;
}

int fg_quality_mse(double *mse, const fg_image *image, const fg_image *truth, fg_err *err) {
    *mse = 0;
    if (!fg_image_same_shape(image, truth))
        return fg_err_set(
            err, FG_EINVAL, "a picture of %zu x %zu x %zu cannot be compared to one of %zu x %zu x %zu",
            image->height, image->width, image->channels, truth->height, truth->width, truth->channels);
    size_t n = fg_image_size(image);
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        double d = clip(image->data[i]) - clip(truth->data[i]);
        sum += d * d;
    }
    *mse = n ? sum / (double)n : 0;
    return FG_OK;
}

int fg_quality_psnr(double *psnr, const fg_image *image, const fg_image *truth, fg_err *err) {
    double mse;
    int bad = fg_quality_mse(&mse, image, truth, err);
    *psnr = bad ? 0 : mse > 0 ? fmin(-10 * log10(mse), FG_PSNR_MAX) : FG_PSNR_MAX;
    return bad;
}

fg_coverage fg_quality_coverage(const float *mean, const float *sd, const float *truth, size_t n) {
    size_t one = 0, two = 0;
    for (size_t i = 0; i < n; i++) {
        float away = fabsf(truth[i] - mean[i]);
        one += away <= sd[i];
        two += away <= 2 * sd[i];
    }
    double all = n ? (double)n : 1;
    return (fg_coverage){(double)one / all, (double)two / all};
}
