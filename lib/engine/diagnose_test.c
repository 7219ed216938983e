#include "engine/diagnose.h"

#include <math.h>
#include <string.h>

#include "base/io.h"
#include "base/rng.h"
#include "engine/fixture_internal.h"

static fg_diagnosis diagnose(const fg_spec *spec) {
    fg_diagnosis d;
    fg_err err = {0};
    size_t held = fg_mem_held();
    fg_fixture_done(fg_diagnose(&d, &spec->graph, &err), &err);
    ck_assert_uint_eq(fg_mem_held(), held);
    return d;
}

static void check_radius(const fg_spec *spec, double radius) {
    fg_diagnosis d = diagnose(spec);
    ck_assert(d.checked);
    ck_assert_double_eq_tol(d.spectral_radius, radius, 1e-9);
    ck_assert_int_eq(d.walk_summable, radius < 1);
}

/* n variables of prior precision 1, links of precision w and signs of their own. */
static void links(fg_spec *spec, size_t n, const size_t ends[][2], size_t n_links, double w, double sign) {
    fg_fixture_graph(spec, n);
    for (size_t i = 0; i < n; i++)
        fg_fixture_prior(spec, i, (double)i, 1);
    for (size_t i = 0; i < n_links; i++)
        fg_fixture_link(spec, ends[i][0], ends[i][1], 1, sign, 0, 1 / sqrt(w));
}

START_TEST(two_variables_have_the_size_of_their_correlation) {
    static const size_t pair[][2] = {{0, 1}};
    for (int sign = -1; sign <= 1; sign += 2)
        for (double w = 0.01; w < 1e4; w *= 7) {
            fg_spec spec;
            links(&spec, 2, pair, 1, w, sign);
            fg_fixture_unary(&spec, 0, 3, 0.5); /* precision 4 */
            check_radius(&spec, w / sqrt((1 + 4 + w) * (1 + w)));
            fg_spec_free(&spec);
        }
}
END_TEST

/* Of regular graphs all of whose variables have the same precision 1 + degree w: degree w / (1 + degree w).
 */
START_TEST(rings_and_complete_graphs) {
    static const size_t ring[][2] = {{0, 1}, {1, 2}, {2, 3}, {3, 4}, {4, 5}, {5, 0}};
    static const size_t complete[][2] = {{0, 1}, {2, 0}, {0, 3}, {1, 2}, {3, 1}, {2, 3}};
    fg_spec spec;
    links(&spec, 6, ring, 6, 3, -1);
    check_radius(&spec, 6.0 / 7);
    fg_spec_free(&spec);
    links(&spec, 4, complete, 6, 0.25, 1);
    check_radius(&spec, 0.75 / 1.75);
    fg_spec_free(&spec);
}
END_TEST

/* The centre's row is r to each of n leaves, the leaves' only that: sqrt(n) r. */
START_TEST(a_star_and_a_lonely_variable) {
    static const size_t star[][2] = {{0, 1}, {0, 2}, {3, 0}, {0, 4}, {5, 0}};
    fg_spec spec;
    links(&spec, 7, star, 5, 2, -1);
    check_radius(&spec, sqrt(5) * 2 / sqrt(11.0 * 3));
    fg_spec_free(&spec);
    links(&spec, 1, star, 0, 1, 1);
    check_radius(&spec, 0);
    fg_spec_free(&spec);
}
END_TEST

/* One factor over four variables, with coefficients a: Lambda = I + a a'. |R| / its diagonal is not
 * walk-summable when the coefficients are large: the limit is n - 1 = 3. */
START_TEST(one_factor_of_many_variables) {
    fg_spec spec;
    for (double a = 0.25; a < 300; a *= 4) {
        links(&spec, 4, NULL, 0, 1, 1);
        fg_linear_factor *f = fg_fixture_factor(&spec, 1, 4);
        for (size_t i = 0; i < 4; i++) {
            f->variables[i] = i;
            f->matrix[i] = i % 2 ? a : -a;
        }
        check_radius(&spec, 3 * a * a / (1 + a * a));
        fg_spec_free(&spec);
    }
}
END_TEST

START_TEST(what_stands_in_one_place_is_added_up_before_its_size_is_taken) {
    static const size_t pair[][2] = {{0, 1}};
    fg_spec spec;
    links(&spec, 2, pair, 1, 2, -1);
    fg_fixture_link(&spec, 1, 0, 1, 1, 0, 1 / sqrt(2));
    check_radius(&spec, 0);
    fg_fixture_link(&spec, 0, 1, 1, 1, 0, 1);
    check_radius(&spec, 1.0 / 6);
    fg_spec_free(&spec);
    links(&spec, 2, pair, 0, 1, 1);
    fg_linear_factor *f = fg_fixture_factor(&spec, 2, 2); /* rows (1, 2) / 1 and (3, -1) / 2 */
    memcpy(f->variables, (size_t[]){0, 1}, 2 * sizeof *f->variables);
    memcpy(f->matrix, (double[]){1, 2, 3, -1}, 4 * sizeof *f->matrix);
    f->sigma[1] = 2;
    check_radius(&spec, (2 - 0.75) / sqrt((1 + 1 + 2.25) * (1 + 4 + 0.25)));
    fg_spec_free(&spec);
}
END_TEST

/* Trees of any strengths are walk-summable, also when the radius is very near 1. */
START_TEST(trees_are_walk_summable) {
    for (uint64_t seed = 0; seed < 40; seed++) {
        fg_spec spec;
        size_t n = 2 + seed;
        fg_fixture_graph(&spec, n);
        fg_fixture_prior(&spec, 0, 0, 1);
        for (size_t i = 1; i < n; i++) {
            size_t to = (size_t)fg_rng_u64(seed, 0, i) % i;
            double scale = pow(10, 2 * (double)fg_rng_uniform(seed, 1, i) - 1);
            fg_fixture_link(&spec, to, i, scale, i % 3 ? -1 : 2, 1, 1);
        }
        fg_diagnosis d = diagnose(&spec);
        ck_assert(d.checked && d.untouched == 0);
        ck_assert_msg(d.walk_summable, "seed %d: %.12g", (int)seed, d.spectral_radius);
        fg_spec_free(&spec);
    }
}
END_TEST

/* The radius by the trace of high powers of the dense matrix, squared ten times in long double. */
static double dense_radius(const fg_spec *spec) {
    enum { MOST = 8, SQUARINGS = 14 };
    const fg_explicit *g = &spec->graph;
    size_t n = g->n_variables;
    fg_exact lambda[MOST][MOST] = {{0}}, r[MOST][MOST], square[MOST][MOST], scale = 0, norm;
    ck_assert_uint_le(n, MOST);
    for (size_t i = 0; i < n; i++)
        lambda[i][i] =
            isinf(g->prior_sigma[i]) ? 0 : 1 / ((fg_exact)g->prior_sigma[i] * (fg_exact)g->prior_sigma[i]);
    for (size_t k = 0; k < g->n_factors; k++) {
        const fg_linear_factor *f = &g->factors[k];
        for (size_t m = 0; m < f->rows; m++)
            for (size_t i = 0; i < f->cols; i++)
                for (size_t j = 0; j < f->cols; j++)
                    lambda[f->variables[i]][f->variables[j]] +=
                        (fg_exact)f->matrix[m * f->cols + i] * (fg_exact)f->matrix[m * f->cols + j] /
                        ((fg_exact)f->sigma[m] * (fg_exact)f->sigma[m]);
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            r[i][j] = i == j ? 0 : fabsl(lambda[i][j]) / sqrtl(lambda[i][i] * lambda[j][j]);
    for (int power = 0; power < SQUARINGS; power++) {
        norm = 0;
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++) {
                square[i][j] = 0;
                for (size_t k = 0; k < n; k++)
                    square[i][j] += r[i][k] * r[k][j];
                norm = fmaxl(norm, square[i][j]);
            }
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++)
                r[i][j] = square[i][j] / norm;
        scale = 2 * scale + logl(norm);
    }
    return (double)expl(scale / (1 << SQUARINGS));
}

START_TEST(the_graphs_of_the_examples) {
    static const struct {
        const char *name;
        bool walk_summable;
        size_t untouched;
    } graphs[] = {{"tree", true, 0},
                  {"loop", true, 0},
                  {"robust", true, 0},
                  {"not_walk_summable", false, 0},
                  {"unconstrained", false, 1}}; /* its pair is only known in sum: the radius is exactly 1 */
    for (size_t i = 0; i < sizeof graphs / sizeof *graphs; i++) {
        char path[64];
        unsigned char *text;
        size_t size;
        fg_spec spec;
        fg_err err = {0};
        snprintf(path, sizeof path, "testdata/graphs/%s.json", graphs[i].name);
        fg_fixture_done(fg_io_read_all(&text, &size, path, 1 << 20, &err), &err);
        fg_fixture_done(fg_spec_parse(&spec, (char *)text, size, &err), &err);
        fg_diagnosis d = diagnose(&spec);
        ck_assert_msg(d.walk_summable == graphs[i].walk_summable, "%s: %g", path, d.spectral_radius);
        ck_assert_uint_eq(d.untouched, graphs[i].untouched);
        if (!d.untouched)
            ck_assert_double_eq_tol(d.spectral_radius, dense_radius(&spec), 1e-3);
        fg_spec_free(&spec);
        fg_free(text);
    }
}
END_TEST

START_TEST(variables_that_nothing_touches_are_counted) {
    fg_spec spec;
    fg_fixture_graph(&spec, 6);
    fg_fixture_prior(&spec, 0, 1, 2);
    fg_fixture_link(&spec, 1, 3, 1, -1, 0, 1);
    fg_fixture_link(&spec, 2, 3, 0, 1, 0, 1); /* a coefficient of 0 touches nothing */
    fg_diagnosis d = diagnose(&spec);
    ck_assert(d.checked && d.untouched == 3 && d.first_untouched == 2);
    ck_assert(isfinite(d.spectral_radius));
    fg_fixture_prior(&spec, 2, 0, 1e6);
    d = diagnose(&spec);
    ck_assert(d.untouched == 2 && d.first_untouched == 4);
    fg_spec_free(&spec);
    fg_fixture_graph(&spec, 7);
    d = diagnose(&spec);
    ck_assert(d.walk_summable && d.spectral_radius == 0);
    fg_spec_free(&spec);
}
END_TEST

/* 6000 variables in one factor are 36 million pairs. */
START_TEST(too_many_pairs_are_not_looked_at) {
    enum { MANY = 6000 };
    fg_spec spec;
    fg_fixture_graph(&spec, MANY);
    fg_linear_factor *f = fg_fixture_factor(&spec, 1, MANY);
    for (size_t i = 0; i < MANY; i++) {
        f->variables[i] = i;
        f->matrix[i] = 1;
    }
    fg_mem_limit(fg_mem_held() + (1 << 20));
    fg_diagnosis d = diagnose(&spec);
    fg_mem_limit(0);
    ck_assert(!d.checked && !d.walk_summable && d.untouched == 0);
    fg_spec_free(&spec);
}
END_TEST

START_TEST(extreme_strengths_stay_finite) {
    static const size_t pair[][2] = {{0, 1}, {1, 2}, {2, 0}};
    for (double w = 1e-36; w < 1e37; w *= 1e6) {
        fg_spec spec;
        links(&spec, 3, pair, 3, w, -1);
        check_radius(&spec, 2 * w / (1 + 2 * w) < 1 - 1e-9 ? 2 * w / (1 + 2 * w) : 1);
        fg_spec_free(&spec);
    }
}
END_TEST

/* The reached variables as a string of 0 and 1. */
static void check_reached(const fg_spec *spec, const char *wanted) {
    unsigned char reached[16] = {0};
    fg_err err = {0};
    fg_fixture_done(fg_diagnose_reach(reached, &spec->graph, &err), &err);
    for (size_t i = 0; i < spec->graph.n_variables; i++)
        ck_assert_msg(reached[i] == wanted[i] - '0', "variable %zu, wanted %s", i, wanted);
}

START_TEST(what_is_known_reaches_through_factors) {
    fg_spec spec;
    fg_fixture_graph(&spec, 8);
    for (size_t i = 6; i-- > 0;) /* a chain, its last link first */
        fg_fixture_link(&spec, i, i + 1, 1, -1, 0, 1);
    check_reached(&spec, "00000000");
    fg_fixture_prior(&spec, 3, 0, 1);
    check_reached(&spec, "11111110");
    fg_fixture_link(&spec, 6, 7, 1, 0, 0, 1); /* tells nothing of variable 7 */
    check_reached(&spec, "11111110");
    fg_spec_free(&spec);
    /* A factor of three variables needs two of them, or a row for each. */
    for (size_t rows = 1; rows <= 3; rows++) {
        fg_fixture_graph(&spec, 3);
        fg_linear_factor *f = fg_fixture_factor(&spec, rows, 3);
        for (size_t i = 0; i < 3; i++)
            f->variables[i] = i;
        for (size_t i = 0; i < 3 * rows; i++)
            f->matrix[i] = i % 4 == 0 ? 2 : 1;
        check_reached(&spec, rows < 3 ? "000" : "111");
        fg_fixture_unary(&spec, 0, 1, 1);
        check_reached(&spec, rows < 2 ? "100" : "111");
        fg_fixture_prior(&spec, 1, 1, 1);
        check_reached(&spec, "111");
        fg_spec_free(&spec);
    }
}
END_TEST

START_TEST(no_memory_leaves_nothing_behind) {
    static const size_t pair[][2] = {{0, 1}};
    fg_spec spec;
    fg_diagnosis d;
    fg_err err = {0};
    links(&spec, 2, pair, 1, 1, 1);
    size_t held = fg_mem_held();
    int status = FG_ENOMEM;
    for (uint64_t n = 1; status; n++) {
        ck_assert_uint_le(n, 10);
        fg_mem_fail_at(n);
        status = fg_diagnose(&d, &spec.graph, &err);
        fg_mem_fail_at(0);
        ck_assert(status == FG_OK || status == FG_ENOMEM);
        ck_assert_uint_eq(fg_mem_held(), held);
    }
    for (uint64_t n = 1; n <= 5; n++) {
        unsigned char reached[2];
        fg_mem_fail_at(n);
        ck_assert_int_eq(fg_diagnose_reach(reached, &spec.graph, &err), n < 5 ? FG_ENOMEM : FG_OK);
        fg_mem_fail_at(0);
        ck_assert_uint_eq(fg_mem_held(), held);
    }
    fg_spec_free(&spec);
}
END_TEST

FG_TEST_MAIN("engine/diagnose", two_variables_have_the_size_of_their_correlation, rings_and_complete_graphs,
             a_star_and_a_lonely_variable, one_factor_of_many_variables,
             what_stands_in_one_place_is_added_up_before_its_size_is_taken, trees_are_walk_summable,
             the_graphs_of_the_examples, variables_that_nothing_touches_are_counted,
             too_many_pairs_are_not_looked_at, extreme_strengths_stay_finite,
             what_is_known_reaches_through_factors, no_memory_leaves_nothing_behind)
