/* Numbers in pictures, in letters of 3 x 5 squares. */
#ifndef FG_REPORT_DIGITS_H
#define FG_REPORT_DIGITS_H

#include "data/image.h"

/* Pixels that a text takes with squares of so many pixels a side. */
size_t fg_digits_width(const char *text, size_t square);
size_t fg_digits_height(size_t square);

/* Writes digits, '-', '+', '.' and 'e' (anything else is a gap) into an RGB picture with the upper left
 * corner at this row and column; what would stand outside of the picture is left out. */
void fg_digits_put(fg_image *image, ptrdiff_t row, ptrdiff_t column, const char *text, size_t square,
                   const float rgb[3]);

#endif
