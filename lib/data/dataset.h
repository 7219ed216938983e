/* Datasets: observations as rows of inputs, with or without class labels or real targets, read from files. */
#ifndef FG_DATA_DATASET_H
#define FG_DATA_DATASET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { FG_CLASSES_MAX = 65536 };

typedef enum fg_target { FG_TARGET_NONE, FG_TARGET_LABELS, FG_TARGET_REAL } fg_target;

/* What the caller needs of the data. {0}: any inputs, no targets, all rows. */
typedef struct fg_dataset_want {
    size_t n_inputs;  /* numbers per row; 0: whatever the data has */
    fg_target target; /* FG_TARGET_NONE ignores targets that the data has */
    size_t n_outputs; /* labels: classes, real: targets per row; 0: taken from the data (CSV: one column) */
    size_t limit;     /* the first so many rows only; 0: all */
    bool gaps;        /* inputs may be missing: NaN, or an empty field of CSV; they become NaN */
} fg_dataset_want;

typedef struct fg_dataset {
    size_t n, n_inputs; /* both at least 1 */
    size_t height, width,
        channels;     /* of a row; their product is n_inputs; {1, 1, n_inputs} for plain vectors */
    float *x;         /* [n][n_inputs], finite, or NaN where want.gaps; images in HWC order */
    size_t n_targets; /* 0 unless real targets were asked for */
    float *y;         /* [n][n_targets], finite, or NULL */
    int n_classes;    /* 0 unless labels were asked for */
    int32_t *labels;  /* [n], each in 0 .. n_classes - 1, or NULL */
} fg_dataset;

/* Opens comma-joined files ("-" is standard input), recognised by content:
 *   one CSV file: the first n_inputs columns (0: all but the targets) are inputs, targets follow;
 *   x.npy[,y.npy]: the first dimension counts rows; rows of rank 2 or 3 are HW or HWC images, others plain
 * vectors; x of type u1 is scaled from 0..255 to [0, 1]; y is [n], or [n][targets]. Every error names the
 * file. The caller ends *out with fg_dataset_free; on failure it is NULL. */
int fg_dataset_open(fg_dataset **out, const char *files, const fg_dataset_want *want, fg_err *err);
void fg_dataset_free(fg_dataset *dataset); /* NULL is allowed; not for slices */

/* The n chosen rows, in that order and as often as listed, as a new dataset. FG_EINVAL for a row that is not
 * there. */
int fg_dataset_select(fg_dataset **out, const fg_dataset *from, const size_t rows[], size_t n, fg_err *err);

/* Rows first .. first + n - 1 without a copy: valid as long as `from`, and not to be freed.
 * first + n <= from->n is the caller's duty. */
void fg_dataset_slice(fg_dataset *slice, const fg_dataset *from, size_t first, size_t n);

/* The slices before and from row n_first on (n_first <= from->n; either may have no rows). */
void fg_dataset_split(fg_dataset *before, fg_dataset *after, const fg_dataset *from, size_t n_first);

/* Puts the rows in a random order that depends on seed, stream and the number of rows only. */
void fg_dataset_shuffle(fg_dataset *dataset, uint64_t seed, uint64_t stream);
/* The same order as indices: order[i] is the row that stands at i afterwards. */
void fg_order_shuffle(size_t order[], size_t n, uint64_t seed, uint64_t stream);

/* n rows in batches of `size` >= 1 (the last may be shorter): how many, and the rows of one. */
size_t fg_batch_count(size_t n, size_t size);
void fg_batch_range(size_t *first, size_t *count, size_t n, size_t size, size_t index);

#endif
