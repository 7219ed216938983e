/* Joint weights: layers of full covariance against the exact posterior of a linear model. */
#include "engine/filtering_internal.h"
#include "engine/state.h"

enum { ROWS = 60, INPUTS = 5, UNITS = 2, SIZE = INPUTS + 1 };

#define MODEL                                                                                                \
    "5 dense:2,covariance=full,sigma=0.2,weight_prior=2,bias_prior=1.5,activation_prior=3 "                  \
    "regression:sigma=0.1"

typedef struct rows {
    float x[ROWS * INPUTS], y[ROWS * UNITS];
} rows;

/* Inputs that go together, so that weights do, too. */
static void make(rows *r, uint64_t seed) {
    fg_draws d = {seed, 0};
    for (size_t n = 0; n < ROWS; n++) {
        double common = fg_draw_normal(&d);
        for (size_t i = 0; i < INPUTS; i++)
            r->x[n * INPUTS + i] = (float)(common + 0.5 * fg_draw_normal(&d));
        for (size_t o = 0; o < UNITS; o++)
            r->y[n * UNITS + o] = (float)(0.7 * common + (double)o + 0.3 * fg_draw_normal(&d));
    }
}

/* Mean and covariance of a unit's weights and bias after rows [0, n) but one (left out: none). */
typedef struct answer {
    fg_exact mean[SIZE], covariance[SIZE][SIZE];
} answer;

static const fg_exact out_lambda = 1 / (0.1L * 0.1L) + 1 / 9.0L; /* of an output, without its factor */

static void exact(answer *a, const rows *r, size_t o, size_t n, size_t left_out) {
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

/* The correlations of a unit's weights. */
static const float *correlation_of(const fg_posterior *p, size_t o) {
    const fg_parameter *w = fg_posterior_find(p, "dense1/weight");
    return w->correlation + (w->matrices > 1 ? o * SIZE * SIZE : 0);
}

/* The largest error of means and deviations, in deviations, and of correlations. */
static double error_of(const fg_posterior *p, const rows *r, size_t n) {
    double worst = 0;
    for (size_t o = 0; o < UNITS; o++) {
        answer a;
        const float *correlation = correlation_of(p, o);
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

static bool same_correlations(const fg_parameter *a, const fg_parameter *b) {
    return a->matrices == b->matrices && a->joint == b->joint &&
           memcmp(a->correlation, b->correlation, fg_parameter_correlations(a) * sizeof(float)) == 0;
}

static fg_batch batch_of(const rows *r, size_t from, size_t n) {
    return (fg_batch){.n = n, .x = r->x + from * INPUTS, .targets = r->y + from * UNITS};
}

/* Batches of any size give the posterior of all rows, correlations included. */
START_TEST(batches_equal_the_exact_posterior) {
    double worst = 0;
    fg_spec spec;
    fg_fixture_layers(&spec, MODEL);
    for (uint64_t seed = 0; seed < 10; seed++) {
        rows r;
        make(&r, seed);
        fg_filter_options o = fg_filtering_options(7, 5, 0);
        fg_filter *f = fg_filtering_begin(&spec, NULL, &o);
        for (size_t from = 0, n; from < ROWS; from += n) {
            n = 1 + fg_rng_u32(seed, 1, from) % 15;
            n = n < ROWS - from ? n : ROWS - from;
            fg_batch batch = batch_of(&r, from, n);
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

static fg_graph *bound(const fg_spec *spec, const rows *r, size_t n, const fg_graph_options *options) {
    fg_graph *g;
    fg_err err;
    fg_fixture_done(fg_graph_create(&g, spec, spec->input, n, options, &err), &err);
    fg_fixture_done(fg_graph_set_input(g, r->x, FG_ORDER_HWC, NULL, &err), &err);
    if (!options->predict)
        fg_fixture_done(fg_graph_set_targets(g, r->y, &err), &err);
    return g;
}

static void run(fg_graph *g, int iterations, double damping) {
    fg_run_options o = fg_fixture_run(iterations, damping, 0);
    fg_err err;
    fg_fixture_done(fg_graph_run(NULL, g, &o, NULL, &err), &err);
}

/* Marginals of outputs: each row's own target and all that the others teach, exactly. */
START_TEST(outputs_are_exact) {
    rows r;
    fg_spec spec;
    float mean[ROWS * UNITS], sd[ROWS * UNITS];
    fg_fixture_layers(&spec, MODEL);
    make(&r, 3);
    fg_graph *g = bound(&spec, &r, 30, &(fg_graph_options){0});
    run(g, 60, 0.5);
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

static fg_posterior *learned(const fg_spec *spec, const rows *r, size_t n) {
    fg_posterior *p;
    fg_err err;
    fg_graph *g = bound(spec, r, n, &(fg_graph_options){0});
    run(g, 3, 0);
    fg_fixture_done(fg_graph_posterior(&p, g, &err), &err);
    fg_graph_free(g);
    return p;
}

/* Predictions count how weights vary together, which here makes them far surer than marginals would. */
START_TEST(predictions_use_the_covariance) {
    rows r;
    fg_spec spec;
    answer a;
    fg_err err;
    float mean[ROWS * UNITS], sd[ROWS * UNITS];
    fg_fixture_layers(&spec, MODEL);
    make(&r, 4);
    fg_posterior *p = learned(&spec, &r, 40);
    ck_assert_double_lt(error_of(p, &r, 40), 1e-4);
    fg_graph *g =
        bound(&spec, &r, ROWS, &(fg_graph_options){.parameters = FG_PARAMETERS_GIVEN, .predict = true});
    fg_fixture_done(fg_graph_set_priors(g, p, &err), &err);
    run(g, 10, 0);
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

static void write_state(char **text, size_t *size, fg_state *state) {
    fg_err err;
    FILE *stream = open_memstream(text, size);
    fg_fixture_done(fg_state_write(stream, state, &err), &err);
    fclose(stream);
}

START_TEST(states_keep_correlations) {
    rows r;
    fg_state state = {0}, back;
    fg_err err;
    char *text;
    size_t size;
    fg_fixture_layers(&state.spec, MODEL);
    make(&r, 5);
    state.posterior = learned(&state.spec, &r, 20);
    write_state(&text, &size, &state);
    fg_fixture_done(fg_state_read(&back, (unsigned char *)text, size, &err), &err);
    const fg_parameter *a = fg_posterior_find(state.posterior, "dense1/weight"),
                       *b = fg_posterior_find(back.posterior, "dense1/weight");
    ck_assert(b->joint == SIZE && b->matrices == 1 && same_correlations(a, b));
    fg_state_free(&back);
    free(text);
    const struct {
        size_t at;
        float value;
    } wrong[] = {{1, 1.5f}, {1, -2}, {0, 0.5f}, {SIZE + 1, 0}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        float kept = a->correlation[wrong[i].at];
        a->correlation[wrong[i].at] = wrong[i].value;
        write_state(&text, &size, &state);
        ck_assert(fg_state_read(&back, (unsigned char *)text, size, &err) == FG_EFORMAT);
        ck_assert_msg(strstr(err.text, "is not a correlation"), "%s", err.text);
        a->correlation[wrong[i].at] = kept;
        free(text);
    }
    fg_state_free(&state);
}
END_TEST

/* Matrices that no weights can have, as a file may hold, give numbers all the same. */
START_TEST(impossible_correlations_stay_finite) {
    rows r;
    fg_spec spec;
    fg_err err;
    fg_fixture_layers(&spec, MODEL);
    make(&r, 6);
    fg_posterior *p = learned(&spec, &r, 20);
    fg_fixture_done(fg_parameter_spread(&p->parameters[0], &err), &err);
    float *c = p->parameters[0].correlation;
    for (size_t i = 0; i < UNITS * SIZE * SIZE; i++)
        c[i] = i % (SIZE * SIZE) / SIZE == i % SIZE ? 1 : i % 2 ? -1 : 1;
    fg_filter_options o = fg_filtering_options(10, 5, 0);
    fg_filter *f = fg_filtering_begin(&spec, p, &o);
    for (size_t from = 0; from < ROWS; from += 10) {
        fg_batch batch = batch_of(&r, from, 10);
        fg_filtering_step(f, &batch);
        for (size_t i = 0; i < fg_filter_posterior(f)->n; i++)
            fg_fixture_done(fg_parameter_check(&fg_filter_posterior(f)->parameters[i], &err), &err);
        c = fg_posterior_find(fg_filter_posterior(f), "dense1/weight")->correlation;
        for (size_t i = 0; i < UNITS * SIZE * SIZE; i++)
            ck_assert(fabsf(c[i]) <= 1);
    }
    fg_filter_free(f);
    fg_posterior_free(p);
    fg_spec_free(&spec);
}
END_TEST

/* Correlations of another size than the spec's. */
START_TEST(wrong_sizes_are_refused) {
    fg_spec spec;
    fg_err err;
    fg_posterior *p;
    fg_fixture_layers(&spec, MODEL);
    fg_graph *g = fg_fixture_create(&spec, 3, 1);
    fg_fixture_done(fg_graph_posterior(&p, g, &err), &err);
    ck_assert_ptr_null(p->parameters[0].correlation);
    fg_fixture_done(fg_parameter_correlate(&p->parameters[0], INPUTS, &err), &err);
    ck_assert(fg_graph_set_priors(g, p, &err) == FG_EFORMAT);
    ck_assert_msg(strstr(err.text, "correlations of 5 weights, the spec wants 6"), "%s", err.text);
    fg_graph_free(g);
    fg_posterior_free(p);
    fg_spec_free(&spec);
}
END_TEST

/* What was learned of 20 rows, and a copy. */
static void learn_and_copy(fg_posterior **out, fg_posterior **copy, fg_spec *spec, rows *r, uint64_t seed) {
    fg_err err;
    fg_fixture_layers(spec, MODEL);
    make(r, seed);
    *out = learned(spec, r, 20);
    fg_fixture_done(fg_posterior_copy(copy, *out, &err), &err);
}

/* Weaker priors: deviations grow, correlations stay. */
START_TEST(tempering_keeps_correlations) {
    rows r;
    fg_spec spec;
    fg_posterior *p, *copy;
    learn_and_copy(&p, &copy, &spec, &r, 7);
    fg_posterior_temper(copy, 0.25);
    const fg_parameter *a = &p->parameters[0], *b = &copy->parameters[0];
    ck_assert(same_correlations(a, b));
    ck_assert_double_eq_tol(a->lambda[3] / b->lambda[3], 4, 1e-12);
    /* The prior of a batch: variances four times as large in any direction. */
    fg_filter_options o = fg_filtering_options(20, 3, 0);
    fg_filter *f = fg_filtering_begin(&spec, copy, &o);
    o.temper = 0.25;
    fg_filter *g = fg_filtering_begin(&spec, p, &o);
    fg_batch batch = batch_of(&r, 20, 20);
    fg_filtering_step(f, &batch);
    fg_filtering_step(g, &batch);
    a = &fg_filter_posterior(f)->parameters[0];
    b = &fg_filter_posterior(g)->parameters[0];
    ck_assert(same_correlations(a, b));
    ck_assert(memcmp(a->lambda, b->lambda, a->size * sizeof *a->lambda) == 0);
    fg_filter_free(f);
    fg_filter_free(g);
    fg_posterior_free(p);
    fg_posterior_free(copy);
    fg_spec_free(&spec);
}
END_TEST

/* Units of one covariance share what is the same for them: each learns what it does beside a unit of another.
 */
START_TEST(alike_units_learn_as_others_do) {
    rows r;
    fg_spec spec;
    fg_posterior *p, *other;
    learn_and_copy(&p, &other, &spec, &r, 12);
    const fg_parameter *prior = &p->parameters[0];
    ck_assert_uint_eq(prior->matrices, 1);
    ck_assert_double_eq(prior->lambda[0], prior->lambda[INPUTS]);
    other->parameters[0].lambda[0] *= 1.5;
    fg_filter_options o = fg_filtering_options(20, 3, 0);
    fg_filter *f = fg_filtering_begin(&spec, p, &o), *g = fg_filtering_begin(&spec, other, &o);
    fg_batch batch = batch_of(&r, 20, 20);
    fg_filtering_step(f, &batch);
    fg_filtering_step(g, &batch);
    for (size_t i = 0; i < 2; i++) {
        const fg_parameter *a = &fg_filter_posterior(f)->parameters[i],
                           *b = &fg_filter_posterior(g)->parameters[i];
        const size_t n = i == 0 ? INPUTS : 1;
        ck_assert(memcmp(a->eta + n, b->eta + n, n * sizeof *a->eta) == 0);
        ck_assert(memcmp(a->lambda + n, b->lambda + n, n * sizeof *a->lambda) == 0);
        ck_assert(a->lambda[0] != b->lambda[0] || i > 0);
    }
    const fg_parameter *a = &fg_filter_posterior(f)->parameters[0],
                       *b = &fg_filter_posterior(g)->parameters[0];
    const size_t all = SIZE * SIZE;
    ck_assert(a->matrices == 1 && b->matrices == UNITS);
    ck_assert(memcmp(a->correlation, b->correlation + all, all * sizeof(float)) == 0);
    ck_assert(memcmp(a->correlation, b->correlation, all * sizeof(float)) != 0);
    fg_filter_free(f);
    fg_filter_free(g);
    fg_posterior_free(p);
    fg_posterior_free(other);
    fg_spec_free(&spec);
}
END_TEST

/* One matrix that units share, and as many equal ones, are the same prior. */
START_TEST(one_matrix_or_many_are_the_same) {
    rows r;
    fg_spec spec;
    fg_err err;
    fg_posterior *p, *many;
    learn_and_copy(&p, &many, &spec, &r, 13);
    fg_parameter *wide = &many->parameters[0];
    fg_fixture_done(fg_parameter_spread(wide, &err), &err);
    ck_assert(wide->matrices == UNITS && p->parameters[0].matrices == 1);
    for (size_t o = 0; o < UNITS; o++)
        ck_assert(memcmp(correlation_of(many, o), correlation_of(p, o), SIZE * SIZE * sizeof(float)) == 0);
    fg_filter_options o = fg_filtering_options(20, 3, 0);
    fg_filter *f = fg_filtering_begin(&spec, p, &o), *g = fg_filtering_begin(&spec, many, &o);
    for (size_t from = 20; from < ROWS; from += 20) {
        fg_batch batch = batch_of(&r, from, ROWS - from < 20 ? ROWS - from : 20);
        fg_filtering_step(f, &batch);
        fg_filtering_step(g, &batch);
    }
    const fg_posterior *a = fg_filter_posterior(f), *b = fg_filter_posterior(g);
    ck_assert(a->parameters[0].matrices == 1 && b->parameters[0].matrices == UNITS);
    for (size_t i = 0; i < UNITS; i++)
        ck_assert(memcmp(correlation_of(a, i), correlation_of(b, i), SIZE * SIZE * sizeof(float)) == 0);
    for (size_t i = 0; i < a->n; i++)
        ck_assert(
            memcmp(a->parameters[i].eta, b->parameters[i].eta, a->parameters[i].size * sizeof(double)) == 0);
    fg_fixture_done(fg_parameter_take_correlations(wide, p->parameters[0].correlation, 1, &err), &err);
    ck_assert(memcmp(correlation_of(many, UNITS - 1), correlation_of(p, 0), SIZE * SIZE * sizeof(float)) ==
              0);
    fg_filter_free(f);
    fg_filter_free(g);
    fg_posterior_free(p);
    fg_posterior_free(many);
    fg_spec_free(&spec);
}
END_TEST

/* Where what units learn is not equally certain, as with log-probabilities, each gets correlations of its
 * own; when memory for them runs out, the posterior stays as it was. */
START_TEST(units_part_where_their_labels_differ) {
    rows r;
    fg_spec spec;
    fg_err err;
    const int32_t labels[] = {0, 1, 2, 1, 0, 2, 2, 0, 1, 1};
    fg_fixture_layers(&spec, "5 dense:3,covariance=full softmax:likelihood=categorical");
    make(&r, 14);
    fg_filter_options o = fg_filtering_options(10, 8, 0.3);
    fg_filter *f = fg_filtering_begin(&spec, NULL, &o);
    const fg_parameter *w = &fg_filter_posterior(f)->parameters[0];
    ck_assert_uint_eq(w->matrices, 1);
    fg_batch batch = {.n = 10, .x = r.x, .labels = labels};
    bool refused = false;
    for (uint64_t nth = 1; w->matrices == 1; nth++) {
        fg_filter_info info;
        fg_mem_fail_at(nth);
        int status = fg_filter_step(&info, f, &batch, NULL, &err);
        fg_mem_fail_at(0);
        ck_assert(status == FG_OK || status == FG_ENOMEM);
        refused |= status == FG_ENOMEM;
        ck_assert(status == FG_OK || (w->matrices == 1 && w->correlation[1] == 0));
    }
    ck_assert(refused && w->matrices == 3);
    ck_assert(memcmp(w->correlation, w->correlation + SIZE * SIZE, SIZE * SIZE * sizeof(float)) != 0);
    fg_filter_free(f);
    fg_spec_free(&spec);
}
END_TEST

static fg_graph *going_on(const fg_spec *spec, const rows *r, const fg_posterior *prior) {
    fg_err err;
    fg_graph *g = bound(spec, r, 20, &(fg_graph_options){.seed = 9});
    if (prior)
        fg_fixture_done(fg_graph_set_priors(g, prior, &err), &err);
    return g;
}

/* A suspended run takes its priors' correlations with it. */
START_TEST(resumed_runs_end_the_same) {
    rows r;
    fg_spec spec;
    fg_err err;
    char *text;
    size_t size;
    fg_posterior *whole, *parts;
    fg_fixture_layers(&spec, MODEL);
    make(&r, 8);
    fg_posterior *prior = learned(&spec, &r, 30);
    fg_graph *g = going_on(&spec, &r, prior);
    run(g, 4, 0.5);
    fg_state state = {.spec = spec}, back;
    fg_fixture_done(fg_graph_posterior(&state.posterior, g, &err), &err);
    fg_fixture_done(fg_state_suspend(&state, g, &err), &err);
    write_state(&text, &size, &state);
    run(g, 5, 0.5);
    fg_fixture_done(fg_graph_posterior(&whole, g, &err), &err);
    fg_graph_free(g);
    fg_fixture_done(fg_state_read(&back, (unsigned char *)text, size, &err), &err);
    g = going_on(&spec, &r, NULL);
    fg_fixture_done(fg_state_resume(g, &back, &err), &err);
    run(g, 5, 0.5);
    fg_fixture_done(fg_graph_posterior(&parts, g, &err), &err);
    const fg_parameter *a = &whole->parameters[0], *b = &parts->parameters[0];
    ck_assert(memcmp(a->eta, b->eta, a->size * sizeof *a->eta) == 0);
    ck_assert(memcmp(a->lambda, b->lambda, a->size * sizeof *a->lambda) == 0);
    ck_assert(same_correlations(a, b));
    fg_graph_free(g);
    fg_posterior_free(whole);
    fg_posterior_free(parts);
    fg_posterior_free(prior);
    fg_state_free(&back);
    memset(&state.spec, 0, sizeof state.spec);
    fg_state_free(&state);
    fg_spec_free(&spec);
    free(text);
}
END_TEST

/* Least squares on labels: what is learned does not depend on the order of the data, not even class by class.
 */
START_TEST(order_does_not_matter) {
    enum { CLASSES = 3 };
    rows r, sorted;
    int32_t labels[ROWS], sorted_labels[ROWS];
    size_t n = 0;
    fg_spec spec;
    make(&r, 11);
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

FG_TEST_MAIN("joint weights", order_does_not_matter, batches_equal_the_exact_posterior, outputs_are_exact,
             predictions_use_the_covariance, states_keep_correlations, impossible_correlations_stay_finite,
             wrong_sizes_are_refused, tempering_keeps_correlations, alike_units_learn_as_others_do,
             one_matrix_or_many_are_the_same, units_part_where_their_labels_differ, resumed_runs_end_the_same)
