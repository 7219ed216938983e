/* Rank-1 factors over many variables, 16 side by side in float: cavities, sums over the other variables by
 * prefixes and suffixes, and messages (METHOD section 2). Part of the kernels that need it; everything is
 * static. */
#ifndef FG_FACTOR_KERNELS_TERMS_H
#define FG_FACTOR_KERNELS_TERMS_H

#include "factor/activation.h"
#include "factor/kernels/common.h"

enum { L = FG_LANES };

/* s = a^2 / lambda and m = a eta / lambda of one cavity, and the sums of both over the variables in front of
 * it. */
typedef struct term {
    float s[L], m[L], before_s[L], before_m[L];
} term;

typedef struct lanes {
    float v[L];
} lanes;

/* 16 neighbouring floats anywhere, in a register: arrays of lanes would go through memory. */
typedef float vec __attribute__((vector_size(L * sizeof(float)), aligned(sizeof(float)), may_alias));

/* Positions of a convolution that are worked on at once where all terms count, so that a weight is read once
 * for them. */
enum { GROUP = 4 };

/* A variable that nothing else informs has s = infinity and m = 0: 1 / (1 + S) is then exactly 0 for all
 * others. */
FG_INLINE void weigh(term *restrict t, lanes *restrict sum_s, lanes *restrict sum_m, const float *restrict a,
                     const lanes *restrict eta, const lanes *restrict lambda) {
    FG_SIMD
    for (int l = 0; l < L; l++) {
        float j = a[l], p = lambda->v[l], e = eta->v[l]; /* read whether selected or not: no masked loads */
        int informed = p > FG_FLAT;
        float unknown = j != 0 ? INFINITY : 0, divisor = informed ? p : 1;
        float r = j / divisor, known_s = j * r, known_m = r * e;
        float s = informed ? known_s : unknown;
        float m = informed ? known_m : 0;
        t->s[l] = s;
        t->m[l] = m;
        t->before_s[l] = sum_s->v[l];
        t->before_m[l] = sum_m->v[l];
        sum_s->v[l] += s;
        sum_m->v[l] += m;
    }
}

/* Cavity of one variable that all lanes share. */
FG_INLINE void cavity_shared(lanes *restrict eta, lanes *restrict lambda, const fg_beliefs *b, size_t at,
                             const float *restrict message, lanes *restrict bad) {
    const float e = b->eta[at], e_lo = b->eta_lo[at], p = b->lambda[at], p_lo = b->lambda_lo[at];
    FG_SIMD
    for (int l = 0; l < L; l++) {
        float cavity_lambda = (p - message[L + l]) + p_lo;
        eta->v[l] = (e - message[l]) + e_lo;
        lambda->v[l] = cavity_lambda;
        bad->v[l] += cavity_lambda < 0 ? 1.0f : 0.0f;
    }
}

/* A given variable has no messages: its cavity is its belief. */
FG_INLINE void given(lanes *eta, lanes *lambda, const fg_beliefs *b, size_t at) {
    for (int l = 0; l < L; l++) {
        eta->v[l] = b->eta[at];
        lambda->v[l] = b->lambda[at];
    }
}

/* The message of a variable whose neighbours' terms sum to before + after. */
FG_INLINE void compute(lanes *restrict eta, lanes *restrict lambda, const term *restrict t,
                       lanes *restrict after_s, lanes *restrict after_m, const float *restrict a,
                       const float *restrict z) {
    FG_SIMD
    for (int l = 0; l < L; l++) {
        float r = a[l] / (1 + (t->before_s[l] + after_s->v[l]));
        lambda->v[l] = a[l] * r;
        eta->v[l] = r * (z[l] - (t->before_m[l] + after_m->v[l]));
        after_s->v[l] += t->s[l];
        after_m->v[l] += t->m[l];
    }
}

/* Cavity of a parameter of its own per lane, from a row of fg_parameters_copy. */
FG_INLINE void cavity_parameter(lanes *restrict eta, lanes *restrict lambda, const float *restrict parameter,
                                const float *restrict message, lanes *restrict bad) {
    FG_SIMD
    for (int l = 0; l < L; l++) {
        float cavity_lambda = (parameter[FG_PARAMETER_LAMBDA * L + l] - message[L + l]) +
                              parameter[FG_PARAMETER_LAMBDA_LO * L + l];
        eta->v[l] =
            (parameter[FG_PARAMETER_ETA * L + l] - message[l]) + parameter[FG_PARAMETER_ETA_LO * L + l];
        lambda->v[l] = cavity_lambda;
        bad->v[l] += cavity_lambda < 0 ? 1.0f : 0.0f;
    }
}

/* Of variables of fg_cavities, from a slot on. */
FG_INLINE void cavity_sole(lanes *restrict eta, lanes *restrict lambda, const fg_cavities *c, size_t slot,
                           lanes *restrict bad) {
    FG_SIMD
    for (int l = 0; l < L; l++) {
        eta->v[l] = c->prior_eta;
        lambda->v[l] = c->prior_lambda;
    }
    for (int i = 0; i < c->n; i++) {
        const float *restrict e = c->eta[i] + slot, *restrict p = c->lambda[i] + slot;
        FG_SIMD
        for (int l = 0; l < L; l++) {
            eta->v[l] += e[l];
            lambda->v[l] += p[l];
        }
    }
    if (c->own_eta) {
        const float *restrict e = c->own_eta + slot, *restrict p = c->own_lambda + slot;
        FG_SIMD
        for (int l = 0; l < L; l++) {
            eta->v[l] -= e[l];
            lambda->v[l] -= p[l];
        }
    }
    FG_SIMD
    for (int l = 0; l < L; l++)
        bad->v[l] += lambda->v[l] < 0 ? 1.0f : 0.0f;
}

/* Computes a message and blends it in. */
FG_INLINE void send_apart(float *restrict message_eta, float *restrict message_lambda, const term *restrict t,
                          lanes *restrict after_s, lanes *restrict after_m, const float *restrict a,
                          const float *restrict z, const fg_blend *blend, uint32_t counter, int drops,
                          lanes *restrict rejected) {
    const float keep = blend->keep, fresh = 1 - keep;
    const uint32_t key0 = blend->key0, key1 = blend->key1, drop = blend->drop;
    int take[L];
    lanes eta, lambda;
    compute(&eta, &lambda, t, after_s, after_m, a, z);
    FG_SIMD
    for (int l = 0; l < L; l++) {
        int sound = fg_message_sound(eta.v[l], lambda.v[l]);
        take[l] = sound & (!drops || fg_rng_lane(key0, key1, counter + (uint32_t)l) >= drop);
        rejected->v[l] += sound ? 0.0f : 1.0f;
    }
    FG_SIMD
    for (int l = 0; l < L; l++) {
        float old_eta = message_eta[l], old_lambda = message_lambda[l];
        float new_eta = keep * old_eta + fresh * eta.v[l],
              new_lambda = keep * old_lambda + fresh * lambda.v[l];
        message_eta[l] = take[l] ? new_eta : old_eta;
        message_lambda[l] = take[l] ? new_lambda : old_lambda;
    }
}

FG_INLINE void send(float *message, const term *restrict t, lanes *restrict after_s, lanes *restrict after_m,
                    const float *restrict a, const float *restrict z, const fg_blend *blend, uint32_t counter,
                    int drops, lanes *restrict rejected) {
    send_apart(message, message + L, t, after_s, after_m, a, z, blend, counter, drops, rejected);
}

/* The same, without a message: only moves on the sums. */
FG_INLINE void pass(const term *restrict t, lanes *restrict after_s, lanes *restrict after_m) {
    FG_SIMD
    for (int l = 0; l < L; l++) {
        after_s->v[l] += t->s[l];
        after_m->v[l] += t->m[l];
    }
}

/* Activations and slopes of 16 weighted sums; those of straight pieces without a call. */
FG_INLINE void activate(fg_activation activation, const lanes *restrict u, lanes *restrict value,
                        lanes *restrict slope) {
    if (activation != FG_ACT_IDENTITY && activation != FG_ACT_RELU && activation != FG_ACT_LEAKY_RELU) {
        fg_activation_eval(activation, u->v, value->v, slope->v, L);
        return;
    }
    const float below = activation == FG_ACT_IDENTITY ? 1 : activation == FG_ACT_RELU ? 0 : FG_ACT_LEAK;
    FG_SIMD
    for (int l = 0; l < L; l++) {
        int above = u->v[l] > 0;
        value->v[l] = above ? u->v[l] : below * u->v[l];
        slope->v[l] = above ? 1 : below;
    }
}

FG_INLINE double total(const float *x) {
    double part[4] = {0};
    for (int l = 0; l < L; l += 4)
        for (int j = 0; j < 4; j++)
            part[j] += (double)x[l + j];
    return (part[0] + part[1]) + (part[2] + part[3]);
}

FG_INLINE uint64_t count(const lanes *x) {
    double sum = total(x->v);
    return (uint64_t)sum;
}

#endif
