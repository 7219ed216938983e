/* Joint weights: layers of full covariance against the exact posterior of a linear model. */
#include "engine/joint_internal.h"

/* Mean and covariance of a unit's weights and bias after rows [0, n) but one (left out: none). */
typedef struct answer {
    fg_exact mean[SIZE], covariance[SIZE][SIZE];
} answer;

static const fg_exact out_lambda = 1 / (0.1L * 0.1L) + 1 / 9.0L; /* of an output, without its factor */

static void exact(answer *a, const fg_joint_rows *r, size_t o, size_t n, size_t left_out) {
    fg_exact precision[SIZE * SIZE] = {0}, eta[SIZE] = {0};
    for (size_t i = 0; i < SIZE; i++)
        precision[i * SIZE + i] = i < INPUTS ? 1 / 4.0L : 1 / 2.25L;
    for (size_t k = 0; k < n; k++) {
        const fg_exact weight = 1 / (0.2L * 0.2L + 1 / out_lambda),
                       mean = (fg_exact)r->y[k * UNITS + o] / (0.1L * 0.1L) / out_lambda;
        for (size_t i = 0; i < SIZE && k != left_out; i++) {
            fg_exact x = i < INPUTS ? (fg_exact)r->x[k * INPUTS + i] : 1;
            eta[i] += weight * x * mean;
            for (size_t j = 0; j < SIZE; j++)
                precision[i * SIZE + j] += weight * x * (j < INPUTS ? (fg_exact)r->x[k * INPUTS + j] : 1);
        }
    }
    ck_assert(fg_oracle_cholesky(precision, SIZE, SIZE));
    for (size_t i = 0; i < SIZE; i++) {
        fg_exact column[SIZE] = {0};
        column[i] = 1;
        fg_oracle_solve(column, precision, SIZE, SIZE);
        memcpy(a->covariance[i], column, sizeof column);
    }
    fg_oracle_solve(eta, precision, SIZE, SIZE);
    memcpy(a->mean, eta, sizeof eta);
}

static const fg_parameter *entry(const fg_posterior *p, size_t o, size_t i, size_t *at) {
    *at = i < INPUTS ? o * INPUTS + i : o;
    return fg_posterior_find(p, i < INPUTS ? "dense1/weight" : "dense1/bias");
}

/* The largest error of means and deviations, in deviations, and of correlations. */
static double error_of(const fg_posterior *p, const fg_joint_rows *r, size_t n) {
    double worst = 0;
    for (size_t o = 0; o < UNITS; o++) {
        answer a;
        const float *correlation = fg_joint_correlation(p, o);
        exact(&a, r, o, n, n);
        for (size_t i = 0; i < SIZE; i++) {
            size_t at;
            const fg_parameter *e = entry(p, o, i, &at);
            double sd = (double)sqrtl(a.covariance[i][i]);
            worst = fmax(worst, fabs(e->eta[at] / e->lambda[at] - (double)a.mean[i]) / sd);
            worst = fmax(worst, fabs(1 / sqrt(e->lambda[at]) / sd - 1));
            for (size_t j = 0; j < SIZE; j++) {
                double wanted = (double)(a.covariance[i][j] / sqrtl(a.covariance[i][i] * a.covariance[j][j]));
                worst = fmax(worst, fabs((double)correlation[i * SIZE + j] - wanted));
            }
        }
    }
    return worst;
}

/* Batches of any size give the posterior of all rows, correlations included. */
START_TEST(batches_equal_the_exact_posterior) {
    double worst = 0;
    fg_spec spec;
    fg_fixture_layers(&spec, FG_JOINT_MODEL);
    for (uint64_t seed = 0; seed < 10; seed++) {
        fg_joint_rows r;
        fg_joint_make(&r, seed);
        fg_filter_options o = fg_filtering_options(7, 5, 0);
        fg_filter *f = fg_filtering_begin(&spec, NULL, &o);
        for (size_t from = 0, n; from < ROWS; from += n) {
            n = 1 + fg_rng_u32(seed, 1, from) % 15;
            n = n < ROWS - from ? n : ROWS - from;
            fg_batch batch = fg_joint_batch(&r, from, n);
            ck_assert(!fg_filtering_step(f, &batch).passed);
        }
        worst = fmax(worst, error_of(fg_filter_posterior(f), &r, ROWS));
        fg_filter_free(f);
    }
    printf("joint weights: batches differ from the exact posterior by %.2g\n", worst);
    ck_assert_double_lt(worst, 1e-3);
    fg_spec_free(&spec);
}
END_TEST

/* Root mean square of what a unit's means leave of its targets. */
static double misfit(const fg_posterior *p, const fg_joint_rows *r, size_t o) {
    double squares = 0;
    for (size_t k = 0; k < ROWS; k++) {
        double sum = 0;
        for (size_t i = 0; i < SIZE; i++) {
            size_t at;
            const fg_parameter *e = entry(p, o, i, &at);
            sum += e->eta[at] / e->lambda[at] * (i < INPUTS ? (double)r->x[k * INPUTS + i] : 1);
        }
        squares += (sum - (double)r->y[k * UNITS + o]) * (sum - (double)r->y[k * UNITS + o]);
    }
    return sqrt(squares / ROWS);
}

/* Rows with noise of 0.3, whatever a spec says of it: what single precision cannot hold is taken for a little
 * less certain, and nothing diverges. */
START_TEST(too_strong_observations_are_learned_from) {
    static const double sigmas[] = {1e-2, 1e-3, 1e-4, 1e-6};
    for (int i = 0; i < 4; i++) {
        char text[200];
        fg_joint_rows r;
        fg_spec spec;
        snprintf(text, sizeof text, "5 dense:2,covariance=full,sigma=%g regression:sigma=%g", sigmas[i],
                 sigmas[i]);
        fg_fixture_layers(&spec, text);
        fg_joint_make(&r, 3);
        fg_filter_options o = fg_filtering_options(15, 5, 0);
        fg_filter *f = fg_filtering_begin(&spec, NULL, &o);
        for (size_t from = 0; from < ROWS; from += 15) {
            fg_batch batch = fg_joint_batch(&r, from, 15);
            ck_assert(!fg_filtering_step(f, &batch).passed);
        }
        for (size_t u = 0; u < UNITS; u++)
            ck_assert_double_lt(misfit(fg_filter_posterior(f), &r, u), 0.4);
        fg_filter_free(f);
        fg_spec_free(&spec);
    }
}
END_TEST

/* What an exact filter knows of one unit. */
typedef struct stream {
    fg_exact mean[SIZE], covariance[SIZE][SIZE];
} stream;

/* One row: w.x + b observed as y with the variance given. */
static void learn_row(stream *s, const float *x, fg_exact y, fg_exact variance) {
    fg_exact image[SIZE] = {0}, rest = y;
    for (size_t i = 0; i < SIZE; i++) {
        for (size_t j = 0; j < SIZE; j++)
            image[i] += s->covariance[i][j] * (j < INPUTS ? (fg_exact)x[j] : 1);
        variance += image[i] * (i < INPUTS ? (fg_exact)x[i] : 1);
        rest -= s->mean[i] * (i < INPUTS ? (fg_exact)x[i] : 1);
    }
    for (size_t i = 0; i < SIZE; i++) {
        s->mean[i] += image[i] / variance * rest;
        for (size_t j = 0; j < SIZE; j++)
            s->covariance[i][j] -= image[i] * image[j] / variance;
    }
}

/* Back to priors of mean 0 and deviation 2 (METHOD section 7). */
static void forget(stream *s, fg_exact a) {
    fg_exact grow[SIZE];
    for (size_t i = 0; i < SIZE; i++) {
        grow[i] = 1 - a + a * 2 / sqrtl(s->covariance[i][i]);
        s->mean[i] *= 1 - a;
    }
    for (size_t i = 0; i < SIZE; i++)
        for (size_t j = 0; j < SIZE; j++)
            s->covariance[i][j] *= grow[i] * grow[j] * (i == j ? 1 : 1 - a * a);
}

/* The largest error of means and deviations, in deviations, after a stream of batches of 5 around `offset`
 * with noise of `sigma` twice. */
static double stream_error(double offset, double sigma, double forgotten, bool *in_double) {
    enum { BATCHES = 100, EACH = 5 };
    char text[200];
    stream s = {0};
    fg_spec spec;
    fg_draws d = {21, 0};
    double worst = 0;
    snprintf(text, sizeof text,
             "5 dense:1,covariance=full,sigma=%g,activation_prior=1000,weight_prior=2,bias_prior=2 "
             "regression:sigma=%g",
             sigma, sigma);
    fg_fixture_layers(&spec, text);
    fg_filter_options o = fg_filtering_options(EACH, 3, 0);
    o.run.forget = forgotten;
    fg_filter *f = fg_filtering_begin(&spec, NULL, &o);
    for (size_t i = 0; i < SIZE; i++)
        s.covariance[i][i] = 4;
    const fg_exact lambda = 1 / ((fg_exact)sigma * (fg_exact)sigma) + 1e-6L;
    for (int b = 0; b < BATCHES; b++) {
        float x[EACH * INPUTS], y[EACH];
        if (b > 0)
            forget(&s, (fg_exact)forgotten);
        for (size_t k = 0; k < EACH; k++) {
            const double common = fg_draw_normal(&d);
            for (size_t i = 0; i < INPUTS; i++)
                x[k * INPUTS + i] = (float)(offset + common + 0.1 * fg_draw_normal(&d));
            y[k] = (float)(common + sigma * fg_draw_normal(&d));
            learn_row(&s, x + k * INPUTS, (fg_exact)y[k] / ((fg_exact)sigma * (fg_exact)sigma) / lambda,
                      1 / lambda + (fg_exact)sigma * (fg_exact)sigma);
        }
        fg_batch batch = {.n = EACH, .x = x, .targets = y};
        ck_assert(!fg_filtering_step(f, &batch).passed);
    }
    const fg_posterior *p = fg_filter_posterior(f);
    for (size_t i = 0; i < SIZE; i++) {
        const fg_parameter *e = fg_posterior_find(p, i < INPUTS ? "dense1/weight" : "dense1/bias");
        const size_t at = i < INPUTS ? i : 0;
        const double sd = (double)sqrtl(s.covariance[i][i]);
        worst = fmax(worst, fabs(e->eta[at] / e->lambda[at] - (double)s.mean[i]) / sd);
        worst = fmax(worst, fabs(1 / sqrt(e->lambda[at]) / sd - 1));
    }
    *in_double = fg_posterior_find(p, "dense1/weight")->wide_correlation;
    ck_assert(fg_filter_where(f).curbed[0] == 0);
    fg_filter_free(f);
    fg_spec_free(&spec);
    return worst;
}

/* Inputs far from 0 and precise observations are as exact as others: in double precision from where it is
 * needed, and only there. */
START_TEST(streams_far_from_zero_are_exact) {
    static const struct {
        double offset, sigma;
        bool in_double;
    } cases[] = {{0, 0.1, false},   {10, 0.1, false}, {50, 0.5, true},  {100, 0.1, true},
                 {1000, 0.1, true}, {1e4, 0.1, true}, {0, 0.001, true}, {100, 0.001, true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool in_double;
        double error = stream_error(cases[i].offset, cases[i].sigma, 0, &in_double);
        printf("joint weights: inputs around %g, sigma %g: off by %.2g%s\n", cases[i].offset, cases[i].sigma,
               error, in_double ? ", in double" : "");
        ck_assert_double_lt(error, 0.02);
        ck_assert(in_double == cases[i].in_double);
    }
}
END_TEST

/* Forgetting takes correlations back, too: while they stayed, every batch added to them, until rounding was
 * all that was left, and weighted sums were never unlearned. */
START_TEST(streams_that_forget_are_exact) {
    static const double offsets[] = {0, 3, 30, 300}, shares[] = {0.01, 0.1, 0.5, 0.999};
    bool in_double;
    double worst = 0;
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < 4; j++)
            worst = fmax(worst, stream_error(offsets[i], 0.5, shares[j], &in_double));
    printf("joint weights: streams that forget are off by %.2g\n", worst);
    ck_assert_double_lt(worst, 0.02);
}
END_TEST

/* What not even double precision holds is learned from as if it were less certain, and counted. */
START_TEST(curbed_observations_are_counted) {
    fg_joint_rows r;
    fg_spec spec;
    fg_fixture_layers(&spec, "5 dense:2,covariance=full,sigma=1e-6,weight_prior=100 regression:sigma=1e-6");
    fg_joint_make(&r, 3);
    fg_filter_options o = fg_filtering_options(15, 5, 0);
    fg_filter *f = fg_filtering_begin(&spec, NULL, &o);
    fg_batch batch = fg_joint_batch(&r, 0, 15);
    ck_assert(!fg_filtering_step(f, &batch).passed);
    ck_assert(fg_filter_where(f).curbed[0] > 0);
    fg_filter_free(f);
    fg_spec_free(&spec);
}
END_TEST

/* Marginals of outputs: each row's own target and all that the others teach, exactly. */
START_TEST(outputs_are_exact) {
    fg_joint_rows r;
    fg_spec spec;
    float mean[ROWS * UNITS], sd[ROWS * UNITS];
    fg_fixture_layers(&spec, FG_JOINT_MODEL);
    fg_joint_make(&r, 3);
    fg_graph *g = fg_joint_graph(&spec, &r, 30, &(fg_graph_options){0});
    fg_joint_run(g, 60, 0.5);
    fg_graph_marginals(mean, sd, g, fg_graph_groups(g) - 1, FG_ORDER_HWC);
    for (size_t k = 0; k < 30; k++)
        for (size_t o = 0; o < UNITS; o++) {
            answer a;
            fg_exact u = 0, v = 0.2L * 0.2L;
            exact(&a, &r, o, 30, k);
            for (size_t i = 0; i < SIZE; i++) {
                fg_exact x = i < INPUTS ? (fg_exact)r.x[k * INPUTS + i] : 1;
                u += x * a.mean[i];
                for (size_t j = 0; j < SIZE; j++)
                    v += x * (j < INPUTS ? (fg_exact)r.x[k * INPUTS + j] : 1) * a.covariance[i][j];
            }
            double lambda = (double)(1 / v + out_lambda),
                   wanted = (double)(u / v + (fg_exact)r.y[k * UNITS + o] / (0.1L * 0.1L)) / lambda;
            ck_assert_double_lt(fabs((double)mean[k * UNITS + o] - wanted) * sqrt(lambda), 1e-3);
            ck_assert_double_lt(fabs((double)sd[k * UNITS + o] * sqrt(lambda) - 1), 1e-3);
        }
    fg_graph_free(g);
    fg_spec_free(&spec);
}
END_TEST

/* Predictions count how weights vary together, which here makes them far surer than marginals would. */
START_TEST(predictions_use_the_covariance) {
    fg_joint_rows r;
    fg_spec spec;
    answer a;
    fg_err err;
    float mean[ROWS * UNITS], sd[ROWS * UNITS];
    fg_fixture_layers(&spec, FG_JOINT_MODEL);
    fg_joint_make(&r, 4);
    fg_posterior *p = fg_joint_learned(&spec, &r, 40);
    ck_assert_double_lt(error_of(p, &r, 40), 1e-4);
    fg_graph *g = fg_joint_graph(&spec, &r, ROWS,
                                 &(fg_graph_options){.parameters = FG_PARAMETERS_GIVEN, .predict = true});
    fg_fixture_done(fg_graph_set_priors(g, p, &err), &err);
    fg_joint_run(g, 10, 0);
    fg_graph_marginals(mean, sd, g, fg_graph_groups(g) - 1, FG_ORDER_HWC);
    exact(&a, &r, 1, 40, 40);
    double apart = 0;
    for (size_t k = 0; k < ROWS; k++) {
        fg_exact u = 0, v = 0.2L * 0.2L, alone = v;
        for (size_t i = 0; i < SIZE; i++) {
            fg_exact x = i < INPUTS ? (fg_exact)r.x[k * INPUTS + i] : 1;
            u += x * a.mean[i];
            alone += x * x * a.covariance[i][i];
            for (size_t j = 0; j < SIZE; j++)
                v += x * (j < INPUTS ? (fg_exact)r.x[k * INPUTS + j] : 1) * a.covariance[i][j];
        }
        double lambda = (double)(1 / v + 1 / 9.0L);
        ck_assert_double_lt(fabs((double)mean[k * UNITS + 1] - (double)(u / v) / lambda), 1e-3);
        ck_assert_double_lt(fabs((double)sd[k * UNITS + 1] * sqrt(lambda) - 1), 1e-3);
        apart = fmax(apart, (double)(alone / v));
    }
    ck_assert_double_gt(apart, 1.5);
    fg_graph_free(g);
    fg_posterior_free(p);
    fg_spec_free(&spec);
}
END_TEST

/* Least squares on labels: what is learned does not depend on the order of the data, not even class by class.
 */
START_TEST(order_does_not_matter) {
    enum { CLASSES = 3 };
    fg_joint_rows r, sorted;
    int32_t labels[ROWS], sorted_labels[ROWS];
    size_t n = 0;
    fg_spec spec;
    fg_joint_make(&r, 11);
    for (size_t k = 0; k < ROWS; k++)
        labels[k] = r.x[k * INPUTS] < -0.5f ? 0 : r.x[k * INPUTS + 1] < 0.3f ? 1 : 2;
    for (int32_t c = CLASSES; c-- > 0;)
        for (size_t k = 0; k < ROWS; k++)
            if (labels[k] == c) {
                memcpy(sorted.x + n * INPUTS, r.x + k * INPUTS, INPUTS * sizeof *r.x);
                sorted_labels[n++] = c;
            }
    fg_fixture_layers(&spec, "5 dense:3,covariance=full,sigma=0.1,activation_prior=100 "
                             "softmax:likelihood=one_hot,sigma=0.3");
    fg_filter_options o = fg_filtering_options(10, 5, 0);
    fg_filter *f = fg_filtering_begin(&spec, NULL, &o), *g = fg_filtering_begin(&spec, NULL, &o);
    for (size_t from = 0; from < ROWS; from += 10) {
        fg_batch a = {.n = 10, .x = r.x + from * INPUTS, .labels = labels + from},
                 b = {.n = 10, .x = sorted.x + from * INPUTS, .labels = sorted_labels + from};
        fg_filtering_step(f, &a);
        ck_assert(!fg_filtering_step(g, &b).passed);
    }
    for (size_t i = 0; i < 2; i++) {
        const fg_parameter *a = &fg_filter_posterior(f)->parameters[i],
                           *b = &fg_filter_posterior(g)->parameters[i];
        for (size_t k = 0; k < a->size; k++) {
            double sd = 1 / sqrt(a->lambda[k]);
            ck_assert_double_lt(fabs(a->eta[k] / a->lambda[k] - b->eta[k] / b->lambda[k]), 1e-2 * sd);
            ck_assert_double_eq_tol(a->lambda[k] / b->lambda[k], 1, 1e-3);
        }
    }
    fg_filter_free(f);
    fg_filter_free(g);
    fg_spec_free(&spec);
}
END_TEST

FG_TEST_MAIN("joint weights", order_does_not_matter, batches_equal_the_exact_posterior,
             too_strong_observations_are_learned_from, streams_far_from_zero_are_exact,
             streams_that_forget_are_exact, curbed_observations_are_counted, outputs_are_exact,
             predictions_use_the_covariance)
