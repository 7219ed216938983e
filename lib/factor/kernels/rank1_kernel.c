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
        int informed = lambda > 1e-200;
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
                        const fg_blend *blend, uint32_t counter, int drops) {
    const double keep = (double)blend->keep, fresh = 1 - keep;
    const uint32_t key0 = blend->key0, key1 = blend->key1, drop = blend->drop;
    uint32_t rejected = 0;
#pragma omp simd reduction(+ : rejected)
    for (int l = 0; l < L; l++) {
        double r = a[l] / (1 + (t->before_s.v[l] + after_s->v[l]));
        double lambda = a[l] * r;
        double eta = r * (z[l] - (t->before_m.v[l] + after_m->v[l]));
        int sound = (lambda >= 0) & (lambda <= DBL_MAX) & (fabs(eta) <= DBL_MAX);
        int take = sound & (!drops || fg_rng_lane(key0, key1, counter + (uint32_t)l) >= drop);
        double old_eta = message[l], old_lambda = message[L + l];
        double new_eta = keep * old_eta + fresh * eta, new_lambda = keep * old_lambda + fresh * lambda;
        message[l] = take ? new_eta : old_eta;
        message[L + l] = take ? new_lambda : old_lambda;
        rejected += (uint32_t)!sound;
        after_s->v[l] += t->s.v[l];
        after_m->v[l] += t->m.v[l];
    }
    return rejected;
}

/* The arrays of a variable are not read in rising order, which hardware prefetchers expect: those of the next
 * block, if they follow on this one's, are fetched while this block is worked on. */
FG_INLINE void prefetch(const double *next) {
    for (int line = 0; line < 2 * L; line += 8)
        __builtin_prefetch(next + line);
}

FG_INLINE fg_trouble rank1(const fg_rank1_block *d, int drops) {
    term *terms = d->scratch;
    lanes sum_s = {{0}}, sum_m = {{0}}, after_s = {{0}}, after_m = {{0}};
    fg_trouble trouble = {0, 0};
    for (size_t i = 0; i < d->v; i++) {
        prefetch(d->message + 2 * (i + d->v) * L);
        trouble.improper += weigh(&terms[i], &sum_s, &sum_m, d->a + i * L, d->cavity + 2 * i * L);
    }
    for (size_t i = d->v; i-- > 0;)
        trouble.rejected += send(d->message + 2 * i * L, &terms[i], &after_s, &after_m, d->a + i * L, d->z,
                                 &d->blend, (uint32_t)i * L, drops);
    return trouble;
}

/* Two variables, the commonest case, need no sums, no scratch memory and half the divisions: the other's
 * cavity gives lambda = a^2 lambda' / (lambda' + a'^2),  eta = a (z lambda' - a' eta') / (lambda' + a'^2). */
FG_INLINE uint32_t answer(double *restrict message, const double *restrict a, const double *restrict other_a,
                          const double *restrict other, const double *restrict z, const fg_blend *blend,
                          uint32_t counter, int drops) {
    const double keep = (double)blend->keep, fresh = 1 - keep;
    const uint32_t key0 = blend->key0, key1 = blend->key1, drop = blend->drop;
    uint32_t rejected = 0;
#pragma omp simd reduction(+ : rejected)
    for (int l = 0; l < L; l++) {
        double known = other[L + l] > 1e-200 ? other[L + l] : 0, slack = known + other_a[l] * other_a[l];
        double r = slack > 0 ? a[l] / slack : a[l]; /* nothing known, and not tied to it: as if alone */
        double through = slack > 0 ? known : 1;
        double lambda = a[l] * r * through;
        double eta = r * (z[l] * through - (known > 0 ? other_a[l] * other[l] : 0));
        int sound = (lambda >= 0) & (lambda <= DBL_MAX) & (fabs(eta) <= DBL_MAX);
        int take = sound & (!drops || fg_rng_lane(key0, key1, counter + (uint32_t)l) >= drop);
        double old_eta = message[l], old_lambda = message[L + l];
        double new_eta = keep * old_eta + fresh * eta, new_lambda = keep * old_lambda + fresh * lambda;
        message[l] = take ? new_eta : old_eta;
        message[L + l] = take ? new_lambda : old_lambda;
        rejected += (uint32_t)!sound;
    }
    return rejected;
}

FG_INLINE uint32_t count_improper(const double *restrict a, const double *restrict cavity) {
    uint32_t improper = 0;
#pragma omp simd reduction(+ : improper)
    for (int l = 0; l < L; l++)
        improper += (uint32_t)((cavity[L + l] < 0) & (a[l] != 0));
    return improper;
}

FG_INLINE fg_trouble pair(const fg_rank1_block *d, int drops) {
    const double *a = d->a, *b = a + L, *cavity_a = d->cavity, *cavity_b = cavity_a + 2 * L;
    for (int half = 4; half <= 6; half += 2) {
        prefetch(d->message + half * L);
        prefetch(d->cavity + half * L);
    }
    fg_trouble trouble = {count_improper(a, cavity_a) + count_improper(b, cavity_b), 0};
    trouble.rejected = answer(d->message, a, b, cavity_b, d->z, &d->blend, 0, drops);
    trouble.rejected += answer(d->message + 2 * L, b, a, cavity_a, d->z, &d->blend, L, drops);
    return trouble;
}

fg_trouble FG_KERNEL(fg_rank1)(const fg_rank1_block *block);

fg_trouble FG_KERNEL(fg_rank1)(const fg_rank1_block *block) {
    if (block->v == 2)
        return block->blend.drop ? pair(block, 1) : pair(block, 0);
    return block->blend.drop ? rank1(block, 1) : rank1(block, 0);
}
