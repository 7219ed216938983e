/* Ending when the input has settled. */
#include <math.h>

#include "engine/planar_internal.h"

typedef struct record {
    float *before; /* the input ten iterations ago; NULL: none yet */
    size_t size;
    double settle;
    int quiet; /* the first iteration after which it had moved by less than settle in the ten before */
} record;

static int watch(void *context, const fg_iteration *now) {
    record *r = context;
    int done = now->iteration + 1;
    if (done % FG_SETTLE_EVERY)
        return 0;
    float *means = fg_oracle_alloc(r->size, sizeof *means);
    fg_graph_marginals(means, NULL, now->graph, 0, FG_ORDER_HWC);
    double sum = 0;
    for (size_t i = 0; i < r->size && r->before; i++)
        sum += pow((double)means[i] - (double)r->before[i], 2);
    if (r->before && !r->quiet && sqrt(sum / (double)r->size) < r->settle)
        r->quiet = done;
    free(r->before);
    r->before = means;
    return 0;
}

static fg_graph *grid(fg_spec *spec, const char *text, size_t size) {
    fg_err err;
    fg_draws d = {4, 0};
    fg_fixture_layers(spec, text);
    fg_graph *g = fg_fixture_create(spec, 1, 3);
    float *x = fg_planar_picture(size, &d);
    fg_fixture_done(fg_graph_set_input(g, x, FG_ORDER_HWC, NULL, &err), &err);
    free(x);
    return g;
}

static fg_run_info settle_run(fg_graph *g, int iterations, double settle, const fg_run_hook *hook) {
    fg_run_options run = fg_fixture_run(iterations, 0.8, 0);
    fg_run_info info;
    fg_err err;
    run.dropout = 0.4;
    run.settle = settle;
    fg_fixture_done(fg_graph_run(&info, g, &run, hook, &err), &err);
    return info;
}

/* At the first look at which the hook, which reckons the same from the marginals, sees it too; under dropout.
 */
START_TEST(it_ends_when_means_rest) {
    static const char *const models[] = {"23x17x3 observation:sigma=0.3 pairwise:sigma=0.2",
                                         "20x31x1 mixture:sigma=0.1 tconv:2 pairwise"};
    static const size_t sizes[] = {23 * 17 * 3, 20 * 31};
    for (int m = 0; m < 2; m++) {
        fg_spec spec;
        record r = {.size = sizes[m], .settle = 0.01};
        fg_run_hook hook = {watch, &r};
        fg_graph *g = grid(&spec, models[m], sizes[m]);
        fg_run_info info = settle_run(g, 500, r.settle, &hook);
        ck_assert_msg(info.converged && !info.stopped, "model %d: %d iterations", m, info.iterations);
        ck_assert_int_eq(info.iterations, r.quiet);
        ck_assert(info.iterations >= 2 * FG_SETTLE_EVERY && info.iterations < 500);
        free(r.before);
        fg_graph_free(g);
        fg_spec_free(&spec);
    }
}
END_TEST

START_TEST(zero_is_never_and_resets_start_anew) {
    fg_spec spec;
    fg_graph *g = grid(&spec, "23x17x3 observation:sigma=0.3 pairwise:sigma=0.2", 23 * 17 * 3);
    fg_run_info info = settle_run(g, 60, 0, NULL);
    ck_assert(!info.converged && info.iterations == 60);
    fg_graph_reset(g);
    int first = settle_run(g, 500, 0.01, NULL).iterations;
    fg_graph_reset(g);
    info = settle_run(g, 500, 0.01, NULL);
    ck_assert(info.converged && info.iterations == first);
    fg_graph_reset(g);
    info = settle_run(g, 500, 1e9, NULL);
    ck_assert(info.converged && info.iterations == 2 * FG_SETTLE_EVERY);
    fg_graph_free(g);
    fg_spec_free(&spec);
}
END_TEST

START_TEST(threads_do_not_matter) {
    fg_spec spec;
    fg_graph *g = grid(&spec, "181x123x3 observation:sigma=0.3 pairwise:sigma=0.2", 181 * 123 * 3);
    int want = 0;
    for (int n = 1; n <= 3; n++) {
        fg_threads_set(n);
        fg_graph_reset(g);
        fg_run_info info = settle_run(g, 200, 0.02, NULL);
        ck_assert(info.converged);
        ck_assert_int_eq(info.iterations, n == 1 ? info.iterations : want);
        want = info.iterations;
    }
    fg_threads_set(0);
    fg_graph_free(g);
    fg_spec_free(&spec);
}
END_TEST

static fg_graph *curve(fg_spec *spec) {
    fg_err err;
    float x[4] = {1, 2, -1, 0.5f}, y[2] = {1, -1};
    fg_fixture_layers(spec, "2 dense:3,activation=tanh dense:1 regression");
    fg_graph *g = fg_fixture_create(spec, 2, 1);
    fg_fixture_done(fg_graph_set_input(g, x, FG_ORDER_HWC, NULL, &err), &err);
    fg_fixture_done(fg_graph_set_targets(g, y, &err), &err);
    return g;
}

/* Constants do not move: that says nothing about whether inference is done. */
START_TEST(constant_inputs_never_settle) {
    fg_spec spec;
    fg_graph *g = curve(&spec);
    fg_run_info info = settle_run(g, 50, 1e9, NULL);
    ck_assert(!info.converged && info.iterations == 50);
    fg_graph_free(g);
    fg_spec_free(&spec);
}
END_TEST

static fg_run_info fit_run(fg_graph *g, int iterations, double fit) {
    fg_run_options run = fg_fixture_run(iterations, 0.8, 0);
    fg_run_info info;
    fg_err err;
    run.fit = fit;
    fg_graph_reset(g);
    fg_fixture_done(fg_graph_run(&info, g, &run, NULL, &err), &err);
    return info;
}

/* At the first look at which the factors fit so well, not before and not after. */
START_TEST(it_ends_when_factors_fit) {
    enum { FACTORS = 2 * 3 + 2 * 1 + 2 };
    fg_spec spec;
    fg_graph *g = curve(&spec);
    const double fit = fit_run(g, 23, 0).energy / FACTORS;
    fg_run_info info = fit_run(g, 1000, fit);
    ck_assert(info.converged && info.energy <= fit * FACTORS);
    ck_assert(info.iterations % FG_FIT_EVERY == 0 && info.iterations <= 25 && info.iterations > 0);
    for (int before = FG_FIT_EVERY; before < info.iterations; before += FG_FIT_EVERY)
        ck_assert(fit_run(g, before, 0).energy > fit * FACTORS);
    info = fit_run(g, 40, 0);
    ck_assert(!info.converged && info.iterations == 40);
    fg_graph_free(g);
    fg_spec_free(&spec);
}
END_TEST

FG_TEST_MAIN("engine/settle", it_ends_when_factors_fit, it_ends_when_means_rest,
             zero_is_never_and_resets_start_anew, threads_do_not_matter, constant_inputs_never_settle)
