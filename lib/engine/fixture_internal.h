/* Specs built by hand, and their exact answers, for the tests of the engine. Failures of set-up end the
 * program. */
#ifndef FG_ENGINE_FIXTURE_INTERNAL_H
#define FG_ENGINE_FIXTURE_INTERNAL_H

#include <stdio.h>

#include "base/cpu.h"
#include "base/mem.h"
#include "base/test.h"
#include "base/thread.h"
#include "engine/graph.h"
#include "factor/oracle_internal.h"

static inline void *fg_fixture_have(void *p) {
    if (!p)
        abort();
    return p;
}

/* Ends the test when a call that sets up did not succeed. */
static inline void fg_fixture_done(int status, const fg_err *err) {
    ck_assert_msg(status == FG_OK, "%s", err->text);
}

static inline fg_run_options fg_fixture_run(int iterations, double damping, double tol) {
    return (fg_run_options){.iterations = iterations,
                            .damping = damping,
                            .tol = tol,
                            .schedule = FG_SCHEDULE_SWEEP,
                            .init = FG_INIT_FORWARD,
                            .relinearise = 1};
}

/* A layered spec from one text: the input's shape and the layers in the compact grammar, with blanks between.
 * What fg_spec_from_grammar returns: where only its check failed, *spec has all layers. */
static inline int fg_fixture_read(fg_spec *spec, const char *text, fg_err *err) {
    char buffer[1024], *save = NULL, *token[FG_MAX_LAYERS + 1];
    size_t n = 0;
    snprintf(buffer, sizeof buffer, "%s", text);
    for (char *t = strtok_r(buffer, " ", &save); t && n <= FG_MAX_LAYERS; t = strtok_r(NULL, " ", &save))
        token[n++] = t;
    return fg_spec_from_grammar(spec, token[0], (const char *const *)token + 1, n - 1, err);
}

static inline void fg_fixture_layers(fg_spec *spec, const char *text) {
    fg_err err;
    fg_fixture_done(fg_fixture_read(spec, text, &err), &err);
}

/* One that checks refuse, to see what comes of it all the same. */
static inline void fg_fixture_refused(fg_spec *spec, const char *text) {
    fg_err err;
    ck_assert_int_eq(fg_fixture_read(spec, text, &err), FG_EINVAL);
    ck_assert_int_gt(spec->n_layers, 0);
}

/* An explicit graph of n variables without priors. End with fg_spec_free. */
static inline void fg_fixture_graph(fg_spec *spec, size_t n) {
    *spec = (fg_spec){
        .is_explicit = true, .run = fg_fixture_run(100, 0, 0), .predict = fg_fixture_run(100, 0, 0)};
    fg_explicit *g = &spec->graph;
    g->n_variables = n;
    g->names = fg_fixture_have(fg_zalloc(n, sizeof *g->names));
    g->prior_mean = fg_fixture_have(fg_zalloc(n, sizeof *g->prior_mean));
    g->prior_sigma = fg_fixture_have(fg_zalloc(n, sizeof *g->prior_sigma));
    for (size_t i = 0; i < n; i++) {
        char name[32];
        snprintf(name, sizeof name, "x%zu", i);
        g->names[i] = fg_fixture_have(fg_strdup(name));
        g->prior_sigma[i] = INFINITY;
    }
}

static inline void fg_fixture_prior(fg_spec *spec, size_t i, double mean, double sigma) {
    spec->graph.prior_mean[i] = mean;
    spec->graph.prior_sigma[i] = sigma;
}

/* Appends a factor, zeroed but for sigma = 1; the pointer holds until the next one. */
static inline fg_linear_factor *fg_fixture_factor(fg_spec *spec, size_t rows, size_t cols) {
    fg_explicit *g = &spec->graph;
    size_t n = g->n_factors, room = 16;
    while (room < n + 1)
        room *= 2;
    if (n == 0 || n == room / 2)
        g->factors = fg_fixture_have(fg_resize(g->factors, room, sizeof *g->factors));
    fg_linear_factor *f = &g->factors[g->n_factors++];
    *f = (fg_linear_factor){.rows = rows, .cols = cols};
    f->variables = fg_fixture_have(fg_zalloc(cols, sizeof *f->variables));
    f->matrix = fg_fixture_have(fg_zalloc(rows * cols, sizeof *f->matrix));
    f->value = fg_fixture_have(fg_zalloc(rows, sizeof *f->value));
    f->sigma = fg_fixture_have(fg_zalloc(rows, sizeof *f->sigma));
    for (size_t i = 0; i < rows; i++)
        f->sigma[i] = 1;
    return f;
}

static inline fg_linear_factor *fg_fixture_unary(fg_spec *spec, size_t i, double value, double sigma) {
    fg_linear_factor *f = fg_fixture_factor(spec, 1, 1);
    f->variables[0] = i;
    f->matrix[0] = 1;
    f->value[0] = value;
    f->sigma[0] = sigma;
    return f;
}

/* p x_i + q x_j - value. */
static inline fg_linear_factor *fg_fixture_link(fg_spec *spec, size_t i, size_t j, double p, double q,
                                                double value, double sigma) {
    fg_linear_factor *f = fg_fixture_factor(spec, 1, 2);
    f->variables[0] = i;
    f->variables[1] = j;
    f->matrix[0] = p;
    f->matrix[1] = q;
    f->value[0] = value;
    f->sigma[0] = sigma;
    return f;
}

/* Means and (where sd is not NULL) standard deviations of an explicit graph by direct solution over a half
 * band of the joint precision; robust weights taken as 1. False when the precision is not positive definite.
 */
static inline bool fg_fixture_exact(fg_exact *mean, fg_exact *sd, const fg_spec *spec, size_t band) {
    const fg_explicit *g = &spec->graph;
    size_t n = g->n_variables;
    fg_exact *joint = fg_oracle_alloc(n * n, sizeof *joint), *column = fg_oracle_alloc(n, sizeof *column);
    for (size_t i = 0; i < n; i++) {
        fg_exact sigma = g->prior_sigma[i], lambda = isinf(g->prior_sigma[i]) ? 0 : 1 / (sigma * sigma);
        joint[i * n + i] = lambda;
        mean[i] = lambda * (fg_exact)g->prior_mean[i];
    }
    for (size_t k = 0; k < g->n_factors; k++) {
        const fg_linear_factor *f = &g->factors[k];
        for (size_t r = 0; r < f->rows; r++) {
            fg_exact weight = 1 / ((fg_exact)f->sigma[r] * (fg_exact)f->sigma[r]);
            for (size_t i = 0; i < f->cols; i++) {
                fg_exact a = weight * (fg_exact)f->matrix[r * f->cols + i];
                mean[f->variables[i]] += a * (fg_exact)f->value[r];
                for (size_t j = 0; j < f->cols; j++)
                    joint[f->variables[i] * n + f->variables[j]] += a * (fg_exact)f->matrix[r * f->cols + j];
            }
        }
    }
    bool definite = fg_oracle_cholesky(joint, n, band);
    if (definite)
        fg_oracle_solve(mean, joint, n, band);
    for (size_t i = 0; definite && sd && i < n; i++) {
        memset(column, 0, n * sizeof *column);
        column[i] = 1;
        fg_oracle_solve(column, joint, n, band);
        sd[i] = sqrtl(column[i]);
    }
    free(joint);
    free(column);
    return definite;
}

/* Creates a graph with free parameters (for the only observation of an explicit one). */
static inline fg_graph *fg_fixture_create(const fg_spec *spec, size_t n, uint64_t seed) {
    fg_graph *graph;
    fg_err err;
    fg_graph_options options = {.seed = seed, .storage = spec->run.storage};
    fg_fixture_done(fg_graph_create(&graph, spec, spec->input, n, &options, &err), &err);
    return graph;
}

#endif
