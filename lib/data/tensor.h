/* Tensors: typed arrays of up to eight dimensions in C (row-major) order, as they stand in files. */
#ifndef FG_DATA_TENSOR_H
#define FG_DATA_TENSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "data files are written as memory holds them");

enum { FG_RANK_MAX = 8, FG_POSITION_TEXT = 192 };

/* Element types, by their safetensors names. FG_BOOL is one byte, 0 or 1. */
typedef enum fg_dtype {
    FG_BOOL,
    FG_U8,
    FG_I8,
    FG_U16,
    FG_I16,
    FG_U32,
    FG_I32,
    FG_U64,
    FG_I64,
    FG_F32,
    FG_F64,
    FG_DTYPES
} fg_dtype;

typedef struct fg_tensor {
    fg_dtype dtype;
    int rank; /* 0 .. FG_RANK_MAX; 0 is a single number */
    size_t dims[FG_RANK_MAX];
    void *data; /* product of dims elements; owned unless a function says otherwise */
} fg_tensor;

size_t fg_dtype_size(fg_dtype dtype);      /* bytes: 1, 2, 4 or 8 */
const char *fg_dtype_name(fg_dtype dtype); /* "F64" */
/* The type with this name of `length` bytes, or FG_DTYPES. */
fg_dtype fg_dtype_find(const char *name, size_t length);

/* Elements and bytes of a shape. FG_EFORMAT when they do not fit in a size_t, or the rank is out of range. */
int fg_shape_count(size_t *count, size_t *bytes, fg_dtype dtype, int rank, const size_t dims[], fg_err *err);

/* A zeroed tensor; dims may be NULL for rank 0. On failure *out is empty. End it with fg_tensor_free. */
int fg_tensor_alloc(fg_tensor *out, fg_dtype dtype, int rank, const size_t dims[], fg_err *err);
int fg_tensor_copy(fg_tensor *out, const fg_tensor *from, fg_err *err);
/* Frees the data and empties the tensor; an empty (all zero) tensor and NULL are allowed. */
void fg_tensor_free(fg_tensor *tensor);

/* Of a tensor that fg_tensor_alloc accepted. */
size_t fg_tensor_count(const fg_tensor *tensor);
size_t fg_tensor_bytes(const fg_tensor *tensor);
double fg_tensor_get(const fg_tensor *tensor, size_t index); /* index in C order, not checked */

/* "[2,0,5]" for an index in C order, at most FG_POSITION_TEXT bytes. */
void fg_tensor_position(char text[FG_POSITION_TEXT], const fg_tensor *tensor, size_t index);

/* The first `count` elements (C order; count <= the tensor's) converted into out[count], which the caller
 * provides. With `finite` a value that is not finite, or not finite as a float, is FG_EFORMAT with its
 * position. ints: values that are not whole or not in the range of int32_t are FG_EFORMAT. */
int fg_tensor_doubles(double *out, const fg_tensor *tensor, size_t count, bool finite, fg_err *err);
int fg_tensor_floats(float *out, const fg_tensor *tensor, size_t count, bool finite, fg_err *err);
int fg_tensor_ints(int32_t *out, const fg_tensor *tensor, size_t count, fg_err *err);

#endif
