/* Where factors are linearised: every n iterations, and only where means have moved. */
#include <string.h>

#include "engine/fixture_internal.h"
#include "engine/posterior.h"

enum { OBSERVATIONS = 20, INPUTS = 3 };

/* The parameters' posterior after some iterations on made data. */
static fg_posterior *learned_by(const char *layers, const fg_run_options *run) {
    fg_spec spec;
    fg_posterior *p;
    fg_err err;
    fg_draws d = {5, 0};
    float x[OBSERVATIONS * INPUTS], y[OBSERVATIONS];
    for (int i = 0; i < OBSERVATIONS * INPUTS; i++)
        x[i] = (float)fg_draw_normal(&d);
    for (int i = 0; i < OBSERVATIONS; i++)
        y[i] = 0.5f * x[INPUTS * i] - 0.3f * x[INPUTS * i + 1];
    fg_fixture_layers(&spec, layers);
    fg_graph *g = fg_fixture_create(&spec, OBSERVATIONS, 3);
    fg_fixture_done(fg_graph_set_input(g, x, FG_ORDER_HWC, NULL, &err), &err);
    fg_fixture_done(fg_graph_set_targets(g, y, &err), &err);
    fg_fixture_done(fg_graph_run(NULL, g, run, NULL, &err), &err);
    fg_fixture_done(fg_graph_posterior(&p, g, &err), &err);
    fg_graph_free(g);
    fg_spec_free(&spec);
    return p;
}

static fg_posterior *learned(const char *layers, int iterations, int every, double beta) {
    fg_run_options run = fg_fixture_run(iterations, 0.5, 0);
    run.relinearise = every;
    run.relinearise_beta = beta;
    return learned_by(layers, &run);
}

static fg_posterior *lagging(const char *layers, int iterations, double lag) {
    fg_run_options run = fg_fixture_run(iterations, 0.8, 0);
    run.relinearise_lag = lag;
    return learned_by(layers, &run);
}

/* The largest difference of two posteriors' means, in standard deviations; both are freed. */
static double apart(fg_posterior *a, fg_posterior *b) {
    double most = 0;
    for (size_t i = 0; i < a->n; i++)
        for (size_t j = 0; j < a->parameters[i].size; j++) {
            const fg_parameter *p = &a->parameters[i], *q = &b->parameters[i];
            double d = fabs(p->eta[j] / p->lambda[j] - q->eta[j] / q->lambda[j]) * sqrt(p->lambda[j]);
            most = d > most ? d : most;
        }
    fg_posterior_free(a);
    fg_posterior_free(b);
    return most;
}

static const char bent[] = "3 dense:4,activation=tanh dense:1 regression:sigma=0.1";
static const char straight[] = "3 dense:1,bias=false regression:sigma=0.1";

START_TEST(every_so_many_iterations) {
    /* Up to the third iteration it makes no difference whether there ever is a next time; then it does. */
    ck_assert(apart(learned(bent, 3, 3, 0), learned(bent, 3, 1000, 0)) == 0);
    ck_assert_double_gt(apart(learned(bent, 4, 3, 0), learned(bent, 4, 1000, 0)), 1e-3);
    ck_assert_double_gt(apart(learned(bent, 3, 1, 0), learned(bent, 3, 3, 0)), 1e-3);
}
END_TEST

START_TEST(only_where_means_have_moved) {
    ck_assert(apart(learned(bent, 30, 1, 1e9), learned(bent, 30, 1000, 0)) == 0);
    ck_assert(apart(learned(bent, 30, 1, 1e-12), learned(bent, 30, 1, 0)) <= 1e-6);
    ck_assert_double_gt(apart(learned(bent, 30, 1, 1), learned(bent, 30, 1, 0)), 1e-6);
    ck_assert_double_gt(apart(learned(bent, 30, 1, 1), learned(bent, 30, 1000, 0)), 1e-3);
}
END_TEST

/* Noiseless inputs and one linear layer: the linearisation is exact wherever it is made. */
START_TEST(linear_models_do_not_care) {
    ck_assert_double_lt(apart(learned(straight, 60, 1, 0), learned(straight, 60, 1000, 0)), 1e-4);
    ck_assert_double_lt(apart(learned(straight, 60, 1, 0), learned(straight, 60, 7, 0.5)), 1e-4);
}
END_TEST

/* Points that stay behind change the way, not the end of it. */
START_TEST(points_that_stay_behind) {
    ck_assert(apart(lagging(bent, 1, 0.7), lagging(bent, 1, 0)) == 0);
    ck_assert_double_gt(apart(lagging(bent, 2, 0.7), lagging(bent, 2, 0)), 1e-3);
    ck_assert_double_lt(apart(lagging(straight, 200, 1 - 1e-9), lagging(straight, 200, 0)), 1e-4);
    ck_assert_double_lt(apart(lagging(straight, 200, 0.7), lagging(straight, 200, 0)), 1e-4);
    ck_assert_double_lt(apart(lagging(bent, 2000, 0.7), lagging(bent, 2000, 0)), 1e-3);
}
END_TEST

FG_TEST_MAIN("engine/relinearise", every_so_many_iterations, only_where_means_have_moved,
             points_that_stay_behind, linear_models_do_not_care)
