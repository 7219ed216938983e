/* What holds for all factors on grids: margins stay as they are, and chance, threads, instruction sets,
 * resets and interruptions change no byte. */
#include "engine/planar_internal.h"
#include "engine/state.h"

enum { N = FG_SLOW > 1 ? 1 : 2, MODELS = 5 };

static const char *const models[MODELS] = {
    "37x33x3 observation:robust=tukey,share_channels=true tconv:4,activation=relu,robust=tukey,threshold=2",
    "40x29x1 observation:sigma=0.2,robust=huber tconv:2,kernel=11,sigma=0.2",
    "41x31x2 observation:sigma=0.2,robust=huber pairwise:robust=huber tconv:3,kernel=2 upsample tconv:2",
    "33x35x3 mixture tconv:4 upsample tconv:4,activation=tanh,damping=0.3",
    "35x17x3 mixture:sigma=0.1 upsample:sigma=0.2 upsample:sigma=0.3",
};

static fg_graph *create(const fg_spec *spec, uint64_t seed) {
    fg_draws d = {5, 0};
    fg_err err;
    fg_graph *g = fg_fixture_create(spec, N, seed);
    float *x = fg_planar_picture(N * fg_shape_size(spec->input), &d);
    for (size_t i = 0; i < N * fg_shape_size(spec->input); i++)
        x[i] = 0.5f + 0.1f * x[i];
    fg_fixture_done(fg_graph_set_input(g, x, FG_ORDER_HWC, NULL, &err), &err);
    free(x);
    return g;
}

START_TEST(threads_and_instruction_sets_do_not_matter) {
    static const int threads[] = {1, 2, 3};
    for (int m = 0; m < MODELS; m++) {
        fg_spec spec;
        fg_planar_look first = {0, NULL};
        fg_err err;
        fg_fixture_layers(&spec, models[m]);
        for (int i = 0; i < 3; i++) {
            fg_threads_set(threads[i]);
            fg_graph *g = create(&spec, 1);
            ck_assert_msg(fg_planar_agrees(&first, fg_planar_look_after(g, 3)), "model %d, %d threads", m,
                          threads[i]);
            fg_graph_free(g);
        }
        for (int isa = 0; isa <= (int)fg_isa_best(); isa++) {
            fg_fixture_done(fg_isa_select(fg_isa_name((fg_isa)isa), &err), &err);
            fg_graph *g = create(&spec, 1);
            ck_assert_msg(fg_planar_agrees(&first, fg_planar_look_after(g, 3)), "model %d, %s", m,
                          fg_isa_name((fg_isa)isa));
            fg_graph_free(g);
        }
        fg_isa_select(NULL, NULL);
        fg_threads_set(0);
        free(first.data);
        fg_spec_free(&spec);
    }
}
END_TEST

START_TEST(seeds_and_resets) {
    for (int m = 0; m < MODELS; m++) {
        fg_spec spec;
        fg_fixture_layers(&spec, models[m]);
        fg_graph *g = create(&spec, 1), *other = create(&spec, 2);
        fg_planar_look first = fg_planar_look_after(g, 3), differs = fg_planar_look_after(other, 3);
        ck_assert_msg(!fg_planar_same(&first, &differs), "model %d: the seed changes nothing", m);
        fg_graph_reset(g);
        ck_assert_msg(fg_planar_agrees(&first, fg_planar_look_after(g, 3)), "model %d: after a reset", m);
        free(first.data), free(differs.data);
        fg_graph_free(g), fg_graph_free(other);
        fg_spec_free(&spec);
    }
}
END_TEST

/* Three iterations, and three more in another graph, are six. */
START_TEST(interrupted_runs_go_on) {
    for (int m = 0; m < MODELS; m++) {
        fg_spec spec;
        fg_err err;
        fg_fixture_layers(&spec, models[m]);
        fg_graph *whole = create(&spec, 1), *begun = create(&spec, 1), *resumed = create(&spec, 1);
        fg_state state = {.seed = 1};
        fg_planar_look six = fg_planar_look_after(whole, 6), three = fg_planar_look_after(begun, 3);
        fg_fixture_done(fg_state_suspend(&state, begun, &err), &err);
        fg_fixture_done(fg_state_resume(resumed, &state, &err), &err);
        ck_assert_msg(fg_planar_agrees(&three, fg_planar_look_at(resumed)), "model %d: as it was put down",
                      m);
        ck_assert_msg(fg_planar_agrees(&six, fg_planar_look_after(resumed, 3)), "model %d: as it went on", m);
        fg_state_free(&state);
        free(six.data), free(three.data);
        fg_graph_free(whole), fg_graph_free(begun), fg_graph_free(resumed);
        fg_spec_free(&spec);
    }
}
END_TEST

static void check_margins(const fg_group *g, int model) {
    unsigned char *pixel = fg_oracle_alloc(g->slots, 1);
    for (size_t n = 0; n < g->n; n++)
        for (size_t f = 0; f < fg_shape_size(g->shape); f++)
            pixel[fg_group_slot(g, n, f)]++;
    for (size_t i = 0; i < g->slots; i++) {
        ck_assert(pixel[i] <= 1);
        if (!pixel[i])
            ck_assert_msg(g->mean[i] == 0 && g->eta[i] == 0 && g->lambda[i] == FG_MARGIN_LAMBDA,
                          "model %d, %s: slot %zu of the margin", model, g->name, i);
        else
            ck_assert(g->lambda[i] > 0 && g->lambda[i] < 1e9f);
    }
    free(pixel);
}

START_TEST(margins_stay) {
    for (int m = 0; m < MODELS; m++) {
        fg_spec spec;
        fg_fixture_layers(&spec, models[m]);
        fg_graph *g = create(&spec, 1);
        fg_run_info info = fg_planar_run(g, 8, 0.5, 0.3);
        ck_assert(info.rejected == 0);
        for (int i = 0; i < g->net.n_groups; i++)
            if (g->net.groups[i].margin)
                check_margins(&g->net.groups[i], m);
        fg_graph_free(g);
        fg_spec_free(&spec);
    }
}
END_TEST

/* Up to iteration 5 as if no observation were weakened, then otherwise; and no run ends before that. */
START_TEST(robust_weights_act_late) {
    static const char *const text[] = {
        "33x20x3 observation:sigma=0.1,robust=tukey,threshold=0.01,robust_after=5%s pairwise",
        "33x20x3 observation:sigma=0.1,robust=tukey,threshold=1e6%s pairwise",
    };
    for (int shared = 0; shared < 2; shared++) {
        fg_graph *g[2];
        fg_spec spec[2];
        for (int i = 0; i < 2; i++) {
            char layers[128];
            snprintf(layers, sizeof layers, text[i], shared ? ",share_channels=true" : "");
            fg_fixture_layers(&spec[i], layers);
            g[i] = create(&spec[i], 1);
        }
        for (int i = 0; i < 2; i++)
            fg_planar_run(g[i], 5, 0.5, 0);
        fg_planar_look late = fg_planar_look_at(g[0]), never = fg_planar_look_at(g[1]);
        ck_assert(fg_planar_same(&late, &never));
        free(late.data), free(never.data);
        for (int i = 0; i < 2; i++)
            fg_planar_run(g[i], 1, 0.5, 0);
        late = fg_planar_look_at(g[0]), never = fg_planar_look_at(g[1]);
        ck_assert(!fg_planar_same(&late, &never));
        free(late.data), free(never.data);
        fg_graph_reset(g[0]);
        fg_run_options loose = fg_fixture_run(20, 0.5, 1e9);
        fg_run_info info;
        fg_err err;
        fg_fixture_done(fg_graph_run(&info, g[0], &loose, NULL, &err), &err);
        ck_assert_int_eq(info.iterations, 6);
        for (int i = 0; i < 2; i++) {
            fg_graph_free(g[i]);
            fg_spec_free(&spec[i]);
        }
    }
}
END_TEST

FG_TEST_MAIN("engine/planar", threads_and_instruction_sets_do_not_matter, seeds_and_resets,
             interrupted_runs_go_on, margins_stay, robust_weights_act_late)
