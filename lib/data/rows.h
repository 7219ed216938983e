/* Rows: which rows of a dataset, in which order. Splitting and shuffling change these lists, never the data.
 */
#ifndef FG_DATA_ROWS_H
#define FG_DATA_ROWS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

typedef struct fg_rows {
    size_t n;
    size_t *at; /* [n] */
} fg_rows;

/* 0, 1, ... n - 1. End it with fg_rows_free; on failure *out is {0}. */
int fg_rows_all(fg_rows *out, size_t n, fg_err *err);

/* Draws n_held (at most n, else FG_EINVAL) of n rows by the seed; both lists are in ascending order, have no
 * row in common and together all of them. The same n, n_held and seed give the same lists everywhere, and
 * with another n_held a longer list holds the shorter one. */
int fg_rows_split(fg_rows *rest, fg_rows *held, size_t n, size_t n_held, uint64_t seed, fg_err *err);

/* How many of n rows `amount` stands for: below 1 a share, rounded; from 1 on a number, which must be whole.
 * FG_EINVAL unless that leaves at least one row on either side. */
int fg_rows_amount(size_t *out, double amount, size_t n, fg_err *err);

/* Puts the list into an order that depends on seed, pass and its length only. */
void fg_rows_shuffle(fg_rows *rows, uint64_t seed, uint64_t pass);
void fg_rows_free(fg_rows *rows);

/* n rows in batches of `size` >= 1 (the last may be shorter): how many, and the rows of one. */
size_t fg_batch_count(size_t n, size_t size);
void fg_batch_range(size_t *first, size_t *count, size_t n, size_t size, size_t index);

#endif
