#include "engine/suspending_internal.h"

/* Models of every kind of layer and of messages. */
static const char *const models[] = {
    "2 dense:8,activation=leaky_relu,weight_prior=3,sigma=0.1 dense:2,sigma=0.1 softmax:sigma=0.1",
    "1 observation:sigma=0.02 dense:5,activation=sigmoid,weight_prior=6,sigma=0.005 dense:1,sigma=0.01 "
    "regression:sigma=0.05",
    "2 observation:sigma=0.3,robust=huber,threshold=1.2 "
    "dense:3,activation=tanh,sigma=0.1,damping=0.5,dropout=0.3 "
    "dense:2,sigma=0.1 softmax:sigma=0.2",
    "2 dense:3,name=resume,activation=elu,sigma=0.1 dense:2,name=weight,sigma=0.1 softmax:name=eta",
    "6x4x2 observation:sigma=0.2,robust=tukey,threshold=2 pairwise:sigma=0.5,robust=tukey,threshold=1",
    "6x4x2 features:5,kernel=3,size=2,draw=patches,activation=relu dense:2,covariance=full,sigma=0.1 "
    "softmax:likelihood=categorical",
};

static void same_when_written(const fg_state *state, const char *text, size_t size) {
    char *again;
    size_t again_size;
    fg_err err = {0};
    FILE *stream = open_memstream(&again, &again_size);
    fg_fixture_done(fg_state_write(stream, state, &err), &err);
    fclose(stream);
    ck_assert_uint_eq(size, again_size);
    ck_assert_mem_eq(text, again, size);
    free(again);
}

/* `before` iterations, through a file, and on to `total`: the same bytes as without the stop, and the same as
 * far as the stopped run had come. */
static void check_resumed(const fg_spec *spec, const fg_run_options *options, int before, int total) {
    size_t n = spec->is_explicit ? 1 : N, half_size, whole_size, resumed_size;
    char *half, *whole, *resumed;
    fg_run_info info, resumed_info;
    fg_state state;
    fg_err err = {0};
    fg_graph *graph = fg_suspending_wire(spec, n, 3);
    fg_suspending_run(NULL, graph, options, before);
    fg_suspending_bytes(&half, &half_size, graph, spec, 3);
    fg_suspending_run(&info, graph, options, total - before);
    fg_suspending_bytes(&whole, &whole_size, graph, spec, 3);
    fg_suspending_read(&state, half, half_size);
    same_when_written(&state, half, half_size);
    fg_graph *other = fg_suspending_wire(&state.spec, n, state.seed);
    fg_fixture_done(fg_state_resume(other, &state, &err), &err);
    ck_assert_int_eq(fg_graph_iterations(other), before);
    fg_suspending_run(&resumed_info, other, options, total - before);
    fg_suspending_bytes(&resumed, &resumed_size, other, spec, 3);
    ck_assert(info.change == resumed_info.change && info.energy == resumed_info.energy);
    ck_assert(info.improper == resumed_info.improper && info.rejected == resumed_info.rejected);
    if (!spec->is_explicit)
        fg_suspending_same_marginals(graph, other);
    ck_assert_uint_eq(whole_size, resumed_size);
    ck_assert_mem_eq(whole, resumed, whole_size);
    ck_assert(half_size != whole_size || memcmp(half, whole, whole_size) != 0);
    free(half), free(whole), free(resumed);
    fg_graph_free(graph), fg_graph_free(other);
    fg_state_free(&state);
}

static const fg_schedule schedules[] = {FG_SCHEDULE_SWEEP, FG_SCHEDULE_SYNCHRONOUS, FG_SCHEDULE_RANDOM,
                                        FG_SCHEDULE_RESIDUAL};

START_TEST(resumed_is_as_never_stopped) {
    size_t held = fg_mem_held();
    for (size_t m = 0; m < sizeof models / sizeof *models; m++) {
        fg_spec spec;
        fg_fixture_layers(&spec, models[m]);
        for (size_t s = 0; s < sizeof schedules / sizeof *schedules; s++)
            for (int dropout = 0; dropout < 2; dropout++)
                for (int k = 1; k <= 13; k += k < 3 ? 1 : 5) {
                    fg_run_options options = fg_fixture_run(0, 0.7, 0);
                    options.schedule = schedules[s];
                    options.dropout = 0.5 * dropout;
                    options.init = k % 2 ? FG_INIT_RANDOM : FG_INIT_FORWARD;
                    check_resumed(&spec, &options, k, 20);
                }
        fg_spec_free(&spec);
    }
    ck_assert_uint_eq(fg_mem_held(), held);
}
END_TEST

START_TEST(relinearisation_goes_on_in_step) {
    for (size_t m = 0; m < 3; m++) {
        fg_spec spec;
        fg_fixture_layers(&spec, models[m]);
        for (int k = 4; k < 8; k++) {
            fg_run_options options = fg_fixture_run(0, 0.8, 0);
            options.relinearise = 3;
            options.relinearise_beta = k % 2 ? 0.1 : 0;
            check_resumed(&spec, &options, k, 15);
        }
        fg_spec_free(&spec);
    }
}
END_TEST

static void explicit_loop(fg_spec *spec) {
    fg_fixture_graph(spec, 5);
    fg_fixture_prior(spec, 0, 1, 2);
    for (size_t i = 0; i < 4; i++)
        fg_fixture_link(spec, i, (i + 1) % 4, 1, -0.8, 0.1 * (double)i, 1.5);
    fg_fixture_unary(spec, 2, -3, 0.5)->robust = FG_ROBUST_HUBER;
    spec->graph.factors[4].threshold = 0.5;
}

START_TEST(an_explicit_graph_goes_on_too) {
    size_t held = fg_mem_held();
    for (size_t s = 0; s < sizeof schedules / sizeof *schedules; s++)
        for (int k = 1; k < 6; k += 2) {
            fg_spec spec;
            explicit_loop(&spec); /* variable 4 is touched by nothing */
            fg_run_options options = fg_fixture_run(0, 0.3, 0);
            options.schedule = schedules[s];
            options.dropout = s == 1 ? 0.2 : 0;
            check_resumed(&spec, &options, k, 12);
            fg_spec_free(&spec);
        }
    ck_assert_uint_eq(fg_mem_held(), held);
}
END_TEST

/* Learned priors are part of what is kept: the state that was trained on is gone. */
START_TEST(priors_from_earlier_training_are_kept) {
    fg_spec spec;
    fg_posterior *posterior;
    fg_state state = {0};
    fg_err err = {0};
    char *whole, *resumed;
    size_t size, resumed_size;
    fg_run_options options = fg_fixture_run(0, 0.7, 0);
    fg_fixture_layers(&spec, models[0]);
    fg_graph *first = fg_suspending_wire(&spec, N, 5), *second = fg_suspending_wire(&spec, N, 6),
             *third = fg_suspending_wire(&spec, N, 6);
    fg_suspending_run(NULL, first, &options, 10);
    fg_fixture_done(fg_graph_posterior(&posterior, first, &err), &err);
    fg_fixture_done(fg_graph_set_priors(second, posterior, &err), &err);
    fg_suspending_run(NULL, second, &options, 5);
    fg_fixture_done(fg_state_suspend(&state, second, &err), &err);
    fg_fixture_done(fg_state_resume(third, &state, &err), &err);
    fg_suspending_run(NULL, second, &options, 5);
    fg_suspending_run(NULL, third, &options, 5);
    fg_suspending_bytes(&whole, &size, second, &spec, 6);
    fg_suspending_bytes(&resumed, &resumed_size, third, &spec, 6);
    ck_assert_uint_eq(size, resumed_size);
    ck_assert_mem_eq(whole, resumed, size);
    free(whole), free(resumed);
    fg_posterior_free(posterior);
    fg_graph_free(first), fg_graph_free(second), fg_graph_free(third);
    fg_state_free(&state);
    fg_spec_free(&spec);
}
END_TEST

/* In random order convergence is judged over rounds that may be cut by the stop. */
START_TEST(convergence_is_found_in_the_same_iteration) {
    fg_spec spec;
    fg_run_info whole, first, second;
    fg_err err = {0};
    fg_fixture_layers(&spec, models[4]);
    for (size_t s = 0; s < sizeof schedules / sizeof *schedules; s++) {
        fg_run_options options = fg_fixture_run(0, 0.3, 0.001);
        options.schedule = schedules[s];
        fg_graph *graph = fg_suspending_wire(&spec, N, 2);
        fg_suspending_run(&whole, graph, &options, 5000);
        ck_assert_int_eq(whole.converged, 1);
        for (int k = 1; k < whole.iterations; k += whole.iterations / 16 + 1) {
            fg_state state = {0};
            fg_graph *stopped = fg_suspending_wire(&spec, N, 2), *resumed = fg_suspending_wire(&spec, N, 2);
            fg_suspending_run(&first, stopped, &options, whole.iterations - k);
            fg_fixture_done(fg_state_suspend(&state, stopped, &err), &err);
            fg_fixture_done(fg_state_resume(resumed, &state, &err), &err);
            fg_suspending_run(&second, resumed, &options, 5000);
            ck_assert_int_eq(first.iterations + second.iterations, whole.iterations);
            fg_graph_free(stopped), fg_graph_free(resumed);
            fg_state_free(&state);
        }
        fg_graph_free(graph);
    }
    fg_spec_free(&spec);
}
END_TEST

static void suspended(fg_state *state, fg_spec *spec, const char *model) {
    fg_err err = {0};
    fg_run_options options = fg_fixture_run(0, 0.7, 0);
    fg_fixture_layers(spec, model);
    fg_graph *graph = fg_suspending_wire(spec, N, 1);
    fg_suspending_run(NULL, graph, &options, 4);
    *state = (fg_state){0};
    fg_fixture_done(fg_state_suspend(state, graph, &err), &err);
    fg_graph_free(graph);
}

static void refuse(const fg_state *state, const fg_spec *spec, size_t n, const char *message) {
    fg_err err = {0};
    fg_graph *graph = fg_suspending_wire(spec, n, 1);
    ck_assert_msg(fg_state_resume(graph, state, &err) == FG_EFORMAT, "taken: %s", message);
    ck_assert_msg(strstr(err.text, message) != NULL, "%s", err.text);
    fg_graph_free(graph);
}

START_TEST(other_data_and_other_models_are_refused) {
    fg_spec spec, other;
    fg_state state, none = {0};
    suspended(&state, &spec, models[0]);
    refuse(&state, &spec, 1, "missing or was of another size (other data or options?)");
    refuse(&state, &spec, N - 1,
           "the interrupted run is over 21 observations, not 20"); /* padded to the same size */
    fg_fixture_layers(&other, "2 dense:9,activation=leaky_relu dense:2 softmax");
    refuse(&state, &other, N, "the state cannot be resumed here: 'resume/dense1");
    fg_spec_free(&other);
    fg_fixture_layers(&other, "2 dense:8,activation=leaky_relu dense:8 dense:2 softmax");
    refuse(&state, &other, N, "the state cannot be resumed here");
    fg_spec_free(&other);
    fg_fixture_layers(&other, models[4]);
    refuse(&state, &other, N, "the state cannot be resumed here");
    fg_spec_free(&other);
    refuse(&none, &spec, N, "the state holds no interrupted run");
    fg_state_free(&state);
    fg_spec_free(&spec);
}
END_TEST

START_TEST(damaged_tensors_are_refused) {
    static const float bad[] = {NAN, INFINITY, -INFINITY};
    fg_spec spec;
    fg_state state;
    suspended(&state, &spec, models[0]);
    for (size_t i = 0; i < state.resume->n; i++) {
        fg_tensor *t = &state.resume->items[i].tensor;
        size_t last = fg_tensor_count(t) - 1, size = fg_dtype_size(t->dtype);
        unsigned char *at = (unsigned char *)t->data + last * size, kept[8];
        memcpy(kept, at, size);
        for (size_t b = 0; b < 3; b++) {
            double wide = (double)bad[b];
            memcpy(at, size == 8 ? (void *)&wide : (void *)&bad[b], size);
            refuse(&state, &spec, N, state.resume->items[i].name);
        }
        memcpy(at, kept, size);
        t->dims[0]--;
        refuse(&state, &spec, N, state.resume->items[i].name);
        t->dims[0]++;
        fg_dtype dtype = t->dtype;
        t->dtype = dtype == FG_F32 ? FG_I32 : FG_I64;
        refuse(&state, &spec, N, state.resume->items[i].name);
        t->dtype = dtype;
    }
    fg_graph *graph = fg_suspending_wire(&spec, N, 1);
    fg_err err = {0};
    fg_fixture_done(fg_state_resume(graph, &state, &err), &err);
    fg_graph_free(graph);
    fg_state_free(&state);
    fg_spec_free(&spec);
}
END_TEST

START_TEST(a_position_that_makes_no_sense_is_refused) {
    static const char *const bad[] = {"",
                                      "4",
                                      "4 ",
                                      "4 111",
                                      "4 111 0",
                                      "4 21",
                                      "4 21 ",
                                      "4 21 111",
                                      "4 21 111 ",
                                      "4 21 1111 0",
                                      "4 21 11 0",
                                      "4 21 118 0",
                                      "0 21 111 0",
                                      "-4 21 111 0",
                                      " 4 21 111 0",
                                      "421 111 0",
                                      "x 21 111 0",
                                      "4  21 111 0",
                                      "4 21  111 0",
                                      "4 22 111 0",
                                      "4 021 111 0",
                                      "+4 21 111 0",
                                      "4 21 111 x",
                                      "4 21 111 0 ",
                                      "4 21 111 nan",
                                      "4 21 111 -1",
                                      "4 21 111 inf",
                                      "4 21 111 0x1p-3",
                                      "1000000001 21 111 0",
                                      "99999999999999999999 21 111 0"};
    fg_spec spec;
    fg_state state;
    fg_err err = {0};
    suspended(&state, &spec, models[0]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        fg_fixture_done(fg_tensors_set(state.resume, "resume", bad[i], &err), &err);
        refuse(&state, &spec, N, "metadata 'resume'");
    }
    fg_state_free(&state);
    fg_spec_free(&spec);
}
END_TEST

START_TEST(suspending_again_replaces_what_was_kept) {
    size_t held = fg_mem_held();
    fg_spec spec;
    fg_state state;
    fg_err err = {0};
    suspended(&state, &spec, models[0]);
    fg_run_options options = fg_fixture_run(0, 0.7, 0);
    fg_graph *graph = fg_suspending_wire(&spec, N, 1), *other = fg_suspending_wire(&spec, N, 1);
    fg_suspending_run(NULL, graph, &options, 9);
    fg_fixture_done(fg_state_suspend(&state, graph, &err), &err);
    fg_fixture_done(fg_state_resume(other, &state, &err), &err);
    ck_assert_int_eq(fg_graph_iterations(other), 9);
    fg_graph_free(graph), fg_graph_free(other);
    fg_state_free(&state);
    fg_spec_free(&spec);
    ck_assert_uint_eq(fg_mem_held(), held);
}
END_TEST

START_TEST(no_memory_leaves_nothing_behind) {
    fg_spec spec;
    fg_err err = {0};
    fg_fixture_layers(&spec, models[1]);
    fg_run_options options = fg_fixture_run(0, 0.7, 0);
    fg_graph *graph = fg_suspending_wire(&spec, N, 1);
    fg_suspending_run(NULL, graph, &options, 2);
    size_t held = fg_mem_held();
    for (uint64_t n = 1;; n++) {
        fg_state state = {0};
        fg_mem_fail_at(n);
        int status = fg_state_suspend(&state, graph, &err);
        fg_mem_fail_at(0);
        ck_assert_int_eq(status != FG_OK, !state.resume);
        fg_state_free(&state);
        ck_assert_uint_eq(fg_mem_held(), held);
        if (status == FG_OK)
            break;
        ck_assert_int_eq(status, FG_ENOMEM);
    }
    fg_graph_free(graph);
    fg_spec_free(&spec);
}
END_TEST

FG_TEST_MAIN("engine/suspend", resumed_is_as_never_stopped, relinearisation_goes_on_in_step,
             an_explicit_graph_goes_on_too, priors_from_earlier_training_are_kept,
             convergence_is_found_in_the_same_iteration, other_data_and_other_models_are_refused,
             damaged_tensors_are_refused, a_position_that_makes_no_sense_is_refused,
             suspending_again_replaces_what_was_kept, no_memory_leaves_nothing_behind)
