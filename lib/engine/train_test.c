#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "engine/fixture_internal.h"
#include "engine/train.h"
#include "engine/wired_internal.h"

enum { N = 60, INPUTS = 4, SEED = 1 };

static const char model[] = "4 dense:16,activation=tanh dense:3 softmax";

/* Three far-apart clusters: with damping 0.7 beliefs run away. */
static void clusters(float x[N * INPUTS], int32_t labels[N]) {
    static const float centres[3][INPUTS] = {
        {-1.2f, 1, -1.3f, -1.2f}, {0.2f, -0.9f, 0.4f, 0.2f}, {1, 0, 1, 1}};
    for (size_t i = 0; i < N; i++) {
        labels[i] = (int32_t)(i % 3);
        for (size_t j = 0; j < INPUTS; j++)
            x[i * INPUTS + j] = centres[i % 3][j] + 0.2f * fg_rng_normal(7, i, j);
    }
}

static fg_run_options options(int iterations, double damping) {
    fg_run_options o = fg_fixture_run(iterations, damping, 0);
    o.init = FG_INIT_RANDOM;
    return o;
}

/* A graph with the clusters bound, and the batch that names them. */
static fg_graph *wire(const fg_spec *spec, fg_batch *batch, uint64_t seed) {
    static float x[N * INPUTS];
    static int32_t labels[N];
    fg_err err = {0};
    fg_graph *graph = fg_fixture_create(spec, N, seed);
    clusters(x, labels);
    *batch = (fg_batch){.n = N, .x = x, .labels = labels};
    fg_fixture_done(fg_graph_set_input(graph, x, FG_ORDER_HWC, NULL, &err), &err);
    fg_fixture_done(fg_graph_set_labels(graph, labels, &err), &err);
    return graph;
}

static void same_posteriors(const fg_posterior *a, const fg_posterior *b) {
    ck_assert_uint_eq(a->n, b->n);
    for (size_t i = 0; i < a->n; i++) {
        const fg_parameter *p = &a->parameters[i], *q = &b->parameters[i];
        ck_assert_mem_eq(p->eta, q->eta, p->size * sizeof *p->eta);
        ck_assert_mem_eq(p->lambda, q->lambda, p->size * sizeof *p->lambda);
    }
}

static int stop_at(void *context, const fg_iteration *iteration) {
    int *left = context;
    (void)iteration;
    return --*left == 0;
}

START_TEST(what_ends_well_is_as_without_a_look) {
    fg_spec spec;
    fg_batch batch;
    fg_err err = {0};
    fg_fixture_layers(&spec, model);
    fg_run_options o = options(200, 0.9);
    o.dropout = 0.2;
    fg_graph *plain = wire(&spec, &batch, SEED), *guarded = wire(&spec, &batch, SEED);
    fg_posterior *a, *b;
    fg_train_info info;
    fg_train_place place = {0};
    fg_fixture_done(fg_graph_run(NULL, plain, &o, NULL, &err), &err);
    fg_fixture_done(fg_graph_posterior(&a, plain, &err), &err);
    fg_fixture_done(fg_train(&info, &b, guarded, &place, &batch, &o, NULL, &err), &err);
    ck_assert_str_eq(info.reason, "");
    ck_assert(!info.failed && info.rate == 1 && info.run.iterations == 200);
    same_posteriors(a, b);
    fg_posterior_free(a), fg_posterior_free(b);
    fg_graph_free(plain), fg_graph_free(guarded);
    fg_spec_free(&spec);
}
END_TEST

START_TEST(what_runs_away_is_begun_again) {
    fg_spec spec;
    fg_batch batch;
    fg_err err = {0};
    fg_fixture_layers(&spec, model);
    fg_run_options o = options(200, 0.7);
    fg_graph *graph = wire(&spec, &batch, SEED);
    fg_posterior *out;
    fg_train_info info;
    fg_train_place place = {0};
    fg_fixture_done(fg_train(&info, &out, graph, &place, &batch, &o, NULL, &err), &err);
    ck_assert_int_ge(place.retries, 1);
    ck_assert(!info.failed && info.rate == ldexp(1, -place.retries));
    ck_assert_msg(strstr(info.reason, "the energy rose to") != NULL, "%s", info.reason);
    ck_assert(info.run.energy < N * 20);
    fg_posterior_free(out);
    fg_graph_free(graph);
    /* Asked to stop, it names layer and iteration. */
    o.on_divergence = FG_ON_DIVERGENCE_STOP;
    graph = wire(&spec, &batch, SEED);
    ck_assert_int_eq(fg_train(&info, &out, graph, &place, &batch, &o, NULL, &err), FG_EDIVERGED);
    ck_assert(strstr(err.text, "iteration 199") && strstr(err.text, "layer 'dense2'"));
    ck_assert_ptr_null(out);
    fg_graph_free(graph);
    /* Too short a run is not judged. */
    o.iterations = 30;
    graph = wire(&spec, &batch, SEED);
    fg_fixture_done(fg_train(&info, &out, graph, &place, &batch, &o, NULL, &err), &err);
    ck_assert_str_eq(info.reason, "");
    fg_posterior_free(out);
    fg_graph_free(graph);
    fg_spec_free(&spec);
}
END_TEST

/* Stopped in the attempt after the first, and before that has shown that it fails: the end is the same. */
START_TEST(stopped_runs_go_on_in_the_same_attempt) {
    static const int stops[] = {100, 250};
    fg_spec spec;
    fg_batch batch;
    fg_err err = {0};
    fg_fixture_layers(&spec, model);
    fg_run_options o = options(200, 0.7);
    fg_graph *graph = wire(&spec, &batch, SEED);
    fg_posterior *whole, *out;
    fg_train_info info;
    fg_train_place place = {0};
    fg_fixture_done(fg_train(&info, &whole, graph, &place, &batch, &o, NULL, &err), &err);
    int retries = place.retries;
    fg_graph_free(graph);
    for (size_t i = 0; i < sizeof stops / sizeof *stops; i++) {
        fg_state state = {0};
        int left = stops[i];
        fg_run_hook hook = {stop_at, &left};
        place = (fg_train_place){0};
        graph = wire(&spec, &batch, SEED);
        fg_fixture_done(fg_train(&info, &out, graph, &place, &batch, &o, &hook, &err), &err);
        ck_assert(info.run.stopped);
        fg_fixture_done(fg_train_suspend(&state, graph, &place, &err), &err);
        fg_posterior_free(out);
        fg_graph_free(graph);
        graph = wire(&spec, &batch, SEED);
        fg_fixture_done(fg_train_resume(&place, graph, &state, &err), &err);
        fg_fixture_done(fg_train(&info, &out, graph, &place, &batch, &o, NULL, &err), &err);
        ck_assert_int_eq(place.retries, retries);
        same_posteriors(out, whole);
        fg_posterior_free(out);
        fg_graph_free(graph);
        fg_state_free(&state);
    }
    fg_posterior_free(whole);
    fg_spec_free(&spec);
}
END_TEST

START_TEST(stopped_runs_go_on_in_the_same_graph) {
    fg_spec spec;
    fg_batch batch;
    fg_err err = {0};
    fg_posterior *whole, *out;
    fg_train_info info;
    int left = 250;
    fg_run_hook hook = {stop_at, &left};
    fg_fixture_layers(&spec, model);
    fg_run_options o = options(200, 0.7);
    fg_train_place place = {0};
    fg_graph *graph = wire(&spec, &batch, SEED);
    fg_fixture_done(fg_train(&info, &whole, graph, &place, &batch, &o, NULL, &err), &err);
    fg_graph_free(graph);
    graph = wire(&spec, &batch, SEED);
    place = (fg_train_place){0};
    fg_fixture_done(fg_train(&info, &out, graph, &place, &batch, &o, &hook, &err), &err);
    ck_assert(info.run.stopped && place.retries == 1);
    fg_posterior_free(out);
    fg_fixture_done(fg_train(&info, &out, graph, &place, &batch, &o, NULL, &err), &err);
    same_posteriors(out, whole);
    fg_posterior_free(out);
    fg_posterior_free(whole);
    fg_graph_free(graph);
    fg_spec_free(&spec);
}
END_TEST

START_TEST(places_that_make_no_sense_are_refused) {
    static const char *const bad[] = {"",         "1",         "1 2 3",    "1 2 3 0 0", "4 2 3 0",
                                      "-1 2 3 0", "0.5 2 3 0", "0 -2 3 0", "0 2 nan 0", "0 2 inf 0",
                                      "0 2 3 2",  "0 2 3 x",   " 0 2 3 0", "0 2 3 0 "};
    fg_spec spec;
    fg_batch batch;
    fg_err err = {0};
    fg_state state = {0};
    fg_posterior *out;
    fg_train_info info;
    fg_train_place place = {0};
    fg_fixture_layers(&spec, model);
    fg_run_options o = options(5, 0.9);
    fg_graph *graph = wire(&spec, &batch, SEED);
    fg_fixture_done(fg_train(&info, &out, graph, &place, &batch, &o, NULL, &err), &err);
    fg_fixture_done(fg_train_suspend(&state, graph, &place, &err), &err);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        fg_fixture_done(fg_tensors_set(state.resume, "resume_train", bad[i], &err), &err);
        ck_assert_msg(fg_train_resume(&place, graph, &state, &err) == FG_EFORMAT, "taken: \"%s\"", bad[i]);
        ck_assert_ptr_nonnull(strstr(err.text, "metadata 'resume_train'"));
    }
    fg_fixture_done(fg_tensors_set(state.resume, "resume_train", "2 -1 -1 1", &err), &err);
    fg_fixture_done(fg_train_resume(&place, graph, &state, &err), &err);
    ck_assert(place.retries == 2 && place.before < 0 && graph->learned);
    fg_state_free(&state);
    fg_posterior_free(out);
    fg_graph_free(graph);
    fg_spec_free(&spec);
}
END_TEST

/* Nothing but the input is observed; or all there is stands in the spec. */
START_TEST(batches_may_name_nothing) {
    fg_spec specs[2];
    float x[4 * INPUTS] = {1, 2, 3};
    fg_err err = {0};
    fg_fixture_layers(&specs[0], "4 observation dense:3,activation=tanh");
    fg_fixture_graph(&specs[1], 5);
    fg_fixture_unary(&specs[1], 0, 1, 1);
    for (int i = 0; i < 2; i++) {
        const fg_batch none = {0}, wrong = {.n = 3, .labels = (int32_t[]){0, 1, 2}};
        fg_run_options o = options(5, 0.5);
        fg_posterior *out;
        fg_train_info info;
        fg_train_place place = {0};
        fg_graph *graph = fg_fixture_create(&specs[i], 4, SEED);
        if (i == 0)
            fg_fixture_done(fg_graph_set_input(graph, x, FG_ORDER_HWC, NULL, &err), &err);
        ck_assert_int_eq(fg_train(&info, &out, graph, &place, &wrong, &o, NULL, &err), FG_EINVAL);
        ck_assert_ptr_null(out);
        fg_fixture_done(fg_train(&info, &out, graph, &place, &none, &o, NULL, &err), &err);
        ck_assert(out->n == (i == 0 ? 2 : 0) && !info.failed);
        fg_posterior_free(out);
        fg_graph_free(graph);
        fg_spec_free(&specs[i]);
    }
}
END_TEST

START_TEST(no_memory_keeps_what_was_suspended) {
    fg_spec spec;
    fg_batch batch;
    fg_err err = {0};
    fg_state state = {0};
    fg_fixture_layers(&spec, model);
    fg_run_options o = options(5, 0.9);
    fg_graph *graph = wire(&spec, &batch, SEED);
    fg_train_place place = {1, 2, 3};
    fg_fixture_done(fg_graph_run(NULL, graph, &o, NULL, &err), &err);
    fg_fixture_done(fg_train_suspend(&state, graph, &place, &err), &err);
    place.retries = 2;
    for (uint64_t n = 1;; n++) {
        const fg_tensors *before = state.resume;
        fg_mem_fail_at(n);
        int status = fg_train_suspend(&state, graph, &place, &err);
        fg_mem_fail_at(0);
        ck_assert_ptr_nonnull(fg_tensors_meta(state.resume, "resume_train"));
        if (status == FG_OK)
            break;
        ck_assert(status == FG_ENOMEM && state.resume == before);
    }
    ck_assert_str_eq(fg_tensors_meta(state.resume, "resume_train"), "2 2 3 0");
    fg_state_free(&state);
    fg_graph_free(graph);
    fg_spec_free(&spec);
}
END_TEST

START_TEST(no_memory_leaves_nothing_behind) {
    fg_spec spec;
    fg_batch batch;
    fg_err err = {0};
    fg_fixture_layers(&spec, model);
    fg_run_options o = options(200, 0.7);
    fg_graph *graph = wire(&spec, &batch, SEED);
    size_t held = fg_mem_held();
    for (uint64_t n = 1;; n++) {
        fg_posterior *out;
        fg_train_info info;
        fg_train_place place = {0};
        fg_graph_reset(graph);
        fg_mem_fail_at(n);
        int status = fg_train(&info, &out, graph, &place, &batch, &o, NULL, &err);
        fg_mem_fail_at(0);
        ck_assert_int_eq(status != FG_OK, !out);
        fg_posterior_free(out);
        ck_assert_uint_eq(fg_mem_held(), held);
        if (status == FG_OK)
            break;
        ck_assert_int_eq(status, FG_ENOMEM);
    }
    fg_graph_free(graph);
    fg_spec_free(&spec);
}
END_TEST

FG_TEST_MAIN("engine/train", what_ends_well_is_as_without_a_look, what_runs_away_is_begun_again,
             stopped_runs_go_on_in_the_same_attempt, stopped_runs_go_on_in_the_same_graph,
             places_that_make_no_sense_are_refused, batches_may_name_nothing,
             no_memory_keeps_what_was_suspended, no_memory_leaves_nothing_behind)
