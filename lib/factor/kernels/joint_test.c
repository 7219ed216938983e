/* The kernels of joint weights against sums in double, and the same bytes on every instruction set. */
#include <math.h>
#include <string.h>

#include "base/cpu.h"
#include "base/test.h"
#include "factor/kernels/kernels.h"
#include "factor/oracle_internal.h"

enum { L = FG_LANES, MOST = 150, BLOCKS = MOST / L + 1, N = 40, WIDE = 3 * L };

/* In double: the same numbers as in the arrays of floats before. */
typedef struct wide_space {
    double r[MOST * MOST], x[MOST * WIDE], t[MOST * WIDE];
    double lower[N * N], root[N], panel[BLOCKS * N * L], v[N * L], grow[BLOCKS * L];
} wide_space;

typedef struct space {
    float r[MOST * MOST], x[MOST * WIDE], t[MOST * WIDE];
    float lower[N * N], root[N], panel[BLOCKS * N * L], v[N * L], grow[BLOCKS * L];
} space;

static space before, after[2];
static wide_space wide[2];

static const fg_kernels *next_isa(int *isa) {
    for (; *isa < FG_ISA_COUNT; ++*isa)
        if (*isa <= (int)fg_isa_best() && fg_kernels_of(*isa))
            return fg_kernels_of((*isa)++);
    return NULL;
}

/* Symmetric matrices; the rest is anything. */
static void fill(fg_draws *d, size_t size) {
    float *const arrays[] = {before.x, before.t, before.lower, before.root, before.panel, before.grow};
    const size_t sizes[] = {MOST * WIDE, MOST * WIDE, N * N, N, BLOCKS * N * L, BLOCKS * L};
    for (size_t a = 0; a < sizeof sizes / sizeof *sizes; a++)
        for (size_t i = 0; i < sizes[a]; i++)
            arrays[a][i] = (float)fg_draw(d, -1, 1);
    for (size_t i = 0; i < size; i++)
        for (size_t k = 0; k <= i; k++)
            before.r[i * size + k] = before.r[k * size + i] = i == k ? 1 : (float)fg_draw(d, -1, 1);
}

static void near(double got, double wanted, double scale) {
    ck_assert_msg(fabs(got - wanted) <= 2e-6 * (scale + 1), "%g instead of %g", got, wanted);
}

/* Calls it on every instruction set; the first is portable C. */
#define ON_EVERY_SET(call)                                                                                   \
    do {                                                                                                     \
        const fg_kernels *k;                                                                                 \
        int isa = FG_ISA_PORTABLE, which = 0;                                                                \
        while ((k = next_isa(&isa))) {                                                                       \
            space *s = &after[which];                                                                        \
            wide_space *w = &wide[which];                                                                    \
            *s = before;                                                                                     \
            widen(w, s);                                                                                     \
            call;                                                                                            \
            ck_assert(which == 0 || memcmp(&after[0], &after[1], sizeof *after) == 0);                       \
            ck_assert(which == 0 || memcmp(&wide[0], &wide[1], sizeof *wide) == 0);                          \
            which = 1;                                                                                       \
        }                                                                                                    \
    } while (0)

static void widen(wide_space *w, const space *s) {
    double *const to[] = {w->r, w->x, w->t, w->lower, w->root, w->panel, w->v, w->grow};
    const float *const from[] = {s->r, s->x, s->t, s->lower, s->root, s->panel, s->v, s->grow};
    const size_t sizes[] = {MOST * MOST, MOST * WIDE,    MOST * WIDE, N * N,
                            N,           BLOCKS * N * L, N * L,       BLOCKS * L};
    for (size_t a = 0; a < sizeof sizes / sizeof *sizes; a++)
        for (size_t i = 0; i < sizes[a]; i++)
            to[a][i] = (double)from[a][i];
}

/* What kernels made of floats is near what they make of the same numbers in double. */
static void agree(const float *got, const double *wanted, size_t n, double scale) {
    for (size_t i = 0; i < n; i++)
        near((double)got[i], wanted[i], scale);
}

START_TEST(times) {
    fg_draws d = {1, 0};
    for (int trial = 0; trial < 60; trial++) {
        const size_t size = 1 + fg_draw_below(&d, MOST), lanes = L * (1 + fg_draw_below(&d, WIDE / L)),
                     from = fg_draw_below(&d, size), end = from + fg_draw_below(&d, size - from + 1);
        fill(&d, size);
        ON_EVERY_SET(k->joint_times(&(fg_joint_times){false, size, size, lanes, from, end, s->r, s->x, s->t});
                     k->joint_times(&(fg_joint_times){true, size, size, lanes, from, end, w->r, w->x, w->t}));
        agree(after[0].t, wide[0].t, MOST * WIDE, (double)size);
        for (size_t i = 0; i < size; i++)
            for (size_t l = 0; l < lanes; l++) {
                double sum = 0;
                for (size_t j = 0; j < size; j++)
                    sum += (double)before.r[i * size + j] * (double)before.x[j * lanes + l];
                if (i < from || i >= end)
                    ck_assert(after[0].t[i * lanes + l] == before.t[i * lanes + l]);
                else
                    near((double)after[0].t[i * lanes + l], sum, (double)size);
            }
    }
}
END_TEST

START_TEST(solve) {
    fg_draws d = {2, 0};
    for (int trial = 0; trial < 60; trial++) {
        const size_t n = 1 + fg_draw_below(&d, N);
        fill(&d, 1);
        for (size_t b = 0; b < n; b++)
            before.lower[b * n + b] = (float)fg_draw(&d, 0.1, 1);
        ON_EVERY_SET(k->joint_solve(&(fg_joint_solve){false, n, s->lower, s->root, s->panel, s->v});
                     k->joint_solve(&(fg_joint_solve){true, n, w->lower, w->root, w->panel, w->v}));
        for (size_t b = 0; b < n; b++)
            for (size_t l = 0; l < L; l++) {
                /* L v = root t, row by row. */
                double sum = (double)after[0].v[b * L + l] / (double)before.lower[b * n + b],
                       scale = fabs(sum);
                for (size_t c = 0; c < b; c++) {
                    double part = (double)before.lower[b * n + c] * (double)after[0].v[c * L + l];
                    sum += part;
                    scale += fabs(part);
                }
                near(sum, (double)before.root[b] * (double)before.panel[b * L + l], scale);
                sum = wide[0].v[b * L + l] / (double)before.lower[b * n + b];
                for (size_t c = 0; c < b; c++)
                    sum += (double)before.lower[b * n + c] * wide[0].v[c * L + l];
                ck_assert_double_eq_tol(sum, (double)before.root[b] * (double)before.panel[b * L + l],
                                        1e-13 * (scale + 1));
            }
    }
}
END_TEST

START_TEST(shrink) {
    fg_draws d = {3, 0};
    for (int trial = 0; trial < 60; trial++) {
        const size_t size = 1 + fg_draw_below(&d, MOST), n = 1 + fg_draw_below(&d, N),
                     strip = L * (1 + fg_draw_below(&d, 4));
        fill(&d, size);
        for (size_t i = 0; i < BLOCKS * N * L; i++)
            before.panel[i] *= 0.2f;
        ON_EVERY_SET(for (size_t from = 0; from < size; from += strip) {
            const size_t end = from + strip < size ? from + strip : size;
            k->joint_shrink(&(fg_joint_shrink){false, size, n, from, end, s->grow, s->panel, s->r});
            k->joint_shrink(&(fg_joint_shrink){true, size, n, from, end, w->grow, w->panel, w->r});
        });
        agree(after[0].r, wide[0].r, size * size, 1);
        for (size_t i = 0; i < size; i++)
            for (size_t j = 0; j < size; j++) {
                double r = (double)before.grow[i] * (double)before.grow[j] * (double)before.r[i * size + j];
                for (size_t b = 0; b < n; b++)
                    r -= (double)before.panel[(i / L * n + b) * L + i % L] *
                         (double)before.panel[(j / L * n + b) * L + j % L];
                near((double)after[0].r[i * size + j], i == j ? 1 : fmax(-1, fmin(1, r)), 1);
                ck_assert(after[0].r[i * size + j] == after[0].r[j * size + i]);
            }
    }
}
END_TEST

FG_TEST_MAIN("joint kernels", times, solve, shrink)
