#include "data/filter.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "base/test.h"
#include "data/corrupt.h"
#include "data/frames.h"

static const fg_filter_options nothing;

static fg_image make(size_t height, size_t width, size_t channels) {
    fg_image image = {0};
    ck_assert_int_eq(fg_image_alloc(&image, height, width, channels, 8, NULL), 0);
    return image;
}

static fg_image random_image(size_t height, size_t width, size_t channels, uint64_t seed) {
    fg_image image = make(height, width, channels);
    for (size_t i = 0; i < fg_image_size(&image); i++)
        image.data[i] = fg_rng_uniform(seed, 0, i);
    return image;
}

static float inside(const fg_image *im, size_t c, long y, long x) {
    long h = (long)im->height, w = (long)im->width;
    y = y < 0 ? 0 : y >= h ? h - 1 : y;
    x = x < 0 ? 0 : x >= w ? w - 1 : x;
    return im->data[(c * im->height + (size_t)y) * im->width + (size_t)x];
}

static int compare(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static const size_t shapes[][3] = {{1, 1, 1}, {1, 7, 3}, {6, 1, 1}, {2, 2, 3}, {9, 8, 3}};

START_TEST(median_is_the_fifth_of_nine) {
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        fg_image in = random_image(shapes[s][0], shapes[s][1], shapes[s][2], s), out = {0};
        ck_assert_int_eq(fg_filter(&out, &in, FG_FILTER_MEDIAN, &nothing, NULL), 0);
        ck_assert(fg_image_same_shape(&in, &out));
        for (size_t c = 0; c < in.channels; c++)
            for (long y = 0; y < (long)in.height; y++)
                for (long x = 0; x < (long)in.width; x++) {
                    float window[9];
                    for (int k = 0; k < 9; k++)
                        window[k] = inside(&in, c, y + k / 3 - 1, x + k % 3 - 1);
                    qsort(window, 9, sizeof *window, compare);
                    ck_assert_float_eq(inside(&out, c, y, x), window[4]);
                }
        fg_image_free(&in);
        fg_image_free(&out);
    }
}
END_TEST

START_TEST(switching_changes_outliers_only) {
    fg_image in = make(5, 6, 3), out = {0};
    for (size_t i = 0; i < fg_image_size(&in); i++)
        in.data[i] = 0.5f;
    in.data[8] = 0.6f;
    in.data[30 + 22] = 1;
    ck_assert_int_eq(fg_filter(&out, &in, FG_FILTER_SWITCHING, &nothing, NULL), 0);
    for (size_t i = 0; i < fg_image_size(&in); i++)
        ck_assert_float_eq(out.data[i], i == 8 ? 0.6f : 0.5f);
    fg_image_free(&in);
    fg_image_free(&out);
}
END_TEST

START_TEST(road_is_the_sum_of_four_smallest) {
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        fg_image in = random_image(shapes[s][0], shapes[s][1], shapes[s][2], s);
        unsigned char marks[72];
        fg_filter_road_detect(marks, &in, 0.8);
        for (long y = 0; y < (long)in.height; y++)
            for (long x = 0; x < (long)in.width; x++) {
                float d[8] = {0};
                for (int k = 0; k < 8; k++)
                    for (size_t c = 0; c < in.channels; c++)
                        d[k] += fabsf(inside(&in, c, y, x) -
                                      inside(&in, c, y + (k + (k > 3)) / 3 - 1, x + (k + (k > 3)) % 3 - 1)) /
                                (float)in.channels;
                qsort(d, 8, sizeof *d, compare);
                float road = d[0] + d[1] + d[2] + d[3];
                if (fabsf(road - 0.8f) > 1e-5f)
                    ck_assert_int_eq(marks[(size_t)y * in.width + (size_t)x], road > 0.8f);
            }
        fg_image_free(&in);
    }
}
END_TEST

START_TEST(fill_is_harmonic) {
    enum { H = 12, W = 15 };
    fg_image image = random_image(H, W, 3, 9), before = {0};
    unsigned char marks[H * W];
    ck_assert_int_eq(fg_image_copy(&before, &image, NULL), 0);
    for (size_t p = 0; p < H * W; p++)
        marks[p] = fg_rng_uniform(4, 1, p) < 0.4f || p / W < 3;
    ck_assert_int_eq(fg_filter_fill(&image, marks, NULL), 0);
    for (size_t c = 0; c < 3; c++)
        for (size_t p = 0; p < H * W; p++) {
            size_t y = p / W, x = p % W;
            const float *v = image.data + c * H * W;
            if (!marks[p]) {
                ck_assert_float_eq(v[p], before.data[c * H * W + p]);
                continue;
            }
            float sum = (y ? v[p - W] : 0) + (y + 1 < H ? v[p + W] : 0) + (x ? v[p - 1] : 0) +
                        (x + 1 < W ? v[p + 1] : 0);
            float n = (float)((y > 0) + (y + 1 < H) + (x > 0) + (x + 1 < W));
            ck_assert_float_eq_tol(v[p], sum / n, 5e-5f);
        }
    memset(marks, 1, sizeof marks);
    ck_assert_int_eq(fg_image_copy(&image, &before, NULL), 0);
    ck_assert_int_eq(fg_filter_fill(&image, marks, NULL), 0);
    ck_assert_mem_eq(image.data, before.data, 3 * H * W * sizeof(float));
    fg_image_free(&image);
    fg_image_free(&before);
}
END_TEST

START_TEST(a_linear_ramp_is_filled_exactly) {
    enum { N = 20 };
    fg_image image = make(N, N, 1);
    unsigned char marks[N * N];
    for (size_t p = 0; p < N * N; p++) {
        image.data[p] = 0.01f * (float)(p / N) + 0.02f * (float)(p % N);
        marks[p] = p / N > 2 && p / N < N - 3 && p % N > 3 && p % N < N - 2;
    }
    fg_image want = {0};
    ck_assert_int_eq(fg_image_copy(&want, &image, NULL), 0);
    ck_assert_int_eq(fg_filter_fill(&image, marks, NULL), 0);
    for (size_t p = 0; p < N * N; p++)
        ck_assert_float_eq_tol(image.data[p], want.data[p], 1e-3f);
    fg_image_free(&image);
    fg_image_free(&want);
}
END_TEST

static double psnr(const fg_image *a, const fg_image *b) {
    double sum = 0;
    for (size_t i = 0; i < fg_image_size(a); i++)
        sum += pow((double)a->data[i] - (double)b->data[i], 2);
    return -10 * log10(sum / (double)fg_image_size(a));
}

START_TEST(real_frames_reach_the_known_quality) {
    const char *data = fg_test_data();
    if (!data)
        return;
    static const double least[] = {28, 32.5, 33.3}; /* of those against impulses */
    char path[512];
    const char *paths[] = {path};
    fg_frames *frames;
    bool got;
    fg_frame frame;
    fg_image noisy = {0}, out = {0};
    snprintf(path, sizeof path, "%s/bear_258x454/00005.png", data);
    ck_assert_int_eq(fg_frames_open(&frames, paths, 1, NULL, NULL), 0);
    ck_assert_int_eq(fg_frames_next(&got, &frame, frames, NULL), 0);
    ck_assert_int_eq(fg_image_copy(&noisy, frame.image, NULL), 0);
    fg_corrupt(&noisy, NULL, &(fg_corruption){FG_CORRUPT_IMPULSE, 0.1}, 1, 5);
    for (int kind = 0; kind <= FG_FILTER_ROAD; kind++) {
        ck_assert_int_eq(fg_filter(&out, &noisy, (fg_filter_kind)kind, &nothing, NULL), 0);
        ck_assert_double_ge(psnr(&out, frame.image), least[kind]);
    }
    fg_frames_close(frames);
    fg_image_free(&noisy);
    fg_image_free(&out);
}
END_TEST

/* Whatever stands in missing pixels is not looked at, and a ramp goes on through them. */
START_TEST(missing_pixels_are_filled_first) {
    enum { N = 24 };
    unsigned char missing[N * N];
    fg_image image = make(N, N, 3), loud = {0}, a = {0}, b = {0};
    for (size_t i = 0; i < 3 * N * N; i++)
        image.data[i] = 0.2f + 0.02f * (float)(i / N % N);
    for (size_t p = 0; p < N * N; p++)
        missing[p] = p / N > 8 && p / N < 14 && p % N > 5 && p % N < 17 ? 255 : 0;
    ck_assert_int_eq(fg_image_copy(&loud, &image, NULL), 0);
    for (size_t i = 0; i < 3 * N * N; i++)
        loud.data[i] = missing[i % (N * N)] ? (float)(i % 5) : loud.data[i];
    fg_filter_options options = {.sigma = 0.02, .missing = missing};
    for (int kind = 0; kind < FG_FILTER_KINDS; kind++) {
        ck_assert_int_eq(fg_filter(&a, &image, (fg_filter_kind)kind, &options, NULL), 0);
        ck_assert_int_eq(fg_filter(&b, &loud, (fg_filter_kind)kind, &options, NULL), 0);
        for (size_t i = 0; i < 3 * N * N; i++) {
            ck_assert_float_eq(a.data[i], b.data[i]);
            if (i / N % N > 1 && i / N % N < N - 2)
                ck_assert_float_eq_tol(a.data[i], image.data[i], 0.015f);
        }
    }
    fg_image_free(&image);
    fg_image_free(&loud);
    fg_image_free(&a);
    fg_image_free(&b);
}
END_TEST

START_TEST(memory_may_run_out) {
    fg_image in = random_image(8, 8, 3, 1), out = {0};
    unsigned char missing[64] = {[20] = 1, [21] = 1};
    fg_filter_options options = {.sigma = 0.1, .missing = missing};
    size_t held = fg_mem_held();
    for (int kind = 0; kind < FG_FILTER_KINDS; kind++) {
        int bad = FG_ENOMEM;
        for (uint64_t n = 1; bad && n < 20; n++) {
            fg_mem_fail_at(n);
            bad = fg_filter(&out, &in, (fg_filter_kind)kind, &options, NULL);
            fg_mem_fail_at(0);
            ck_assert(bad == 0 || bad == FG_ENOMEM);
            fg_image_free(&out);
            ck_assert_uint_eq(fg_mem_held(), held);
        }
        ck_assert_int_eq(bad, 0);
    }
    fg_image_free(&in);
}
END_TEST

FG_TEST_MAIN("data/filter", median_is_the_fifth_of_nine, switching_changes_outliers_only,
             road_is_the_sum_of_four_smallest, fill_is_harmonic, a_linear_ramp_is_filled_exactly,
             missing_pixels_are_filled_first, real_frames_reach_the_known_quality, memory_may_run_out)
