#include "data/noise.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

/* The median of |x| of a standard normal x. */
static const double normal_median = 0.67448975;

static int compare(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static bool whole(const unsigned char *missing, size_t at, size_t width) {
    return !missing || !(missing[at] || missing[at + 1] || missing[at + width] || missing[at + width + 1]);
}

int fg_noise_estimate(double *sigma, const fg_image *image, const unsigned char *missing, fg_err *err) {
    size_t width = image->width, plane = image->height * width, n = 0;
    *sigma = 0;
    float *details = fg_alloc((image->height / 2) * (width / 2) * image->channels + 1, sizeof *details);
    if (!details)
        return fg_err_set(err, FG_ENOMEM, "no memory to estimate the noise of %zu pixels", plane);
    for (size_t c = 0; c < image->channels; c++)
        for (size_t y = 0; y + 1 < image->height; y += 2)
            for (size_t x = 0; x + 1 < width; x += 2) {
                const float *v = image->data + c * plane + y * width + x;
                if (whole(missing, y * width + x, width))
                    details[n++] = 0.5f * fabsf(v[0] - v[1] - v[width] + v[width + 1]);
            }
    qsort(details, n, sizeof *details, compare);
    if (n)
        *sigma = 0.5 * ((double)details[(n - 1) / 2] + (double)details[n / 2]) / normal_median;
    fg_free(details);
    return FG_OK;
}
