/* The rank-1 kernel against elimination in long double. */
#include <float.h>

#include "base/test.h"
#include "factor/kernels/kernels.h"
#include "factor/oracle_internal.h"

enum { MOST = 64, SIZE = MOST * 2 * FG_LANES };

typedef struct rank1 {
    size_t v;
    double a[MOST * FG_LANES], z[FG_LANES], cavity[SIZE], message[SIZE], scratch[MOST * FG_RANK1_SCRATCH];
    fg_blend blend;
} rank1;

static fg_trouble run(rank1 *r) {
    fg_rank1_block block = {.v = r->v,
                            .a = r->a,
                            .z = r->z,
                            .cavity = r->cavity,
                            .message = r->message,
                            .scratch = r->scratch,
                            .blend = r->blend};
    return fg_kernels_current()->rank1(&block);
}

static void make(rank1 *r, fg_draws *d, double zeros) {
    *r = (rank1){.v = 1 + fg_draw_below(d, MOST)};
    for (size_t i = 0; i < r->v; i++)
        for (size_t l = 0; l < FG_LANES; l++) {
            double lambda = fg_draw_log(d, 1e-6, 1e8), sign = fg_draw(d, 0, 1) < 0.5 ? -1 : 1;
            r->a[i * FG_LANES + l] = fg_draw(d, 0, 1) < zeros ? 0 : sign * fg_draw_log(d, 1e-3, 1e3);
            r->cavity[2 * i * FG_LANES + l] = lambda * fg_draw_normal(d);
            r->cavity[(2 * i + 1) * FG_LANES + l] = lambda;
        }
    for (size_t l = 0; l < FG_LANES; l++)
        r->z[l] = fg_draw_normal(d) * fg_draw_log(d, 1e-2, 1e3);
}

/* Errors of one lane's messages: worst[0] of lambda, worst[1] of eta. */
static void compare(double worst[2], const rank1 *r, size_t lane) {
    double a[MOST], eta[MOST], lambda[MOST];
    for (size_t i = 0; i < r->v; i++) {
        a[i] = r->a[i * FG_LANES + lane];
        eta[i] = r->cavity[2 * i * FG_LANES + lane];
        lambda[i] = r->cavity[(2 * i + 1) * FG_LANES + lane];
    }
    for (size_t k = 0; k < r->v; k++) {
        fg_exact e, p, scale, found_e = r->message[2 * k * FG_LANES + lane];
        fg_exact found_p = r->message[(2 * k + 1) * FG_LANES + lane];
        fg_oracle_message(&e, &p, &scale, 1, r->v, k, a, &r->z[lane], eta, lambda);
        if (a[k] == 0) {
            ck_assert(found_e == 0 && found_p == 0);
            continue;
        }
        worst[0] = fmax(worst[0], (double)(fabsl(found_p - p) / p));
        worst[1] = fmax(worst[1], (double)(fabsl(found_e - e) / scale));
    }
}

START_TEST(messages_match_elimination) {
    fg_draws d = {1, 0};
    double worst[2] = {0, 0};
    rank1 *r = fg_oracle_alloc(1, sizeof *r);
    for (int trial = 0; trial < 200; trial++) {
        make(r, &d, trial % 2 ? 0.3 : 0);
        fg_trouble t = run(r);
        ck_assert(t.improper == 0 && t.rejected == 0);
        compare(worst, r, (size_t)trial % FG_LANES);
    }
    printf("rank1: errors %.2g of lambda, %.2g of eta\n", worst[0], worst[1]);
    ck_assert_double_lt(worst[0], 1e-12);
    ck_assert_double_lt(worst[1], 1e-12);
    free(r);
}
END_TEST

START_TEST(an_uninformed_variable_silences_the_rest) {
    fg_draws d = {2, 0};
    rank1 *r = fg_oracle_alloc(1, sizeof *r);
    for (int trial = 0; trial < 100; trial++) {
        make(r, &d, 0.2);
        size_t flat = fg_draw_below(&d, r->v);
        for (size_t l = 0; l < FG_LANES; l++)
            r->cavity[2 * flat * FG_LANES + l] = r->cavity[(2 * flat + 1) * FG_LANES + l] = 0;
        run(r);
        for (size_t i = 0; i < r->v; i++)
            for (size_t l = 0; l < FG_LANES; l++) {
                double eta = r->message[2 * i * FG_LANES + l],
                       lambda = r->message[(2 * i + 1) * FG_LANES + l];
                ck_assert(isfinite(eta) && isfinite(lambda));
                if (i != flat && r->a[flat * FG_LANES + l] != 0)
                    ck_assert(eta == 0 && lambda == 0);
                else
                    ck_assert((lambda > 0) == (r->a[i * FG_LANES + l] != 0));
            }
    }
    free(r);
}
END_TEST

START_TEST(improper_cavities_are_counted_and_never_nan) {
    static const double odd[] = {-1, -1e-6, -1e8, -1e300, -DBL_MIN};
    fg_draws d = {3, 0};
    rank1 *r = fg_oracle_alloc(1, sizeof *r);
    for (int trial = 0; trial < 200; trial++) {
        uint64_t expected = 0;
        make(r, &d, 0.2);
        for (size_t i = 0; i < r->v * FG_LANES; i++)
            if (fg_draw(&d, 0, 1) < 0.1) {
                r->cavity[(2 * (i / FG_LANES) + 1) * FG_LANES + i % FG_LANES] = odd[fg_draw_below(&d, 5)];
                expected += r->a[i] != 0;
            }
        fg_trouble t = run(r);
        ck_assert(t.improper == expected);
        for (size_t i = 0; i < r->v * 2 * FG_LANES; i++)
            ck_assert(isfinite(r->message[i]));
        for (size_t i = 0; i < r->v; i++)
            for (size_t l = 0; l < FG_LANES; l++)
                ck_assert(r->message[(2 * i + 1) * FG_LANES + l] >= 0);
    }
    free(r);
}
END_TEST

START_TEST(messages_that_are_not_finite_are_refused) {
    fg_draws d = {4, 0};
    rank1 *r = fg_oracle_alloc(1, sizeof *r);
    make(r, &d, 0);
    r->z[3] = INFINITY;
    r->z[5] = NAN;
    for (size_t i = 0; i < r->v * 2 * FG_LANES; i++)
        r->message[i] = 7;
    fg_trouble t = run(r);
    ck_assert(t.rejected == 2 * r->v);
    for (size_t i = 0; i < 2 * r->v; i++) {
        ck_assert(r->message[i * FG_LANES + 3] == 7 && r->message[i * FG_LANES + 5] == 7);
        ck_assert(r->message[i * FG_LANES + 4] != 7);
    }
    free(r);
}
END_TEST

START_TEST(damping_and_dropout) {
    fg_draws d = {5, 0};
    rank1 *fresh = fg_oracle_alloc(1, sizeof *fresh), *r = fg_oracle_alloc(1, sizeof *r);
    size_t kept = 0, all = 0;
    for (int trial = 0; trial < 60; trial++) {
        make(fresh, &d, 0);
        *r = *fresh;
        for (size_t i = 0; i < r->v * 2 * FG_LANES; i++)
            r->message[i] = fg_draw_log(&d, 1e-3, 1e3);
        rank1 before = *r;
        run(fresh);
        fg_step step = {.key = (uint64_t)trial, .damping = 0.75f, .dropout = 0.3f};
        r->blend = fg_blend_make(&step, 0);
        run(r);
        for (size_t i = 0; i < r->v; i++)
            for (size_t l = 0; l < FG_LANES; l++, all++) {
                size_t e = 2 * i * FG_LANES + l, p = e + FG_LANES;
                bool same = r->message[e] == before.message[e];
                ck_assert(same == (r->message[p] == before.message[p]));
                kept += same;
                double mix = 0.75 * before.message[p] + 0.25 * fresh->message[p];
                if (!same)
                    ck_assert(fabs(r->message[p] - mix) <= 1e-15 * mix);
            }
    }
    double share = (double)kept / (double)all;
    printf("rank1: dropout of 0.3 kept %.4f of %zu messages\n", share, all);
    ck_assert(fabs(share - 0.3) < 4 * sqrt(0.21 / (double)all));
    free(fresh), free(r);
}
END_TEST

START_TEST(a_first_update_is_neither_damped_nor_dropped) {
    fg_step step = {.key = 9, .damping = 0.9f, .dropout = 0.9f, .first = true};
    fg_blend blend = fg_blend_make(&step, 4);
    ck_assert(blend.keep == 0 && blend.drop == 0);
    step.first = false;
    blend = fg_blend_make(&step, 4);
    ck_assert(blend.keep == 0.9f && blend.drop > 0);
    fg_blend other = fg_blend_make(&step, 5);
    ck_assert(blend.key0 != other.key0 || blend.key1 != other.key1);
}
END_TEST

/* 1 - 1e-9 is 1 as a float, and must not wrap round to "never dropped". */
START_TEST(dropout_next_to_one) {
    fg_step step = {.dropout = (float)(1 - 1e-9)};
    ck_assert(fg_blend_make(&step, 0).drop > 0xff000000u);
}
END_TEST

FG_TEST_MAIN("factor/kernels/rank1", messages_match_elimination, an_uninformed_variable_silences_the_rest,
             improper_cavities_are_counted_and_never_nan, messages_that_are_not_finite_are_refused,
             damping_and_dropout, a_first_update_is_neither_damped_nor_dropped, dropout_next_to_one)
