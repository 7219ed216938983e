#include "engine/predict.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "engine/fixture_internal.h"

enum { TRAIN = 40, N = 200 };

static const char classes[] = "2 dense:6,activation=tanh,sigma=0.1 dense:3,sigma=0.1 softmax:sigma=0.1";
static const char real[] =
    "1 observation:sigma=0.02 dense:4,activation=sigmoid,sigma=0.05 dense:1,sigma=0.05 "
    "regression:sigma=0.1";

static void inputs(float *x, size_t n) {
    for (size_t i = 0; i < n; i++)
        x[i] = 2 * fg_rng_uniform(4, 0, i) - 1;
}

/* Learns a little from made data. */
static void learn(fg_posterior **out, const fg_spec *spec) {
    float x[2 * TRAIN], y[TRAIN];
    int32_t labels[TRAIN];
    fg_err err = {0};
    fg_run_options options = fg_fixture_run(60, 0.7, 0);
    fg_graph *graph = fg_fixture_create(spec, TRAIN, 1);
    inputs(x, 2 * TRAIN);
    for (size_t i = 0; i < TRAIN; i++) {
        y[i] = sinf(3 * x[i]);
        labels[i] = x[2 * i] > 0.3f ? 2 : x[2 * i + 1] > 0;
    }
    options.init = FG_INIT_RANDOM;
    fg_fixture_done(fg_graph_set_input(graph, x, FG_ORDER_HWC, NULL, &err), &err);
    if (spec->layers[spec->n_layers - 1].kind == FG_LAYER_SOFTMAX)
        fg_fixture_done(fg_graph_set_labels(graph, labels, &err), &err);
    else
        fg_fixture_done(fg_graph_set_targets(graph, y, &err), &err);
    fg_fixture_done(fg_graph_run(NULL, graph, &options, NULL, &err), &err);
    fg_fixture_done(fg_graph_posterior(out, graph, &err), &err);
    fg_graph_free(graph);
}

static fg_predict_options predicting(int iterations, fg_parameters parameters, size_t batch) {
    return (fg_predict_options){
        .run = fg_fixture_run(iterations, 0.5, 0), .parameters = parameters, .batch = batch, .seed = 9};
}

static int predicted(fg_prediction *out, const fg_spec *spec, const fg_posterior *posterior, const float *x,
                     size_t n, const fg_predict_options *options, const fg_run_hook *hook, fg_err *err) {
    fg_predict_data data = {.n = n, .shape = spec->input, .x = x};
    return fg_predict(out, spec, posterior, &data, options, hook, err);
}

static void predict(fg_prediction *out, const fg_spec *spec, const fg_posterior *posterior, const float *x,
                    size_t n, const fg_predict_options *options) {
    fg_err err = {0};
    fg_fixture_done(predicted(out, spec, posterior, x, n, options, NULL, &err), &err);
    ck_assert_uint_eq(out->n, n);
}

/* Observations have nothing to do with one another once the parameters are known. */
START_TEST(batches_change_nothing) {
    static const char *const models[] = {classes, real};
    static const size_t sizes[] = {1, 7, 199, 200, 100000};
    size_t held = fg_mem_held();
    float x[2 * N];
    inputs(x, 2 * N);
    for (size_t m = 0; m < 2; m++) {
        fg_spec spec;
        fg_posterior *posterior;
        fg_prediction one, other;
        fg_fixture_layers(&spec, models[m]);
        learn(&posterior, &spec);
        for (int given = 0; given < 2; given++) {
            fg_parameters parameters = given ? FG_PARAMETERS_GIVEN : FG_PARAMETERS_CONSTANT;
            fg_predict_options options = predicting(30, parameters, 64);
            predict(&one, &spec, posterior, x, N, &options);
            for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
                options.batch = sizes[i];
                predict(&other, &spec, posterior, x, N, &options);
                ck_assert_uint_eq(one.outputs, other.outputs);
                ck_assert_mem_eq(one.mean, other.mean, N * one.outputs * sizeof *one.mean);
                ck_assert_mem_eq(one.sd, other.sd, N * one.outputs * sizeof *one.sd);
                ck_assert(other.iterations == 30 && !other.converged);
                fg_prediction_free(&other);
            }
            fg_prediction_free(&one);
        }
        fg_posterior_free(posterior);
        fg_spec_free(&spec);
    }
    ck_assert_uint_eq(fg_mem_held(), held);
}
END_TEST

static size_t copied, most_copied;

static void copy_out(float *x, const void *source, size_t first, size_t n) {
    ck_assert_uint_eq(first, copied);
    memcpy(x, (const float *)source + 2 * first, 2 * n * sizeof *x);
    copied += n;
    most_copied = n > most_copied ? n : most_copied;
}

/* Inputs that are not in memory as a whole. */
START_TEST(inputs_are_copied_out_in_batches) {
    fg_spec spec;
    fg_posterior *posterior;
    fg_prediction whole, parts;
    fg_err err = {0};
    float x[2 * N];
    int status = FG_ENOMEM;
    inputs(x, 2 * N);
    fg_fixture_layers(&spec, classes);
    learn(&posterior, &spec);
    size_t held = fg_mem_held();
    fg_predict_options options = predicting(5, FG_PARAMETERS_CONSTANT, 64);
    fg_predict_data data = {.n = N, .shape = spec.input, .rows = copy_out, .source = x};
    predict(&whole, &spec, posterior, x, N, &options);
    for (uint64_t n = 1; status; n++) {
        copied = most_copied = 0;
        fg_mem_fail_at(n);
        status = fg_predict(&parts, &spec, posterior, &data, &options, NULL, &err);
        fg_mem_fail_at(0);
        ck_assert(status == FG_OK || (status == FG_ENOMEM && !parts.mean));
    }
    ck_assert(copied == N && most_copied == 64);
    ck_assert_mem_eq(whole.mean, parts.mean, 3 * N * sizeof *whole.mean);
    ck_assert_mem_eq(whole.sd, parts.sd, 3 * N * sizeof *whole.sd);
    fg_prediction_free(&whole), fg_prediction_free(&parts);
    ck_assert_uint_eq(fg_mem_held(), held);
    fg_posterior_free(posterior);
    fg_spec_free(&spec);
}
END_TEST

START_TEST(uncertain_parameters_make_wider_predictions) {
    fg_spec spec;
    fg_posterior *posterior;
    fg_prediction constant, given;
    float x[N];
    inputs(x, N);
    fg_fixture_layers(&spec, real);
    learn(&posterior, &spec);
    fg_predict_options options = predicting(200, FG_PARAMETERS_CONSTANT, N);
    predict(&constant, &spec, posterior, x, N, &options);
    options.parameters = FG_PARAMETERS_GIVEN;
    predict(&given, &spec, posterior, x, N, &options);
    for (size_t i = 0; i < N; i++)
        ck_assert_float_gt(given.sd[i], constant.sd[i]);
    fg_prediction_free(&constant), fg_prediction_free(&given);
    fg_posterior_free(posterior);
    fg_spec_free(&spec);
}
END_TEST

/* y = w x with x known, w ~ N(m, v): the message to y has mean m x and variance sigma^2, plus v x^2 where w
 * is given with its uncertainty; y's own prior is N(0, s^2). */
START_TEST(one_weight_gives_the_exact_answer) {
    const double m = 1.75, v = 0.3, sigma = 0.2, s = 4;
    const float x[] = {-2, -0.5, 0, 0.25, 3};
    fg_spec spec;
    fg_posterior *posterior;
    fg_err err = {0};
    fg_fixture_layers(&spec, "1 dense:1,bias=false,activation_prior=4,sigma=0.2 regression");
    fg_fixture_done(fg_posterior_create(&posterior, 1, &err), &err);
    fg_parameter *w = fg_posterior_add(posterior, "dense1/weight", 2, (size_t[]){1, 1});
    ck_assert_ptr_nonnull(w);
    w->eta[0] = m / v;
    w->lambda[0] = 1 / v;
    for (int given = 0; given < 2; given++) {
        fg_prediction p;
        fg_predict_options options = predicting(200, given ? FG_PARAMETERS_GIVEN : FG_PARAMETERS_CONSTANT, 3);
        options.run.damping = 0;
        options.run.tol = 1e-6;
        predict(&p, &spec, posterior, x, 5, &options);
        ck_assert(p.outputs == 1 && p.converged && p.iterations < 200);
        for (size_t i = 0; i < 5; i++) {
            double at = (double)x[i], precision = 1 / (sigma * sigma + given * v * at * at);
            double lambda = precision + 1 / (s * s), mean = precision * m * at / lambda;
            ck_assert_double_eq_tol((double)p.mean[i], mean, 1e-5 * (1 + fabs(mean)));
            ck_assert_double_eq_tol((double)p.sd[i], 1 / sqrt(lambda), 1e-5);
        }
        fg_prediction_free(&p);
    }
    fg_posterior_free(posterior);
    fg_spec_free(&spec);
}
END_TEST

/* The forward pass by hand, and inference started from it. */
START_TEST(forward_passes) {
    const float x[] = {0.5f, -1, 2, 0.25f, -0.5f, 0};
    fg_spec spec;
    fg_posterior *posterior;
    fg_prediction p, q;
    fg_err err = {0};
    fg_fixture_layers(&spec, classes);
    learn(&posterior, &spec);
    fg_predict_options options = predicting(40, FG_PARAMETERS_CONSTANT, 2);
    options.by = FG_PREDICT_FORWARD;
    predict(&p, &spec, posterior, x, 3, &options);
    ck_assert(p.outputs == 3 && p.converged && p.iterations == 0);
    for (size_t n = 0; n < 3; n++)
        for (size_t o = 0; o < 3; o++) {
            const fg_parameter *v = posterior->parameters, *c = v + 1, *w = v + 2, *b = v + 3;
            double sum = b->eta[o] / b->lambda[o];
            for (size_t h = 0; h < 6; h++) {
                double u = c->eta[h] / c->lambda[h];
                for (size_t i = 0; i < 2; i++)
                    u += v->eta[2 * h + i] / v->lambda[2 * h + i] * (double)x[2 * n + i];
                sum += w->eta[6 * o + h] / w->lambda[6 * o + h] * tanh(u);
            }
            ck_assert_double_eq_tol((double)p.mean[3 * n + o], sum, 1e-4);
            ck_assert(p.sd[3 * n + o] == 0);
        }
    fg_prediction_free(&p);
    options.by = FG_PREDICT_BOTH;
    options.run.init = FG_INIT_RANDOM;
    predict(&p, &spec, posterior, x, 3, &options);
    options.by = FG_PREDICT_INFERENCE;
    options.run.init = FG_INIT_FORWARD;
    predict(&q, &spec, posterior, x, 3, &options);
    ck_assert_mem_eq(p.mean, q.mean, 9 * sizeof *p.mean);
    fg_prediction_free(&p), fg_prediction_free(&q);
    options.by = FG_PREDICT_FORWARD;
    options.inputs = true;
    ck_assert_int_eq(predicted(&p, &spec, posterior, x, 3, &options, NULL, &err), FG_EINVAL);
    fg_posterior_free(posterior);
    fg_spec_free(&spec);
}
END_TEST

/* Averages stand in for the means, in predictions only. */
START_TEST(averages_are_predicted_with) {
    const float x[] = {2};
    fg_spec spec;
    fg_posterior *posterior;
    fg_err err = {0};
    fg_fixture_layers(&spec, "1 dense:1,bias=false,activation_prior=4,sigma=0.2 regression");
    fg_fixture_done(fg_posterior_create(&posterior, 1, &err), &err);
    fg_parameter *w = fg_posterior_add(posterior, "dense1/weight", 2, (size_t[]){1, 1});
    ck_assert_ptr_nonnull(w);
    w->lambda[0] = 4;
    w->eta[0] = 4 * 0.5;
    for (int given = 0; given < 2; given++) {
        fg_prediction plain, averaged;
        fg_predict_options options = predicting(50, given ? FG_PARAMETERS_GIVEN : FG_PARAMETERS_CONSTANT, 1);
        predict(&plain, &spec, posterior, x, 1, &options);
        w->average = fg_fixture_have(fg_alloc(1, sizeof *w->average));
        w->average[0] = 1.5;
        predict(&averaged, &spec, posterior, x, 1, &options);
        ck_assert_double_eq_tol((double)averaged.mean[0], 3 * (double)plain.mean[0], 1e-4);
        ck_assert_double_eq_tol((double)averaged.sd[0], (double)plain.sd[0], 1e-6);
        fg_free(w->average);
        w->average = NULL;
        fg_prediction_free(&plain), fg_prediction_free(&averaged);
    }
    fg_posterior_free(posterior);
    fg_spec_free(&spec);
}
END_TEST

/* y = w x with w known, x ~ N(1, 2^2) missing, and y observed: x's exact marginal; and y's where x is missing
 * and y is not observed. */
START_TEST(inputs_are_inferred) {
    const double w = -1.5, sigma = 0.2, s = 4, noise = 0.1;
    const float x[] = {0, 0}, targets[] = {0.7f, -3};
    const unsigned char observed[] = {0, 0};
    fg_spec spec;
    fg_posterior *posterior;
    fg_prediction p;
    fg_err err = {0};
    fg_fixture_layers(&spec, "1 observation:sigma=0.05 dense:1,bias=false,activation_prior=4,sigma=0.2 "
                             "regression:sigma=0.1");
    fg_fixture_done(fg_posterior_create(&posterior, 1, &err), &err);
    fg_parameter *weight = fg_posterior_add(posterior, "dense1/weight", 2, (size_t[]){1, 1});
    ck_assert_ptr_nonnull(weight);
    weight->lambda[0] = 1e6;
    weight->eta[0] = w * 1e6;
    fg_predict_data data = {
        .n = 2, .shape = spec.input, .x = x, .observed = observed, .targets = targets, .n_targets = 1};
    fg_predict_options options = predicting(300, FG_PARAMETERS_CONSTANT, 1);
    options.inputs = true;
    options.input_mean = 1;
    options.input_sd = 2;
    fg_fixture_done(fg_predict(&p, &spec, posterior, &data, &options, NULL, &err), &err);
    for (size_t i = 0; i < 2; i++) {
        double out = 1 / (noise * noise) + 1 / (s * s), y = (double)targets[i] / (noise * noise) / out;
        double told = w * w / (sigma * sigma + 1 / out), lambda = told + 0.25;
        ck_assert_double_eq_tol((double)p.mean[i], (told * y / w + 0.25) / lambda, 1e-4);
        ck_assert_double_eq_tol((double)p.sd[i], 1 / sqrt(lambda), 1e-4);
    }
    fg_prediction_free(&p);
    data.targets = NULL;
    options.inputs = false;
    fg_fixture_done(fg_predict(&p, &spec, posterior, &data, &options, NULL, &err), &err);
    double told = 1 / (sigma * sigma + w * w * 4), lambda = told + 1 / (s * s);
    ck_assert_double_eq_tol((double)p.mean[1], told * w / lambda, 1e-4);
    ck_assert_double_eq_tol((double)p.sd[1], 1 / sqrt(lambda), 1e-4);
    fg_prediction_free(&p);
    fg_posterior_free(posterior);
    fg_spec_free(&spec);
}
END_TEST

static int stop_after(void *context, const fg_iteration *iteration) {
    int *left = context;
    (void)iteration;
    return --*left <= 0;
}

START_TEST(a_hook_can_stop_it) {
    size_t held = fg_mem_held();
    fg_spec spec;
    fg_posterior *posterior;
    fg_prediction p;
    fg_err err = {0};
    float x[2 * N];
    inputs(x, 2 * N);
    fg_fixture_layers(&spec, classes);
    learn(&posterior, &spec);
    fg_predict_options options = predicting(10, FG_PARAMETERS_CONSTANT, 50);
    for (int at = 1; at <= 41; at += 8) {
        int left = at;
        fg_run_hook hook = {stop_after, &left};
        int status = predicted(&p, &spec, posterior, x, N, &options, &hook, &err);
        if (at > 40) {
            ck_assert_int_eq(status, FG_OK);
            ck_assert_int_eq(left, 1); /* 4 batches of 10 iterations each were seen */
            fg_prediction_free(&p);
            continue;
        }
        ck_assert_int_eq(status, FG_ESTOPPED);
        ck_assert_int_eq(left, 0);
        ck_assert(!p.mean && !p.sd && p.n == 0);
    }
    fg_posterior_free(posterior);
    fg_spec_free(&spec);
    ck_assert_uint_eq(fg_mem_held(), held);
}
END_TEST

START_TEST(what_does_not_fit_is_refused) {
    size_t held = fg_mem_held();
    fg_spec spec;
    fg_posterior *posterior, *none;
    fg_prediction p;
    fg_err err = {0};
    float x[2 * N];
    inputs(x, 2 * N);
    fg_fixture_layers(&spec, classes);
    learn(&posterior, &spec);
    fg_predict_options options = predicting(5, FG_PARAMETERS_GIVEN, 50);
    x[2 * 120 + 1] = NAN;
    ck_assert_int_eq(predicted(&p, &spec, posterior, x, N, &options, NULL, &err), FG_EINVAL);
    ck_assert_msg(strstr(err.text, "is not finite") != NULL, "%s", err.text);
    x[2 * 120 + 1] = 0;
    fg_fixture_done(fg_posterior_create(&none, 0, &err), &err);
    ck_assert_int_eq(predicted(&p, &spec, none, x, N, &options, NULL, &err), FG_EFORMAT);
    ck_assert_ptr_null(p.mean);
    posterior->parameters[1].lambda[2] = 0;
    ck_assert_int_eq(predicted(&p, &spec, posterior, x, N, &options, NULL, &err), FG_EFORMAT);
    posterior->parameters[1].lambda[2] = NAN;
    options.parameters = FG_PARAMETERS_CONSTANT;
    ck_assert_int_eq(predicted(&p, &spec, posterior, x, N, &options, NULL, &err), FG_EFORMAT);
    ck_assert_msg(strstr(err.text, "entry 2") != NULL, "%s", err.text);
    fg_posterior_free(posterior), fg_posterior_free(none);
    fg_spec_free(&spec);
    ck_assert_uint_eq(fg_mem_held(), held);
}
END_TEST

START_TEST(no_memory_leaves_nothing_behind) {
    size_t held = fg_mem_held();
    fg_spec spec;
    fg_posterior *posterior;
    fg_err err = {0};
    float x[2 * 9];
    int status = FG_ENOMEM;
    inputs(x, 2 * 9);
    fg_fixture_layers(&spec, classes);
    learn(&posterior, &spec);
    size_t learnt = fg_mem_held();
    fg_predict_options options = predicting(2, FG_PARAMETERS_GIVEN, 4);
    for (uint64_t n = 1; status; n++) {
        fg_prediction p;
        fg_mem_fail_at(n);
        status = predicted(&p, &spec, posterior, x, 9, &options, NULL, &err);
        fg_mem_fail_at(0);
        ck_assert(status == FG_OK || (status == FG_ENOMEM && !p.mean && !p.sd));
        fg_prediction_free(&p);
        ck_assert_uint_eq(fg_mem_held(), learnt);
    }
    fg_posterior_free(posterior);
    fg_spec_free(&spec);
    ck_assert_uint_eq(fg_mem_held(), held);
}
END_TEST

static double sum_of_probabilities(double *p, const float *mean, const float *sd, size_t n) {
    double sum = 0;
    fg_class_probabilities(p, mean, sd, n);
    for (size_t i = 0; i < n; i++) {
        ck_assert_msg(p[i] >= 0 && p[i] <= 1, "class %zu: %g", i, p[i]);
        sum += p[i];
    }
    return sum;
}

START_TEST(probabilities_add_up_to_one) {
    float mean[50], sd[50];
    double p[50];
    for (uint64_t draw = 0; draw < 200; draw++) {
        size_t n = 2 + draw % 49;
        double scale = pow(10, (double)(draw % 13) - 4);
        for (size_t i = 0; i < n; i++) {
            mean[i] = (float)(scale * fg_rng_normal(1, draw, i));
            sd[i] = (float)fabs(scale * fg_rng_normal(2, draw, i));
        }
        ck_assert_double_eq_tol(sum_of_probabilities(p, mean, sd, n), 1, 1e-12);
    }
}
END_TEST

START_TEST(probabilities_of_extreme_logits) {
    double p[3];
    const float none[] = {0, 0, 0}, large[] = {3e38f, -3e38f, 3e38f}, wide[] = {INFINITY, INFINITY, INFINITY},
                some[] = {1, 2, -1}, sd[] = {2, 2, 2};
    ck_assert_double_eq_tol(sum_of_probabilities(p, large, none, 3), 1, 1e-12);
    ck_assert(p[0] == 0.5 && p[1] == 0 && p[2] == 0.5);
    ck_assert_double_eq_tol(sum_of_probabilities(p, some, wide, 3), 1, 1e-12);
    for (int i = 0; i < 3; i++)
        ck_assert_double_eq_tol(p[i], 1.0 / 3, 1e-12);
    ck_assert_double_eq_tol(sum_of_probabilities(p, some, none, 3), 1, 1e-12);
    ck_assert_double_eq_tol(p[1], exp(2) / (exp(1) + exp(2) + exp(-1)), 1e-12);
    ck_assert_double_eq_tol(sum_of_probabilities(p, some, sd, 3), 1, 1e-12);
    double scale = 1 / sqrt(1 + 3.14159265358979323846 * 4 / 8);
    ck_assert_double_eq_tol(p[0] / p[2], exp(2 * scale), 1e-12);
    ck_assert(sum_of_probabilities(p, some, none, 1) == 1);
}
END_TEST

FG_TEST_MAIN("engine/predict", batches_change_nothing, inputs_are_copied_out_in_batches,
             uncertain_parameters_make_wider_predictions, one_weight_gives_the_exact_answer, forward_passes,
             averages_are_predicted_with, inputs_are_inferred, a_hook_can_stop_it,
             what_does_not_fit_is_refused, no_memory_leaves_nothing_behind, probabilities_add_up_to_one,
             probabilities_of_extreme_logits)
