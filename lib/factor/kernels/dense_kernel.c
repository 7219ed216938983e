#include <string.h>

#include "factor/activation.h"
#include "factor/kernels/terms.h"

/* Cavity of a variable of its own per lane. */
FG_INLINE void cavity(lanes *restrict eta, lanes *restrict lambda, const fg_beliefs *b, size_t at,
                      const float *restrict message, lanes *restrict bad) {
    const float *restrict e = b->eta + at, *restrict e_lo = b->eta_lo + at;
    const float *restrict p = b->lambda + at, *restrict p_lo = b->lambda_lo + at;
    FG_SIMD
    for (int l = 0; l < L; l++) {
        float cavity_lambda = (p[l] - message[L + l]) + p_lo[l];
        eta->v[l] = (e[l] - message[l]) + e_lo[l];
        lambda->v[l] = cavity_lambda;
        bad->v[l] += cavity_lambda < 0 ? 1.0f : 0.0f;
    }
}

FG_INLINE void add_lanes(double *restrict eta, double *restrict lambda, const float *restrict message) {
    FG_SIMD for (int l = 0; l < L; l++) {
        eta[l] += (double)message[l];
        lambda[l] += (double)message[L + l];
    }
}

FG_INLINE void add_total(double *eta, double *lambda, const float *message) {
    *eta += total(message);
    *lambda += total(message + L);
}

/* Linearisation: J of y is 1, of all others -g' times something; all over sigma, and z to match. */
typedef struct linearised {
    lanes z, gate, ay, ab; /* gate = -g'(u) / sigma */
} linearised;

FG_INLINE void linearise(linearised *p, const fg_dense_block *d, bool x_free, bool w_known) {
    lanes product = {{0}}, u, value, slope;
    float b = d->b_lin ? *d->b_lin : 0;
    float times = (float)(x_free + !w_known), b_times = d->b_lin && !w_known ? 1 : 0;
    for (size_t i = 0; i < d->inputs; i++) {
        float w = d->w_lin[i];
        const float *x = d->x_lin + i * d->pitch;
        FG_SIMD for (int l = 0; l < L; l++) product.v[l] += w * x[l];
    }
    for (int l = 0; l < L; l++)
        u.v[l] = product.v[l] + b;
    fg_activation_eval(d->activation, u.v, value.v, slope.v, L);
    for (int l = 0; l < L; l++) {
        float strength = d->strength[l];
        p->gate.v[l] = -slope.v[l] * strength;
        p->ay.v[l] = strength;
        p->ab.v[l] = p->gate.v[l];
        p->z.v[l] = strength * (value.v[l] - slope.v[l] * (times * product.v[l] + b_times * b));
    }
}

FG_INLINE fg_trouble dense(const fg_dense_block *d, bool x_free, fg_role w_role, int drops) {
    const bool w_free = w_role == FG_ROLE_FREE, w_known = w_role == FG_ROLE_CONSTANT;
    const size_t stride = (size_t)(w_free + x_free) * 2 * L;
    float *my = d->message, *mb = my + 2 * L, *mw = mb + 2 * L, *mx = mw + (w_free ? 2 * L : 0);
    term *terms = (term *)d->scratch, *ty = terms, *tb = terms + 1, *tw = terms + 2, *tx = tw + d->inputs;
    lanes eta, lambda, sum_s = {{0}}, sum_m = {{0}}, after_s = {{0}}, after_m = {{0}}, bad = {{0}},
                       rejected = {{0}};
    linearised p;
    linearise(&p, d, x_free, w_known);

    cavity(&eta, &lambda, &d->y, 0, my, &bad);
    weigh(ty, &sum_s, &sum_m, p.ay.v, &eta, &lambda);
    if (d->b_lin && !w_known) {
        if (w_free)
            cavity_shared(&eta, &lambda, &d->b, 0, mb, &bad);
        else
            given(&eta, &lambda, &d->b, 0);
        weigh(tb, &sum_s, &sum_m, p.ab.v, &eta, &lambda);
    }
    for (size_t i = 0; i < d->inputs; i++) {
        const float *x = d->x_lin + i * d->pitch;
        float w = d->w_lin[i];
        lanes a;
        if (!w_known) {
            FG_SIMD for (int l = 0; l < L; l++) a.v[l] = p.gate.v[l] * x[l];
            if (w_free)
                cavity_shared(&eta, &lambda, &d->w, i, mw + i * stride, &bad);
            else
                given(&eta, &lambda, &d->w, i);
            weigh(tw + i, &sum_s, &sum_m, a.v, &eta, &lambda);
        }
        if (x_free) {
            FG_SIMD for (int l = 0; l < L; l++) a.v[l] = p.gate.v[l] * w;
            cavity(&eta, &lambda, &d->x, i * d->pitch, mx + i * stride, &bad);
            weigh(tx + i, &sum_s, &sum_m, a.v, &eta, &lambda);
        }
    }

    for (size_t i = d->inputs; i-- > 0;) {
        const float *x = d->x_lin + i * d->pitch;
        float w = d->w_lin[i];
        uint32_t counter = (uint32_t)(2 * i + 2) * L;
        lanes a;
        if (x_free) {
            FG_SIMD for (int l = 0; l < L; l++) a.v[l] = p.gate.v[l] * w;
            send(mx + i * stride, tx + i, &after_s, &after_m, a.v, p.z.v, &d->blend, counter, drops,
                 &rejected);
            add_lanes(d->sum_x_eta + i * d->pitch, d->sum_x_lambda + i * d->pitch, mx + i * stride);
        }
        if (w_free) {
            FG_SIMD for (int l = 0; l < L; l++) a.v[l] = p.gate.v[l] * x[l];
            send(mw + i * stride, tw + i, &after_s, &after_m, a.v, p.z.v, &d->blend, counter + L, drops,
                 &rejected);
            add_total(d->sum_w_eta + i, d->sum_w_lambda + i, mw + i * stride);
        } else if (!w_known) {
            pass(tw + i, &after_s, &after_m);
        }
    }
    if (d->b_lin && w_free) {
        send(mb, tb, &after_s, &after_m, p.ab.v, p.z.v, &d->blend, L, drops, &rejected);
        add_total(d->sum_b_eta, d->sum_b_lambda, mb);
    } else if (d->b_lin && !w_known) {
        pass(tb, &after_s, &after_m);
    }
    send(my, ty, &after_s, &after_m, p.ay.v, p.z.v, &d->blend, 0, drops, &rejected);
    add_lanes(d->sum_y_eta, d->sum_y_lambda, my);
    return (fg_trouble){count(&bad), count(&rejected)};
}

FG_INLINE fg_trouble dense_of(const fg_dense_block *d, bool x_free, fg_role w_role) {
    return d->blend.drop ? dense(d, x_free, w_role, 1) : dense(d, x_free, w_role, 0);
}

fg_trouble FG_KERNEL(fg_dense)(const fg_dense_block *d);

fg_trouble FG_KERNEL(fg_dense)(const fg_dense_block *d) {
    if (d->x_role == FG_ROLE_FREE) {
        if (d->w_role == FG_ROLE_FREE)
            return dense_of(d, true, FG_ROLE_FREE);
        return d->w_role == FG_ROLE_GIVEN ? dense_of(d, true, FG_ROLE_GIVEN)
                                          : dense_of(d, true, FG_ROLE_CONSTANT);
    }
    if (d->w_role == FG_ROLE_FREE)
        return dense_of(d, false, FG_ROLE_FREE);
    return d->w_role == FG_ROLE_GIVEN ? dense_of(d, false, FG_ROLE_GIVEN)
                                      : dense_of(d, false, FG_ROLE_CONSTANT);
}
