/* Exact answers for tests, in long double: dense and banded Cholesky, and a factor's messages by elimination.
 * Only tests include this; it aborts when memory runs out or a matrix is not positive definite. */
#ifndef FG_FACTOR_ORACLE_INTERNAL_H
#define FG_FACTOR_ORACLE_INTERNAL_H

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"

typedef long double fg_exact;

static inline void *fg_oracle_alloc(size_t n, size_t size) {
    void *p = calloc(n ? n : 1, size);
    if (!p)
        abort();
    return p;
}

/* A source of draws for tests: each call takes the next one. */
typedef struct fg_draws {
    uint64_t seed, next;
} fg_draws;

static inline double fg_draw(fg_draws *d, double from, double to) {
    return from + (to - from) * fg_rng_uniform53(d->seed, 77, d->next++);
}

static inline double fg_draw_normal(fg_draws *d) {
    return fg_rng_normal(d->seed, 78, d->next++);
}

/* 0 .. n-1. */
static inline size_t fg_draw_below(fg_draws *d, size_t n) {
    return (size_t)(fg_rng_u32(d->seed, 79, d->next++) * (uint64_t)n >> 32);
}

/* Log-uniform in [from, to]. */
static inline double fg_draw_log(fg_draws *d, double from, double to) {
    return exp(fg_draw(d, log(from), log(to)));
}

/* Turns the symmetric n x n matrix into its lower Cholesky factor, in place, over a half band of `band`
 * entries (n for a full matrix). False when it is not positive definite. */
static inline bool fg_oracle_cholesky(fg_exact *a, size_t n, size_t band) {
    for (size_t j = 0; j < n; j++) {
        size_t first = j > band ? j - band : 0;
        for (size_t i = j; i < n && i <= j + band; i++) {
            size_t from = i > band && i - band > first ? i - band : first;
            fg_exact sum = a[i * n + j];
            for (size_t k = from; k < j; k++)
                sum -= a[i * n + k] * a[j * n + k];
            if (i > j)
                a[i * n + j] = sum / a[j * n + j];
            else if (sum > 0)
                a[j * n + j] = sqrtl(sum);
            else
                return false;
        }
    }
    return true;
}

/* Solves L L' x = b in place, L from fg_oracle_cholesky. */
static inline void fg_oracle_solve(fg_exact *x, const fg_exact *l, size_t n, size_t band) {
    for (size_t i = 0; i < n; i++) {
        for (size_t k = i > band ? i - band : 0; k < i; k++)
            x[i] -= l[i * n + k] * x[k];
        x[i] /= l[i * n + i];
    }
    for (size_t i = n; i-- > 0;) {
        for (size_t k = i + 1; k < n && k <= i + band; k++)
            x[i] -= l[k * n + i] * x[k];
        x[i] /= l[i * n + i];
    }
}

/* The message to variable k of |A x - z|^2 / 2, A [m][v], by adding up the covariance of z - A x over all
 * others (all lambda > 0 but k's). *scale: what errors of eta are to be compared with, |a| |(z| + sum |m|) in
 * the same metric. */
static inline void fg_oracle_message(fg_exact *eta, fg_exact *lambda, fg_exact *scale, size_t m, size_t v,
                                     size_t k, const double *a, const double *z, const double *cavity_eta,
                                     const double *cavity_lambda) {
    fg_exact *c = fg_oracle_alloc(m * m, sizeof *c), *r = fg_oracle_alloc(m, sizeof *r),
             *w = fg_oracle_alloc(m, sizeof *w), *size = fg_oracle_alloc(m, sizeof *size);
    for (size_t i = 0; i < m; i++) {
        c[i * m + i] = 1;
        r[i] = z[i];
        size[i] = fabsl(r[i]);
        w[i] = a[i * v + k];
    }
    for (size_t j = 0; j < v; j++) {
        if (j == k)
            continue;
        fg_exact variance = 1 / (fg_exact)cavity_lambda[j], mean = variance * (fg_exact)cavity_eta[j];
        for (size_t i = 0; i < m; i++) {
            fg_exact aij = a[i * v + j];
            for (size_t h = 0; h < m; h++)
                c[i * m + h] += variance * aij * (fg_exact)a[h * v + j];
            r[i] -= aij * mean;
            size[i] += fabsl(aij * mean);
        }
    }
    bool definite = fg_oracle_cholesky(c, m, m);
    assert(definite);
    (void)definite;
    fg_oracle_solve(w, c, m, m);
    *eta = *lambda = *scale = 0;
    for (size_t i = 0; i < m; i++) {
        *lambda += (fg_exact)a[i * v + k] * w[i];
        *eta += w[i] * r[i];
        *scale += fabsl(w[i]) * size[i];
    }
    free(c), free(r), free(w), free(size);
}

/* The same by eliminating all other variables from the joint precision A'A + diag(lambda), k's own cavity
 * left out. Loses digits where lambda is small, but needs no lambda > 0 where the others' columns are
 * independent. */
static inline void fg_oracle_eliminate(fg_exact *eta, fg_exact *lambda, size_t m, size_t v, size_t k,
                                       const double *a, const double *z, const double *cavity_eta,
                                       const double *cavity_lambda) {
    size_t n = v - 1;
    fg_exact *j = fg_oracle_alloc(n * n, sizeof *j), *h = fg_oracle_alloc(n, sizeof *h),
             *x = fg_oracle_alloc(n, sizeof *x);
    *eta = *lambda = 0;
    for (size_t r = 0; r < m; r++) {
        const double *row = a + r * v;
        for (size_t p = 0; p < n; p++) {
            fg_exact ap = row[p + (p >= k)];
            for (size_t q = 0; q < n; q++)
                j[p * n + q] += ap * (fg_exact)row[q + (q >= k)];
            h[p] += ap * (fg_exact)z[r];
            x[p] += ap * (fg_exact)row[k];
        }
        *lambda += (fg_exact)row[k] * (fg_exact)row[k];
        *eta += (fg_exact)row[k] * (fg_exact)z[r];
    }
    for (size_t p = 0; p < n; p++) {
        j[p * n + p] += (fg_exact)cavity_lambda[p + (p >= k)];
        h[p] += (fg_exact)cavity_eta[p + (p >= k)];
    }
    fg_exact *link = fg_oracle_alloc(n, sizeof *link);
    memcpy(link, x, n * sizeof *x);
    bool definite = fg_oracle_cholesky(j, n, n);
    assert(definite);
    (void)definite;
    fg_oracle_solve(x, j, n, n);
    for (size_t p = 0; p < n; p++) {
        *lambda -= link[p] * x[p];
        *eta -= h[p] * x[p];
    }
    free(j), free(h), free(x), free(link);
}

#endif
