#include "data/dataset.h"

#include <string.h>

#include "base/mem.h"
#include "base/rng.h"

void fg_dataset_free(fg_dataset *d) {
    if (!d)
        return;
    fg_free(d->x);
    fg_free(d->y);
    fg_free(d->labels);
    fg_free(d);
}

int fg_dataset_select(fg_dataset **out, const fg_dataset *from, const size_t rows[], size_t n, fg_err *err) {
    *out = NULL;
    for (size_t i = 0; i < n; i++)
        if (rows[i] >= from->n)
            return fg_err_set(err, FG_EINVAL, "row %zu of a dataset of %zu", rows[i], from->n);
    size_t inputs, targets;
    fg_dataset *d = fg_zalloc(1, sizeof *d);
    if (!d || fg_size_mul(&inputs, n, from->n_inputs) || fg_size_mul(&targets, n, from->n_targets)) {
        fg_free(d);
        return fg_err_set(err, FG_ENOMEM, "no memory for %zu rows", n);
    }
    *d = *from;
    d->n = n;
    d->x = fg_alloc(inputs, sizeof *d->x);
    d->y = from->y ? fg_alloc(targets, sizeof *d->y) : NULL;
    d->labels = from->labels ? fg_alloc(n, sizeof *d->labels) : NULL;
    if (!d->x || (from->y && !d->y) || (from->labels && !d->labels)) {
        fg_dataset_free(d);
        return fg_err_set(err, FG_ENOMEM, "no memory for %zu rows", n);
    }
    for (size_t i = 0; i < n; i++) {
        memcpy(d->x + i * d->n_inputs, from->x + rows[i] * d->n_inputs, d->n_inputs * sizeof *d->x);
        if (d->y)
            memcpy(d->y + i * d->n_targets, from->y + rows[i] * d->n_targets, d->n_targets * sizeof *d->y);
        if (d->labels)
            d->labels[i] = from->labels[rows[i]];
    }
    *out = d;
    return FG_OK;
}

void fg_dataset_slice(fg_dataset *slice, const fg_dataset *from, size_t first, size_t n) {
    *slice = *from;
    slice->n = n;
    slice->x += first * from->n_inputs;
    if (slice->y)
        slice->y += first * from->n_targets;
    if (slice->labels)
        slice->labels += first;
}

void fg_dataset_split(fg_dataset *before, fg_dataset *after, const fg_dataset *from, size_t n_first) {
    size_t n = from->n;
    fg_dataset whole = *from;
    fg_dataset_slice(before, &whole, 0, n_first);
    fg_dataset_slice(after, &whole, n_first, n - n_first);
}

/* The partner, at most i, that row i is swapped with; its bias is below 2^-32 for any number of rows in
 * memory. */
static size_t partner(size_t i, uint64_t seed, uint64_t stream) {
    return (size_t)(((unsigned __int128)fg_rng_u64(seed, stream, i) * (i + 1)) >> 64);
}

static void swap_rows(float *rows, size_t width, size_t a, size_t b) {
    float *p = rows + a * width, *q = rows + b * width;
    for (size_t i = 0; i < width; i++) {
        float kept = p[i];
        p[i] = q[i];
        q[i] = kept;
    }
}

void fg_dataset_shuffle(fg_dataset *d, uint64_t seed, uint64_t stream) {
    for (size_t i = d->n; i-- > 1;) {
        size_t j = partner(i, seed, stream);
        swap_rows(d->x, d->n_inputs, i, j);
        if (d->y)
            swap_rows(d->y, d->n_targets, i, j);
        if (d->labels) {
            int32_t kept = d->labels[i];
            d->labels[i] = d->labels[j];
            d->labels[j] = kept;
        }
    }
}

void fg_order_shuffle(size_t order[], size_t n, uint64_t seed, uint64_t stream) {
    for (size_t i = 0; i < n; i++)
        order[i] = i;
    for (size_t i = n; i-- > 1;) {
        size_t j = partner(i, seed, stream), kept = order[i];
        order[i] = order[j];
        order[j] = kept;
    }
}

size_t fg_batch_count(size_t n, size_t size) {
    return n / size + (n % size != 0);
}

void fg_batch_range(size_t *first, size_t *count, size_t n, size_t size, size_t index) {
    *first = index * size;
    *count = n - *first < size ? n - *first : size;
}
