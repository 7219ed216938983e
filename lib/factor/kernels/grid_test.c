/* The kernels of convolutions, pooling and dense layers over many inputs: against elimination in long double,
 * the same bytes on every instruction set, and the same whether terms over zeros are worked on or not. */
#include "base/cpu.h"
#include "base/test.h"
#include "factor/activation.h"
#include "factor/kernels/kernels.h"
#include "factor/oracle_internal.h"

enum { L = FG_LANES, TERMS = 40, SPACE = 16384, MOST = 2 * TERMS * L + 2, ROWS = 6 };

static const fg_role w_roles[] = {FG_ROLE_FREE, FG_ROLE_GIVEN, FG_ROLE_CONSTANT};

/* One factor: a, z and cavities of its variables, and the two floats of the message to each (NULL: none). */
typedef struct factor {
    size_t v;
    double a[MOST], eta[MOST], lambda[MOST], z, size;
    const float *got_eta[MOST], *got_lambda[MOST];
} factor;

static void add(factor *f, double a, double eta, double lambda, const float *got_eta,
                const float *got_lambda) {
    size_t i = f->v++;
    f->a[i] = a;
    f->eta[i] = eta;
    f->lambda[i] = lambda;
    f->got_eta[i] = got_eta;
    f->got_lambda[i] = got_lambda;
}

/* z of y - g(u) and J of the weighted sum, all over sigma; sum and size of its products. */
static double linearise(factor *f, fg_activation activation, double strength, double sum, double size,
                        double b, double times, bool b_counts) {
    float u = (float)(sum + b), g, slope;
    fg_activation_eval(activation, &u, &g, &slope, 1);
    double gate = -(double)slope * strength;
    f->z = strength * (double)g + gate * (times * sum + (b_counts ? b : 0));
    f->size = strength * fabs((double)g) + fabs(gate) * ((times + 1) * size + 2 * fabs(b));
    return gate;
}

static void compare(double worst[2], const factor *f) {
    for (size_t k = 0; k < f->v; k++) {
        fg_exact eta, lambda, scale;
        if (!f->got_eta[k])
            continue;
        fg_exact got_eta = *f->got_eta[k], got = *f->got_lambda[k];
        fg_oracle_message(&eta, &lambda, &scale, 1, f->v, k, f->a, &f->z, f->eta, f->lambda);
        if (f->a[k] == 0) {
            ck_assert(got == 0 && got_eta == 0);
            continue;
        }
        if (lambda < 1e-30L) /* under the range where floats have all their digits */
            continue;
        scale += lambda / fabsl((fg_exact)f->a[k]) * ((fg_exact)f->size - fabsl((fg_exact)f->z));
        worst[0] = fmax(worst[0], (double)(fabsl(got - lambda) / lambda));
        worst[1] = fmax(worst[1], (double)(fabsl(got_eta - eta) / scale));
    }
}

static fg_blend random_blend(fg_draws *d) {
    fg_step step = {.key = fg_rng_u64(d->seed, 5, d->next++), .first = fg_draw(d, 0, 1) < 0.2};
    step.damping = fg_draw(d, 0, 1) < 0.5 ? (float)fg_draw(d, 0, 0.99) : 0;
    step.dropout = fg_draw(d, 0, 1) < 0.5 ? (float)fg_draw(d, 0, 0.99) : 0;
    return fg_blend_make(&step, 3);
}

static float point(fg_draws *d, double zeros) {
    return fg_draw(d, 0, 1) < zeros ? 0 : (float)fg_draw_normal(d);
}

/* Parameters with 16 proper beliefs in double. */
static void make_parameter(float *row, fg_draws *d) {
    for (int l = 0; l < L; l++) {
        double lambda = fg_draw_log(d, 1, 1e6), eta = lambda * fg_draw_normal(d);
        row[FG_PARAMETER_LIN * L + l] = (float)fg_draw_normal(d);
        row[FG_PARAMETER_ETA * L + l] = (float)eta;
        row[FG_PARAMETER_ETA_LO * L + l] = (float)(eta - (double)(float)eta);
        row[FG_PARAMETER_LAMBDA * L + l] = (float)lambda;
        row[FG_PARAMETER_LAMBDA_LO * L + l] = (float)(lambda - (double)(float)lambda);
    }
}

static double parameter_eta(const float *row, int l) {
    return (double)row[FG_PARAMETER_ETA * L + l] + (double)row[FG_PARAMETER_ETA_LO * L + l];
}

static double parameter_lambda(const float *row, int l) {
    return (double)row[FG_PARAMETER_LAMBDA * L + l] + (double)row[FG_PARAMETER_LAMBDA_LO * L + l];
}

/* All that a kernel reads, and all that it writes. */
typedef struct space {
    ptrdiff_t offset[TERMS];
    uint32_t active[4 * TERMS], n_active[4];
    float parameters[(TERMS + 1) * FG_PARAMETER_SIZE], strength[L];
    float x[3][SPACE], other[2][SPACE], scratch[16384];
    float message[SPACE], y[2][SPACE], sums[4][SPACE];
} space;

static void fill(space *s, fg_draws *d, size_t lanes, double zeros) {
    memset(s, 0, sizeof *s);
    for (size_t i = 0; i <= TERMS; i++)
        make_parameter(s->parameters + i * FG_PARAMETER_SIZE, d);
    for (size_t i = 0; i < 1024; i++) {
        s->x[0][i] = point(d, zeros);
        s->x[1][i] = (float)fg_draw_normal(d);
        s->x[2][i] = (float)fg_draw_log(d, 1e-3, 1e5);
        s->other[0][i] = (float)fg_draw_normal(d);
        s->other[1][i] = (float)fg_draw_log(d, 1e-3, 1e5);
    }
    for (size_t l = 0; l < L; l++)
        s->strength[l] = l < lanes ? 20 : 0;
}

/* Messages of an earlier update. */
static void fill_messages(space *s, fg_draws *d) {
    for (size_t i = 0; i < SPACE; i++)
        s->message[i] = (float)fg_draw_log(d, 1e-8, 1e-4);
    for (size_t i = 0; i < 2 * SPACE; i++)
        s->y[i / SPACE][i % SPACE] = (float)fg_draw_log(d, 1e-8, 1e-4);
}

/* Saturated units have slopes whose relative error in float is not bounded: smooth ones get small inputs. */
static fg_activation draw_activation(space *s, fg_draws *d) {
    fg_activation activation = (fg_activation)fg_draw_below(d, FG_ACT_COUNT);
    for (size_t i = 0; i <= TERMS && activation >= FG_ACT_ELU; i++)
        for (size_t l = 0; l < L; l++)
            s->parameters[i * FG_PARAMETER_SIZE + l] *= 0.05f;
    return activation;
}

static bool same_results(const space *a, const space *b) {
    return !memcmp(a->message, b->message, sizeof a->message) && !memcmp(a->y, b->y, sizeof a->y) &&
           !memcmp(a->sums, b->sums, sizeof a->sums);
}

/* Positions of a kernel's window over channels of 64 x 16 slots. */
static fg_conv_run make_conv(space *s, fg_draws *d, int kind, bool sparse) {
    size_t kernel = 1 + fg_draw_below(d, 3), channels = 1 + fg_draw_below(d, 4),
           lanes = 1 + fg_draw_below(d, L), terms = channels * kernel * kernel;
    bool x_free = kind % 2;
    fill(s, d, lanes, x_free ? 0 : 0.6);
    fg_conv_run run = {.positions = 1 + fg_draw_below(d, 4),
                       .terms = terms,
                       .x_role = x_free ? FG_ROLE_FREE : FG_ROLE_CONSTANT,
                       .w_role = w_roles[kind / 2 % 3],
                       .bias = kind / 6 % 2,
                       .activation = draw_activation(s, d),
                       .offset = s->offset,
                       .x_step = 1,
                       .y_step = L,
                       .active = s->active,
                       .n_active = s->n_active,
                       .active_step = TERMS,
                       .n_active_step = 1,
                       .x_lin = s->x[0],
                       .x_eta = s->x[1],
                       .x_lambda = s->x[2],
                       .sum_x_eta = s->sums[0],
                       .sum_x_lambda = s->sums[1],
                       .parameters = s->parameters,
                       .y = {.prior_eta = 0.5f,
                             .prior_lambda = 0.25f,
                             .n = 1,
                             .eta = {s->other[0]},
                             .lambda = {s->other[1]}},
                       .y_eta = s->y[0],
                       .y_lambda = s->y[1],
                       .strength = s->strength,
                       .message = s->message,
                       .sum_w = s->sums[2],
                       .scratch = s->scratch};
    if (!run.bias)
        memset(s->parameters + terms * FG_PARAMETER_SIZE, 0, L * sizeof(float));
    for (size_t t = 0; t < terms; t++)
        s->offset[t] = (ptrdiff_t)(t / (kernel * kernel) * 64 + t / kernel % kernel * 16 + t % kernel);
    for (size_t p = 0; p < run.positions; p++)
        for (size_t t = 0; t < terms; t++)
            if (!sparse || s->x[0][p + (size_t)s->offset[t]] != 0)
                s->active[p * TERMS + s->n_active[p]++] = (uint32_t)t;
    return run;
}

/* The factor of a lane at a position, before any message. */
static void conv_factor(factor *f, const fg_conv_run *r, size_t p, int l) {
    bool x_free = r->x_role == FG_ROLE_FREE, w_free = r->w_role == FG_ROLE_FREE,
         w_in = r->w_role != FG_ROLE_CONSTANT;
    const float *bias = r->parameters + r->terms * FG_PARAMETER_SIZE;
    const float *message = r->message + p * fg_conv_messages(r->terms, r->x_role, r->w_role) + l;
    double sum = 0, size = 0, s = (double)r->strength[l];
    for (size_t t = 0; t < r->terms; t++) {
        double wx = (double)r->parameters[t * FG_PARAMETER_SIZE + (size_t)l] *
                    (double)r->x_lin[p + (size_t)r->offset[t]];
        sum += wx;
        size += fabs(wx);
    }
    f->v = 0;
    double gate = linearise(f, r->activation, s, sum, size, (double)bias[l], x_free + w_in, w_in);
    size_t y = p * r->y_step + (size_t)l;
    add(f, s, (double)r->y.prior_eta + (double)r->y.eta[0][y],
        (double)r->y.prior_lambda + (double)r->y.lambda[0][y], r->y_eta + y, r->y_lambda + y);
    if (r->bias && w_in)
        add(f, gate, parameter_eta(bias, l), parameter_lambda(bias, l), w_free ? message : NULL, message + L);
    for (size_t t = 0; t < r->terms; t++) {
        const float *row = r->parameters + t * FG_PARAMETER_SIZE;
        const float *w = message + (1 + t * (size_t)(x_free + w_free)) * 2 * L, *x = w + (w_free ? 2 * L : 0);
        size_t slot = p + (size_t)r->offset[t];
        if (w_in)
            add(f, gate * (double)r->x_lin[slot], parameter_eta(row, l), parameter_lambda(row, l),
                w_free ? w : NULL, w + L);
        if (x_free)
            add(f, gate * (double)row[l], (double)r->x_eta[slot], (double)r->x_lambda[slot], x, x + L);
    }
}

static space spaces[2];

START_TEST(conv_matches_elimination) {
    static factor f;
    for (int kind = 0; kind < 12; kind++) {
        fg_draws d = {100 + (uint64_t)kind, 0};
        double worst[2] = {0, 0};
        for (int trial = 0; trial < 40 / FG_SLOW; trial++) {
            fg_conv_run run = make_conv(&spaces[0], &d, kind, true);
            fg_trouble t = fg_kernels_current()->conv(&run);
            ck_assert(t.improper == 0 && t.rejected == 0);
            for (size_t p = 0; p < run.positions; p++) {
                conv_factor(&f, &run, p, trial % L);
                if (run.strength[trial % L] != 0)
                    compare(worst, &f);
            }
        }
        printf("conv %d: errors %.2g of lambda, %.2g of eta\n", kind, worst[0], worst[1]);
        ck_assert(worst[0] < 1e-5 && worst[1] < 1e-5);
    }
}
END_TEST

/* Terms over zeros: worked on or left out. */
START_TEST(skipping_changes_nothing) {
    for (int trial = 0; trial < 300 / FG_SLOW; trial++) {
        for (int i = 0; i < 2; i++) {
            fg_draws d = {200 + (uint64_t)trial, 0};
            fg_conv_run run = make_conv(&spaces[i], &d, trial % 6 * 2, i);
            run.blend = random_blend(&d);
            fg_kernels_current()->conv(&run);
            run.blend = random_blend(&d);
            fg_kernels_current()->conv(&run);
            if (run.w_role == FG_ROLE_FREE) /* -0 and 0 are the same message */
                for (size_t k = 0; k < SPACE; k++)
                    spaces[i].message[k] += 0;
        }
        ck_assert_msg(same_results(&spaces[0], &spaces[1]), "trial %d", trial);
    }
}
END_TEST

/* A window of inputs that stand 16 slots apart. */
static fg_pool_window make_pool(space *s, fg_draws *d, int kind) {
    size_t size = 2 + fg_draw_below(d, 8), lanes = 1 + fg_draw_below(d, L);
    fill(s, d, lanes, 0.2);
    for (size_t i = 0; i < size; i++)
        s->offset[i] = (ptrdiff_t)(32 * i);
    return (fg_pool_window){
        .size = size,
        .most = kind % 2,
        .x_role = kind / 2 % 2 ? FG_ROLE_FREE : FG_ROLE_CONSTANT,
        .offset = s->offset,
        .x_mean = s->x[0],
        .x = {.prior_eta = 0.5f, .prior_lambda = 0.25f, .n = 1, .eta = {s->x[1]}, .lambda = {s->x[2]}},
        .y = {.prior_lambda = 0.5f, .n = 1, .eta = {s->other[0]}, .lambda = {s->other[1]}},
        .x_eta = s->sums[0],
        .x_lambda = s->sums[1],
        .y_eta = s->y[0],
        .y_lambda = s->y[1],
        .strength = s->strength,
        .scratch = s->scratch};
}

static void pool_factor(factor *f, const fg_pool_window *w, int l) {
    double s = (double)w->strength[l], sum = 0, size = 0, share = 1 / (double)w->size;
    size_t most = 0;
    for (size_t i = 0; i < w->size; i++) {
        const float *x = w->x_mean + l;
        sum += (double)x[w->offset[i]] * share;
        size += fabs((double)x[w->offset[i]]);
        most = x[w->offset[i]] > x[w->offset[most]] ? i : most;
    }
    double value = w->most ? (double)w->x_mean[w->offset[most] + l] : sum;
    f->v = 0;
    f->z = w->x_role == FG_ROLE_FREE ? 0 : -s * value;
    f->size = s * size;
    add(f, -s, (double)w->y.prior_eta + (double)w->y.eta[0][l],
        (double)w->y.prior_lambda + (double)w->y.lambda[0][l], w->y_eta + l, w->y_lambda + l);
    for (size_t i = 0; i < w->size && w->x_role == FG_ROLE_FREE; i++) {
        ptrdiff_t slot = w->offset[i] + l;
        add(f, w->most ? (i == most ? s : 0) : s * share, (double)w->x.prior_eta + (double)w->x.eta[0][slot],
            (double)w->x.prior_lambda + (double)w->x.lambda[0][slot], w->x_eta + slot, w->x_lambda + slot);
    }
}

START_TEST(pool_matches_elimination) {
    static factor f;
    for (int kind = 0; kind < 4; kind++) {
        fg_draws d = {300 + (uint64_t)kind, 0};
        double worst[2] = {0, 0};
        for (int trial = 0; trial < 60 / FG_SLOW; trial++) {
            fg_pool_window window = make_pool(&spaces[0], &d, kind);
            fg_trouble t = fg_kernels_current()->pool(&window);
            ck_assert(t.improper == 0 && t.rejected == 0);
            for (int l = 0; l < L; l++) {
                pool_factor(&f, &window, l);
                compare(worst, &f);
            }
        }
        printf("pool %d: errors %.2g of lambda, %.2g of eta\n", kind, worst[0], worst[1]);
        ck_assert(worst[0] < 1e-5 && worst[1] < 1e-5);
    }
}
END_TEST

static fg_wide_factor make_wide(space *s, fg_draws *d, int kind) {
    fill(s, d, L, 0.2);
    fg_wide_factor f = {.rows = 1 + fg_draw_below(d, ROWS),
                        .w_role = w_roles[kind % 3],
                        .x_mean = s->x[0],
                        .x_eta = s->x[1],
                        .x_lambda = s->x[2],
                        .parameters = s->parameters,
                        .bias = kind / 3 % 2,
                        .b = s->parameters + TERMS * FG_PARAMETER_SIZE,
                        .y_eta = 3,
                        .y_eta_lo = 1e-8f,
                        .y_lambda = (float)fg_draw_log(d, 1e-3, 1e5),
                        .activation = draw_activation(s, d),
                        .strength = 20,
                        .message = s->message,
                        .sum_w_eta = s->sums[0],
                        .sum_w_lambda = s->sums[1],
                        .sum_x_eta = s->sums[2],
                        .sum_x_lambda = s->sums[3],
                        .scratch = s->scratch};
    if (!f.bias)
        memset(s->parameters + TERMS * FG_PARAMETER_SIZE, 0, L * sizeof(float));
    return f;
}

static void wide_factor(factor *f, const fg_wide_factor *r) {
    bool w_free = r->w_role == FG_ROLE_FREE, w_in = r->w_role != FG_ROLE_CONSTANT;
    double sum = 0, size = 0, s = (double)r->strength;
    for (size_t i = 0; i < r->rows * L; i++) {
        double wx = (double)r->parameters[i / L * FG_PARAMETER_SIZE + i % L] * (double)r->x_mean[i];
        sum += wx;
        size += fabs(wx);
    }
    f->v = 0;
    double gate = linearise(f, r->activation, s, sum, size, (double)r->b[0], 1 + w_in, w_in);
    add(f, s, (double)r->y_eta + (double)r->y_eta_lo, (double)r->y_lambda, r->message, r->message + 1);
    if (r->bias && w_in)
        add(f, gate, parameter_eta(r->b, 0), parameter_lambda(r->b, 0), w_free ? r->message + 2 : NULL,
            r->message + 3);
    for (size_t i = 0; i < r->rows * L; i++) {
        const float *row = r->parameters + i / L * FG_PARAMETER_SIZE;
        const float *w = r->message + L + i / L * (w_free ? 4 : 2) * L + i % L, *x = w + (w_free ? 2 * L : 0);
        if (w_in)
            add(f, gate * (double)r->x_mean[i], parameter_eta(row, (int)(i % L)),
                parameter_lambda(row, (int)(i % L)), w_free ? w : NULL, w + L);
        add(f, gate * (double)row[i % L], (double)r->x_eta[i], (double)r->x_lambda[i], x, x + L);
    }
}

START_TEST(wide_matches_elimination) {
    static factor f;
    for (int kind = 0; kind < 6; kind++) {
        fg_draws d = {400 + (uint64_t)kind, 0};
        double worst[2] = {0, 0};
        for (int trial = 0; trial < 20 / FG_SLOW; trial++) {
            fg_wide_factor wide = make_wide(&spaces[0], &d, kind);
            fg_trouble t = fg_kernels_current()->wide(&wide);
            ck_assert(t.improper == 0 && t.rejected == 0);
            wide_factor(&f, &wide);
            compare(worst, &f);
            for (size_t i = 0; i < wide.rows * L; i++) {
                const float *x = wide.message + L + i / L * (wide.w_role == FG_ROLE_FREE ? 4 : 2) * L + i % L;
                x += wide.w_role == FG_ROLE_FREE ? 2 * L : 0;
                ck_assert(wide.sum_x_eta[i] == x[0] && wide.sum_x_lambda[i] == x[L]);
                ck_assert(wide.w_role != FG_ROLE_FREE ||
                          (wide.sum_w_eta[i] == x[-2 * L] && wide.sum_w_lambda[i] == x[-L]));
            }
        }
        printf("wide %d: errors %.2g of lambda, %.2g of eta\n", kind, worst[0], worst[1]);
        ck_assert(worst[0] < 1e-5 && worst[1] < 1e-5);
    }
}
END_TEST

static fg_trouble run_one(const fg_kernels *k, space *s, int trial) {
    fg_draws d = {500 + (uint64_t)trial, 0};
    fg_conv_run conv;
    fg_pool_window pool;
    fg_wide_factor wide;
    if (trial % 3 == 0)
        conv = make_conv(s, &d, trial / 3, trial % 2);
    else if (trial % 3 == 1)
        pool = make_pool(s, &d, trial / 3);
    else
        wide = make_wide(s, &d, trial / 3);
    fill_messages(s, &d);
    s->x[2][fg_draw_below(&d, 64)] *= -1; /* improper */
    s->x[2][fg_draw_below(&d, 64)] = 0;   /* known from nowhere else */
    conv.blend = pool.blend = wide.blend = random_blend(&d);
    return trial % 3 == 0 ? k->conv(&conv) : trial % 3 == 1 ? k->pool(&pool) : k->wide(&wide);
}

START_TEST(instruction_sets_agree) {
    for (int isa = FG_ISA_PORTABLE + 1; isa <= (int)fg_isa_best(); isa++) {
        const fg_kernels *k = fg_kernels_of(isa);
        for (int trial = 0; k && trial < 300 / FG_SLOW; trial++) {
            fg_trouble a = run_one(fg_kernels_of(FG_ISA_PORTABLE), &spaces[0], trial),
                       b = run_one(k, &spaces[1], trial);
            ck_assert_msg(same_results(&spaces[0], &spaces[1]), "%s, trial %d", fg_isa_name((fg_isa)isa),
                          trial);
            ck_assert(a.improper == b.improper && a.rejected == b.rejected);
            for (size_t i = 0; i < SPACE; i++)
                ck_assert(isfinite(spaces[0].message[i]) && isfinite(spaces[0].y[1][i]));
        }
    }
}
END_TEST

FG_TEST_MAIN("factor/kernels/grid", conv_matches_elimination, skipping_changes_nothing,
             pool_matches_elimination, wide_matches_elimination, instruction_sets_agree)
