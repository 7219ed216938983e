/* How large the graph of a spec is. */
#ifndef FG_MODEL_INFO_H
#define FG_MODEL_INFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/err.h"
#include "model/kind.h"
#include "model/spec.h"

typedef struct fg_info {
    size_t observations;
    bool noiseless;  /* the input is constants, and no variables */
    fg_counts input; /* of the input's own variables */
    fg_shape in[FG_MAX_LAYERS], out[FG_MAX_LAYERS];
    fg_counts layers[FG_MAX_LAYERS];
    fg_counts total; /* of an explicit graph only this is set */
} fg_info;

/* Counts for n observations of the given input shape (for an explicit graph both are ignored). */
int fg_info_fill(fg_info *out, const fg_spec *spec, fg_shape input, size_t n, fg_err *err);

/* A table for people. FG_EIO if the stream fails. */
int fg_info_print(FILE *to, const fg_spec *spec, const fg_info *info, fg_err *err);

#endif
