/* Shapes and counts of the kinds of model/kind.c that stand in a file of their own; see fg_kind. */
#ifndef FG_MODEL_KIND_INTERNAL_H
#define FG_MODEL_KIND_INTERNAL_H

#include "model/kind.h"

int fg_conv_shape(fg_shape *out, const char **why, const fg_layer *layer, fg_shape in);
int fg_conv_count(fg_counts *c, const fg_layer *layer, fg_shape in, fg_shape out, bool noiseless, size_t n);
int fg_pool_shape(fg_shape *out, const char **why, const fg_layer *layer, fg_shape in);
int fg_pool_count(fg_counts *c, const fg_layer *layer, fg_shape in, fg_shape out, bool noiseless, size_t n);

#endif
