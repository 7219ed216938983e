#include "factor/rankm.h"

#include <float.h>

#include "base/test.h"
#include "factor/oracle_internal.h"

enum { MOST_ROWS = 8, MOST_COLS = 24 };

typedef struct problem {
    size_t m, v;
    double a[MOST_ROWS * MOST_COLS], z[MOST_ROWS], eta[MOST_COLS], lambda[MOST_COLS];
    double out_eta[MOST_COLS], out_lambda[MOST_COLS];
} problem;

static double *scratch_for(const problem *p) {
    return fg_oracle_alloc(fg_rankm_scratch(p->m, p->v), sizeof(double));
}

static void run(problem *p) {
    double *scratch = scratch_for(p);
    fg_rankm_messages(p->m, p->v, p->a, p->z, p->eta, p->lambda, p->out_eta, p->out_lambda, scratch);
    free(scratch);
}

static void make(problem *p, fg_draws *d, double zeros, double least, double most) {
    for (size_t i = 0; i < p->m * p->v; i++)
        p->a[i] =
            fg_draw(d, 0, 1) < zeros ? 0 : (fg_draw(d, 0, 1) < 0.5 ? -1 : 1) * fg_draw_log(d, 1e-3, 1e3);
    for (size_t i = 0; i < p->m; i++)
        p->z[i] = fg_draw_normal(d) * fg_draw_log(d, 1e-2, 1e3);
    for (size_t j = 0; j < p->v; j++) {
        p->lambda[j] = fg_draw_log(d, least, most);
        p->eta[j] = p->lambda[j] * fg_draw_normal(d) * fg_draw_log(d, 1e-2, 1e1);
    }
}

/* The largest errors over all messages of p, added to worst[0] (lambda, relative) and worst[1] (eta). */
static void compare(double worst[2], const problem *p) {
    for (size_t k = 0; k < p->v; k++) {
        fg_exact eta, lambda, scale;
        fg_oracle_message(&eta, &lambda, &scale, p->m, p->v, k, p->a, p->z, p->eta, p->lambda);
        ck_assert(isfinite(p->out_eta[k]) && isfinite(p->out_lambda[k]) && p->out_lambda[k] >= 0);
        if (lambda == 0) {
            ck_assert(p->out_lambda[k] == 0 && p->out_eta[k] == 0);
            continue;
        }
        worst[0] = fmax(worst[0], (double)(fabsl(p->out_lambda[k] - lambda) / lambda));
        worst[1] = fmax(worst[1], (double)(fabsl(p->out_eta[k] - eta) / scale));
    }
}

/* The reference itself, against plain elimination of the joint precision where that keeps its digits. */
START_TEST(oracles_agree) {
    fg_draws d = {1, 0};
    double worst = 0;
    for (int trial = 0; trial < 300; trial++) {
        problem p = {.m = 1 + fg_draw_below(&d, 6), .v = 2 + fg_draw_below(&d, 10)};
        make(&p, &d, 0.1, 1e-2, 1e4);
        for (size_t k = 0; k < p.v; k++) {
            fg_exact eta, lambda, scale, eta2, lambda2;
            fg_oracle_message(&eta, &lambda, &scale, p.m, p.v, k, p.a, p.z, p.eta, p.lambda);
            fg_oracle_eliminate(&eta2, &lambda2, p.m, p.v, k, p.a, p.z, p.eta, p.lambda);
            fg_exact size = 0;
            for (size_t r = 0; r < p.m; r++)
                size += (fg_exact)p.a[r * p.v + k] * (fg_exact)p.a[r * p.v + k];
            worst = fmax(worst, (double)(fabsl(lambda - lambda2) / (size + 1)));
        }
    }
    ck_assert_double_lt(worst, 1e-12);
}
END_TEST

START_TEST(messages_match_elimination) {
    const double zeros[] = {0, 0.3, 0.8}, least[] = {1e-6, 1e-1, 1e3};
    for (int kind = 0; kind < 9; kind++) {
        fg_draws d = {2 + (uint64_t)kind, 0};
        double worst[2] = {0, 0};
        for (int trial = 0; trial < 400; trial++) {
            problem p = {.m = 1 + fg_draw_below(&d, MOST_ROWS), .v = 1 + fg_draw_below(&d, MOST_COLS)};
            make(&p, &d, zeros[kind / 3], least[kind % 3], 1e8);
            run(&p);
            compare(worst, &p);
        }
        printf("rankm, lambda from %g, %2.0f %% zeros: errors %.2g of lambda, %.2g of eta\n", least[kind % 3],
               100 * zeros[kind / 3], worst[0], worst[1]);
        ck_assert_double_lt(worst[0], 1e-5);
        ck_assert_double_lt(worst[1], 1e-5);
    }
}
END_TEST

/* The square symmetric A of a softmax, whose rows add up to nothing. */
START_TEST(singular_matrix) {
    fg_draws d = {20, 0};
    double worst[2] = {0, 0};
    for (int trial = 0; trial < 300; trial++) {
        problem p = {.m = MOST_ROWS, .v = MOST_ROWS};
        double s[MOST_ROWS], sum = 0;
        make(&p, &d, 0, 1e-3, 1e6);
        for (size_t i = 0; i < p.m; i++)
            sum += s[i] = fg_draw_log(&d, 1e-6, 1);
        for (size_t i = 0; i < p.m; i++)
            for (size_t j = 0; j < p.m; j++)
                p.a[i * p.v + j] = ((i == j ? s[i] / sum : 0) - s[i] * s[j] / sum / sum) / 0.01;
        run(&p);
        compare(worst, &p);
    }
    printf("rankm, softmax matrix: errors %.2g of lambda, %.2g of eta\n", worst[0], worst[1]);
    ck_assert_double_lt(worst[0], 1e-6);
    ck_assert_double_lt(worst[1], 1e-6);
}
END_TEST

/* Variables that nothing else informs, fewer than rows: what remains is found by elimination without a prior.
 */
START_TEST(uninformed_variables) {
    fg_draws d = {30, 0};
    double worst = 0;
    for (int trial = 0; trial < 500; trial++) {
        problem p = {.m = 2 + fg_draw_below(&d, 5), .v = 4 + fg_draw_below(&d, 6)};
        make(&p, &d, 0, 0.1, 10);
        for (size_t i = 0; i < p.m * p.v; i++)
            p.a[i] = fg_draw_normal(&d);
        size_t flat = 1 + fg_draw_below(&d, p.m - 1), first = fg_draw_below(&d, p.v - flat + 1);
        for (size_t j = first; j < first + flat; j++)
            p.lambda[j] = p.eta[j] = 0;
        run(&p);
        for (size_t k = 0; k < p.v; k++) {
            fg_exact eta, lambda, size = 0, last = 0;
            fg_oracle_eliminate(&eta, &lambda, p.m, p.v, k, p.a, p.z, p.eta, p.lambda);
            for (size_t r = 0; r < p.m; r++) {
                size += (fg_exact)p.a[r * p.v + k] * (fg_exact)p.a[r * p.v + k];
                last += fabsl((fg_exact)p.z[r]);
            }
            worst = fmax(worst, (double)(fabsl(p.out_lambda[k] - lambda) / size));
            worst = fmax(worst, (double)(fabsl(p.out_eta[k] - eta) / (sqrtl(size) * (last + 1000))));
        }
    }
    printf("rankm, variables without information: largest error %.2g\n", worst);
    ck_assert_double_lt(worst, 1e-9);
}
END_TEST

START_TEST(one_row_with_an_uninformed_variable_says_nothing_to_others) {
    fg_draws d = {40, 0};
    for (int trial = 0; trial < 200; trial++) {
        problem p = {.m = 1, .v = 5};
        make(&p, &d, 0, 1e-6, 1e8);
        p.lambda[2] = p.eta[2] = 0;
        run(&p);
        for (size_t k = 0; k < p.v; k++)
            if (k != 2)
                ck_assert(p.out_lambda[k] == 0 && p.out_eta[k] == 0);
        ck_assert(p.out_lambda[2] > 0);
    }
}
END_TEST

/* As many uninformed variables as rows: nothing is left for anybody informed. */
START_TEST(all_rows_taken_up) {
    fg_draws d = {41, 0};
    for (int trial = 0; trial < 200; trial++) {
        problem p = {.m = 3, .v = 6};
        make(&p, &d, 0, 0.1, 10);
        for (size_t i = 0; i < p.m * p.v; i++)
            p.a[i] = fg_draw_normal(&d);
        for (size_t j = 0; j < 3; j++)
            p.lambda[2 * j] = p.eta[2 * j] = 0;
        run(&p);
        for (size_t k = 1; k < p.v; k += 2)
            ck_assert_msg(p.out_lambda[k] == 0 && p.out_eta[k] == 0, "trial %d: %g", trial, p.out_lambda[k]);
        for (size_t k = 0; k < p.v; k += 2)
            ck_assert(p.out_lambda[k] > 0 && isfinite(p.out_eta[k]));
    }
}
END_TEST

START_TEST(hostile_cavities_never_give_nan) {
    const double odd[] = {0, -0.0, -1, -1e-6, -1e8, DBL_MIN, 1e-300, 1e-100, 1e300, -1e300, 5e-324};
    fg_draws d = {50, 0};
    for (int trial = 0; trial < 2000; trial++) {
        problem p = {.m = 1 + fg_draw_below(&d, 4), .v = 2 + fg_draw_below(&d, 6)};
        make(&p, &d, 0.2, 1e-6, 1e8);
        for (size_t j = 0; j < p.v; j++)
            if (fg_draw(&d, 0, 1) < 0.5)
                p.lambda[j] = odd[fg_draw_below(&d, sizeof odd / sizeof *odd)];
        run(&p);
        for (size_t k = 0; k < p.v; k++) {
            ck_assert(!isnan(p.out_eta[k]) && !isnan(p.out_lambda[k]));
            ck_assert(p.out_lambda[k] >= 0);
        }
    }
}
END_TEST

FG_TEST_MAIN("factor/rankm", oracles_agree, messages_match_elimination, singular_matrix, uninformed_variables,
             one_row_with_an_uninformed_variable_says_nothing_to_others, all_rows_taken_up,
             hostile_cavities_never_give_nan)
