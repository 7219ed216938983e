#include "report/quality.h"

#include <math.h>

static double clip(float value) {
    if (!(value > 0))
        return 0;
    return value > 1 ? 1 : (double)value;
}

static int check_shapes(const fg_image *image, const fg_image *truth, fg_err *err) {
    if (fg_image_same_shape(image, truth))
        return FG_OK;
    return fg_err_set(
        err, FG_EINVAL, "a picture of %zu x %zu x %zu cannot be compared to one of %zu x %zu x %zu",
        image->height, image->width, image->channels, truth->height, truth->width, truth->channels);
}

/* The mean over the pixels marked (where may be NULL: all), and how many values these are. */
static double mean_squared(size_t *count, const fg_image *image, const fg_image *truth,
                           const unsigned char *where) {
    size_t all = fg_image_size(image), plane = image->height * image->width, n = 0;
    double sum = 0;
    for (size_t i = 0; i < all; i++) {
        if (where && !where[i % plane])
            continue;
        double d = clip(image->data[i]) - clip(truth->data[i]);
        sum += d * d;
        n++;
    }
    *count = n;
    return n ? sum / (double)n : 0;
}

static double decibels(double mse) {
    return mse > 0 ? fmin(-10 * log10(mse), FG_PSNR_MAX) : FG_PSNR_MAX;
}

int fg_quality_mse(double *mse, const fg_image *image, const fg_image *truth, fg_err *err) {
    size_t n;
    int bad = check_shapes(image, truth, err);
    *mse = bad ? 0 : mean_squared(&n, image, truth, NULL);
    return bad;
}

int fg_quality_psnr(double *psnr, const fg_image *image, const fg_image *truth, fg_err *err) {
    double mse;
    int bad = fg_quality_mse(&mse, image, truth, err);
    *psnr = bad ? 0 : decibels(mse);
    return bad;
}

int fg_quality_psnr_where(double *psnr, bool *any, const fg_image *image, const fg_image *truth,
                          const unsigned char *where, fg_err *err) {
    size_t n = 0;
    int bad = check_shapes(image, truth, err);
    *psnr = bad ? 0 : decibels(mean_squared(&n, image, truth, where));
    *any = n > 0;
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
