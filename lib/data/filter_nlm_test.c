#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "base/test.h"
#include "base/thread.h"
#include "data/corrupt.h"
#include "data/filter.h"

static fg_image made(size_t height, size_t width, size_t channels) {
    fg_image image = {0};
    ck_assert_int_eq(fg_image_alloc(&image, height, width, channels, 8, NULL), 0);
    for (size_t i = 0; i < fg_image_size(&image); i++) {
        size_t x = i % width, y = i / width % height;
        image.data[i] = 0.5f + 0.3f * sinf(0.5f * (float)x) * cosf(0.4f * (float)y);
    }
    return image;
}

static void add_noise(fg_image *image, double sigma) {
    fg_corrupt(image, NULL, &(fg_corruption){FG_CORRUPT_GAUSSIAN, sigma}, 1, 0);
}

static double mean_square(const fg_image *a, const fg_image *b) {
    double sum = 0;
    for (size_t i = 0; i < fg_image_size(a); i++)
        sum += pow((double)a->data[i] - (double)b->data[i], 2);
    return sum / (double)fg_image_size(a);
}

static long mirror(long i, long n) {
    while (n > 1 && (i < 0 || i >= n))
        i = i < 0 ? -i : 2 * (n - 1) - i;
    return n > 1 ? i : 0;
}

static double at(const fg_image *im, size_t c, long y, long x) {
    size_t row = (size_t)mirror(y, (long)im->height), column = (size_t)mirror(x, (long)im->width);
    return (double)im->data[(c * im->height + row) * im->width + column];
}

/* The weight of the patch moved by (dy, dx) for the patch around (y, x). */
static double weight(const fg_image *in, long y, long x, long dy, long dx, long f, double h, double sigma) {
    double sum = 0;
    for (size_t c = 0; c < in->channels; c++)
        for (long j = -f; j <= f; j++)
            for (long i = -f; i <= f; i++)
                sum += pow(at(in, c, y + j, x + i) - at(in, c, y + j + dy, x + i + dx), 2);
    sum /= (double)((2 * f + 1) * (2 * f + 1)) * (double)in->channels;
    return exp(-fmax(sum - 2 * sigma * sigma, 0) / (h * h * sigma * sigma));
}

/* Straight from the definition. */
static void reference(double *out, const fg_image *in, long f, long r, double h, double sigma) {
    long height = (long)in->height, width = (long)in->width;
    double *count = calloc(fg_image_size(in), sizeof *count), w[35 * 35];
    ck_assert_ptr_nonnull(count);
    memset(out, 0, fg_image_size(in) * sizeof *out);
    for (long p = 0; p < height * width; p++) {
        double most = 0, sum = 0;
        long y = p / width, x = p % width, side = 2 * r + 1, middle = r * side + r;
        for (long t = 0; t < side * side; t++) {
            w[t] = t == middle ? 0 : weight(in, y, x, t / side - r, t % side - r, f, h, sigma);
            most = fmax(most, w[t]);
            sum += w[t];
        }
        w[middle] = most > 0 ? most : 1;
        sum += w[middle];
        for (long t = 0; t < side * side; t++)
            for (long k = 0; k < (2 * f + 1) * (2 * f + 1); k++) {
                long yy = y + k / (2 * f + 1) - f, xx = x + k % (2 * f + 1) - f;
                if (yy < 0 || yy >= height || xx < 0 || xx >= width)
                    continue;
                for (size_t c = 0; c < in->channels; c++) {
                    size_t to = (c * in->height + (size_t)yy) * in->width + (size_t)xx;
                    out[to] += w[t] / sum * at(in, c, yy + t / side - r, xx + t % side - r);
                    count[to] += w[t] / sum;
                }
            }
    }
    for (size_t i = 0; i < fg_image_size(in); i++)
        out[i] /= count[i];
    free(count);
}

START_TEST(it_is_what_its_definition_says) {
    static const struct {
        size_t height, width, channels;
        double sigma, h;
        long patch, search;
    } cases[] = {{13, 11, 1, 0.05, 0.40, 1, 10}, {9, 12, 3, 0.05, 0.55, 1, 10}, {8, 9, 3, 0.1, 0.40, 2, 17},
                 {37, 3, 1, 0.1, 0.40, 2, 10},   {1, 6, 1, 0.05, 0.40, 1, 10},  {1, 1, 3, 0.05, 0.55, 1, 10}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        fg_image in = made(cases[k].height, cases[k].width, cases[k].channels), out = {0};
        double want[512];
        ck_assert_uint_le(fg_image_size(&in), 512);
        add_noise(&in, cases[k].sigma);
        ck_assert_int_eq(fg_filter_nlm(&out, &in, cases[k].sigma, NULL), 0);
        reference(want, &in, cases[k].patch, cases[k].search, cases[k].h, cases[k].sigma);
        for (size_t i = 0; i < fg_image_size(&in); i++)
            ck_assert_msg(fabs((double)out.data[i] - want[i]) < 2e-4, "case %zu, value %zu: %g, not %g", k, i,
                          (double)out.data[i], want[i]);
        fg_image_free(&in);
        fg_image_free(&out);
    }
}
END_TEST

START_TEST(noise_goes) {
    for (size_t channels = 1; channels <= 3; channels += 2) {
        fg_image clean = made(70, 50, channels), noisy = made(70, 50, channels), out = {0};
        add_noise(&noisy, 0.1);
        ck_assert_int_eq(fg_filter_nlm(&out, &noisy, 0.1, NULL), 0);
        ck_assert_double_lt(mean_square(&out, &clean), 0.2 * mean_square(&noisy, &clean));
        fg_image_free(&clean);
        fg_image_free(&noisy);
        fg_image_free(&out);
    }
}
END_TEST

START_TEST(threads_do_not_matter) {
    fg_image in = made(75, 40, 3), first = {0}, out = {0};
    add_noise(&in, 0.05);
    for (int n = 1; n <= 3; n++) {
        fg_threads_set(n);
        ck_assert_int_eq(fg_filter_nlm(n == 1 ? &first : &out, &in, 0.05, NULL), 0);
        if (n > 1)
            ck_assert_mem_eq(first.data, out.data, fg_image_size(&in) * sizeof(float));
    }
    fg_threads_set(0);
    fg_image_free(&in);
    fg_image_free(&first);
    fg_image_free(&out);
}
END_TEST

START_TEST(what_cannot_be_is_refused) {
    static const double wrong[] = {0, -1, NAN, INFINITY};
    fg_image in = made(8, 8, 3), out = {0};
    size_t held = fg_mem_held();
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(fg_filter_nlm(&out, &in, wrong[i], NULL), FG_EINVAL);
    int bad = FG_ENOMEM;
    for (uint64_t n = 1; bad && n < 20; n++) {
        fg_mem_fail_at(n);
        bad = fg_filter_nlm(&out, &in, 0.1, NULL);
        fg_mem_fail_at(0);
        ck_assert(bad == 0 || bad == FG_ENOMEM);
        fg_image_free(&out);
        ck_assert_uint_eq(fg_mem_held(), held);
    }
    ck_assert_int_eq(bad, 0);
    fg_image_free(&in);
}
END_TEST

FG_TEST_MAIN("data/filter_nlm", it_is_what_its_definition_says, noise_goes, threads_do_not_matter,
             what_cannot_be_is_refused)
