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

/* Computes a message, blends it in, and adds what the sums over messages gain by it: new - counted * old. */
FG_INLINE void send_on(float *restrict sum_eta, float *restrict sum_lambda, float *restrict message,
                       const term *restrict t, lanes *restrict after_s, lanes *restrict after_m,
                       const float *restrict a, const float *restrict z, float keep, float counted,
                       lanes *restrict rejected) {
    const float fresh = 1 - keep;
    lanes eta, lambda;
    compute(&eta, &lambda, t, after_s, after_m, a, z);
    FG_SIMD
    for (int l = 0; l < L; l++) {
        float old_eta = message[l], old_lambda = message[L + l];
        int sound = fg_message_sound(eta.v[l], lambda.v[l]);
        float new_eta = sound ? keep * old_eta + fresh * eta.v[l] : old_eta;
        float new_lambda = sound ? keep * old_lambda + fresh * lambda.v[l] : old_lambda;
        message[l] = new_eta;
        message[L + l] = new_lambda;
        sum_eta[l] += new_eta - counted * old_eta;
        sum_lambda[l] += new_lambda - counted * old_lambda;
        rejected->v[l] += (float)(1 - sound);
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
FG_INLINE void block(const fg_tconv_row *d, size_t at, float *message, fg_role w_role, lanes *bad,
                     lanes *rejected) {
    const bool w_free = w_role == FG_ROLE_FREE, w_known = w_role == FG_ROLE_CONSTANT;
    const size_t stride = w_free ? 4 * L : 2 * L;
    const float keep = d->keep, keep_w = d->keep_w, counted = d->counted;
    float *my = message, *mb = my + 2 * L, *mw = mb + 2 * L, *mx = mw + (w_free ? 2 * L : 0);
    term *ty = (term *)d->scratch, *tb = ty + 1, *tw = ty + 2, *tx = tw + d->terms;
    const float *gate = d->gate + at, *z = d->z + at, *strength = d->strength + at;
    lanes eta, lambda, a, sum_s = {{0}}, sum_m = {{0}}, after_s = {{0}}, after_m = {{0}}, ignored = {{0}};

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
        float *sum_w = d->sum_w + t * 2 * L;
        scale(&a, gate, d->w_lin[t]);
        send_on(d->sum_x_eta[t] + at, d->sum_x_lambda[t] + at, mx + t * stride, tx + t, &after_s, &after_m,
                a.v, z, keep, counted, rejected);
        if (w_free) {
            scale_by(&a, gate, d->x_lin + x);
            send_on(sum_w, sum_w + L, mw + t * stride, tw + t, &after_s, &after_m, a.v, z, keep_w, counted,
                    rejected);
        } else if (!w_known) {
            pass(tw + t, &after_s, &after_m);
        }
    }
    if (w_free) {
        float *sum_b = d->sum_w + d->terms * 2 * L;
        send_on(sum_b, sum_b + L, mb, tb, &after_s, &after_m, gate, z, keep_w, counted, rejected);
    } else if (!w_known) {
        pass(tb, &after_s, &after_m);
    }
    send_on(eta.v, ignored.v, my, ty, &after_s, &after_m, strength, z, keep, 0, rejected);
    set(d->sum_y_eta + at, d->sum_y_lambda + at, my);
}

FG_INLINE fg_trouble row(const fg_tconv_row *d, fg_role w_role) {
    lanes bad = {{0}}, rejected = {{0}};
    size_t size = fg_dense_messages(d->terms, FG_ROLE_FREE, w_role);
    for (size_t b = d->from; b < d->end; b++)
        block(d, b * L, d->message + b * size, w_role, &bad, &rejected);
    return (fg_trouble){count(&bad), count(&rejected)};
}

fg_trouble FG_KERNEL(fg_tconv)(const fg_tconv_row *d);
void FG_KERNEL(fg_tconv_count)(const fg_tconv_row *d);
void FG_KERNEL(fg_tconv_drive)(const fg_tconv_drive *d);

fg_trouble FG_KERNEL(fg_tconv)(const fg_tconv_row *d) {
    if (d->w_role == FG_ROLE_FREE)
        return row(d, FG_ROLE_FREE);
    return d->w_role == FG_ROLE_GIVEN ? row(d, FG_ROLE_GIVEN) : row(d, FG_ROLE_CONSTANT);
}

void FG_KERNEL(fg_tconv_count)(const fg_tconv_row *d) {
    const bool w_free = d->w_role == FG_ROLE_FREE;
    const size_t size = fg_dense_messages(d->terms, FG_ROLE_FREE, d->w_role), stride = w_free ? 4 * L : 2 * L;
    for (size_t b = d->from; b < d->end; b++) {
        const float *mb = d->message + b * size + 2 * L, *mw = mb + 2 * L, *mx = mw + (w_free ? 2 * L : 0);
        for (size_t t = 0; t < d->terms; t++) {
            add(d->sum_x_eta[t] + b * L, d->sum_x_lambda[t] + b * L, mx + t * stride);
            if (w_free)
                add(d->sum_w + t * 2 * L, d->sum_w + t * 2 * L + L, mw + t * stride);
        }
        if (w_free)
            add(d->sum_w + d->terms * 2 * L, d->sum_w + d->terms * 2 * L + L, mb);
    }
}

void FG_KERNEL(fg_tconv_drive)(const fg_tconv_drive *d) {
    for (size_t at = d->from * L; at < d->end * L; at += L) {
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
