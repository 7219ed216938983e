/* The residual schedule: which set goes next, and that results do not depend on threads. */
#include <math.h>
#include <string.h>

#include "engine/fixture_internal.h"
#include "engine/wired_internal.h"

static const char model[] = "3 dense:6,activation=tanh,sigma=0.1 dense:4,activation=tanh,sigma=0.1 "
                            "dense:3,sigma=0.1 softmax:sigma=0.1";

enum { N = 40 };

static fg_graph *wire(const fg_spec *spec) {
    float x[3 * N];
    int32_t labels[N];
    fg_err err;
    fg_draws d = {5, 0};
    fg_graph *g = fg_fixture_create(spec, N, 1);
    for (size_t i = 0; i < 3 * N; i++)
        x[i] = (float)fg_draw_normal(&d);
    for (size_t i = 0; i < N; i++)
        labels[i] = x[3 * i] > 0.5f ? 2 : x[3 * i + 1] > 0;
    fg_fixture_done(fg_graph_set_input(g, x, FG_ORDER_HWC, NULL, &err), &err);
    fg_fixture_done(fg_graph_set_labels(g, labels, &err), &err);
    return g;
}

START_TEST(the_largest_goes_first) {
    fg_spec spec;
    fg_fixture_layers(&spec, model);
    fg_graph *g = wire(&spec);
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(fg_residual_next(g), i); /* not visited yet: in order */
        g->net.sets[i].visited = true;
    }
    g->residual[1] = 2;
    g->residual[3] = 2;
    ck_assert_int_eq(fg_residual_next(g), 1);
    g->residual[3] = 3;
    ck_assert_int_eq(fg_residual_next(g), 3);
    g->net.sets[3].settled = true;
    ck_assert_int_eq(fg_residual_next(g), 1);
    g->wait[2] = 4 * FG_RESIDUAL_WAIT;
    ck_assert_int_eq(fg_residual_next(g), 2);
    for (int i = 0; i < 3; i++)
        g->net.sets[i].settled = true;
    ck_assert_int_eq(fg_residual_next(g), -1);
    fg_graph_free(g);
    fg_spec_free(&spec);
}
END_TEST

/* A visit leaves the set what damping held back, and tells the neighbours what moved between them. */
START_TEST(a_visit_is_told_to_the_neighbours) {
    fg_spec spec;
    fg_fixture_layers(&spec, model);
    fg_graph *g = wire(&spec);
    fg_set *set = &g->net.sets[1];
    set->in->change = 3;
    set->out->change = 5;
    set->weight->change = 7;
    set->bias->change = 1;
    g->residual[0] = 1;
    g->residual[1] = 100;
    fg_residual_visited(g, 1, 0.25);
    ck_assert(g->residual[0] == 1 + 3 && g->residual[1] == 0.75 * 7 && g->residual[2] == 5);
    ck_assert(g->residual[3] == 0);
    ck_assert(g->wait[0] == 1 && g->wait[1] == 0 && g->wait[3] == 1);
    for (int i = 0; i < 1000; i++)
        fg_residual_visited(g, 1, 1);
    ck_assert_int_eq(g->wait[0], 4 * FG_RESIDUAL_WAIT); /* does not overflow */
    set->out->change = INFINITY;
    fg_residual_visited(g, 1, 0.5);
    ck_assert(isfinite(g->residual[1]) && isfinite(g->residual[2]));
    fg_graph_free(g);
    fg_spec_free(&spec);
}
END_TEST

START_TEST(threads_change_nothing) {
    fg_spec spec;
    fg_err err;
    fg_posterior *one = NULL, *other;
    fg_fixture_layers(&spec, model);
    fg_run_options run = fg_fixture_run(30, 0.7, 0);
    run.schedule = FG_SCHEDULE_RESIDUAL;
    run.dropout = 0.3;
    for (int threads = 1; threads < 4; threads++) {
        fg_threads_set(threads);
        fg_graph *g = wire(&spec);
        fg_fixture_done(fg_graph_run(NULL, g, &run, NULL, &err), &err);
        fg_fixture_done(fg_graph_posterior(&other, g, &err), &err);
        fg_graph_free(g);
        for (size_t i = 0; one && i < one->n; i++) {
            size_t size = one->parameters[i].size * sizeof(double);
            ck_assert_mem_eq(one->parameters[i].eta, other->parameters[i].eta, size);
            ck_assert_mem_eq(one->parameters[i].lambda, other->parameters[i].lambda, size);
        }
        fg_posterior_free(one);
        one = other;
    }
    fg_posterior_free(one);
    fg_threads_set(0);
    fg_spec_free(&spec);
}
END_TEST

FG_TEST_MAIN("engine/residual", the_largest_goes_first, a_visit_is_told_to_the_neighbours,
             threads_change_nothing)
