#include "factor/kernels/terms.h"

/* What the messages of one position are made from: gate = -g'(u) / sigma is J of the weighted sum. */
typedef struct linearised {
    lanes z, gate;
} linearised;

FG_INLINE const float *parameter(const fg_conv_run *d, size_t t) {
    return d->parameters + t * FG_PARAMETER_SIZE;
}

FG_INLINE void add_scaled(float *restrict sum, const float *restrict w, float x) {
    FG_SIMD for (int l = 0; l < L; l++) sum[l] += w[l] * x;
}

FG_INLINE void linearise(linearised *p, const fg_conv_run *d, const float *x, const uint32_t *active,
                         size_t n, bool x_free, bool w_known) {
    const float *restrict b = parameter(d, d->terms), *restrict strength = d->strength;
    const float times = (float)(x_free + !w_known), b_times = w_known ? 0 : 1;
    lanes product = {{0}}, u, value, slope;
    for (size_t i = 0; i < n; i++)
        add_scaled(product.v, parameter(d, active[i]), x[d->offset[active[i]]]);
    FG_SIMD for (int l = 0; l < L; l++) u.v[l] = product.v[l] + b[l];
    activate(d->activation, &u, &value, &slope);
    FG_SIMD for (int l = 0; l < L; l++) {
        p->gate.v[l] = -slope.v[l] * strength[l];
        p->z.v[l] = strength[l] * (value.v[l] - slope.v[l] * (times * product.v[l] + b_times * b[l]));
    }
}

/* Cavity of one variable that all lanes share, from a belief without a low part. */
FG_INLINE void cavity_input(lanes *restrict eta, lanes *restrict lambda, float b_eta, float b_lambda,
                            const float *restrict message, lanes *restrict bad) {
    FG_SIMD for (int l = 0; l < L; l++) {
        float cavity_lambda = b_lambda - message[L + l];
        eta->v[l] = b_eta - message[l];
        lambda->v[l] = cavity_lambda;
        bad->v[l] += cavity_lambda < 0 ? 1.0f : 0.0f;
    }
}

FG_INLINE void known(lanes *restrict eta, lanes *restrict lambda, const float *restrict parameter) {
    FG_SIMD for (int l = 0; l < L; l++) {
        eta->v[l] = parameter[FG_PARAMETER_ETA * L + l];
        lambda->v[l] = parameter[FG_PARAMETER_LAMBDA * L + l];
    }
}

FG_INLINE void scale(lanes *restrict a, const lanes *restrict gate, float by) {
    FG_SIMD for (int l = 0; l < L; l++) a->v[l] = gate->v[l] * by;
}

FG_INLINE void scale_lanes(lanes *restrict a, const lanes *restrict gate, const float *restrict by) {
    FG_SIMD for (int l = 0; l < L; l++) a->v[l] = gate->v[l] * by[l];
}

FG_INLINE void add_message(float *restrict sum, const float *restrict message) {
    FG_SIMD for (int l = 0; l < 2 * L; l++) sum[l] += message[l];
}

/* The sums so far over y and the bias, and their terms. */
FG_INLINE void weigh_ends(const fg_conv_run *d, const linearised *p, size_t y, const float *mb,
                          fg_role w_role, lanes *sum_s, lanes *sum_m, lanes *bad) {
    term *ty = (term *)d->scratch, *tb = ty + 1;
    lanes eta, lambda;
    cavity_sole(&eta, &lambda, &d->y, y, bad);
    weigh(ty, sum_s, sum_m, d->strength, &eta, &lambda);
    if (!d->bias || w_role == FG_ROLE_CONSTANT)
        return;
    if (w_role == FG_ROLE_FREE)
        cavity_parameter(&eta, &lambda, parameter(d, d->terms), mb, bad);
    else
        known(&eta, &lambda, parameter(d, d->terms));
    weigh(tb, sum_s, sum_m, p->gate.v, &eta, &lambda);
}

FG_INLINE void position(const fg_conv_run *d, size_t at, float *message, fg_role x_role, fg_role w_role,
                        int drops, lanes *bad, lanes *rejected) {
    const bool x_free = x_role == FG_ROLE_FREE, w_free = w_role == FG_ROLE_FREE,
               w_known = w_role == FG_ROLE_CONSTANT;
    const size_t stride = (size_t)(w_free + x_free) * 2 * L, y = at * d->y_step, x0 = at * d->x_step;
    const uint32_t *active = d->active + at * d->active_step;
    const size_t n = d->n_active[at * d->n_active_step];
    const float *x = d->x_lin + x0;
    const uint32_t counter = (uint32_t)(at * (2 * d->terms + 2) * L);
    float *mb = message, *mw = stride ? mb + 2 * L : NULL, *mx = w_free ? mw + 2 * L : mw;
    term *ty = (term *)d->scratch, *tb = ty + 1, *tw = ty + 2, *tx = tw + n;
    lanes eta, lambda, a, sum_s = {{0}}, sum_m = {{0}}, after_s = {{0}}, after_m = {{0}};
    linearised p;
    linearise(&p, d, x, active, n, x_free, w_known);

    weigh_ends(d, &p, y, mb, w_role, &sum_s, &sum_m, bad);
    for (size_t i = 0; i < n; i++) {
        const size_t t = active[i];
        if (!w_known) {
            scale(&a, &p.gate, x[d->offset[t]]);
            if (w_free)
                cavity_parameter(&eta, &lambda, parameter(d, t), mw + t * stride, bad);
            else
                known(&eta, &lambda, parameter(d, t));
            weigh(tw + i, &sum_s, &sum_m, a.v, &eta, &lambda);
        }
        if (x_free) {
            const ptrdiff_t slot = (ptrdiff_t)x0 + d->offset[t];
            scale_lanes(&a, &p.gate, parameter(d, t));
            cavity_input(&eta, &lambda, d->x_eta[slot], d->x_lambda[slot], mx + t * stride, bad);
            weigh(tx + i, &sum_s, &sum_m, a.v, &eta, &lambda);
        }
    }
    for (size_t i = n; i-- > 0 && (x_free || !w_known);) {
        const size_t t = active[i];
        const uint32_t draw = counter + (uint32_t)(2 * t + 2) * L;
        if (x_free) {
            const ptrdiff_t slot = (ptrdiff_t)x0 + d->offset[t];
            scale_lanes(&a, &p.gate, parameter(d, t));
            send(mx + t * stride, tx + i, &after_s, &after_m, a.v, p.z.v, &d->blend, draw, drops, rejected);
            d->sum_x_eta[slot] += (float)total(mx + t * stride);
            d->sum_x_lambda[slot] += (float)total(mx + t * stride + L);
        }
        if (w_free) {
            scale(&a, &p.gate, x[d->offset[t]]);
            send(mw + t * stride, tw + i, &after_s, &after_m, a.v, p.z.v, &d->blend, draw + L, drops,
                 rejected);
            add_message(d->sum_w + t * 2 * L, mw + t * stride);
        } else if (!w_known) {
            pass(tw + i, &after_s, &after_m);
        }
    }
    if (d->bias && w_free) {
        send(mb, tb, &after_s, &after_m, p.gate.v, p.z.v, &d->blend, counter + L, drops, rejected);
        add_message(d->sum_w + d->terms * 2 * L, mb);
    } else if (d->bias && !w_known) {
        pass(tb, &after_s, &after_m);
    }
    send_apart(d->y_eta + y, d->y_lambda + y, ty, &after_s, &after_m, d->strength, p.z.v, &d->blend, counter,
               drops, rejected);
}

/* Which terms are active is not foreseen by the processor; a position's messages are asked for while the one
 * before it is worked on. */
FG_INLINE void prefetch(const fg_conv_run *d, size_t at, const float *message, size_t stride) {
    const uint32_t *active = d->active + at * d->active_step;
    const size_t n = d->n_active[at * d->n_active_step];
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < stride; j += L)
            __builtin_prefetch(message + 2 * L + active[i] * stride + j, 1);
}

FG_INLINE fg_trouble run(const fg_conv_run *d, fg_role x_role, fg_role w_role, int drops) {
    lanes bad = {{0}}, rejected = {{0}};
    size_t size = fg_conv_messages(d->terms, x_role, w_role);
    const size_t stride = ((size_t)(x_role == FG_ROLE_FREE) + (w_role == FG_ROLE_FREE)) * 2 * L;
    for (size_t p = 0; p < d->positions; p++) {
        if (d->active_step && stride && p + 1 < d->positions)
            prefetch(d, p + 1, d->message + (p + 1) * size, stride);
        /* Over constants there are no messages, and no pointer to move. */
        position(d, p, stride ? d->message + p * size : NULL, x_role, w_role, drops, &bad, &rejected);
    }
    return (fg_trouble){count(&bad), count(&rejected)};
}

FG_INLINE fg_trouble run_of(const fg_conv_run *d, fg_role x_role, fg_role w_role) {
    return d->blend.drop ? run(d, x_role, w_role, 1) : run(d, x_role, w_role, 0);
}

fg_trouble FG_KERNEL(fg_conv)(const fg_conv_run *d);

fg_trouble FG_KERNEL(fg_conv)(const fg_conv_run *d) {
    if (d->x_role == FG_ROLE_FREE) {
        if (d->w_role == FG_ROLE_FREE)
            return run_of(d, FG_ROLE_FREE, FG_ROLE_FREE);
        return d->w_role == FG_ROLE_GIVEN ? run_of(d, FG_ROLE_FREE, FG_ROLE_GIVEN)
                                          : run_of(d, FG_ROLE_FREE, FG_ROLE_CONSTANT);
    }
    if (d->w_role == FG_ROLE_FREE)
        return run_of(d, FG_ROLE_CONSTANT, FG_ROLE_FREE);
    return d->w_role == FG_ROLE_GIVEN ? run_of(d, FG_ROLE_CONSTANT, FG_ROLE_GIVEN)
                                      : run_of(d, FG_ROLE_CONSTANT, FG_ROLE_CONSTANT);
}

FG_INLINE void drive_group(const fg_conv_drive *d, size_t at, int group) {
    vec sum[GROUP];
    for (int p = 0; p < group; p++)
        sum[p] = *(const vec *)(d->w + d->terms * d->w_step);
    for (size_t t = 0; t < d->terms; t++) {
        const float *x = d->x + at * d->x_step + d->offset[t];
        const vec w = *(const vec *)(d->w + t * d->w_step);
        bool none = true;
        for (int p = 0; p < group; p++)
            none &= x[(size_t)p * d->x_step] == 0;
        for (int p = 0; !none && p < group; p++)
            sum[p] += w * x[(size_t)p * d->x_step];
    }
    for (int p = 0; p < group; p++)
        ((vec *)d->u)[at + (size_t)p] = sum[p];
}

void FG_KERNEL(fg_conv_drive)(const fg_conv_drive *d);

void FG_KERNEL(fg_conv_drive)(const fg_conv_drive *d) {
    size_t p = 0;
    for (; p + GROUP <= d->positions; p += GROUP)
        drive_group(d, p, GROUP);
    for (; p < d->positions; p++)
        drive_group(d, p, 1);
}
