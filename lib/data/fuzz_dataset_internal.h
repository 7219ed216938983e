/* For fuzz targets that open data sets: what is accepted must be as large as it says, finite, and have the
 * classes it says. */
#ifndef FG_DATA_FUZZ_DATASET_INTERNAL_H
#define FG_DATA_FUZZ_DATASET_INTERNAL_H

#include <math.h>

#include "data/dataset.h"
#include "data/fuzz_internal.h"

/* What is wanted of the data, out of three bytes; the last one has five bits left. */
static inline fg_dataset_want fg_fuzz_wanted(const uint8_t *head) {
    static const fg_target targets[] = {FG_TARGET_NONE, FG_TARGET_LABELS, FG_TARGET_REAL, FG_TARGET_LABELS};
    return (fg_dataset_want){.n_inputs = head[0] & 15,
                             .target = targets[head[1] & 3],
                             .n_outputs = head[1] >> 2 & 7,
                             .gaps = head[1] >> 5 & 1,
                             .limit = head[2] & 7};
}

static inline void fg_fuzz_check_rows(const fg_dataset *d, bool gaps) {
    float *x = fg_fuzz_copy(NULL, 0, d->n * d->n_inputs * sizeof *x);
    float *y = fg_fuzz_copy(NULL, 0, d->n * d->n_targets * sizeof *y);
    int32_t *labels = fg_fuzz_copy(NULL, 0, d->n * sizeof *labels);
    fg_dataset_rows(x, labels, y, d, NULL, d->n);
    for (size_t i = 0; i < d->n * d->n_inputs; i++)
        if (!isfinite(x[i]) && !(gaps && isnan(x[i])))
            abort();
    if ((d->y && memcmp(y, d->y, d->n * d->n_targets * sizeof *y) != 0) ||
        (d->labels && memcmp(labels, d->labels, d->n * sizeof *labels) != 0))
        abort();
    free(x);
    free(y);
    free(labels);
}

static inline void fg_fuzz_check_dataset(const fg_dataset *d, const fg_dataset_want *want) {
    if (!d->n || !d->n_inputs || d->height * d->width * d->channels != d->n_inputs || (!d->real && !d->bytes))
        abort();
    if ((want->n_inputs && d->n_inputs != want->n_inputs) || (want->limit && d->n > want->limit))
        abort();
    if ((want->target == FG_TARGET_LABELS) != (d->labels != NULL) ||
        (want->target == FG_TARGET_REAL) != (d->y != NULL))
        abort();
    for (size_t i = 0; i < d->n && d->labels; i++)
        if (d->labels[i] < 0 || d->labels[i] >= d->n_classes)
            abort();
    for (size_t i = 0; i < d->n * d->n_targets; i++)
        if (!isfinite(d->y[i]))
            abort();
    fg_fuzz_check_rows(d, want->gaps);
    fg_scaling scaling = {0};
    fg_err err = {0};
    if (fg_dataset_measure(&scaling, d, NULL, d->n, &err) == 0) {
        fg_dataset scaled = *d;
        scaled.scaling = &scaling;
        if (scaling.channels != d->channels || fg_scaling_check(&scaling, &err))
            abort();
        fg_fuzz_check_rows(&scaled, want->gaps);
    } else if (!*err.text) {
        abort();
    }
    fg_scaling_free(&scaling);
}

#endif
