/* What a model has learned to look for, as a picture. */
#ifndef FG_REPORT_FILTERS_H
#define FG_REPORT_FILTERS_H

#include "data/image.h"
#include "engine/posterior.h"
#include "model/spec.h"

/* Draws the means of the filters of all conv and tconv layers of a spec, whose parameters stand in the
 * posterior, layer below layer. Of a layer on pixels one row of tiles, a filter each, in colour where the
 * pixels are; of the others a row for each channel of their input, in grey, a column for each filter. Zero is
 * medium grey, and black or white the largest weight of a tile. At most FG_FILTERS_SHOWN rows and columns.
 * *out is empty or a picture. FG_EINVAL if there is no such layer, FG_EFORMAT if its parameters are missing
 * or of another size. */
enum { FG_FILTERS_SHOWN = 64 };
int fg_filters_picture(fg_image *out, const fg_spec *spec, const fg_posterior *posterior, fg_err *err);

#endif
