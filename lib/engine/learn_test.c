/* Learning to the end: exclusive or, and a curve through noisy points (METHOD's settings, by the presets). */
#include "engine/posterior.h"
#include "engine/fixture_internal.h"
#include "model/preset.h"

static void preset(fg_spec *spec, const char *name) {
    const fg_preset *p;
    fg_err err;
    fg_fixture_done(fg_preset_find(&p, name, &err), &err);
    fg_fixture_done(fg_spec_parse(spec, p->json, strlen(p->json), &err), &err);
}

/* Marginals of the last group for n inputs, parameters at their means. */
static void predict(float *mean, float *sd, const fg_spec *spec, const fg_posterior *p, const float *x,
                    size_t n) {
    fg_graph *g;
    fg_err err;
    fg_graph_options options = {.seed = 1, .parameters = FG_PARAMETERS_CONSTANT, .predict = true};
    fg_fixture_done(fg_graph_create(&g, spec, spec->input, n, &options, &err), &err);
    fg_fixture_done(fg_graph_set_priors(g, p, &err), &err);
    fg_fixture_done(fg_graph_set_input(g, x, FG_ORDER_HWC, NULL, &err), &err);
    fg_fixture_done(fg_graph_run(NULL, g, &spec->predict, NULL, &err), &err);
    fg_graph_marginals(mean, sd, g, fg_graph_groups(g) - 1, FG_ORDER_HWC);
    fg_graph_free(g);
}

START_TEST(exclusive_or) {
    enum { SEEDS = 20 };
    static const float x[] = {-1, -1, -1, 1, 1, -1, 1, 1};
    static const int32_t labels[] = {0, 1, 1, 0};
    int right = 0, seeds = SEEDS / (FG_SLOW > 1 ? 5 : 1);
    fg_spec spec;
    preset(&spec, "xor");
    for (uint64_t seed = 1; seed <= (uint64_t)seeds; seed++) {
        fg_graph *g = fg_fixture_create(&spec, 4, seed);
        fg_posterior *p;
        fg_err err;
        float mean[8], sd[8];
        fg_fixture_done(fg_graph_set_input(g, x, FG_ORDER_HWC, NULL, &err), &err);
        fg_fixture_done(fg_graph_set_labels(g, labels, &err), &err);
        fg_fixture_done(fg_graph_run(NULL, g, &spec.run, NULL, &err), &err);
        fg_fixture_done(fg_graph_posterior(&p, g, &err), &err);
        predict(mean, sd, &spec, p, x, 4);
        int points = 0;
        for (int i = 0; i < 4; i++)
            points += (mean[2 * i + 1] > mean[2 * i]) == labels[i];
        right += points == 4;
        fg_posterior_free(p);
        fg_graph_free(g);
    }
    printf("exclusive or: %d of %d seeds have all four points\n", right, seeds);
    ck_assert_int_ge(right, seeds - 1);
    fg_spec_free(&spec);
}
END_TEST

static double curve(double x) {
    return 5 * sin(5 * x / 0.75) + 0.15 * 100 * x * x;
}

/* 90 points with noise; targets standardised. Returns the root-mean-square error on [-1, 1] in standard
 * deviations. */
static double regression(uint64_t seed) {
    enum { N = 90, GRID = 201 };
    float x[N], y[N], grid[GRID], mean[GRID], sd[GRID];
    double raw[N], centre = 0, spread = 0, sum = 0;
    fg_draws d = {seed, 0};
    fg_spec spec;
    fg_posterior *p;
    fg_err err;
    preset(&spec, "regression");
    for (int i = 0; i < N; i++) {
        double at = fg_draw(&d, -1, 1);
        x[i] = (float)at;
        raw[i] = curve(at) + (1.5 + at * at) * fg_draw_normal(&d);
        centre += raw[i] / N;
    }
    for (int i = 0; i < N; i++)
        spread += (raw[i] - centre) * (raw[i] - centre) / N;
    spread = sqrt(spread);
    for (int i = 0; i < N; i++)
        y[i] = (float)((raw[i] - centre) / spread);
    for (int i = 0; i < GRID; i++)
        grid[i] = (float)(i - GRID / 2) / (GRID / 2);
    fg_graph *g = fg_fixture_create(&spec, N, seed);
    fg_fixture_done(fg_graph_set_input(g, x, FG_ORDER_HWC, NULL, &err), &err);
    fg_fixture_done(fg_graph_set_targets(g, y, &err), &err);
    fg_fixture_done(fg_graph_run(NULL, g, &spec.run, NULL, &err), &err);
    fg_fixture_done(fg_graph_posterior(&p, g, &err), &err);
    predict(mean, sd, &spec, p, grid, GRID);
    for (int i = 0; i < GRID; i++) {
        double e = (double)mean[i] - (curve((double)grid[i]) - centre) / spread;
        ck_assert(isfinite(mean[i]) && sd[i] > 0);
        sum += e * e / GRID;
    }
    fg_posterior_free(p);
    fg_graph_free(g);
    fg_spec_free(&spec);
    return sqrt(sum);
}

START_TEST(curve_through_noisy_points) {
    if (FG_SLOW > 1)
        return;
    for (uint64_t seed = 1; seed <= 2; seed++) {
        double e = regression(seed);
        printf("regression, seed %d: error %.3f standard deviations\n", (int)seed, e);
        ck_assert_double_lt(e, 0.35);
    }
}
END_TEST

FG_TEST_MAIN("engine/learn", exclusive_or, curve_through_noisy_points)
