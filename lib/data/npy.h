/* NumPy's array files (.npy): versions 1 to 3, both byte orders, C and Fortran order. */
#ifndef FG_DATA_NPY_H
#define FG_DATA_NPY_H

#include <stdio.h>

#include "data/tensor.h"

/* Whether the bytes start as an .npy file does. */
bool fg_npy_recognise(const unsigned char *bytes, size_t size);

/* The array in a whole file's bytes, in C order and the machine's byte order. Element types other than bool,
 * the integers and f4, f8, structured types, more than FG_RANK_MAX dimensions and a size other than the
 * header's are FG_EFORMAT. The caller ends *out with fg_tensor_free; on failure it is empty. */
int fg_npy_read(fg_tensor *out, const unsigned char *bytes, size_t size, fg_err *err);

/* Writes version 1.0. FG_EIO when the stream refuses. */
int fg_npy_write(FILE *stream, const fg_tensor *tensor, fg_err *err);

#endif
