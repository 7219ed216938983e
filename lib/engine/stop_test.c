/* How runs end: at a tolerance, by a hook, after the last iteration, or because beliefs run away. */
#include "engine/fixture_internal.h"

typedef struct watch {
    int calls, stop_after;
    double change[4096];
} watch;

static int after(void *context, const fg_iteration *iteration) {
    watch *w = context;
    ck_assert(iteration->iteration == fg_graph_iterations(iteration->graph) - 1);
    if (w->calls < 4096)
        w->change[w->calls] = iteration->change;
    w->calls++;
    return w->calls == w->stop_after;
}

static void make_grid(fg_graph **g, fg_spec *spec, const char *text) {
    float x[12 * 12];
    fg_err err;
    fg_draws d = {1, 0};
    fg_fixture_layers(spec, text);
    *g = fg_fixture_create(spec, 1, 3);
    for (int i = 0; i < 12 * 12; i++)
        x[i] = (float)fg_draw_normal(&d);
    fg_fixture_done(fg_graph_set_input(*g, x, FG_ORDER_HWC, NULL, &err), &err);
}

START_TEST(hooks_see_and_stop) {
    fg_spec spec;
    fg_graph *g;
    fg_run_info info;
    fg_err err;
    watch w = {.stop_after = 5};
    fg_run_hook hook = {after, &w};
    fg_run_options run = fg_fixture_run(20, 0.9, 0);
    make_grid(&g, &spec, "12x12x1 observation pairwise");
    fg_fixture_done(fg_graph_run(&info, g, &run, &hook, &err), &err);
    ck_assert(info.stopped && !info.converged && info.iterations == 5 && w.calls == 5);
    ck_assert(info.change == w.change[4] && info.energy > 0 && info.seconds >= 0);
    w.stop_after = 0;
    fg_fixture_done(fg_graph_run(&info, g, &run, &hook, &err), &err);
    ck_assert(!info.stopped && info.iterations == 20 && w.calls == 25 && fg_graph_iterations(g) == 25);
    fg_run_hook none = {NULL, NULL};
    fg_fixture_done(fg_graph_run(NULL, g, &run, &none, &err), &err);
    fg_graph_free(g);
    fg_spec_free(&spec);
}
END_TEST

/* What layers move, together, is what moved: the same under damping, and exactly 0 for observations at rest.
 */
START_TEST(layers_tell_what_they_move) {
    static const fg_schedule schedules[] = {FG_SCHEDULE_SWEEP, FG_SCHEDULE_SYNCHRONOUS, FG_SCHEDULE_RANDOM,
                                            FG_SCHEDULE_RESIDUAL};
    for (size_t s = 0; s < sizeof schedules / sizeof *schedules; s++) {
        fg_spec spec;
        fg_graph *g;
        fg_run_info info;
        fg_err err;
        fg_run_options run = fg_fixture_run(1, 0.6, 0);
        run.schedule = schedules[s];
        make_grid(&g, &spec, "12x12x1 observation pairwise");
        for (int i = 0; i < 20; i++) {
            fg_layer_stats observation, pairwise;
            fg_fixture_done(fg_graph_run(&info, g, &run, NULL, &err), &err);
            fg_graph_layer_stats(&observation, g, 0);
            fg_graph_layer_stats(&pairwise, g, 1);
            double most = fmax(observation.change, pairwise.change);
            ck_assert_double_eq_tol(most, info.change, 1e-12 * (1 + info.change));
            ck_assert(i < 15 || observation.change == 0);
            ck_assert(i > 0 || run.schedule == FG_SCHEDULE_RANDOM || pairwise.change > 0);
        }
        fg_graph_free(g);
        fg_spec_free(&spec);
    }
}
END_TEST

/* Damping of a layer's own counts as the run's would: inference ends in the same iteration. */
START_TEST(own_damping_is_no_rest) {
    static const char *const models[] = {"12x12x1 observation pairwise",
                                         "12x12x1 observation pairwise:damping=0.97",
                                         "12x12x1 observation pairwise:damping=0.9,dropout=0.7"};
    fg_run_info info[3];
    for (int m = 0; m < 3; m++) {
        fg_spec spec;
        fg_graph *g;
        fg_err err;
        fg_run_options run = fg_fixture_run(5000, m == 0 ? 0.97 : 0, 1e-3);
        make_grid(&g, &spec, models[m]);
        fg_fixture_done(fg_graph_run(&info[m], g, &run, NULL, &err), &err);
        ck_assert_msg(info[m].converged && info[m].iterations > 50 && info[m].change <= 1e-3,
                      "model %d: %d iterations, change %g", m, info[m].iterations, info[m].change);
        fg_graph_free(g);
        fg_spec_free(&spec);
    }
    ck_assert_int_eq(info[0].iterations, info[1].iterations);
    ck_assert(info[0].change == info[1].change);
}
END_TEST

/* Where parameters are given they do not wait. */
START_TEST(given_parameters_are_not_waited_for) {
    fg_spec spec;
    fg_graph *free_ones, *g;
    fg_posterior *posterior;
    fg_run_info info;
    fg_err err;
    fg_run_options run = fg_fixture_run(150, 0.5, 1e-2);
    fg_graph_options given = {.seed = 3, .parameters = FG_PARAMETERS_CONSTANT};
    float x[12 * 12] = {1, 0.5f};
    make_grid(&free_ones, &spec, "12x12x1 observation:sigma=0.3 tconv:2,learn_after=100");
    fg_fixture_done(fg_graph_posterior(&posterior, free_ones, &err), &err);
    for (int learns = 0; learns < 2; learns++) {
        g = free_ones;
        if (!learns)
            fg_fixture_done(fg_graph_create(&g, &spec, spec.input, 1, &given, &err), &err);
        fg_fixture_done(fg_graph_set_input(g, x, FG_ORDER_HWC, NULL, &err), &err);
        fg_fixture_done(fg_graph_set_priors(g, posterior, &err), &err);
        fg_fixture_done(fg_graph_run(&info, g, &run, NULL, &err), &err);
        ck_assert_msg(learns ? info.iterations > 100 : info.converged && info.iterations < 100,
                      "%d iterations", info.iterations);
        fg_graph_free(g);
    }
    fg_posterior_free(posterior);
    fg_spec_free(&spec);
}
END_TEST

/* It ends at the first iteration whose change is small enough. */
START_TEST(tolerance_stops) {
    fg_spec spec;
    fg_graph *g;
    fg_run_info info;
    fg_err err;
    watch w = {0};
    fg_run_hook hook = {after, &w};
    fg_run_options run = fg_fixture_run(2000, 0.4, 1e-4);
    make_grid(&g, &spec, "12x12x1 observation:sigma=0.3 pairwise:sigma=0.5");
    fg_fixture_done(fg_graph_run(&info, g, &run, &hook, &err), &err);
    ck_assert(info.converged && !info.stopped && info.iterations == w.calls && info.iterations > 5);
    ck_assert(info.change <= 1e-4);
    for (int i = 0; i + 1 < w.calls; i++)
        ck_assert(w.change[i] > 1e-4);
    fg_graph_free(g);
    fg_spec_free(&spec);
}
END_TEST

/* In random order some iterations meet only layers that have come to rest: that is no convergence. */
START_TEST(random_order_is_not_taken_for_rest) {
    fg_spec spec;
    fg_graph *g;
    fg_run_info info;
    fg_err err;
    float swept[12 * 12], drawn[12 * 12];
    fg_run_options run = fg_fixture_run(4000, 0.8, 1e-4);
    make_grid(&g, &spec, "12x12x1 observation:sigma=0.3 pairwise:sigma=0.1");
    fg_fixture_done(fg_graph_run(&info, g, &run, NULL, &err), &err);
    ck_assert(info.converged);
    fg_graph_marginals(swept, NULL, g, 0, FG_ORDER_HWC);
    run.schedule = FG_SCHEDULE_RANDOM;
    for (int again = 0; again < 5; again++) {
        fg_graph_free(g);
        g = fg_fixture_create(&spec, 1, 10 + (uint64_t)again);
        fg_draws d = {1, 0};
        float x[12 * 12];
        for (int i = 0; i < 12 * 12; i++)
            x[i] = (float)fg_draw_normal(&d);
        fg_fixture_done(fg_graph_set_input(g, x, FG_ORDER_HWC, NULL, &err), &err);
        fg_fixture_done(fg_graph_run(&info, g, &run, NULL, &err), &err);
        ck_assert(info.converged);
        fg_graph_marginals(drawn, NULL, g, 0, FG_ORDER_HWC);
        for (int i = 0; i < 12 * 12; i++)
            ck_assert_msg(fabsf(swept[i] - drawn[i]) < 2e-3f, "%g and %g", (double)swept[i],
                          (double)drawn[i]);
    }
    fg_graph_free(g);
    fg_spec_free(&spec);
}
END_TEST

/* Very strong links, no damping, big weights: beliefs run away or wander, and nothing is ever NaN. */
START_TEST(divergence_is_told) {
    static const char *const specs[] = {
        "6 "
        "dense:20,activation=identity,sigma=0.001,weight_init=3,weight_prior=1000,bias_prior=1000,activation_"
        "prior=1000 "
        "dense:20,activation=identity,sigma=0.001,weight_init=3,weight_prior=1000,activation_prior=1000 "
        "dense:3,sigma=0.001,weight_init=3,weight_prior=1000,activation_prior=1000 regression:sigma=0.001",
        "6 dense:20,activation=relu,sigma=0.001,weight_init=3,weight_prior=100,activation_prior=100 "
        "dense:3,sigma=0.001,weight_init=3,weight_prior=100,activation_prior=100 regression:sigma=0.001",
        "6 observation:sigma=10 dense:30,activation=leaky_relu,sigma=0.0001,weight_init=10,weight_prior=1e5 "
        "dense:3,sigma=0.0001,weight_init=10,weight_prior=1e5,activation_prior=1e5 regression:sigma=0.0001",
    };
    enum { N = 30 };
    int diverged = 0, not_converged = 0;
    for (int kind = 0; kind < 3; kind++)
        for (uint64_t seed = 0; seed < 4; seed++) {
            float x[6 * N], y[3 * N], mean[20 * N], sd[20 * N];
            fg_spec spec;
            fg_err err = {0};
            fg_run_info info;
            fg_draws d = {seed, 0};
            fg_run_options run = fg_fixture_run(300, 0, 1e-6);
            run.init = FG_INIT_RANDOM;
            for (int i = 0; i < 6 * N; i++)
                x[i] = (float)(10 * fg_draw_normal(&d));
            for (int i = 0; i < 3 * N; i++)
                y[i] = (float)(100 * fg_draw_normal(&d));
            fg_fixture_layers(&spec, specs[kind]);
            fg_graph *g = fg_fixture_create(&spec, N, seed);
            fg_fixture_done(fg_graph_set_input(g, x, FG_ORDER_HWC, NULL, &err), &err);
            fg_fixture_done(fg_graph_set_targets(g, y, &err), &err);
            int status = fg_graph_run(&info, g, &run, NULL, &err);
            if (status) {
                ck_assert(status == FG_EDIVERGED);
                ck_assert_msg(strstr(err.text, "diverged") && strstr(err.text, "iteration"), "%s", err.text);
                diverged++;
                if (diverged == 1)
                    printf("%s\n", err.text);
            } else {
                fg_graph_marginals(mean, sd, g, fg_graph_groups(g) - 1, FG_ORDER_HWC);
                for (int i = 0; i < 3 * N; i++)
                    ck_assert(isfinite(mean[i]) && !isnan(sd[i]));
                ck_assert(isfinite(info.energy));
                not_converged += !info.converged;
            }
            fg_graph_free(g);
            fg_spec_free(&spec);
        }
    printf("%d of 12 runs diverged, %d did not converge\n", diverged, not_converged);
    ck_assert(diverged > 0);
}
END_TEST

static void refused(int status, const fg_err *err, const char *part) {
    ck_assert(status == FG_EINVAL);
    ck_assert_msg(strstr(err->text, part) != NULL, "%s", err->text);
}

START_TEST(bad_data_is_refused) {
    fg_spec spec, explicit_spec;
    fg_err err;
    float x[6] = {0}, y[4] = {0};
    unsigned char observed[6] = {1, 1, 1, 1, 0, 1};
    int32_t labels[2] = {0, 2};
    fg_fixture_layers(&spec, "3 dense:2 softmax");
    fg_graph *g = fg_fixture_create(&spec, 2, 1);
    x[4] = NAN;
    refused(fg_graph_set_input(g, x, FG_ORDER_HWC, NULL, &err), &err, "observation 1, value 1");
    x[4] = INFINITY;
    refused(fg_graph_set_input(g, x, FG_ORDER_HWC, NULL, &err), &err, "not finite");
    x[4] = 0;
    refused(fg_graph_set_input(g, x, FG_ORDER_HWC, observed, &err), &err, "missing");
    refused(fg_graph_set_labels(g, labels, &err), &err, "label 2 is not in 0..1");
    refused(fg_graph_set_targets(g, y, &err), &err, "regression");
    labels[1] = -1;
    fg_fixture_done(fg_graph_set_labels(g, labels, &err), &err);
    fg_graph_free(g);
    fg_spec_free(&spec);
    fg_fixture_layers(&spec, "3 dense:2 regression");
    g = fg_fixture_create(&spec, 2, 1);
    y[3] = -INFINITY;
    refused(fg_graph_set_targets(g, y, &err), &err, "observation 1, value 1");
    refused(fg_graph_set_labels(g, labels, &err), &err, "softmax");
    fg_graph_free(g);
    fg_spec_free(&spec);
    fg_fixture_graph(&explicit_spec, 2);
    fg_fixture_unary(&explicit_spec, 0, 1, 1);
    g = fg_fixture_create(&explicit_spec, 1, 1);
    refused(fg_graph_set_input(g, x, FG_ORDER_HWC, NULL, &err), &err, "explicit");
    fg_graph_free(g);
    fg_spec_free(&explicit_spec);
}
END_TEST

START_TEST(graphs_that_cannot_be_wired) {
    static const struct {
        const char *text, *part;
    } wrong[] = {
        {"4x4x1 observation pairwise softmax", "softmax"},
        {"4x4x1 observation pairwise dense:3", "dense"},
        {"4x4x1 observation pairwise pairwise pairwise pairwise pairwise", "layers"},
    };
    for (int i = 0; i < 3; i++) {
        fg_spec spec;
        fg_err err;
        fg_graph *g;
        size_t bytes, before;
        fg_graph_options options = {0};
        fg_fixture_refused(&spec, wrong[i].text);
        before = fg_mem_held();
        ck_assert(fg_graph_create(&g, &spec, spec.input, 2, &options, &err) == FG_EINVAL && g == NULL);
        ck_assert_msg(strstr(err.text, wrong[i].part) != NULL, "%s", err.text);
        ck_assert(fg_graph_bytes(&bytes, &spec, spec.input, 2, &options, &err) == FG_EINVAL);
        ck_assert(fg_mem_held() == before);
        fg_spec_free(&spec);
    }
}
END_TEST

START_TEST(sizes_that_do_not_fit) {
    fg_spec spec;
    fg_err err;
    fg_graph *g;
    size_t bytes;
    fg_graph_options options = {0};
    fg_fixture_layers(&spec, "1000 dense:1000 softmax");
    ck_assert(fg_graph_create(&g, &spec, spec.input, 0, &options, &err) == FG_EINVAL);
    ck_assert(fg_graph_create(&g, &spec, (fg_shape){1, 1, 7}, 1, &options, &err) == FG_EINVAL);
    ck_assert(fg_graph_create(&g, &spec, spec.input, SIZE_MAX / 2, &options, &err) == FG_ENOMEM && g == NULL);
    ck_assert(fg_graph_create(&g, &spec, spec.input, SIZE_MAX, &options, &err) == FG_ENOMEM && g == NULL);
    fg_fixture_done(fg_graph_bytes(&bytes, &spec, spec.input, SIZE_MAX / 2, &options, &err), &err);
    ck_assert(bytes == SIZE_MAX);
    fg_mem_limit(1 << 20);
    ck_assert(fg_graph_create(&g, &spec, spec.input, 50, &options, &err) == FG_ENOMEM);
    fg_mem_limit(0);
    ck_assert_msg(strstr(err.text, "bytes") != NULL, "%s", err.text);
    fg_spec_free(&spec);
}
END_TEST

/* Joint weights take room for pairs of observations. */
START_TEST(squares_that_do_not_fit) {
    fg_spec spec;
    fg_err err;
    size_t bytes, before = 0;
    fg_fixture_layers(&spec, "5 dense:4,covariance=full softmax");
    for (fg_parameters role = FG_PARAMETERS_FREE; role <= FG_PARAMETERS_GIVEN; role++, before = 0)
        for (size_t n = 1 << 16; n < SIZE_MAX / 2; n *= 2) {
            fg_graph_options options = {.parameters = role};
            fg_fixture_done(fg_graph_bytes(&bytes, &spec, spec.input, n, &options, &err), &err);
            ck_assert(bytes == SIZE_MAX || (bytes > before && bytes / n > n));
            before = bytes;
        }
    fg_spec_free(&spec);
}
END_TEST

FG_TEST_MAIN("engine/stop", hooks_see_and_stop, layers_tell_what_they_move, own_damping_is_no_rest,
             given_parameters_are_not_waited_for, tolerance_stops, random_order_is_not_taken_for_rest,
             divergence_is_told, bad_data_is_refused, graphs_that_cannot_be_wired, sizes_that_do_not_fit,
             squares_that_do_not_fit)
