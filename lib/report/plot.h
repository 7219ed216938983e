/* Curves, points and bands drawn on an RGB picture, without text but for the numbers of ticks. */
#ifndef FG_REPORT_PLOT_H
#define FG_REPORT_PLOT_H

#include "data/image.h"

/* A picture and the part of the plane that its inner rectangle shows; y grows upwards. */
typedef struct fg_plot {
    fg_image image; /* owned */
    double x_low, x_high, y_low, y_high;
    size_t margin; /* pixels on each side of the inner rectangle */
} fg_plot;

typedef struct fg_ink {
    float rgb[3];
    double alpha; /* 0 shows nothing, 1 covers */
    double width; /* of lines, or diameter of points, in pixels */
} fg_ink;

/* A white picture of height x width pixels showing x_low < x_high by y_low < y_high, finite. End it with
 * fg_plot_free. */
int fg_plot_begin(fg_plot *plot, size_t height, size_t width, double x_low, double x_high, double y_low,
                  double y_high, fg_err *err);

/* The frame around the inner rectangle with ticks at round numbers (1, 2 or 5 times a power of ten apart,
 * about six a side), the numbers of these where they are short, and thin lines through the zeros that are
 * shown. */
void fg_plot_axes(fg_plot *plot);

/* A line through n points in order, points as discs, and the area between two curves over the same ascending
 * x. What is outside the inner rectangle is cut off; values that are not finite leave a gap. */
void fg_plot_curve(fg_plot *plot, const double *x, const double *y, size_t n, fg_ink ink);
void fg_plot_points(fg_plot *plot, const double *x, const double *y, size_t n, fg_ink ink);
void fg_plot_band(fg_plot *plot, const double *x, const double *low, const double *high, size_t n,
                  fg_ink ink);

void fg_plot_free(fg_plot *plot);

#endif
