#include "data/corrupt.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/test.h"

START_TEST(texts_are_parsed) {
    static const struct {
        const char *text;
        fg_corruption_kind kind;
        double amount;
    } good[] = {{"0.1", FG_CORRUPT_IMPULSE, 0.1},
                {"impulse:.25", FG_CORRUPT_IMPULSE, 0.25},
                {"1e-1", FG_CORRUPT_IMPULSE, 0.1},
                {"1", FG_CORRUPT_IMPULSE, 1},
                {"gaussian:0.05", FG_CORRUPT_GAUSSIAN, 0.05},
                {"gaussian:10.", FG_CORRUPT_GAUSSIAN, 10},
                {"none", FG_CORRUPT_NONE, 0}};
    static const char *const bad[] = {
        "",        ".",        "-0.1",        "1.01",
        "impulse", "impulse:", "gaussian:11", "salt:0.1",
        "nan",     "0x1p-3",   "0.1 ",        "999999999999999999999999999999999999999999"};
    fg_corruption c;
    fg_err err;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        ck_assert_int_eq(fg_corruption_parse(&c, good[i].text, NULL), 0);
        ck_assert_int_eq(c.kind, good[i].kind);
        ck_assert_double_eq_tol(c.amount, good[i].amount, 1e-12);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(fg_corruption_parse(&c, bad[i], &err) == FG_EINVAL, "%s", bad[i]);
    ck_assert_int_eq(fg_corruption_parse(&c, "2", &err), FG_EINVAL);
    ck_assert_str_eq(err.text, "impulse:2 is not in 0..1");
}
END_TEST

static fg_image grey(size_t height, size_t width, size_t channels, float value) {
    fg_image image = {0};
    ck_assert_int_eq(fg_image_alloc(&image, height, width, channels, 8, NULL), 0);
    for (size_t i = 0; i < fg_image_size(&image); i++)
        image.data[i] = value;
    return image;
}

START_TEST(impulses_hit_all_channels_of_a_pixel) {
    enum { H = 200, W = 300, N = H * W };
    fg_image image = grey(H, W, 3, -1);
    static unsigned char hit[N];
    size_t hits = 0;
    double sum = 0, squares = 0, product = 0;
    fg_corrupt(&image, hit, &(fg_corruption){FG_CORRUPT_IMPULSE, 0.1}, 1, 5);
    for (size_t p = 0; p < N; p++) {
        float r = image.data[p], g = image.data[N + p], b = image.data[2 * N + p];
        ck_assert((r >= 0) == hit[p] && (g >= 0) == hit[p] && (b >= 0) == hit[p]);
        ck_assert(r < 1 && g < 1 && b < 1);
        if (!hit[p])
            continue;
        hits++;
        sum += (double)(r + g + b);
        squares += (double)(r * r + g * g + b * b);
        product += (double)((r - 0.5f) * (g - 0.5f));
    }
    double n = 3 * (double)hits;
    ck_assert_double_eq_tol((double)hits / N, 0.1, 0.005);
    ck_assert_double_eq_tol(sum / n, 0.5, 0.01);
    ck_assert_double_eq_tol(squares / n, 1.0 / 3, 0.01);
    ck_assert_double_eq_tol(product / (double)hits, 0, 0.005);
    fg_image_free(&image);
}
END_TEST

START_TEST(gaussian_noise_is_added_unclipped) {
    enum { N = 40000 };
    fg_image image = grey(200, 200, 1, 1);
    static unsigned char hit[N];
    double sum = 0, squares = 0;
    fg_corrupt(&image, hit, &(fg_corruption){FG_CORRUPT_GAUSSIAN, 0.2}, 3, 0);
    for (size_t i = 0; i < N; i++) {
        double d = (double)image.data[i] - 1;
        ck_assert_int_eq(hit[i], 1);
        sum += d;
        squares += d * d;
    }
    ck_assert_double_eq_tol(sum / N, 0, 0.005);
    ck_assert_double_eq_tol(sqrt(squares / N), 0.2, 0.005);
    fg_image_free(&image);
}
END_TEST

START_TEST(noise_depends_on_seed_and_frame_only) {
    fg_corruption c = {FG_CORRUPT_IMPULSE, 0.3};
    fg_image first = grey(20, 30, 3, 0), again = grey(20, 30, 3, 0), frame = grey(20, 30, 3, 0),
             seed = grey(20, 30, 3, 0), none = grey(20, 30, 3, 0), one = grey(20, 30, 1, 0);
    size_t bytes = 20 * 30 * sizeof(float);
    fg_corrupt(&first, NULL, &c, 1, 2);
    fg_corrupt(&again, NULL, &c, 1, 2);
    fg_corrupt(&frame, NULL, &c, 1, 3);
    fg_corrupt(&seed, NULL, &c, 2, 2);
    fg_corrupt(&one, NULL, &c, 1, 2);
    fg_corrupt(&none, NULL, &(fg_corruption){0}, 1, 2);
    ck_assert_mem_eq(first.data, again.data, 3 * bytes);
    ck_assert_mem_ne(first.data, frame.data, 3 * bytes);
    ck_assert_mem_ne(first.data, seed.data, 3 * bytes);
    ck_assert_mem_eq(first.data, one.data, bytes);
    for (size_t i = 0; i < fg_image_size(&none); i++)
        ck_assert_float_eq(none.data[i], 0);
    fg_image *all[] = {&first, &again, &frame, &seed, &none, &one};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        fg_image_free(all[i]);
}
END_TEST

FG_TEST_MAIN("data/corrupt", texts_are_parsed, impulses_hit_all_channels_of_a_pixel,
             gaussian_noise_is_added_unclipped, noise_depends_on_seed_and_frame_only)
