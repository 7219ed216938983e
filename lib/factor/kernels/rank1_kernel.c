#include "factor/kernels/common.h"

enum { L = FG_LANES };

typedef struct lanes {
    double v[L];
} lanes;

/* Of one variable of the 16 factors: s = a^2 / lambda, m = a eta / lambda, and the sums of both in front of
 * it. */
typedef struct term {
    lanes s, m, before_s, before_m;
} term;

/* A variable that nothing else informs has s = infinity and m = 0: 1 / (1 + S) is then exactly 0 for all
 * others. */
FG_INLINE uint32_t weigh(term *restrict t, lanes *restrict sum_s, lanes *restrict sum_m,
                         const double *restrict a, const double *restrict cavity) {
    uint32_t improper = 0;
#pragma omp simd reduction(+ : improper)
    for (int l = 0; l < L; l++) {
        double eta = cavity[l], lambda = cavity[L + l];
        bool informed = lambda > 1e-200;
        double r = a[l] / (informed ? lambda : 1);
        double s = informed ? a[l] * r : a[l] != 0 ? (double)INFINITY : 0;
        double m = informed ? r * eta : 0;
        improper += (uint32_t)((lambda < 0) & (a[l] != 0));
        t->s.v[l] = s;
        t->m.v[l] = m;
        t->before_s.v[l] = sum_s->v[l];
        t->before_m.v[l] = sum_m->v[l];
        sum_s->v[l] += s;
        sum_m->v[l] += m;
    }
    return improper;
}

FG_INLINE uint32_t send(double *restrict message, const term *restrict t, lanes *restrict after_s,
                        lanes *restrict after_m, const double *restrict a, const double *restrict z,
                        const fg_blend *blend, uint32_t counter) {
    const double keep = (double)blend->keep, fresh = 1 - keep;
    uint32_t rejected = 0;
#pragma omp simd reduction(+ : rejected)
    for (int l = 0; l < L; l++) {
        double r = a[l] / (1 + (t->before_s.v[l] + after_s->v[l]));
        double lambda = a[l] * r;
        double eta = r * (z[l] - (t->before_m.v[l] + after_m->v[l]));
        bool sound = (lambda >= 0) & (lambda <= DBL_MAX) & (fabs(eta) <= DBL_MAX);
        bool take = sound & fg_blend_takes(blend, counter + (uint32_t)l);
        eta = keep * message[l] + fresh * eta;
        lambda = keep * message[L + l] + fresh * lambda;
        message[l] = take ? eta : message[l];
        message[L + l] = take ? lambda : message[L + l];
        rejected += (uint32_t)!sound;
        after_s->v[l] += t->s.v[l];
        after_m->v[l] += t->m.v[l];
    }
    return rejected;
}

fg_trouble FG_KERNEL(fg_rank1)(const fg_rank1_block *block);

fg_trouble FG_KERNEL(fg_rank1)(const fg_rank1_block *d) {
    term *terms = d->scratch;
    lanes sum_s = {{0}}, sum_m = {{0}}, after_s = {{0}}, after_m = {{0}};
    fg_trouble trouble = {0, 0};
    for (size_t i = 0; i < d->v; i++)
        trouble.improper += weigh(&terms[i], &sum_s, &sum_m, d->a + i * L, d->cavity + 2 * i * L);
    for (size_t i = d->v; i-- > 0;)
        trouble.rejected += send(d->message + 2 * i * L, &terms[i], &after_s, &after_m, d->a + i * L, d->z,
                                 &d->blend, (uint32_t)i * L);
    return trouble;
}
