#include "data/noise.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "base/test.h"
#include "data/corrupt.h"

enum { H = 120, W = 90 };

static fg_image ramp(size_t height, size_t width, size_t channels) {
    fg_image image = {0};
    ck_assert_int_eq(fg_image_alloc(&image, height, width, channels, 8, NULL), 0);
    for (size_t i = 0; i < fg_image_size(&image); i++)
        image.data[i] = 0.3f + 0.002f * (float)(i / width % height) + 0.001f * (float)(i % width);
    return image;
}

START_TEST(known_noise_is_found) {
    static const double sigmas[] = {0.01, 0.1, 0.4};
    for (size_t channels = 1; channels <= 3; channels += 2)
        for (int s = 0; s < 3; s++) {
            fg_image image = ramp(H, W, channels);
            double sigma;
            fg_corrupt(&image, NULL, &(fg_corruption){FG_CORRUPT_GAUSSIAN, sigmas[s]}, 3, channels);
            ck_assert_int_eq(fg_noise_estimate(&sigma, &image, NULL, NULL), 0);
            ck_assert_double_eq_tol(sigma / sigmas[s], 1, 0.06);
            fg_image_free(&image);
        }
}
END_TEST

/* Half of the picture is covered by something loud, and marked. */
START_TEST(missing_pixels_do_not_count) {
    static unsigned char missing[H * W];
    fg_image image = ramp(H, W, 1);
    double sigma, loud;
    fg_corrupt(&image, NULL, &(fg_corruption){FG_CORRUPT_GAUSSIAN, 0.05}, 3, 0);
    for (size_t p = 0; p < H * W; p++) {
        missing[p] = p % W > W / 3;
        image.data[p] = missing[p] ? fg_rng_uniform(1, 0, p) : image.data[p];
    }
    ck_assert_int_eq(fg_noise_estimate(&sigma, &image, missing, NULL), 0);
    ck_assert_int_eq(fg_noise_estimate(&loud, &image, NULL, NULL), 0);
    ck_assert_double_eq_tol(sigma, 0.05, 0.005);
    ck_assert_double_gt(loud, 0.1);
    memset(missing, 1, sizeof missing);
    ck_assert_int_eq(fg_noise_estimate(&sigma, &image, missing, NULL), 0);
    ck_assert_double_eq(sigma, 0);
    fg_image_free(&image);
}
END_TEST

START_TEST(the_smallest_pictures) {
    static const size_t shapes[][2] = {{1, 1}, {1, 9}, {9, 1}, {2, 2}, {3, 3}};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        fg_image image = ramp(shapes[s][0], shapes[s][1], 3);
        double sigma = -1;
        ck_assert_int_eq(fg_noise_estimate(&sigma, &image, NULL, NULL), 0);
        ck_assert_double_eq_tol(sigma, 0, 1e-6);
        fg_image_free(&image);
    }
    fg_image image = ramp(2, 2, 1);
    double sigma;
    image.data[0] = 1, image.data[1] = image.data[2] = image.data[3] = 0;
    ck_assert_int_eq(fg_noise_estimate(&sigma, &image, NULL, NULL), 0);
    ck_assert_double_eq_tol(sigma, 0.5 / 0.67448975, 1e-6);
    fg_mem_fail_at(1);
    ck_assert_int_eq(fg_noise_estimate(&sigma, &image, NULL, NULL), FG_ENOMEM);
    fg_mem_fail_at(0);
    fg_image_free(&image);
}
END_TEST

FG_TEST_MAIN("data/noise", known_noise_is_found, missing_pixels_do_not_count, the_smallest_pictures)
