/* IDX files, the format of MNIST and the sets after its model: images or labels as unsigned bytes, plain or
 * gzip. */
#ifndef FG_DATA_IDX_H
#define FG_DATA_IDX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* The most bytes of data, unpacked. */
#define FG_IDX_BYTES_MAX ((size_t)1 << 32)

typedef struct fg_idx {
    bool images;          /* three dimensions; labels have one */
    size_t n;             /* items in the file */
    size_t kept;          /* items in data: all, or the limit */
    size_t height, width; /* of images; 1 x 1 for labels */
    unsigned char *data;  /* [kept][height][width] */
} fg_idx;

/* Whether unpacked bytes (four are enough) start as an IDX file does. */
bool fg_idx_recognise(const unsigned char *bytes, size_t size);
/* Whether a whole file's bytes, not packed, are as many unsigned bytes as their header announces. */
bool fg_idx_fits(const unsigned char *bytes, size_t size);

/* Reads a whole file's bytes, plain or gzip; the first `limit` items are kept (0: all), the others only
 * counted. Element types other than unsigned bytes, other numbers of dimensions than 1 and 3, and more or
 * less data than the header announces are FG_EFORMAT. Memory grows with what the file proves to hold, never
 * by the header alone. End it with fg_idx_free; on failure *out is empty. */
int fg_idx_read(fg_idx *out, const unsigned char *bytes, size_t size, size_t limit, fg_err *err);
void fg_idx_free(fg_idx *idx);

#endif
