#include "factor/kernels/terms.h"

/* Cavity of a variable of its own per lane, from a belief without a low part. */
FG_INLINE void cavity_single(lanes *restrict eta, lanes *restrict lambda, const float *restrict b_eta,
                             const float *restrict b_lambda, const float *restrict message,
                             lanes *restrict bad) {
    FG_SIMD
    for (int l = 0; l < L; l++) {
        float cavity_lambda = b_lambda[l] - message[L + l];
        eta->v[l] = b_eta[l] - message[l];
        lambda->v[l] = cavity_lambda;
        bad->v[l] += cavity_lambda < 0 ? 1.0f : 0.0f;
    }
}

FG_INLINE void scale(lanes *restrict a, const float *restrict gate, float w) {
    FG_SIMD
    for (int l = 0; l < L; l++)
        a->v[l] = gate[l] * w;
}

FG_INLINE void scale_by(lanes *restrict a, const float *restrict gate, const float *restrict x) {
    FG_SIMD
    for (int l = 0; l < L; l++)
        a->v[l] = gate[l] * x[l];
}

FG_INLINE void add(float *restrict eta, float *restrict lambda, const float *restrict message) {
    FG_SIMD
    for (int l = 0; l < L; l++) {
        eta[l] += message[l];
        lambda[l] += message[L + l];
    }
}

FG_INLINE void set(float *restrict eta, float *restrict lambda, const float *restrict message) {
    FG_SIMD
    for (int l = 0; l < L; l++) {
        eta[l] = message[l];
        lambda[l] = message[L + l];
    }
}

/* Messages stand as in a dense block: y, b, and per term w (if free) and x. */
FG_INLINE void block(const fg_tconv_row *d, size_t at, float *message, uint32_t counter, fg_role w_role,
                     int drops, lanes *bad, lanes *rejected) {
    const bool w_free = w_role == FG_ROLE_FREE, w_known = w_role == FG_ROLE_CONSTANT;
    const size_t stride = w_free ? 4 * L : 2 * L;
    float *my = message, *mb = my + 2 * L, *mw = mb + 2 * L, *mx = mw + (w_free ? 2 * L : 0);
    term *ty = (term *)d->scratch, *tb = ty + 1, *tw = ty + 2, *tx = tw + d->terms;
    const float *gate = d->gate + at, *z = d->z + at, *strength = d->strength + at;
    lanes eta, lambda, a, sum_s = {{0}}, sum_m = {{0}}, after_s = {{0}}, after_m = {{0}};

    cavity_single(&eta, &lambda, d->y_eta + at, d->y_lambda + at, my, bad);
    weigh(ty, &sum_s, &sum_m, strength, &eta, &lambda);
    if (!w_known) {
        if (w_free)
            cavity_shared(&eta, &lambda, &d->b, 0, mb, bad);
        else
            given(&eta, &lambda, &d->b, 0);
        weigh(tb, &sum_s, &sum_m, gate, &eta, &lambda);
    }
    for (size_t t = 0; t < d->terms; t++) {
        const ptrdiff_t x = d->offset[t] + (ptrdiff_t)at;
        if (!w_known) {
            scale_by(&a, gate, d->x_lin + x);
            if (w_free)
                cavity_shared(&eta, &lambda, &d->w, t, mw + t * stride, bad);
            else
                given(&eta, &lambda, &d->w, t);
            weigh(tw + t, &sum_s, &sum_m, a.v, &eta, &lambda);
        }
        scale(&a, gate, d->w_lin[t]);
        cavity_single(&eta, &lambda, d->x_eta + x, d->x_lambda + x, mx + t * stride, bad);
        weigh(tx + t, &sum_s, &sum_m, a.v, &eta, &lambda);
    }
    for (size_t t = d->terms; t-- > 0;) {
        const ptrdiff_t x = d->offset[t] + (ptrdiff_t)at;
        uint32_t draw = counter + (uint32_t)(2 * t + 2) * L;
        scale(&a, gate, d->w_lin[t]);
        send(mx + t * stride, tx + t, &after_s, &after_m, a.v, z, &d->blend, draw, drops, rejected);
        add(d->sum_x_eta[t] + at, d->sum_x_lambda[t] + at, mx + t * stride);
        if (w_free) {
            scale_by(&a, gate, d->x_lin + x);
            send(mw + t * stride, tw + t, &after_s, &after_m, a.v, z, &d->blend, draw + L, drops, rejected);
            add(d->sum_w + t * 2 * L, d->sum_w + t * 2 * L + L, mw + t * stride);
        } else if (!w_known) {
            pass(tw + t, &after_s, &after_m);
        }
    }
    if (w_free) {
        send(mb, tb, &after_s, &after_m, gate, z, &d->blend, counter + L, drops, rejected);
        add(d->sum_w + d->terms * 2 * L, d->sum_w + d->terms * 2 * L + L, mb);
    } else if (!w_known) {
        pass(tb, &after_s, &after_m);
    }
    send(my, ty, &after_s, &after_m, strength, z, &d->blend, counter, drops, rejected);
    set(d->sum_y_eta + at, d->sum_y_lambda + at, my);
}

FG_INLINE fg_trouble row(const fg_tconv_row *d, fg_role w_role, int drops) {
    lanes bad = {{0}}, rejected = {{0}};
    size_t size = fg_dense_messages(d->terms, FG_ROLE_FREE, w_role);
    for (size_t b = 0; b < d->blocks; b++)
        block(d, b * L, d->message + b * size, (uint32_t)(b * (2 * d->terms + 2) * L), w_role, drops, &bad,
              &rejected);
    return (fg_trouble){count(&bad), count(&rejected)};
}

fg_trouble FG_KERNEL(fg_tconv)(const fg_tconv_row *d);
void FG_KERNEL(fg_tconv_drive)(const fg_tconv_drive *d);

fg_trouble FG_KERNEL(fg_tconv)(const fg_tconv_row *d) {
    int drops = d->blend.drop != 0;
    if (d->w_role == FG_ROLE_FREE)
        return drops ? row(d, FG_ROLE_FREE, 1) : row(d, FG_ROLE_FREE, 0);
    if (d->w_role == FG_ROLE_GIVEN)
        return drops ? row(d, FG_ROLE_GIVEN, 1) : row(d, FG_ROLE_GIVEN, 0);
    return drops ? row(d, FG_ROLE_CONSTANT, 1) : row(d, FG_ROLE_CONSTANT, 0);
}

void FG_KERNEL(fg_tconv_drive)(const fg_tconv_drive *d) {
    for (size_t at = 0; at < d->blocks * L; at += L) {
        float u[L];
        for (int l = 0; l < L; l++)
            u[l] = d->b;
        for (size_t t = 0; t < d->terms; t++) {
            const float *restrict x = d->x + at + d->offset[t], w = d->w[t];
            FG_SIMD
            for (int l = 0; l < L; l++)
                u[l] += w * x[l];
        }
        for (int l = 0; l < L; l++)
            d->u[at + (size_t)l] = u[l];
    }
}
