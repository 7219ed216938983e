/* Long streams of small batches: no drift from the exact answer, no loss of precision, no growth of memory.
 * FG_BATCHES asks for more of them than a test run takes. */
#include <math.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "engine/filtering_internal.h"
#include "engine/posterior.h"

enum { FEW = 2000 / FG_SLOW, BATCH = 5, SETTLED = 20, GROWTH_KB = 2048 };

static size_t batches(void) {
    const char *more = getenv("FG_BATCHES");
    return more && atol(more) > FEW ? (size_t)atol(more) : FEW;
}

static long peak_kb(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return used.ru_maxrss;
}

/* Steps through a stream of batches that `make` fills; memory is taken in the first of them only. */
static void follow(fg_filter *filter, const fg_batch *batch, void (*make)(size_t number, void *own),
                   void *own, size_t number) {
    size_t held = 0;
    long peak = 0;
    for (size_t b = 0; b < number; b++) {
        make(b, own);
        fg_filter_info info = fg_filtering_step(filter, batch);
        ck_assert_msg(!info.passed, "batch %zu was passed over: %s", b, info.reason);
        if (b + 1 == SETTLED)
            held = fg_mem_held(), peak = peak_kb();
    }
    ck_assert_uint_eq(fg_mem_held(), held);
    if (FG_SLOW == 1) /* sanitizers keep what was freed */
        ck_assert_int_le(peak_kb(), peak + GROWTH_KB);
}

typedef struct line {
    float x[BATCH], y[BATCH];
    fg_exact lambda, eta; /* of the weight, given all batches so far: FG_FILTERING_TREE's exact answer */
} line;

static void add_exact(line *l, size_t n) {
    fg_exact out = 1 / (0.1L * 0.1L) + 1 / 9.0L, weight = 1 / (0.2L * 0.2L + 1 / out);
    for (size_t i = 0; i < n; i++) {
        fg_exact x = (fg_exact)l->x[i], mean = (fg_exact)l->y[i] / (0.1L * 0.1L) / out;
        l->lambda += x * x * weight;
        l->eta += x * mean * weight;
    }
}

static void noisy_line(size_t number, void *own) {
    line *l = own;
    fg_draws d = {number + 1, 0};
    for (size_t i = 0; i < BATCH; i++) {
        l->x[i] = (float)fg_draw_normal(&d);
        l->y[i] = (float)(2 * (double)l->x[i] + 0.2 * fg_draw_normal(&d));
    }
    add_exact(l, BATCH);
}

/* A hundred million precisions of 1 a batch. */
static void steep_line(size_t number, void *own) {
    line *l = own;
    l->x[0] = number % 2 ? 2000 : -1900;
    l->y[0] = 2 * l->x[0];
    add_exact(l, 1);
}

static void compare(const char *what, const fg_filter *filter, const line *l, double in_sd, double relative) {
    const fg_parameter *p = &fg_filter_posterior(filter)->parameters[0];
    double lambda = p->lambda[0], mean = p->eta[0] / lambda, exact = (double)(l->eta / l->lambda);
    double of_lambda = fabs(lambda / (double)l->lambda - 1), of_mean = fabs(mean - exact);
    printf("stream, %s: precision %.3g, off by %.2g; mean off by %.2g of its deviation, %.2g of itself\n",
           what, lambda, of_lambda, of_mean * sqrt(lambda), of_mean / fabs(exact));
    ck_assert_double_lt(of_lambda, 1e-5);
    ck_assert_double_lt(of_mean * sqrt(lambda), in_sd);
    ck_assert_double_lt(of_mean / fabs(exact), relative);
}

/* The posterior of a line's slope after so many batches of n, beside the exact one. */
static void stream(const char *what, size_t n, void (*make)(size_t, void *), size_t most, double in_sd,
                   double relative) {
    fg_spec spec;
    fg_fixture_layers(&spec, FG_FILTERING_TREE);
    fg_filter_options o = fg_filtering_options(n, 4, 0);
    fg_filter *filter = fg_filtering_begin(&spec, NULL, &o);
    line l = {.lambda = 0.25L};
    fg_batch batch = {.n = n, .x = l.x, .targets = l.y};
    follow(filter, &batch, make, &l, most);
    compare(what, filter, &l, in_sd, relative);
    fg_filter_free(filter);
    fg_spec_free(&spec);
}

START_TEST(a_long_stream_ends_at_the_exact_answer) {
    stream("noise", BATCH, noisy_line, batches(), 0.02, 1e-5);
}
END_TEST

/* The deviation ends far below what a mean in single precision can tell apart. */
START_TEST(precision_grows_through_ten_times_as_many) {
    stream("growth", 1, steep_line, 10 * batches(), INFINITY, 1e-6);
}
END_TEST

typedef struct points {
    float x[2 * BATCH];
    int32_t labels[BATCH];
} points;

static void quadrants(size_t number, void *own) {
    points *p = own;
    fg_draws d = {number + 1, 0};
    for (size_t i = 0; i < BATCH; i++) {
        p->x[2 * i] = (float)fg_draw_normal(&d);
        p->x[2 * i + 1] = (float)fg_draw_normal(&d);
        p->labels[i] = p->x[2 * i] * p->x[2 * i + 1] > 0;
    }
}

/* Batches of a network may be begun again, or passed over; no marginal may be worse than the prior was. */
START_TEST(a_network_stays_proper) {
    fg_spec spec;
    fg_fixture_layers(&spec, FG_FILTERING_NET);
    fg_filter_options o = fg_filtering_options(BATCH, 15, 0.4);
    fg_filter *filter = fg_filtering_begin(&spec, NULL, &o);
    points p;
    fg_batch batch = {.n = BATCH, .x = p.x, .labels = p.labels};
    size_t held = 0;
    for (size_t b = 0; b < batches(); b++) {
        quadrants(b, &p);
        fg_filtering_step(filter, &batch);
        if (b + 1 == SETTLED)
            held = fg_mem_held();
    }
    const fg_posterior *posterior = fg_filter_posterior(filter);
    for (size_t i = 0; i < posterior->n; i++) {
        fg_err err;
        ck_assert_msg(fg_parameter_check(&posterior->parameters[i], &err) == 0, "%s", err.text);
        for (size_t j = 0; j < posterior->parameters[i].size; j++)
            ck_assert_double_ge(posterior->parameters[i].lambda[j], 1);
    }
    ck_assert_uint_eq(fg_mem_held(), held);
    printf("stream, network: %llu batches, %llu passed over\n",
           (unsigned long long)fg_filter_where(filter).batches,
           (unsigned long long)fg_filter_where(filter).passed);
    fg_filter_free(filter);
    fg_spec_free(&spec);
}
END_TEST

/* A weight that no batch informs, its input being 0, is tempered without end. */
START_TEST(tempering_ends_at_the_weakest_prior) {
    fg_spec spec;
    fg_fixture_layers(&spec, FG_FILTERING_TREE);
    fg_filter_options o = fg_filtering_options(1, 2, 0);
    o.temper = 0.01;
    fg_filter *filter = fg_filtering_begin(&spec, NULL, &o);
    float zero = 0;
    fg_batch batch = {.n = 1, .x = &zero, .targets = &zero};
    for (int b = 0; b < 200; b++)
        fg_filtering_step(filter, &batch);
    ck_assert_double_eq_tol(fg_filter_posterior(filter)->parameters[0].lambda[0] / FG_TEMPERED_MIN, 1, 1e-6);
    fg_filter_free(filter);
    fg_spec_free(&spec);
}
END_TEST

FG_TEST_MAIN("engine/stream", a_long_stream_ends_at_the_exact_answer,
             precision_grows_through_ten_times_as_many, a_network_stays_proper,
             tempering_ends_at_the_weakest_prior)
