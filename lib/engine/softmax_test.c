/* Class observations against the posterior they approximate, found without messages. */
#include <math.h>

#include "engine/fixture_internal.h"
#include "factor/softmax.h"
#include "model/kind.h"

enum { N = 7, CLASSES = 4 };

/* Inputs observed, and their classes: the last one is not. */
static fg_graph *classified(fg_spec *spec, const char *text, float *x, int32_t *labels) {
    fg_draws d = {11, 0};
    fg_err err = {0};
    fg_fixture_layers(spec, text);
    fg_graph *g = fg_fixture_create(spec, N, 1);
    for (size_t i = 0; i < (size_t)N * CLASSES; i++)
        x[i] = (float)fg_draw(&d, -3, 3);
    for (size_t n = 0; n < N; n++)
        labels[n] = n + 1 < N ? (int32_t)fg_draw_below(&d, CLASSES) : -1;
    fg_fixture_done(fg_graph_set_input(g, x, FG_ORDER_HWC, NULL, &err), &err);
    fg_fixture_done(fg_graph_set_labels(g, labels, &err), &err);
    fg_run_options run = fg_fixture_run(400, 0.6, 0);
    fg_fixture_done(fg_graph_run(NULL, g, &run, NULL, &err), &err);
    return g;
}

/* Marginals of n inputs, observed, after their labels were. */
static void marginals(float *mean, float *sd, const char *text, size_t n, const float *x,
                      const int32_t *labels) {
    fg_spec spec;
    fg_err err = {0};
    fg_fixture_layers(&spec, text);
    fg_graph *g = fg_fixture_create(&spec, n, 1);
    fg_fixture_done(fg_graph_set_input(g, x, FG_ORDER_HWC, NULL, &err), &err);
    fg_fixture_done(fg_graph_set_labels(g, labels, &err), &err);
    fg_run_options run = fg_fixture_run(200, 0.5, 0);
    fg_fixture_done(fg_graph_run(NULL, g, &run, NULL, &err), &err);
    fg_graph_marginals(mean, sd, g, 0, FG_ORDER_HWC);
    fg_graph_free(g);
    fg_spec_free(&spec);
}

/* A graph without loops: means are the mode of the posterior, deviations those of its Laplace approximation.
 */
START_TEST(categorical_is_laplace) {
    static const double sigmas[][2] = {{1, 1}, {2, 0.5}, {0.5, 3}, {1, 0.3}};
    for (size_t k = 0; k < sizeof sigmas / sizeof *sigmas; k++) {
        char text[128];
        float x[N * CLASSES], mean[N * CLASSES], sd[N * CLASSES];
        int32_t labels[N];
        fg_spec spec;
        double prior = pow(sigmas[k][0], -2), weight = pow(sigmas[k][1], -2), energy = 0;
        snprintf(text, sizeof text, "4 observation:sigma=%g softmax:sigma=%g,likelihood=categorical",
                 sigmas[k][0], sigmas[k][1]);
        fg_graph *g = classified(&spec, text, x, labels);
        fg_graph_marginals(mean, sd, g, 0, FG_ORDER_HWC);
        for (size_t n = 0; n < N; n++) {
            double p[CLASSES], logits[CLASSES], observed = labels[n] >= 0 ? weight : 0;
            fg_exact joint[CLASSES * CLASSES], unit[CLASSES];
            for (size_t i = 0; i < CLASSES; i++)
                logits[i] = (double)mean[n * CLASSES + i];
            fg_softmax(p, logits, CLASSES);
            for (size_t i = 0; i < CLASSES; i++) {
                double pull = observed * (((size_t)labels[n] == i) - p[i]),
                       hold = prior * (logits[i] - (double)x[n * CLASSES + i]);
                ck_assert_double_eq_tol(pull, hold, 2e-5 * (1 + fabs(pull)));
            }
            for (size_t i = 0; i < CLASSES; i++) {
                for (size_t r = 0; r < CLASSES; r++) {
                    for (size_t c = 0; c < CLASSES; c++)
                        joint[r * CLASSES + c] =
                            (r == c ? prior : 0) + observed * ((r == c ? p[r] : 0) - p[r] * p[c]);
                    unit[r] = r == i;
                }
                ck_assert(fg_oracle_cholesky(joint, CLASSES, CLASSES));
                fg_oracle_solve(unit, joint, CLASSES, CLASSES);
                ck_assert_double_eq_tol((double)sd[n * CLASSES + i], sqrt((double)unit[i]),
                                        2e-5 * sigmas[k][0]);
            }
            energy -= labels[n] >= 0 ? 2 * weight * log(p[labels[n]]) : 0;
        }
        fg_layer_stats stats;
        fg_graph_layer_stats(&stats, g, 1);
        ck_assert_double_eq_tol(stats.energy, energy, 1e-5 * energy);
        fg_graph_free(g);
        fg_spec_free(&spec);
    }
}
END_TEST

/* Inputs so far on the wrong side that the label's probability is 0 in double precision. */
START_TEST(hopeless_labels_stay_finite) {
    static const char *const likelihoods[] = {"squared", "categorical"};
    for (size_t k = 0; k < 2; k++) {
        char text[128];
        float x[] = {1e4F, -1e4F, 0, 800}, mean[4], sd[4];
        int32_t label = 1;
        fg_spec spec;
        fg_err err = {0};
        snprintf(text, sizeof text, "4 observation:sigma=1 softmax:likelihood=%s", likelihoods[k]);
        fg_fixture_layers(&spec, text);
        fg_graph *g = fg_fixture_create(&spec, 1, 1);
        fg_fixture_done(fg_graph_set_input(g, x, FG_ORDER_HWC, NULL, &err), &err);
        fg_fixture_done(fg_graph_set_labels(g, &label, &err), &err);
        fg_run_options run = fg_fixture_run(50, 0.5, 0);
        fg_fixture_done(fg_graph_run(NULL, g, &run, NULL, &err), &err);
        fg_graph_marginals(mean, sd, g, 0, FG_ORDER_HWC);
        for (size_t i = 0; i < 4; i++)
            ck_assert(isfinite(mean[i]) && sd[i] > 0 && sd[i] <= 1.00001F);
        ck_assert_msg(k == 0 || mean[1] > -9950, "the label pulls: %g", (double)mean[1]);
        fg_graph_free(g);
        fg_spec_free(&spec);
    }
}
END_TEST

/* What is said of the classes that are there is what it would be without the others, of which nothing is. */
START_TEST(absent_classes_stay_as_they_were) {
    static const int32_t labels[] = {0, 2, 2, -1, 0};
    enum { ROWS = 5, FEW = 2 };
    for (int k = 0; k < 3; k++) {
        char text[128];
        float x[ROWS * CLASSES], few_x[ROWS * FEW], mean[ROWS * CLASSES], sd[ROWS * CLASSES],
            few_mean[ROWS * FEW], few_sd[ROWS * FEW];
        int32_t few_labels[ROWS];
        fg_draws d = {21, (uint64_t)k};
        for (size_t i = 0; i < (size_t)ROWS * CLASSES; i++)
            x[i] = (float)fg_draw(&d, -3, 3);
        for (size_t n = 0; n < ROWS; n++) {
            few_labels[n] = labels[n] < 0 ? -1 : labels[n] / 2;
            few_x[n * FEW] = x[n * CLASSES];
            few_x[n * FEW + 1] = x[n * CLASSES + 2];
        }
        snprintf(text, sizeof text, "4 observation:sigma=0.7 softmax:compete=present,likelihood=%s",
                 fg_likelihood_names[k]);
        marginals(mean, sd, text, ROWS, x, labels);
        snprintf(text, sizeof text, "2 observation:sigma=0.7 softmax:likelihood=%s", fg_likelihood_names[k]);
        marginals(few_mean, few_sd, text, ROWS, few_x, few_labels);
        for (size_t n = 0; n < ROWS; n++)
            for (size_t i = 0; i < CLASSES; i++) {
                size_t at = n * CLASSES + i, there = n * FEW + i / 2;
                ck_assert_float_eq_tol(mean[at], i % 2 ? x[at] : few_mean[there], 1e-4F);
                ck_assert_float_eq_tol(sd[at], i % 2 ? 0.7F : few_sd[there], 1e-4F);
                ck_assert(i % 2 || labels[n] < 0 || fabsf(mean[at] - x[at]) > 1e-3F);
            }
    }
}
END_TEST

FG_TEST_MAIN("engine/softmax", categorical_is_laplace, hopeless_labels_stay_finite,
             absent_classes_stay_as_they_were)
