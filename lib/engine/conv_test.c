/* Convolutions and pooling: chance, threads, instruction sets, resets and interruptions change no byte; with
 * constant parameters they are generic linear factors; a window's closed form; what cannot be wired. */
#include "engine/planar_internal.h"
#include "engine/state.h"

enum { MODELS = 6 };

typedef struct model {
    const char *text;
    size_t n;
    fg_storage storage;
} model;

static const model models[MODELS] = {
    {"14x13x1 conv:16,kernel=5,activation=leaky_relu max_pool:2 dense:10 softmax", 19, FG_STORAGE_EDGE},
    {"9x9x2 conv:18,kernel=3,activation=tanh avg_pool:2 conv:5,kernel=2 dense:3 softmax", 9, FG_STORAGE_EDGE},
    {"12x11x3 observation:sigma=0.2 conv:17,kernel=3,bias=false max_pool:3,damping=0.2", 7, FG_STORAGE_EDGE},
    {"8x9x1 observation pairwise conv:4,kernel=2,activation=softplus conv:20,kernel=7 softmax", 5,
     FG_STORAGE_EDGE},
    {"14x13x1 conv:16,kernel=5,activation=leaky_relu max_pool:2 dense:10 softmax", 19, FG_STORAGE_FACTOR},
    {"9x9x2 conv:18,kernel=3,activation=tanh avg_pool:2 conv:5,kernel=2 dense:3,bias=false softmax", 9,
     FG_STORAGE_FACTOR},
};

static void read_model(fg_spec *spec, int m) {
    fg_fixture_layers(spec, models[m].text);
    spec->run.storage = models[m].storage;
}

/* About half of the inputs are 0. */
static void bind(fg_graph *g, const fg_spec *spec, uint64_t seed) {
    fg_draws d = {seed, 0};
    fg_err err;
    size_t n = g->net.n, all = n * fg_shape_size(spec->input);
    float *x = fg_planar_picture(all, &d);
    int32_t *labels = fg_oracle_alloc(n, sizeof *labels);
    for (size_t i = 0; i < all; i++)
        x[i] = fg_draw(&d, 0, 1) < 0.5 ? 0 : x[i];
    fg_fixture_done(fg_graph_set_input(g, x, FG_ORDER_HWC, NULL, &err), &err);
    for (size_t i = 0; i < n; i++)
        labels[i] = (int32_t)(i % 3);
    if (g->targets)
        fg_fixture_done(fg_graph_set_labels(g, labels, &err), &err);
    free(x), free(labels);
}

static fg_graph *create(const fg_spec *spec, size_t n, uint64_t seed) {
    fg_graph *g = fg_fixture_create(spec, n, seed);
    bind(g, spec, 5);
    return g;
}

START_TEST(threads_and_instruction_sets_do_not_matter) {
    static const int threads[] = {1, 2, 3};
    for (int m = 0; m < MODELS; m++) {
        fg_spec spec;
        fg_planar_look first = {0, NULL};
        fg_err err;
        read_model(&spec, m);
        for (int i = 0; i < 3; i++) {
            fg_threads_set(threads[i]);
            fg_graph *g = create(&spec, models[m].n, 1);
            ck_assert_msg(fg_planar_agrees(&first, fg_planar_look_after(g, 3)), "model %d, %d threads", m,
                          threads[i]);
            fg_graph_free(g);
        }
        for (int isa = 0; isa <= (int)fg_isa_best(); isa++) {
            fg_fixture_done(fg_isa_select(fg_isa_name((fg_isa)isa), &err), &err);
            fg_graph *g = create(&spec, models[m].n, 1);
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

/* Other data leave nothing behind in a graph that is used again. */
START_TEST(seeds_and_resets) {
    for (int m = 0; m < MODELS; m++) {
        fg_spec spec;
        read_model(&spec, m);
        fg_graph *g = create(&spec, models[m].n, 1), *other = create(&spec, models[m].n, 2);
        fg_planar_look first = fg_planar_look_after(g, 3), differs = fg_planar_look_after(other, 3);
        ck_assert_msg(!fg_planar_same(&first, &differs), "model %d: the seed changes nothing", m);
        fg_graph_reset(g);
        bind(g, &spec, 6);
        fg_planar_run(g, 2, 0.5, 0.3);
        fg_graph_reset(g);
        bind(g, &spec, 5);
        ck_assert_msg(fg_planar_agrees(&first, fg_planar_look_after(g, 3)), "model %d: after other data", m);
        free(first.data), free(differs.data);
        fg_graph_free(g), fg_graph_free(other);
        fg_spec_free(&spec);
    }
}
END_TEST

/* Without a reset, messages over inputs that became 0 are gone, and the rest goes on. */
START_TEST(inputs_that_become_zero) {
    fg_spec spec;
    fg_err err;
    fg_fixture_layers(&spec, "2x2x1 conv:2,kernel=2,sigma=0.1,bias=false softmax");
    fg_graph *g = fg_fixture_create(&spec, 1, 1);
    const float x[] = {1, 2, 3, 4}, y[] = {0, 2, 0, 4};
    int32_t label = 1;
    fg_fixture_done(fg_graph_set_labels(g, &label, &err), &err);
    fg_fixture_done(fg_graph_set_input(g, x, FG_ORDER_HWC, NULL, &err), &err);
    fg_planar_run(g, 3, 0.5, 0);
    fg_fixture_done(fg_graph_set_input(g, y, FG_ORDER_HWC, NULL, &err), &err);
    fg_planar_run(g, 1, 0.5, 0);
    const fg_sums *w = &g->net.sets[0].weight->sums[0];
    for (size_t i = 0; i < 8; i++)
        ck_assert(y[i / 2] == 0 ? w->lambda[i] == 0 && w->eta[i] == 0 : w->lambda[i] > 0);
    fg_graph_free(g);
    fg_spec_free(&spec);
}
END_TEST

/* Three iterations, and three more in another graph, are six. */
START_TEST(interrupted_runs_go_on) {
    for (int m = 0; m < MODELS; m++) {
        fg_spec spec;
        fg_err err;
        read_model(&spec, m);
        fg_graph *whole = create(&spec, models[m].n, 1), *begun = create(&spec, models[m].n, 1),
                 *resumed = create(&spec, models[m].n, 1);
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

static double value_of(const fg_posterior *p, const char *name, size_t i) {
    const fg_parameter *q = fg_posterior_find(p, name);
    return q ? q->eta[i] / q->lambda[i] : 0;
}

/* Variables of (image, row, column, channel), from `first` on. */
static size_t at(size_t first, fg_shape s, size_t image, size_t row, size_t column, size_t c) {
    return first + ((image * s.height + row) * s.width + column) * s.channels + c;
}

/* One row for an output: out - sum_t w_t in_t = bias. */
static fg_linear_factor *output(fg_spec *to, size_t variable, size_t terms, double bias, double sigma) {
    fg_linear_factor *f = fg_fixture_factor(to, 1, 1 + terms);
    f->variables[0] = variable;
    f->matrix[0] = 1;
    f->value[0] = bias;
    f->sigma[0] = sigma;
    return f;
}

/* Observed pictures, a convolution with constant parameters, and the means of its windows. */
static void spell(fg_spec *to, const fg_spec *spec, size_t n, const float *x, const fg_posterior *p) {
    const fg_layer *conv = &spec->layers[1], *pool = &spec->layers[2];
    size_t k = (size_t)conv->kernel, size = (size_t)pool->size;
    fg_shape s = spec->input, a = {s.height - k + 1, s.width - k + 1, (size_t)conv->filters};
    fg_shape b = {a.height / size, a.width / size, a.channels};
    size_t pixels = n * fg_shape_size(s), outputs = n * fg_shape_size(a), windows = n * fg_shape_size(b);
    fg_fixture_graph(to, pixels + outputs + windows);
    for (size_t i = 0; i < pixels; i++)
        fg_fixture_unary(to, i, (double)x[i], spec->layers[0].sigma);
    for (size_t i = 0; i < outputs; i++) {
        size_t f = i % a.channels, column = i / a.channels % a.width,
               row = i / (a.channels * a.width) % a.height, terms = s.channels * k * k;
        fg_fixture_prior(to, pixels + i, 0, conv->activation_prior);
        fg_linear_factor *l = output(to, pixels + i, terms, value_of(p, "conv1/bias", f), conv->sigma);
        for (size_t t = 0; t < terms; t++) {
            l->variables[1 + t] =
                at(0, s, i / fg_shape_size(a), row + t / k % k, column + t % k, t / (k * k));
            l->matrix[1 + t] = -value_of(p, "conv1/weight", t * a.channels + f);
        }
    }
    for (size_t i = 0; i < windows; i++) {
        size_t c = i % b.channels, column = i / b.channels % b.width,
               row = i / (b.channels * b.width) % b.height;
        fg_fixture_prior(to, pixels + outputs + i, 0, pool->activation_prior);
        fg_linear_factor *l = output(to, pixels + outputs + i, size * size, 0, pool->sigma);
        for (size_t j = 0; j < size * size; j++) {
            l->variables[1 + j] =
                at(pixels, a, i / fg_shape_size(b), row * size + j / size, column * size + j % size, c);
            l->matrix[1 + j] = -1 / (double)(size * size);
        }
    }
}

static double worst_of(const fg_graph *g, int group, const double *exact, const double *exact_sd) {
    size_t all = g->net.n * fg_shape_size(fg_graph_group_shape(g, group));
    float *mean = fg_oracle_alloc(all, sizeof *mean), *sd = fg_oracle_alloc(all, sizeof *sd);
    double worst = 0;
    fg_graph_marginals(mean, sd, g, group, FG_ORDER_HWC);
    for (size_t i = 0; i < all; i++) {
        worst = fmax(worst, fabs((double)mean[i] - exact[i]) / exact_sd[i]);
        worst = fmax(worst, fabs((double)sd[i] / exact_sd[i] - 1));
    }
    free(mean), free(sd);
    return worst;
}

START_TEST(linear_with_constant_parameters) {
    static const char *const texts[] = {
        "5x6x1 observation:sigma=0.3 conv:1,kernel=2,sigma=0.3,activation_prior=1 avg_pool:2,sigma=0.4",
        "7x5x2 observation:sigma=0.3 conv:3,kernel=3,sigma=0.3,activation_prior=1 avg_pool:2,sigma=0.4",
        "6x6x1 observation:sigma=0.3 conv:17,kernel=1,bias=false,sigma=0.3 avg_pool:3,sigma=0.4",
    };
    for (size_t m = 0; m < sizeof texts / sizeof *texts; m++) {
        fg_spec spec, generic;
        fg_err err;
        fg_draws d = {30 + m, 0};
        const size_t n = 2;
        fg_graph *l;
        fg_graph_options options = {.seed = 3, .parameters = FG_PARAMETERS_CONSTANT};
        fg_fixture_layers(&spec, texts[m]);
        float *x = fg_planar_picture(n * fg_shape_size(spec.input), &d);
        fg_graph *free_one = fg_fixture_create(&spec, 1, 1);
        fg_posterior *p = fg_planar_priors(free_one, &d, 100);
        fg_graph_free(free_one);
        spell(&generic, &spec, n, x, p);
        fg_fixture_done(fg_graph_create(&l, &spec, spec.input, n, &options, &err), &err);
        fg_fixture_done(fg_graph_set_input(l, x, FG_ORDER_HWC, NULL, &err), &err);
        fg_fixture_done(fg_graph_set_priors(l, p, &err), &err);
        fg_graph *g = fg_fixture_create(&generic, 1, 1);
        fg_run_info info = fg_planar_run(l, 300, 0.4, 0);
        ck_assert(info.improper == 0 && info.rejected == 0);
        fg_planar_run(g, 300, 0.4, 0);
        size_t all = generic.graph.n_variables, first = 0;
        double *exact = fg_oracle_alloc(all, sizeof *exact), *sd = fg_oracle_alloc(all, sizeof *sd),
               worst = 0;
        fg_graph_variables(exact, sd, g);
        for (int i = 0; i < fg_graph_groups(l); i++) {
            worst = fmax(worst, worst_of(l, i, exact + first, sd + first));
            first += n * fg_shape_size(fg_graph_group_shape(l, i));
        }
        printf("%s: marginals differ by %.2g\n", texts[m], worst);
        ck_assert(first == all && worst < 1e-4);
        free(exact), free(sd), free(x);
        fg_graph_free(l), fg_graph_free(g);
        fg_posterior_free(p);
        fg_spec_free(&spec), fg_spec_free(&generic);
    }
}
END_TEST

/* The first of the largest is told what the window's variable is, the others nothing; the ragged edge is
 * free. */
START_TEST(the_largest_of_a_window) {
    const float x[9] = {1, 4, 9, 4, 2, 9, 9, 9, 9};
    const double lambda = 1 / (0.2 * 0.2), each = 1 / (0.2 * 0.2 + 0.3 * 0.3), prior = 1 / 0.49;
    fg_spec spec;
    fg_err err;
    float mean, sd, in[9], in_sd[9];
    fg_layer_stats stats;
    fg_fixture_layers(&spec, "3x3x1 observation:sigma=0.2 max_pool:2,sigma=0.3,activation_prior=0.7");
    fg_graph *g = fg_fixture_create(&spec, 1, 1);
    fg_fixture_done(fg_graph_set_input(g, x, FG_ORDER_HWC, NULL, &err), &err);
    fg_planar_run(g, 1, 0, 0);
    fg_graph_marginals(&mean, &sd, g, 1, FG_ORDER_HWC);
    fg_graph_marginals(in, in_sd, g, 0, FG_ORDER_HWC);
    ck_assert(fabs((double)sd * sqrt(each + prior) - 1) < 1e-6 &&
              fabs((double)mean - 4 * each / (each + prior)) < 1e-5);
    for (int i = 0; i < 9; i++) {
        double back = i == 1 ? 1 / (0.3 * 0.3 + 0.49) : 0;
        ck_assert(fabs((double)in_sd[i] * sqrt(lambda + back) - 1) < 1e-6);
        ck_assert(fabs((double)in[i] - (double)x[i] * lambda / (lambda + back)) < 1e-5);
    }
    fg_graph_layer_stats(&stats, g, 1);
    ck_assert(stats.factors == 1 && stats.edges == 5);
    fg_graph_free(g);
    fg_spec_free(&spec);
}
END_TEST

START_TEST(what_cannot_be_wired) {
    static const struct {
        const char *text, *message;
    } bad[] = {
        {"4 dense:3 conv:2,kernel=1 softmax", "layer 'conv1': conv needs a grid, but its input is none"},
        {"6x6x1 conv:2 pairwise softmax",
         "layer 'pairwise1': pairwise cannot follow a convolution or pooling"},
        {"6x6x1 observation conv:2 tconv:2",
         "layer 'tconv1': tconv needs variables on a grid, but its input is not"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        fg_spec spec;
        fg_graph *g;
        fg_err err;
        fg_graph_options options = {.seed = 1};
        fg_fixture_refused(&spec, bad[i].text);
        ck_assert(fg_graph_create(&g, &spec, spec.input, 1, &options, &err) == FG_EINVAL && !g);
        ck_assert_str_eq(err.text, bad[i].message);
        fg_spec_free(&spec);
    }
    fg_spec spec;
    fg_graph *g;
    fg_err err;
    fg_graph_options options = {.seed = 1};
    fg_fixture_layers(&spec, "?x?x? conv:200,kernel=31");
    ck_assert(fg_graph_create(&g, &spec, (fg_shape){30, 40, 1}, 1, &options, &err) == FG_EINVAL && !g);
    ck_assert(fg_graph_create(&g, &spec, (fg_shape){4000, 4000, 16}, SIZE_MAX / 4, &options, &err) < 0 && !g);
    fg_spec_free(&spec);
}
END_TEST

FG_TEST_MAIN("engine/conv", threads_and_instruction_sets_do_not_matter, seeds_and_resets,
             inputs_that_become_zero, interrupted_runs_go_on, linear_with_constant_parameters,
             the_largest_of_a_window, what_cannot_be_wired)
