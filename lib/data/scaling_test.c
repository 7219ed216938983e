/* Rows as they are copied out of datasets, and scaled. */
#include "data/scaling.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/test.h"
#include "data/dataset.h"

/* Rows of two pixels with two channels: real i, -i, i + 0.5, -2 i; target 3 i; label i % 3. */
static fg_dataset numbered(size_t n, float *x, float *y, int32_t *labels) {
    for (size_t i = 0; i < n; i++) {
        memcpy(x + 4 * i, (float[]){(float)i, -(float)i, (float)i + 0.5f, -2 * (float)i}, 4 * sizeof *x);
        y[i] = 3 * (float)i;
        labels[i] = (int32_t)(i % 3);
    }
    return (fg_dataset){.n = n,
                        .n_inputs = 4,
                        .height = 1,
                        .width = 2,
                        .channels = 2,
                        .real = x,
                        .n_targets = 1,
                        .y = y,
                        .n_classes = 3,
                        .labels = labels};
}

START_TEST(rows_are_copied_in_order) {
    float x[40], y[10], at_x[16], at_y[4];
    int32_t labels[10], at_labels[4];
    const size_t rows[] = {9, 0, 0, 4};
    fg_dataset d = numbered(10, x, y, labels);
    fg_dataset_rows(at_x, at_labels, at_y, &d, rows, 4);
    for (size_t i = 0; i < 4; i++) {
        ck_assert_mem_eq(at_x + 4 * i, x + 4 * rows[i], 4 * sizeof *x);
        ck_assert(at_y[i] == 3 * (float)rows[i] && at_labels[i] == (int32_t)rows[i] % 3);
    }
    fg_dataset_rows(at_x, NULL, NULL, &d, NULL, 4);
    ck_assert_mem_eq(at_x, x, sizeof at_x);
    d.y = NULL;
    d.labels = NULL;
    fg_dataset_rows(at_x, at_labels, at_y, &d, rows, 4);
    ck_assert(at_y[0] == 27);
    d.labels = labels;
    fg_dataset_rows(NULL, at_labels, NULL, &d, rows + 3, 1);
    ck_assert_int_eq(at_labels[0], 1);
}
END_TEST

START_TEST(measured_rows_are_standardised) {
    enum { N = 50 };
    float x[4 * N], y[N], out[4 * N];
    int32_t labels[N];
    size_t odd[N / 2];
    fg_dataset d = numbered(N, x, y, labels);
    fg_scaling s, twice;
    for (size_t i = 0; i < N / 2; i++)
        odd[i] = 2 * i + 1;
    ck_assert_int_eq(fg_dataset_measure(&s, &d, odd, N / 2, NULL), 0);
    d.scaling = &s;
    fg_dataset_rows(out, NULL, NULL, &d, odd, N / 2);
    for (size_t c = 0; c < 2; c++) {
        double sum = 0, squares = 0;
        for (size_t i = c; i < 2 * N; i += 2) {
            sum += (double)out[i];
            squares += (double)out[i] * (double)out[i];
        }
        ck_assert_double_eq_tol(sum / N, 0, 1e-6);
        ck_assert_double_eq_tol(squares / N, 1, 1e-6);
    }
    ck_assert_int_eq(fg_dataset_measure(&twice, &d, odd, N / 2, NULL), 0);
    ck_assert(twice.mean[0] == s.mean[0] && twice.sd[1] == s.sd[1]);
    fg_scaling_free(&s);
    fg_scaling_free(&twice);
}
END_TEST

START_TEST(bytes_are_scaled_like_floats) {
    uint8_t bytes[] = {0, 255, 51, 102, 102, 255};
    fg_dataset d = {.n = 3, .n_inputs = 2, .height = 2, .width = 1, .channels = 1, .bytes = bytes};
    fg_scaling s;
    float x[6];
    ck_assert_int_eq(fg_dataset_measure(&s, &d, NULL, 3, NULL), 0);
    ck_assert_double_eq_tol(s.mean[0], 0.5, 1e-7);
    ck_assert_double_eq_tol(s.sd[0], sqrt((0.25 + 0.25 + 0.09 + 0.01 + 0.01 + 0.25) / 6), 1e-7);
    d.scaling = &s;
    fg_dataset_rows(x, NULL, NULL, &d, (size_t[]){1}, 1);
    ck_assert_float_eq_tol(x[0], (float)((0.2 - s.mean[0]) / s.sd[0]), 1e-6f);
    fg_scaling_free(&s);
}
END_TEST

START_TEST(constant_channels_stay_finite) {
    float x[] = {0.1f, 1, 0.1f, 2, 0.1f, 4}, out[6];
    fg_dataset d = {.n = 3, .n_inputs = 2, .height = 1, .width = 1, .channels = 2, .real = x};
    fg_scaling s, copy;
    ck_assert_int_eq(fg_dataset_measure(&s, &d, NULL, 3, NULL), 0);
    ck_assert(s.sd[0] == 1 && s.sd[1] > 1);
    d.scaling = &s;
    fg_dataset_rows(out, NULL, NULL, &d, NULL, 3);
    ck_assert(out[0] == 0 && out[2] == 0);
    ck_assert_int_eq(fg_scaling_copy(&copy, &s, NULL), 0);
    ck_assert_int_eq(fg_scaling_check(&copy, NULL), 0);
    copy.sd[1] = 0;
    ck_assert_int_eq(fg_scaling_check(&copy, NULL), FG_EFORMAT);
    copy.sd[1] = 1;
    copy.mean[0] = 1e39;
    ck_assert_int_eq(fg_scaling_check(&copy, NULL), FG_EFORMAT);
    fg_scaling_free(&copy);
    fg_scaling_free(&s);
    for (uint64_t n = 1; n <= 4; n++) {
        size_t held = fg_mem_held();
        fg_mem_fail_at(n);
        ck_assert_int_eq(fg_dataset_measure(&s, &d, NULL, 3, NULL), FG_ENOMEM);
        fg_mem_fail_at(0);
        ck_assert_uint_eq(fg_mem_held(), held);
        ck_assert_uint_eq(s.channels, 0);
    }
}
END_TEST

/* Gaps are not measured and stay gaps; scaled values go back to what they were, deviations to its units. */
START_TEST(gaps_and_the_way_back) {
    const float x[] = {1, NAN, NAN, NAN, 5, NAN};
    float out[6], sd[] = {1, 1, 0.5f, 2, 0, 3};
    fg_dataset d = {.n = 3, .n_inputs = 2, .height = 1, .width = 1, .channels = 2, .real = (float *)x};
    fg_scaling s;
    ck_assert_int_eq(fg_dataset_measure(&s, &d, NULL, 3, NULL), 0);
    ck_assert(s.mean[0] == 3 && s.sd[0] == 2 && s.mean[1] == 0 && s.sd[1] == 1);
    d.scaling = &s;
    fg_dataset_rows(out, NULL, NULL, &d, NULL, 3);
    ck_assert(out[0] == -1 && out[4] == 1);
    for (size_t i = 0; i < 6; i++)
        ck_assert_int_eq(!isnan(x[i]), !isnan(out[i]));
    fg_scaling_undo(out, sd, &s, 3);
    ck_assert(out[0] == 1 && isnan(out[1]) && isnan(out[2]) && out[4] == 5);
    ck_assert(sd[0] == 2 && sd[1] == 1 && sd[2] == 1 && sd[3] == 2 && sd[4] == 0 && sd[5] == 3);
    fg_scaling_undo(out, NULL, &s, 1);
    ck_assert(out[0] == 5);
    fg_scaling_free(&s);
}
END_TEST

FG_TEST_MAIN("data/scaling", rows_are_copied_in_order, measured_rows_are_standardised,
             bytes_are_scaled_like_floats, constant_channels_stay_finite, gaps_and_the_way_back)
