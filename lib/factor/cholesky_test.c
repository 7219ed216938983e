/* Factors and solutions against the matrices they come from. */
#include <math.h>
#include <string.h>

#include "base/test.h"
#include "factor/cholesky.h"
#include "factor/oracle_internal.h"

enum { MOST = 40 };

static double a[MOST * MOST], lower[MOST * MOST], root[MOST * MOST], x[MOST], solved[MOST];

/* A = B B' + 0.1 I; what stands above the diagonal is never read. */
static void fill(fg_draws *d, size_t n) {
    for (size_t i = 0; i < n * n; i++)
        root[i] = fg_draw_normal(d);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            a[i * n + j] = i == j ? 0.1 : 0;
            for (size_t k = 0; k < n; k++)
                a[i * n + j] += root[i * n + k] * root[j * n + k];
            lower[i * n + j] = j > i ? NAN : a[i * n + j];
        }
    for (size_t i = 0; i < n; i++)
        solved[i] = x[i] = fg_draw_normal(d);
}

START_TEST(factors_and_solutions) {
    fg_draws d = {1, 0};
    for (int trial = 0; trial < 50; trial++) {
        const size_t n = 1 + fg_draw_below(&d, MOST);
        fill(&d, n);
        fg_cholesky(lower, n, 1e-12);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j <= i; j++) {
                double sum = 0;
                for (size_t k = 0; k <= j; k++)
                    sum += lower[i * n + k] * lower[j * n + k];
                ck_assert_double_eq_tol(sum, a[i * n + j], 1e-12 * (double)n * a[i * n + i] + 1e-12);
            }
        fg_cholesky_forward(solved, lower, n);
        fg_cholesky_back(solved, lower, n);
        for (size_t i = 0; i < n; i++) {
            double sum = 0, scale = 1;
            for (size_t j = 0; j < n; j++) {
                sum += a[i * n + j] * solved[j];
                scale += fabs(a[i * n + j] * solved[j]);
            }
            ck_assert_double_eq_tol(sum, x[i], 1e-11 * scale);
        }
    }
}
END_TEST

/* Matrices that are not positive definite, or no numbers, give pivots of at least what is asked. */
START_TEST(pivots_are_bounded) {
    static const double values[] = {-1, 0, 1e-30, NAN, -INFINITY};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        double one[1] = {values[i]}, two[4] = {1, NAN, 2, values[i]};
        fg_cholesky(one, 1, 0.25);
        ck_assert(one[0] == 0.5);
        fg_cholesky(two, 2, 0.25);
        ck_assert(two[0] == 1 && two[2] == 2 && two[3] == 0.5);
    }
}
END_TEST

FG_TEST_MAIN("cholesky", factors_and_solutions, pivots_are_bounded)
