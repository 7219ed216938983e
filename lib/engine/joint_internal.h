/* What the tests of joint weights share: rows for a linear model of two units, graphs of them and what is
 * learned. */
#ifndef FG_ENGINE_JOINT_INTERNAL_H
#define FG_ENGINE_JOINT_INTERNAL_H

#include "engine/filtering_internal.h"

enum { ROWS = 60, INPUTS = 5, UNITS = 2, SIZE = INPUTS + 1 };

#define FG_JOINT_MODEL                                                                                       \
    "5 dense:2,covariance=full,sigma=0.2,weight_prior=2,bias_prior=1.5,activation_prior=3 "                  \
    "regression:sigma=0.1"

typedef struct fg_joint_rows {
    float x[ROWS * INPUTS], y[ROWS * UNITS];
} fg_joint_rows;

/* Inputs that go together, so that weights do, too. */
static inline void fg_joint_make(fg_joint_rows *r, uint64_t seed) {
    fg_draws d = {seed, 0};
    for (size_t n = 0; n < ROWS; n++) {
        double common = fg_draw_normal(&d);
        for (size_t i = 0; i < INPUTS; i++)
            r->x[n * INPUTS + i] = (float)(common + 0.5 * fg_draw_normal(&d));
        for (size_t o = 0; o < UNITS; o++)
            r->y[n * UNITS + o] = (float)(0.7 * common + (double)o + 0.3 * fg_draw_normal(&d));
    }
}

/* The correlations of a unit's weights. */
static inline const float *fg_joint_correlation(const fg_posterior *p, size_t o) {
    const fg_parameter *w = fg_posterior_find(p, "dense1/weight");
    return w->correlation + (w->matrices > 1 ? o * SIZE * SIZE : 0);
}

static inline fg_batch fg_joint_batch(const fg_joint_rows *r, size_t from, size_t n) {
    return (fg_batch){.n = n, .x = r->x + from * INPUTS, .targets = r->y + from * UNITS};
}

static inline fg_graph *fg_joint_graph(const fg_spec *spec, const fg_joint_rows *r, size_t n,
                                       const fg_graph_options *options) {
    fg_graph *g;
    fg_err err;
    fg_fixture_done(fg_graph_create(&g, spec, spec->input, n, options, &err), &err);
    fg_fixture_done(fg_graph_set_input(g, r->x, FG_ORDER_HWC, NULL, &err), &err);
    if (!options->predict)
        fg_fixture_done(fg_graph_set_targets(g, r->y, &err), &err);
    return g;
}

static inline void fg_joint_run(fg_graph *g, int iterations, double damping) {
    fg_run_options o = fg_fixture_run(iterations, damping, 0);
    fg_err err;
    fg_fixture_done(fg_graph_run(NULL, g, &o, NULL, &err), &err);
}

static inline fg_posterior *fg_joint_learned(const fg_spec *spec, const fg_joint_rows *r, size_t n) {
    fg_posterior *p;
    fg_err err;
    fg_graph *g = fg_joint_graph(spec, r, n, &(fg_graph_options){0});
    fg_joint_run(g, 3, 0);
    fg_fixture_done(fg_graph_posterior(&p, g, &err), &err);
    fg_graph_free(g);
    return p;
}

#endif
