/* Datasets: observations as rows of inputs, with or without class labels or real targets, read from files.
 * Which rows, and in which order, is a list of its own (data/rows.h); a batch is copied out by
 * fg_dataset_rows. */
#ifndef FG_DATA_DATASET_H
#define FG_DATA_DATASET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "data/rows.h"
#include "data/scaling.h"

enum { FG_CLASSES_MAX = 65536 };

typedef enum fg_target { FG_TARGET_NONE, FG_TARGET_LABELS, FG_TARGET_REAL } fg_target;

/* Which part of a folder that has both. */
typedef enum fg_part { FG_PART_TRAIN, FG_PART_TEST } fg_part;

/* What the caller needs of the data. {0}: any inputs, no targets, all rows. */
typedef struct fg_dataset_want {
    size_t n_inputs;  /* numbers per row; 0: whatever the data has */
    fg_target target; /* FG_TARGET_NONE ignores targets that the data has */
    size_t n_outputs; /* labels: classes, real: targets per row; 0: taken from the data (CSV: one column);
                         without targets the columns of CSV that may follow the inputs, 0: any number */
    size_t limit;     /* the first so many rows only; 0: all */
    fg_part part;
    bool gaps; /* inputs of CSV and real-valued NPY may be missing: NaN or an empty field, both become NaN */
} fg_dataset_want;

typedef struct fg_dataset {
    size_t n, n_inputs; /* both at least 1 */
    size_t height, width,
        channels;              /* of a row; their product is n_inputs; {1, 1, n_inputs} for plain vectors */
    float *real;               /* [n][n_inputs], finite; images in HWC order; or NULL, */
    uint8_t *bytes;            /* where the same are bytes that stand for 0 to 1 (a quarter of the memory) */
    const fg_scaling *scaling; /* of fg_dataset_rows, or NULL; borrowed, has this dataset's channels */
    size_t n_targets;          /* 0 unless real targets were asked for */
    float *y;                  /* [n][n_targets], finite, or NULL */
    int n_classes;             /* 0 unless labels were asked for */
    int32_t *labels;           /* [n], each in 0 .. n_classes - 1, or NULL */
} fg_dataset;

/* Opens comma-joined files ("-" is standard input), recognised by content, or a folder:
 *   one CSV file: the first n_inputs columns (0: all but the targets) are inputs, targets follow;
 *   x.npy[,y.npy]: the first dimension counts rows; rows of rank 2 or 3 are HW or HWC images, others plain
 * vectors; x of type u1 stands for 0 to 1; y is [n], or [n][targets];
 *   IDX images and their labels (data/idx.h), in any order;
 *   CIFAR-10 batches (data/cifar.h), joined in the order given;
 *   a folder with MNIST's or CIFAR-10's files under their usual names: the wanted part of it.
 * IDX and CIFAR-10 files may be gzip. Every error names the file. The caller ends *out with fg_dataset_free;
 * on failure it is NULL. */
int fg_dataset_open(fg_dataset **out, const char *files, const fg_dataset_want *want, fg_err *err);
void fg_dataset_free(fg_dataset *dataset); /* NULL is allowed */

/* Whether a file is one that is read where its folder is opened: by its name alone. */
bool fg_dataset_takes(const char *path);

/* Copies rows[0 .. n) (NULL: rows 0 .. n - 1), each below dataset->n, to x [n][n_inputs] as the scaling says,
 * labels [n] and y [n][n_targets]: where these are not NULL and the dataset has them. What is missing stays
 * NaN. */
void fg_dataset_rows(float *x, int32_t *labels, float *y, const fg_dataset *dataset, const size_t rows[],
                     size_t n);

/* A checksum of shape, inputs, labels and targets as they were read, before any scaling, that goes on from
 * `crc`: that of the data before, or 0. */
uint32_t fg_dataset_checksum(uint32_t crc, const fg_dataset *dataset);

/* Measures the scaling that gives these rows (NULL: rows 0 .. n - 1; n at least 1) mean 0 and deviation 1 in
 * each channel; constant channels have deviation 1. Any scaling that the dataset has is left out, and so are
 * missing inputs. */
int fg_dataset_measure(fg_scaling *out, const fg_dataset *dataset, const size_t rows[], size_t n,
                       fg_err *err);

#endif
