/* Transposed convolutions: over many bands against the plain implementation, with constant parameters against
 * generic linear factors, and energies against a convolution by loops. */
#include "engine/planar_internal.h"
#include "engine/reference_build_internal.h"

typedef struct model {
    const char *text;
    size_t n;
} model;

static fg_graph *create(const fg_spec *spec, size_t n, fg_parameters parameters, const float *x) {
    fg_graph *g;
    fg_err err;
    fg_graph_options options = {.seed = 3, .parameters = parameters};
    fg_fixture_done(fg_graph_create(&g, spec, spec->input, n, &options, &err), &err);
    fg_fixture_done(fg_graph_set_input(g, x, FG_ORDER_HWC, NULL, &err), &err);
    return g;
}

static double worst_group(const fg_graph *g, int group, const fg_ref_variable *v) {
    size_t all = g->net.n * fg_shape_size(fg_graph_group_shape(g, group));
    float *mean = fg_oracle_alloc(all, sizeof *mean), *sd = fg_oracle_alloc(all, sizeof *sd);
    double worst = 0;
    fg_graph_marginals(mean, sd, g, group, FG_ORDER_HWC);
    for (size_t i = 0; i < all; i++) {
        worst = fmax(worst, fabs((double)mean[i] - v[i].mean) * sqrt(v[i].lambda));
        worst = fmax(worst, fabs((double)sd[i] * sqrt(v[i].lambda) - 1));
    }
    free(mean), free(sd);
    return worst;
}

static double worst_parameters(const fg_graph *g, const fg_reference *ref, int layer) {
    const fg_set *set = &g->net.sets[layer];
    double worst = 0;
    for (int bias = 0; bias < 2; bias++) {
        const fg_group *group = bias ? set->bias : set->weight;
        const fg_ref_variable *v = &ref->variables[bias ? ref->bias[layer] : ref->weight[layer]];
        for (size_t i = 0; i < group->slots; i++) {
            double lambda = (double)group->lambda[i] + (double)group->lambda_lo[i],
                   eta = (double)group->eta[i] + (double)group->eta_lo[i];
            worst = fmax(worst, fabs(lambda / v[i].lambda - 1));
            worst = fmax(worst, fabs(eta - v[i].eta) / (fabs(v[i].eta) + sqrt(v[i].lambda)));
        }
    }
    return worst;
}

/* Heights that are cut into bands, with halos of several heights. */
START_TEST(bands) {
    static const model models[] = {
        {"20x24x2 observation:sigma=0.2 tconv:3,robust=tukey,threshold=1.5,activation=leaky_relu", 2},
        {"35x9x1 observation:sigma=0.3 tconv:2,kernel=5,sigma=0.2", 1},
        {"45x14x1 observation:sigma=0.3 tconv:1,kernel=11,sigma=0.2", 1},
        {"16x17x3 observation:sigma=0.2 tconv:2,kernel=2,activation=tanh tconv:2,kernel=3", 1},
        {"31x3x2 observation:sigma=0.3 tconv:2,kernel=3,sigma=0.2", 1},
    };
    for (size_t m = 0; m < sizeof models / sizeof *models; m++) {
        fg_spec spec;
        fg_reference ref;
        fg_err err;
        fg_draws d = {m, 0};
        fg_graph_options options = {.seed = 3};
        fg_run_options run = fg_fixture_run(2, 0.4, 0);
        fg_fixture_layers(&spec, models[m].text);
        float *x = fg_planar_picture(models[m].n * fg_shape_size(spec.input), &d);
        fg_graph *g = create(&spec, models[m].n, FG_PARAMETERS_FREE, x);
        fg_posterior *p = fg_planar_priors(g, &d, 20);
        fg_ref_data data = {.x = x, .priors = p};
        fg_fixture_done(fg_graph_set_priors(g, p, &err), &err);
        fg_ref_make(&ref, &spec, models[m].n, &options, &data);
        fg_ref_run(&ref, &run);
        fg_fixture_done(fg_graph_run(NULL, g, &run, NULL, &err), &err);
        double worst = worst_group(g, 0, &ref.variables[ref.input]), parameters = 0, energy = 0;
        for (int i = 1; i < spec.n_layers; i++) {
            fg_layer_stats stats;
            fg_graph_layer_stats(&stats, g, i);
            worst = fmax(worst, worst_group(g, i, &ref.variables[ref.out[i]]));
            parameters = fmax(parameters, worst_parameters(g, &ref, i));
            energy = fmax(energy, fabs(stats.energy / fg_ref_energy(&ref, i) - 1));
        }
        printf("%s: variables %.2g, parameters %.2g, energies %.2g\n", models[m].text, worst, parameters,
               energy);
        ck_assert(worst < 1e-4 && parameters < 1e-4 && energy < 1e-5);
        fg_ref_free(&ref);
        fg_graph_free(g);
        fg_posterior_free(p);
        fg_spec_free(&spec);
        free(x);
    }
}
END_TEST

typedef struct errors {
    double mean, sd;
} errors;

static void compare(errors *worst, const fg_graph *g, int group, const double *exact,
                    const double *exact_sd) {
    size_t all = g->net.n * fg_shape_size(fg_graph_group_shape(g, group));
    float *mean = fg_oracle_alloc(all, sizeof *mean), *sd = fg_oracle_alloc(all, sizeof *sd);
    fg_graph_marginals(mean, sd, g, group, FG_ORDER_HWC);
    for (size_t i = 0; i < all; i++) {
        worst->mean = fmax(worst->mean, fabs((double)mean[i] - exact[i]) / exact_sd[i]);
        worst->sd = fmax(worst->sd, fabs((double)sd[i] / exact_sd[i] - 1));
    }
    free(mean), free(sd);
}

static double value_of(const fg_parameter *q, size_t i) {
    return q->eta[i] / q->lambda[i];
}

/* One factor per pixel and channel: y - sum w a = b. Variables: n pictures, then their activations. */
static void spell(fg_spec *out, const fg_spec *spec, size_t n, const float *x, const fg_posterior *p) {
    fg_shape s = spec->input;
    const fg_layer *layer = &spec->layers[1];
    size_t k = (size_t)layer->kernel, filters = (size_t)layer->filters, terms = filters * k * k;
    size_t h = s.height - k + 1, w = s.width - k + 1, pixels = n * fg_shape_size(s),
           all = n * h * w * filters;
    fg_fixture_graph(out, pixels + all);
    for (size_t i = 0; i < all; i++)
        fg_fixture_prior(out, pixels + i, 0, layer->activation_prior);
    for (size_t i = 0; i < pixels; i++) {
        size_t c = i % s.channels, column = i / s.channels % s.width,
               row = i / (s.channels * s.width) % s.height, image = i / fg_shape_size(s);
        fg_fixture_unary(out, i, (double)x[i], spec->layers[0].sigma);
        fg_linear_factor *f = fg_fixture_factor(out, 1, 1 + terms);
        size_t v = 1;
        f->variables[0] = i;
        f->matrix[0] = 1;
        f->value[0] = value_of(fg_posterior_find(p, "tconv1/bias"), c);
        f->sigma[0] = layer->sigma;
        for (size_t t = 0; t < terms; t++) {
            size_t filter = t / (k * k), ky = t / k % k, kx = t % k;
            if (row < ky || column < kx || row - ky >= h || column - kx >= w)
                continue;
            f->matrix[v] = -value_of(fg_posterior_find(p, "tconv1/weight"), c * terms + t);
            f->variables[v++] = pixels + ((image * h + row - ky) * w + column - kx) * filters + filter;
        }
        f->cols = v;
    }
}

/* Constant parameters and no activation: linear. */
START_TEST(constant_parameters) {
    static const model models[] = {
        {"5x7x1 observation:sigma=0.3 tconv:1,kernel=2,sigma=0.3,activation_prior=1", 2},
        {"9x6x3 observation:sigma=0.3 tconv:2,kernel=3,sigma=0.3,activation_prior=1", 1},
        {"19x17x1 observation:sigma=0.3 tconv:2,kernel=3,sigma=0.3,activation_prior=1", 2},
        {"18x33x1 observation:sigma=0.3 tconv:1,kernel=5,sigma=0.3,activation_prior=1", 1},
        {"5x5x2 observation:sigma=0.3 tconv:3,kernel=5,sigma=0.3,activation_prior=1", 1},
    };
    for (size_t m = 0; m < sizeof models / sizeof *models; m++) {
        fg_spec spec, generic;
        fg_err err;
        fg_draws d = {30 + m, 0};
        errors worst = {0, 0};
        fg_fixture_layers(&spec, models[m].text);
        float *x = fg_planar_picture(models[m].n * fg_shape_size(spec.input), &d);
        fg_graph *free_one = fg_fixture_create(&spec, 1, 1);
        fg_posterior *p = fg_planar_priors(free_one, &d, 100);
        fg_graph_free(free_one);
        spell(&generic, &spec, models[m].n, x, p);
        fg_graph *l = create(&spec, models[m].n, FG_PARAMETERS_CONSTANT, x),
                 *g = fg_fixture_create(&generic, 1, 1);
        fg_fixture_done(fg_graph_set_priors(l, p, &err), &err);
        fg_run_info info = fg_planar_run(l, 400, 0.4, 0);
        ck_assert(info.improper == 0 && info.rejected == 0);
        fg_planar_run(g, 400, 0.4, 0);
        size_t all = generic.graph.n_variables;
        double *exact = fg_oracle_alloc(all, sizeof *exact), *sd = fg_oracle_alloc(all, sizeof *sd);
        fg_graph_variables(exact, sd, g);
        size_t pixels = models[m].n * fg_shape_size(spec.input);
        compare(&worst, l, 0, exact, sd);
        compare(&worst, l, 1, exact + pixels, sd + pixels);
        printf("%s: means differ by %.2g sd, sds by %.2g\n", models[m].text, worst.mean, worst.sd);
        ck_assert(worst.mean < 1e-4 && worst.sd < 1e-4);
        free(exact), free(sd), free(x);
        fg_graph_free(l), fg_graph_free(g);
        fg_posterior_free(p);
        fg_spec_free(&spec), fg_spec_free(&generic);
    }
}
END_TEST

/* A pixel's residuals of all channels go into one weight: messages to a channel whose own residual is 0 are
 * weakened by that of another. */
START_TEST(one_weight_for_all_channels) {
    enum { H = 4, W = 5, BAD = 7 };
    fg_spec spec;
    fg_err err;
    float x[H * W * 2] = {0};
    const double sigma = 0.1, threshold = 2;
    x[2 * BAD] = 1;
    fg_fixture_layers(&spec, "4x5x2 observation:sigma=0.001 "
                             "tconv:1,kernel=2,sigma=0.1,robust=tukey,threshold=2,activation_init=0");
    fg_graph *free_one = fg_fixture_create(&spec, 1, 1);
    fg_draws d = {1, 0};
    fg_posterior *p = fg_planar_priors(free_one, &d, 1e6);
    fg_graph_free(free_one);
    for (size_t i = 0; i < p->n; i++) /* no filter and no bias: the prediction is 0 */
        for (size_t j = 0; j < p->parameters[i].size; j++)
            p->parameters[i].eta[j] = 0;
    fg_graph *g = create(&spec, 1, FG_PARAMETERS_CONSTANT, x);
    fg_fixture_done(fg_graph_set_priors(g, p, &err), &err);
    fg_planar_run(g, 3, 0, 0);
    const fg_sums *sums = &g->input->sums[g->net.sets[1].in_sums];
    for (size_t i = 0; i < H * W * 2; i++) {
        double k = i / 2 == BAD ? threshold * threshold / (1 / (sigma * sigma)) : 1;
        double lambda = (double)sums->lambda_single[fg_group_slot(g->input, 0, i)];
        ck_assert_msg(fabs(lambda * sigma * sigma / k - 1) < 1e-3, "variable %zu: precision %g", i, lambda);
    }
    fg_layer_stats stats;
    fg_graph_layer_stats(&stats, g, 1);
    ck_assert(fabs(stats.energy - threshold * threshold) < 1e-3); /* capped, and counted once */
    fg_graph_free(g);
    fg_posterior_free(p);
    fg_spec_free(&spec);
}
END_TEST

START_TEST(what_cannot_be_wired) {
    fg_spec spec;
    fg_graph *g;
    fg_err err;
    fg_graph_options options = {.seed = 1};
    fg_fixture_layers(&spec, "?x?x? observation tconv:2,kernel=5");
    ck_assert(fg_graph_create(&g, &spec, (fg_shape){4, 9, 1}, 1, &options, &err) == FG_EINVAL && !g);
    ck_assert(fg_graph_create(&g, &spec, (fg_shape){5, 5, 1}, 1, &options, &err) == FG_OK);
    fg_graph_free(g);
    ck_assert(fg_graph_create(&g, &spec, (fg_shape){40000, 40000, 1}, SIZE_MAX / 4, &options, &err) < 0 &&
              !g);
    fg_spec_free(&spec);
}
END_TEST

static float *copy(const float *from, size_t n) {
    float *to = fg_oracle_alloc(n, sizeof *to);
    memcpy(to, from, n * sizeof *to);
    return to;
}

/* Blocks of 16 factors whose messages differ. */
static size_t blocks_changed(const fg_set *set, const float *before) {
    size_t terms = set->weight->shape.channels, size = (4 * terms + 4) * FG_LANES, changed = 0;
    for (size_t at = 0; at < set->n_messages; at += size)
        changed += memcmp(before + at, set->messages + at, size * sizeof(float)) != 0;
    return changed;
}

static double worst_difference(const float *before, const float *now, size_t n) {
    double worst = 0, largest = 0;
    for (size_t i = 0; i < n; i++) {
        worst = fmax(worst, fabs((double)before[i] - (double)now[i]));
        largest = fmax(largest, fabs((double)now[i]));
    }
    return worst / largest;
}

/* Dropped blocks keep their messages, the others move; and sums that gained differences for 15 iterations are
 * those that counting all messages gives. */
START_TEST(dropped_blocks) {
    enum { H = 48, W = 64, ITERATIONS = 31 };
    fg_spec spec;
    fg_draws d = {2, 0};
    fg_fixture_layers(&spec, "48x64x3 observation:sigma=0.1 tconv:3,sigma=0.1,robust=tukey,threshold=2");
    float *x = fg_planar_picture(H * W * 3, &d);
    fg_graph *g = create(&spec, 1, FG_PARAMETERS_FREE, x);
    fg_planar_run(g, ITERATIONS, 0.8, 0.6);
    fg_set *set = &g->net.sets[1];
    size_t blocks = H * W / FG_LANES * 3;
    float *messages = copy(set->messages, set->n_messages);
    fg_step step = {.key = 5, .damping = 0.8f, .dropout = 0.6f, .iteration = ITERATIONS};
    set->ops->update(set, &step);
    double share = (double)blocks_changed(set, messages) / (double)blocks;
    ck_assert_msg(fabs(share - 0.4) < 0.08, "%g of all blocks changed", share);
    memcpy(messages, set->messages, set->n_messages * sizeof(float));

    const fg_sums *a = &set->out->sums[set->out_sums], *w = &set->weight->sums[set->weight_sums];
    float *eta = copy(a->eta_single, set->out->slots), *lambda = copy(a->lambda_single, set->out->slots);
    double w_eta = w->eta[3], w_lambda = w->lambda[3];
    step.dropout = 1 - 1e-9f;
    step.recount = true;
    set->ops->update(set, &step);
    ck_assert(blocks_changed(set, messages) == 0);
    ck_assert(worst_difference(eta, a->eta_single, set->out->slots) < 1e-5);
    ck_assert(worst_difference(lambda, a->lambda_single, set->out->slots) < 1e-5);
    ck_assert(fabs(w_lambda / w->lambda[3] - 1) < 1e-5);
    ck_assert(fabs(w_eta - w->eta[3]) < 1e-5 * (fabs(w->eta[3]) + sqrt(w->lambda[3])));
    free(messages), free(eta), free(lambda), free(x);
    fg_graph_free(g);
    fg_spec_free(&spec);
}
END_TEST

/* Learned parameters stay at their priors for so long, those that nothing has taught do not wait. */
START_TEST(learned_parameters_wait) {
    fg_spec spec;
    fg_err err;
    fg_draws d = {4, 0};
    fg_fixture_layers(&spec, "20x24x2 observation:sigma=0.2 tconv:2,learn_after=3");
    float *x = fg_planar_picture(20 * 24 * 2, &d);
    fg_graph *g = create(&spec, 1, FG_PARAMETERS_FREE, x);
    fg_planar_run(g, 1, 0.5, 0);
    const fg_group *w = g->net.sets[1].weight;
    ck_assert((double)w->lambda[0] > w->prior_lambda * 1.01);
    fg_posterior *p = fg_planar_priors(g, &d, 100);
    fg_graph_reset(g);
    fg_fixture_done(fg_graph_set_priors(g, p, &err), &err);
    fg_planar_run(g, 3, 0.5, 0);
    for (size_t i = 0; i < w->slots; i++)
        ck_assert((double)w->eta[i] == (double)(float)w->prior_etas[i] && w->lambda[i] == 100);
    fg_planar_run(g, 1, 0.5, 0);
    ck_assert(w->lambda[0] > 100);
    free(x);
    fg_posterior_free(p);
    fg_graph_free(g);
    fg_spec_free(&spec);
}
END_TEST

/* Filters start orthogonal, all as long as the draws are on average, as far as there is room for them. */
START_TEST(orthogonal_filters) {
    enum { CHANNELS = 2, AREA = 4, SIZE = CHANNELS * AREA, FILTERS = SIZE + 1 };
    fg_spec spec;
    fg_draws d = {5, 0};
    fg_fixture_layers(&spec,
                      "12x14x2 observation:sigma=0.2 tconv:9,kernel=2,weight_init=0.2,orthogonal=true");
    float *x = fg_planar_picture(12 * 14 * CHANNELS, &d);
    fg_graph *g = create(&spec, 1, FG_PARAMETERS_FREE, x);
    fg_graph_start(g, FG_INIT_RANDOM);
    const float *w = g->net.sets[1].weight->lin;
    for (int a = 0; a < FILTERS; a++)
        for (int b = 0; b <= a; b++) {
            double sum = 0;
            for (int i = 0; i < SIZE; i++) {
                int at = i / AREA * FILTERS * AREA + i % AREA;
                sum += (double)w[at + a * AREA] * (double)w[at + b * AREA];
            }
            if (a < SIZE)
                ck_assert_msg(fabs(sum - (a == b ? 0.2 * 0.2 * SIZE : 0)) < 1e-6, "filters %d, %d: %g", a, b,
                              sum);
            else if (a == b)
                ck_assert(fabs(sum - 0.2 * 0.2 * SIZE) > 1e-6);
        }
    free(x);
    fg_graph_free(g);
    fg_spec_free(&spec);
}
END_TEST

FG_TEST_MAIN("engine/tconv", bands, constant_parameters, one_weight_for_all_channels, dropped_blocks,
             learned_parameters_wait, orthogonal_filters, what_cannot_be_wired)
