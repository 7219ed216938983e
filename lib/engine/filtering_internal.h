/* What the tests of filtering share: a line through noisy points, models, and filters. */
#ifndef FG_ENGINE_FILTERING_INTERNAL_H
#define FG_ENGINE_FILTERING_INTERNAL_H

#include "engine/filter.h"
#include "engine/fixture_internal.h"

enum { N = 40 };

typedef struct data {
    float x[N], y[N];
} data;

static inline void fg_filtering_make(data *d, uint64_t seed) {
    fg_draws draws = {seed, 0};
    for (size_t i = 0; i < N; i++) {
        d->x[i] = (float)fg_draw_normal(&draws);
        d->y[i] = (float)(0.8 * (double)d->x[i] + 0.3 * fg_draw_normal(&draws));
    }
}

#define FG_FILTERING_TREE                                                                                    \
    "1 dense:1,bias=false,sigma=0.2,weight_prior=2,activation_prior=3 regression:sigma=0.1"
#define FG_FILTERING_NET                                                                                     \
    "2 dense:6,activation=tanh,sigma=0.1,weight_init=0.5 dense:2,sigma=0.1 softmax:sigma=0.1"

static inline fg_filter_options fg_filtering_options(size_t batch, int iterations, double damping) {
    return (fg_filter_options){
        .run = fg_fixture_run(iterations, damping, 0), .batch = batch, .seed = 1, .temper = 1};
}

static inline fg_filter *fg_filtering_begin(const fg_spec *spec, const fg_posterior *start,
                                            const fg_filter_options *o) {
    fg_filter *filter;
    fg_err err;
    fg_fixture_done(fg_filter_create(&filter, spec, spec->input, start, o, &err), &err);
    return filter;
}

static inline fg_filter_info fg_filtering_step(fg_filter *filter, const fg_batch *batch) {
    fg_filter_info info;
    fg_err err;
    fg_fixture_done(fg_filter_step(&info, filter, batch, NULL, &err), &err);
    return info;
}

static inline fg_batch fg_filtering_rows(const data *d, size_t from, size_t n) {
    return (fg_batch){.n = n, .x = d->x + from, .targets = d->y + from};
}

#endif
