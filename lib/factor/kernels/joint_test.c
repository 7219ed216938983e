/* The kernels of joint weights against sums in double, and the same bytes on every instruction set. */
#include <math.h>
#include <string.h>

#include "base/cpu.h"
#include "base/test.h"
#include "factor/kernels/kernels.h"
#include "factor/oracle_internal.h"

enum { L = FG_LANES, MOST = 150, BLOCKS = MOST / L + 1, N = 40, WIDE = 3 * L };

typedef struct space {
    float r[MOST * MOST], x[MOST * WIDE], t[MOST * WIDE];
    float lower[N * N], root[N], panel[BLOCKS * N * L], v[N * L], grow[BLOCKS * L];
} space;

static space before, after[2];

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
            *s = before;                                                                                     \
            call;                                                                                            \
            ck_assert(which == 0 || memcmp(&after[0], &after[1], sizeof *after) == 0);                       \
            which = 1;                                                                                       \
        }                                                                                                    \
    } while (0)

START_TEST(times) {
    fg_draws d = {1, 0};
    for (int trial = 0; trial < 60; trial++) {
        const size_t size = 1 + fg_draw_below(&d, MOST), lanes = L * (1 + fg_draw_below(&d, WIDE / L)),
                     from = fg_draw_below(&d, size), end = from + fg_draw_below(&d, size - from + 1);
        fill(&d, size);
        ON_EVERY_SET(k->joint_times(&(fg_joint_times){size, size, lanes, from, end, s->r, s->x, s->t}));
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
        ON_EVERY_SET(k->joint_solve(&(fg_joint_solve){n, s->lower, s->root, s->panel, s->v}));
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
        ON_EVERY_SET(for (size_t from = 0; from < size; from += strip) k->joint_shrink(&(fg_joint_shrink){
            size, n, from, from + strip < size ? from + strip : size, s->grow, s->panel, s->r}));
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
