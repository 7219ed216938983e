/* What the benchmarks of kernels share: a job is one thread's work on arrays of its own. */
#ifndef FG_ENGINE_BENCH_INTERNAL_H
#define FG_ENGINE_BENCH_INTERNAL_H

#include <stdio.h>
#include <stdlib.h>

#include "factor/kernels/kernels.h"

enum { L = FG_LANES };

static uint32_t noise;

static inline float next(void) {
    noise = noise * 1664525u + 1013904223u;
    return (float)(noise >> 8) * 0x1p-24f + 0.5f;
}

static inline void *take(size_t bytes) {
    void *p = aligned_alloc(64, (bytes + 63) / 64 * 64);
    if (!p) {
        fputs("out of memory\n", stderr);
        exit(1);
    }
    return p;
}

static inline float *floats(size_t n) {
    float *x = take(n * sizeof *x);
    for (size_t i = 0; i < n; i++)
        x[i] = next();
    return x;
}

static inline double *doubles(size_t n) {
    double *x = take(n * sizeof *x);
    for (size_t i = 0; i < n; i++)
        x[i] = (double)next();
    return x;
}

/* One thread's share of work on arrays of its own. */
typedef struct job job;
struct job {
    const fg_kernels *kernels;
    size_t size;         /* bytes */
    void (*make)(job *); /* takes and fills the arrays; sets messages and bytes of one pass */
    void (*pass)(job *);
    double messages, bytes;
    size_t n, v;
    float *f[18];
    double *d[8];
    size_t *s[4]; /* freed too */
};

static inline void free_job(job *j) {
    for (int i = 0; i < 18; i++)
        free(j->f[i]);
    for (int i = 0; i < 8; i++)
        free(j->d[i]);
    for (int i = 0; i < 4; i++)
        free(j->s[i]);
}

static const fg_blend plain = {.keep = 0.7f};

#endif
