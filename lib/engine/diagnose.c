#include "engine/diagnose.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

/* More pairs than this are not looked at. */
static const size_t most_pairs = 30000000;

/* Below this much over 1 the power iteration cannot tell the radius from 1. */
static const double radius_tolerance = 1e-9;

enum { POWER_ITERATIONS = 2000 };

typedef struct entry {
    size_t row, column;
    double value;
} entry;

static int by_place(const void *a, const void *b) {
    const entry *x = a, *y = b;
    if (x->row != y->row)
        return x->row < y->row ? -1 : 1;
    return x->column < y->column ? -1 : x->column > y->column;
}

static size_t count_pairs(const fg_explicit *graph) {
    size_t sum = 0;
    for (size_t i = 0; i < graph->n_factors && sum <= most_pairs; i++) {
        size_t cols = graph->factors[i].cols;
        if (cols > most_pairs)
            return SIZE_MAX;
        sum += cols * (cols - 1);
    }
    return sum;
}

/* Adds each factor's A' A / sigma^2: to the diagonal, and as entries for every ordered pair of its variables.
 */
static void add_factors(double *diagonal, entry *pairs, const fg_explicit *graph) {
    for (size_t i = 0; i < graph->n_factors; i++) {
        const fg_linear_factor *f = &graph->factors[i];
        for (size_t p = 0; p < f->cols; p++)
            for (size_t q = 0; q < f->cols; q++) {
                double sum = 0;
                for (size_t m = 0; m < f->rows; m++)
                    sum +=
                        f->matrix[m * f->cols + p] * f->matrix[m * f->cols + q] / (f->sigma[m] * f->sigma[m]);
                if (p == q)
                    diagonal[f->variables[p]] += sum;
                else
                    *pairs++ = (entry){f->variables[p], f->variables[q], sum};
            }
    }
}

/* Sorts the pairs and adds up those in the same place; the values become |R| = |Lambda_ij| / sqrt(D_i D_j).
 */
static size_t merge(entry *pairs, size_t n, const double *diagonal) {
    size_t kept = 0;
    qsort(pairs, n, sizeof *pairs, by_place);
    for (size_t i = 0; i < n; i++) {
        if (kept && pairs[kept - 1].row == pairs[i].row && pairs[kept - 1].column == pairs[i].column)
            pairs[kept - 1].value += pairs[i].value;
        else
            pairs[kept++] = pairs[i];
    }
    for (size_t i = 0; i < kept; i++) {
        double scale = sqrt(diagonal[pairs[i].row]) * sqrt(diagonal[pairs[i].column]);
        pairs[i].value = scale > 0 ? fabs(pairs[i].value) / scale : 0;
    }
    return kept;
}

/* The largest eigenvalue of a non-negative symmetric matrix. Power iteration on it plus the identity, whose
 * eigenvalues of largest modulus are positive, so that it does not swing between two vectors. */
static double largest_eigenvalue(const entry *entries, size_t n_entries, double *x, double *y, size_t n) {
    double radius = 0;
    for (size_t i = 0; i < n; i++)
        x[i] = 1 / sqrt((double)n);
    for (int it = 0; it < POWER_ITERATIONS; it++) {
        double before = radius, norm = 0;
        for (size_t i = 0; i < n; i++)
            y[i] = x[i];
        for (size_t i = 0; i < n_entries; i++)
            y[entries[i].row] += entries[i].value * x[entries[i].column];
        for (size_t i = 0; i < n; i++)
            norm += y[i] * y[i];
        norm = sqrt(norm);
        radius = norm - 1;
        for (size_t i = 0; i < n; i++)
            x[i] = y[i] / norm;
        if (fabs(radius - before) < 1e-13)
            break;
    }
    return fmax(radius, 0); /* less only by rounding */
}

int fg_diagnose(fg_diagnosis *out, const fg_explicit *graph, fg_err *err) {
    size_t n = graph->n_variables, count = count_pairs(graph);
    *out = (fg_diagnosis){.checked = count <= most_pairs};
    if (!out->checked)
        return FG_OK;
    double *diagonal = fg_zalloc(n, sizeof *diagonal), *work = fg_alloc(n, 2 * sizeof *work);
    entry *pairs = fg_alloc(count, sizeof *pairs);
    if (!diagonal || !work || !pairs) {
        fg_free(diagonal), fg_free(work), fg_free(pairs);
        return fg_err_set(err, FG_ENOMEM, "out of memory to look at %zu pairs of variables", count);
    }
    for (size_t i = 0; i < n; i++)
        diagonal[i] = 1 / (graph->prior_sigma[i] * graph->prior_sigma[i]);
    add_factors(diagonal, pairs, graph);
    for (size_t i = n; i-- > 0;)
        if (!(diagonal[i] > 0)) {
            out->untouched++;
            out->first_untouched = i;
        }
    count = merge(pairs, count, diagonal);
    out->spectral_radius = largest_eigenvalue(pairs, count, work, work + n, n);
    out->walk_summable = out->spectral_radius < 1 - radius_tolerance;
    fg_free(diagonal), fg_free(work), fg_free(pairs);
    return FG_OK;
}
