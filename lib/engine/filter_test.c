/* Filtering: what one batch taught is the prior of the next. */
#include "engine/posterior.h"
#include "engine/fixture_internal.h"

enum { N = 40 };

typedef struct data {
    float x[N], y[N];
} data;

static void make_data(data *d, uint64_t seed) {
    fg_draws draws = {seed, 0};
    for (size_t i = 0; i < N; i++) {
        d->x[i] = (float)fg_draw_normal(&draws);
        d->y[i] = (float)(0.8 * (double)d->x[i] + 0.3 * fg_draw_normal(&draws));
    }
}

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
        make_data(&d, seed);
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

FG_TEST_MAIN("engine/filter", batches_equal_the_whole_on_a_tree, priors_come_back, bad_priors_are_refused,
             posteriors_without_memory)
