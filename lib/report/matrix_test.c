#include "report/matrix.h"

#include <math.h>

#include "base/mem.h"
#include "base/test.h"

START_TEST(pictures) {
    const double a[] = {1, 0, NAN, 0.5};
    fg_image image = {0};
    fg_err err;
    size_t held = fg_mem_held();
    ck_assert_int_eq(fg_matrix_picture(&image, a, 2, 8, &err), 0);
    ck_assert(image.width == 8 * 4 && image.height == image.width && image.channels == 3);
    fg_image_free(&image);
    ck_assert_int_eq(fg_matrix_write_png("/dev/null/x.png", a, 2, &err), FG_EIO);
    ck_assert_uint_eq(fg_mem_held(), held);
    for (uint64_t at = 1, status = 1; status; at++) {
        fg_mem_fail_at(at);
        int code = fg_matrix_picture(&image, a, 2, 8, &err);
        fg_mem_fail_at(0);
        ck_assert(code == FG_OK || code == FG_ENOMEM);
        fg_image_free(&image);
        ck_assert_uint_eq(fg_mem_held(), held);
        status = code != 0;
    }
}
END_TEST

/* Pixels of a square that are not of its commonest grey. */
static size_t written(const fg_image *image, size_t row, size_t column, size_t size) {
    const float *first = &image->data[(row * image->width + column) * size];
    size_t n = 0;
    for (size_t i = 0; i < size; i++)
        for (size_t j = 0; j < size; j++)
            n += first[i * image->width + j] != first[0];
    return n;
}

START_TEST(squares_have_numbers) {
    enum { SIZE = 32, DIGIT_0 = 12 * 4, DIGIT_1 = 8 * 4, DIGIT_5 = 11 * 4 };
    const double a[] = {1, 0.004, NAN, 0.5};
    fg_image image = {0};
    ck_assert_int_eq(fg_matrix_picture(&image, a, 2, SIZE, NULL), 0);
    ck_assert_uint_eq(image.width, 4 * SIZE);
    ck_assert_uint_eq(written(&image, 0, 0, SIZE), 0);
    ck_assert_uint_eq(written(&image, 0, 1, SIZE), DIGIT_0);
    ck_assert_uint_eq(written(&image, 1, 0, SIZE), DIGIT_0);
    ck_assert_uint_eq(written(&image, 2, 0, SIZE), DIGIT_1);
    ck_assert_uint_eq(written(&image, 1, 1, SIZE), DIGIT_1 + 2 * DIGIT_0);
    ck_assert_uint_eq(written(&image, 1, 2, SIZE), 0);
    ck_assert_uint_eq(written(&image, 2, 1, SIZE), 0);
    ck_assert_uint_eq(written(&image, 2, 2, SIZE), DIGIT_5 + DIGIT_0);
    fg_image_free(&image);
}
END_TEST

FG_TEST_MAIN("report/matrix", pictures, squares_have_numbers)
