#include "report/matrix.h"

#include <math.h>
#include <stdio.h>

#include "base/mem.h"
#include "data/sink.h"
#include "report/digits.h"
#include "report/panel.h"

/* Squares that numbers fit in, those of pictures with many classes, and the sides of a letter's squares. */
enum { SQUARE = 32, SMALL = 8, MANY = 64, LETTER = 2 };

/* A number with its middle there. */
static void put(fg_image *image, size_t row, size_t column, unsigned long value, const float rgb[3]) {
    char text[24];
    snprintf(text, sizeof text, "%lu", value);
    fg_digits_put(image, (ptrdiff_t)row - (ptrdiff_t)fg_digits_height(LETTER) / 2,
                  (ptrdiff_t)column - (ptrdiff_t)fg_digits_width(text, LETTER) / 2, text, LETTER, rgb);
}

/* The numbers of rows and columns, and in each square the share as percent, 0 left out. */
static void put_numbers(fg_image *image, const double *shares, size_t n, size_t size) {
    static const float dark[3] = {0.25f, 0.25f, 0.25f}, black[3] = {0, 0, 0}, white[3] = {1, 1, 1};
    for (size_t i = 0; i < n; i++) {
        size_t middle = size + i * size + size / 2;
        put(image, middle, size / 2, i, dark);
        put(image, size / 2, middle, i, dark);
        for (size_t j = 0; j < n; j++) {
            double share = shares[i * n + j];
            if (isfinite(share) && share >= 0.005)
                put(image, middle, size + j * size + size / 2, (unsigned long)(100 * share + 0.5),
                    share > 0.6 ? black : white);
        }
    }
}

int fg_matrix_picture(fg_image *out, const double *shares, size_t n, size_t size, fg_err *err) {
    fg_image field = {0};
    float *values = fg_alloc(n * n, sizeof *values);
    if (!values)
        return fg_err_set(err, FG_ENOMEM, "no memory for a picture of %zu x %zu shares", n, n);
    for (size_t i = 0; i < n * n; i++)
        values[i] = (float)shares[i];
    int status = fg_panel_field(&field, values, n, n, 0, 1, FG_COLOURS_HEAT, err);
    const fg_image *tile = &field;
    if (!status)
        status = fg_panel_grid(out, &tile, 1, 1, size, size, err);
    if (!status && size >= SQUARE)
        put_numbers(out, shares, n, size);
    fg_image_free(&field);
    fg_free(values);
    return status;
}

int fg_matrix_write_png(const char *path, const double *shares, size_t n, fg_err *err) {
    fg_image image = {0};
    int status = fg_matrix_picture(&image, shares, n, n > MANY ? SMALL : SQUARE, err);
    if (!status)
        status = fg_sink_write_png(path, &image, err);
    fg_image_free(&image);
    return status;
}
