#include "report/plot.h"

#include <math.h>

#include "base/test.h"

enum { SIZE = 188, INNER = 100, MARGIN = 44 };

static const fg_ink black = {{0, 0, 0}, 1, 3};

static float grey(const fg_plot *plot, size_t row, size_t column) {
    return plot->image.data[row * SIZE + column];
}

static double darkness(const fg_plot *plot) {
    double sum = 0;
    for (size_t i = 0; i < SIZE * SIZE; i++) {
        ck_assert(plot->image.data[i] >= 0 && plot->image.data[i] <= 1);
        sum += 1 - (double)plot->image.data[i];
    }
    return sum;
}

static fg_plot begin(double low, double high) {
    fg_plot plot;
    ck_assert_int_eq(fg_plot_begin(&plot, SIZE, SIZE, low, high, low, high, NULL), 0);
    return plot;
}

START_TEST(a_line_is_where_and_as_thick_as_it_should_be) {
    fg_plot plot = begin(0, 1);
    fg_plot_curve(&plot, (double[]){0, 1}, (double[]){0.25, 0.25}, 2, black);
    for (size_t x = MARGIN; x < SIZE - MARGIN; x++) {
        ck_assert_float_eq_tol(grey(&plot, MARGIN + 75, x), 0, 1e-6f);
        ck_assert_float_eq_tol(grey(&plot, MARGIN + 50, x), 1, 1e-6f);
    }
    ck_assert_double_eq_tol(darkness(&plot), 3 * INNER, 1);
    fg_plot_free(&plot);
}
END_TEST

START_TEST(points_are_discs_cut_at_the_rectangle) {
    fg_plot plot = begin(-1, 1);
    fg_ink ink = {{0, 0, 0}, 1, 10};
    fg_plot_points(&plot, (double[]){0, NAN, 3}, (double[]){0, 0, 0}, 3, ink);
    ck_assert_double_eq_tol(darkness(&plot), 78.5, 2);
    fg_plot_points(&plot, (double[]){1}, (double[]){1}, 1, ink);
    ck_assert_double_eq_tol(darkness(&plot), 78.5 * 1.25, 2.5);
    ck_assert_float_eq(grey(&plot, MARGIN - 1, SIZE - MARGIN - 1), 1);
    fg_plot_free(&plot);
}
END_TEST

START_TEST(a_band_covers_the_area_between) {
    fg_plot plot = begin(0, 1);
    fg_ink ink = {{0, 0, 0}, 0.5, 0};
    enum { N = 33 };
    double x[N], low[N], high[N];
    for (int i = 0; i < N; i++) {
        x[i] = i / (N - 1.0);
        low[i] = 0.2 * x[i];
        high[i] = 0.5 + 0.2 * x[i] + 0.003;
    }
    fg_plot_band(&plot, x, low, high, N, ink);
    ck_assert_double_eq_tol(darkness(&plot), 0.5 * 0.503 * INNER * INNER, 2);
    ck_assert_float_eq_tol(grey(&plot, MARGIN + 60, MARGIN + 50), 0.5f, 1e-6f);
    double was = darkness(&plot);
    high[5] = INFINITY;
    low[9] = NAN;
    fg_plot_band(&plot, x, low, high, 2, (fg_ink){{0, 0, 0}, 0, 0});
    ck_assert_double_eq(darkness(&plot), was);
    fg_plot_band(&plot, x, low, high, N, ink);
    fg_plot_free(&plot);
}
END_TEST

START_TEST(axes_stay_outside_of_the_data) {
    fg_plot plot = begin(0.5, 1.5);
    fg_plot_axes(&plot);
    for (size_t y = MARGIN + 1; y < SIZE - MARGIN - 1; y++)
        for (size_t x = MARGIN + 1; x < SIZE - MARGIN - 1; x++)
            ck_assert_float_eq(grey(&plot, y, x), 1);
    ck_assert_float_lt(grey(&plot, MARGIN - 1, MARGIN + 48), 0.5f);
    ck_assert_float_lt(grey(&plot, MARGIN + 48, SIZE - MARGIN), 0.5f);
    fg_plot_free(&plot);
    plot = begin(-1, 1);
    fg_plot_axes(&plot);
    ck_assert_float_lt(grey(&plot, MARGIN + 50, MARGIN + 18), 0.95f);
    fg_plot_free(&plot);
}
END_TEST

/* Dark pixels of a part of the picture. */
static size_t inked(const fg_plot *plot, size_t top, size_t bottom, size_t left, size_t right) {
    size_t n = 0;
    for (size_t y = top; y < bottom; y++)
        for (size_t x = left; x < right; x++)
            n += grey(plot, y, x) < 0.5f;
    return n;
}

START_TEST(ticks_have_numbers_where_these_are_short) {
    fg_plot plot = begin(0, 10);
    fg_plot_axes(&plot);
    size_t below = SIZE - MARGIN + 8, beside = MARGIN - 7;
    /* 0, 2, 4, 6, 8, 10: the squares of their letters, 4 pixels each. */
    ck_assert_uint_eq(inked(&plot, below, SIZE, 0, SIZE), 4 * (12 + 11 + 9 + 12 + 13 + 8 + 12));
    ck_assert_uint_eq(inked(&plot, 0, SIZE, 0, beside), 4 * (12 + 11 + 9 + 12 + 13 + 8 + 12));
    fg_plot_free(&plot);
    plot = begin(1e17, 2e17);
    fg_plot_axes(&plot);
    ck_assert_uint_gt(inked(&plot, below, SIZE, 0, SIZE), 0);
    fg_plot_free(&plot);
    plot = begin(123456, 123457);
    fg_plot_axes(&plot);
    ck_assert_uint_eq(inked(&plot, below, SIZE, 0, SIZE), 0);
    fg_plot_free(&plot);
}
END_TEST

START_TEST(strange_ranges_end) {
    static const double ranges[][2] = {{1e17, 1e17 + 64}, {-1e300, 1e300}, {0, 5e-324}, {1, 1 + 1e-15}};
    fg_plot plot;
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        plot = begin(ranges[i][0], ranges[i][1]);
        fg_plot_axes(&plot);
        fg_plot_curve(&plot, (double[]){-1e308, 1e308}, (double[]){0, 1e308}, 2, black);
        fg_plot_free(&plot);
    }
    ck_assert_int_eq(fg_plot_begin(&plot, SIZE, SIZE, 1, 1, 0, 1, NULL), FG_EINVAL);
    ck_assert_int_eq(fg_plot_begin(&plot, SIZE, SIZE, 0, NAN, 0, 1, NULL), FG_EINVAL);
    ck_assert_int_eq(fg_plot_begin(&plot, SIZE, SIZE, 0, 1, -INFINITY, 1, NULL), FG_EINVAL);
    ck_assert_int_eq(fg_plot_begin(&plot, 20, SIZE, 0, 1, 0, 1, NULL), FG_EINVAL);
}
END_TEST

FG_TEST_MAIN("report/plot", a_line_is_where_and_as_thick_as_it_should_be,
             points_are_discs_cut_at_the_rectangle, a_band_covers_the_area_between,
             axes_stay_outside_of_the_data, ticks_have_numbers_where_these_are_short, strange_ranges_end)
