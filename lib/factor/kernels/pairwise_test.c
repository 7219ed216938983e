/* The pairwise, observation and belief kernels against their formulas in double. */
#include <float.h>

#include "base/test.h"
#include "factor/kernels/kernels.h"
#include "factor/oracle_internal.h"
#include "factor/robust.h"

enum { N = 400 };

static const fg_robust robusts[] = {FG_ROBUST_NONE, FG_ROBUST_TUKEY, FG_ROBUST_HUBER};

typedef struct pairs {
    float a_mean[N], b_mean[N], a_eta[N], b_eta[N], a_lambda[N], b_lambda[N];
    float to_a_eta[N], to_a_lambda[N], to_b_eta[N], to_b_lambda[N];
    fg_pairwise_run run;
} pairs;

static void make(pairs *p, fg_draws *d, fg_robust robust, bool messages) {
    memset(p, 0, sizeof *p);
    for (int i = 0; i < N; i++) {
        double la = fg_draw_log(d, 1e-6, 1e8), lb = fg_draw_log(d, 1e-6, 1e8);
        double ea = la * fg_draw_normal(d), eb = lb * fg_draw_normal(d);
        p->a_mean[i] = (float)fg_draw_normal(d);
        p->b_mean[i] = (float)fg_draw_normal(d);
        if (messages) { /* no larger than the cavities, which single floats could not keep otherwise */
            p->to_a_lambda[i] = (float)(la * fg_draw(d, 0, 1));
            p->to_b_lambda[i] = (float)(lb * fg_draw(d, 0, 1));
            p->to_a_eta[i] = (float)(ea * fg_draw(d, 0, 1));
            p->to_b_eta[i] = (float)(eb * fg_draw(d, 0, 1));
        }
        p->a_eta[i] = (float)(ea + (double)p->to_a_eta[i]);
        p->b_eta[i] = (float)(eb + (double)p->to_b_eta[i]);
        p->a_lambda[i] = (float)(la + (double)p->to_a_lambda[i]);
        p->b_lambda[i] = (float)(lb + (double)p->to_b_lambda[i]);
    }
    double sigma = fg_draw_log(d, 1e-3, 1e3);
    p->run = (fg_pairwise_run){.n = N,
                               .weight = (float)(1 / (sigma * sigma)),
                               .robust = robust,
                               .threshold = (float)(fg_draw_log(d, 0.1, 3) / sigma),
                               .a_mean = p->a_mean,
                               .b_mean = p->b_mean,
                               .a_eta = p->a_eta,
                               .b_eta = p->b_eta,
                               .a_lambda = p->a_lambda,
                               .b_lambda = p->b_lambda,
                               .to_a_eta = p->to_a_eta,
                               .to_a_lambda = p->to_a_lambda,
                               .to_b_eta = p->to_b_eta,
                               .to_b_lambda = p->to_b_lambda};
}

START_TEST(messages_match_elimination) {
    fg_draws d = {1, 0};
    double worst_eta = 0, worst_lambda = 0;
    for (int trial = 0; trial < 60; trial++) {
        pairs p, old;
        make(&p, &d, robusts[trial % 3], trial / 3 % 2);
        old = p;
        fg_trouble t = fg_kernels_current()->pairwise(&p.run);
        ck_assert(t.improper == 0 && t.rejected == 0);
        for (int i = 0; i < N; i++) {
            double w = (double)p.run.weight, r = (double)p.a_mean[i] - (double)p.b_mean[i];
            double root = sqrt(w * fg_robust_weight(p.run.robust, r * r * w, (double)p.run.threshold));
            const double a[] = {root, -root}, z = 0;
            double eta[] = {(double)old.a_eta[i] - (double)old.to_a_eta[i],
                            (double)old.b_eta[i] - (double)old.to_b_eta[i]};
            double lambda[] = {(double)old.a_lambda[i] - (double)old.to_a_lambda[i],
                               (double)old.b_lambda[i] - (double)old.to_b_lambda[i]};
            for (size_t k = 0; k < 2; k++) {
                fg_exact e, l, scale;
                fg_oracle_message(&e, &l, &scale, 1, 2, k, a, &z, eta, lambda);
                double found_l = (double)(k ? p.to_b_lambda[i] : p.to_a_lambda[i]);
                double found_e = (double)(k ? p.to_b_eta[i] : p.to_a_eta[i]);
                worst_lambda = fmax(worst_lambda, fabs(found_l - (double)l) / (double)l);
                worst_eta = fmax(worst_eta, fabs(found_e - (double)e) / (double)scale);
            }
        }
    }
    printf("pairwise: errors %.2g of lambda, %.2g of eta\n", worst_lambda, worst_eta);
    ck_assert_double_lt(worst_lambda, 1e-5);
    ck_assert_double_lt(worst_eta, 1e-5);
}
END_TEST

START_TEST(uninformed_and_improper_cavities_send_nothing) {
    static const float odd[] = {0, -1, -1e-30f, 1e-40f, -1e30f};
    fg_draws d = {2, 0};
    for (int trial = 0; trial < 30; trial++) {
        pairs p;
        uint64_t improper = 0;
        make(&p, &d, robusts[trial % 3], false);
        for (int i = 0; i < N; i += 3) {
            p.a_lambda[i] = odd[fg_draw_below(&d, 5)];
            improper += p.a_lambda[i] < 0;
        }
        fg_trouble t = fg_kernels_current()->pairwise(&p.run);
        ck_assert(t.improper == improper);
        for (int i = 0; i < N; i++) {
            ck_assert(isfinite(p.to_a_eta[i]) && isfinite(p.to_b_eta[i]));
            if (i % 3 == 0)
                ck_assert(p.to_b_eta[i] == 0 && p.to_b_lambda[i] == 0);
            else
                ck_assert(p.to_b_lambda[i] > 0);
            ck_assert(p.to_a_lambda[i] > 0);
        }
    }
}
END_TEST

START_TEST(damping_and_dropout) {
    fg_draws d = {3, 0};
    size_t kept = 0, all = 0;
    for (int trial = 0; trial < 30; trial++) {
        pairs fresh, p, old;
        make(&p, &d, robusts[trial % 3], true);
        fresh = old = p;
        fresh.run.to_a_eta = fresh.to_a_eta, fresh.run.to_a_lambda = fresh.to_a_lambda;
        fresh.run.to_b_eta = fresh.to_b_eta, fresh.run.to_b_lambda = fresh.to_b_lambda;
        fg_kernels_current()->pairwise(&fresh.run);
        fg_step step = {.key = (uint64_t)trial, .damping = 0.5f, .dropout = trial % 2 ? 0.6f : 0};
        p.run.blend = fg_blend_make(&step, 0);
        fg_kernels_current()->pairwise(&p.run);
        for (int i = 0; i < N; i++) {
            bool same = p.to_a_lambda[i] == old.to_a_lambda[i];
            ck_assert(!same || p.to_a_eta[i] == old.to_a_eta[i]);
            ck_assert(same || p.to_a_lambda[i] == 0.5f * old.to_a_lambda[i] + 0.5f * fresh.to_a_lambda[i]);
            kept += trial % 2 ? same : 0;
            all += trial % 2;
            ck_assert(trial % 2 || !same);
        }
    }
    double share = (double)kept / (double)all;
    ck_assert_msg(fabs(share - 0.6) < 4 * sqrt(0.24 / (double)all), "dropout of 0.6 kept %g", share);
}
END_TEST

START_TEST(observations) {
    fg_draws d = {4, 0};
    double worst = 0;
    for (int trial = 0; trial < 60; trial++) {
        float mean[N], value[N], mask[N], eta[N], lambda[N];
        fg_observe_run run = {.n = N,
                              .mean = mean,
                              .value = value,
                              .mask = mask,
                              .weight = (float)fg_draw_log(&d, 1e-3, 1e4),
                              .robust = robusts[trial % 3],
                              .threshold = (float)fg_draw_log(&d, 0.1, 3),
                              .eta = eta,
                              .lambda = lambda};
        for (int i = 0; i < N; i++) {
            mean[i] = (float)fg_draw_normal(&d);
            value[i] = i % 7 ? (float)fg_draw_normal(&d) : mean[i];
            mask[i] = fg_draw(&d, 0, 1) < 0.8;
        }
        fg_kernels_current()->observe(&run);
        for (int i = 0; i < N; i++) {
            double w = (double)run.weight, r = (double)value[i] - (double)mean[i];
            double k = fg_robust_weight(run.robust, r * r * w, (double)run.threshold) * w;
            if (mask[i] == 0) {
                ck_assert(eta[i] == 0 && lambda[i] == 0);
                continue;
            }
            worst = fmax(worst, fabs((double)lambda[i] / k - 1));
            worst = fmax(worst, fabs((double)eta[i] - k * (double)value[i]) /
                                    (k * fabs((double)value[i]) + DBL_MIN));
        }
    }
    printf("observations: largest relative error %.2g\n", worst);
    ck_assert_double_lt(worst, 1e-6);
}
END_TEST

/* Beliefs of wide groups are right to 48 bits, their change is measured in standard deviations. */
START_TEST(wide_beliefs) {
    fg_draws d = {5, 0};
    double sums_eta[2][N], sums_lambda[2][N], prior_eta[N], prior_lambda[N], worst = 0;
    float eta[N], eta_lo[N], lambda[N], lambda_lo[N], mean[N] = {0};
    fg_sums sums[2] = {{.eta = sums_eta[0], .lambda = sums_lambda[0]},
                       {.eta = sums_eta[1], .lambda = sums_lambda[1]}};
    memset(lambda, 0, sizeof lambda);
    for (int i = 0; i < N; i++) {
        for (int s = 0; s < 2; s++) {
            sums_lambda[s][i] = fg_draw_log(&d, 1e-6, 1e12);
            sums_eta[s][i] = sums_lambda[s][i] * fg_draw_normal(&d);
        }
        prior_lambda[i] = fg_draw_log(&d, 1e-6, 1e12);
        prior_eta[i] = prior_lambda[i] * fg_draw_normal(&d);
    }
    fg_refresh r = {.n = N,
                    .n_sums = 2,
                    .sums = sums,
                    .prior_etas = prior_eta,
                    .prior_lambdas = prior_lambda,
                    .eta = eta,
                    .eta_lo = eta_lo,
                    .lambda = lambda,
                    .lambda_lo = lambda_lo,
                    .mean = mean};
    fg_refreshed done = fg_kernels_current()->refresh_wide(&r);
    ck_assert(done.broken == 0);
    for (int i = 0; i < N; i++) {
        fg_exact e = (fg_exact)prior_eta[i] + (fg_exact)sums_eta[0][i] + (fg_exact)sums_eta[1][i];
        fg_exact l = (fg_exact)prior_lambda[i] + (fg_exact)sums_lambda[0][i] + (fg_exact)sums_lambda[1][i];
        fg_exact size =
            fabsl((fg_exact)prior_eta[i]) + fabsl((fg_exact)sums_eta[0][i]) + fabsl((fg_exact)sums_eta[1][i]);
        worst = fmax(worst, (double)(fabsl((fg_exact)eta[i] + (fg_exact)eta_lo[i] - e) / size));
        worst = fmax(worst, (double)(fabsl((fg_exact)lambda[i] + (fg_exact)lambda_lo[i] - l) / l));
        ck_assert(fabs((double)mean[i] - (double)(e / l)) <= 1e-6 * (double)(size / l));
    }
    printf("wide beliefs: largest relative error %.2g\n", worst);
    ck_assert_double_lt(worst, 1e-14);
    done = fg_kernels_current()->refresh_wide(&r);
    ck_assert(done.change < 1e-12f);
    float old = mean[7];
    sums_eta[0][7] += 3 * sqrt((double)lambda[7]);
    done = fg_kernels_current()->refresh_wide(&r);
    double moved = ((double)mean[7] - (double)old) * sqrt((double)lambda[7]);
    ck_assert(fabs((double)done.change - moved * moved) <= 1e-3 * moved * moved);
    sums_lambda[0][9] = NAN;
    sums_eta[1][11] = INFINITY;
    sums_lambda[1][13] = -1e300;
    ck_assert(fg_kernels_current()->refresh_wide(&r).broken == 3);
}
END_TEST

/* A variable without information keeps its mean and counts as unmoved. */
START_TEST(uninformed_beliefs_stay) {
    double zero[16] = {0};
    float zeros[16] = {0}, eta[16], lo[16], lambda[16] = {0}, lambda_lo[16], mean[16];
    fg_sums sums = {zero, zero, zeros, zeros};
    for (int i = 0; i < 16; i++)
        mean[i] = (float)i;
    fg_refresh r = {.n = 16, .n_sums = 1, .sums = &sums, .eta = eta, .lambda = lambda, .mean = mean};
    fg_refreshed done = fg_kernels_current()->refresh_single(&r);
    ck_assert(done.broken == 0 && done.change == 0);
    r.eta_lo = lo;
    r.lambda_lo = lambda_lo;
    done = fg_kernels_current()->refresh_wide(&r);
    ck_assert(done.broken == 0 && done.change == 0);
    for (int i = 0; i < 16; i++)
        ck_assert(mean[i] == (float)i && lambda[i] == 0);
}
END_TEST

FG_TEST_MAIN("factor/kernels/pairwise", messages_match_elimination,
             uninformed_and_improper_cavities_send_nothing, damping_and_dropout, observations, wide_beliefs,
             uninformed_beliefs_stay)
