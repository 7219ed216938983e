/* What the tests of factors on grids share: random parameter priors and pictures, runs, and comparing all of
 * a graph's insides. */
#ifndef FG_ENGINE_PLANAR_INTERNAL_H
#define FG_ENGINE_PLANAR_INTERNAL_H

#include "engine/fixture_internal.h"
#include "engine/wired_internal.h"

/* Draws of size about 1 / sqrt(number of terms) for all weights and biases of a graph. */
static inline fg_posterior *fg_planar_priors(const fg_graph *g, fg_draws *d, double lambda) {
    fg_posterior *p;
    fg_err err;
    fg_fixture_done(fg_posterior_create(&p, (size_t)g->net.n_groups, &err), &err);
    for (int i = 0; i < g->net.n_groups; i++) {
        const fg_group *group = &g->net.groups[i];
        if (!group->parameter)
            continue;
        size_t dims[] = {group->shape.width, group->shape.channels};
        bool bias = strstr(group->name, "/bias") != NULL;
        fg_parameter *q =
            fg_fixture_have(fg_posterior_add(p, group->name, bias ? 1 : 2, bias ? dims + 1 : dims));
        for (size_t k = 0; k < q->size; k++) {
            q->lambda[k] = lambda;
            q->eta[k] = lambda * fg_draw_normal(d) / sqrt((double)group->shape.channels);
        }
    }
    return p;
}

/* n pictures around 0, or some of their pixels. The caller frees. */
static inline float *fg_planar_picture(size_t n, fg_draws *d) {
    float *x = fg_oracle_alloc(n, sizeof *x);
    for (size_t i = 0; i < n; i++)
        x[i] = (float)fg_draw_normal(d);
    return x;
}

static inline fg_run_info fg_planar_run(fg_graph *g, int iterations, double damping, double dropout) {
    fg_run_options options = fg_fixture_run(iterations, damping, 0);
    fg_run_info info;
    fg_err err;
    options.dropout = dropout;
    fg_fixture_done(fg_graph_run(&info, g, &options, NULL, &err), &err);
    return info;
}

static inline size_t fg_planar_append(unsigned char **to, size_t size, const void *from, size_t n) {
    *to = fg_fixture_have(realloc(*to, size + n));
    memcpy(*to + size, from, n);
    return size + n;
}

/* Bytes of all beliefs, sums and messages; the caller frees *to. */
static inline size_t fg_planar_bytes(unsigned char **to, const fg_graph *g) {
    size_t size = 0;
    *to = NULL;
    for (int i = 0; i < g->net.n_groups; i++) {
        const fg_group *group = &g->net.groups[i];
        size = fg_planar_append(to, size, group->mean, group->slots * sizeof(float));
        if (group->role == FG_ROLE_CONSTANT)
            continue;
        size = fg_planar_append(to, size, group->eta, group->slots * sizeof(float));
        size = fg_planar_append(to, size, group->lambda, group->slots * sizeof(float));
        for (int s = 0; s < group->n_sums; s++) {
            const fg_sums *sums = &group->sums[s];
            size_t each = group->single ? sizeof(float) : sizeof(double);
            size = fg_planar_append(to, size, group->single ? (void *)sums->eta_single : (void *)sums->eta,
                                    group->slots * each);
            size =
                fg_planar_append(to, size, group->single ? (void *)sums->lambda_single : (void *)sums->lambda,
                                 group->slots * each);
        }
    }
    for (int i = 0; i < g->net.n_sets; i++)
        if (g->net.sets[i].messages)
            size = fg_planar_append(to, size, g->net.sets[i].messages,
                                    g->net.sets[i].n_messages * sizeof(float));
    return size;
}

/* A copy of them. */
typedef struct fg_planar_look {
    size_t size;
    unsigned char *data;
} fg_planar_look;

static inline fg_planar_look fg_planar_look_at(const fg_graph *g) {
    fg_planar_look b;
    b.size = fg_planar_bytes(&b.data, g);
    return b;
}

static inline fg_planar_look fg_planar_look_after(fg_graph *g, int iterations) {
    fg_planar_run(g, iterations, 0.5, 0.3);
    return fg_planar_look_at(g);
}

static inline bool fg_planar_same(const fg_planar_look *a, const fg_planar_look *b) {
    return a->size == b->size && memcmp(a->data, b->data, a->size) == 0;
}

/* Compares with what *first holds, or puts it there. */
static inline bool fg_planar_agrees(fg_planar_look *first, fg_planar_look next) {
    bool good = !first->data || fg_planar_same(first, &next);
    if (first->data)
        free(next.data);
    else
        *first = next;
    return good;
}

#endif
