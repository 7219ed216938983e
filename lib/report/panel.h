/* Pictures made to be looked at: tiles side by side, differences, fields of numbers in colour. All are RGB.
 */
#ifndef FG_REPORT_PANEL_H
#define FG_REPORT_PANEL_H

#include "data/image.h"

/* Sets the tiles out in rows of `columns`, each enlarged by a whole factor (1..64) with every pixel a square,
 * `gap` pixels of white between and around them. tiles: [n], of one height and width, one or three channels;
 * NULL leaves its place white. *out is empty or a picture, and none of the tiles. FG_EINVAL for tiles of
 * different shapes. */
int fg_panel_grid(fg_image *out, const fg_image *const *tiles, size_t n, size_t columns, size_t factor,
                  size_t gap, fg_err *err);

/* |a - b| times gain, clipped; each clipped to [0, 1] first, as a PSNR would. */
int fg_panel_difference(fg_image *out, const fg_image *a, const fg_image *b, double gain, fg_err *err);

typedef enum fg_colours {
    FG_COLOURS_HEAT, /* dark blue over red to light yellow; brightness grows all the way */
    FG_COLOURS_SIGN  /* blue over white, in the middle, to red */
} fg_colours;

/* The colour of a value at `where` in 0..1 (clipped; not a number is grey): rgb[3] in [0, 1]. */
void fg_panel_colour(float rgb[3], fg_colours colours, double where);

/* A field [height][width] of numbers in colour, low at 0 and high at 1 of the scale. */
int fg_panel_field(fg_image *out, const float *field, size_t height, size_t width, double low, double high,
                   fg_colours colours, fg_err *err);

/* The mean over channels of planar values [channels][height][width], into field [height][width]. */
void fg_panel_channel_mean(float *field, const float *values, size_t channels, size_t height, size_t width);

/* The value below which `share` (0..1) of n numbers lie (not-a-numbers left out), for scales that one wild
 * value must not set; 0 for none. */
int fg_panel_quantile(double *value, const float *values, size_t n, double share, fg_err *err);

#endif
