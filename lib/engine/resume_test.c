/* Runs of many kinds of models that are stopped in some iteration and taken up again: the same bytes, after
 * as many iterations, as of runs that never were. */
#include "engine/suspending_internal.h"

static const char *const models[] = {
    "2 dense:8,activation=leaky_relu,sigma=0.1,damping=0.9 dense:2,sigma=0.1 softmax:sigma=0.1",
    "2 observation:sigma=0.3 dense:3,activation=tanh,name=input dense:1 regression",
    "2 observation:sigma=0.3 dense:3,activation=tanh,name=schedule dense:2,name=variables softmax:name=out",
    "6x4x2 observation:sigma=0.2,robust=tukey,threshold=2,robust_after=9 pairwise:sigma=0.5,dropout=0.4",
    "6x4x2 observation:sigma=0.2 conv:3,kernel=2,activation=tanh,sigma=0.1 max_pool:2 dense:2,sigma=0.1 "
    "softmax:sigma=0.2",
    "6x4x2 conv:3,kernel=2,sigma=0.1 conv:17,kernel=2,sigma=0.1 avg_pool:2 dense:1 regression",
    "1x1x20 observation:sigma=0.3 conv:18,kernel=1,sigma=0.1 dense:2 softmax",
    "6x4x2 mixture:sigma=0.1,robust_after=8 tconv:2,kernel=2,activation=tanh,learn_after=12",
    "6x4x2 observation:sigma=0.3 pairwise:sigma=0.4 tconv:2,kernel=3,name=input,dropout=0.3 "
    "upsample:sigma=0.3",
    "5x4x1 observation:sigma=0.3 tconv:2,kernel=2,learn_after=12 conv:2,kernel=2 dense:2 softmax",
    "6x4x2 observation:sigma=0.1 upsample:sigma=0.1 tconv:2,kernel=2,robust=huber,threshold=1",
    "6x4x2 features:5,kernel=3,size=2,activation=relu dense:4,covariance=full,sigma=0.1 dense:2 "
    "softmax:likelihood=categorical",
    "6x4x2 features:5,kernel=3,draw=whitened,activation=relu dense:2,covariance=full,sigma=0.1 softmax",
};
enum { MODELS = sizeof models / sizeof *models, CUTS = FG_SLOW > 1 ? 2 : 6, MOST = 37, EARLIER = 7 };

static fg_run_options draw_options(fg_draws *d) {
    fg_run_options o = fg_fixture_run(MOST, fg_draw(d, 0.5, 0.9), 0);
    o.schedule = fg_draw(d, 0, 1) < 0.4 ? FG_SCHEDULE_RANDOM : (fg_schedule)fg_draw_below(d, 4);
    o.dropout = fg_draw(d, 0, 1) < 0.5 ? 0 : 0.4;
    o.init = fg_draw(d, 0, 1) < 0.5 ? FG_INIT_RANDOM : FG_INIT_FORWARD;
    o.tol = fg_draw(d, 0, 1) < 0.3 ? 0.02 : 0;
    o.settle = fg_draw(d, 0, 1) < 0.5 ? fg_draw(d, 0.001, 0.1) : 0;
    o.fit = fg_draw(d, 0, 1) < 0.2 ? 1 : 0;
    o.relinearise = fg_draw(d, 0, 1) < 0.3 ? 3 : 1;
    o.relinearise_lag = fg_draw(d, 0, 1) < 0.5 ? 0 : 0.8;
    o.relinearise_beta = fg_draw(d, 0, 1) < 0.8 ? 0 : 0.1;
    o.extrapolate = fg_draw(d, 0, 1) < 0.5 ? 0 : 1;
    return o;
}

/* What an earlier run over the same data taught. */
static fg_posterior *learn(const fg_spec *spec) {
    fg_posterior *posterior;
    fg_err err;
    fg_run_options options = fg_fixture_run(EARLIER, 0.7, 0);
    fg_graph *graph = fg_suspending_wire(spec, N, 5);
    fg_suspending_run(NULL, graph, &options, EARLIER);
    fg_fixture_done(fg_graph_posterior(&posterior, graph, &err), &err);
    fg_graph_free(graph);
    return posterior;
}

static fg_graph *begin(const fg_spec *spec, const fg_posterior *earlier) {
    fg_err err;
    fg_graph *graph = fg_suspending_wire(spec, N, 3);
    if (earlier)
        fg_fixture_done(fg_graph_set_priors(graph, earlier, &err), &err);
    return graph;
}

static void check_cut(int model, const fg_spec *spec, const fg_run_options *options,
                      const fg_posterior *earlier, fg_draws *d) {
    char *text, *whole, *resumed;
    size_t size, whole_size;
    fg_run_info info, first, second;
    fg_state state;
    fg_err err;
    fg_graph *graph = begin(spec, earlier), *cut = begin(spec, earlier);
    fflush(stdout);
    fg_suspending_run(&info, graph, options, MOST);
    fg_suspending_bytes(&whole, &whole_size, graph, spec, 3);
    const int before = 1 + (int)fg_draw_below(d, fg_draw(d, 0, 1) < 0.5 ? 1 : (size_t)info.iterations);
    fg_suspending_run(&first, cut, options, before);
    fg_suspending_bytes(&text, &size, cut, spec, 3);
    fg_suspending_read(&state, text, size);
    fg_graph *other = fg_suspending_wire(&state.spec, N, state.seed);
    fg_fixture_done(fg_state_resume(other, &state, &err), &err);
    second = first;
    if (before < info.iterations)
        fg_suspending_run(&second, other, options, MOST - before);
    ck_assert_msg(before == info.iterations || before + second.iterations == info.iterations,
                  "model %d: %d iterations, but %d and %d", model, info.iterations, before,
                  second.iterations);
    ck_assert(info.change == second.change && info.energy == second.energy &&
              info.converged == second.converged);
    fg_suspending_same_marginals(graph, other);
    fg_suspending_bytes(&resumed, &size, other, spec, 3);
    ck_assert_uint_eq(whole_size, size);
    ck_assert_mem_eq(whole, resumed, size);
    free(text), free(whole), free(resumed);
    fg_graph_free(graph), fg_graph_free(cut), fg_graph_free(other);
    fg_state_free(&state);
}

START_TEST(where_it_is_cut_does_not_matter) {
    const size_t held = fg_mem_held();
    for (int m = 0; m < MODELS; m++)
        for (int variant = 0; variant < 4; variant++) {
            fg_spec spec;
            fg_draws d = {(uint64_t)(4 * m + variant), 0};
            fg_fixture_layers(&spec, models[m]);
            spec.run.storage = variant % 2 ? FG_STORAGE_FACTOR : FG_STORAGE_EDGE;
            fg_posterior *earlier = variant / 2 ? learn(&spec) : NULL;
            for (int i = 0; i < CUTS; i++) {
                fg_run_options options = draw_options(&d);
                check_cut(m, &spec, &options, earlier, &d);
            }
            fg_posterior_free(earlier);
            fg_spec_free(&spec);
        }
    ck_assert_uint_eq(fg_mem_held(), held);
}
END_TEST

static void refuse(const fg_state *state, const fg_spec *spec, const char *message) {
    fg_err err = {0};
    fg_graph *graph = fg_suspending_wire(spec, N, 3);
    ck_assert_msg(fg_state_resume(graph, state, &err) == FG_EFORMAT, "taken: %s", message);
    ck_assert_msg(strstr(err.text, message) != NULL, "%s", err.text);
    fg_graph_free(graph);
}

static fg_tensor *tensor(fg_state *state, const char *name) {
    for (size_t i = 0; i < state->resume->n; i++)
        if (!strcmp(state->resume->items[i].name, name))
            return &state->resume->items[i].tensor;
    ck_abort_msg("no tensor '%s'", name);
}

START_TEST(a_place_that_makes_no_sense_is_refused) {
    static const double bad[][2] = {{2, 10},  {-1, 10}, {1, 20},  {0, 9},
                                    {1, -10}, {0.5, 0}, {NAN, 0}, {0, INFINITY}};
    fg_spec spec;
    fg_state state = {0};
    fg_err err = {0};
    fg_run_options options = fg_fixture_run(0, 0.7, 0);
    options.settle = 1e-9;
    fg_fixture_layers(&spec, models[1]);
    fg_graph *graph = fg_suspending_wire(&spec, N, 3);
    fg_suspending_run(NULL, graph, &options, 14);
    fg_fixture_done(fg_state_suspend(&state, graph, &err), &err);
    fg_graph_free(graph);
    fg_tensor *place = tensor(&state, "resume/schedule/place"),
              *means = tensor(&state, "resume/schedule/settling");
    ck_assert(((double *)place->data)[0] == 0 && ((double *)place->data)[1] == 10);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        memcpy(place->data, bad[i], sizeof bad[i]);
        refuse(&state, &spec, "'resume/schedule/place'");
    }
    memcpy(place->data, (double[]){0, 10}, 2 * sizeof(double));
    means->dims[0]--;
    refuse(&state, &spec, "tensor 'resume/schedule/settling' is missing or does not fit");
    means->dims[0]++;
    ((float *)means->data)[0] = NAN;
    refuse(&state, &spec, "tensor 'resume/schedule/settling'");
    fg_state_free(&state);
    fg_spec_free(&spec);
}
END_TEST

FG_TEST_MAIN("engine/resume", where_it_is_cut_does_not_matter, a_place_that_makes_no_sense_is_refused)
