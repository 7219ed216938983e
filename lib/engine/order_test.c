/* Graphs that are used in an unusual order: data bound again or never, read before the first iteration or
 * after a reset. */
#include <math.h>
#include <string.h>

#include "engine/joint_internal.h"
#include "engine/predict.h"
#include "engine/state.h"

enum { OBSERVATIONS = 4, MOST = 256 };

static const char *const deep =
    "2 observation:sigma=0.3 dense:3,activation=tanh,sigma=0.1 dense:2,sigma=0.1 softmax:sigma=0.1";
static const float first[2 * OBSERVATIONS] = {1, -1, 0.5f, 2, -1, 0, 0.3f, 1};

static void run(fg_graph *g, int iterations) {
    fg_run_options o = fg_fixture_run(iterations, 0.7, 0);
    fg_err err;
    fg_fixture_done(fg_graph_run(NULL, g, &o, NULL, &err), &err);
}

static void bind(fg_graph *g, const float *x) {
    fg_err err;
    fg_fixture_done(fg_graph_set_input(g, x, FG_ORDER_HWC, NULL, &err), &err);
}

/* Marginals of all groups, means before deviations. */
static size_t read_all(float *marginals, const fg_graph *g) {
    size_t at = 0;
    for (int i = 0; i < fg_graph_groups(g); i++) {
        size_t n = OBSERVATIONS * fg_shape_size(fg_graph_group_shape(g, i));
        ck_assert_uint_le(at + 2 * n, MOST);
        fg_graph_marginals(marginals + at, marginals + at + n, g, i, FG_ORDER_HWC);
        at += 2 * n;
    }
    return at;
}

static void same_marginals(const fg_graph *a, const fg_graph *b) {
    float x[MOST], y[MOST];
    size_t n = read_all(x, a);
    ck_assert_uint_eq(n, read_all(y, b));
    ck_assert_mem_eq(x, y, n * sizeof *x);
}

START_TEST(labels_that_were_not_bound_are_not_observed) {
    const int32_t none[OBSERVATIONS] = {-1, -1, -1, -1}, some[OBSERVATIONS] = {0, 1, 1, 0};
    fg_spec spec;
    fg_err err;
    fg_fixture_layers(&spec, deep);
    fg_graph *a = fg_fixture_create(&spec, OBSERVATIONS, 1), *b = fg_fixture_create(&spec, OBSERVATIONS, 1);
    bind(a, first);
    bind(b, first);
    fg_fixture_done(fg_graph_set_labels(b, none, &err), &err);
    run(a, 20);
    run(b, 20);
    same_marginals(a, b);
    /* Nor are those that were bound and then taken back. */
    fg_fixture_done(fg_graph_set_labels(b, some, &err), &err);
    run(b, 20);
    fg_fixture_done(fg_graph_set_labels(b, none, &err), &err);
    fg_graph_reset(b);
    run(b, 20);
    same_marginals(a, b);
    fg_graph_free(a);
    fg_graph_free(b);
    fg_spec_free(&spec);
}
END_TEST

START_TEST(a_reset_graph_is_as_created) {
    fg_spec spec;
    fg_layer_stats stats;
    fg_fixture_layers(&spec, deep);
    fg_graph *a = fg_fixture_create(&spec, OBSERVATIONS, 1), *b = fg_fixture_create(&spec, OBSERVATIONS, 1);
    bind(a, first);
    bind(b, first);
    run(b, 20);
    fg_graph_reset(b);
    same_marginals(a, b);
    ck_assert(fg_graph_energy(a) == fg_graph_energy(b));
    for (int i = 0; i < fg_graph_layers(b); i++) {
        fg_graph_layer_stats(&stats, b, i);
        ck_assert(stats.change == 0);
    }
    fg_graph_free(a);
    fg_graph_free(b);
    fg_spec_free(&spec);
}
END_TEST

/* Features follow inputs that are bound in the middle of a run. */
START_TEST(new_inputs_count_at_once) {
    static const char *const models[] = {"6x6x1 features:3,kernel=3,activation=relu dense:2,sigma=0.2",
                                         "6x6x1 features:3,kernel=2,activation=relu "
                                         "features:4,kernel=2,size=1 dense:2,covariance=full,sigma=0.2"};
    float x[2 * OBSERVATIONS * 36], *other = x + OBSERVATIONS * 36;
    fg_draws d = {7, 0};
    for (size_t i = 0; i < OBSERVATIONS * 72; i++)
        x[i] = (float)fg_draw_normal(&d);
    for (size_t m = 0; m < sizeof models / sizeof *models; m++) {
        fg_spec spec;
        fg_posterior *p;
        fg_err err;
        float moved[OBSERVATIONS * 2], fresh[OBSERVATIONS * 2];
        fg_graph_options given = {.parameters = FG_PARAMETERS_GIVEN};
        fg_fixture_layers(&spec, models[m]);
        fg_graph *a = fg_fixture_create(&spec, OBSERVATIONS, 1);
        bind(a, x);
        run(a, 1);
        fg_fixture_done(fg_graph_posterior(&p, a, &err), &err);
        for (size_t i = 0; i < p->n; i++)
            for (size_t j = 0; j < p->parameters[i].size; j++)
                p->parameters[i].eta[j] += p->parameters[i].lambda[j] * 0.1 * (double)(j % 5);
        fg_graph_free(a);
        fg_graph *b;
        fg_fixture_done(fg_graph_create(&a, &spec, spec.input, OBSERVATIONS, &given, &err), &err);
        fg_fixture_done(fg_graph_create(&b, &spec, spec.input, OBSERVATIONS, &given, &err), &err);
        fg_fixture_done(fg_graph_set_priors(a, p, &err), &err);
        fg_fixture_done(fg_graph_set_priors(b, p, &err), &err);
        bind(a, x);
        run(a, 5);
        bind(a, other);
        run(a, 200);
        bind(b, other);
        run(b, 200);
        fg_graph_marginals(moved, NULL, a, fg_graph_groups(a) - 1, FG_ORDER_HWC);
        fg_graph_marginals(fresh, NULL, b, fg_graph_groups(b) - 1, FG_ORDER_HWC);
        for (size_t i = 0; i < OBSERVATIONS * 2; i++)
            ck_assert_double_eq_tol((double)moved[i], (double)fresh[i], 1e-5);
        fg_graph_free(a);
        fg_graph_free(b);
        fg_posterior_free(p);
        fg_spec_free(&spec);
    }
}
END_TEST

START_TEST(inputs_that_are_refused_change_nothing) {
    static const char *const models[] = {"2 dense:2", "2 observation dense:2"};
    const float bad[2 * OBSERVATIONS] = {7, 7, 7, NAN};
    const unsigned char gap[2 * OBSERVATIONS] = {1, 1, 1, 0, 1, 1, 1, 1};
    for (int noisy = 0; noisy < 2; noisy++) {
        fg_spec spec;
        fg_err err;
        fg_fixture_layers(&spec, models[noisy]);
        fg_graph *a = fg_fixture_create(&spec, OBSERVATIONS, 1),
                 *b = fg_fixture_create(&spec, OBSERVATIONS, 1);
        bind(a, first);
        bind(b, first);
        ck_assert_int_eq(fg_graph_set_input(b, bad, FG_ORDER_HWC, NULL, &err), FG_EINVAL);
        if (!noisy)
            ck_assert_int_eq(fg_graph_set_input(b, bad, FG_ORDER_HWC, gap, &err), FG_EINVAL);
        run(a, 5);
        run(b, 5);
        same_marginals(a, b);
        fg_graph_free(a);
        fg_graph_free(b);
        fg_spec_free(&spec);
    }
}
END_TEST

START_TEST(priors_of_inputs_are_checked) {
    static const double bad[][2] = {{0, 0},    {0, -1},   {0, NAN},    {0, INFINITY}, {NAN, 1},
                                    {1e16, 1}, {0, 1e16}, {0, 1e-200}, {0, 1e200},    {1e12, 1e-15}};
    static const double good[][2] = {{0, 1e-6}, {-3, 1e6}, {1e15, 1}, {0, 1e-15}};
    fg_spec spec;
    fg_err err;
    fg_fixture_layers(&spec, deep);
    fg_graph *g = fg_fixture_create(&spec, OBSERVATIONS, 1);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_int_eq(fg_graph_set_input_prior(g, bad[i][0], bad[i][1], &err), FG_EINVAL);
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        fg_fixture_done(fg_graph_set_input_prior(g, good[i][0], good[i][1], &err), &err);
    fg_graph_free(g);
    fg_spec_free(&spec);
}
END_TEST

START_TEST(nothing_to_suspend_before_the_first_iteration) {
    fg_spec spec;
    fg_err err;
    fg_state state = {0};
    fg_fixture_layers(&spec, deep);
    fg_graph *g = fg_fixture_create(&spec, OBSERVATIONS, 1);
    bind(g, first);
    ck_assert_int_eq(fg_state_suspend(&state, g, &err), FG_EINVAL);
    ck_assert_ptr_null(state.resume);
    run(g, 1);
    fg_fixture_done(fg_state_suspend(&state, g, &err), &err);
    fg_graph_reset(g);
    ck_assert_int_eq(fg_state_suspend(&state, g, &err), FG_EINVAL);
    ck_assert_ptr_nonnull(state.resume);
    fg_state_free(&state);
    fg_graph_free(g);
    fg_spec_free(&spec);
}
END_TEST

/* Beliefs that move by more of their deviations than a number holds, in a round that goes on. */
START_TEST(wild_beginnings_can_be_resumed) {
    float far[16 * OBSERVATIONS];
    fg_spec spec;
    fg_err err;
    fg_state state = {0};
    fg_run_info info;
    fg_run_options o = fg_fixture_run(1, 0.999, 0);
    o.dropout = 0.99;
    for (size_t i = 0; i < 16 * OBSERVATIONS; i++)
        far[i] = i % 2 ? -1e15f : 1e15f;
    fg_fixture_layers(&spec, "4x4x1 observation:sigma=1e-6 pairwise:sigma=1e-6 tconv:2,kernel=2,sigma=1e-6");
    fg_graph *a = fg_fixture_create(&spec, OBSERVATIONS, 1), *b = fg_fixture_create(&spec, OBSERVATIONS, 1);
    bind(a, far);
    bind(b, far);
    fg_fixture_done(fg_graph_run(&info, a, &o, NULL, &err), &err);
    ck_assert(info.change == INFINITY);
    fg_fixture_done(fg_state_suspend(&state, a, &err), &err);
    fg_fixture_done(fg_state_resume(b, &state, &err), &err);
    fg_state_free(&state);
    fg_graph_free(a);
    fg_graph_free(b);
    fg_spec_free(&spec);
}
END_TEST

/* Weights as large as they can be, of opposite signs. */
static fg_posterior *enormous(const fg_spec *spec) {
    fg_posterior *p;
    fg_err err;
    fg_graph *g = fg_fixture_create(spec, OBSERVATIONS, 1);
    fg_fixture_done(fg_graph_posterior(&p, g, &err), &err);
    for (size_t i = 0; i < p->n; i++)
        for (size_t j = 0; j < p->parameters[i].size; j++)
            p->parameters[i].eta[j] = p->parameters[i].lambda[j] * (j % 3 ? 1e15 : -1e15);
    fg_graph_free(g);
    return p;
}

START_TEST(what_is_too_large_is_told) {
    fg_spec spec;
    fg_err err;
    fg_prediction out;
    fg_graph *g;
    fg_layer_stats stats;
    fg_graph_options constant = {.parameters = FG_PARAMETERS_CONSTANT};
    fg_fixture_layers(&spec, "2 dense:2,activation_prior=1e6 dense:2 dense:2 dense:2");
    fg_posterior *p = enormous(&spec);
    fg_fixture_done(fg_graph_create(&g, &spec, spec.input, OBSERVATIONS, &constant, &err), &err);
    fg_fixture_done(fg_graph_set_priors(g, p, &err), &err);
    bind(g, first);
    fg_graph_forward(g);
    ck_assert(fg_graph_energy(g) == INFINITY);
    fg_graph_layer_stats(&stats, g, 3);
    ck_assert(stats.energy == INFINITY);
    const fg_predict_data rows = {.n = OBSERVATIONS, .shape = spec.input, .x = first};
    const fg_predict_options options = {.run = fg_fixture_run(1, 0, 0),
                                        .parameters = FG_PARAMETERS_CONSTANT,
                                        .batch = OBSERVATIONS,
                                        .by = FG_PREDICT_FORWARD};
    ck_assert_int_eq(fg_predict(&out, &spec, p, &rows, &options, NULL, &err), FG_EDIVERGED);
    ck_assert_ptr_null(out.mean);
    fg_graph_free(g);
    fg_posterior_free(p);
    fg_spec_free(&spec);
}
END_TEST

/* Before the first iteration the posterior is the priors, correlations and all. */
START_TEST(priors_are_the_first_posterior) {
    fg_joint_rows r;
    fg_spec spec;
    fg_err err;
    fg_posterior *now;
    fg_fixture_layers(&spec, FG_JOINT_MODEL);
    fg_joint_make(&r, 2);
    fg_posterior *before = fg_joint_learned(&spec, &r, 20);
    fg_graph *g = fg_joint_graph(&spec, &r, 20, &(fg_graph_options){0});
    fg_fixture_done(fg_graph_set_priors(g, before, &err), &err);
    for (int reset = 0; reset < 2; reset++) {
        fg_fixture_done(fg_graph_posterior(&now, g, &err), &err);
        const fg_parameter *a = fg_posterior_find(before, "dense1/weight"),
                           *b = fg_posterior_find(now, "dense1/weight");
        ck_assert_mem_eq(a->eta, b->eta, a->size * sizeof *a->eta);
        ck_assert(a->correlation[1] != 0 && b->joint == SIZE && b->matrices == a->matrices);
        ck_assert_mem_eq(a->correlation, b->correlation, fg_parameter_correlations(a) * sizeof(float));
        fg_posterior_free(now);
        fg_joint_run(g, 3, 0);
        fg_graph_reset(g);
    }
    fg_graph_free(g);
    fg_posterior_free(before);
    fg_spec_free(&spec);
}
END_TEST

FG_TEST_MAIN("engine/order", labels_that_were_not_bound_are_not_observed, a_reset_graph_is_as_created,
             new_inputs_count_at_once, inputs_that_are_refused_change_nothing, priors_of_inputs_are_checked,
             nothing_to_suspend_before_the_first_iteration, wild_beginnings_can_be_resumed,
             what_is_too_large_is_told, priors_are_the_first_posterior)
