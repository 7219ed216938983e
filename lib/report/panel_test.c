#include "report/panel.h"

#include <math.h>

#include "base/mem.h"
#include "base/test.h"

static fg_image flat(size_t height, size_t width, size_t channels, float value) {
    fg_image image = {0};
    ck_assert_int_eq(fg_image_alloc(&image, height, width, channels, 8, NULL), 0);
    for (size_t i = 0; i < fg_image_size(&image); i++)
        image.data[i] = value;
    return image;
}

static float pixel(const fg_image *image, size_t c, size_t y, size_t x) {
    return image->data[(c * image->height + y) * image->width + x];
}

START_TEST(tiles_stand_in_rows) {
    fg_image a = flat(2, 3, 1, 0.25f), b = flat(2, 3, 3, 0.5f), out = {0};
    b.data[6] = -1;
    b.data[7] = 9;
    const fg_image *tiles[] = {&a, NULL, &b};
    ck_assert_int_eq(fg_panel_grid(&out, tiles, 3, 2, 2, 1, NULL), 0);
    ck_assert(out.channels == 3 && out.height == 1 + 2 * (4 + 1) && out.width == 1 + 2 * (6 + 1));
    for (size_t c = 0; c < 3; c++) {
        ck_assert_float_eq(pixel(&out, c, 0, 3), 1);
        ck_assert_float_eq(pixel(&out, c, 1, 1), 0.25f);
        ck_assert_float_eq(pixel(&out, c, 4, 6), 0.25f);
        ck_assert_float_eq(pixel(&out, c, 4, 7), 1);
        ck_assert_float_eq(pixel(&out, c, 3, 9), 1);
        ck_assert_float_eq(pixel(&out, c, 9, 6), 0.5f);
    }
    ck_assert_float_eq(pixel(&out, 1, 7, 2), 0);
    ck_assert_float_eq(pixel(&out, 1, 7, 3), 1);
    fg_image_free(&a);
    fg_image_free(&b);
    fg_image_free(&out);
}
END_TEST

START_TEST(grids_that_cannot_be_are_refused) {
    fg_image a = flat(2, 3, 1, 0), b = flat(3, 2, 1, 0), out = {0};
    const fg_image *tiles[] = {&a, &b, NULL};
    fg_err err;
    ck_assert_int_eq(fg_panel_grid(&out, tiles, 2, 2, 1, 0, &err), FG_EINVAL);
    ck_assert_str_eq(err.text, "tile 1 is 2 x 3 pixels, others are 3 x 2");
    ck_assert_int_eq(fg_panel_grid(&out, tiles, 1, 0, 1, 0, &err), FG_EINVAL);
    ck_assert_int_eq(fg_panel_grid(&out, tiles, 1, 1, 0, 0, &err), FG_EINVAL);
    ck_assert_int_eq(fg_panel_grid(&out, tiles, 1, 1, 65, 0, &err), FG_EINVAL);
    ck_assert_int_eq(fg_panel_grid(&out, tiles, 0, 1, 1, 0, &err), FG_EINVAL);
    ck_assert_int_eq(fg_panel_grid(&out, tiles + 2, 1, 1, 1, 0, &err), FG_EINVAL);
    ck_assert_int_eq(fg_panel_grid(&out, tiles, 1, 1, 1, FG_IMAGE_PIXELS_MAX, &err), FG_EFORMAT);
    ck_assert_int_eq(fg_panel_difference(&out, &a, &b, 1, &err), FG_EINVAL);
    fg_image_free(&a);
    fg_image_free(&b);
    ck_assert_ptr_null(out.data);
}
END_TEST

START_TEST(differences_are_clipped_then_gained) {
    fg_image a = flat(1, 1, 1, 0.5f), b = flat(1, 1, 1, 0.6f), out = {0};
    ck_assert_int_eq(fg_panel_difference(&out, &a, &b, 4, NULL), 0);
    ck_assert_float_eq_tol(out.data[0], 0.4f, 1e-6f);
    b.data[0] = 7;
    ck_assert_int_eq(fg_panel_difference(&out, &b, &a, 1, NULL), 0);
    ck_assert_float_eq_tol(out.data[0], 0.5f, 1e-6f);
    fg_image_free(&a);
    fg_image_free(&b);
    fg_image_free(&out);
}
END_TEST

static float brightness(fg_colours colours, double where) {
    float rgb[3];
    fg_panel_colour(rgb, colours, where);
    for (int c = 0; c < 3; c++)
        ck_assert(rgb[c] >= 0 && rgb[c] <= 1);
    return 0.2126f * rgb[0] + 0.7152f * rgb[1] + 0.0722f * rgb[2];
}

START_TEST(colours_tell_order) {
    for (int i = 0; i < 100; i++)
        ck_assert_float_lt(brightness(FG_COLOURS_HEAT, i / 100.0),
                           brightness(FG_COLOURS_HEAT, (i + 1) / 100.0));
    for (int i = 0; i < 50; i++) {
        ck_assert_float_lt(brightness(FG_COLOURS_SIGN, i / 100.0),
                           brightness(FG_COLOURS_SIGN, (i + 1) / 100.0));
        ck_assert_float_gt(brightness(FG_COLOURS_SIGN, (50 + i) / 100.0),
                           brightness(FG_COLOURS_SIGN, (51 + i) / 100.0));
    }
    ck_assert_float_eq(brightness(FG_COLOURS_HEAT, -5), brightness(FG_COLOURS_HEAT, 0));
    ck_assert_float_eq(brightness(FG_COLOURS_HEAT, INFINITY), brightness(FG_COLOURS_HEAT, 1));
    ck_assert_float_eq_tol(brightness(FG_COLOURS_SIGN, NAN), 0.5f, 1e-6f);
}
END_TEST

START_TEST(fields_and_quantiles) {
    const float field[] = {3, -1, NAN, 2, 1, INFINITY};
    fg_image out = {0};
    float rgb[3];
    double q;
    ck_assert_int_eq(fg_panel_field(&out, field, 2, 3, -1, 3, FG_COLOURS_HEAT, NULL), 0);
    fg_panel_colour(rgb, FG_COLOURS_HEAT, 0.75);
    for (size_t c = 0; c < 3; c++)
        ck_assert_float_eq(pixel(&out, c, 1, 0), rgb[c]);
    ck_assert_int_eq(fg_panel_field(&out, field, 2, 3, 1, 1, FG_COLOURS_HEAT, NULL), 0);
    ck_assert_int_eq(fg_panel_quantile(&q, field, 6, 0.5, NULL), 0);
    ck_assert_double_eq(q, 2);
    ck_assert_int_eq(fg_panel_quantile(&q, field, 6, 0, NULL), 0);
    ck_assert_double_eq(q, -1);
    ck_assert_int_eq(fg_panel_quantile(&q, field + 2, 1, 0.5, NULL), 0);
    ck_assert_double_eq(q, 0);
    const float planes[] = {1, 2, 3, 6};
    float mean[2];
    fg_panel_channel_mean(mean, planes, 2, 1, 2);
    ck_assert(mean[0] == 2 && mean[1] == 4);
    fg_image_free(&out);
}
END_TEST

START_TEST(memory_may_run_out) {
    fg_image a = flat(2, 2, 1, 0), out = {0};
    const fg_image *tiles[] = {&a};
    double q;
    size_t held = fg_mem_held();
    fg_mem_fail_at(1);
    ck_assert_int_eq(fg_panel_grid(&out, tiles, 1, 1, 1, 1, NULL), FG_ENOMEM);
    ck_assert_int_eq(fg_panel_difference(&out, &a, &a, 1, NULL), FG_ENOMEM);
    ck_assert_int_eq(fg_panel_field(&out, a.data, 2, 2, 0, 1, FG_COLOURS_SIGN, NULL), FG_ENOMEM);
    ck_assert_int_eq(fg_panel_quantile(&q, a.data, 4, 0.5, NULL), FG_ENOMEM);
    fg_mem_fail_at(0);
    ck_assert_uint_eq(fg_mem_held(), held);
    fg_image_free(&a);
}
END_TEST

FG_TEST_MAIN("report/panel", tiles_stand_in_rows, grids_that_cannot_be_are_refused,
             differences_are_clipped_then_gained, colours_tell_order, fields_and_quantiles,
             memory_may_run_out)
