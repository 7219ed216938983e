#include "report/transfer.h"

#include <math.h>

#include "base/mem.h"
#include "base/test.h"

START_TEST(measures_by_hand) {
    const double a[] = {0.9, 0.1, 0.2, 0.7, 0.8, 0.3, 0.5, 0.9, 0.7};
    fg_transfer t = fg_transfer_measure(a, 3);
    ck_assert_double_eq_tol(t.average, 0.7, 1e-12);
    ck_assert_double_eq_tol(t.backward, ((0.5 - 0.9) + (0.9 - 0.8)) / 2, 1e-12);
    ck_assert_double_eq_tol(t.forgetting, ((0.9 - 0.5) + (0.8 - 0.9)) / 2, 1e-12);
}
END_TEST

START_TEST(too_little_is_not_a_number) {
    const double one[] = {0.6}, two[] = {NAN, 0.1, 0.5, 0.9};
    fg_transfer t = fg_transfer_measure(one, 1);
    ck_assert(t.average == 0.6 && isnan(t.backward) && isnan(t.forgetting));
    t = fg_transfer_measure(two, 2);
    ck_assert_double_eq_tol(t.average, 0.7, 1e-12);
    ck_assert(isnan(t.backward) && isnan(t.forgetting));
}
END_TEST

START_TEST(pictures) {
    const double a[] = {1, 0, NAN, 0.5};
    fg_image image = {0};
    fg_err err;
    size_t held = fg_mem_held();
    ck_assert_int_eq(fg_transfer_picture(&image, a, 2, 8, &err), 0);
    ck_assert(image.width == 8 * 2 + 2 * 4 && image.height == image.width && image.channels == 3);
    fg_image_free(&image);
    for (uint64_t at = 1, status = 1; status; at++) {
        fg_mem_fail_at(at);
        int code = fg_transfer_picture(&image, a, 2, 8, &err);
        fg_mem_fail_at(0);
        ck_assert(code == FG_OK || code == FG_ENOMEM);
        fg_image_free(&image);
        ck_assert_uint_eq(fg_mem_held(), held);
        status = code != 0;
    }
}
END_TEST

FG_TEST_MAIN("report/transfer", measures_by_hand, too_little_is_not_a_number, pictures)
