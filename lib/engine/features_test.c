/* Features: fixed filters drawn once, their pooled activations as constant inputs of what follows. */
#include "engine/filtering_internal.h"

#define END " dense:3,covariance=full softmax"

enum { OBSERVATIONS = 7, HIGH = 9, LOW = 8, CHANNELS = 2, PIXELS = HIGH * LOW * CHANNELS };

static float pictures[OBSERVATIONS * PIXELS];

/* Blobs: neighbours are alike, most of a picture is 0. */
static void make_pictures(uint64_t seed) {
    fg_draws d = {seed, 0};
    for (size_t n = 0; n < OBSERVATIONS; n++) {
        double y = fg_draw(&d, 2, HIGH - 2), x = fg_draw(&d, 2, LOW - 2), wide = fg_draw(&d, 1, 3);
        for (size_t i = 0; i < PIXELS; i++) {
            double dy = (double)(i / (LOW * CHANNELS)) - y, dx = (double)(i / CHANNELS % LOW) - x;
            double v = 1 - (dy * dy + dx * dx) / (wide * wide);
            pictures[n * PIXELS + i] = v > 0 ? (float)(v * fg_draw(&d, 0.5, 1)) : 0;
        }
    }
}

static double pixel(size_t n, size_t y, size_t x, size_t c) {
    return (double)pictures[n * PIXELS + (y * LOW + x) * CHANNELS + c];
}

static fg_graph *bound(const fg_spec *spec, uint64_t seed) {
    fg_err err;
    fg_graph *g = fg_fixture_create(spec, OBSERVATIONS, seed);
    fg_fixture_done(fg_graph_set_input(g, pictures, FG_ORDER_HWC, NULL, &err), &err);
    fg_graph_forward(g);
    return g;
}

/* Features of features are those of pictures with as many channels as filters. */
START_TEST(features_of_features) {
    fg_spec spec;
    make_pictures(20);
    fg_fixture_layers(&spec, "9x8x2 features:5,kernel=3,size=1,activation=relu "
                             "features:18,kernel=2,size=2,draw=patches" END);
    fg_graph *g = bound(&spec, 4);
    float first[OBSERVATIONS * 7 * 6 * 5], second[OBSERVATIONS * 3 * 2 * 18];
    fg_graph_marginals(first, NULL, g, 1, FG_ORDER_HWC);
    fg_graph_marginals(second, NULL, g, 2, FG_ORDER_HWC);
    fg_err err;
    fg_posterior *p;
    fg_fixture_done(fg_graph_posterior(&p, g, &err), &err);
    const fg_parameter *w = fg_posterior_find(p, "features2/weight"),
                       *b = fg_posterior_find(p, "features2/bias");
    for (size_t i = 0; i < sizeof second / sizeof *second; i++) {
        size_t f = i % 18, column = i / 18 % 2, row = i / 36 % 3, n = i / 108;
        double most = -INFINITY;
        for (size_t j = 0; j < 4; j++) {
            double sum = b->eta[f] / b->lambda[f];
            for (size_t t = 0; t < 20; t++) {
                size_t y = row * 2 + j / 2 + t / 2 % 2, x = column * 2 + j % 2 + t % 2;
                sum += w->eta[t * 18 + f] / w->lambda[t * 18 + f] *
                       (double)first[((n * 7 + y) * 6 + x) * 5 + t / 4];
            }
            most = fmax(most, sum);
        }
        ck_assert_double_eq_tol((double)second[i], most, 1e-4);
    }
    fg_posterior_free(p);
    fg_graph_free(g);
    fg_spec_free(&spec);
}
END_TEST

/* Weights and bias as a posterior has them. */
static fg_posterior *filters_of(const fg_graph *g) {
    fg_err err;
    fg_posterior *p;
    fg_fixture_done(fg_graph_posterior(&p, g, &err), &err);
    ck_assert_str_eq(p->parameters[0].name, "features1/weight");
    for (size_t i = 0; i < p->parameters[0].size; i++)
        ck_assert(p->parameters[0].lambda[i] > 0.99e30);
    return p;
}

static double weight(const fg_posterior *p, size_t term, size_t filter) {
    size_t at = term * p->parameters[0].dims[1] + filter;
    return p->parameters[0].eta[at] / p->parameters[0].lambda[at];
}

static double activation(fg_activation kind, double u) {
    return kind == FG_ACT_RELU ? fmax(u, 0) : kind == FG_ACT_LEAKY_RELU ? fmax(u, 0.2 * u) : u;
}

static double response(const fg_posterior *p, const fg_layer *l, size_t n, size_t y, size_t x, size_t f) {
    size_t k = (size_t)l->kernel;
    double sum = p->parameters[1].eta[f] / p->parameters[1].lambda[f];
    for (size_t t = 0; t < k * k * CHANNELS; t++)
        sum += weight(p, t, f) * pixel(n, y + t / k % k, x + t % k, t / (k * k));
    return sum;
}

static double feature(const fg_posterior *p, const fg_layer *l, size_t n, size_t row, size_t column,
                      size_t f) {
    size_t size = (size_t)l->size;
    double most = -INFINITY, sum = 0;
    for (size_t i = 0; i < size * size; i++) {
        double v =
            activation(l->activation, response(p, l, n, row * size + i / size, column * size + i % size, f));
        most = fmax(most, v);
        sum += v;
    }
    return l->pooling == FG_POOLING_MAX ? most : sum / (double)(size * size);
}

START_TEST(values) {
    static const char *const models[] = {
        "9x8x2 features:5,kernel=3,size=2,activation=leaky_relu" END,
        "9x8x2 features:19,kernel=4,size=1,draw=patches" END,
        "9x8x2 features:16,kernel=2,size=3,draw=patches,pooling=mean,activation=relu,threshold=0.25" END,
        "9x8x2 features:40,kernel=3,size=2,draw=whitened,pooling=mean,activation=relu,threshold=0.5" END,
        "9x8x2 features:3,kernel=1,size=8,draw=random" END,
    };
    make_pictures(1);
    for (size_t m = 0; m < sizeof models / sizeof *models; m++) {
        fg_spec spec;
        fg_fixture_layers(&spec, models[m]);
        const fg_layer *l = &spec.layers[0];
        fg_graph *g = bound(&spec, 1 + m);
        fg_posterior *p = filters_of(g);
        fg_shape s = fg_graph_group_shape(g, 1);
        float *got = fg_fixture_have(fg_alloc(OBSERVATIONS * fg_shape_size(s), sizeof *got));
        ck_assert(s.height == (HIGH - (size_t)l->kernel + 1) / (size_t)l->size);
        fg_graph_marginals(got, NULL, g, 1, FG_ORDER_HWC);
        for (size_t i = 0; i < OBSERVATIONS * fg_shape_size(s); i++) {
            size_t at = i % fg_shape_size(s);
            double wanted = feature(p, l, i / fg_shape_size(s), at / (s.width * s.channels),
                                    at / s.channels % s.width, at % s.channels);
            ck_assert_msg(fabs((double)got[i] - wanted) < 1e-4, "model %zu, feature %zu: %g, not %g", m, i,
                          (double)got[i], wanted);
        }
        fg_free(got);
        fg_posterior_free(p);
        fg_graph_free(g);
        fg_spec_free(&spec);
    }
}
END_TEST

/* Over the data that filters were drawn from, responses have deviation 1; of whitened ones, mean -threshold.
 */
START_TEST(responses_are_scaled) {
    make_pictures(2);
    for (int draw = FG_DRAW_RANDOM; draw <= FG_DRAW_WHITENED; draw++) {
        fg_spec spec;
        fg_fixture_layers(&spec, "9x8x2 features:6,kernel=3,size=1,threshold=0.5" END);
        spec.layers[0].draw = (fg_drawing)draw;
        fg_graph *g = bound(&spec, 3);
        fg_shape s = fg_graph_group_shape(g, 1);
        float got[OBSERVATIONS * 7 * 6 * 6];
        double n = (double)(OBSERVATIONS * s.height * s.width);
        fg_graph_marginals(got, NULL, g, 1, FG_ORDER_HWC);
        for (size_t f = 0; f < 6; f++) {
            double sum = 0, squares = 0;
            for (size_t i = f; i < (size_t)n * 6; i += 6) {
                sum += (double)got[i];
                squares += (double)got[i] * (double)got[i];
            }
            ck_assert_double_eq_tol(sqrt(squares / n - sum / n * (sum / n)), 1, 1e-3);
            if (draw == FG_DRAW_WHITENED)
                ck_assert_double_eq_tol(sum / n, -0.5, 1e-3);
        }
        fg_graph_free(g);
        fg_spec_free(&spec);
    }
}
END_TEST

/* The angle between a filter and the nearest place of the data less its mean. */
static double nearest(const fg_posterior *p, size_t f) {
    enum { K = 3, TERMS = K * K * CHANNELS };
    double best = -1;
    for (size_t n = 0; n < OBSERVATIONS; n++)
        for (size_t y = 0; y + K <= HIGH; y++)
            for (size_t x = 0; x + K <= LOW; x++) {
                double v[TERMS], mean = 0, both = 0, one = 0, other = 0;
                for (size_t t = 0; t < TERMS; t++)
                    mean += (v[t] = pixel(n, y + t / K % K, x + t % K, t / (K * K))) / TERMS;
                for (size_t t = 0; t < TERMS; t++) {
                    both += (v[t] - mean) * weight(p, t, f);
                    one += (v[t] - mean) * (v[t] - mean);
                    other += weight(p, t, f) * weight(p, t, f);
                }
                best = fmax(best, one > 0 ? both / sqrt(one * other) : -1);
            }
    return best;
}

START_TEST(patches_are_places_of_the_data) {
    fg_spec spec;
    make_pictures(4);
    fg_fixture_layers(&spec, "9x8x2 features:8,kernel=3,size=2,draw=patches" END);
    fg_graph *g = bound(&spec, 5), *other = bound(&spec, 6);
    fg_posterior *p = filters_of(g), *q = filters_of(other);
    for (size_t f = 0; f < 8; f++)
        ck_assert_double_gt(nearest(p, f), 0.99999);
    ck_assert(memcmp(p->parameters[0].eta, q->parameters[0].eta, p->parameters[0].size * sizeof(double)) !=
              0);
    fg_posterior_free(p);
    fg_posterior_free(q);
    fg_graph_free(g);
    fg_graph_free(other);
    fg_spec_free(&spec);
}
END_TEST

/* What was drawn for the first batch stays, whatever is forgotten. */
START_TEST(filters_stay) {
    fg_spec spec;
    fg_posterior *first;
    fg_err err;
    int32_t labels[OBSERVATIONS] = {0, 1, 2, 0, 1, 2, 0};
    fg_fixture_layers(&spec, "9x8x2 features:8,kernel=3,size=2,draw=patches,activation=relu dense:3 softmax");
    fg_filter_options o = fg_filtering_options(OBSERVATIONS, 10, 0.5);
    o.temper = 0.9;
    o.run.forget = 0.3;
    fg_filter *f = fg_filtering_begin(&spec, NULL, &o);
    make_pictures(10);
    fg_batch batch = {.n = OBSERVATIONS, .x = pictures, .labels = labels};
    fg_filtering_step(f, &batch);
    fg_fixture_done(fg_posterior_copy(&first, fg_filter_posterior(f), &err), &err);
    for (uint64_t i = 0; i < 3; i++) {
        make_pictures(11 + i);
        fg_filtering_step(f, &batch);
    }
    for (size_t i = 0; i < 2; i++) {
        const fg_parameter *a = &first->parameters[i], *b = &fg_filter_posterior(f)->parameters[i];
        for (size_t k = 0; k < a->size; k++) {
            ck_assert((float)(a->eta[k] / a->lambda[k]) == (float)(b->eta[k] / b->lambda[k]));
            ck_assert(a->lambda[k] == b->lambda[k]);
        }
    }
    const fg_parameter *a = &first->parameters[2], *b = &fg_filter_posterior(f)->parameters[2];
    ck_assert(memcmp(a->eta, b->eta, a->size * sizeof *a->eta) != 0);
    fg_posterior_free(first);
    fg_filter_free(f);
    fg_spec_free(&spec);
}
END_TEST

START_TEST(blank_and_extreme_data) {
    static const float levels[] = {0, 1, 1e15f, 1e-30f};
    for (int draw = FG_DRAW_RANDOM; draw <= FG_DRAW_WHITENED; draw++)
        for (size_t v = 0; v < sizeof levels / sizeof *levels; v++) {
            fg_spec spec;
            fg_err err;
            fg_fixture_layers(&spec, "9x8x2 features:8,kernel=3,size=2,activation=leaky_relu" END);
            spec.layers[0].draw = (fg_drawing)draw;
            for (size_t i = 0; i < OBSERVATIONS * PIXELS; i++)
                pictures[i] = i % 7 && v > 1 ? 0 : levels[v];
            fg_graph *g = bound(&spec, 1);
            fg_posterior *p = filters_of(g);
            float got[OBSERVATIONS * 3 * 3 * 8];
            for (size_t i = 0; i < p->n; i++)
                fg_fixture_done(fg_parameter_check(&p->parameters[i], &err), &err);
            fg_graph_marginals(got, NULL, g, 1, FG_ORDER_HWC);
            for (size_t i = 0; i < sizeof got / sizeof *got; i++)
                ck_assert(isfinite(got[i]));
            fg_posterior_free(p);
            fg_graph_free(g);
            fg_spec_free(&spec);
        }
}
END_TEST

static void refused(const char *input, const char *const *tokens, size_t n, const char *why) {
    fg_spec spec;
    fg_err err;
    ck_assert_msg(fg_spec_from_grammar(&spec, input, tokens, n, &err) != FG_OK, "%s was accepted", why);
    ck_assert_msg(strstr(err.text, why), "\"%s\" does not say \"%s\"", err.text, why);
}

START_TEST(misplaced_layers_are_refused) {
    refused("9x9x1", (const char *[]){"observation", "features:4", "softmax"}, 3,
            "/layers/1: features needs a noiseless input");
    refused("9x9x1", (const char *[]){"conv:4", "features:4", "softmax"}, 3,
            "features needs a noiseless input");
    refused("9x9x1", (const char *[]){"conv:4", "dense:3,covariance=full", "softmax"}, 3,
            "/layers/1/covariance: full needs a noiseless input");
    static const char *const others[] = {"softmax",  "regression", "pairwise", "conv:2",
                                         "max_pool", "tconv:2",    "upsample"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        refused("12x12x1", (const char *[]){"features:4", others[i]}, 2,
                " on features: dense or more features");
    refused("9", (const char *[]){"dense:3,covariance=full,activation=tanh", "softmax"}, 2,
            "/layers/0/activation: identity is expected");
    refused("40x40x2", (const char *[]){"features:3,kernel=23,draw=whitened", "dense:3", "softmax"}, 3,
            "whitened filters of more than 1024 weights");
    refused("9x9x1", (const char *[]){"features:3,kernel=10", "dense:3", "softmax"}, 3,
            "larger than the group");
}
END_TEST

/* Features drawn anew are news to the joint weights that stand on them: as in a graph of that seed. */
START_TEST(another_seed_is_another_graph) {
    static const char *const models[] = {"9x8x2 features:5,kernel=3,size=2,activation=relu" END,
                                         "9x8x2 features:4,kernel=3 features:5,kernel=2,activation=relu" END};
    const int32_t labels[OBSERVATIONS] = {0, 1, 2, 0, 1, 2, 0};
    fg_run_options run = fg_fixture_run(20, 0.3, 0);
    make_pictures(21);
    for (int m = 0; m < 2; m++) {
        fg_spec spec;
        fg_err err;
        fg_posterior *p[2];
        fg_fixture_layers(&spec, models[m]);
        for (int again = 0; again < 2; again++) {
            fg_graph *g = bound(&spec, again ? 1 : 2);
            fg_fixture_done(fg_graph_set_labels(g, labels, &err), &err);
            if (again)
                fg_fixture_done(fg_graph_run(NULL, g, &run, NULL, &err), &err);
            fg_graph_reseed(g, 2);
            fg_graph_reset(g);
            fg_fixture_done(fg_graph_run(NULL, g, &run, NULL, &err), &err);
            fg_fixture_done(fg_graph_posterior(&p[again], g, &err), &err);
            fg_graph_free(g);
        }
        for (size_t i = 0; i < p[0]->n; i++) {
            const fg_parameter *a = &p[0]->parameters[i], *b = &p[1]->parameters[i];
            ck_assert_mem_eq(a->eta, b->eta, a->size * sizeof *a->eta);
            ck_assert_mem_eq(a->lambda, b->lambda, a->size * sizeof *a->lambda);
        }
        fg_posterior_free(p[0]), fg_posterior_free(p[1]);
        fg_spec_free(&spec);
    }
}
END_TEST

FG_TEST_MAIN("features", values, features_of_features, responses_are_scaled, patches_are_places_of_the_data,
             filters_stay, blank_and_extreme_data, another_seed_is_another_graph,
             misplaced_layers_are_refused)
