#include "data/tensor.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

static const struct {
    const char *name;
    size_t size;
} dtypes[FG_DTYPES] = {
    [FG_BOOL] = {"BOOL", 1}, [FG_U8] = {"U8", 1},   [FG_I8] = {"I8", 1},   [FG_U16] = {"U16", 2},
    [FG_I16] = {"I16", 2},   [FG_U32] = {"U32", 4}, [FG_I32] = {"I32", 4}, [FG_U64] = {"U64", 8},
    [FG_I64] = {"I64", 8},   [FG_F32] = {"F32", 4}, [FG_F64] = {"F64", 8},
};

size_t fg_dtype_size(fg_dtype dtype) {
    return dtypes[dtype].size;
}

const char *fg_dtype_name(fg_dtype dtype) {
    return dtypes[dtype].name;
}

fg_dtype fg_dtype_find(const char *name, size_t length) {
    int i = 0;
    while (i < FG_DTYPES && (strlen(dtypes[i].name) != length || memcmp(dtypes[i].name, name, length) != 0))
        i++;
    return (fg_dtype)i;
}

int fg_shape_count(size_t *count, size_t *bytes, fg_dtype dtype, int rank, const size_t dims[], fg_err *err) {
    size_t n = 1, total = fg_dtype_size(dtype);
    *count = *bytes = 0;
    if (rank < 0 || rank > FG_RANK_MAX)
        return fg_err_set(err, FG_EFORMAT, "%d dimensions, at most %d are supported", rank, FG_RANK_MAX);
    /* A 0 must not hide an overflow elsewhere, nor depend on where it stands. */
    bool empty = false;
    for (int i = 0; i < rank; i++) {
        size_t d = dims[i];
        empty = empty || d == 0;
        if (d && (fg_size_mul(&n, n, d) || fg_size_mul(&total, total, d)))
            return fg_err_set(err, FG_EFORMAT, "the product of its dimensions is too large");
    }
    if (!empty) {
        *count = n;
        *bytes = total;
    }
    return FG_OK;
}

int fg_tensor_alloc(fg_tensor *out, fg_dtype dtype, int rank, const size_t dims[], fg_err *err) {
    size_t count, bytes;
    *out = (fg_tensor){0};
    int code = fg_shape_count(&count, &bytes, dtype, rank, dims, err);
    if (code)
        return code;
    void *data = fg_zalloc(bytes, 1);
    if (!data)
        return fg_err_set(err, FG_ENOMEM, "no memory for a tensor of %zu bytes", bytes);
    out->dtype = dtype;
    out->rank = rank;
    for (int i = 0; i < rank; i++)
        out->dims[i] = dims[i];
    out->data = data;
    return FG_OK;
}

int fg_tensor_copy(fg_tensor *out, const fg_tensor *from, fg_err *err) {
    int code = fg_tensor_alloc(out, from->dtype, from->rank, from->dims, err);
    if (code == FG_OK && fg_tensor_bytes(from))
        memcpy(out->data, from->data, fg_tensor_bytes(from));
    return code;
}

void fg_tensor_free(fg_tensor *tensor) {
    if (!tensor)
        return;
    fg_free(tensor->data);
    *tensor = (fg_tensor){0};
}

size_t fg_tensor_count(const fg_tensor *tensor) {
    size_t n = 1;
    for (int i = 0; i < tensor->rank; i++)
        n *= tensor->dims[i];
    return n;
}

size_t fg_tensor_bytes(const fg_tensor *tensor) {
    return fg_tensor_count(tensor) * fg_dtype_size(tensor->dtype);
}

double fg_tensor_get(const fg_tensor *tensor, size_t i) {
    const void *p = tensor->data;
    switch (tensor->dtype) {
    case FG_BOOL:
    case FG_U8:
        return ((const uint8_t *)p)[i];
    case FG_I8:
        return ((const int8_t *)p)[i];
    case FG_U16:
        return ((const uint16_t *)p)[i];
    case FG_I16:
        return ((const int16_t *)p)[i];
    case FG_U32:
        return ((const uint32_t *)p)[i];
    case FG_I32:
        return ((const int32_t *)p)[i];
    case FG_U64:
        return (double)((const uint64_t *)p)[i];
    case FG_I64:
        return (double)((const int64_t *)p)[i];
    case FG_F32:
        return (double)((const float *)p)[i];
    case FG_F64:
        return ((const double *)p)[i];
    case FG_DTYPES:
        break;
    }
    return NAN;
}

void fg_tensor_position(char text[FG_POSITION_TEXT], const fg_tensor *tensor, size_t index) {
    size_t at[FG_RANK_MAX];
    for (int i = tensor->rank - 1; i >= 0; i--) {
        at[i] = index % tensor->dims[i];
        index /= tensor->dims[i];
    }
    int used = snprintf(text, FG_POSITION_TEXT, "[");
    for (int i = 0; i < tensor->rank; i++)
        used += snprintf(text + used, (size_t)(FG_POSITION_TEXT - used), i ? ",%zu" : "%zu", at[i]);
    snprintf(text + used, (size_t)(FG_POSITION_TEXT - used), "]");
}

static int refuse(const fg_tensor *tensor, size_t i, const char *wanted, fg_err *err) {
    char position[FG_POSITION_TEXT];
    fg_tensor_position(position, tensor, i);
    return fg_err_set(err, FG_EFORMAT, "element %s: %.9g is not %s", position, fg_tensor_get(tensor, i),
                      wanted);
}

int fg_tensor_doubles(double *out, const fg_tensor *tensor, size_t count, bool finite, fg_err *err) {
    for (size_t i = 0; i < count; i++) {
        out[i] = fg_tensor_get(tensor, i);
        if (finite && !isfinite(out[i]))
            return refuse(tensor, i, "a finite number", err);
    }
    return FG_OK;
}

int fg_tensor_floats(float *out, const fg_tensor *tensor, size_t count, bool finite, fg_err *err) {
    for (size_t i = 0; i < count; i++) {
        double value = fg_tensor_get(tensor, i);
        out[i] = (float)value;
        if (finite && !isfinite(out[i]))
            return refuse(tensor, i, isfinite(value) ? "in the range of a float" : "a finite number", err);
    }
    return FG_OK;
}

int fg_tensor_ints(int32_t *out, const fg_tensor *tensor, size_t count, fg_err *err) {
    for (size_t i = 0; i < count; i++) {
        double value = fg_tensor_get(tensor, i);
        if (!(value >= INT32_MIN && value <= INT32_MAX))
            return refuse(tensor, i, "in the range of a 32-bit integer", err);
        if (value != floor(value))
            return refuse(tensor, i, "a whole number", err);
        out[i] = (int32_t)value;
    }
    return FG_OK;
}
