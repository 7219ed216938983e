#include <string.h>

#include "factor/kernels/terms.h"

/* J of every input over sigma: 1 at the first of the largest, or one share each. */
FG_INLINE void jacobian(float *restrict a, const fg_pool_window *d, bool most, lanes *restrict value) {
    const float *restrict strength = d->strength;
    const float share = 1 / (float)d->size;
    lanes best = {{0}}, at = {{0}};
    if (most)
        memcpy(best.v, d->x_mean + d->offset[0], sizeof best);
    for (size_t i = most; i < d->size; i++) {
        const float *restrict x = d->x_mean + d->offset[i];
        if (most) {
            FG_SIMD for (int l = 0; l < L; l++) {
                float new = x[l], old = best.v[l], place = at.v[l];
                int more = new > old;
                best.v[l] = more ? new : old;
                at.v[l] = more ? (float)i : place;
            }
        } else {
            FG_SIMD for (int l = 0; l < L; l++) best.v[l] += x[l] * share;
        }
    }
    for (size_t i = 0; i < d->size; i++) {
        float *restrict to = a + i * L;
        const float here = (float)i;
        FG_SIMD for (int l = 0; l < L; l++) {
            float one = strength[l], chosen = at.v[l] == here ? one : 0;
            to[l] = most ? chosen : one * share;
        }
    }
    *value = best;
}

FG_INLINE fg_trouble window(const fg_pool_window *d, bool x_free, int drops) {
    term *ty = (term *)d->scratch, *tx = ty + 1;
    float *a = (float *)(tx + d->size);
    lanes eta, lambda, value, minus, z, bad = {{0}}, rejected = {{0}}, sum_s = {{0}}, sum_m = {{0}},
                                        after_s = {{0}}, after_m = {{0}};
    if (d->most)
        jacobian(a, d, true, &value);
    else
        jacobian(a, d, false, &value);
    FG_SIMD for (int l = 0; l < L; l++) {
        minus.v[l] = -d->strength[l];
        z.v[l] = x_free ? 0 : minus.v[l] * value.v[l];
    }
    cavity_sole(&eta, &lambda, &d->y, 0, &bad);
    weigh(ty, &sum_s, &sum_m, minus.v, &eta, &lambda);
    for (size_t i = 0; i < d->size && x_free; i++) {
        cavity_sole(&eta, &lambda, &d->x, (size_t)d->offset[i], &bad);
        weigh(tx + i, &sum_s, &sum_m, a + i * L, &eta, &lambda);
    }
    for (size_t i = d->size; i-- > 0 && x_free;)
        send_apart(d->x_eta + d->offset[i], d->x_lambda + d->offset[i], tx + i, &after_s, &after_m, a + i * L,
                   z.v, &d->blend, (uint32_t)(i + 1) * L, drops, &rejected);
    send_apart(d->y_eta, d->y_lambda, ty, &after_s, &after_m, minus.v, z.v, &d->blend, 0, drops, &rejected);
    return (fg_trouble){count(&bad), count(&rejected)};
}

FG_INLINE fg_trouble window_of(const fg_pool_window *d, int drops) {
    return d->x_role == FG_ROLE_FREE ? window(d, true, drops) : window(d, false, drops);
}

fg_trouble FG_KERNEL(fg_pool)(const fg_pool_window *d);

fg_trouble FG_KERNEL(fg_pool)(const fg_pool_window *d) {
    return d->blend.drop ? window_of(d, 1) : window_of(d, 0);
}
