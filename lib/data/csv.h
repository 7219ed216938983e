/* Tables of numbers as text: one row a line, fields between commas, semicolons, tabs or blanks (whichever of
 * these the first row has, in this order). An optional first line of column names (one of its fields is no
 * number, and none is one, but in quotes), '#' comments to the end of a line, blank lines, CRLF, a byte-order
 * mark and quoted fields are understood. The decimal point is '.' in every locale. */
#ifndef FG_DATA_CSV_H
#define FG_DATA_CSV_H

#include <stdbool.h>
#include <stdio.h>

#include "data/tensor.h"

typedef struct fg_csv {
    fg_tensor values; /* F64 [rows][columns], both at least 1, all finite */
    char **names;     /* [columns], or NULL without a header line */
} fg_csv;

/* Reads a whole file's bytes. Rows of different lengths, empty fields, NaN, infinities and text are
 * FG_EFORMAT: "line 3, column 2: 'abc' is not a number". On failure *out is empty. End it with fg_csv_free.
 */
int fg_csv_read(fg_csv *out, const char *text, size_t size, fg_err *err);
/* The same, but empty fields and NaN stand for missing values, which become NaN. */
int fg_csv_read_gaps(fg_csv *out, const char *text, size_t size, fg_err *err);
void fg_csv_free(fg_csv *csv);
/* What is wrong with the whole lines of a file that begins so: the error that reading all of it would give,
 * or FG_OK. */
int fg_csv_check(const char *head, size_t size, bool gaps, fg_err *err);

/* Writes names (NULL: none; quoted where needed) and rows * columns values; FG_EIO when the stream refuses.
 */
int fg_csv_write(FILE *stream, const double *values, size_t rows, size_t columns, const char *const names[],
                 fg_err *err);

#endif
