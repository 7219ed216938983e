#include "factor/kernels/terms.h"

/* Lanes are inputs, so that messages to weights and to inputs are added lane by lane, and only the sums over
 * all variables of the factor cross lanes. A lane's inputs are summed by prefixes and suffixes; what stands
 * in the other lanes comes in front of every suffix. */

/* One variable y or b, which no other lane shares. */
typedef struct end {
    float a, s, m;
} end;

FG_INLINE end weigh_end(float a, float eta, float lambda, float *bad) {
    int informed = lambda > FG_FLAT;
    float r = a / (informed ? lambda : 1), unknown = a != 0 ? INFINITY : 0;
    *bad += lambda < 0 ? 1.0f : 0.0f;
    return (end){a, informed ? a * r : unknown, informed ? r * eta : 0};
}

FG_INLINE void send_end(float *message, const end *e, float z, float other_s, float other_m,
                        const fg_blend *blend, uint32_t counter, float *rejected) {
    float r = e->a / (1 + other_s), lambda = e->a * r, eta = r * (z - other_m), keep = blend->keep;
    int sound = fg_message_sound(eta, lambda);
    *rejected += (float)(1 - sound);
    if (sound && fg_rng_lane(blend->key0, blend->key1, counter) >= blend->drop) {
        message[0] = keep * message[0] + (1 - keep) * eta;
        message[1] = keep * message[1] + (1 - keep) * lambda;
    }
}

FG_INLINE float product(const fg_wide_factor *d) {
    lanes sum = {{0}};
    for (size_t r = 0; r < d->rows; r++) {
        const float *restrict w = d->parameters + r * FG_PARAMETER_SIZE, *restrict x = d->x_mean + r * L;
        FG_SIMD for (int l = 0; l < L; l++) sum.v[l] += w[l] * x[l];
    }
    return (float)total(sum.v);
}

/* s, m of w and x, and the sums of both in front of them in the lane. */
typedef struct pair {
    float w_s[L], w_m[L], x_s[L], x_m[L], before_s[L], before_m[L];
} pair;

FG_INLINE void weigh_pairs(const fg_wide_factor *d, float gate, fg_role w_role, lanes *sum_s, lanes *sum_m,
                           lanes *bad) {
    const bool w_free = w_role == FG_ROLE_FREE, w_known = w_role == FG_ROLE_CONSTANT;
    const size_t stride = w_free ? 4 * L : 2 * L;
    lanes before_s = {{0}}, before_m = {{0}}, improper = {{0}};
    for (size_t r = 0; r < d->rows; r++) {
        const float *restrict p = d->parameters + r * FG_PARAMETER_SIZE;
        const float *restrict x = d->x_mean + r * L, *restrict x_eta = d->x_eta + r * L,
                              *restrict x_lambda = d->x_lambda + r * L;
        const float *restrict mw = d->message + L + r * stride, *restrict mx = mw + (w_free ? 2 * L : 0);
        pair *restrict t = (pair *)d->scratch + r;
        FG_SIMD for (int l = 0; l < L; l++) {
            float aw = gate * x[l], ax = gate * p[l];
            float lambda = x_lambda[l] - mx[L + l], eta = x_eta[l] - mx[l];
            int informed = lambda > FG_FLAT;
            float q = ax / (informed ? lambda : 1), unknown = ax != 0 ? INFINITY : 0;
            float s = informed ? ax * q : unknown, m = informed ? q * eta : 0;
            t->before_s[l] = before_s.v[l];
            t->before_m[l] = before_m.v[l];
            improper.v[l] += lambda < 0 ? 1.0f : 0.0f;
            t->x_s[l] = s;
            t->x_m[l] = m;
            if (!w_known) {
                float w_lambda =
                    w_free ? (p[FG_PARAMETER_LAMBDA * L + l] - mw[L + l]) + p[FG_PARAMETER_LAMBDA_LO * L + l]
                           : p[FG_PARAMETER_LAMBDA * L + l];
                float w_eta = w_free ? (p[FG_PARAMETER_ETA * L + l] - mw[l]) + p[FG_PARAMETER_ETA_LO * L + l]
                                     : p[FG_PARAMETER_ETA * L + l];
                int w_informed = w_lambda > FG_FLAT;
                float w_q = aw / (w_informed ? w_lambda : 1), w_unknown = aw != 0 ? INFINITY : 0;
                float w_s = w_informed ? aw * w_q : w_unknown, w_m = w_informed ? w_q * w_eta : 0;
                improper.v[l] += w_lambda < 0 ? 1.0f : 0.0f;
                t->w_s[l] = w_s;
                t->w_m[l] = w_m;
                s += w_s;
                m += w_m;
            }
            before_s.v[l] += s;
            before_m.v[l] += m;
        }
    }
    *sum_s = before_s;
    *sum_m = before_m;
    for (int l = 0; l < L; l++)
        bad->v[l] += improper.v[l];
}

/* Whether a message replaces the old one, or is dropped; what could not be stored is counted. */
FG_INLINE int taken(float eta, float lambda, const fg_blend *blend, uint32_t counter, int drops,
                    int *refused) {
    int sound = fg_message_sound(eta, lambda);
    *refused += 1 - sound;
    return sound & (!drops || fg_rng_lane(blend->key0, blend->key1, counter) >= blend->drop);
}

FG_INLINE void send_pairs(const fg_wide_factor *d, float gate, float z, fg_role w_role, const lanes *others_s,
                          const lanes *others_m, int drops, lanes *rejected) {
    const bool w_free = w_role == FG_ROLE_FREE, w_known = w_role == FG_ROLE_CONSTANT;
    const size_t stride = w_free ? 4 * L : 2 * L;
    const fg_blend blend = d->blend;
    const float keep = blend.keep, fresh = 1 - keep;
    lanes after_s = *others_s, after_m = *others_m;
    int refused[L] = {0};
    for (size_t r = d->rows; r-- > 0;) {
        const float *restrict w = d->parameters + r * FG_PARAMETER_SIZE, *restrict x = d->x_mean + r * L;
        const pair *restrict t = (const pair *)d->scratch + r;
        float *restrict message = d->message + L + r * stride;
        float *restrict sum_x_eta = d->sum_x_eta + r * L, *restrict sum_x_lambda = d->sum_x_lambda + r * L;
        float *restrict sum_w_eta = w_free ? d->sum_w_eta + r * L : NULL;
        float *restrict sum_w_lambda = w_free ? d->sum_w_lambda + r * L : NULL;
        const uint32_t counter = (uint32_t)(2 * r + 1) * L;
        const int at_x = w_free ? 2 * L : 0;
        FG_SIMD for (int l = 0; l < L; l++) {
            float aw = gate * x[l], ax = gate * w[l];
            float around_s = t->before_s[l] + after_s.v[l], around_m = t->before_m[l] + after_m.v[l];
            float w_s = w_known ? 0 : t->w_s[l], w_m = w_known ? 0 : t->w_m[l], x_s = t->x_s[l],
                  x_m = t->x_m[l];
            float old_eta = message[at_x + l], old_lambda = message[at_x + L + l];
            float q = ax / (1 + (around_s + w_s)), lambda = ax * q, eta = q * (z - (around_m + w_m));
            int take = taken(eta, lambda, &blend, counter + (uint32_t)l, drops, &refused[l]);
            float new_eta = take ? keep * old_eta + fresh * eta : old_eta;
            float new_lambda = take ? keep * old_lambda + fresh * lambda : old_lambda;
            message[at_x + l] = new_eta;
            message[at_x + L + l] = new_lambda;
            sum_x_eta[l] += new_eta;
            sum_x_lambda[l] += new_lambda;
            if (w_free) {
                float old_w_eta = message[l], old_w_lambda = message[L + l];
                float w_q = aw / (1 + (around_s + x_s)), w_lambda = aw * w_q,
                      w_eta = w_q * (z - (around_m + x_m));
                int w_take = taken(w_eta, w_lambda, &blend, counter + L + (uint32_t)l, drops, &refused[l]);
                float new_w_eta = w_take ? keep * old_w_eta + fresh * w_eta : old_w_eta;
                float new_w_lambda = w_take ? keep * old_w_lambda + fresh * w_lambda : old_w_lambda;
                message[l] = new_w_eta;
                message[L + l] = new_w_lambda;
                sum_w_eta[l] += new_w_eta;
                sum_w_lambda[l] += new_w_lambda;
            }
            after_s.v[l] += w_s + x_s;
            after_m.v[l] += w_m + x_m;
        }
    }
    for (int l = 0; l < L; l++)
        rejected->v[l] += (float)refused[l];
}

/* For each lane the sum over all others, and returns the sum over all; added to `more`. */
FG_INLINE float other_lanes(lanes *restrict out, const lanes *restrict sum, float more) {
    float before = more, after = 0;
    for (int l = 0; l < L; l++) {
        out->v[l] = before;
        before += sum->v[l];
    }
    for (int l = L - 1; l >= 0; l--) {
        out->v[l] += after;
        after += sum->v[l];
    }
    return after;
}

FG_INLINE fg_trouble factor(const fg_wide_factor *d, fg_role w_role, int drops) {
    const bool w_free = w_role == FG_ROLE_FREE, w_known = w_role == FG_ROLE_CONSTANT;
    const float *b = d->b, wx = product(d), times = w_known ? 1 : 2, b_times = w_known ? 0 : 1;
    lanes bad = {{0}}, rejected = {{0}}, sum_s, sum_m, others_s, others_m, u = {{wx + b[0]}}, value, slope;
    activate(d->activation, &u, &value, &slope);
    const float strength = d->strength, gate = -slope.v[0] * strength,
                z = strength * (value.v[0] - slope.v[0] * (times * wx + b_times * b[0]));
    float *my = d->message, *mb = my + 2;
    end y =
        weigh_end(strength, (d->y_eta - my[0]) + d->y_eta_lo, (d->y_lambda - my[1]) + d->y_lambda_lo, bad.v);
    end e = {0, 0, 0};
    if (d->bias && !w_known)
        e = weigh_end(gate,
                      w_free ? (b[FG_PARAMETER_ETA * L] - mb[0]) + b[FG_PARAMETER_ETA_LO * L]
                             : b[FG_PARAMETER_ETA * L],
                      w_free ? (b[FG_PARAMETER_LAMBDA * L] - mb[1]) + b[FG_PARAMETER_LAMBDA_LO * L]
                             : b[FG_PARAMETER_LAMBDA * L],
                      bad.v);
    weigh_pairs(d, gate, w_role, &sum_s, &sum_m, &bad);
    const float all_s = other_lanes(&others_s, &sum_s, y.s + e.s),
                all_m = other_lanes(&others_m, &sum_m, y.m + e.m);
    send_pairs(d, gate, z, w_role, &others_s, &others_m, drops, &rejected);
    if (d->bias && w_free)
        send_end(mb, &e, z, all_s + y.s, all_m + y.m, &d->blend, 1, rejected.v);
    send_end(my, &y, z, all_s + e.s, all_m + e.m, &d->blend, 0, rejected.v);
    return (fg_trouble){count(&bad), count(&rejected)};
}

FG_INLINE fg_trouble factor_of(const fg_wide_factor *d, int drops) {
    if (d->w_role == FG_ROLE_FREE)
        return factor(d, FG_ROLE_FREE, drops);
    return d->w_role == FG_ROLE_GIVEN ? factor(d, FG_ROLE_GIVEN, drops) : factor(d, FG_ROLE_CONSTANT, drops);
}

fg_trouble FG_KERNEL(fg_wide)(const fg_wide_factor *d);

fg_trouble FG_KERNEL(fg_wide)(const fg_wide_factor *d) {
    return d->blend.drop ? factor_of(d, 1) : factor_of(d, 0);
}

/* Over weights and inputs, the weighted sum; its part by which points of linearisation are off the means; and
 * its variance. */
FG_INLINE void sum_rebuilt(const fg_wide_rebuilt_factor *d, lanes *restrict product, lanes *restrict lag,
                           lanes *restrict variance) {
    lanes sum = {{0}}, off = {{0}}, var = {{0}};
    for (size_t r = 0; r < d->rows; r++) {
        const float *restrict w = d->parameters + r * FG_READ_SIZE, *restrict x = d->x + r * L,
                              *restrict x_variance = d->x_variance + r * L;
        FG_SIMD for (int l = 0; l < L; l++) {
            sum.v[l] += w[FG_READ_LIN * L + l] * x[l];
            off.v[l] += w[FG_READ_LAG * L + l] * x[l];
            var.v[l] += w[FG_READ_VARIANCE * L + l] * (x[l] * x[l]) +
                        w[FG_READ_LIN * L + l] * w[FG_READ_LIN * L + l] * x_variance[l];
        }
    }
    *product = sum;
    *lag = off;
    *variance = var;
}

FG_INLINE void add_rebuilt(const fg_wide_rebuilt_factor *d) {
    const float score = d->message[2], information = d->message[3];
    for (size_t r = 0; r < d->rows; r++) {
        const float *restrict w_seen = d->kept + r * FG_KEPT_SIZE + FG_KEPT_SEEN * L, *restrict x_seen =
                                                                                          d->x_seen + r * L;
        float *restrict sum_x_eta = d->sum_x_eta + r * L, *restrict sum_x_lambda = d->sum_x_lambda + r * L;
        float *restrict sum_w_eta = d->sum_w_eta + r * L, *restrict sum_w_lambda = d->sum_w_lambda + r * L;
        FG_SIMD for (int l = 0; l < L; l++) {
            float w = w_seen[l], x = x_seen[l];
            sum_x_eta[l] += w * score;
            sum_x_lambda[l] += w * w * information;
            sum_w_eta[l] += x * score;
            sum_w_lambda[l] += x * x * information;
        }
    }
}

fg_trouble FG_KERNEL(fg_wide_rebuilt)(const fg_wide_rebuilt_factor *d);

/* As of convolutions (conv_rebuilt_kernel.c), of one factor. */
fg_trouble FG_KERNEL(fg_wide_rebuilt)(const fg_wide_rebuilt_factor *d) {
    const float *b = d->parameters + d->rows * FG_READ_SIZE, strength = d->strength;
    float *my = d->message;
    lanes bad = {{0}}, rejected = {{0}}, product, lag, variances, u = {{0}}, value, slope;
    sum_rebuilt(d, &product, &lag, &variances);
    u.v[0] = (float)total(product.v) + b[FG_READ_LIN * L];
    activate(d->activation, &u, &value, &slope);
    const float gate = -slope.v[0] * strength, variance = (float)total(variances.v) + b[FG_READ_VARIANCE * L],
                z = strength * value.v[0] +
                    gate * ((float)total(lag.v) + b[FG_READ_LAG * L] + my[2] * variance),
                sum_s = gate * gate * variance;
    end y =
        weigh_end(strength, (d->y_eta - my[0]) + d->y_eta_lo, (d->y_lambda - my[1]) + d->y_lambda_lo, bad.v);
    send_end(my, &y, z, sum_s, 0, &d->blend, 0, rejected.v);
    /* The message to a variable with J = gate: its eta is the score, its lambda the information. */
    send_end(my + 2, &(end){gate, 0, 0}, z, sum_s + y.s, y.m, &d->blend, 1, rejected.v);
    add_rebuilt(d);
    return (fg_trouble){count(&bad), count(&rejected)};
}
