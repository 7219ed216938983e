/* The dense kernel against elimination in long double. */
#include "base/test.h"
#include "factor/activation.h"
#include "factor/kernels/dense_case_internal.h"
#include "factor/kernels/kernels.h"

enum { MOST = 48, VARIABLES = 2 * MOST + 2, STRIDE = 2 * FG_LANES };

/* One lane's factor: a, z and cavities of its variables (y, b, then w and x of each input), and where the
 * message to each stands in the block's messages (SIZE_MAX: none is sent). */
typedef struct factor {
    size_t v;
    double a[VARIABLES], z, z_size, eta[VARIABLES], lambda[VARIABLES];
    size_t at[VARIABLES];
} factor;

static void add(factor *f, double a, const fg_beliefs *b, size_t slot, const float *message, size_t at) {
    size_t i = f->v++;
    f->a[i] = a;
    f->at[i] = at;
    f->eta[i] = (double)b->eta[slot] + (double)b->eta_lo[slot] - (message ? (double)message[0] : 0);
    f->lambda[i] =
        (double)b->lambda[slot] + (double)b->lambda_lo[slot] - (message ? (double)message[FG_LANES] : 0);
}

/* Linearises a lane from the numbers of the block and `message`, its messages before the update. */
static void lane_factor(factor *f, const fg_dense_case *c, const float *message, size_t lane) {
    const fg_dense_block *d = &c->block;
    bool x_free = d->x_role == FG_ROLE_FREE, w_free = d->w_role == FG_ROLE_FREE,
         w_in = d->w_role != FG_ROLE_CONSTANT;
    double sum = 0, size = 0, b = d->b_lin ? (double)*d->b_lin : 0;
    for (size_t i = 0; i < d->inputs; i++) {
        double wx = (double)d->w_lin[i] * (double)d->x_lin[i * d->pitch + lane];
        sum += wx;
        size += fabs(wx);
    }
    float u = (float)(sum + b), g, slope;
    fg_activation_eval(d->activation, &u, &g, &slope, 1);
    double s = (double)d->strength[lane], gate = -(double)slope * s, times = x_free + w_in;
    f->v = 0;
    f->z = s * (double)g + gate * (times * sum + (w_in ? b : 0));
    f->z_size = s * fabs((double)g) + fabs(gate) * ((times + 1) * size + 2 * fabs(b));
    add(f, s, &d->y, lane, message + lane, lane);
    if (d->b_lin && w_in)
        add(f, gate, &d->b, 0, w_free ? message + STRIDE + lane : NULL, w_free ? STRIDE + lane : SIZE_MAX);
    for (size_t i = 0; i < d->inputs; i++) {
        size_t w = (2 + i * (size_t)(x_free + w_free)) * STRIDE + lane, x = w + (w_free ? STRIDE : 0);
        if (w_in)
            add(f, gate * (double)d->x_lin[i * d->pitch + lane], &d->w, i, w_free ? message + w : NULL,
                w_free ? w : SIZE_MAX);
        if (x_free)
            add(f, gate * (double)d->w_lin[i], &d->x, i * d->pitch + lane, message + x, x);
    }
}

static void compare(double worst[2], const fg_dense_case *c, const factor *f) {
    for (size_t k = 0; k < f->v; k++) {
        if (f->at[k] == SIZE_MAX)
            continue;
        fg_exact eta, lambda, scale, found_eta = c->message[f->at[k]],
                                     found = c->message[f->at[k] + FG_LANES];
        fg_oracle_message(&eta, &lambda, &scale, 1, f->v, k, f->a, &f->z, f->eta, f->lambda);
        ck_assert(isfinite(found_eta) && isfinite(found));
        if (f->a[k] == 0) {
            ck_assert(found == 0 && found_eta == 0);
            continue;
        }
        if (lambda < 1e-30L) /* under the range where floats have all their digits */
            continue;
        scale += lambda / fabsl((fg_exact)f->a[k]) * ((fg_exact)f->z_size - fabsl((fg_exact)f->z));
        worst[0] = fmax(worst[0], (double)(fabsl(found - lambda) / lambda));
        worst[1] = fmax(worst[1], (double)(fabsl(found_eta - eta) / scale));
    }
}

static const fg_role w_roles[] = {FG_ROLE_FREE, FG_ROLE_GIVEN, FG_ROLE_CONSTANT};

/* Saturated units have slopes whose relative error in float is not bounded, so smooth activations get small
 * inputs. */
static fg_dense_plan random_plan(fg_draws *d, int kind, bool messages) {
    fg_dense_plan plan = {.inputs = 1 + fg_draw_below(d, MOST),
                          .x_role = kind % 2 ? FG_ROLE_FREE : FG_ROLE_CONSTANT,
                          .w_role = w_roles[kind / 2 % 3],
                          .bias = kind / 6 % 2,
                          .messages = messages,
                          .activation = (fg_activation)fg_draw_below(d, FG_ACT_COUNT),
                          .lanes = 1 + fg_draw_below(d, FG_LANES),
                          .zeros = fg_draw(d, 0, 1) < 0.5 ? 0 : 0.3,
                          .least = 1e-6,
                          .most = 1e8};
    bool smooth = plan.activation >= FG_ACT_ELU;
    plan.size = smooth ? 0.4 : fg_draw_log(d, 1, 1e3);
    return plan;
}

static void against_elimination(bool messages, uint64_t seed, const char *what) {
    for (int kind = 0; kind < 12; kind++) {
        fg_draws d = {seed + (uint64_t)kind, 0};
        double worst[2] = {0, 0};
        for (int trial = 0; trial < 60; trial++) {
            fg_dense_plan plan = random_plan(&d, kind, messages);
            fg_dense_case c;
            fg_dense_case_make(&c, &plan, &d);
            factor f;
            lane_factor(&f, &c, c.message, (size_t)trial % plan.lanes);
            fg_trouble t = fg_kernels_current()->dense(&c.block);
            ck_assert(t.rejected == 0);
            compare(worst, &c, &f);
            fg_dense_case_free(&c);
        }
        printf("dense, %s, x %s, w %s, %s: errors %.2g of lambda, %.2g of eta\n", what,
               kind % 2 ? "free" : "constant",
               kind / 2 % 3 == 0   ? "free"
               : kind / 2 % 3 == 1 ? "given"
                                   : "constant",
               kind / 6 ? "bias" : "no bias", worst[0], worst[1]);
        ck_assert_double_lt(worst[0], 1e-5);
        ck_assert_double_lt(worst[1], 1e-5);
    }
}

START_TEST(first_messages_match_elimination) {
    against_elimination(false, 100, "first");
}
END_TEST

START_TEST(later_messages_match_elimination) {
    against_elimination(true, 200, "later");
}
END_TEST

static size_t slot_of(const factor *f, size_t lane) {
    return f->at[lane];
}

/* y, b, w or x without any other information: exactly nothing is said to all others. */
START_TEST(an_uninformed_variable_silences_the_rest) {
    fg_draws d = {300, 0};
    for (int trial = 0; trial < 400; trial++) {
        fg_dense_plan plan = random_plan(&d, 7, trial % 2);
        fg_dense_case c;
        factor f;
        plan.activation = FG_ACT_LEAKY_RELU;
        fg_dense_case_make(&c, &plan, &d);
        size_t lane = fg_draw_below(&d, plan.lanes);
        lane_factor(&f, &c, c.message, lane);
        size_t flat = fg_draw_below(&d, f.v), i = (flat - 2) / 2;
        const fg_beliefs *b = flat == 0   ? &c.block.y
                              : flat == 1 ? &c.block.b
                              : flat % 2  ? &c.block.x
                                          : &c.block.w;
        size_t at = flat == 0 ? lane : flat == 1 ? 0 : flat % 2 ? i * c.block.pitch + lane : i;
        ((float *)b->eta)[at] = c.message[slot_of(&f, flat)];
        ((float *)b->lambda)[at] = c.message[slot_of(&f, flat) + FG_LANES];
        ((float *)b->eta_lo)[at] = ((float *)b->lambda_lo)[at] = 0;
        fg_kernels_current()->dense(&c.block);
        for (size_t k = 0; k < f.v; k++) {
            float eta = c.message[f.at[k]], lambda = c.message[f.at[k] + FG_LANES];
            ck_assert(isfinite(eta) && isfinite(lambda));
            if (k != flat && f.a[flat] != 0)
                ck_assert_msg(eta == 0 && lambda == 0, "trial %d, %zu of %zu: %g", trial, k, f.v,
                              (double)lambda);
        }
        fg_dense_case_free(&c);
    }
}
END_TEST

START_TEST(improper_cavities_are_counted_and_never_nan) {
    fg_draws d = {400, 0};
    for (int trial = 0; trial < 300; trial++) {
        fg_dense_plan plan = random_plan(&d, 1 + trial % 2 * 6, true);
        fg_dense_case c;
        uint64_t expected = 0;
        fg_dense_case_make(&c, &plan, &d);
        for (size_t i = 0; i < plan.inputs; i++)
            for (size_t l = 0; l < plan.lanes; l++) {
                float *lambda = (float *)c.block.x.lambda + i * c.block.pitch + l;
                size_t message = (2 + 2 * i) * STRIDE + STRIDE + l;
                if (fg_draw(&d, 0, 1) < 0.1) {
                    *lambda = c.message[message + FG_LANES] / 2;
                    ((float *)c.block.x.lambda_lo)[i * c.block.pitch + l] = 0;
                    expected++;
                }
            }
        fg_trouble t = fg_kernels_current()->dense(&c.block);
        ck_assert_msg(t.improper == expected, "%llu cavities counted, %llu made",
                      (unsigned long long)t.improper, (unsigned long long)expected);
        for (size_t i = 0; i < c.n_messages; i++)
            ck_assert(isfinite(c.message[i]) && (i / FG_LANES % 2 == 0 || c.message[i] >= 0));
        fg_dense_case_free(&c);
    }
}
END_TEST

/* The sums are those of the messages, and padding lanes send nothing. */
START_TEST(sums_and_padding) {
    fg_draws d = {500, 0};
    for (int trial = 0; trial < 120; trial++) {
        fg_dense_plan plan = random_plan(&d, trial, trial % 3);
        fg_dense_case c;
        fg_dense_case_make(&c, &plan, &d);
        fg_kernels_current()->dense(&c.block);
        const fg_dense_block *b = &c.block;
        bool x_free = plan.x_role == FG_ROLE_FREE, w_free = plan.w_role == FG_ROLE_FREE;
        for (size_t row = 0; row < c.n_messages / FG_LANES; row++)
            for (size_t l = plan.lanes; l < FG_LANES; l++)
                ck_assert(c.message[row * FG_LANES + l] == 0);
        for (size_t l = 0; l < FG_LANES; l++)
            ck_assert(b->sum_y_eta[l] == (double)c.message[l] &&
                      b->sum_y_lambda[l] == (double)c.message[FG_LANES + l]);
        for (size_t i = 0; i < plan.inputs; i++) {
            const float *w = c.message + (2 + i * (size_t)(x_free + w_free)) * STRIDE,
                        *x = w + (w_free ? STRIDE : 0);
            double eta = 0, lambda = 0;
            for (size_t l = 0; l < FG_LANES; l++) {
                eta += w_free ? (double)w[l] : 0;
                lambda += w_free ? (double)w[FG_LANES + l] : 0;
                if (x_free)
                    ck_assert(b->sum_x_eta[i * b->pitch + l] == (double)x[l] &&
                              b->sum_x_lambda[i * b->pitch + l] == (double)x[FG_LANES + l]);
            }
            if (w_free) {
                ck_assert(fabs(b->sum_w_lambda[i] - lambda) <= 1e-14 * lambda);
                ck_assert(fabs(b->sum_w_eta[i] - eta) <= 1e-12 * (fabs(eta) + lambda));
            } else {
                ck_assert(b->sum_w_eta[i] == 0 && b->sum_w_lambda[i] == 0);
            }
        }
        fg_dense_case_free(&c);
    }
}
END_TEST

START_TEST(damping_and_dropout) {
    size_t kept = 0, all = 0;
    for (int trial = 0; trial < 60; trial++) {
        fg_draws plans = {600, (uint64_t)trial * 10}, d = {601, (uint64_t)trial * 100000}, same = d;
        fg_dense_plan plan = random_plan(&plans, 7, true);
        fg_dense_case fresh, mixed;
        plan.zeros = 0;
        fg_dense_case_make(&fresh, &plan, &d);
        fg_dense_case_make(&mixed, &plan, &same);
        float *before = fg_oracle_alloc(mixed.n_messages, sizeof *before);
        memcpy(before, mixed.message, mixed.n_messages * sizeof *before);
        fg_step step = {.key = (uint64_t)trial, .damping = 0.5f, .dropout = 0.4f};
        mixed.block.blend = fg_blend_make(&step, 0);
        fg_kernels_current()->dense(&fresh.block);
        fg_kernels_current()->dense(&mixed.block);
        for (size_t row = 0; row < mixed.n_messages / STRIDE; row++)
            for (size_t l = 0; l < plan.lanes; l++, all++) {
                size_t e = row * STRIDE + l, p = e + FG_LANES;
                bool same_lambda = mixed.message[p] == before[p];
                kept += same_lambda;
                ck_assert(!same_lambda || mixed.message[e] == before[e]);
                float mix = 0.5f * before[p] + 0.5f * fresh.message[p];
                ck_assert(same_lambda || mixed.message[p] == mix);
            }
        free(before);
        fg_dense_case_free(&fresh);
        fg_dense_case_free(&mixed);
    }
    double share = (double)kept / (double)all;
    printf("dense: dropout of 0.4 kept %.4f of %zu messages\n", share, all);
    ck_assert(fabs(share - 0.4) < 4 * sqrt(0.24 / (double)all));
}
END_TEST

FG_TEST_MAIN("factor/kernels/dense", first_messages_match_elimination, later_messages_match_elimination,
             an_uninformed_variable_silences_the_rest, improper_cavities_are_counted_and_never_nan,
             sums_and_padding, damping_and_dropout)
