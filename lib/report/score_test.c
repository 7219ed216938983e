#include "report/score.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/test.h"

enum { MOST = 8 };

/* Logits without uncertainty whose softmax is p. */
static fg_prediction classes(float mean[], float sd[], const double *p, size_t n, size_t outputs) {
    for (size_t i = 0; i < n * outputs; i++) {
        mean[i] = (float)log(p[i]);
        sd[i] = 0;
    }
    return (fg_prediction){.n = n, .outputs = outputs, .mean = mean, .sd = sd};
}

START_TEST(classes_by_hand) {
    static const double p[] = {0.9, 0.1, 0.65, 0.35, 0.2, 0.8, 0.38, 0.62};
    static const int32_t labels[] = {0, 1, 1, 1};
    float mean[MOST], sd[MOST];
    fg_class_score s;
    fg_err err = {0};
    size_t held = fg_mem_held();
    fg_prediction prediction = classes(mean, sd, p, 4, 2);
    ck_assert_int_eq(fg_score_classes(&s, &prediction, labels, &err), FG_OK);
    ck_assert_uint_eq(s.n, 4);
    ck_assert_double_eq(s.accuracy, 0.75);
    ck_assert_double_eq_tol(s.nll, -(log(0.9) + log(0.35) + log(0.8) + log(0.62)) / 4, 1e-6);
    /* Bins of 1/15: 0.65 (wrong) and 0.62 (right) share the tenth, 0.9 and 0.8 have their own. */
    ck_assert_double_eq_tol(s.ece, (fabs(0.65 + 0.62 - 1) + (1 - 0.9) + (1 - 0.8)) / 4, 1e-6);
    ck_assert_uint_eq(fg_mem_held(), held);
}
END_TEST

START_TEST(calibration_is_measured_per_bin) {
    static const double p[] = {0.75, 0.25, 0.75, 0.25, 0.25, 0.75, 0.75, 0.25};
    static const int32_t calibrated[] = {0, 0, 1, 1}, all_right[] = {0, 0, 1, 0}, all_wrong[] = {1, 1, 0, 1};
    float mean[MOST], sd[MOST];
    fg_class_score s;
    fg_prediction prediction = classes(mean, sd, p, 4, 2);
    ck_assert_int_eq(fg_score_classes(&s, &prediction, calibrated, NULL), FG_OK);
    ck_assert(s.accuracy == 0.75);
    ck_assert_double_eq_tol(s.ece, 0, 1e-6);
    ck_assert_int_eq(fg_score_classes(&s, &prediction, all_right, NULL), FG_OK);
    ck_assert(s.accuracy == 1);
    ck_assert_double_eq_tol(s.ece, 0.25, 1e-6);
    ck_assert_int_eq(fg_score_classes(&s, &prediction, all_wrong, NULL), FG_OK);
    ck_assert(s.accuracy == 0);
    ck_assert_double_eq_tol(s.ece, 0.75, 1e-6);
    ck_assert_double_eq_tol(s.nll, log(4), 1e-6);
}
END_TEST

START_TEST(certainty_and_ties) {
    float mean[] = {1000, -1000, 0, 2, 2, 2}, sd[] = {0, 0, 0, 1, 1, 1};
    static const int32_t right[] = {0, 0}, wrong[] = {1, 2};
    fg_prediction prediction = {.n = 2, .outputs = 3, .mean = mean, .sd = sd};
    fg_class_score s;
    ck_assert_int_eq(fg_score_classes(&s, &prediction, right, NULL), FG_OK);
    ck_assert(s.accuracy == 1); /* of equal classes the first is taken */
    ck_assert_double_eq_tol(s.nll, log(3) / 2, 1e-9);
    ck_assert_double_eq_tol(s.ece, (1 - 1.0 / 3) / 2, 1e-9);
    ck_assert_int_eq(fg_score_classes(&s, &prediction, wrong, NULL), FG_OK);
    ck_assert(s.accuracy == 0);
    /* What was thought impossible costs much, but not everything. */
    ck_assert_double_eq_tol(s.nll, (300 * log(10) + log(3)) / 2, 1e-6);
}
END_TEST

START_TEST(wide_logits_are_less_sure) {
    float mean[] = {3, 0}, sd[] = {0, 0};
    static const int32_t label[] = {0};
    fg_prediction prediction = {.n = 1, .outputs = 2, .mean = mean, .sd = sd};
    fg_class_score sure, unsure;
    ck_assert_int_eq(fg_score_classes(&sure, &prediction, label, NULL), FG_OK);
    sd[0] = sd[1] = 2;
    ck_assert_int_eq(fg_score_classes(&unsure, &prediction, label, NULL), FG_OK);
    ck_assert_double_gt(unsure.nll, sure.nll);
    ck_assert_double_gt(unsure.ece, sure.ece);
}
END_TEST

START_TEST(labels_that_are_no_class_are_named) {
    static const double p[] = {0.5, 0.25, 0.25, 0.5, 0.25, 0.25};
    static const struct {
        int32_t labels[2];
        const char *message;
    } bad[] = {{{0, 3}, "observation 1: label 3 is not in 0..2"},
               {{-1, 0}, "observation 0: label -1 is not in 0..2"},
               {{2, INT32_MAX}, "observation 1: label 2147483647 is not in 0..2"},
               {{INT32_MIN, 0}, "observation 0: label -2147483648 is not in 0..2"}};
    float mean[MOST], sd[MOST];
    size_t held = fg_mem_held();
    fg_prediction prediction = classes(mean, sd, p, 2, 3);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        fg_class_score s;
        fg_err err = {0};
        ck_assert_int_eq(fg_score_classes(&s, &prediction, bad[i].labels, &err), FG_EINVAL);
        ck_assert_str_eq(err.text, bad[i].message);
        ck_assert_uint_eq(fg_mem_held(), held);
    }
}
END_TEST

START_TEST(no_memory_is_an_error) {
    static const double p[] = {0.5, 0.5};
    float mean[MOST], sd[MOST];
    fg_class_score s;
    fg_err err = {0};
    fg_prediction prediction = classes(mean, sd, p, 1, 2);
    fg_mem_fail_at(1);
    int status = fg_score_classes(&s, &prediction, (int32_t[]){0}, &err);
    fg_mem_fail_at(0);
    ck_assert_int_eq(status, FG_ENOMEM);
}
END_TEST

START_TEST(real_values_by_hand) {
    float mean[] = {1, 2, -1, 0}, sd[] = {3, 0, 0.3f, 0}, targets[] = {6, 2, -1.75f, 3};
    fg_prediction prediction = {.n = 2, .outputs = 2, .mean = mean, .sd = sd};
    fg_real_score s;
    fg_score_real(&s, &prediction, targets, 4); /* deviations 5, 4, sqrt(16.09), 4 */
    ck_assert_uint_eq(s.n, 2);
    ck_assert_double_eq_tol(s.rmse, sqrt((25 + 0 + 0.5625 + 9) / 4), 1e-9);
    double log_2pi = log(2 * 3.14159265358979323846);
    double nll = 4 * log_2pi + log(25) + log(16) + log(16.09) + log(16) + 1 + 0 + 0.5625 / 16.09 + 9.0 / 16;
    ck_assert_double_eq_tol(s.nll, nll / 8, 1e-7);
    ck_assert(s.within1 == 1 && s.within2 == 1);  /* 5 is within 5: the limit counts */
    fg_score_real(&s, &prediction, targets, 1.6); /* deviations 3.4, 1.6, 1.63, 1.6 */
    ck_assert(s.within1 == 0.5 && s.within2 == 1);
    fg_score_real(&s, &prediction, targets, 0.4);
    ck_assert(s.within1 == 0.25 && s.within2 == 0.75);
}
END_TEST

START_TEST(real_values_that_are_exact) {
    float mean[] = {0.5f, -2, 8}, sd[] = {0, 0, 0};
    fg_prediction prediction = {.n = 3, .outputs = 1, .mean = mean, .sd = sd};
    fg_real_score s;
    fg_score_real(&s, &prediction, mean, 1);
    ck_assert(s.rmse == 0 && s.within1 == 1 && s.within2 == 1);
    ck_assert_double_eq_tol(s.nll, 0.5 * log(2 * 3.14159265358979323846), 1e-12);
}
END_TEST

START_TEST(confusion_by_hand) {
    static const double p[] = {0.5, 0.3, 0.2, 0.1, 0.8, 0.1, 0.6, 0.3, 0.1, 0.2, 0.2, 0.6};
    static const int32_t labels[] = {0, 0, 0, 2}, wrong[] = {0, 0, 3, 0};
    static const double want[] = {2.0 / 3, 1.0 / 3, 0, NAN, NAN, NAN, 0, 0, 1};
    float mean[12], sd[12];
    double shares[9];
    fg_err err;
    size_t held = fg_mem_held();
    fg_prediction prediction = classes(mean, sd, p, 4, 3);
    ck_assert_int_eq(fg_score_confusion(shares, &prediction, labels, &err), FG_OK);
    for (int i = 0; i < 9; i++)
        ck_assert(isnan(want[i]) ? isnan(shares[i]) : fabs(shares[i] - want[i]) < 1e-12);
    ck_assert_int_eq(fg_score_confusion(shares, &prediction, wrong, &err), FG_EINVAL);
    ck_assert_str_eq(err.text, "observation 2: label 3 is not in 0..2");
    fg_mem_fail_at(1);
    ck_assert_int_eq(fg_score_confusion(shares, &prediction, labels, &err), FG_ENOMEM);
    fg_mem_fail_at(0);
    ck_assert_uint_eq(fg_mem_held(), held);
}
END_TEST

FG_TEST_MAIN("report/score", confusion_by_hand, classes_by_hand, calibration_is_measured_per_bin,
             certainty_and_ties, wide_logits_are_less_sure, labels_that_are_no_class_are_named,
             no_memory_is_an_error, real_values_by_hand, real_values_that_are_exact)
