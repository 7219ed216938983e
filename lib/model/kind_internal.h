/* Shapes and counts of the kinds of model/kind.c; see fg_kind. */
#ifndef FG_MODEL_KIND_INTERNAL_H
#define FG_MODEL_KIND_INTERNAL_H

#include "model/kind.h"

int fg_unary_count(fg_counts *c, const fg_layer *layer, fg_shape in, fg_shape out, bool noiseless, size_t n);
int fg_pairwise_shape(fg_shape *out, const char **why, const fg_layer *layer, fg_shape in);
int fg_pairwise_count(fg_counts *c, const fg_layer *layer, fg_shape in, fg_shape out, bool noiseless,
                      size_t n);
int fg_dense_shape(fg_shape *out, const char **why, const fg_layer *layer, fg_shape in);
int fg_dense_count(fg_counts *c, const fg_layer *layer, fg_shape in, fg_shape out, bool noiseless, size_t n);
int fg_tconv_shape(fg_shape *out, const char **why, const fg_layer *layer, fg_shape in);
int fg_tconv_count(fg_counts *c, const fg_layer *layer, fg_shape in, fg_shape out, bool noiseless, size_t n);
int fg_upsample_shape(fg_shape *out, const char **why, const fg_layer *layer, fg_shape in);
int fg_upsample_count(fg_counts *c, const fg_layer *layer, fg_shape in, fg_shape out, bool noiseless,
                      size_t n);
int fg_mixture_count(fg_counts *c, const fg_layer *layer, fg_shape in, fg_shape out, bool noiseless,
                     size_t n);
int fg_softmax_shape(fg_shape *out, const char **why, const fg_layer *layer, fg_shape in);
int fg_softmax_count(fg_counts *c, const fg_layer *layer, fg_shape in, fg_shape out, bool noiseless,
                     size_t n);

int fg_conv_shape(fg_shape *out, const char **why, const fg_layer *layer, fg_shape in);
int fg_conv_count(fg_counts *c, const fg_layer *layer, fg_shape in, fg_shape out, bool noiseless, size_t n);
int fg_pool_shape(fg_shape *out, const char **why, const fg_layer *layer, fg_shape in);
int fg_pool_count(fg_counts *c, const fg_layer *layer, fg_shape in, fg_shape out, bool noiseless, size_t n);
int fg_features_shape(fg_shape *out, const char **why, const fg_layer *layer, fg_shape in);
int fg_features_count(fg_counts *c, const fg_layer *layer, fg_shape in, fg_shape out, bool noiseless,
                      size_t n);

#endif
