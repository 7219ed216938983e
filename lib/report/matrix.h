/* Square matrices of shares as pictures: accuracies over tasks, confusions of classes. */
#ifndef FG_REPORT_MATRIX_H
#define FG_REPORT_MATRIX_H

#include "data/image.h"

/* shares [n][n], n >= 1, as a picture with the first row on top: a square of `size` pixels each, dark at 0,
 * light at 1, grey where unknown (not a number), a margin as wide around them. From 32 pixels on squares have
 * their share in percent written in them, and the margin the numbers of rows and columns, from 0. */
int fg_matrix_picture(fg_image *out, const double *shares, size_t n, size_t size, fg_err *err);

/* The same with squares of 32 pixels (8 where there are more than 64 in a row) as a PNG file; NULL or "-": to
 * standard output. */
int fg_matrix_write_png(const char *path, const double *shares, size_t n, fg_err *err);

#endif
