#include "data/rows.h"

#include <math.h>
#include <stdbool.h>

#include "base/mem.h"
#include "base/rng.h"

/* Streams of a seed's draws; others (a graph's, noise) have keys of their own. */
enum { STREAM_SHUFFLE = 0x726f7773, STREAM_SPLIT = 0x73706c74 };

static int create(fg_rows *out, size_t n, fg_err *err) {
    *out = (fg_rows){n, fg_alloc(n, sizeof *out->at)};
    if (out->at)
        return FG_OK;
    out->n = 0;
    return fg_err_set(err, FG_ENOMEM, "no memory for a list of %zu rows", n);
}

int fg_rows_all(fg_rows *out, size_t n, fg_err *err) {
    int code = create(out, n, err);
    for (size_t i = 0; i < out->n; i++)
        out->at[i] = i;
    return code;
}

static void shuffle(size_t *at, size_t n, uint64_t seed, uint64_t stream) {
    for (size_t i = n; i-- > 1;) {
        /* The bias of this is below 2^-32 for any number of rows in memory. */
        size_t j = (size_t)(((unsigned __int128)fg_rng_u64(seed, stream, i) * (i + 1)) >> 64);
        size_t kept = at[i];
        at[i] = at[j];
        at[j] = kept;
    }
}

void fg_rows_shuffle(fg_rows *rows, uint64_t seed, uint64_t pass) {
    shuffle(rows->at, rows->n, fg_rng_key(seed, STREAM_SHUFFLE), pass);
}

int fg_rows_split(fg_rows *rest, fg_rows *held, size_t n, size_t n_held, uint64_t seed, fg_err *err) {
    fg_rows order = {0};
    bool *is_held = NULL;
    *rest = *held = (fg_rows){0};
    if (n_held > n)
        return fg_err_set(err, FG_EINVAL, "%zu rows cannot be split off %zu", n_held, n);
    int code = fg_rows_all(&order, n, err);
    if (!code && !(is_held = fg_zalloc(n, sizeof *is_held)))
        code = fg_err_set(err, FG_ENOMEM, "no memory for a list of %zu rows", n);
    if (!code)
        code = create(rest, n - n_held, err);
    if (!code)
        code = create(held, n_held, err);
    if (code) {
        fg_rows_free(rest);
    } else {
        shuffle(order.at, n, fg_rng_key(seed, STREAM_SPLIT), 0);
        for (size_t i = 0; i < n_held; i++)
            is_held[order.at[i]] = true;
        for (size_t i = 0, r = 0, h = 0; i < n; i++)
            *(is_held[i] ? &held->at[h++] : &rest->at[r++]) = i;
    }
    fg_rows_free(&order);
    fg_free(is_held);
    return code;
}

int fg_rows_amount(size_t *out, double amount, size_t n, fg_err *err) {
    double rows = amount < 1 ? round(amount * (double)n) : amount;
    *out = 0;
    if (!(amount > 0) || rows != floor(rows))
        return fg_err_set(err, FG_EINVAL, "%g is neither a share between 0 and 1 nor a whole number of rows",
                          amount);
    if (!(rows >= 1 && rows < (double)n))
        return fg_err_set(err, FG_EINVAL, "%g of %zu rows leaves nothing on one side", amount, n);
    *out = (size_t)rows;
    return FG_OK;
}

void fg_rows_free(fg_rows *rows) {
    fg_free(rows->at);
    *rows = (fg_rows){0};
}

size_t fg_batch_count(size_t n, size_t size) {
    return n / size + (n % size != 0);
}

void fg_batch_range(size_t *first, size_t *count, size_t n, size_t size, size_t index) {
    *first = index * size;
    *count = n - *first < size ? n - *first : size;
}
