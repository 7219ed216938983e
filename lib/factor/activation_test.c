#include "factor/activation.h"

#include <float.h>
#include <math.h>

#include "base/test.h"

static double reference(fg_activation activation, double u) {
    switch (activation) {
    case FG_ACT_RELU:
        return fmax(u, 0);
    case FG_ACT_LEAKY_RELU:
        return u > 0 ? u : 0.2 * u;
    case FG_ACT_ELU:
        return u > 0 ? u : expm1(u);
    case FG_ACT_TANH:
        return tanh(u);
    case FG_ACT_SIGMOID:
        return 1 / (1 + exp(-u));
    case FG_ACT_SOFTPLUS:
        return fmax(u, 0) + log1p(exp(-fabs(u)));
    default:
        return u;
    }
}

START_TEST(values_and_slopes) {
    double worst_value = 0, worst_slope = 0;
    for (int a = 0; a < FG_ACT_COUNT; a++)
        for (int i = -3000; i <= 3000; i++) {
            float u = (float)i * 0.01f + 0.003f, value, slope;
            const double h = 1e-5;
            fg_activation_eval((fg_activation)a, &u, &value, &slope, 1);
            double r = reference((fg_activation)a, (double)u);
            double s =
                (reference((fg_activation)a, (double)u + h) - reference((fg_activation)a, (double)u - h)) /
                (2 * h);
            worst_value = fmax(worst_value, fabs((double)value - r) / (1e-3 + fabs(r)));
            worst_slope = fmax(worst_slope, fabs((double)slope - s));
        }
    printf("activations: largest relative error of values %.2g, error of slopes %.2g\n", worst_value,
           worst_slope);
    ck_assert_double_lt(worst_value, 2e-4);
    ck_assert_double_lt(worst_slope, 2e-6);
}
END_TEST

/* Slopes of what is nearly flat are small, and right. */
START_TEST(slopes_far_from_zero_keep_their_digits) {
    static const fg_activation kinds[] = {FG_ACT_TANH, FG_ACT_SIGMOID};
    for (int a = 0; a < 2; a++)
        for (int i = -80; i <= 80; i++) {
            const float u = 0.25f * (float)i;
            float value, slope;
            fg_activation_eval(kinds[a], &u, &value, &slope, 1);
            const double half = a == 0 ? (double)u : 0.5 * (double)u,
                         wanted = (a == 0 ? 1 : 0.25) / (cosh(half) * cosh(half));
            ck_assert_msg(fabs((double)slope / wanted - 1) < 1e-4, "activation %d at %g: slope %g, not %g", a,
                          (double)u, (double)slope, wanted);
        }
}
END_TEST

START_TEST(extremes_are_finite_and_slopes_bounded) {
    const float u[] = {0,     -0.0f,  1e-45f,  -1e-45f,  FLT_MIN, -FLT_MIN, 87,   -87,
                       88.8f, -88.8f, 89,      -89,      104,     -104,     1e4f, -1e4f,
                       1e30f, -1e30f, FLT_MAX, -FLT_MAX, 0.5f,    -0.5f};
    enum { N = sizeof u / sizeof *u };
    float value[N], slope[N];
    for (int a = 0; a < FG_ACT_COUNT; a++) {
        fg_activation_eval((fg_activation)a, u, value, slope, N);
        for (int i = 0; i < N; i++) {
            ck_assert_msg(isfinite(value[i]) && isfinite(slope[i]), "activation %d at %g", a, (double)u[i]);
            ck_assert_msg(slope[i] >= 0 && slope[i] <= 1, "activation %d at %g: slope %g", a, (double)u[i],
                          (double)slope[i]);
        }
    }
}
END_TEST

START_TEST(kinks_have_the_slope_of_the_left) {
    const float u = 0;
    float value, slope;
    fg_activation_eval(FG_ACT_RELU, &u, &value, &slope, 1);
    ck_assert(value == 0 && slope == 0);
    fg_activation_eval(FG_ACT_LEAKY_RELU, &u, &value, &slope, 1);
    ck_assert(value == 0 && slope == 0.2f);
    fg_activation_eval(FG_ACT_ELU, &u, &value, &slope, 1);
    ck_assert(value == 0 && slope == 1);
}
END_TEST

START_TEST(values_do_not_fall) {
    for (int a = 0; a < FG_ACT_COUNT; a++) {
        float before = -INFINITY;
        for (int i = -1200; i <= 1200; i++) {
            float u = (float)i * 0.1f, value, slope;
            fg_activation_eval((fg_activation)a, &u, &value, &slope, 1);
            ck_assert_msg(value >= before, "activation %d falls at %g", a, (double)u);
            before = value;
        }
    }
}
END_TEST

FG_TEST_MAIN("factor/activation", values_and_slopes, slopes_far_from_zero_keep_their_digits,
             extremes_are_finite_and_slopes_bounded, kinks_have_the_slope_of_the_left, values_do_not_fall)
