/* Convolutions whose messages are rebuilt (factor/rebuilt.h). All that a factor needs of its weights and
 * inputs are sums over them, so that a term costs a few products for 16 filters. */
#include "factor/kernels/terms.h"

/* Over the weights and inputs of one position's 16 factors: the weighted sum; its part by which points of
 * linearisation are off the means; and the variance of the weighted sum. */
typedef struct sums {
    vec product, lag, variance;
} sums;

FG_INLINE void sum_terms(sums *restrict sum, const fg_conv_rebuilt_run *d, size_t at, int group,
                         bool x_free) {
    const uint32_t *active = d->active + at * d->active_step;
    const size_t n = d->n_active[at * d->n_active_step], step = d->x_step;
    const float *x = d->x + at * step, *square = d->x_square + at * step,
                *variance = x_free ? d->x_variance + at * step : NULL,
                *x_lag = x_free ? d->x_lag + at * step : NULL;
    for (int p = 0; p < group; p++)
        sum[p] = (sums){{0}, {0}, {0}};
    for (size_t i = 0; i < n; i++) {
        const vec *row = (const vec *)(d->parameters + active[i] * FG_READ_SIZE);
        const vec w = row[FG_READ_LIN], lag = row[FG_READ_LAG], var = row[FG_READ_VARIANCE], w_square = w * w;
        const ptrdiff_t offset = d->offset[active[i]];
        for (int p = 0; p < group; p++) {
            const size_t in = (size_t)p * step + (size_t)offset;
            sum[p].product += w * x[in];
            sum[p].lag += lag * x[in];
            sum[p].variance += var * square[in];
            if (x_free) {
                sum[p].lag += w * x_lag[in];
                sum[p].variance += w_square * variance[in];
            }
        }
    }
}

/* The messages to one position's outputs, and its score and information. What a factor sees of its variables
 * is what they are without its own message: to first order in that message, which is one of many, this takes
 * its score times the variance off the weighted sum, and leaves the variance. */
FG_INLINE void update_factors(const sums *restrict sum, const fg_conv_rebuilt_run *d, size_t at, int drops,
                              lanes *bad, lanes *rejected) {
    const float *restrict b = d->parameters + d->terms * FG_READ_SIZE, *restrict strength = d->strength;
    float *restrict factor = d->factor + at * FG_CONV_REBUILT;
    const size_t y = at * d->y_step;
    const uint32_t counter = (uint32_t)(at * 2 * L);
    lanes eta, lambda, u, value, slope, gate, z, sum_s, sum_m = {{0}}, none_s = {{0}}, none_m = {{0}};
    term ty;
    FG_SIMD for (int l = 0; l < L; l++) u.v[l] = sum->product[l] + b[FG_READ_LIN * L + l];
    activate(d->activation, &u, &value, &slope);
    FG_SIMD for (int l = 0; l < L; l++) {
        const float variance = sum->variance[l] + b[FG_READ_VARIANCE * L + l];
        gate.v[l] = -slope.v[l] * strength[l];
        sum_s.v[l] = gate.v[l] * gate.v[l] * variance;
        z.v[l] = strength[l] * value.v[l] +
                 gate.v[l] * (sum->lag[l] + b[FG_READ_LAG * L + l] + factor[l] * variance);
    }
    cavity_sole(&eta, &lambda, &d->y, y, bad);
    weigh(&ty, &none_s, &none_m, strength, &eta, &lambda);
    send_apart(d->y_eta + y, d->y_lambda + y, &ty, &sum_s, &sum_m, strength, z.v, &d->blend, counter, drops,
               rejected);
    /* The message to a variable with J = gate: its eta is the score, its lambda the information. */
    send(factor, &ty, &sum_s, &sum_m, gate.v, z.v, &d->blend, counter + L, drops, rejected);
}

FG_INLINE void add_to_weights(const fg_conv_rebuilt_run *d, size_t at, int group, bool x_free) {
    const uint32_t *active = d->active + at * d->active_step;
    const size_t n = d->n_active[at * d->n_active_step], step = d->x_step;
    const float *x = (x_free ? d->x_seen : d->x) + at * step,
                *square = (x_free ? d->x_seen_square : d->x_square) + at * step;
    const vec *factor = (const vec *)(d->factor + at * FG_CONV_REBUILT);
    for (size_t i = 0; i < n; i++) {
        vec *to = (vec *)(d->sum_w + active[i] * 2 * L), eta = to[0], lambda = to[1];
        const ptrdiff_t offset = d->offset[active[i]];
        for (int p = 0; p < group; p++) {
            const size_t in = (size_t)p * step + (size_t)offset;
            eta += factor[2 * p] * x[in];
            lambda += factor[2 * p + 1] * square[in];
        }
        to[0] = eta;
        to[1] = lambda;
    }
    vec *to = (vec *)(d->sum_w + d->terms * 2 * L);
    for (int p = 0; p < group && d->bias; p++) {
        to[0] += factor[2 * p];
        to[1] += factor[2 * p + 1];
    }
}

/* Here the lanes are channels of the input. */
FG_INLINE void add_to_inputs(const fg_conv_rebuilt_run *d, size_t at, int group) {
    const float *factor = d->factor + at * FG_CONV_REBUILT, *from = d->turned;
    const size_t taps = d->terms / d->channels;
    for (size_t tap = 0; tap < taps; tap++)
        for (size_t first = 0; first < d->channels; first += L, from += L * L) {
            vec eta[GROUP] = {{0}}, lambda[GROUP] = {{0}};
            for (int f = 0; f < L; f++) {
                const vec w = ((const vec *)from)[f], square = w * w;
                for (int p = 0; p < group; p++) {
                    eta[p] += w * factor[p * FG_CONV_REBUILT + f];
                    lambda[p] += square * factor[p * FG_CONV_REBUILT + L + f];
                }
            }
            for (int p = 0; p < group; p++) {
                const size_t slot =
                    (at + (size_t)p) * d->x_step + first * d->x_channel + (size_t)d->offset[tap];
                if (d->x_padded) {
                    *(vec *)(d->sum_x_eta + slot) += eta[p];
                    *(vec *)(d->sum_x_lambda + slot) += lambda[p];
                    continue;
                }
                for (size_t c = 0; c < L && first + c < d->channels; c++) {
                    d->sum_x_eta[slot + c * d->x_channel] += eta[p][c];
                    d->sum_x_lambda[slot + c * d->x_channel] += lambda[p][c];
                }
            }
        }
}

FG_INLINE void positions(const fg_conv_rebuilt_run *d, size_t at, int group, bool x_free, int drops,
                         lanes *bad, lanes *rejected) {
    sums sum[GROUP];
    sum_terms(sum, d, at, group, x_free);
    for (int p = 0; p < group; p++)
        update_factors(sum + p, d, at + (size_t)p, drops, bad, rejected);
    add_to_weights(d, at, group, x_free);
    if (x_free)
        add_to_inputs(d, at, group);
}

FG_INLINE fg_trouble run(const fg_conv_rebuilt_run *d, bool x_free, int drops) {
    lanes bad = {{0}}, rejected = {{0}};
    size_t p = 0;
    for (; x_free && p + GROUP <= d->positions; p += GROUP)
        positions(d, p, GROUP, x_free, drops, &bad, &rejected);
    for (; p < d->positions; p++)
        positions(d, p, 1, x_free, drops, &bad, &rejected);
    return (fg_trouble){count(&bad), count(&rejected)};
}

fg_trouble FG_KERNEL(fg_conv_rebuilt)(const fg_conv_rebuilt_run *d);

fg_trouble FG_KERNEL(fg_conv_rebuilt)(const fg_conv_rebuilt_run *d) {
    if (d->x_variance)
        return d->blend.drop ? run(d, true, 1) : run(d, true, 0);
    return d->blend.drop ? run(d, false, 1) : run(d, false, 0);
}
