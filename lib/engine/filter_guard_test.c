/* Filtering that is stopped, that goes wrong, or that has no memory: the posterior is always a good one. */
#include <math.h>

#include "engine/filtering_internal.h"
#include "engine/wired_internal.h"

static void circles(float *x, int32_t *labels, size_t n, uint64_t seed) {
    fg_draws d = {seed, 0};
    for (size_t i = 0; i < n; i++) {
        x[2 * i] = (float)fg_draw_normal(&d);
        x[2 * i + 1] = (float)fg_draw_normal(&d);
        labels[i] = x[2 * i] * x[2 * i + 1] > 0;
    }
}

static void same_posteriors(const fg_posterior *a, const fg_posterior *b) {
    for (size_t i = 0; i < a->n; i++) {
        const fg_parameter *p = &a->parameters[i], *q = &b->parameters[i];
        ck_assert_mem_eq(p->eta, q->eta, p->size * sizeof *p->eta);
        ck_assert_mem_eq(p->lambda, q->lambda, p->size * sizeof *p->lambda);
        ck_assert(!p->average == !q->average);
        if (p->average)
            ck_assert_mem_eq(p->average, q->average, p->size * sizeof *p->average);
    }
}

/* A hook that stops in the middle of a batch, and a new filter from the posterior and the place. */
static int stop_at_five(void *context, const fg_iteration *iteration) {
    (void)context;
    return iteration->iteration == 5;
}

START_TEST(stopped_and_taken_up_again) {
    enum { BATCH = 12, BATCHES = 6 };
    float x[2 * BATCH * BATCHES];
    int32_t labels[BATCH * BATCHES];
    fg_spec spec;
    fg_err err;
    fg_fixture_layers(&spec, FG_FILTERING_NET);
    circles(x, labels, BATCH * BATCHES, 2);
    fg_filter_options o = fg_filtering_options(BATCH, 20, 0.7);
    o.run.dropout = 0.3;
    o.run.average = 3;
    o.run.forget = 0.1;
    fg_run_hook hook = {stop_at_five, NULL};
    fg_filter *whole = fg_filtering_begin(&spec, NULL, &o), *cut = fg_filtering_begin(&spec, NULL, &o);
    for (size_t b = 0; b < BATCHES; b++) {
        fg_batch batch = {.n = b == 4 ? 5 : BATCH, .x = x + 2 * BATCH * b, .labels = labels + BATCH * b};
        fg_filtering_step(whole, &batch);
        ck_assert_int_eq(fg_filter_step(NULL, cut, &batch, &hook, &err), FG_ESTOPPED);
        ck_assert_uint_eq(fg_filter_where(cut).batches, b);
        fg_filter_place place = fg_filter_where(cut);
        fg_filter *next = fg_filtering_begin(&spec, place.learned ? fg_filter_posterior(cut) : NULL, &o);
        fg_filter_resume(next, &place);
        fg_filter_free(cut);
        cut = next;
        fg_filtering_step(cut, &batch);
        same_posteriors(fg_filter_posterior(whole), fg_filter_posterior(cut));
    }
    ck_assert_uint_eq(fg_filter_where(cut).averaged, BATCHES);
    fg_filter_free(whole), fg_filter_free(cut);
    fg_spec_free(&spec);
}
END_TEST

START_TEST(averages_follow_the_means) {
    fg_spec spec;
    data d;
    fg_filter_options o = fg_filtering_options(3, 20, 0);
    double average = 0;
    fg_fixture_layers(&spec, FG_FILTERING_TREE);
    fg_filtering_make(&d, 4);
    o.run.average = 2;
    fg_filter *filter = fg_filtering_begin(&spec, NULL, &o);
    for (size_t b = 0; b < 13; b++) {
        fg_batch batch = fg_filtering_rows(&d, 3 * b, 3);
        fg_filtering_step(filter, &batch);
        const fg_parameter *p = &fg_filter_posterior(filter)->parameters[0];
        average += (p->eta[0] / p->lambda[0] - average) / fmin(fmax(1, ((double)b + 1) / 4), 2);
        ck_assert_double_eq_tol(p->average[0], average, 1e-12);
    }
    fg_filter_free(filter);
    fg_spec_free(&spec);
}
END_TEST

/* Strong links, which without damping run away. */
static const char *const wild[] = {
    "2 dense:20,activation=relu,sigma=0.001,weight_init=1,weight_prior=30,activation_prior=100 "
    "dense:2,sigma=0.001,weight_init=1,weight_prior=30,activation_prior=100 softmax:sigma=0.01",
    "2 dense:6,activation=tanh,sigma=0.02,weight_init=0.5 dense:2,sigma=0.02 softmax:sigma=0.05"};

/* Strong links without damping run away; the filter damps more, or passes a batch over, and never breaks. */
START_TEST(no_run_ends_broken) {
    enum { BATCH = 16, BATCHES = 12 };
    uint64_t retries = 0, passed = 0, learned = 0;
    for (int m = 0; m < 2; m++)
        for (uint64_t seed = 0; seed < 3; seed++) {
            float x[2 * BATCH];
            int32_t labels[BATCH];
            fg_spec spec;
            fg_fixture_layers(&spec, wild[m]);
            fg_filter_options o = fg_filtering_options(BATCH, 60, 0);
            o.seed = seed;
            fg_filter *filter = fg_filtering_begin(&spec, NULL, &o);
            for (uint64_t b = 0; b < BATCHES; b++) {
                circles(x, labels, BATCH, 100 * seed + b);
                fg_batch batch = {.n = BATCH, .x = x, .labels = labels};
                fg_filter_info info = fg_filtering_step(filter, &batch);
                ck_assert(info.retries <= FG_FILTER_RETRIES && (!info.passed || info.reason[0]));
                ck_assert(info.passed || info.fit >= info.fit_before - 0.2);
                const fg_posterior *p = fg_filter_posterior(filter);
                for (size_t i = 0; i < p->n; i++)
                    for (size_t j = 0; j < p->parameters[i].size; j++)
                        ck_assert(p->parameters[i].lambda[j] > 0 && isfinite(p->parameters[i].lambda[j]) &&
                                  isfinite(p->parameters[i].eta[j]));
            }
            fg_filter_place place = fg_filter_where(filter);
            ck_assert(place.batches == BATCHES && place.learned + place.passed == BATCHES);
            retries += place.retries;
            passed += place.passed;
            learned += place.learned;
            fg_filter_free(filter);
            fg_spec_free(&spec);
        }
    printf("undamped: %d batches learned, %d passed over, %d retries\n", (int)learned, (int)passed,
           (int)retries);
    ck_assert(retries > 0 && learned > 0);
}
END_TEST

/* Breaks a belief in the third iteration of the next `left` runs. */
static int poison(void *context, const fg_iteration *iteration) {
    int *left = context;
    if (iteration->iteration != 2 || *left == 0)
        return 0;
    --*left;
    for (int i = 0; i < iteration->graph->net.n_groups; i++)
        if (iteration->graph->net.groups[i].parameter)
            iteration->graph->net.groups[i].prior_etas[0] = NAN;
    return 0;
}

START_TEST(a_hopeless_batch_is_passed_over) {
    static const int broken[] = {4, 1, 0, 4, 3, 9, 0};
    static const double rates[] = {1.0 / 8, 1.0 / 16, 1.0 / 16, 1.0 / 64, 1.0 / 64, 1.0 / 64, 1.0 / 64};
    float x[24];
    int32_t labels[12];
    fg_spec spec;
    fg_err err;
    fg_filter_info info;
    uint64_t retries = 0;
    fg_fixture_layers(&spec, FG_FILTERING_NET);
    circles(x, labels, 12, 1);
    fg_filter_options o = fg_filtering_options(12, 10, 0.5);
    fg_filter *filter = fg_filtering_begin(&spec, NULL, &o);
    fg_batch batch = {.n = 12, .x = x, .labels = labels};
    for (int b = 0; b < 7; b++) {
        int left = broken[b], wanted = left < 4 ? left : 3;
        fg_posterior *before;
        fg_run_hook hook = {poison, &left};
        fg_fixture_done(fg_posterior_copy(&before, fg_filter_posterior(filter), &err), &err);
        fg_fixture_done(fg_filter_step(&info, filter, &batch, &hook, &err), &err);
        ck_assert(info.passed == (broken[b] > 3) && info.retries == wanted && info.rate == rates[b]);
        ck_assert(!wanted == !info.reason[0]);
        retries += (uint64_t)info.retries;
        if (info.passed)
            same_posteriors(before, fg_filter_posterior(filter));
        fg_posterior_free(before);
    }
    fg_filter_place place = fg_filter_where(filter);
    ck_assert(place.batches == 7 && place.learned == 4 && place.passed == 3 && place.retries == retries);
    fg_filter_free(filter);
    fg_spec_free(&spec);
}
END_TEST

/* In place of being begun again: what failed first is told with its layer, kind and iteration. */
START_TEST(asked_to_stop_it_stops) {
    enum { BATCH = 16 };
    const char *const nets[] = {FG_FILTERING_NET, wild[0], wild[1]};
    int stopped = 0;
    for (uint64_t run = 0; run < 10; run++) {
        float x[2 * BATCH];
        int32_t labels[BATCH];
        fg_spec spec;
        fg_err err;
        fg_filter_info info;
        fg_fixture_layers(&spec, nets[run % 3]);
        fg_filter_options o = fg_filtering_options(BATCH, 60, run % 3 ? 0 : 0.5);
        o.seed = run;
        fg_filter *adapts = fg_filtering_begin(&spec, NULL, &o);
        o.run.on_divergence = FG_ON_DIVERGENCE_STOP;
        fg_filter *stops = fg_filtering_begin(&spec, NULL, &o);
        for (uint64_t b = 0; b < 12; b++) {
            int left = run % 3 == 0 && b == 3, again = left;
            fg_run_hook first = {poison, &left}, second = {poison, &again};
            circles(x, labels, BATCH, 100 * run + b);
            fg_batch batch = {.n = BATCH, .x = x, .labels = labels};
            fg_posterior *before;
            fg_fixture_done(fg_posterior_copy(&before, fg_filter_posterior(stops), &err), &err);
            fg_fixture_done(fg_filter_step(&info, adapts, &batch, &first, &err), &err);
            int status = fg_filter_step(NULL, stops, &batch, &second, &err);
            ck_assert_int_eq(status, info.retries ? FG_EDIVERGED : FG_OK);
            same_posteriors(status ? before : fg_filter_posterior(adapts), fg_filter_posterior(stops));
            fg_posterior_free(before);
            ck_assert_uint_eq(fg_filter_where(stops).batches, status ? b : b + 1);
            if (!status)
                continue;
            const char *layer = strstr(err.text, "layer '");
            ck_assert_msg(layer && strstr(layer, "' (") && strstr(err.text, "iteration "), "%s", err.text);
            stopped++;
            break;
        }
        fg_filter_free(adapts), fg_filter_free(stops);
        fg_spec_free(&spec);
    }
    ck_assert_int_ge(stopped, 6);
}
END_TEST

/* Trouble in two layers, told as an update tells it, which meets hardly any with data so tame; the first
 * `left` runs are broken as well. */
static int trouble(void *context, const fg_iteration *iteration) {
    fg_set *sets = (fg_set *)(uintptr_t)iteration->graph->net.sets;
    sets[0].run_rejected += 2;
    sets[1].run_improper++;
    return poison(context, iteration);
}

/* It is counted over attempts and batches, but not of a batch that is stopped. */
START_TEST(trouble_is_counted_layer_by_layer) {
    float x[24];
    int32_t labels[12];
    fg_spec spec;
    fg_err err;
    fg_filter_info info;
    fg_fixture_layers(&spec, FG_FILTERING_NET);
    circles(x, labels, 12, 1);
    fg_filter_options o = fg_filtering_options(12, 10, 0.5);
    fg_filter *filter = fg_filtering_begin(&spec, NULL, &o);
    fg_batch batch = {.n = 12, .x = x, .labels = labels};
    int left = 2;
    fg_run_hook hook = {trouble, &left}, stopping = {stop_at_five, NULL};
    fg_fixture_done(fg_filter_step(&info, filter, &batch, &hook, &err), &err);
    ck_assert(info.retries == 2 && info.run.rejected == 20 && info.run.improper == 10);
    fg_filter_place place = fg_filter_where(filter);
    /* Two attempts of three iterations, at the end of which messages break as well, and one of ten. */
    ck_assert(place.layers[0].rejected >= 24 && place.layers[1].improper >= 12);
    ck_assert_int_eq(fg_filter_step(NULL, filter, &batch, &stopping, &err), FG_ESTOPPED);
    fg_filter_place after = fg_filter_where(filter);
    ck_assert_mem_eq(place.layers, after.layers, sizeof place.layers);
    fg_fixture_done(fg_filter_step(&info, filter, &batch, &hook, &err), &err);
    after = fg_filter_where(filter);
    ck_assert_uint_eq(after.layers[0].rejected, place.layers[0].rejected + 20);
    ck_assert_uint_eq(after.layers[1].improper, place.layers[1].improper + 10);
    ck_assert_mem_eq(after.layers + 2, place.layers + 2, sizeof place.layers - 2 * sizeof *place.layers);
    fg_filter_free(filter);
    fg_spec_free(&spec);
}
END_TEST

START_TEST(rates_recover) {
    fg_spec spec;
    data d;
    fg_filter_options o = fg_filtering_options(4, 10, 0);
    fg_fixture_layers(&spec, FG_FILTERING_TREE);
    fg_filtering_make(&d, 5);
    fg_filter *filter = fg_filtering_begin(&spec, NULL, &o);
    fg_filter_place place = fg_filter_where(filter);
    place.rate = 0.25;
    fg_filter_resume(filter, &place);
    for (int b = 0; b < 2 * FG_FILTER_RECOVERY; b++) {
        fg_batch batch = fg_filtering_rows(&d, 4 * (size_t)(b % 10), 4);
        ck_assert(fg_filtering_step(filter, &batch).rate == (b < FG_FILTER_RECOVERY ? 0.25 : 0.5));
    }
    ck_assert(fg_filter_where(filter).rate == 1);
    fg_filter_free(filter);
    fg_spec_free(&spec);
}
END_TEST

START_TEST(filters_without_memory) {
    fg_spec spec;
    data d;
    fg_err err;
    fg_posterior *start;
    fg_fixture_layers(&spec, FG_FILTERING_TREE);
    fg_filtering_make(&d, 6);
    fg_graph *g = fg_fixture_create(&spec, 1, 1);
    fg_fixture_done(fg_graph_posterior(&start, g, &err), &err);
    fg_graph_free(g);
    fg_filter_options o = fg_filtering_options(5, 3, 0);
    o.run.average = 2;
    size_t held = fg_mem_held();
    int status = FG_ENOMEM;
    for (uint64_t at = 1; status; at++) {
        fg_filter *filter;
        fg_batch whole = fg_filtering_rows(&d, 0, 5), part = fg_filtering_rows(&d, 5, 3);
        fg_mem_fail_at(at);
        status = fg_filter_create(&filter, &spec, spec.input, start, &o, &err);
        if (!status)
            status = fg_filter_step(NULL, filter, &whole, NULL, &err);
        if (!status)
            status = fg_filter_step(NULL, filter, &part, NULL, &err);
        fg_mem_fail_at(0);
        ck_assert(status == FG_OK || status == FG_ENOMEM);
        uint64_t calls = fg_mem_calls();
        for (int i = 0; !status && i < 3; i++) {
            fg_filtering_step(filter, &whole);
            fg_filtering_step(filter, &part);
        }
        ck_assert_uint_eq(fg_mem_calls(), calls); /* nothing is allocated from batch to batch */
        fg_filter_free(filter);
        ck_assert_uint_eq(fg_mem_held(), held);
    }
    fg_posterior_free(start);
    fg_spec_free(&spec);
}
END_TEST

FG_TEST_MAIN("engine/filter_guard", stopped_and_taken_up_again, averages_follow_the_means, no_run_ends_broken,
             a_hopeless_batch_is_passed_over, asked_to_stop_it_stops, trouble_is_counted_layer_by_layer,
             rates_recover, filters_without_memory)
