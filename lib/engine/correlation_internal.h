/* Correlations of weights as tensors of a state. */
#ifndef FG_ENGINE_CORRELATION_INTERNAL_H
#define FG_ENGINE_CORRELATION_INTERNAL_H

#include <stddef.h>

#include "base/err.h"
#include "data/safetensors.h"

/* Reads tensor `name`: F32, or F64 into *wide, [matrices][joint][joint], with as many matrices as the
 * parameter has rows, or one. The caller frees *out and *wide, of which one is NULL, and both on failure.
 * FG_EFORMAT if it has another shape, or an entry that is no correlation. */
int fg_correlation_read(float **out, double **wide, size_t *matrices, const fg_tensor *t, const char *name,
                        size_t rows, size_t joint, fg_err *err);

/* Of one precision or the other; the container copies them. */
int fg_correlation_add(fg_tensors *to, const char *name, const float *correlation, const double *wide,
                       size_t matrices, size_t joint, fg_err *err);

#endif
