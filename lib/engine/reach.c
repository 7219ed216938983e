#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "engine/diagnose.h"

/* Breadth first: variables in the order they are reached, and where each stands in factors. */
typedef struct search {
    const fg_explicit *graph;
    unsigned char *reached;
    size_t *queue, n_queued; /* [variables] */
    size_t *open;            /* [factors] of its variables, those that are not reached */
    size_t *first, *factors; /* those of variable v are factors[first[v] .. first[v + 1]) */
} search;

/* Whether a factor has anything to do with its variable in this column. */
static bool acts(const fg_linear_factor *f, size_t column) {
    for (size_t row = 0; row < f->rows; row++)
        if (f->matrix[row * f->cols + column] != 0)
            return true;
    return false;
}

static void reach(search *s, size_t variable) {
    if (s->reached[variable])
        return;
    s->reached[variable] = 1;
    s->queue[s->n_queued++] = variable;
}

/* With as many rows as unknowns, a factor tells of all of them. */
static void look(search *s, size_t factor) {
    const fg_linear_factor *f = &s->graph->factors[factor];
    if (s->open[factor] > f->rows)
        return;
    for (size_t i = 0; i < f->cols; i++)
        if (acts(f, i))
            reach(s, f->variables[i]);
}

static void spread(search *s) {
    for (size_t i = 0; i < s->graph->n_variables; i++)
        if (isfinite(s->graph->prior_sigma[i]))
            reach(s, i);
    for (size_t i = 0; i < s->graph->n_factors; i++)
        look(s, i);
    for (size_t i = 0; i < s->n_queued; i++)
        for (size_t j = s->first[s->queue[i]]; j < s->first[s->queue[i] + 1]; j++) {
            s->open[s->factors[j]]--;
            look(s, s->factors[j]);
        }
}

/* Counts at first + 2, sums at first + 1, which filling in moves on to where they belong. */
static void list(search *s) {
    const fg_explicit *g = s->graph;
    for (size_t i = 0; i < g->n_factors; i++)
        for (size_t j = 0; j < g->factors[i].cols; j++)
            if (acts(&g->factors[i], j))
                s->first[g->factors[i].variables[j] + 2]++;
    for (size_t i = 2; i < g->n_variables + 2; i++)
        s->first[i] += s->first[i - 1];
    for (size_t i = 0; i < g->n_factors; i++)
        for (size_t j = 0; j < g->factors[i].cols; j++)
            if (acts(&g->factors[i], j)) {
                s->factors[s->first[g->factors[i].variables[j] + 1]++] = i;
                s->open[i]++;
            }
}

int fg_diagnose_reach(unsigned char *reached, const fg_explicit *graph, fg_err *err) {
    size_t n = graph->n_variables, columns = 0;
    for (size_t i = 0; i < graph->n_factors; i++)
        columns += graph->factors[i].cols;
    search s = {.graph = graph,
                .reached = reached,
                .queue = fg_alloc(n, sizeof *s.queue),
                .open = fg_zalloc(graph->n_factors + 1, sizeof *s.open),
                .first = fg_zalloc(n + 2, sizeof *s.first),
                .factors = fg_alloc(columns + 1, sizeof *s.factors)};
    bool room = s.queue && s.open && s.first && s.factors;
    if (room) {
        memset(reached, 0, n);
        list(&s);
        spread(&s);
    }
    fg_free(s.queue), fg_free(s.open), fg_free(s.first), fg_free(s.factors);
    return room ? FG_OK : fg_err_set(err, FG_ENOMEM, "out of memory to look at %zu variables", n);
}
