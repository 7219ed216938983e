/* What fg-infer takes as observed of its data. */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "hint.h"
#include "infer.h"

/* The mask's rows over the data's: 0 where it hides an input. */
static int apply_mask(unsigned char *observed, const fg_dataset *data, const char *mask, size_t more,
                      fg_err *err) {
    fg_dataset_want want = {.n_inputs = data->n_inputs, .n_outputs = more};
    fg_dataset *m;
    if (fg_dataset_open(&m, mask, &want, err)) {
        fg_hint_data(err, mask, want.part);
        return fg_err_prefix(err, "--mask");
    }
    int status = FG_OK;
    float *row = fg_alloc(m->n_inputs, sizeof *row);
    if (!row)
        status = fg_err_set(err, FG_ENOMEM, "out of memory for a mask");
    else if (m->n != 1 && m->n < data->n)
        status = fg_err_set(
            err, FG_EINVAL,
            "--mask: %s has %zu rows, expected %zu, or one for all; --limit %zu takes as many of the data",
            mask, m->n, data->n, m->n);
    for (size_t i = 0; i < data->n && !status; i++) {
        fg_model_rows(row, m, m->n == 1 ? 0 : i, 1);
        for (size_t j = 0; j < data->n_inputs; j++)
            observed[i * data->n_inputs + j] &= row[j] == 0;
    }
    fg_free(row);
    fg_dataset_free(m);
    return status;
}

static bool has_gaps(const fg_dataset *data) {
    for (size_t i = 0; data->real && i < data->n * data->n_inputs; i++)
        if (isnan(data->real[i]))
            return true;
    return false;
}

int infer_gaps(unsigned char **observed, const fg_dataset *data, const char *mask, bool hide, size_t more,
               fg_err *err) {
    size_t size = data->n * data->n_inputs;
    *observed = NULL;
    if (!mask && !hide && !has_gaps(data))
        return FG_OK;
    unsigned char *there = fg_alloc(size, 1);
    if (!there)
        return fg_err_set(err, FG_ENOMEM, "out of memory for a mask");
    memset(there, !hide, size);
    int status = mask ? apply_mask(there, data, mask, more, err) : FG_OK;
    for (size_t i = 0; i < size && data->real; i++)
        there[i] &= !isnan(data->real[i]);
    if (!status && memchr(there, 0, size))
        *observed = there;
    else
        fg_free(there);
    return status;
}
