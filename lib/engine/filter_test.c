/* Filtering: what one batch taught is the prior of the next. */
#include "engine/posterior.h"
#include "engine/joint_internal.h"

/* The posterior of observations [from, to), starting from `prior` (NULL: the spec's). */
static fg_posterior *learn(const fg_spec *spec, const data *d, size_t from, size_t to,
                           const fg_posterior *prior) {
    fg_graph *g = fg_fixture_create(spec, to - from, 1);
    fg_run_options options = fg_fixture_run(20, 0, 0);
    fg_posterior *p;
    fg_err err;
    fg_fixture_done(fg_graph_set_input(g, d->x + from, FG_ORDER_HWC, NULL, &err), &err);
    fg_fixture_done(fg_graph_set_targets(g, d->y + from, &err), &err);
    if (prior)
        fg_fixture_done(fg_graph_set_priors(g, prior, &err), &err);
    fg_fixture_done(fg_graph_run(NULL, g, &options, NULL, &err), &err);
    fg_fixture_done(fg_graph_posterior(&p, g, &err), &err);
    fg_graph_free(g);
    return p;
}

/* One weight over noiseless inputs: a tree. w ~ N(0, 2^2), y = w x + N(0, 0.2^2), y ~ N(0, 3^2), target N(y,
 * 0.1^2). */
START_TEST(batches_equal_the_whole_on_a_tree) {
    double worst_batch = 0, worst_exact = 0;
    fg_spec spec;
    fg_fixture_layers(
        &spec, "1 dense:1,bias=false,sigma=0.2,weight_prior=2,activation_prior=3 regression:sigma=0.1");
    for (uint64_t seed = 0; seed < 20; seed++) {
        data d;
        fg_filtering_make(&d, seed);
        fg_posterior *whole = learn(&spec, &d, 0, N, NULL), *carried = NULL;
        for (size_t from = 0, step = 1; from < N; from += step) {
            step = 1 + fg_rng_u32(seed, 1, from) % 15;
            step = step < N - from ? step : N - from;
            fg_posterior *next = learn(&spec, &d, from, from + step, carried);
            fg_posterior_free(carried);
            carried = next;
        }
        fg_exact lambda = 0.25L, eta = 0;
        for (size_t i = 0; i < N; i++) {
            fg_exact out = 1 / (0.1L * 0.1L) + 1 / 9.0L, mean = (fg_exact)d.y[i] / (0.1L * 0.1L) / out;
            fg_exact weight = 1 / (0.2L * 0.2L + 1 / out);
            lambda += (fg_exact)d.x[i] * (fg_exact)d.x[i] * weight;
            eta += (fg_exact)d.x[i] * mean * weight;
        }
        double sd = 1 / sqrt(whole->parameters[0].lambda[0]);
        double a = whole->parameters[0].eta[0] * sd * sd,
               b = carried->parameters[0].eta[0] / carried->parameters[0].lambda[0];
        worst_batch = fmax(worst_batch, fabs(a - b) / (fabs(a) + sd));
        worst_batch = fmax(worst_batch, fabs(carried->parameters[0].lambda[0] * sd * sd - 1));
        worst_exact = fmax(worst_exact, fabs(a - (double)(eta / lambda)) / (fabs(a) + sd));
        worst_exact = fmax(worst_exact, fabs((double)lambda * sd * sd - 1));
        fg_posterior_free(whole);
        fg_posterior_free(carried);
    }
    printf("filtering: batches differ from the whole by %.2g, the whole from the exact answer by %.2g\n",
           worst_batch, worst_exact);
    ck_assert_double_lt(worst_batch, 1e-6);
    ck_assert_double_lt(worst_exact, 1e-5);
    fg_spec_free(&spec);
}
END_TEST

/* A posterior that is taken as prior and meets no data comes out as it went in. */
START_TEST(priors_come_back) {
    fg_spec spec;
    fg_err err;
    fg_posterior *p, *q;
    fg_draws d = {1, 0};
    fg_fixture_layers(&spec, "3 dense:2 dense:2,bias=false");
    fg_graph *g = fg_fixture_create(&spec, 2, 1);
    fg_fixture_done(fg_graph_posterior(&p, g, &err), &err);
    ck_assert(p->n == 3);
    for (size_t i = 0; i < p->n; i++)
        for (size_t j = 0; j < p->parameters[i].size; j++) {
            ck_assert(p->parameters[i].lambda[j] == 1 && p->parameters[i].eta[j] == 0);
            p->parameters[i].lambda[j] = fg_draw_log(&d, 1e-3, 1e9);
            p->parameters[i].eta[j] = fg_draw_normal(&d);
        }
    fg_fixture_done(fg_graph_set_priors(g, p, &err), &err);
    fg_fixture_done(fg_graph_posterior(&q, g, &err), &err);
    for (size_t i = 0; i < p->n; i++) {
        ck_assert_str_eq(p->parameters[i].name, q->parameters[i].name);
        ck_assert(
            memcmp(p->parameters[i].eta, q->parameters[i].eta, p->parameters[i].size * sizeof(double)) == 0);
        ck_assert(memcmp(p->parameters[i].lambda, q->parameters[i].lambda,
                         p->parameters[i].size * sizeof(double)) == 0);
    }
    fg_posterior_free(q);
    fg_graph_free(g);
    fg_posterior_free(p);
    fg_spec_free(&spec);
}
END_TEST

static void refused(fg_graph *g, const fg_posterior *p, const char *part) {
    fg_err err;
    ck_assert(fg_graph_set_priors(g, p, &err) == FG_EFORMAT);
    ck_assert_msg(strstr(err.text, part) != NULL, "%s", err.text);
}

/* Of priors that do not fit none are taken. */
START_TEST(bad_priors_change_nothing) {
    fg_spec spec;
    fg_err err;
    fg_posterior *first, *bad, *now;
    fg_fixture_layers(&spec, "3 dense:2");
    fg_graph *g = fg_fixture_create(&spec, 2, 1);
    fg_fixture_done(fg_graph_posterior(&first, g, &err), &err);
    fg_fixture_done(fg_posterior_copy(&bad, first, &err), &err);
    bad->parameters[0].lambda[0] = 7;
    bad->parameters[1].lambda[1] = NAN;
    refused(g, bad, "dense1/bias");
    fg_fixture_done(fg_graph_posterior(&now, g, &err), &err);
    ck_assert(now->parameters[0].lambda[0] == first->parameters[0].lambda[0]);
    fg_posterior_free(first);
    fg_posterior_free(bad);
    fg_posterior_free(now);
    fg_graph_free(g);
    fg_spec_free(&spec);
}
END_TEST

START_TEST(bad_priors_are_refused) {
    static const double odd[] = {0, -1, NAN, INFINITY};
    fg_spec spec;
    fg_err err;
    fg_posterior *p, *empty;
    fg_fixture_layers(&spec, "3 dense:2");
    fg_graph *g = fg_fixture_create(&spec, 2, 1);
    fg_fixture_done(fg_graph_posterior(&p, g, &err), &err);
    for (int i = 0; i < 4; i++) {
        p->parameters[1].lambda[1] = odd[i];
        refused(g, p, "dense1/bias");
    }
    p->parameters[1].lambda[1] = 1;
    p->parameters[1].eta[0] = NAN;
    refused(g, p, "dense1/bias");
    p->parameters[1].eta[0] = 0;
    p->parameters[0].dims[1] = 2;
    p->parameters[0].size -= 2;
    refused(g, p, "dense1/weight");
    p->parameters[0].dims[1] = 3;
    p->parameters[0].size += 2;
    p->parameters[0].name[0] = 'x';
    refused(g, p, "dense1/weight");
    fg_fixture_done(fg_posterior_create(&empty, 0, &err), &err);
    refused(g, empty, "dense1/weight");
    fg_posterior_free(empty);
    fg_posterior_free(p);
    fg_graph_free(g);
    fg_spec_free(&spec);
}
END_TEST

/* Those that the spec keeps none of. */
START_TEST(correlations_are_left_out) {
    fg_joint_rows r;
    fg_spec joint, single;
    fg_err err;
    fg_fixture_layers(&joint, FG_JOINT_MODEL);
    fg_fixture_layers(&single, "5 dense:2 regression");
    fg_joint_make(&r, 3);
    fg_posterior *start = fg_joint_learned(&joint, &r, 20);
    fg_parameter *weight = (fg_parameter *)fg_posterior_find(start, "dense1/weight");
    ck_assert(fg_parameter_correlated(weight));
    fg_fixture_done(fg_parameter_spread(weight, &err), &err);
    fg_filter_options o = fg_filtering_options(10, 5, 0.5);
    fg_filter *filter = fg_filtering_begin(&single, start, &o);
    fg_batch batch = fg_joint_batch(&r, 20, 10);
    fg_filtering_step(filter, &batch);
    const fg_parameter *kept = fg_posterior_find(fg_filter_posterior(filter), "dense1/weight");
    ck_assert(!fg_parameter_correlated(kept) && kept->matrices == 0);
    fg_filter_free(filter);
    fg_posterior_free(start);
    fg_spec_free(&joint);
    fg_spec_free(&single);
}
END_TEST

START_TEST(posteriors_without_memory) {
    fg_spec spec;
    fg_err err;
    fg_posterior *p;
    fg_fixture_layers(&spec, "3 dense:2 dense:2");
    fg_graph *g = fg_fixture_create(&spec, 2, 1);
    size_t before = fg_mem_held();
    for (uint64_t at = 1;; at++) {
        fg_mem_fail_at(at);
        int status = fg_graph_posterior(&p, g, &err);
        fg_mem_fail_at(0);
        if (status == FG_OK)
            break;
        ck_assert(status == FG_ENOMEM && p == NULL && fg_mem_held() == before);
    }
    fg_posterior_free(p);
    fg_posterior_free(NULL);
    ck_assert(fg_mem_held() == before);
    fg_graph_free(g);
    fg_spec_free(&spec);
}
END_TEST

/* eta and lambda of `from` observations on, added in closed form. */
static void tell(fg_exact *eta, fg_exact *lambda, const data *d, size_t from, size_t n) {
    for (size_t i = from; i < from + n; i++) {
        fg_exact out = 1 / (0.1L * 0.1L) + 1 / 9.0L, mean = (fg_exact)d->y[i] / (0.1L * 0.1L) / out;
        fg_exact weight = 1 / (0.2L * 0.2L + 1 / out);
        *lambda += (fg_exact)d->x[i] * (fg_exact)d->x[i] * weight;
        *eta += (fg_exact)d->x[i] * mean * weight;
    }
}

/* Batches of 8 and a ragged one, with tempering and forgetting between them. */
static void check_tree(double temper, double forget) {
    fg_spec spec;
    data d;
    fg_filter_options o = fg_filtering_options(7, 20, 0);
    fg_exact lambda = 0.25L, eta = 0;
    fg_fixture_layers(&spec, FG_FILTERING_TREE);
    fg_filtering_make(&d, 3);
    o.temper = temper;
    o.run.forget = forget;
    fg_filter *filter = fg_filtering_begin(&spec, NULL, &o);
    for (size_t from = 0; from < N; from += 7) {
        size_t n = N - from < 7 ? N - from : 7;
        fg_batch batch = fg_filtering_rows(&d, from, n);
        if (from) {
            fg_exact mean = (1 - (fg_exact)forget) * eta / lambda;
            fg_exact sd = (fg_exact)forget * 2 + (1 - (fg_exact)forget) / sqrtl((fg_exact)temper * lambda);
            lambda = 1 / (sd * sd);
            eta = mean * lambda;
        }
        tell(&eta, &lambda, &d, from, n);
        fg_filter_info info = fg_filtering_step(filter, &batch);
        ck_assert(info.retries == 0 && !info.passed && info.rate == 1 && info.fit < info.fit_before + 0.2);
        const fg_parameter *p = &fg_filter_posterior(filter)->parameters[0];
        ck_assert_double_eq_tol(p->lambda[0], (double)lambda, 1e-5 * (double)lambda);
        ck_assert_double_eq_tol(p->eta[0] / p->lambda[0], (double)(eta / lambda), 1e-5);
    }
    fg_filter_free(filter);
    fg_spec_free(&spec);
}

START_TEST(filtering_is_exact_on_a_tree) {
    check_tree(1, 0);
    check_tree(0.7, 0);
    check_tree(1, 0.3);
    check_tree(0.9, 0.2);
}
END_TEST

/* Two weights share every factor: loops. Means are exact given the prior that each batch began with. */
START_TEST(linear_loops_have_exact_means) {
    enum { BATCH = 10, BATCHES = 4 };
    fg_spec spec;
    fg_draws d = {8, 0};
    fg_fixture_layers(
        &spec, "2 dense:1,bias=false,sigma=0.2,weight_prior=2,activation_prior=3 regression:sigma=0.1");
    fg_filter_options o = fg_filtering_options(BATCH, 4000, 0.5);
    o.run.tol = 1e-9;
    fg_filter *filter = fg_filtering_begin(&spec, NULL, &o);
    double lambda[2] = {0.25, 0.25}, mean[2] = {0, 0};
    for (int b = 0; b < BATCHES; b++) {
        float x[2 * BATCH], y[BATCH];
        fg_exact m[4] = {(fg_exact)lambda[0], 0, 0, (fg_exact)lambda[1]};
        fg_exact eta[2] = {m[0] * (fg_exact)mean[0], m[3] * (fg_exact)mean[1]};
        fg_exact out = 1 / (0.1L * 0.1L) + 1 / 9.0L, weight = 1 / (0.2L * 0.2L + 1 / out);
        for (size_t i = 0; i < BATCH; i++) {
            x[2 * i] = (float)fg_draw_normal(&d);
            x[2 * i + 1] = 0.3f * x[2 * i] + (float)fg_draw_normal(&d);
            y[i] = 0.8f * x[2 * i] - 1.5f * x[2 * i + 1] + 0.3f * (float)fg_draw_normal(&d);
            for (int j = 0; j < 2; j++) {
                fg_exact xj = (fg_exact)x[2 * i + (size_t)j];
                eta[j] += weight * xj * (fg_exact)y[i] / (0.1L * 0.1L) / out;
                for (int k = 0; k < 2; k++)
                    m[2 * j + k] += weight * xj * (fg_exact)x[2 * i + (size_t)k];
            }
        }
        fg_batch batch = {.n = BATCH, .x = x, .targets = y};
        ck_assert(fg_filtering_step(filter, &batch).run.converged);
        fg_exact det = m[0] * m[3] - m[1] * m[2];
        const fg_parameter *p = &fg_filter_posterior(filter)->parameters[0];
        for (int j = 0; j < 2; j++) {
            fg_exact exact = (m[3 * (1 - j)] * eta[j] - m[1] * eta[1 - j]) / det;
            mean[j] = p->eta[j] / p->lambda[j];
            lambda[j] = p->lambda[j];
            ck_assert_double_eq_tol(mean[j], (double)exact, 1e-5);
        }
    }
    fg_filter_free(filter);
    fg_spec_free(&spec);
}
END_TEST

FG_TEST_MAIN("engine/filter", filtering_is_exact_on_a_tree, linear_loops_have_exact_means,
             batches_equal_the_whole_on_a_tree, priors_come_back, bad_priors_are_refused,
             bad_priors_change_nothing, correlations_are_left_out, posteriors_without_memory)
