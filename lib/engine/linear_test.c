/* Linear graphs against direct solution in long double. */
#include "engine/diagnose.h"
#include "engine/fixture_internal.h"

enum { MOST = 60, SIDE = 64 };

typedef struct errors {
    double mean, variance; /* of means in (sd + |mean|), of variances relative */
} errors;

/* Runs the graph and holds it against the exact answer. */
static void solve(errors *worst, fg_run_info *info, const fg_spec *spec, const fg_run_options *run,
                  bool variances) {
    size_t n = spec->graph.n_variables;
    fg_exact *exact = fg_oracle_alloc(n, sizeof *exact), *exact_sd = fg_oracle_alloc(n, sizeof *exact_sd);
    double *mean = fg_oracle_alloc(n, sizeof *mean), *sd = fg_oracle_alloc(n, sizeof *sd);
    fg_err err;
    ck_assert(fg_fixture_exact(exact, exact_sd, spec, n));
    fg_graph *graph = fg_fixture_create(spec, 1, 3);
    fg_fixture_done(fg_graph_run(info, graph, run, NULL, &err), &err);
    fg_graph_variables(mean, sd, graph);
    for (size_t i = 0; i < n; i++) {
        ck_assert(isfinite(mean[i]) && isfinite(sd[i]));
        double v = (double)exact_sd[i];
        worst->mean = fmax(worst->mean, (double)fabsl(mean[i] - exact[i]) / (v + fabs((double)exact[i])));
        if (variances)
            worst->variance = fmax(worst->variance, fabs(sd[i] * sd[i] / (v * v) - 1));
    }
    fg_graph_free(graph);
    free(exact), free(exact_sd), free(mean), free(sd);
}

typedef enum shape { CHAIN, STAR, RANDOM } shape;

/* A tree: each factor joins one old variable to some new ones. With priors everywhere it may have any number
 * of rows; with one prior as many rows as new variables, so that everything is determined. */
static void make_tree(fg_spec *spec, fg_draws *d, size_t n, shape s, bool priors) {
    fg_fixture_graph(spec, n);
    for (size_t i = 0; i < n; i++) {
        if (priors || i == 0)
            fg_fixture_prior(spec, i, fg_draw_normal(d), fg_draw_log(d, 0.03, 30));
        if (fg_draw(d, 0, 1) < 0.2)
            fg_fixture_unary(spec, i, fg_draw_normal(d), fg_draw_log(d, 0.03, 30));
    }
    for (size_t i = 1, more; i < n; i += more) {
        size_t parent = s == CHAIN ? i - 1 : s == STAR ? 0 : fg_draw_below(d, i);
        more = s == RANDOM ? 1 + fg_draw_below(d, 4) : 1;
        more = more < n - i ? more : n - i;
        fg_linear_factor *f = fg_fixture_factor(spec, priors ? 1 + fg_draw_below(d, 4) : more, more + 1);
        for (size_t j = 0; j <= more; j++)
            f->variables[j] = j ? i + j - 1 : parent;
        for (size_t j = 0; j < f->rows * f->cols; j++)
            f->matrix[j] = fg_draw_normal(d) + (priors ? 0 : 4 * (j % f->cols == j / f->cols + 1));
        for (size_t j = 0; j < f->rows; j++) {
            f->value[j] = fg_draw_normal(d);
            f->sigma[j] = fg_draw_log(d, 0.03, 3);
        }
    }
}

START_TEST(trees_are_exact) {
    static const char *const names[] = {"chains", "stars", "random trees"};
    for (int kind = 0; kind < 6; kind++) {
        fg_draws d = {1 + (uint64_t)kind, 0};
        errors worst = {0, 0};
        for (int trial = 0; trial < 120 / FG_SLOW; trial++) {
            fg_spec spec;
            fg_run_info info;
            fg_run_options run = fg_fixture_run(400, 0, 1e-13);
            make_tree(&spec, &d, 1 + fg_draw_below(&d, MOST), (shape)(kind % 3), kind < 3);
            solve(&worst, &info, &spec, &run, true);
            ck_assert(info.improper == 0 && info.rejected == 0);
            fg_spec_free(&spec);
        }
        printf("%s, %s: errors %.2g of means, %.2g of variances\n", names[kind % 3],
               kind < 3 ? "priors everywhere" : "one prior", worst.mean, worst.variance);
        ck_assert_double_lt(worst.mean, 1e-6);
        ck_assert_double_lt(worst.variance, 1e-6);
    }
}
END_TEST

/* Under dropout all messages of a small graph are often kept at once, which must not be taken for rest. */
START_TEST(damped_trees_are_exact) {
    fg_draws d = {10, 0};
    errors worst = {0, 0};
    for (int trial = 0; trial < 200 / FG_SLOW; trial++) {
        fg_spec spec;
        fg_run_info info;
        fg_run_options run = fg_fixture_run(20000, 0.5, 1e-10);
        run.dropout = 0.3;
        make_tree(&spec, &d, 1 + fg_draw_below(&d, 20), RANDOM, true);
        solve(&worst, &info, &spec, &run, true);
        ck_assert(info.converged);
        fg_spec_free(&spec);
    }
    printf("trees with damping and dropout: errors %.2g of means, %.2g of variances\n", worst.mean,
           worst.variance);
    ck_assert_double_lt(worst.mean, 1e-6);
    ck_assert_double_lt(worst.variance, 1e-6);
}
END_TEST

/* Many factors over few variables, some of many dimensions; the unary ones are strong enough for convergence.
 */
static void make_loopy(fg_spec *spec, fg_draws *d, size_t n) {
    fg_fixture_graph(spec, n);
    for (size_t i = 0; i < n; i++) {
        fg_fixture_prior(spec, i, fg_draw_normal(d), 0.5);
        fg_fixture_unary(spec, i, fg_draw_normal(d), 0.5);
    }
    for (size_t i = 0; i < 2 * n; i++) {
        size_t cols = 2 + fg_draw_below(d, 4);
        fg_linear_factor *f = fg_fixture_factor(spec, 1 + fg_draw_below(d, 3), cols < n ? cols : n);
        for (size_t j = 0; j < f->cols; j++)
            f->variables[j] = (i + j * (1 + i % 7)) % n;
        for (size_t j = 0; j < f->cols; j++) /* distinct, whatever the stride */
            for (size_t k = 0; k < j; k++)
                if (f->variables[k] == f->variables[j]) {
                    f->variables[j] = (f->variables[j] + 1) % n;
                    k = SIZE_MAX;
                }
        for (size_t j = 0; j < f->rows * f->cols; j++)
            f->matrix[j] = fg_draw_normal(d);
        for (size_t j = 0; j < f->rows; j++) {
            f->value[j] = fg_draw_normal(d);
            f->sigma[j] = fg_draw(d, 2, 4);
        }
    }
}

START_TEST(loopy_graphs_have_the_right_means) {
    static const double damping[] = {0, 0.5, 0.9};
    double worst_of_all = 0;
    for (int kind = 0; kind < 12; kind++) {
        fg_draws d = {20, 0};
        errors worst = {0, 0};
        for (int trial = 0; trial < 20 / FG_SLOW; trial++) {
            fg_spec spec;
            fg_run_info info;
            fg_run_options run = fg_fixture_run(5000, damping[kind % 3], 1e-9);
            run.schedule = (fg_schedule)(kind / 3);
            make_loopy(&spec, &d, 6 + fg_draw_below(&d, 30));
            solve(&worst, &info, &spec, &run, false);
            ck_assert_msg(info.converged, "schedule %d, damping %g: change %g after %d iterations", kind / 3,
                          damping[kind % 3], info.change, info.iterations);
            fg_spec_free(&spec);
        }
        ck_assert_double_lt(worst.mean, 1e-5);
        worst_of_all = fmax(worst_of_all, worst.mean);
    }
    printf("loopy graphs, 4 schedules x 3 dampings: largest error of means %.2g\n", worst_of_all);
}
END_TEST

/* A grid of SIDE x SIDE noisy values, smooth with strength 0.5: the exact means, and the explicit graph. */
static void make_grid(fg_spec *spec, float *data, fg_exact *exact) {
    fg_draws d = {30, 0};
    fg_fixture_graph(spec, SIDE * SIDE);
    for (size_t i = 0; i < SIDE * SIDE; i++) {
        data[i] = (float)(sin((double)(i % SIDE) * 0.1) + cos((double)(i / SIDE) * 0.07) +
                          0.3 * fg_draw_normal(&d));
        fg_fixture_unary(spec, i, (double)data[i], 0.3);
        if (i % SIDE != SIDE - 1)
            fg_fixture_link(spec, i, i + 1, 1, -1, 0, 0.2);
        if (i / SIDE != SIDE - 1)
            fg_fixture_link(spec, i, i + SIDE, 1, -1, 0, 0.2);
    }
    ck_assert(fg_fixture_exact(exact, NULL, spec, SIDE));
}

START_TEST(grid_by_both_roads) {
    static const double damping[] = {0, 0.5, 0.9};
    static float data[SIDE * SIDE], layer_mean[SIDE * SIDE];
    static double mean[SIDE * SIDE], sd[SIDE * SIDE];
    fg_exact *exact = fg_oracle_alloc(SIDE * SIDE, sizeof *exact);
    fg_spec spec, layers;
    fg_err err;
    double worst_explicit = 0, worst_layers = 0, size = 0;
    make_grid(&spec, data, exact);
    fg_threads_set(1); /* many short iterations: threads would only wait for each other on a busy machine */
    for (size_t i = 0; i < SIDE * SIDE; i++)
        size = fmax(size, fabs((double)exact[i]));
    fg_fixture_layers(&layers, "64x64x1 observation:sigma=0.3 pairwise:sigma=0.2");
    for (int kind = 0; kind<12; kind += FG_SLOW> 1 ? 4 : 1) {
        fg_run_options run = fg_fixture_run(3000, damping[kind % 3], 1e-6);
        run.schedule = (fg_schedule)(kind / 3);
        fg_run_info info;
        fg_graph *g = fg_fixture_create(&spec, 1, 1), *l = fg_fixture_create(&layers, 1, 1);
        fg_fixture_done(fg_graph_run(&info, g, &run, NULL, &err), &err);
        ck_assert(info.converged);
        fg_graph_variables(mean, sd, g);
        fg_fixture_done(fg_graph_set_input(l, data, FG_ORDER_HWC, NULL, &err), &err);
        run.iterations = (int)(400 / (1 - run.damping)); /* single floats need not come to rest */
        run.tol = 0;
        fg_fixture_done(fg_graph_run(&info, l, &run, NULL, &err), &err);
        fg_graph_marginals(layer_mean, NULL, l, 0, FG_ORDER_HWC);
        for (size_t i = 0; i < SIDE * SIDE; i++) {
            worst_explicit = fmax(worst_explicit, (double)fabsl(mean[i] - exact[i]) / size);
            worst_layers = fmax(worst_layers, (double)fabsl((fg_exact)layer_mean[i] - exact[i]) / size);
        }
        ck_assert_msg(worst_explicit < 1e-5 && worst_layers < 1e-5,
                      "schedule %d, damping %g: errors %g and %g", kind / 3, damping[kind % 3],
                      worst_explicit, worst_layers);
        fg_graph_free(g), fg_graph_free(l);
    }
    printf("64x64 grid: largest error of means over the largest mean %.2g as explicit graph, %.2g as layer\n",
           worst_explicit, worst_layers);
    fg_threads_set(0);
    fg_spec_free(&spec), fg_spec_free(&layers);
    free(exact);
}
END_TEST

/* An anchored chain; a lone variable; and two that are only tied to each other. */
START_TEST(unconstrained_variables) {
    for (int schedule = 0; schedule < 4; schedule++) {
        fg_spec spec;
        fg_run_info info;
        fg_err err;
        double mean[6], sd[6];
        fg_run_options run = fg_fixture_run(50, 0, 1e-12);
        run.schedule = (fg_schedule)schedule;
        fg_fixture_graph(&spec, 6);
        fg_fixture_prior(&spec, 0, 2, 0.5);
        fg_fixture_link(&spec, 0, 1, -1, 1, 3, 1);
        fg_fixture_link(&spec, 1, 2, -1, 1, 3, 2);
        fg_fixture_link(&spec, 4, 5, 1, -1, 1, 1);
        fg_graph *g = fg_fixture_create(&spec, 1, 1);
        fg_fixture_done(fg_graph_run(&info, g, &run, NULL, &err), &err);
        fg_graph_variables(mean, sd, g);
        ck_assert(info.converged);
        for (int i = 3; i < 6; i++)
            ck_assert(isinf(sd[i]) && isfinite(mean[i]));
        for (int i = 0; i < 3; i++) {
            const double exact[] = {2, 5, 8}, variance[] = {0.25, 1.25, 5.25};
            ck_assert(fabs(mean[i] - exact[i]) < 1e-12 && fabs(sd[i] * sd[i] - variance[i]) < 1e-12);
        }
        fg_graph_free(g), fg_spec_free(&spec);
    }
}
END_TEST

/* Two rows over three variables, one of which nothing else informs: the others still learn from the second
 * row. */
START_TEST(unconstrained_variable_of_a_larger_factor) {
    fg_spec spec;
    fg_run_info info;
    errors worst = {0, 0};
    fg_run_options run = fg_fixture_run(50, 0, 1e-13);
    fg_fixture_graph(&spec, 3);
    fg_fixture_prior(&spec, 0, 1, 1);
    fg_fixture_prior(&spec, 1, -1, 2);
    fg_linear_factor *f = fg_fixture_factor(&spec, 2, 3);
    static const double matrix[] = {1, 2, 3, -1, 1, 1};
    memcpy(f->matrix, matrix, sizeof matrix);
    for (size_t i = 0; i < 3; i++)
        f->variables[i] = i;
    f->value[0] = 2;
    f->sigma[1] = 0.5;
    solve(&worst, &info, &spec, &run, true);
    ck_assert_double_lt(worst.mean, 1e-12);
    ck_assert_double_lt(worst.variance, 1e-12);
    fg_spec_free(&spec);
}
END_TEST

/* News from the far end of a long chain moves a vague belief by very many standard deviations: that is no
 * divergence. */
START_TEST(late_news_is_not_divergence) {
    enum { N = 60 };
    for (int vague = 0; vague < 2; vague++) {
        fg_spec spec;
        fg_run_info info;
        errors worst = {0, 0};
        fg_run_options run = fg_fixture_run(200, 0, 1e-12);
        fg_fixture_graph(&spec, N);
        for (size_t i = 0; vague && i < N; i++)
            fg_fixture_prior(&spec, i, 0, 1e9);
        fg_fixture_prior(&spec, 0, 1e7, 1e-4);
        for (size_t i = 1; i < N; i++)
            fg_fixture_link(&spec, i - 1, i, -1, 1, 1e6, 1e-4);
        solve(&worst, &info, &spec, &run, true);
        ck_assert_double_lt(worst.mean, 1e-9);
        ck_assert_double_lt(worst.variance, 1e-6);
        fg_spec_free(&spec);
    }
}
END_TEST

/* Dense random factors over few variables, weak priors: mostly not walk-summable, and then without any
 * promise. */
START_TEST(graphs_that_may_not_converge) {
    int converged = 0, diverged = 0, neither = 0;
    double worst = 0;
    for (uint64_t trial = 0; trial < 200 / FG_SLOW; trial++) {
        fg_draws d = {500 + trial, 0};
        size_t n = 4 + fg_draw_below(&d, 8);
        fg_spec spec;
        fg_run_info info;
        fg_err err;
        fg_diagnosis diagnosis;
        double mean[12], sd[12];
        fg_exact exact[12];
        fg_run_options run = fg_fixture_run(1500, trial % 3 * 0.4, 1e-10);
        fg_fixture_graph(&spec, n);
        for (size_t i = 0; i < n; i++)
            fg_fixture_prior(&spec, i, fg_draw_normal(&d), 30);
        for (size_t i = 0; i < n + 1; i++) {
            fg_linear_factor *f = fg_fixture_factor(&spec, 1 + trial % 2, n < 5 ? n : 5);
            size_t first = fg_draw_below(&d, n);
            for (size_t j = 0; j < f->cols; j++)
                f->variables[j] = (first + j) % n;
            for (size_t j = 0; j < f->rows * f->cols; j++)
                f->matrix[j] = fg_draw_normal(&d);
            for (size_t j = 0; j < f->rows; j++)
                f->value[j] = fg_draw_normal(&d);
        }
        ck_assert(fg_fixture_exact(exact, NULL, &spec, n));
        fg_graph *g = fg_fixture_create(&spec, 1, trial);
        int status = fg_graph_run(&info, g, &run, NULL, &err);
        ck_assert(status == FG_OK || status == FG_EDIVERGED);
        fg_graph_variables(mean, sd, g);
        for (size_t i = 0; i < n && !status; i++) {
            ck_assert(isfinite(mean[i]) && !isnan(sd[i]));
            if (info.converged)
                worst = fmax(worst, (double)fabsl(mean[i] - exact[i]));
        }
        fg_fixture_done(fg_diagnose(&diagnosis, &spec.graph, &err), &err);
        if (diagnosis.walk_summable)
            ck_assert_msg(!status && info.converged, "radius %g: not converged", diagnosis.spectral_radius);
        diverged += status == FG_EDIVERGED;
        converged += !status && info.converged;
        neither += !status && !info.converged;
        fg_graph_free(g), fg_spec_free(&spec);
    }
    printf("hard graphs: %d converged (largest error %.2g), %d diverged, %d neither\n", converged, worst,
           diverged, neither);
    ck_assert_double_lt(worst, 1e-5);
    ck_assert(converged > 0 && diverged + neither > 0);
}
END_TEST

FG_TEST_MAIN("engine/linear", trees_are_exact, damped_trees_are_exact, loopy_graphs_have_the_right_means,
             grid_by_both_roads, unconstrained_variables, unconstrained_variable_of_a_larger_factor,
             late_news_is_not_divergence, graphs_that_may_not_converge)
