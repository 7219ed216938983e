#include "report/transfer.h"

#include <math.h>

#include "base/mem.h"
#include "report/panel.h"

fg_transfer fg_transfer_measure(const double *accuracy, size_t n) {
    const double *last = accuracy + (n - 1) * n;
    fg_transfer t = {0, 0, 0};
    for (size_t j = 0; j < n; j++) {
        t.average += last[j] / (double)n;
        double best = -INFINITY;
        for (size_t i = 0; i + 1 < n; i++)
            best = isnan(accuracy[i * n + j]) || accuracy[i * n + j] > best ? accuracy[i * n + j] : best;
        if (j + 1 < n) {
            t.backward += (last[j] - accuracy[j * n + j]) / (double)(n - 1);
            t.forgetting += (best - last[j]) / (double)(n - 1);
        }
    }
    if (n < 2)
        t.backward = t.forgetting = NAN;
    return t;
}

int fg_transfer_picture(fg_image *out, const double *accuracy, size_t n, size_t size, fg_err *err) {
    fg_image field = {0};
    float *values = fg_alloc(n * n, sizeof *values);
    if (!values)
        return fg_err_set(err, FG_ENOMEM, "no memory for a picture of %zu x %zu accuracies", n, n);
    for (size_t i = 0; i < n * n; i++)
        values[i] = (float)accuracy[i];
    int status = fg_panel_field(&field, values, n, n, 0, 1, FG_COLOURS_HEAT, err);
    const fg_image *tile = &field;
    if (!status)
        status = fg_panel_grid(out, &tile, 1, 1, size, size / 2, err);
    fg_image_free(&field);
    fg_free(values);
    return status;
}
