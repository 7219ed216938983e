/* Correlations of joint weights: kept in states and suspended runs, shared by units, tempered, refused. */
#include "engine/joint_internal.h"
#include "engine/state.h"

static bool same_correlations(const fg_parameter *a, const fg_parameter *b) {
    const size_t n = fg_parameter_correlations(a);
    if (a->matrices != b->matrices || a->joint != b->joint || !a->correlation != !b->correlation)
        return false;
    return a->correlation ? memcmp(a->correlation, b->correlation, n * sizeof(float)) == 0
                          : memcmp(a->wide_correlation, b->wide_correlation, n * sizeof(double)) == 0;
}

static void write_state(char **text, size_t *size, fg_state *state) {
    fg_err err;
    FILE *stream = open_memstream(text, size);
    fg_fixture_done(fg_state_write(stream, state, &err), &err);
    fclose(stream);
}

START_TEST(states_keep_correlations) {
    fg_joint_rows r;
    fg_state state = {0}, back;
    fg_err err;
    char *text;
    size_t size;
    fg_fixture_layers(&state.spec, FG_JOINT_MODEL);
    fg_joint_make(&r, 5);
    state.posterior = fg_joint_learned(&state.spec, &r, 20);
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
    fg_joint_rows r;
    fg_spec spec;
    fg_err err;
    fg_fixture_layers(&spec, FG_JOINT_MODEL);
    fg_joint_make(&r, 6);
    fg_posterior *p = fg_joint_learned(&spec, &r, 20);
    fg_fixture_done(fg_parameter_spread(&p->parameters[0], &err), &err);
    float *c = p->parameters[0].correlation;
    for (size_t i = 0; i < UNITS * SIZE * SIZE; i++)
        c[i] = i % (SIZE * SIZE) / SIZE == i % SIZE ? 1 : i % 2 ? -1 : 1;
    fg_filter_options o = fg_filtering_options(10, 5, 0);
    fg_filter *f = fg_filtering_begin(&spec, p, &o);
    for (size_t from = 0; from < ROWS; from += 10) {
        fg_batch batch = fg_joint_batch(&r, from, 10);
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
    fg_fixture_layers(&spec, FG_JOINT_MODEL);
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
static void learn_and_copy(fg_posterior **out, fg_posterior **copy, fg_spec *spec, fg_joint_rows *r,
                           uint64_t seed) {
    fg_err err;
    fg_fixture_layers(spec, FG_JOINT_MODEL);
    fg_joint_make(r, seed);
    *out = fg_joint_learned(spec, r, 20);
    fg_fixture_done(fg_posterior_copy(copy, *out, &err), &err);
}

/* Weaker priors: deviations grow, correlations stay. */
START_TEST(tempering_keeps_correlations) {
    fg_joint_rows r;
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
    fg_batch batch = fg_joint_batch(&r, 20, 20);
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
    fg_joint_rows r;
    fg_spec spec;
    fg_posterior *p, *other;
    learn_and_copy(&p, &other, &spec, &r, 12);
    const fg_parameter *prior = &p->parameters[0];
    ck_assert_uint_eq(prior->matrices, 1);
    ck_assert_double_eq(prior->lambda[0], prior->lambda[INPUTS]);
    other->parameters[0].lambda[0] *= 1.5;
    fg_filter_options o = fg_filtering_options(20, 3, 0);
    fg_filter *f = fg_filtering_begin(&spec, p, &o), *g = fg_filtering_begin(&spec, other, &o);
    fg_batch batch = fg_joint_batch(&r, 20, 20);
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
    fg_joint_rows r;
    fg_spec spec;
    fg_err err;
    fg_posterior *p, *many;
    learn_and_copy(&p, &many, &spec, &r, 13);
    fg_parameter *wide = &many->parameters[0];
    fg_fixture_done(fg_parameter_spread(wide, &err), &err);
    ck_assert(wide->matrices == UNITS && p->parameters[0].matrices == 1);
    for (size_t o = 0; o < UNITS; o++)
        ck_assert(memcmp(fg_joint_correlation(many, o), fg_joint_correlation(p, o),
                         SIZE * SIZE * sizeof(float)) == 0);
    fg_filter_options o = fg_filtering_options(20, 3, 0);
    fg_filter *f = fg_filtering_begin(&spec, p, &o), *g = fg_filtering_begin(&spec, many, &o);
    for (size_t from = 20; from < ROWS; from += 20) {
        fg_batch batch = fg_joint_batch(&r, from, ROWS - from < 20 ? ROWS - from : 20);
        fg_filtering_step(f, &batch);
        fg_filtering_step(g, &batch);
    }
    const fg_posterior *a = fg_filter_posterior(f), *b = fg_filter_posterior(g);
    ck_assert(a->parameters[0].matrices == 1 && b->parameters[0].matrices == UNITS);
    for (size_t i = 0; i < UNITS; i++)
        ck_assert(
            memcmp(fg_joint_correlation(a, i), fg_joint_correlation(b, i), SIZE * SIZE * sizeof(float)) == 0);
    for (size_t i = 0; i < a->n; i++)
        ck_assert(
            memcmp(a->parameters[i].eta, b->parameters[i].eta, a->parameters[i].size * sizeof(double)) == 0);
    fg_fixture_done(fg_parameter_take_correlations(wide, p->parameters[0].correlation, NULL, 1, &err), &err);
    ck_assert(memcmp(fg_joint_correlation(many, UNITS - 1), fg_joint_correlation(p, 0),
                     SIZE * SIZE * sizeof(float)) == 0);
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
    fg_joint_rows r;
    fg_spec spec;
    fg_err err;
    const int32_t labels[] = {0, 1, 2, 1, 0, 2, 2, 0, 1, 1};
    fg_fixture_layers(&spec, "5 dense:3,covariance=full softmax:likelihood=categorical");
    fg_joint_make(&r, 14);
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

static fg_graph *going_on(const fg_spec *spec, const fg_joint_rows *r, const fg_posterior *prior) {
    fg_err err;
    fg_graph *g = fg_joint_graph(spec, r, 20, &(fg_graph_options){.seed = 9});
    if (prior)
        fg_fixture_done(fg_graph_set_priors(g, prior, &err), &err);
    return g;
}

/* A run of another 20 rows is suspended after 4 iterations. */
static void resume_model(const char *model, size_t rows, bool wide) {
    fg_joint_rows r;
    fg_spec spec;
    fg_err err;
    char *text;
    size_t size;
    fg_posterior *whole, *parts;
    fg_fixture_layers(&spec, model);
    fg_joint_make(&r, 8);
    fg_posterior *prior = rows ? fg_joint_learned(&spec, &r, rows) : NULL;
    fg_graph *g = going_on(&spec, &r, prior);
    fg_joint_run(g, 4, 0.5);
    fg_state state = {.spec = spec}, back;
    fg_fixture_done(fg_graph_posterior(&state.posterior, g, &err), &err);
    fg_fixture_done(fg_state_suspend(&state, g, &err), &err);
    write_state(&text, &size, &state);
    fg_joint_run(g, 5, 0.5);
    fg_fixture_done(fg_graph_posterior(&whole, g, &err), &err);
    fg_graph_free(g);
    fg_fixture_done(fg_state_read(&back, (unsigned char *)text, size, &err), &err);
    g = going_on(&spec, &r, NULL);
    fg_fixture_done(fg_state_resume(g, &back, &err), &err);
    fg_joint_run(g, 5, 0.5);
    fg_fixture_done(fg_graph_posterior(&parts, g, &err), &err);
    const fg_parameter *a = &whole->parameters[0], *b = &parts->parameters[0];
    ck_assert(memcmp(a->eta, b->eta, a->size * sizeof *a->eta) == 0);
    ck_assert(memcmp(a->lambda, b->lambda, a->size * sizeof *a->lambda) == 0);
    ck_assert(same_correlations(a, b) && (a->wide_correlation != NULL) == wide);
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

/* A suspended run takes its priors' correlations with it, and goes on in their precision. */
START_TEST(resumed_runs_end_the_same) {
    static const char strong[] = "5 dense:2,covariance=full,sigma=0.001 regression:sigma=0.001";
    resume_model(FG_JOINT_MODEL, 30, false);
    resume_model(strong, 30, true);
    resume_model(strong, 0, true);
}
END_TEST

/* What it was put down with is all there is where nothing is done any more. */
START_TEST(resumed_runs_know_what_they_had_learned) {
    static const char *const models[] = {FG_JOINT_MODEL,
                                         "5 dense:3,covariance=full softmax:likelihood=categorical"};
    const int32_t labels[20] = {0, 1, 2, 1, 0, 2, 2, 0, 1, 1};
    for (int m = 0; m < 2; m++) {
        fg_joint_rows r;
        fg_err err;
        fg_posterior *again;
        fg_state state = {0};
        fg_fixture_layers(&state.spec, models[m]);
        fg_joint_make(&r, 15);
        fg_graph *graphs[2];
        for (int i = 0; i < 2; i++) {
            graphs[i] = fg_fixture_create(&state.spec, 20, 1);
            fg_fixture_done(fg_graph_set_input(graphs[i], r.x, FG_ORDER_HWC, NULL, &err), &err);
            fg_fixture_done(m ? fg_graph_set_labels(graphs[i], labels, &err)
                              : fg_graph_set_targets(graphs[i], r.y, &err),
                            &err);
        }
        fg_joint_run(graphs[0], 3, 0.5);
        fg_fixture_done(fg_graph_posterior(&state.posterior, graphs[0], &err), &err);
        ck_assert(state.posterior->parameters[0].matrices == (m ? 3 : 1));
        fg_fixture_done(fg_state_suspend(&state, graphs[0], &err), &err);
        fg_fixture_done(fg_state_resume(graphs[1], &state, &err), &err);
        fg_fixture_done(fg_graph_posterior(&again, graphs[1], &err), &err);
        const fg_parameter *a = &state.posterior->parameters[0], *b = &again->parameters[0];
        ck_assert(same_correlations(a, b));
        ck_assert(memcmp(a->lambda, b->lambda, a->size * sizeof *a->lambda) == 0);
        fg_posterior_free(again);
        for (int i = 0; i < 2; i++)
            fg_graph_free(graphs[i]);
        fg_state_free(&state);
    }
}
END_TEST

/* A random schedule leaves sets out: their weights stay as they were, or forget. */
static void leave_out(const fg_spec *spec, double forget, uint64_t seed, int *reached, int *left) {
    fg_joint_rows r;
    fg_filter_options o = fg_filtering_options(20, 1, 0);
    o.run.schedule = FG_SCHEDULE_RANDOM;
    o.run.forget = forget;
    o.seed = seed;
    fg_joint_make(&r, 16);
    fg_filter *f = fg_filtering_begin(spec, NULL, &o);
    for (size_t from = 0; from < ROWS; from += 20) {
        fg_batch batch = fg_joint_batch(&r, from, 20);
        const fg_parameter *w = fg_posterior_find(fg_filter_posterior(f), "dense1/weight");
        const double kept = from ? fg_posterior_kept(forget) : 1, deviation = 1 / sqrt(w->lambda[0]),
                     wanted = from ? forget * 2 + (1 - forget) * deviation : deviation;
        const float correlation = (float)kept * w->correlation[1];
        fg_filtering_step(f, &batch);
        const bool same = fabs(1 / sqrt(w->lambda[0]) - wanted) < 1e-12;
        ck_assert(same == (w->correlation[1] == correlation) && fabsf(w->correlation[1]) <= 1);
        *reached += !same;
        *left += same;
    }
    fg_filter_free(f);
}

START_TEST(what_no_update_reaches_stays) {
    static const double shares[] = {0, 0.5};
    fg_spec spec;
    fg_fixture_layers(&spec, FG_JOINT_MODEL);
    for (int i = 0; i < 2; i++) {
        int reached = 0, left = 0;
        for (uint64_t seed = 0; seed < 20; seed++)
            leave_out(&spec, shares[i], seed, &reached, &left);
        ck_assert(reached > 5 && left > 5);
    }
    fg_spec_free(&spec);
}
END_TEST

FG_TEST_MAIN("correlations of joint weights", states_keep_correlations, impossible_correlations_stay_finite,
             wrong_sizes_are_refused, tempering_keeps_correlations, alike_units_learn_as_others_do,
             one_matrix_or_many_are_the_same, units_part_where_their_labels_differ, resumed_runs_end_the_same,
             resumed_runs_know_what_they_had_learned, what_no_update_reaches_stays)
