#include "data/dataset.h"

#include <float.h>
#include <math.h>
#include <string.h>
#include <zlib.h>

#include "base/mem.h"

void fg_dataset_free(fg_dataset *d) {
    if (!d)
        return;
    fg_free(d->real);
    fg_free(d->bytes);
    fg_free(d->y);
    fg_free(d->labels);
    fg_free(d);
}

static void copy_inputs(float *restrict x, const fg_dataset *d, size_t row) {
    size_t n = d->n_inputs;
    if (d->real) {
        memcpy(x, d->real + row * n, n * sizeof *x);
        return;
    }
    const uint8_t *restrict from = d->bytes + row * n;
    for (size_t i = 0; i < n; i++)
        x[i] = (float)from[i] / 255;
}

void fg_dataset_rows(float *x, int32_t *labels, float *y, const fg_dataset *d, const size_t rows[],
                     size_t n) {
    for (size_t i = 0; i < n; i++) {
        size_t row = rows ? rows[i] : i;
        if (x)
            copy_inputs(x + i * d->n_inputs, d, row);
        if (x && d->scaling)
            fg_scaling_apply(x + i * d->n_inputs, d->scaling, d->n_inputs / d->channels);
        if (labels && d->labels)
            labels[i] = d->labels[row];
        if (y && d->y)
            memcpy(y + i * d->n_targets, d->y + row * d->n_targets, d->n_targets * sizeof *y);
    }
}

uint32_t fg_dataset_checksum(uint32_t crc, const fg_dataset *d) {
    uint64_t head[] = {d->n, d->n_inputs, d->n_targets, d->bytes != NULL};
    uLong sum = crc32_z(crc, (const void *)head, sizeof head);
    if (d->bytes)
        sum = crc32_z(sum, d->bytes, d->n * d->n_inputs);
    else
        sum = crc32_z(sum, (const void *)d->real, d->n * d->n_inputs * sizeof *d->real);
    if (d->labels)
        sum = crc32_z(sum, (const void *)d->labels, d->n * sizeof *d->labels);
    if (d->y)
        sum = crc32_z(sum, (const void *)d->y, d->n * d->n_targets * sizeof *d->y);
    return (uint32_t)sum;
}

/* Adds every pixel that is there, or its squared distance from the mean, to sum [channels], and counts it. */
static void add_row(double *sum, double *count, const float *x, const double *mean, const fg_dataset *d) {
    for (size_t i = 0; i < d->n_inputs; i += d->channels)
        for (size_t c = 0; c < d->channels; c++) {
            double v = (double)x[i + c];
            if (isnan(v))
                continue;
            sum[c] += mean ? (v - mean[c]) * (v - mean[c]) : v;
            count[c]++;
        }
}

int fg_dataset_measure(fg_scaling *out, const fg_dataset *d, const size_t rows[], size_t n, fg_err *err) {
    int code = fg_scaling_create(out, d->channels, err);
    float *x = code ? NULL : fg_alloc(d->n_inputs, sizeof *x);
    double *count = x ? fg_alloc(d->channels, sizeof *count) : NULL;
    if (!count) {
        fg_free(x);
        fg_scaling_free(out);
        return code ? code : fg_err_set(err, FG_ENOMEM, "no memory to measure the data");
    }
    for (int pass = 0; pass < 2; pass++) {
        double *sum = pass ? out->sd : out->mean;
        memset(sum, 0, d->channels * sizeof *sum);
        memset(count, 0, d->channels * sizeof *count);
        for (size_t i = 0; i < n; i++) {
            copy_inputs(x, d, rows ? rows[i] : i);
            add_row(sum, count, x, pass ? out->mean : NULL, d);
        }
        for (size_t c = 0; c < d->channels; c++)
            sum[c] /= fmax(count[c], 1);
    }
    /* What rounding leaves of a constant is no deviation. */
    for (size_t c = 0; c < d->channels; c++) {
        double sd = sqrt(out->sd[c]);
        out->sd[c] = sd >= FLT_MIN && sd > 1e-7 * fabs(out->mean[c]) ? sd : 1;
    }
    fg_free(x);
    fg_free(count);
    return FG_OK;
}
