/* Specialised kinds against the same model spelled with generic linear factors, and against closed forms. */
#include "engine/posterior.h"
#include "engine/fixture_internal.h"

enum { SIDE = 16 };

/* Means in standard deviations of the explicit graph, and standard deviations relative. */
typedef struct errors {
    double mean, sd;
} errors;

static void compare(errors *worst, const float *mean, const float *sd, const double *exact,
                    const double *exact_sd, size_t n) {
    for (size_t i = 0; i < n; i++) {
        worst->mean = fmax(worst->mean, fabs((double)mean[i] - exact[i]) / exact_sd[i]);
        worst->sd = fmax(worst->sd, fabs((double)sd[i] / exact_sd[i] - 1));
    }
}

static void run(fg_graph *g, int iterations, double damping) {
    fg_run_options options = fg_fixture_run(iterations, damping, 0);
    fg_run_info info;
    fg_err err;
    fg_fixture_done(fg_graph_run(&info, g, &options, NULL, &err), &err);
    ck_assert(info.improper == 0 && info.rejected == 0);
}

static double total_energy(const fg_graph *g) {
    double sum = 0;
    for (int i = 0; i < fg_graph_layers(g); i++) {
        fg_layer_stats s;
        fg_graph_layer_stats(&s, g, i);
        sum += s.energy;
    }
    return sum;
}

static fg_linear_factor *robust(fg_linear_factor *f, fg_robust kind, double threshold) {
    f->robust = kind;
    f->threshold = threshold;
    return f;
}

/* Noisy values with a step, which robust links let through; some pixels are not observed. There are outliers
 * too, but for tukey: which of its minima is found then depends on where and in which order one starts. The
 * explicit graph's priors are too vague to matter. */
static void grid(fg_robust kind, errors *worst) {
    static const char *const names[] = {"none", "tukey", "huber"};
    static float data[SIDE * SIDE], mean[SIDE * SIDE], sd[SIDE * SIDE];
    static double exact[SIDE * SIDE], exact_sd[SIDE * SIDE];
    static unsigned char observed[SIDE * SIDE];
    fg_spec layers, spec;
    fg_err err;
    fg_draws d = {1, 0};
    char text[256];
    snprintf(text, sizeof text,
             "16x16x1 observation:sigma=0.2,robust=%s,threshold=2 pairwise:sigma=0.3,robust=%s,threshold=1.5",
             names[kind], names[kind]);
    if (kind == FG_ROBUST_NONE)
        snprintf(text, sizeof text, "16x16x1 observation:sigma=0.2 pairwise:sigma=0.3");
    fg_fixture_layers(&layers, text);
    fg_fixture_graph(&spec, SIDE * SIDE);
    for (size_t i = 0; i < SIDE * SIDE; i++) {
        double smooth = sin((double)(i % SIDE) * 0.15) + (i / SIDE > SIDE / 2 ? 3 : 0);
        double outlier = kind != FG_ROBUST_TUKEY && fg_draw(&d, 0, 1) < 0.05 ? 2 : 0;
        observed[i] = fg_draw(&d, 0, 1) < 0.9;
        data[i] = (float)(smooth + 0.1 * fg_draw_normal(&d) + outlier);
        fg_fixture_prior(&spec, i, smooth, 1e4);
        if (observed[i])
            robust(fg_fixture_unary(&spec, i, (double)data[i], 0.2), kind, 2);
        if (i % SIDE != SIDE - 1)
            robust(fg_fixture_link(&spec, i, i + 1, 1, -1, 0, 0.3), kind, 1.5);
        if (i / SIDE != SIDE - 1)
            robust(fg_fixture_link(&spec, i, i + SIDE, 1, -1, 0, 0.3), kind, 1.5);
    }
    fg_graph *g = fg_fixture_create(&spec, 1, 1), *l = fg_fixture_create(&layers, 1, 1);
    fg_fixture_done(fg_graph_set_input(l, data, FG_ORDER_HWC, observed, &err), &err);
    run(g, 1500, 0.3);
    run(l, 1500, 0.3);
    fg_graph_variables(exact, exact_sd, g);
    fg_graph_marginals(mean, sd, l, 0, FG_ORDER_HWC);
    compare(worst, mean, sd, exact, exact_sd, SIDE * SIDE);
    ck_assert(fabs(total_energy(g) - total_energy(l)) < 1e-3 * total_energy(g));
    fg_graph_free(g), fg_graph_free(l);
    fg_spec_free(&spec), fg_spec_free(&layers);
}

START_TEST(pairwise_grid) {
    static const char *const names[] = {"plain", "tukey", "huber"};
    for (int kind = 0; kind < 3; kind++) {
        errors worst = {0, 0};
        grid((fg_robust)kind, &worst);
        printf("grid, %s: means differ by %.2g sd, sds by %.2g\n", names[kind], worst.mean, worst.sd);
        ck_assert(worst.mean < 1e-4 && worst.sd < 1e-4);
    }
}
END_TEST

enum { INPUTS = 4, UNITS = 3, OBSERVATIONS = 20 };

/* Parameters "dense1/weight" [UNITS][INPUTS] and "dense1/bias" [UNITS]. */
static fg_posterior *make_priors(fg_draws *d, double sigma) {
    fg_posterior *p;
    fg_err err;
    fg_fixture_done(fg_posterior_create(&p, 2, &err), &err);
    for (int bias = 0; bias < 2; bias++) {
        fg_parameter *q = bias ? fg_posterior_add(p, "dense1/bias", 1, (size_t[]){UNITS, 0})
                               : fg_posterior_add(p, "dense1/weight", 2, (size_t[]){UNITS, INPUTS});
        for (size_t i = 0; i < q->size; i++) {
            q->lambda[i] = 1 / (sigma * sigma);
            q->eta[i] = q->lambda[i] * fg_draw_normal(d);
        }
    }
    return p;
}

static double value_of(const fg_posterior *p, int which, size_t i) {
    return p->parameters[which].eta[i] / p->parameters[which].lambda[i];
}

/* Constant parameters, free inputs, identity: y - W x = b is linear in x and y. */
START_TEST(dense_with_constant_parameters) {
    float x[INPUTS], targets[UNITS], mean[INPUTS + UNITS], sd[INPUTS + UNITS];
    double exact[INPUTS + UNITS], exact_sd[INPUTS + UNITS];
    errors worst = {0, 0};
    for (uint64_t trial = 0; trial < 20; trial++) {
        fg_draws d = {20 + trial, 0};
        fg_spec layers, spec;
        fg_err err;
        fg_graph *l;
        fg_graph_options options = {.parameters = FG_PARAMETERS_CONSTANT};
        fg_posterior *p = make_priors(&d, 0.01);
        fg_fixture_layers(
            &layers, "4 observation:sigma=0.3 dense:3,sigma=0.4,activation_prior=2 regression:sigma=0.5");
        fg_fixture_graph(&spec, INPUTS + UNITS);
        for (size_t i = 0; i < INPUTS; i++) {
            x[i] = (float)fg_draw_normal(&d);
            fg_fixture_unary(&spec, i, (double)x[i], 0.3);
        }
        for (size_t o = 0; o < UNITS; o++) {
            targets[o] = (float)fg_draw_normal(&d);
            fg_fixture_prior(&spec, INPUTS + o, 0, 2);
            fg_fixture_unary(&spec, INPUTS + o, (double)targets[o], 0.5);
            fg_linear_factor *f = fg_fixture_factor(&spec, 1, INPUTS + 1);
            for (size_t i = 0; i < INPUTS; i++) {
                f->variables[i] = i;
                f->matrix[i] = -value_of(p, 0, o * INPUTS + i);
            }
            f->variables[INPUTS] = INPUTS + o;
            f->matrix[INPUTS] = 1;
            f->value[0] = value_of(p, 1, o);
            f->sigma[0] = 0.4;
        }
        fg_fixture_done(fg_graph_create(&l, &layers, layers.input, 1, &options, &err), &err);
        fg_fixture_done(fg_graph_set_priors(l, p, &err), &err);
        fg_fixture_done(fg_graph_set_input(l, x, FG_ORDER_HWC, NULL, &err), &err);
        fg_fixture_done(fg_graph_set_targets(l, targets, &err), &err);
        fg_graph *g = fg_fixture_create(&spec, 1, 1);
        run(g, 1000, 0.5);
        run(l, 1000, 0.5);
        fg_graph_variables(exact, exact_sd, g);
        fg_graph_marginals(mean, sd, l, 0, FG_ORDER_HWC);
        fg_graph_marginals(mean + INPUTS, sd + INPUTS, l, 1, FG_ORDER_HWC);
        compare(&worst, mean, sd, exact, exact_sd, INPUTS + UNITS);
        fg_graph_free(g), fg_graph_free(l);
        fg_spec_free(&spec), fg_spec_free(&layers);
        fg_posterior_free(p);
    }
    printf("dense, constant parameters: means differ by %.2g sd, sds by %.2g\n", worst.mean, worst.sd);
    ck_assert(worst.mean < 1e-5 && worst.sd < 1e-5);
}
END_TEST

/* Noiseless inputs, identity: y - W x - b is linear in W, b and y. */
START_TEST(dense_with_noiseless_inputs) {
    enum { PARAMETERS = UNITS * (INPUTS + 1), ALL = PARAMETERS + UNITS * OBSERVATIONS };
    float x[OBSERVATIONS * INPUTS], targets[OBSERVATIONS * UNITS], mean[ALL], sd[ALL];
    double exact[ALL], exact_sd[ALL];
    fg_draws d = {50, 0};
    fg_spec layers, spec;
    fg_posterior *p;
    fg_err err;
    errors worst = {0, 0};
    fg_fixture_layers(
        &layers,
        "4 dense:3,sigma=0.4,weight_prior=0.7,bias_prior=0.9,activation_prior=2 regression:sigma=0.5");
    fg_fixture_graph(&spec, ALL);
    for (size_t i = 0; i < PARAMETERS; i++)
        fg_fixture_prior(&spec, i, 0, i < UNITS * INPUTS ? 0.7 : 0.9);
    for (size_t i = 0; i < OBSERVATIONS * INPUTS; i++)
        x[i] = (float)fg_draw_normal(&d);
    for (size_t k = 0; k < OBSERVATIONS * UNITS; k++) {
        size_t n = k / UNITS, o = k % UNITS, y = PARAMETERS + k;
        targets[k] = (float)fg_draw_normal(&d);
        fg_fixture_prior(&spec, y, 0, 2);
        fg_fixture_unary(&spec, y, (double)targets[k], 0.5);
        fg_linear_factor *f = fg_fixture_factor(&spec, 1, INPUTS + 2);
        for (size_t i = 0; i < INPUTS; i++) {
            f->variables[i] = o * INPUTS + i;
            f->matrix[i] = -(double)x[n * INPUTS + i];
        }
        f->variables[INPUTS] = UNITS * INPUTS + o;
        f->matrix[INPUTS] = -1;
        f->variables[INPUTS + 1] = y;
        f->matrix[INPUTS + 1] = 1;
        f->sigma[0] = 0.4;
    }
    fg_graph *g = fg_fixture_create(&spec, 1, 1), *l = fg_fixture_create(&layers, OBSERVATIONS, 1);
    fg_fixture_done(fg_graph_set_input(l, x, FG_ORDER_HWC, NULL, &err), &err);
    fg_fixture_done(fg_graph_set_targets(l, targets, &err), &err);
    run(g, 3000, 0.7);
    run(l, 3000, 0.7);
    fg_graph_variables(exact, exact_sd, g);
    fg_fixture_done(fg_graph_posterior(&p, l, &err), &err);
    for (size_t i = 0; i < PARAMETERS; i++) {
        const fg_parameter *q = fg_posterior_find(p, i < UNITS * INPUTS ? "dense1/weight" : "dense1/bias");
        size_t at = i < UNITS * INPUTS ? i : i - UNITS * INPUTS;
        mean[i] = (float)(q->eta[at] / q->lambda[at]);
        sd[i] = (float)(1 / sqrt(q->lambda[at]));
    }
    fg_graph_marginals(mean + PARAMETERS, sd + PARAMETERS, l, 1, FG_ORDER_HWC);
    compare(&worst, mean, sd, exact, exact_sd, ALL);
    printf("dense, noiseless inputs: means differ by %.2g sd, sds by %.2g\n", worst.mean, worst.sd);
    ck_assert(worst.mean < 1e-5 && worst.sd < 1e-5);
    fg_posterior_free(p);
    fg_graph_free(g), fg_graph_free(l);
    fg_spec_free(&spec), fg_spec_free(&layers);
}
END_TEST

/* Given parameters: the prediction carries their uncertainty, sum x^2 / lambda_w + 1 / lambda_b + sigma^2. */
START_TEST(prediction_with_given_parameters) {
    float x[OBSERVATIONS * INPUTS], mean[OBSERVATIONS * UNITS], sd[OBSERVATIONS * UNITS];
    fg_draws d = {60, 0};
    fg_spec layers;
    fg_err err;
    errors worst = {0, 0};
    fg_fixture_layers(&layers, "4 dense:3,sigma=0.4,activation_prior=2 regression:sigma=0.5");
    for (size_t i = 0; i < OBSERVATIONS * INPUTS; i++)
        x[i] = (float)fg_draw_normal(&d);
    for (int given = 0; given < 2; given++) {
        fg_posterior *p = make_priors(&d, 0.3);
        fg_graph *l;
        fg_graph_options options = {.parameters = given ? FG_PARAMETERS_GIVEN : FG_PARAMETERS_CONSTANT,
                                    .predict = true};
        fg_fixture_done(fg_graph_create(&l, &layers, layers.input, OBSERVATIONS, &options, &err), &err);
        fg_fixture_done(fg_graph_set_priors(l, p, &err), &err);
        fg_fixture_done(fg_graph_set_input(l, x, FG_ORDER_HWC, NULL, &err), &err);
        run(l, 3, 0);
        fg_graph_marginals(mean, sd, l, 1, FG_ORDER_HWC);
        for (size_t k = 0; k < OBSERVATIONS * UNITS; k++) {
            size_t n = k / UNITS, o = k % UNITS;
            double m = value_of(p, 1, o), v = 0.16 + (given ? 0.09 : 0);
            for (size_t i = 0; i < INPUTS; i++) {
                double xi = (double)x[n * INPUTS + i];
                m += value_of(p, 0, o * INPUTS + i) * xi;
                v += given ? 0.09 * xi * xi : 0;
            }
            double lambda = 1 / v + 0.25, exact = m / v / lambda, exact_sd = 1 / sqrt(lambda);
            compare(&worst, &mean[k], &sd[k], &exact, &exact_sd, 1);
        }
        fg_posterior *none;
        ck_assert(fg_graph_posterior(&none, l, &err) == FG_EINVAL && none == NULL);
        fg_graph_free(l);
        fg_posterior_free(p);
    }
    printf("prediction: means differ by %.2g sd, sds by %.2g\n", worst.mean, worst.sd);
    ck_assert(worst.mean < 1e-5 && worst.sd < 1e-5);
    fg_spec_free(&layers);
}
END_TEST

/* Observations with a mask and regression targets of the same variables: precisions add up. */
START_TEST(masked_observations_and_targets) {
    enum { ALL = 5 * 40 };
    float x[ALL], targets[ALL], mean[ALL], sd[ALL];
    unsigned char observed[ALL];
    fg_draws d = {70, 0};
    fg_spec layers;
    fg_err err;
    fg_fixture_layers(&layers, "5 observation:sigma=0.5 regression:sigma=0.25");
    for (size_t i = 0; i < ALL; i++) {
        observed[i] = fg_draw(&d, 0, 1) < 0.5;
        x[i] = observed[i] ? (float)fg_draw_normal(&d) : NAN;
        targets[i] = (float)fg_draw_normal(&d);
    }
    for (int predict = 0; predict < 2; predict++) {
        fg_graph *l;
        fg_graph_options options = {.predict = predict};
        fg_fixture_done(fg_graph_create(&l, &layers, layers.input, ALL / 5, &options, &err), &err);
        fg_fixture_done(fg_graph_set_input(l, x, FG_ORDER_HWC, observed, &err), &err);
        if (!predict)
            fg_fixture_done(fg_graph_set_targets(l, targets, &err), &err);
        run(l, 2, 0.5);
        fg_graph_marginals(mean, sd, l, 0, FG_ORDER_HWC);
        for (size_t i = 0; i < ALL; i++) {
            double lambda = (observed[i] ? 4 : 0) + (predict ? 0 : 16),
                   eta = predict ? 0 : 16 * (double)targets[i];
            eta += observed[i] ? 4 * (double)x[i] : 0;
            if (lambda == 0)
                ck_assert(isinf(sd[i]) && mean[i] == 0);
            else
                ck_assert(fabs((double)mean[i] - eta / lambda) < 1e-6 &&
                          fabs((double)sd[i] * sqrt(lambda) - 1) < 1e-6);
        }
        fg_graph_free(l);
    }
    fg_spec_free(&layers);
}
END_TEST

/* Robust unary factors are recomputed as they are: damping and dropout leave them alone, in both bodies. */
START_TEST(unary_factors_are_not_damped) {
    double mean[2][2], sd[2][2];
    for (int damped = 0; damped < 2; damped++) {
        fg_spec spec;
        fg_err err;
        fg_run_options options = fg_fixture_run(3, damped ? 0.9 : 0, 0);
        options.dropout = damped ? 0.9 : 0;
        fg_fixture_graph(&spec, 2);
        fg_fixture_prior(&spec, 0, 0, 1);
        robust(fg_fixture_unary(&spec, 0, 10, 1), FG_ROBUST_HUBER, 1);
        fg_fixture_prior(&spec, 1, 0, 1);
        fg_linear_factor *f = fg_fixture_factor(&spec, 2, 1); /* one variable, two rows */
        f->variables[0] = 1;
        f->matrix[0] = f->matrix[1] = 1;
        f->value[0] = 8;
        f->value[1] = 12;
        robust(f, FG_ROBUST_HUBER, 1);
        fg_graph *g = fg_fixture_create(&spec, 1, 1);
        fg_fixture_done(fg_graph_run(NULL, g, &options, NULL, &err), &err);
        fg_graph_variables(mean[damped], sd[damped], g);
        ck_assert(mean[damped][0] > 0.1 && mean[damped][1] > 0.1);
        fg_graph_free(g);
        fg_spec_free(&spec);
    }
    for (int i = 0; i < 2; i++)
        ck_assert(mean[0][i] == mean[1][i] && sd[0][i] == sd[1][i]);
}
END_TEST

/* Data bound anew replaces the old, without a reset. */
START_TEST(data_can_be_bound_again) {
    const float first[] = {1, 2, 3}, second[] = {-4, 5, 6};
    float mean[3];
    fg_spec spec;
    fg_err err;
    fg_fixture_layers(&spec, "3 observation:sigma=0.5");
    fg_graph *g = fg_fixture_create(&spec, 1, 1);
    for (int i = 0; i < 2; i++) {
        const float *x = i ? second : first;
        fg_fixture_done(fg_graph_set_input(g, x, FG_ORDER_HWC, NULL, &err), &err);
        run(g, 2, 0.5);
        fg_graph_marginals(mean, NULL, g, 0, FG_ORDER_HWC);
        ck_assert(memcmp(mean, x, sizeof mean) == 0);
    }
    fg_graph_free(g);
    fg_spec_free(&spec);
}
END_TEST

FG_TEST_MAIN("engine/equivalence", pairwise_grid, dense_with_constant_parameters, dense_with_noiseless_inputs,
             prediction_with_given_parameters, masked_observations_and_targets, unary_factors_are_not_damped,
             data_can_be_bound_again)
