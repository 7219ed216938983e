#include "report/matrix.h"

#include "base/mem.h"
#include "data/sink.h"
#include "report/panel.h"

enum { SQUARE = 24 };

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
        status = fg_panel_grid(out, &tile, 1, 1, size, size / 2, err);
    fg_image_free(&field);
    fg_free(values);
    return status;
}

int fg_matrix_write_png(const char *path, const double *shares, size_t n, fg_err *err) {
    fg_image image = {0};
    int status = fg_matrix_picture(&image, shares, n, SQUARE, err);
    if (!status)
        status = fg_sink_write_png(path, &image, err);
    fg_image_free(&image);
    return status;
}
