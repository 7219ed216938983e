/* The kernels of convolutions and dense layers whose messages are rebuilt, and of convolutions' weighted
 * sums: against sums in double, the same whether terms over zeros are worked on or not, and the same bytes on
 * every instruction set. */
#include "base/cpu.h"
#include "base/test.h"
#include "factor/activation.h"
#include "factor/kernels/kernels.h"
#include "factor/oracle_internal.h"

enum { L = FG_LANES, TAPS = 9, CHANNELS = 18, TERMS = TAPS * CHANNELS, POSITIONS = 6, WIDE = 8, HIGH = 3 };
enum { PITCH = 2 * L, SLOTS = HIGH * WIDE * PITCH };

typedef struct space {
    fg_conv_rebuilt_run run;
    fg_conv_drive drive;
    ptrdiff_t offset[TERMS];
    uint32_t active[POSITIONS * TERMS], n_active[POSITIONS];
    float x[6][SLOTS], parameters[(TERMS + 1) * FG_READ_SIZE], turned[TAPS * PITCH * L];
    float y[2][POSITIONS * L], other[2][POSITIONS * L], strength[L], u[POSITIONS * L];
    /* What is changed: sums of inputs, messages to outputs, factors, sums of weights. */
    float sum_x[2][SLOTS], factor[POSITIONS * FG_CONV_REBUILT], sum_w[(TERMS + 1) * 2 * L];
} space;

static space spaces[2], before;

static void fill_inputs(space *s, fg_draws *d, bool x_free) {
    for (size_t i = 0; i < SLOTS; i++) {
        s->x[0][i] = !x_free && fg_draw(d, 0, 1) < 0.6 ? 0 : (float)fg_draw(d, -2, 2);
        s->x[1][i] = s->x[0][i] * s->x[0][i];
        s->x[2][i] = (float)fg_draw(d, 0, 3);
        s->x[3][i] = (float)fg_draw(d, -2, 2);
        s->x[4][i] = s->x[3][i] * s->x[3][i];
        s->x[5][i] = (float)fg_draw(d, -1, 1);
        s->sum_x[0][i] = (float)fg_draw(d, -1, 1);
        s->sum_x[1][i] = (float)fg_draw(d, 0, 1);
    }
}

static void fill_outputs(space *s, fg_draws *d, size_t filters) {
    for (size_t l = 0; l < L; l++)
        s->strength[l] = l < filters ? (float)fg_draw(d, 1, 20) : 0;
    for (size_t i = 0; i < POSITIONS * L; i++) {
        s->y[0][i] = (float)fg_draw(d, -2, 2);
        s->y[1][i] = (float)fg_draw(d, 0, 4);
        s->other[0][i] = (float)fg_draw(d, -2, 2);
        s->other[1][i] = fg_draw(d, 0, 1) < 0.1 ? -3 : (float)fg_draw(d, 0, 4);
    }
    for (size_t i = 0; i < POSITIONS * L; i++) {
        s->factor[i / L * 2 * L + i % L] = (float)fg_draw(d, -3, 3);
        s->factor[i / L * 2 * L + L + i % L] = (float)fg_draw(d, 0, 3);
    }
}

static void fill_parameters(space *s, fg_draws *d, size_t filters, bool bias) {
    for (size_t i = 0; i < (TERMS + 1) * FG_READ_SIZE; i++) {
        bool none = i % L >= filters || (i / FG_READ_SIZE == s->run.terms && !bias);
        s->parameters[i] = none ? 0 : (float)fg_draw(d, i / L % FG_READ_ROWS == FG_READ_VARIANCE ? 0 : -1, 1);
    }
    for (size_t i = 0; i < TAPS * PITCH * L; i++)
        s->turned[i] = (float)fg_draw(d, -1, 1);
    for (size_t i = 0; i < (TERMS + 1) * 2 * L; i++)
        s->sum_w[i] = (float)fg_draw(d, -1, 1);
}

/* Kind 0: known inputs, of which all or only those that are not 0 are worked on; 1: free, channels side by
 * side; 2: free, a plane for each channel; 3: the same with planes of one pixel. */
enum { KINDS = 4 };

static void make(space *s, fg_draws *d, int kind, bool sparse) {
    static const fg_activation activations[] = {FG_ACT_IDENTITY, FG_ACT_LEAKY_RELU, FG_ACT_TANH};
    const size_t kernel = kind == 3 ? 1 : 1 + fg_draw_below(d, 3), channels = 1 + fg_draw_below(d, CHANNELS),
                 taps = kernel * kernel, filters = 1 + fg_draw_below(d, L);
    const bool planes = kind >= 2, bias = fg_draw(d, 0, 1) < 0.5;
    const size_t column = planes ? 1 : PITCH, row = WIDE * column,
                 channel = kind == 2 ? (size_t)WIDE * HIGH : 1;
    memset(s, 0, sizeof *s);
    s->run = (fg_conv_rebuilt_run){.positions = kind == 3 ? 1 : 1 + fg_draw_below(d, POSITIONS),
                                   .terms = channels * taps};
    fg_conv_rebuilt_run *r = &s->run;
    fill_inputs(s, d, kind > 0);
    fill_outputs(s, d, filters);
    fill_parameters(s, d, filters, bias);
    for (size_t t = 0; t < r->terms; t++)
        s->offset[t] = (ptrdiff_t)(t / taps * channel + t % taps / kernel * row + t % kernel * column);
    for (size_t p = 0; p < r->positions; p++)
        for (size_t t = 0; t < r->terms; t++)
            if (!sparse || kind || s->x[0][p * column + (size_t)s->offset[t]] != 0)
                s->active[p * TERMS + s->n_active[p]++] = (uint32_t)t;
    r->channels = channels, r->bias = bias, r->activation = activations[fg_draw_below(d, 3)];
    r->offset = s->offset, r->x_step = column, r->y_step = L, r->x_channel = channel, r->x_padded = kind < 2;
    r->active = s->active, r->n_active = s->n_active;
    r->active_step = kind ? 0 : TERMS, r->n_active_step = !kind;
    r->x = s->x[0], r->x_square = s->x[1];
    if (kind)
        r->x_lag = s->x[5], r->x_variance = s->x[2], r->x_seen = s->x[3], r->x_seen_square = s->x[4],
        r->turned = s->turned;
    r->sum_x_eta = s->sum_x[0], r->sum_x_lambda = s->sum_x[1];
    r->parameters = s->parameters, r->strength = s->strength, r->factor = s->factor, r->sum_w = s->sum_w;
    r->y = (fg_cavities){0.5f, 2, 1, {s->other[0]}, {s->other[1]}, NULL, NULL};
    r->y_eta = s->y[0], r->y_lambda = s->y[1];
    r->blend.keep = (float)fg_draw(d, 0, 0.9);
    s->drive = (fg_conv_drive){r->positions, r->terms, column,        FG_READ_SIZE,
                               s->offset,    s->x[0],  s->parameters, s->u};
}

static void close_to(float got, double wanted, double size) {
    ck_assert_msg(fabs((double)got - wanted) <= 2e-5 * (size + fabs(wanted) + 1e-3), "%.9g instead of %.9g",
                  (double)got, wanted);
}

/* One factor before and after: score, information and the message to y, from sums over its variables. */
static void check_factor(const space *s, size_t p, size_t l) {
    const fg_conv_rebuilt_run *r = &before.run;
    const float *b = before.parameters + r->terms * FG_READ_SIZE + l, *kept = before.factor + p * 2 * L + l;
    double product = (double)b[0], lag = (double)b[FG_READ_LAG * L],
           variance = (double)b[FG_READ_VARIANCE * L], size;
    for (size_t t = 0; t < r->terms; t++) {
        const float *w = before.parameters + t * FG_READ_SIZE + l;
        const size_t at = p * r->x_step + (size_t)before.offset[t];
        const double x = (double)before.x[0][at];
        product += x * (double)w[0];
        lag += x * (double)w[FG_READ_LAG * L] + (r->x_lag ? (double)w[0] * (double)before.x[5][at] : 0);
        variance += x * x * (double)w[FG_READ_VARIANCE * L];
        variance += r->x_variance ? (double)w[0] * (double)w[0] * (double)before.x[2][at] : 0;
    }
    close_to(s->u[p * L + l], product, (double)r->terms);
    float u = (float)product, g, slope;
    fg_activation_eval(r->activation, &u, &g, &slope, 1);
    const double a = (double)before.strength[l], gate = -(double)slope * a, keep = (double)r->blend.keep;
    const double S = gate * gate * variance,
                 rest = a * (double)g + gate * lag + gate * variance * (double)kept[0];
    const double eta = 0.5 + (double)before.other[0][p * L + l],
                 lambda = 2 + (double)before.other[1][p * L + l];
    const double s_y = lambda > 0 ? a * a / lambda
                       : a != 0   ? INFINITY
                                  : 0,
                 m_y = lambda > 0 ? a * eta / lambda : 0;
    size = fabs(rest) + fabs(gate) * ((double)r->terms + variance * fabs((double)kept[0]));
    const double to_y = a / (1 + S), to_others = gate / (1 + S + s_y), fresh = 1 - keep;
    close_to(s->y[0][p * L + l], keep * (double)before.y[0][p * L + l] + fresh * to_y * rest,
             fabs(to_y) * size);
    close_to(s->y[1][p * L + l], keep * (double)before.y[1][p * L + l] + fresh * to_y * a, to_y * a);
    close_to(s->factor[p * 2 * L + l], keep * (double)kept[0] + fresh * to_others * (rest - m_y),
             fabs(to_others) * (size + fabs(m_y)));
    close_to(s->factor[p * 2 * L + L + l], keep * (double)kept[L] + fresh * to_others * gate,
             to_others * gate);
}

/* The sums that weights and the bias are sent. */
static void check_weights(const space *s, size_t t, size_t l) {
    const fg_conv_rebuilt_run *r = &before.run;
    double eta = (double)before.sum_w[t * 2 * L + l], lambda = (double)before.sum_w[t * 2 * L + L + l];
    for (size_t p = 0; p < r->positions && (t < r->terms || r->bias); p++) {
        const float *in = r->x_variance ? before.x[3] : before.x[0];
        const double x = t < r->terms ? (double)in[p * r->x_step + (size_t)before.offset[t]] : 1;
        eta += x * (double)s->factor[p * 2 * L + l];
        lambda += x * x * (double)s->factor[p * 2 * L + L + l];
    }
    close_to(s->sum_w[t * 2 * L + l], eta, 50);
    close_to(s->sum_w[t * 2 * L + L + l], lambda, 50);
}

static void check_inputs(const space *s) {
    const fg_conv_rebuilt_run *r = &before.run;
    static double eta[SLOTS], lambda[SLOTS];
    const size_t taps = r->terms / r->channels, blocks = (r->channels + L - 1) / L;
    for (size_t i = 0; i < SLOTS; i++)
        eta[i] = (double)before.sum_x[0][i], lambda[i] = (double)before.sum_x[1][i];
    for (size_t p = 0; p < r->positions && r->x_variance; p++)
        for (size_t t = 0; t < r->terms; t++)
            for (size_t f = 0; f < L; f++) {
                const size_t c = t / taps, at = p * r->x_step + (size_t)before.offset[t];
                const double w = (double)before.turned[((t % taps * blocks + c / L) * L + f) * L + c % L];
                eta[at] += w * (double)s->factor[p * 2 * L + f];
                lambda[at] += w * w * (double)s->factor[p * 2 * L + L + f];
            }
    for (size_t y = 0, i = 0; y < HIGH; y++)
        for (size_t x = 0; x < WIDE; x++)
            for (size_t c = 0; c < r->channels; c++) {
                i = y * WIDE * r->x_step + x * r->x_step + c * r->x_channel;
                close_to(s->sum_x[0][i], eta[i], 100);
                close_to(s->sum_x[1][i], lambda[i], 100);
            }
}

/* Outside of its own inputs a position changes nothing, not even by adding 0: other threads may be adding. */
START_TEST(nothing_else_is_touched) {
    for (int trial = 0; trial < 60; trial++) {
        fg_draws d = {700 + (uint64_t)trial, 0};
        space *s = &spaces[0];
        make(s, &d, 2 + trial % 2, true);
        for (size_t i = 0; i < SLOTS; i++)
            s->sum_x[0][i] = s->sum_x[1][i] = -0.0f;
        fg_kernels_current()->conv_rebuilt(&s->run);
        for (size_t p = 0; p < s->run.positions; p++)
            for (size_t t = 0; t < s->run.terms; t++)
                for (int k = 0; k < 2; k++)
                    s->sum_x[k][p * s->run.x_step + (size_t)s->offset[t]] = -0.0f;
        for (size_t i = 0; i < SLOTS; i++)
            ck_assert_msg(signbit(s->sum_x[0][i]) && signbit(s->sum_x[1][i]), "trial %d: slot %zu", trial, i);
    }
}
END_TEST

START_TEST(against_double) {
    for (int trial = 0; trial < 60; trial++) {
        fg_draws d = {100 + (uint64_t)trial, 0};
        space *s = &spaces[0];
        uint64_t improper = 0;
        make(s, &d, trial % KINDS, trial % 2);
        before = *s;
        fg_kernels_current()->conv_drive(&s->drive);
        fg_trouble trouble = fg_kernels_current()->conv_rebuilt(&s->run);
        for (size_t p = 0; p < s->run.positions; p++)
            for (size_t l = 0; l < L; l++) {
                check_factor(s, p, l);
                improper += before.other[1][p * L + l] < -2;
            }
        for (size_t t = 0; t <= s->run.terms; t++)
            for (size_t l = 0; l < L; l++)
                check_weights(s, t, l);
        check_inputs(s);
        ck_assert_uint_eq(trouble.improper, improper);
        ck_assert_uint_eq(trouble.rejected, 0);
    }
}
END_TEST

static bool same(const space *a, const space *b) {
    return !memcmp(a->y, b->y, sizeof a->y) && !memcmp(a->sum_x, b->sum_x, sizeof a->sum_x) &&
           !memcmp(a->factor, b->factor, sizeof a->factor) && !memcmp(a->sum_w, b->sum_w, sizeof a->sum_w) &&
           !memcmp(a->u, b->u, sizeof a->u);
}

START_TEST(skipping_changes_nothing) {
    for (int trial = 0; trial < 60; trial++) {
        for (int i = 0; i < 2; i++) {
            fg_draws d = {300 + (uint64_t)trial, 0};
            make(&spaces[i], &d, 0, i);
            fg_kernels_current()->conv_rebuilt(&spaces[i].run);
        }
        ck_assert_msg(same(&spaces[0], &spaces[1]), "trial %d", trial);
    }
}
END_TEST

START_TEST(instruction_sets_agree) {
    for (int isa = FG_ISA_PORTABLE + 1; isa <= (int)fg_isa_best(); isa++)
        for (int trial = 0; fg_kernels_of(isa) && trial < 90; trial++) {
            for (int i = 0; i < 2; i++) {
                const fg_kernels *k = fg_kernels_of(i ? isa : FG_ISA_PORTABLE);
                fg_draws d = {500 + (uint64_t)trial, 0};
                make(&spaces[i], &d, trial % KINDS, true);
                spaces[i].run.blend.drop = trial % 2 ? 1u << 31 : 0;
                k->conv_drive(&spaces[i].drive);
                k->conv_rebuilt(&spaces[i].run);
            }
            ck_assert_msg(same(&spaces[0], &spaces[1]), "%s, trial %d", fg_isa_name((fg_isa)isa), trial);
        }
}
END_TEST

enum { ROWS = 7 };

typedef struct wide {
    fg_wide_rebuilt_factor f;
    float x[3][ROWS * L], parameters[(ROWS + 1) * FG_READ_SIZE], kept[ROWS * FG_KEPT_SIZE];
    float message[4], sum[4][ROWS * L]; /* what is changed */
} wide;

static void make_wide(wide *w, fg_draws *d) {
    memset(w, 0, sizeof *w);
    for (size_t i = 0; i < ROWS * L; i++)
        for (int k = 0; k < 3; k++)
            w->x[k][i] = (float)fg_draw(d, k == 1 ? 0 : -2, 2);
    for (size_t i = 0; i < (ROWS + 1) * FG_READ_SIZE; i++)
        w->parameters[i] = (float)fg_draw(d, i / L % FG_READ_ROWS == FG_READ_VARIANCE ? 0 : -1, 1);
    for (size_t i = 0; i < ROWS * FG_KEPT_SIZE; i++)
        w->kept[i] = (float)fg_draw(d, -1, 1);
    for (int k = 0; k < 4; k++) {
        w->message[k] = (float)fg_draw(d, k % 2 ? 0 : -1, 1);
        for (size_t i = 0; i < ROWS * L; i++)
            w->sum[k][i] = (float)fg_draw(d, -1, 1);
    }
    w->f.rows = 1 + fg_draw_below(d, ROWS);
    w->f.x = w->x[0], w->f.x_variance = w->x[1], w->f.x_seen = w->x[2];
    w->f.parameters = w->parameters, w->f.kept = w->kept;
    w->f.y_eta = (float)fg_draw(d, -2, 2), w->f.y_lambda = (float)fg_draw(d, 2, 5);
    w->f.activation = fg_draw(d, 0, 1) < 0.5 ? FG_ACT_IDENTITY : FG_ACT_TANH;
    w->f.strength = (float)fg_draw(d, 1, 20);
    w->f.message = w->message;
    w->f.sum_w_eta = w->sum[0], w->f.sum_w_lambda = w->sum[1];
    w->f.sum_x_eta = w->sum[2], w->f.sum_x_lambda = w->sum[3];
    w->f.blend.keep = (float)fg_draw(d, 0, 0.9);
}

static void check_wide(const wide *w, const wide *old) {
    const fg_wide_rebuilt_factor *f = &old->f;
    const float *b = old->parameters + f->rows * FG_READ_SIZE;
    double product = (double)b[0], lag = (double)b[FG_READ_LAG * L],
           variance = (double)b[FG_READ_VARIANCE * L];
    for (size_t i = 0; i < f->rows * L; i++) {
        const float *p = old->parameters + i / L * FG_READ_SIZE + i % L;
        const double x = (double)old->x[0][i], w_lin = (double)p[0];
        product += w_lin * x;
        lag += (double)p[FG_READ_LAG * L] * x;
        variance += x * x * (double)p[FG_READ_VARIANCE * L] + w_lin * w_lin * (double)old->x[1][i];
    }
    float u = (float)product, g, slope;
    fg_activation_eval(f->activation, &u, &g, &slope, 1);
    const double a = (double)f->strength, gate = -(double)slope * a, keep = (double)f->blend.keep,
                 fresh = 1 - keep;
    const double S = gate * gate * variance,
                 rest = a * (double)g + gate * (lag + variance * (double)old->message[2]);
    const double lambda = (double)f->y_lambda - (double)old->message[1];
    const double m_y = a * ((double)f->y_eta - (double)old->message[0]) / lambda, s_y = a * a / lambda;
    const double to_y = a / (1 + S), to_others = gate / (1 + S + s_y),
                 size = fabs(rest) + fabs(gate) * (100 + variance);
    close_to(w->message[0], keep * (double)old->message[0] + fresh * to_y * rest, to_y * size);
    close_to(w->message[1], keep * (double)old->message[1] + fresh * to_y * a, to_y * a);
    close_to(w->message[2], keep * (double)old->message[2] + fresh * to_others * (rest - m_y),
             fabs(to_others) * size);
    close_to(w->message[3], keep * (double)old->message[3] + fresh * to_others * gate,
             fabs(to_others * gate));
    for (size_t i = 0; i < ROWS * L; i++) {
        const bool in = i < f->rows * L;
        const double x = in ? (double)old->x[2][i] : 0,
                     seen = in ? (double)old->kept[i / L * FG_KEPT_SIZE + FG_KEPT_SEEN * L + i % L] : 0;
        const double score = (double)w->message[2], information = (double)w->message[3];
        close_to(w->sum[0][i], (double)old->sum[0][i] + x * score, 10);
        close_to(w->sum[1][i], (double)old->sum[1][i] + x * x * information, 10);
        close_to(w->sum[2][i], (double)old->sum[2][i] + seen * score, 10);
        close_to(w->sum[3][i], (double)old->sum[3][i] + seen * seen * information, 10);
    }
}

START_TEST(dense) {
    for (int trial = 0; trial < 60; trial++) {
        static wide w[2], old;
        for (int isa = FG_ISA_PORTABLE; isa <= (int)fg_isa_best(); isa++) {
            fg_draws d = {900 + (uint64_t)trial, 0};
            if (!fg_kernels_of(isa))
                continue;
            make_wide(&w[1], &d);
            old = w[1];
            fg_trouble trouble = fg_kernels_of(isa)->wide_rebuilt(&w[1].f);
            ck_assert(trouble.improper == 0 && trouble.rejected == 0);
            check_wide(&w[1], &old);
            if (isa == FG_ISA_PORTABLE)
                w[0] = w[1];
            ck_assert(!memcmp(w[0].message, w[1].message, sizeof w[0].message));
            ck_assert(!memcmp(w[0].sum, w[1].sum, sizeof w[0].sum));
        }
    }
}
END_TEST

FG_TEST_MAIN("factor/kernels/rebuilt", against_double, nothing_else_is_touched, skipping_changes_nothing,
             instruction_sets_agree, dense)
