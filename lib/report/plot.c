#include "report/plot.h"

#include <math.h>
#include <stdio.h>

#include "report/digits.h"

enum { MARGIN = 44, TICK = 5, TICKS = 6, LETTER = 2, LABEL = 5 };

static const fg_ink FRAME_INK = {{0.35f, 0.35f, 0.35f}, 1, 1}, ZERO_INK = {{0.82f, 0.82f, 0.82f}, 1, 1};

/* Pixel coordinates: the centre of the pixel in row i and column j is (j + 0.5, i + 0.5). */
typedef struct spot {
    double x, y;
} spot;

static spot place(const fg_plot *plot, double x, double y) {
    double wide = (double)(plot->image.width - 2 * plot->margin);
    double high = (double)(plot->image.height - 2 * plot->margin);
    return (spot){(double)plot->margin + (x - plot->x_low) / (plot->x_high - plot->x_low) * wide,
                  (double)plot->margin + (plot->y_high - y) / (plot->y_high - plot->y_low) * high};
}

static void blend(fg_plot *plot, size_t row, size_t column, const fg_ink *ink, double cover) {
    size_t plane = plot->image.height * plot->image.width;
    float share = (float)(ink->alpha * cover);
    for (size_t c = 0; c < 3; c++) {
        float *value = &plot->image.data[c * plane + row * plot->image.width + column];
        *value += share * (ink->rgb[c] - *value);
    }
}

static double distance(spot p, spot a, spot b) {
    double dx = b.x - a.x, dy = b.y - a.y, length = dx * dx + dy * dy;
    double along = length > 0 ? ((p.x - a.x) * dx + (p.y - a.y) * dy) / length : 0;
    along = fmin(fmax(along, 0), 1);
    return hypot(p.x - a.x - along * dx, p.y - a.y - along * dy);
}

/* Rows or columns that a span touches, within the inner rectangle. */
static void range(size_t *first, size_t *end, double low, double high, size_t margin, size_t size) {
    double most = (double)(size - margin), least = (double)margin;
    *first = (size_t)fmin(fmax(floor(low), least), most);
    *end = (size_t)fmin(fmax(ceil(high), least), most);
}

static void stroke(fg_plot *plot, spot a, spot b, const fg_ink *ink, size_t margin) {
    double reach = ink->width / 2 + 0.5;
    size_t top, bottom, left, right;
    range(&top, &bottom, fmin(a.y, b.y) - reach, fmax(a.y, b.y) + reach, margin, plot->image.height);
    range(&left, &right, fmin(a.x, b.x) - reach, fmax(a.x, b.x) + reach, margin, plot->image.width);
    for (size_t i = top; i < bottom; i++)
        for (size_t j = left; j < right; j++) {
            double cover = reach - distance((spot){(double)j + 0.5, (double)i + 0.5}, a, b);
            if (cover > 0)
                blend(plot, i, j, ink, fmin(cover, 1));
        }
}

int fg_plot_begin(fg_plot *plot, size_t height, size_t width, double x_low, double x_high, double y_low,
                  double y_high, fg_err *err) {
    *plot = (fg_plot){.x_low = x_low, .x_high = x_high, .y_low = y_low, .y_high = y_high, .margin = MARGIN};
    if (!(x_high > x_low) || !(y_high > y_low) || !isfinite(x_high - x_low) || !isfinite(y_high - y_low))
        return fg_err_set(err, FG_EINVAL, "a plot over [%g, %g] x [%g, %g]", x_low, x_high, y_low, y_high);
    if (height < 4 * MARGIN || width < 4 * MARGIN)
        return fg_err_set(err, FG_EINVAL, "a plot of %zu x %zu pixels: at least %d x %d were expected", width,
                          height, 4 * MARGIN, 4 * MARGIN);
    int bad = fg_image_alloc(&plot->image, height, width, 3, 8, err);
    for (size_t i = 0; !bad && i < fg_image_size(&plot->image); i++)
        plot->image.data[i] = 1;
    return bad;
}

static double tick_step(double low, double high) {
    double raw = (high - low) / TICKS, unit = pow(10, floor(log10(raw)));
    return raw <= unit ? unit : raw <= 2 * unit ? 2 * unit : raw <= 5 * unit ? 5 * unit : 10 * unit;
}

/* On the half pixel, so that a line of width 1 covers one row or column fully. */
static double snap(double at) {
    return floor(at) + 0.5;
}

/* The number of a tick, left of its end (`left`) or below it; none if it is too long for the margin. */
static void label(fg_plot *plot, double value, spot at, bool left) {
    char text[32];
    int length = snprintf(text, sizeof text, "%.3g", value);
    double width = (double)fg_digits_width(text, LETTER), height = (double)fg_digits_height(LETTER);
    if (length <= LABEL)
        fg_digits_put(&plot->image, (ptrdiff_t)(left ? at.y - height / 2 : at.y),
                      (ptrdiff_t)(left ? at.x - width : at.x - width / 2), text, LETTER, FRAME_INK.rgb);
}

void fg_plot_axes(fg_plot *plot) {
    double low_x = plot->x_low, high_x = plot->x_high, low_y = plot->y_low, high_y = plot->y_high;
    spot a = place(plot, low_x, high_y), b = place(plot, high_x, low_y), zero = place(plot, 0, 0);
    a = (spot){a.x - 0.5, a.y - 0.5};
    b = (spot){b.x + 0.5, b.y + 0.5};
    if (low_x < 0 && high_x > 0)
        stroke(plot, (spot){snap(zero.x), a.y}, (spot){snap(zero.x), b.y}, &ZERO_INK, plot->margin);
    if (low_y < 0 && high_y > 0)
        stroke(plot, (spot){a.x, snap(zero.y)}, (spot){b.x, snap(zero.y)}, &ZERO_INK, plot->margin);
    double step = tick_step(low_x, high_x);
    for (double k = ceil(low_x / step), end = k + 2 * TICKS; k < end && k * step <= high_x; k++) {
        double x = snap(place(plot, k * step, low_y).x);
        stroke(plot, (spot){x, b.y}, (spot){x, b.y + TICK}, &FRAME_INK, 0);
        label(plot, k * step, (spot){x, b.y + 2 * TICK}, false);
    }
    step = tick_step(low_y, high_y);
    for (double k = ceil(low_y / step), end = k + 2 * TICKS; k < end && k * step <= high_y; k++) {
        double y = snap(place(plot, low_x, k * step).y);
        stroke(plot, (spot){a.x - TICK, y}, (spot){a.x, y}, &FRAME_INK, 0);
        label(plot, k * step, (spot){a.x - 1.5 * TICK, y}, true);
    }
    stroke(plot, a, (spot){b.x, a.y}, &FRAME_INK, 0);
    stroke(plot, (spot){b.x, a.y}, b, &FRAME_INK, 0);
    stroke(plot, b, (spot){a.x, b.y}, &FRAME_INK, 0);
    stroke(plot, (spot){a.x, b.y}, a, &FRAME_INK, 0);
}

static int finite_spot(spot s) {
    return isfinite(s.x) && isfinite(s.y);
}

void fg_plot_curve(fg_plot *plot, const double *x, const double *y, size_t n, fg_ink ink) {
    for (size_t i = 1; i < n; i++) {
        spot a = place(plot, x[i - 1], y[i - 1]), b = place(plot, x[i], y[i]);
        if (finite_spot(a) && finite_spot(b))
            stroke(plot, a, b, &ink, plot->margin);
    }
}

void fg_plot_points(fg_plot *plot, const double *x, const double *y, size_t n, fg_ink ink) {
    for (size_t i = 0; i < n; i++) {
        spot a = place(plot, x[i], y[i]);
        if (finite_spot(a))
            stroke(plot, a, a, &ink, plot->margin);
    }
}

void fg_plot_band(fg_plot *plot, const double *x, const double *low, const double *high, size_t n,
                  fg_ink ink) {
    for (size_t k = 1; k < n; k++) {
        spot a = place(plot, x[k - 1], high[k - 1]), b = place(plot, x[k], high[k]);
        spot c = place(plot, x[k - 1], low[k - 1]), d = place(plot, x[k], low[k]);
        if (!finite_spot(a) || !finite_spot(b) || !finite_spot(c) || !finite_spot(d) || !(b.x > a.x))
            continue;
        size_t left, right, top, bottom;
        range(&left, &right, ceil(a.x - 0.5), ceil(b.x - 0.5), plot->margin, plot->image.width);
        for (size_t j = left; j < right; j++) {
            double share = fmin(fmax(((double)j + 0.5 - a.x) / (b.x - a.x), 0), 1);
            double upper = a.y + share * (b.y - a.y), lower = c.y + share * (d.y - c.y);
            range(&top, &bottom, upper, lower, plot->margin, plot->image.height);
            for (size_t i = top; i < bottom; i++) {
                double cover = fmin(lower, (double)i + 1) - fmax(upper, (double)i);
                if (cover > 0)
                    blend(plot, i, j, &ink, cover);
            }
        }
    }
}

void fg_plot_free(fg_plot *plot) {
    fg_image_free(&plot->image);
}
