/* What holds for every graph: the same bytes for any number of threads, instruction set and after a reset;
 * seeds; order of arrays. */
#include "engine/posterior.h"
#include "engine/fixture_internal.h"

enum { N = 300 / (FG_SLOW > 1 ? 4 : 1), CASES = 6 };

static const char *const specs[CASES - 1] = {
    "8 dense:40,activation=tanh dense:5 softmax",
    "6 observation dense:30,activation=leaky_relu dense:2 regression:robust=huber",
    "8x16x3 observation:sigma=0.2,robust=tukey,share_channels=true pairwise:robust=tukey,sigma=0.5",
    "9x20x1 observation:sigma=0.2,robust=huber pairwise:robust=huber,sigma=0.5",
    "12 observation softmax",
};

/* All that can be seen of a graph. */
typedef struct snapshot {
    size_t size;
    unsigned char *bytes;
} snapshot;

static void put(snapshot *s, const void *bytes, size_t size) {
    s->bytes = fg_fixture_have(realloc(s->bytes, s->size + size));
    memcpy(s->bytes + s->size, bytes, size);
    s->size += size;
}

static snapshot look(const fg_graph *g, size_t n) {
    snapshot s = {0, NULL};
    fg_posterior *p;
    fg_err err;
    for (int i = 0; i < fg_graph_groups(g); i++) {
        size_t all = n * fg_shape_size(fg_graph_group_shape(g, i));
        float *values = fg_oracle_alloc(2 * all, sizeof *values);
        fg_graph_marginals(values, values + all, g, i, FG_ORDER_HWC);
        put(&s, values, 2 * all * sizeof *values);
        free(values);
    }
    for (int i = 0; i < fg_graph_layers(g); i++) {
        fg_layer_stats stats;
        fg_graph_layer_stats(&stats, g, i);
        put(&s, &stats.energy, sizeof stats.energy);
        put(&s, &stats.improper, sizeof stats.improper);
    }
    fg_fixture_done(fg_graph_posterior(&p, g, &err), &err);
    for (size_t i = 0; i < p->n; i++) {
        put(&s, p->parameters[i].eta, p->parameters[i].size * sizeof(double));
        put(&s, p->parameters[i].lambda, p->parameters[i].size * sizeof(double));
    }
    fg_posterior_free(p);
    return s;
}

static bool same(const snapshot *a, const snapshot *b) {
    return a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0;
}

static void make_explicit(fg_spec *spec) {
    enum { SIDE = 60 };
    fg_draws d = {9, 0};
    fg_fixture_graph(spec, SIDE * SIDE);
    for (size_t i = 0; i < SIDE * SIDE; i++) {
        fg_fixture_unary(spec, i, fg_draw_normal(&d), 0.5);
        if (i % SIDE != SIDE - 1)
            fg_fixture_link(spec, i, i + 1, 1, -1, 0, 1)->robust = i % 2 ? FG_ROBUST_HUBER : FG_ROBUST_NONE;
        if (i / SIDE != SIDE - 1)
            fg_fixture_link(spec, i, i + SIDE, 1, -1, 0, 1);
        if (i % 7 == 0 && i + 5 < SIDE * SIDE) {
            fg_linear_factor *f = fg_fixture_factor(spec, 2, 3);
            for (size_t j = 0; j < 3; j++) {
                f->variables[j] = i + 2 * j;
                f->matrix[j] = fg_draw_normal(&d);
                f->matrix[3 + j] = fg_draw_normal(&d);
            }
        }
    }
    for (size_t i = 0; i < spec->graph.n_factors; i++)
        spec->graph.factors[i].threshold = 0.7;
}

static void make(fg_spec *spec, int kind) {
    if (kind < CASES - 1)
        fg_fixture_layers(spec, specs[kind]);
    else
        make_explicit(spec);
}

static fg_graph *create(const fg_spec *spec, uint64_t seed) {
    fg_graph *g = fg_fixture_create(spec, N, seed);
    fg_draws d = {4, 0};
    fg_err err;
    if (spec->is_explicit)
        return g;
    size_t all = N * fg_shape_size(spec->input);
    float *x = fg_oracle_alloc(all, sizeof *x), targets[2 * N];
    int32_t labels[N];
    for (size_t i = 0; i < all; i++)
        x[i] = (float)fg_draw_normal(&d);
    for (size_t i = 0; i < N; i++) {
        labels[i] = (int32_t)fg_draw_below(&d, 5);
        targets[2 * i] = (float)fg_draw_normal(&d);
        targets[2 * i + 1] = (float)fg_draw_normal(&d);
    }
    fg_fixture_done(fg_graph_set_input(g, x, FG_ORDER_HWC, NULL, &err), &err);
    if (spec->layers[spec->n_layers - 1].kind == FG_LAYER_SOFTMAX)
        fg_fixture_done(fg_graph_set_labels(g, labels, &err), &err);
    if (spec->layers[spec->n_layers - 1].kind == FG_LAYER_REGRESSION)
        fg_fixture_done(fg_graph_set_targets(g, targets, &err), &err);
    free(x);
    return g;
}

static snapshot run(fg_graph *g, double damping, double dropout, fg_schedule schedule) {
    fg_run_options options = fg_fixture_run(4, damping, 0);
    fg_err err;
    options.dropout = dropout;
    options.schedule = schedule;
    options.init = FG_INIT_RANDOM;
    fg_fixture_done(fg_graph_run(NULL, g, &options, NULL, &err), &err);
    return look(g, N);
}

static snapshot fresh(const fg_spec *spec, uint64_t seed, double damping, double dropout,
                      fg_schedule schedule) {
    fg_graph *g = create(spec, seed);
    snapshot s = run(g, damping, dropout, schedule);
    fg_graph_free(g);
    return s;
}

START_TEST(threads_do_not_matter) {
    static const int threads[] = {1, 2, 3, 5};
    for (int kind = 0; kind < CASES; kind++)
        for (int schedule = 0; schedule < 3; schedule++) {
            fg_spec spec;
            snapshot first = {0, NULL};
            make(&spec, kind);
            for (int i = 0; i < 4; i++) {
                fg_threads_set(threads[i]);
                snapshot s = fresh(&spec, 1, 0.5, 0.3, (fg_schedule)schedule);
                if (i == 0)
                    first = s;
                ck_assert_msg(same(&first, &s), "case %d, schedule %d, %d threads", kind, schedule,
                              threads[i]);
                if (i)
                    free(s.bytes);
            }
            free(first.bytes);
            fg_spec_free(&spec);
        }
    fg_threads_set(0);
}
END_TEST

START_TEST(instruction_sets_do_not_matter) {
    for (int kind = 0; kind < CASES; kind++) {
        fg_spec spec;
        snapshot first = {0, NULL};
        make(&spec, kind);
        for (int isa = 0; isa <= (int)fg_isa_best(); isa++) {
            fg_err err;
            fg_fixture_done(fg_isa_select(fg_isa_name((fg_isa)isa), &err), &err);
            snapshot s = fresh(&spec, 1, 0.5, 0.3, FG_SCHEDULE_SWEEP);
            if (isa == 0)
                first = s;
            ck_assert_msg(same(&first, &s), "case %d, %s", kind, fg_isa_name((fg_isa)isa));
            if (isa)
                free(s.bytes);
        }
        free(first.bytes);
        fg_spec_free(&spec);
        fg_isa_select(NULL, NULL);
    }
}
END_TEST

START_TEST(reset_starts_anew) {
    for (int kind = 0; kind < CASES; kind++) {
        fg_spec spec;
        make(&spec, kind);
        fg_graph *g = create(&spec, 5);
        snapshot first = run(g, 0.5, 0.3, FG_SCHEDULE_SWEEP);
        ck_assert(fg_graph_iterations(g) == 4);
        fg_graph_reset(g);
        ck_assert(fg_graph_iterations(g) == 0);
        snapshot second = run(g, 0.5, 0.3, FG_SCHEDULE_SWEEP);
        ck_assert_msg(same(&first, &second), "case %d", kind);
        free(first.bytes), free(second.bytes);
        fg_graph_free(g);
        fg_spec_free(&spec);
    }
}
END_TEST

/* Four iterations and four more are eight. */
START_TEST(runs_go_on) {
    for (int kind = 0; kind < CASES; kind++) {
        fg_spec spec;
        fg_err err;
        fg_run_options eight = fg_fixture_run(8, 0.5, 0);
        eight.dropout = 0.3;
        eight.init = FG_INIT_RANDOM;
        make(&spec, kind);
        fg_graph *g = create(&spec, 5), *h = create(&spec, 5);
        snapshot first = run(g, 0.5, 0.3, FG_SCHEDULE_SWEEP);
        snapshot second = run(g, 0.5, 0.3, FG_SCHEDULE_SWEEP);
        fg_fixture_done(fg_graph_run(NULL, h, &eight, NULL, &err), &err);
        snapshot whole = look(h, N);
        ck_assert_msg(same(&second, &whole), "case %d", kind);
        ck_assert(!same(&first, &second) || kind == 4);
        free(first.bytes), free(second.bytes), free(whole.bytes);
        fg_graph_free(g), fg_graph_free(h);
        fg_spec_free(&spec);
    }
}
END_TEST

START_TEST(seeds_matter_where_chance_does) {
    for (int kind = 0; kind < CASES; kind++) {
        fg_spec spec;
        make(&spec, kind);
        bool draws = kind < 2; /* random starting points */
        snapshot a = fresh(&spec, 1, 0.5, 0.3, FG_SCHEDULE_SWEEP),
                 b = fresh(&spec, 1, 0.5, 0.3, FG_SCHEDULE_SWEEP);
        snapshot c = fresh(&spec, 2, 0.5, 0.3, FG_SCHEDULE_SWEEP),
                 d = fresh(&spec, 1, 0.5, 0, FG_SCHEDULE_SWEEP);
        snapshot e = fresh(&spec, 2, 0.5, 0, FG_SCHEDULE_SWEEP), f = fresh(&spec, 1, 0, 0, FG_SCHEDULE_SWEEP);
        ck_assert_msg(same(&a, &b), "case %d: the same seed differs", kind);
        ck_assert_msg(!same(&a, &c), "case %d: dropout does not depend on the seed", kind);
        ck_assert_msg(!same(&a, &d), "case %d: dropout changes nothing", kind);
        ck_assert_msg(same(&d, &e) == !draws, "case %d: starting points", kind);
        ck_assert_msg(!same(&d, &f), "case %d: damping changes nothing", kind);
        free(a.bytes), free(b.bytes), free(c.bytes), free(d.bytes), free(e.bytes), free(f.bytes);
        fg_spec_free(&spec);
    }
}
END_TEST

/* Channel-major arrays in and out are the same pixels. */
START_TEST(orders_of_arrays) {
    enum { H = 3, W = 4, C = 3, PIXELS = H * W, ALL = PIXELS * C };
    for (int planar = 0; planar < 2; planar++) {
        float hwc[2 * ALL], chw[2 * ALL], out[2][2 * ALL];
        fg_spec spec;
        fg_err err;
        fg_draws d = {3, 0};
        fg_fixture_layers(&spec, planar ? "3x4x3 observation pairwise"
                                        : "3x4x3 observation:robust=tukey,share_channels=true");
        for (size_t n = 0; n < 2; n++)
            for (size_t i = 0; i < ALL; i++)
                chw[n * ALL + i % C * PIXELS + i / C] = hwc[n * ALL + i] = (float)fg_draw_normal(&d);
        for (int order = 0; order < 2; order++) {
            fg_graph *g = fg_fixture_create(&spec, 2, 1);
            fg_run_options options = fg_fixture_run(5, 0, 0);
            fg_fixture_done(
                fg_graph_set_input(g, order ? chw : hwc, order ? FG_ORDER_CHW : FG_ORDER_HWC, NULL, &err),
                &err);
            fg_fixture_done(fg_graph_run(NULL, g, &options, NULL, &err), &err);
            fg_graph_marginals(out[order], NULL, g, 0, order ? FG_ORDER_CHW : FG_ORDER_HWC);
            fg_graph_free(g);
        }
        for (size_t i = 0; i < 2 * ALL; i++)
            ck_assert(out[0][i] == out[1][i / ALL * ALL + i % C * PIXELS + i % ALL / C]);
        fg_spec_free(&spec);
    }
}
END_TEST

FG_TEST_MAIN("engine/properties", threads_do_not_matter, instruction_sets_do_not_matter, reset_starts_anew,
             runs_go_on, seeds_matter_where_chance_does, orders_of_arrays)
