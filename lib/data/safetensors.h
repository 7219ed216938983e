/* Containers of named tensors with text metadata, in the safetensors format: an 8-byte little-endian header
 * length, a JSON header padded with blanks to a multiple of 8 bytes, and the tensors' bytes without holes. */
#ifndef FG_DATA_SAFETENSORS_H
#define FG_DATA_SAFETENSORS_H

#include <stdio.h>

#include "data/tensor.h"

typedef struct fg_named_tensor {
    char *name; /* UTF-8, not "__metadata__" */
    fg_tensor tensor;
} fg_named_tensor;

typedef struct fg_meta {
    char *key, *value; /* UTF-8 */
} fg_meta;

/* Names and keys are unique. {0} is an empty container. Everything in it is owned by it. */
typedef struct fg_tensors {
    size_t n, n_meta;
    fg_named_tensor *items; /* [n], in the order of adding or of the header */
    fg_meta *meta;          /* [n_meta], likewise */
    size_t room, meta_room; /* allocated; only fg_tensors_add and fg_tensors_set look at these */
} fg_tensors;

/* Adds a copy. FG_EINVAL for a name that is taken, empty, reserved or not UTF-8. */
int fg_tensors_add(fg_tensors *tensors, const char *name, const fg_tensor *tensor, fg_err *err);
/* The same, but takes the tensor's data over and empties *tensor; on failure *tensor is left as it was. */
int fg_tensors_move(fg_tensors *tensors, const char *name, fg_tensor *tensor, fg_err *err);
/* Adds or replaces a metadata pair, copied. FG_EINVAL for a key that is not UTF-8; in a value (a command line
 * can hold anything) bytes that are not UTF-8 become '?'. */
int fg_tensors_set(fg_tensors *tensors, const char *key, const char *value, fg_err *err);

/* The tensor of this name, or the value of this key; NULL when there is none. Owned by the container. */
fg_tensor *fg_tensors_find(const fg_tensors *tensors, const char *name);
const char *fg_tensors_meta(const fg_tensors *tensors, const char *key);

void fg_tensors_free(fg_tensors *tensors);

/* Whether the bytes start as such a file does: a plausible header length and '{'. */
bool fg_tensors_recognise(const unsigned char *bytes, size_t size);

enum { FG_TENSORS_HEADER_MAX = 100000000 }; /* bytes */

/* Reads a whole file's bytes. Checked, with FG_EFORMAT and a message: a header of at most 100 MB that is a
 * JSON object in UTF-8 with no more than the format's keys, unique names, known element types, byte counts
 * that match shapes, contiguous tensors from the first byte to the last, and, where the metadata has a
 * "crc32" (8 hexadecimal digits), that of the tensor bytes. On failure *out is empty. End it with
 * fg_tensors_free. */
int fg_tensors_read(fg_tensors *out, const unsigned char *bytes, size_t size, fg_err *err);

/* Writes the tensors sorted by falling element size, then by name, so that each is aligned and equal
 * containers give equal files; metadata in its own order with "crc32" set anew at the end. FG_EINVAL for
 * names and metadata that make a longer header, of which nothing is written; FG_EIO when the stream refuses,
 * whose buffer is left for who closes it to report. */
int fg_tensors_write(FILE *stream, const fg_tensors *tensors, fg_err *err);

#endif
