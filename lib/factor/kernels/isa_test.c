/* Every instruction set gives the same bytes as portable C. */
#include "base/cpu.h"
#include "base/test.h"
#include "factor/kernels/dense_case_internal.h"
#include "factor/kernels/kernels.h"

static const fg_robust robusts[] = {FG_ROBUST_NONE, FG_ROBUST_TUKEY, FG_ROBUST_HUBER};

/* The next instruction set to be held against portable C, or NULL: for (i = 0; (k = next_isa(&i));). */
static const fg_kernels *next_isa(int *isa) {
    for (++*isa; *isa < FG_ISA_COUNT; ++*isa) {
        if (*isa <= (int)fg_isa_best() && fg_kernels_of(*isa))
            return fg_kernels_of(*isa);
    }
    return NULL;
}

static fg_blend random_blend(fg_draws *d) {
    fg_step step = {.key = fg_rng_u64(d->seed, 5, d->next++), .first = fg_draw(d, 0, 1) < 0.2};
    step.damping = fg_draw(d, 0, 1) < 0.5 ? (float)fg_draw(d, 0, 0.99) : 0;
    step.dropout = fg_draw(d, 0, 1) < 0.5 ? (float)fg_draw(d, 0, 0.99) : 0;
    return fg_blend_make(&step, 3);
}

START_TEST(which_sets_run_here) {
    for (int isa = FG_ISA_PORTABLE + 1; isa < FG_ISA_COUNT; isa++)
        if (isa > (int)fg_isa_best() || !fg_kernels_of(isa))
            printf("skipped: %s kernels, which this processor or compiler lacks\n", fg_isa_name((fg_isa)isa));
        else
            printf("kernels of %s against portable C\n", fg_isa_name((fg_isa)isa));
    ck_assert_ptr_nonnull(fg_kernels_of(FG_ISA_PORTABLE));
    ck_assert_ptr_null(fg_kernels_of(-1));
    ck_assert_ptr_null(fg_kernels_of(FG_ISA_COUNT));
    ck_assert_ptr_eq(fg_kernels_current(), fg_kernels_of((int)fg_isa_current()));
}
END_TEST

static void dense_once(const fg_dense_plan *plan, fg_draws *d) {
    uint64_t at = d->next;
    fg_dense_case c[2];
    const fg_kernels *k;
    fg_blend blend = random_blend(d);
    for (int isa = FG_ISA_PORTABLE; (k = next_isa(&isa));) {
        fg_trouble t[2];
        for (int i = 0; i < 2; i++) {
            fg_draws same = {d->seed, at + 100};
            fg_dense_case_make(&c[i], plan, &same);
            c[i].block.blend = blend;
            if (fg_draw(&same, 0, 1) < 0.3) /* one cavity of each odd kind */
                c[i].values[fg_draw_below(&same, 4 * plan->inputs * c[i].block.pitch)] *= -1;
            t[i] = (i ? k : fg_kernels_of(FG_ISA_PORTABLE))->dense(&c[i].block);
        }
        ck_assert(memcmp(c[0].message, c[1].message, c[0].n_messages * sizeof(float)) == 0);
        ck_assert(memcmp(c[0].sums, c[1].sums, c[0].n_sums * sizeof(double)) == 0);
        ck_assert(t[0].improper == t[1].improper && t[0].rejected == t[1].rejected);
        fg_dense_case_free(&c[0]);
        fg_dense_case_free(&c[1]);
    }
}

START_TEST(dense) {
    static const fg_role w_roles[] = {FG_ROLE_FREE, FG_ROLE_GIVEN, FG_ROLE_CONSTANT};
    fg_draws d = {1, 0};
    for (int trial = 0; trial < 600; trial++, d.next += 1000) {
        fg_dense_plan plan = {.inputs = 1 + fg_draw_below(&d, 40),
                              .x_role = trial % 2 ? FG_ROLE_FREE : FG_ROLE_CONSTANT,
                              .w_role = w_roles[trial / 2 % 3],
                              .bias = fg_draw(&d, 0, 1) < 0.5,
                              .messages = fg_draw(&d, 0, 1) < 0.5,
                              .activation = (fg_activation)fg_draw_below(&d, FG_ACT_COUNT),
                              .lanes = 1 + fg_draw_below(&d, FG_LANES),
                              .size = fg_draw_log(&d, 0.1, 1e3),
                              .zeros = 0.3,
                              .least = 1e-6,
                              .most = 1e8};
        dense_once(&plan, &d);
    }
}
END_TEST

/* A row of pixels over planes of activations with a margin; room for the widest of each array. */
typedef struct tconv_case {
    float x[3][4096], y[2][64], b[4], w[5][64], z[3][64], out_x[2][4096], out_y[2][64],
        sum_w[65 * 2 * FG_LANES];
    float *sum_eta[64], *sum_lambda[64], u[64];
    ptrdiff_t offset[64];
    float message[4 * 65 * 4 * FG_LANES], scratch[16384];
} tconv_case;

/* The row's first pixel stands at x[1024]: planes of 256, filters of up to 4 x 4, rows of 80. */
static fg_tconv_row make_tconv(tconv_case *c, fg_draws *d, size_t blocks, size_t filters, size_t kernel,
                               fg_role w_role) {
    size_t terms = filters * kernel * kernel, row = blocks * FG_LANES;
    memset(c, 0, sizeof *c);
    for (size_t i = 0; i < 4096; i++) {
        bool margin = fg_draw(d, 0, 1) < 0.2;
        c->x[0][i] = margin ? 0 : (float)fg_draw_normal(d);
        c->x[1][i] = margin ? 0 : (float)fg_draw_normal(d);
        c->x[2][i] = margin ? 1e30f : (float)(fg_draw_log(d, 1e-6, 1e8) * (fg_draw(d, 0, 1) < 0.01 ? -1 : 1));
    }
    for (size_t i = 0; i < row; i++) {
        bool pixel = i + 5 < row;
        c->y[0][i] = (float)fg_draw_normal(d);
        c->y[1][i] = (float)fg_draw_log(d, 1e-6, 1e8);
        c->z[0][i] = pixel ? (float)fg_draw_log(d, 1e-3, 1e3) : 0;
        c->z[1][i] = -c->z[0][i];
        c->z[2][i] = pixel ? (float)fg_draw_normal(d) : 0;
    }
    for (size_t i = 0; i < terms; i++) {
        c->offset[i] =
            (ptrdiff_t)(i / (kernel * kernel) * 256) - (ptrdiff_t)(i / kernel % kernel * 80 + i % kernel);
        c->sum_eta[i] = c->out_x[0] + 1024 + c->offset[i];
        c->sum_lambda[i] = c->out_x[1] + 1024 + c->offset[i];
        for (int j = 0; j < 5; j++)
            c->w[j][i] = (float)fg_draw_normal(d);
        c->w[3][i] = (float)fg_draw_log(d, 1, 1e8);
    }
    for (int j = 0; j < 4; j++)
        c->b[j] = j == 2 ? 100 : (float)fg_draw_normal(d);
    for (size_t i = 0; i < blocks * fg_dense_messages(terms, FG_ROLE_FREE, w_role); i++)
        c->message[i] = (float)fg_draw_log(d, 1e-8, 1e-2);
    return (fg_tconv_row){.end = blocks,
                          .terms = terms,
                          .w_role = w_role,
                          .offset = c->offset,
                          .x_lin = c->x[0] + 1024,
                          .x_eta = c->x[1] + 1024,
                          .x_lambda = c->x[2] + 1024,
                          .sum_x_eta = c->sum_eta,
                          .sum_x_lambda = c->sum_lambda,
                          .w_lin = c->w[0],
                          .b_lin = c->b,
                          .w = {c->w[1], c->w[2], c->w[3], c->w[4]},
                          .b = {c->b, c->b + 1, c->b + 2, c->b + 3},
                          .y_eta = c->y[0],
                          .y_lambda = c->y[1],
                          .sum_y_eta = c->out_y[0],
                          .sum_y_lambda = c->out_y[1],
                          .strength = c->z[0],
                          .gate = c->z[1],
                          .z = c->z[2],
                          .message = c->message,
                          .sum_w = c->sum_w,
                          .scratch = c->scratch,
                          .keep = 0.7f,
                          .keep_w = 0.9f,
                          .counted = 1};
}

START_TEST(tconv) {
    static const fg_role w_roles[] = {FG_ROLE_FREE, FG_ROLE_GIVEN, FG_ROLE_CONSTANT};
    static tconv_case c[2];
    fg_draws d = {6, 0};
    for (int trial = 0; trial < 150; trial++, d.next += 30000) {
        size_t blocks = 1 + fg_draw_below(&d, 4), filters = 1 + fg_draw_below(&d, 4),
               kernel = 2 + fg_draw_below(&d, 3);
        const fg_kernels *k;
        for (int isa = FG_ISA_PORTABLE; (k = next_isa(&isa));) {
            fg_trouble t[2];
            for (int i = 0; i < 2; i++) {
                const fg_kernels *use = i ? k : fg_kernels_of(FG_ISA_PORTABLE);
                fg_draws same = {d.seed, d.next};
                fg_tconv_row row = make_tconv(&c[i], &same, blocks, filters, kernel, w_roles[trial % 3]);
                row.from = (size_t)trial % 2 * (blocks > 1);
                row.counted = (float)(trial % 5 != 0);
                ck_assert(fg_dense_scratch(row.terms) <= sizeof c->scratch / sizeof(float));
                fg_tconv_drive drive = {0,         blocks,    row.terms, c[i].offset,
                                        row.x_lin, row.w_lin, 0.25f,     c[i].u};
                t[i] = use->tconv(&row);
                use->tconv_count(&row);
                use->tconv_drive(&drive);
            }
            ck_assert(memcmp(c[0].message, c[1].message, sizeof c->message) == 0);
            ck_assert(memcmp(c[0].out_x, c[1].out_x, sizeof c->out_x) == 0);
            ck_assert(memcmp(c[0].out_y, c[1].out_y, sizeof c->out_y) == 0);
            ck_assert(memcmp(c[0].sum_w, c[1].sum_w, sizeof c->sum_w) == 0);
            ck_assert(memcmp(c[0].u, c[1].u, sizeof c->u) == 0 && c[0].u[0] != 0);
            ck_assert(t[0].improper == t[1].improper && t[0].rejected == t[1].rejected);
        }
    }
}
END_TEST

START_TEST(rank1) {
    enum { MOST = 40, SIZE = MOST * 2 * FG_LANES };
    double *a = fg_oracle_alloc(SIZE, sizeof *a), *cavity = fg_oracle_alloc(SIZE, sizeof *cavity),
           *start = fg_oracle_alloc(SIZE, sizeof *start),
           *scratch = fg_oracle_alloc(MOST * FG_RANK1_SCRATCH, sizeof *a), *message[2], z[FG_LANES];
    fg_draws d = {2, 0};
    for (int i = 0; i < 2; i++)
        message[i] = fg_oracle_alloc(SIZE, sizeof(double));
    for (int trial = 0; trial < 400; trial++) {
        size_t v = 1 + fg_draw_below(&d, MOST), lanes = 1 + fg_draw_below(&d, FG_LANES);
        for (size_t i = 0; i < v * FG_LANES; i++) {
            a[i] = i % FG_LANES >= lanes || fg_draw(&d, 0, 1) < 0.2
                       ? 0
                       : fg_draw_normal(&d) * fg_draw_log(&d, 1e-3, 1e3);
            z[i % FG_LANES] = fg_draw_normal(&d);
        }
        for (size_t i = 0; i < SIZE; i++) {
            cavity[i] = fg_draw_log(&d, 1e-6, 1e8) * (fg_draw(&d, 0, 1) < 0.05 ? -1 : 1);
            start[i] = fg_draw_log(&d, 1e-6, 1e8);
        }
        fg_rank1_block block = {
            .v = v, .a = a, .z = z, .cavity = cavity, .scratch = scratch, .blend = random_blend(&d)};
        const fg_kernels *k;
        for (int isa = FG_ISA_PORTABLE; (k = next_isa(&isa));) {
            fg_trouble t[2];
            for (int i = 0; i < 2; i++) {
                memcpy(message[i], start, SIZE * sizeof *start);
                block.message = message[i];
                t[i] = (i ? k : fg_kernels_of(FG_ISA_PORTABLE))->rank1(&block);
            }
            ck_assert(memcmp(message[0], message[1], SIZE * sizeof *start) == 0);
            ck_assert(t[0].improper == t[1].improper && t[0].rejected == t[1].rejected);
        }
    }
    free(a), free(cavity), free(start), free(scratch), free(message[0]), free(message[1]);
}
END_TEST

START_TEST(pairwise) {
    enum { MOST = 300 };
    static float value[6][MOST], start[4][MOST], message[2][4][MOST];
    fg_draws d = {3, 0};
    for (int trial = 0; trial < 400; trial++) {
        fg_pairwise_run run = {.n = fg_draw_below(&d, MOST + 1),
                               .a_mean = value[0],
                               .b_mean = value[1],
                               .a_eta = value[2],
                               .b_eta = value[3],
                               .a_lambda = value[4],
                               .b_lambda = value[5],
                               .weight = (float)fg_draw_log(&d, 1e-3, 1e4),
                               .robust = robusts[trial % 3],
                               .threshold = (float)fg_draw_log(&d, 0.1, 3),
                               .blend = random_blend(&d),
                               .counter = (uint32_t)fg_draw_below(&d, 1000)};
        for (int i = 0; i < MOST; i++) {
            for (int j = 0; j < 4; j++) {
                value[j][i] = (float)fg_draw_normal(&d);
                start[j][i] = (float)fg_draw_log(&d, 1e-3, 1e3);
            }
            value[4][i] =
                start[1][i] + (float)fg_draw_log(&d, 1e-4, 1e4) * (fg_draw(&d, 0, 1) < 0.05f ? -1 : 1);
            value[5][i] =
                fg_draw(&d, 0, 1) < 0.1 ? start[3][i] : start[3][i] + (float)fg_draw_log(&d, 1e-4, 1e4);
        }
        const fg_kernels *k;
        for (int isa = FG_ISA_PORTABLE; (k = next_isa(&isa));) {
            fg_trouble t[2];
            for (int i = 0; i < 2; i++) {
                memcpy(message[i], start, sizeof start);
                run.to_a_eta = message[i][0];
                run.to_a_lambda = message[i][1];
                run.to_b_eta = message[i][2];
                run.to_b_lambda = message[i][3];
                t[i] = (i ? k : fg_kernels_of(FG_ISA_PORTABLE))->pairwise(&run);
            }
            ck_assert(memcmp(message[0], message[1], sizeof start) == 0);
            ck_assert(t[0].improper == t[1].improper && t[0].rejected == t[1].rejected);
        }
    }
}
END_TEST

START_TEST(observe) {
    enum { MOST = 300 };
    static float mean[MOST], value[MOST], mask[MOST], out[2][2][MOST];
    fg_draws d = {4, 0};
    for (int trial = 0; trial < 200; trial++) {
        fg_observe_run run = {.n = fg_draw_below(&d, MOST + 1),
                              .mean = mean,
                              .value = value,
                              .mask = mask,
                              .weight = (float)fg_draw_log(&d, 1e-3, 1e4),
                              .robust = robusts[trial % 3],
                              .threshold = (float)fg_draw_log(&d, 0.1, 3)};
        for (int i = 0; i < MOST; i++) {
            mean[i] = (float)fg_draw_normal(&d);
            value[i] = fg_draw(&d, 0, 1) < 0.1 ? mean[i] : (float)fg_draw_normal(&d);
            mask[i] = fg_draw(&d, 0, 1) < 0.7;
        }
        const fg_kernels *k;
        memset(out, 0, sizeof out);
        for (int isa = FG_ISA_PORTABLE; (k = next_isa(&isa));) {
            for (int i = 0; i < 2; i++) {
                run.eta = out[i][0];
                run.lambda = out[i][1];
                (i ? k : fg_kernels_of(FG_ISA_PORTABLE))->observe(&run);
            }
            ck_assert(memcmp(out[0], out[1], sizeof out[0]) == 0);
        }
    }
}
END_TEST

/* Beliefs of single (float sums) and wide (double sums) groups; some precisions are 0, negative or not
 * finite. */
static void refresh_once(fg_draws *d, bool single, int n_sums) {
    enum { N = 200 };
    static float singles[2 * FG_MAX_SUMS][N], old[5][N], out[2][5][N];
    static double wides[2 * FG_MAX_SUMS][N], priors[2][N];
    static const float odd[] = {0, -1, INFINITY, NAN};
    fg_sums sums[FG_MAX_SUMS];
    bool own = fg_draw(d, 0, 1) < 0.5;
    for (int i = 0; i < N; i++) {
        for (int s = 0; s < 2 * FG_MAX_SUMS; s++) {
            bool is_odd = s % 2 && fg_draw(d, 0, 1) < 0.05;
            singles[s][i] = is_odd ? odd[fg_draw_below(d, 4)] : (float)fg_draw_log(d, 1e-3, 1e3);
            wides[s][i] = is_odd ? (double)odd[fg_draw_below(d, 4)] : fg_draw_log(d, 1e-3, 1e3);
        }
        for (int j = 0; j < 5; j++)
            old[j][i] = (float)fg_draw_log(d, 1e-3, 1e3);
        priors[0][i] = fg_draw_normal(d);
        priors[1][i] = fg_draw_log(d, 1e-3, 1e3);
    }
    for (int s = 0; s < FG_MAX_SUMS; s++)
        sums[s] = (fg_sums){wides[2 * s], wides[2 * s + 1], singles[2 * s], singles[2 * s + 1]};
    fg_refresh r = {.from = fg_draw_below(d, 50),
                    .n = fg_draw_below(d, 150),
                    .n_sums = n_sums,
                    .sums = sums,
                    .prior_eta = 0.25,
                    .prior_lambda = 0.5,
                    .prior_etas = own && !single ? priors[0] : NULL,
                    .prior_lambdas = own && !single ? priors[1] : NULL};
    const fg_kernels *k;
    for (int isa = FG_ISA_PORTABLE; (k = next_isa(&isa));) {
        fg_refreshed done[2];
        for (int i = 0; i < 2; i++) {
            memcpy(out[i], old, sizeof old);
            r.eta = out[i][0], r.lambda = out[i][1], r.mean = out[i][2];
            r.eta_lo = single ? NULL : out[i][3];
            r.lambda_lo = single ? NULL : out[i][4];
            const fg_kernels *use = i ? k : fg_kernels_of(FG_ISA_PORTABLE);
            done[i] = single ? use->refresh_single(&r) : use->refresh_wide(&r);
        }
        ck_assert(memcmp(out[0], out[1], sizeof old) == 0);
        ck_assert(done[0].broken == done[1].broken);
        ck_assert(memcmp(&done[0].change, &done[1].change, sizeof(float)) == 0);
    }
}

START_TEST(refresh) {
    fg_draws d = {5, 0};
    for (int trial = 0; trial < 200; trial++) {
        refresh_once(&d, true, 1 + trial % FG_MAX_SUMS);
        refresh_once(&d, false, trial % (FG_MAX_SUMS + 1));
    }
}
END_TEST

FG_TEST_MAIN("factor/kernels/isa", which_sets_run_here, dense, tconv, rank1, pairwise, observe, refresh)
