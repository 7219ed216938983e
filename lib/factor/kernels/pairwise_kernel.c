#include "factor/kernels/common.h"

/* k / sigma^2 at a squared difference. */
FG_INLINE float link_weight(fg_robust robust, float weight, float cap, float squared) {
    float energy = squared * weight;
    if (robust == FG_ROBUST_NONE)
        return weight;
    float ratio = cap / (energy > cap ? energy : cap);
    return robust == FG_ROBUST_TUKEY ? weight * ratio : weight * (2 * sqrtf(ratio) - ratio);
}

/* A cavity (eta, lambda) seen through a link of precision w is scaled by w / (w + lambda); 0 where nothing is
 * known. */
FG_INLINE float link_scale(float w, float lambda) {
    return lambda > FG_FLAT ? w / (w + lambda) : 0;
}

FG_INLINE fg_trouble pairwise(const fg_pairwise_run *run, fg_robust robust, bool drops) {
    const float *restrict a_mean = run->a_mean, *restrict a_eta = run->a_eta,
                          *restrict a_lambda = run->a_lambda;
    const float *restrict b_mean = run->b_mean, *restrict b_eta = run->b_eta,
                          *restrict b_lambda = run->b_lambda;
    float *restrict ta_eta = run->to_a_eta, *restrict ta_lambda = run->to_a_lambda;
    float *restrict tb_eta = run->to_b_eta, *restrict tb_lambda = run->to_b_lambda;
    const float weight = run->weight, cap = run->threshold * run->threshold;
    const float keep = run->blend.keep, fresh = 1 - keep;
    const uint32_t key0 = run->blend.key0, key1 = run->blend.key1, drop = run->blend.drop,
                   first = run->counter;
    const size_t n = run->n;
    uint32_t improper = 0, rejected = 0;
#pragma omp simd reduction(+ : improper, rejected)
    for (size_t i = 0; i < n; i++) {
        float difference = a_mean[i] - b_mean[i];
        float w = link_weight(robust, weight, cap, difference * difference);
        float old_a_eta = ta_eta[i], old_a_lambda = ta_lambda[i];
        float old_b_eta = tb_eta[i], old_b_lambda = tb_lambda[i];
        float la = a_lambda[i] - old_a_lambda, lb = b_lambda[i] - old_b_lambda;
        float ra = link_scale(w, la), rb = link_scale(w, lb);
        float to_b_eta = ra * (a_eta[i] - old_a_eta), to_b_lambda = ra * la;
        float to_a_eta = rb * (b_eta[i] - old_b_eta), to_a_lambda = rb * lb;
        int sound_a = fg_message_sound(to_a_eta, to_a_lambda),
            sound_b = fg_message_sound(to_b_eta, to_b_lambda);
        improper += (uint32_t)(la < 0) + (uint32_t)(lb < 0);
        rejected += (uint32_t)!sound_a + (uint32_t)!sound_b;
        int take_a = sound_a, take_b = sound_b;
        if (drops) {
            uint32_t counter = first + 2 * (uint32_t)i;
            take_a &= fg_rng_lane(key0, key1, counter) >= drop;
            take_b &= fg_rng_lane(key0, key1, counter + 1) >= drop;
        }
        float new_a_eta = keep * old_a_eta + fresh * to_a_eta,
              new_a_lambda = keep * old_a_lambda + fresh * to_a_lambda;
        float new_b_eta = keep * old_b_eta + fresh * to_b_eta,
              new_b_lambda = keep * old_b_lambda + fresh * to_b_lambda;
        ta_eta[i] = take_a ? new_a_eta : old_a_eta;
        ta_lambda[i] = take_a ? new_a_lambda : old_a_lambda;
        tb_eta[i] = take_b ? new_b_eta : old_b_eta;
        tb_lambda[i] = take_b ? new_b_lambda : old_b_lambda;
    }
    return (fg_trouble){improper, rejected};
}

fg_trouble FG_KERNEL(fg_pairwise)(const fg_pairwise_run *run);

fg_trouble FG_KERNEL(fg_pairwise)(const fg_pairwise_run *run) {
    bool drops = run->blend.drop != 0;
    switch (run->robust) {
    case FG_ROBUST_TUKEY:
        return drops ? pairwise(run, FG_ROBUST_TUKEY, true) : pairwise(run, FG_ROBUST_TUKEY, false);
    case FG_ROBUST_HUBER:
        return drops ? pairwise(run, FG_ROBUST_HUBER, true) : pairwise(run, FG_ROBUST_HUBER, false);
    case FG_ROBUST_NONE:
        break;
    }
    return drops ? pairwise(run, FG_ROBUST_NONE, true) : pairwise(run, FG_ROBUST_NONE, false);
}
