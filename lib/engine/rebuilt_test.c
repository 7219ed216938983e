/* Messages rebuilt from two numbers a factor (factor/rebuilt.h): a single factor in closed form; where
 * inference rests, the means are those of stored messages, and precisions nearly so; they take less memory.
 */
#include "engine/planar_internal.h"

/* A convolution that takes all of a picture, with one filter: one factor. */
static void single_factor(bool bias) {
    fg_spec spec;
    fg_err err;
    const float x[4] = {1, -2, 0, 0.5f};
    const double sigma = 0.3, prior_w = 0.7, prior_b = 0.4, prior_y = 2;
    fg_fixture_layers(&spec, bias ? "2x2x1 conv:1,kernel=2,sigma=0.3,weight_prior=0.7,bias_prior=0.4,"
                                    "activation_prior=2,weight_init=0.5"
                                  : "2x2x1 conv:1,kernel=2,sigma=0.3,weight_prior=0.7,bias=false,"
                                    "activation_prior=2,weight_init=0.5");
    spec.run.storage = FG_STORAGE_FACTOR;
    fg_graph *g = fg_fixture_create(&spec, 1, 1);
    fg_fixture_done(fg_graph_set_input(g, x, FG_ORDER_HWC, NULL, &err), &err);
    double information = 0, to_y = 0;
    for (int iterations = 1; iterations <= 2; iterations++) {
        double v_b = 1 / (1 / (prior_b * prior_b) + information),
               s_w = bias ? v_b : 0; /* variances as beliefs have them */
        for (int i = 0; i < 4; i++) {
            double square = (double)x[i] * (double)x[i];
            s_w += square / (1 / (prior_w * prior_w) + square * information);
        }
        fg_planar_run(g, 1, 0.5, 0);
        const fg_set *set = &g->net.sets[0];
        const double keep = iterations == 1 ? 0 : 0.5, y = (double)set->out->sums[0].lambda_single[0];
        information = keep * information + (1 - keep) / (sigma * sigma + s_w + prior_y * prior_y);
        to_y = keep * to_y + (1 - keep) / (sigma * sigma + s_w);
        for (int i = 0; i < 4; i++)
            ck_assert_double_eq_tol(set->weight->sums[0].lambda[i], (double)x[i] * (double)x[i] * information,
                                    1e-6 * information);
        if (bias)
            ck_assert_double_eq_tol(set->bias->sums[0].lambda[0], information, 1e-6 * information);
        ck_assert_double_eq_tol(y, to_y, 1e-6);
    }
    fg_graph_free(g);
    fg_spec_free(&spec);
}

START_TEST(a_single_factor) {
    single_factor(true);
    single_factor(false);
}
END_TEST

static fg_posterior *rest(const fg_spec *spec, fg_storage storage, double extrapolate, size_t n) {
    fg_draws d = {7, 0};
    fg_err err;
    fg_posterior *p;
    fg_run_info info;
    fg_run_options run = fg_fixture_run(20000, 0.8, 1e-4);
    fg_spec as = *spec;
    as.run.storage = storage;
    run.relinearise_lag = 0.9;
    run.extrapolate = extrapolate;
    fg_graph *g = fg_fixture_create(&as, n, 2);
    float *x = fg_planar_picture(n * fg_shape_size(spec->input), &d);
    float *y = fg_planar_picture(n * fg_shape_size(fg_graph_group_shape(g, fg_graph_groups(g) - 1)), &d);
    fg_fixture_done(fg_graph_set_input(g, x, FG_ORDER_HWC, NULL, &err), &err);
    fg_fixture_done(fg_graph_set_targets(g, y, &err), &err);
    fg_fixture_done(fg_graph_run(&info, g, &run, NULL, &err), &err);
    ck_assert_msg(info.converged && !info.improper, "storage %d: change %g after %d iterations, %d improper",
                  storage, info.change, info.iterations, (int)info.improper);
    fg_fixture_done(fg_graph_posterior(&p, g, &err), &err);
    free(x), free(y);
    fg_graph_free(g);
    return p;
}

static void compare(const fg_posterior *edge, const fg_posterior *factor) {
    double mean = 0, precision = 0;
    for (size_t i = 0; i < edge->n; i++)
        for (size_t k = 0; k < edge->parameters[i].size; k++) {
            const fg_parameter *e = &edge->parameters[i], *f = &factor->parameters[i];
            double sd = 1 / sqrt(e->lambda[k]);
            mean = fmax(mean, fabs(e->eta[k] / e->lambda[k] - f->eta[k] / f->lambda[k]) / sd);
            precision = fmax(precision, fabs(f->lambda[k] / e->lambda[k] - 1));
        }
    printf("means differ by %.2g sd, precisions by %.2g\n", mean, precision);
    ck_assert(mean < 0.02 && precision < 0.3);
}

START_TEST(means_at_rest) {
    static const char *const texts[] = {
        "6x6x1 conv:3,kernel=3,sigma=0.5,weight_prior=0.3 avg_pool:2,sigma=0.5 "
        "dense:2,sigma=0.5,weight_prior=0.3 regression:sigma=1",
        "7x6x2 conv:2,kernel=3,activation=tanh,sigma=0.5 conv:17,kernel=2,sigma=0.5 dense:3,sigma=0.5 "
        "regression:sigma=1",
        "6x6x1 conv:3,kernel=3,sigma=0.5,bias=false conv:4,kernel=2,sigma=0.5,bias=false "
        "dense:2,sigma=0.5,bias=false regression:sigma=1",
    };
    for (size_t m = 0; m < sizeof texts / sizeof *texts; m++) {
        fg_spec spec;
        fg_fixture_layers(&spec, texts[m]);
        fg_posterior *edge = rest(&spec, FG_STORAGE_EDGE, 0, 5);
        for (int extrapolate = 0; extrapolate < 2; extrapolate++) {
            fg_posterior *factor = rest(&spec, FG_STORAGE_FACTOR, extrapolate, 5);
            compare(edge, factor);
            fg_posterior_free(factor);
        }
        fg_posterior_free(edge);
        fg_spec_free(&spec);
    }
}
END_TEST

START_TEST(memory) {
    fg_spec spec;
    fg_err err;
    size_t bytes[2];
    fg_fixture_layers(&spec, "20x20x1 conv:16 max_pool:2 dense:10 softmax");
    for (int s = 0; s < 2; s++) {
        fg_graph_options options = {.storage = (fg_storage)s}, predicts = {.storage = (fg_storage)s};
        size_t before = fg_mem_held(), given[2];
        fg_graph *g;
        fg_fixture_done(fg_graph_bytes(&bytes[s], &spec, spec.input, 32, &options, &err), &err);
        fg_fixture_done(fg_graph_create(&g, &spec, spec.input, 32, &options, &err), &err);
        ck_assert(fg_mem_held() - before >= bytes[s] &&
                  fg_mem_held() - before <= bytes[s] + sizeof(fg_graph) + 256);
        fg_graph_free(g);
        predicts.predict = true;
        predicts.parameters = FG_PARAMETERS_CONSTANT; /* nothing is sent to parameters: storage is the same */
        fg_fixture_done(fg_graph_bytes(&given[s], &spec, spec.input, 32, &predicts, &err), &err);
        ck_assert(s == 0 || given[0] == given[1]);
    }
    printf("edge %zu bytes, factor %zu\n", bytes[0], bytes[1]);
    ck_assert(bytes[1] * 2 < bytes[0]);
    fg_spec_free(&spec);
}
END_TEST

FG_TEST_MAIN("engine/rebuilt", a_single_factor, means_at_rest, memory)
