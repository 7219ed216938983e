#include "factor/robust.h"

#include "base/test.h"

static const fg_robust kinds[] = {FG_ROBUST_NONE, FG_ROBUST_TUKEY, FG_ROBUST_HUBER};
static const double thresholds[] = {1e-3, 0.14, 1, 2.5, 1e3};

enum { KINDS = 3, THRESHOLDS = 5 };

START_TEST(scaled_quadratic_is_the_robust_energy) {
    double worst = 0;
    for (int k = 0; k < KINDS; k++)
        for (int t = 0; t < THRESHOLDS; t++)
            for (double m = 1e-6; m < 1e9; m *= 1.07) {
                double e = m * m, scaled = fg_robust_weight(kinds[k], e, thresholds[t]) * e;
                double robust = fg_robust_energy(kinds[k], e, thresholds[t]);
                worst = fmax(worst, fabs(scaled - robust) / robust);
            }
    printf("robust: k E against the energy, largest relative difference %.2g\n", worst);
    ck_assert_double_lt(worst, 1e-14);
}
END_TEST

START_TEST(energies_follow_their_formulas) {
    for (int t = 0; t < THRESHOLDS; t++) {
        double n = thresholds[t];
        for (double m = 0; m < 5; m += 0.01) {
            double e = m * m * n * n;
            ck_assert(fg_robust_energy(FG_ROBUST_NONE, e, n) == e);
            ck_assert(fabs(fg_robust_energy(FG_ROBUST_TUKEY, e, n) - fmin(e, n * n)) <= 1e-14 * n * n);
            double huber = m <= 1 ? e : n * (2 * m * n - n);
            ck_assert(fabs(fg_robust_energy(FG_ROBUST_HUBER, e, n) - huber) <= 1e-13 * n * n);
        }
    }
}
END_TEST

/* A jump would show as a difference that does not shrink with the step; huber's slope is continuous as well.
 */
START_TEST(continuous_at_the_threshold) {
    for (int k = 0; k < KINDS; k++)
        for (int t = 0; t < THRESHOLDS; t++) {
            double e = thresholds[t] * thresholds[t];
            for (double step = 1e-2; step > 1e-12; step /= 10) {
                double in = e * (1 - step), out = e * (1 + step);
                ck_assert(fabs(fg_robust_energy(kinds[k], out, thresholds[t]) -
                               fg_robust_energy(kinds[k], in, thresholds[t])) <= 2.1 * step * e);
                ck_assert(fabs(fg_robust_weight(kinds[k], out, thresholds[t]) -
                               fg_robust_weight(kinds[k], in, thresholds[t])) <= 2.1 * step);
            }
            ck_assert(fg_robust_weight(kinds[k], e, thresholds[t]) == 1);
        }
}
END_TEST

START_TEST(energy_rises_and_weight_falls) {
    for (int k = 0; k < KINDS; k++)
        for (int t = 0; t < THRESHOLDS; t++) {
            double energy = 0, weight = 1;
            for (double e = 1e-12; e < 1e15; e *= 1.03) {
                double now = fg_robust_energy(kinds[k], e, thresholds[t]);
                double w = fg_robust_weight(kinds[k], e, thresholds[t]);
                ck_assert(now >= energy && w <= weight && w > 0 && w <= 1);
                energy = now;
                weight = w;
            }
        }
}
END_TEST

START_TEST(odd_energies_do_no_harm) {
    const double odd[] = {0, -0.0, -1, -INFINITY, NAN};
    for (int k = 0; k < KINDS; k++) {
        for (int i = 0; i < 5; i++)
            ck_assert(fg_robust_weight(kinds[k], odd[i], 2) == 1);
        double w = fg_robust_weight(kinds[k], INFINITY, 2);
        ck_assert(w >= 0 && w <= 1);
        ck_assert(fg_robust_energy(kinds[k], 0, 2) == 0);
    }
    ck_assert(fg_robust_energy(FG_ROBUST_TUKEY, INFINITY, 2) == 4);
}
END_TEST

FG_TEST_MAIN("factor/robust", scaled_quadratic_is_the_robust_energy, energies_follow_their_formulas,
             continuous_at_the_threshold, energy_rises_and_weight_falls, odd_energies_do_no_harm)
