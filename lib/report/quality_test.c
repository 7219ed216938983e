#include "report/quality.h"

#include <math.h>

#include "base/rng.h"
#include "base/test.h"

START_TEST(psnr_of_known_differences) {
    fg_image a = {0}, b = {0};
    double value;
    ck_assert_int_eq(fg_image_alloc(&a, 4, 5, 3, 8, NULL), 0);
    ck_assert_int_eq(fg_image_alloc(&b, 4, 5, 3, 8, NULL), 0);
    for (size_t i = 0; i < 60; i++)
        a.data[i] = 0.5f, b.data[i] = i % 2 ? 0.6f : 0.4f;
    ck_assert_int_eq(fg_quality_psnr(&value, &a, &b, NULL), 0);
    ck_assert_double_eq_tol(value, 20, 1e-4);
    ck_assert_int_eq(fg_quality_mse(&value, &a, &b, NULL), 0);
    ck_assert_double_eq_tol(value, 0.01, 1e-7);
    ck_assert_int_eq(fg_quality_psnr(&value, &a, &a, NULL), 0);
    ck_assert_double_eq(value, FG_PSNR_MAX);
    fg_image_free(&a);
    fg_image_free(&b);
}
END_TEST

START_TEST(both_are_clipped_first) {
    fg_image a = {0}, b = {0};
    double value;
    ck_assert_int_eq(fg_image_alloc(&a, 1, 4, 1, 8, NULL), 0);
    ck_assert_int_eq(fg_image_alloc(&b, 1, 4, 1, 8, NULL), 0);
    const float va[] = {-3, 7, NAN, INFINITY}, vb[] = {0, 1, 0, 1.5f};
    for (size_t i = 0; i < 4; i++)
        a.data[i] = va[i], b.data[i] = vb[i];
    ck_assert_int_eq(fg_quality_mse(&value, &a, &b, NULL), 0);
    ck_assert_double_eq(value, 0);
    fg_image_free(&a);
    fg_image_free(&b);
}
END_TEST

START_TEST(marked_pixels_are_scored_apart) {
    fg_image a = {0}, b = {0};
    unsigned char where[6] = {0, 255, 0, 0, 1, 0};
    double value;
    bool any;
    ck_assert_int_eq(fg_image_alloc(&a, 2, 3, 3, 8, NULL), 0);
    ck_assert_int_eq(fg_image_alloc(&b, 2, 3, 3, 8, NULL), 0);
    for (size_t i = 0; i < 18; i++)
        a.data[i] = 0.5f, b.data[i] = where[i % 6] ? 0.6f : 0.9f;
    ck_assert_int_eq(fg_quality_psnr_where(&value, &any, &a, &b, where, NULL), 0);
    ck_assert(any);
    ck_assert_double_eq_tol(value, 20, 1e-4);
    where[1] = where[4] = 0;
    ck_assert_int_eq(fg_quality_psnr_where(&value, &any, &a, &b, where, NULL), 0);
    ck_assert(!any && value == FG_PSNR_MAX);
    ck_assert_int_eq(fg_image_alloc(&b, 3, 2, 3, 8, NULL), 0);
    ck_assert_int_eq(fg_quality_psnr_where(&value, &any, &a, &b, where, NULL), FG_EINVAL);
    fg_image_free(&a);
    fg_image_free(&b);
}
END_TEST

START_TEST(shapes_must_agree) {
    fg_image a = {0}, b = {0};
    double value;
    fg_err err;
    ck_assert_int_eq(fg_image_alloc(&a, 2, 3, 1, 8, NULL), 0);
    ck_assert_int_eq(fg_image_alloc(&b, 3, 2, 1, 8, NULL), 0);
    ck_assert_int_eq(fg_quality_psnr(&value, &a, &b, &err), FG_EINVAL);
    ck_assert_str_eq(err.text, "a picture of 2 x 3 x 1 cannot be compared to one of 3 x 2 x 1");
    fg_image_free(&a);
    fg_image_free(&b);
}
END_TEST

START_TEST(honest_deviations_cover) {
    enum { N = 20000 };
    static float mean[N], sd[N], truth[N];
    for (size_t i = 0; i < N; i++) {
        mean[i] = fg_rng_uniform(1, 0, i);
        sd[i] = 0.1f + fg_rng_uniform(1, 1, i);
        truth[i] = mean[i] + sd[i] * (float)fg_rng_normal(1, 2, i);
    }
    fg_coverage cover = fg_quality_coverage(mean, sd, truth, N);
    ck_assert_double_eq_tol(cover.within1, 0.6827, 0.01);
    ck_assert_double_eq_tol(cover.within2, 0.9545, 0.005);
    cover = fg_quality_coverage(mean, sd, truth, 0);
    ck_assert_double_eq(cover.within1 + cover.within2, 0);
}
END_TEST

FG_TEST_MAIN("report/quality", marked_pixels_are_scored_apart, psnr_of_known_differences,
             both_are_clipped_first, shapes_must_agree, honest_deviations_cover)
