#include "model/range.h"

#include "base/test.h"

#include <math.h>
#include <string.h>

static const fg_range closed = {1, 16, false, false}, half = {0, 1, false, true},
                      above = {0, INFINITY, true, false}, below = {-INFINITY, 3, false, false},
                      any = {-INFINITY, INFINITY, false, false};

START_TEST(ends_count_as_written) {
    ck_assert(fg_range_has(&closed, 1) && fg_range_has(&closed, 16));
    ck_assert(!fg_range_has(&closed, 0.999) && !fg_range_has(&closed, 17));
    ck_assert(fg_range_has(&half, 0) && !fg_range_has(&half, 1));
    ck_assert(!fg_range_has(&above, 0) && fg_range_has(&above, 1e300));
    ck_assert(fg_range_has(&below, -1e300) && !fg_range_has(&below, 3.1));
}
END_TEST

START_TEST(no_range_has_what_is_not_finite) {
    const fg_range *all[] = {&closed, &half, &above, &below, &any};
    for (size_t i = 0; i < 5; i++) {
        ck_assert(!fg_range_has(all[i], NAN));
        ck_assert(!fg_range_has(all[i], INFINITY) && !fg_range_has(all[i], -INFINITY));
    }
}
END_TEST

static void expect_text(const fg_range *range, const char *expected) {
    char text[80];
    fg_range_text(text, sizeof text, range, "d");
    ck_assert_str_eq(text, expected);
}

START_TEST(texts) {
    fg_range count = {1, 1e9, false, false}, small = {1e-6, 1e6, false, false};
    expect_text(&closed, "1..16");
    expect_text(&half, "0 <= d < 1");
    expect_text(&above, "d > 0");
    expect_text(&below, "d <= 3");
    expect_text(&any, "a finite number");
    expect_text(&count, "1..1000000000");
    expect_text(&small, "1e-06..1000000");
}
END_TEST

START_TEST(near_names_are_found) {
    static const char *const names[] = {"xor",   "regression", NULL,        "denoise-pairwise",
                                        "sigma", "units",      "bias_prior"};
    size_t n = sizeof names / sizeof *names;
    ck_assert_str_eq(fg_suggest("xro", names, n), "xor");
    ck_assert_str_eq(fg_suggest("regresion", names, n), "regression");
    ck_assert_str_eq(fg_suggest("denoise_pairwise", names, n), "denoise-pairwise");
    ck_assert_str_eq(fg_suggest("denoise", names, n), "denoise-pairwise");
    ck_assert_str_eq(fg_suggest("Sigma", names, n), "sigma");
    ck_assert_str_eq(fg_suggest("bias-prior", names, n), "bias_prior");
    ck_assert_ptr_null(fg_suggest("flower", names, n));
    ck_assert_ptr_null(fg_suggest("", names, n));
}
END_TEST

START_TEST(long_names_do_no_harm) {
    char wrong[4000];
    static const char *const names[] = {"sigma"};
    memset(wrong, 's', sizeof wrong - 1);
    wrong[sizeof wrong - 1] = 0;
    ck_assert_ptr_null(fg_suggest(wrong, names, 1));
}
END_TEST

FG_TEST_MAIN("model/range", ends_count_as_written, no_range_has_what_is_not_finite, texts,
             near_names_are_found, long_names_do_no_harm)
