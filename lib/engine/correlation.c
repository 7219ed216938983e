#include <math.h>

#include "base/mem.h"
#include "engine/correlation_internal.h"

static int check(const float *correlation, const double *wide, size_t matrices, size_t joint, fg_err *err) {
    const size_t n = matrices * joint * joint;
    for (size_t i = 0; i < n; i++) {
        const bool diagonal = i % joint == i / joint % joint;
        const double entry = wide ? wide[i] : (double)correlation[i];
        if (!(fabs(entry) <= 1) || (diagonal && entry != 1))
            return fg_err_set(err, FG_EFORMAT, "entry %zu: %g is not a correlation", i, entry);
    }
    return FG_OK;
}

int fg_correlation_read(float **out, double **wide, size_t *matrices, const fg_tensor *t, const char *name,
                        size_t rows, size_t joint, fg_err *err) {
    *out = NULL;
    *wide = NULL;
    *matrices = 0;
    if ((t->dtype != FG_F32 && t->dtype != FG_F64) || t->rank != 3 ||
        (t->dims[0] != rows && t->dims[0] != 1) || t->dims[1] != joint || t->dims[2] != joint)
        return fg_err_set(
            err, FG_EFORMAT,
            "tensor '%s' must be F32 or F64 of %zu matrices of %zu x %zu, or one that the rows share", name,
            rows, joint, joint);
    const size_t n = joint * joint * t->dims[0]; /* as many as the file has bytes for */
    if (t->dtype == FG_F64)
        *wide = fg_alloc(n, sizeof **wide);
    else
        *out = fg_alloc(n, sizeof **out);
    if (!*wide && !*out)
        return fg_err_set(err, FG_ENOMEM, "out of memory for tensor '%s'", name);
    int status = *wide ? fg_tensor_doubles(*wide, t, n, true, err) : fg_tensor_floats(*out, t, n, true, err);
    if (!status)
        status = check(*out, *wide, t->dims[0], joint, err);
    if (status) {
        fg_free(*out);
        fg_free(*wide);
        *out = NULL;
        *wide = NULL;
        return fg_err_prefix(err, "tensor '%s'", name), status;
    }
    *matrices = t->dims[0];
    return FG_OK;
}

int fg_correlation_add(fg_tensors *to, const char *name, const float *correlation, const double *wide,
                       size_t matrices, size_t joint, fg_err *err) {
    const void *data = wide ? (const void *)wide : correlation;
    fg_tensor t = {
        .dtype = wide ? FG_F64 : FG_F32, .rank = 3, .dims = {matrices, joint, joint}, .data = (void *)data};
    return fg_tensors_add(to, name, &t, err);
}
