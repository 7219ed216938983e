#include "report/transfer.h"

#include <math.h>

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

FG_TEST_MAIN("report/transfer", measures_by_hand, too_little_is_not_a_number)
