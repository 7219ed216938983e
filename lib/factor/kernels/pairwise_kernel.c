#include "factor/kernels/common.h"

/* One message: a cavity (eta, lambda) seen through a link of precision w has precision w lambda / (w +
 * lambda). */
FG_INLINE bool through_link(float *out_eta, float *out_lambda, float eta, float lambda, float w) {
    bool informed = lambda > FG_FLAT;
    float r = w / (w + (informed ? lambda : 1));
    *out_eta = informed ? r * eta : 0;
    *out_lambda = informed ? r * lambda : 0;
    return fg_message_sound(*out_eta, *out_lambda);
}

FG_INLINE float link_weight(const fg_pairwise_run *run, fg_robust robust, float difference) {
    float energy = difference * difference * run->weight, cap = run->threshold * run->threshold;
    if (robust == FG_ROBUST_NONE)
        return run->weight;
    float ratio = cap / (energy > cap ? energy : cap);
    if (robust == FG_ROBUST_TUKEY)
        return run->weight * ratio;
    return run->weight * (2 * sqrtf(ratio) - ratio);
}

FG_INLINE fg_trouble pairwise(const fg_pairwise_run *run, fg_robust robust, bool blended) {
    const float *restrict a_mean = run->a_mean, *restrict a_eta = run->a_eta,
                          *restrict a_lambda = run->a_lambda;
    const float *restrict b_mean = run->b_mean, *restrict b_eta = run->b_eta,
                          *restrict b_lambda = run->b_lambda;
    float *restrict ta_eta = run->to_a_eta, *restrict ta_lambda = run->to_a_lambda;
    float *restrict tb_eta = run->to_b_eta, *restrict tb_lambda = run->to_b_lambda;
    const float keep = run->blend.keep, take = 1 - keep;
    const fg_blend blend = run->blend;
    uint32_t improper = 0, rejected = 0;
#pragma omp simd reduction(+ : improper, rejected)
    for (uint32_t i = 0; i < (uint32_t)run->n; i++) {
        float w = link_weight(run, robust, a_mean[i] - b_mean[i]);
        float old_a_eta = ta_eta[i], old_a_lambda = ta_lambda[i], old_b_eta = tb_eta[i],
              old_b_lambda = tb_lambda[i];
        float la = a_lambda[i] - old_a_lambda, lb = b_lambda[i] - old_b_lambda;
        float to_a_eta, to_a_lambda, to_b_eta, to_b_lambda;
        bool sound_b = through_link(&to_b_eta, &to_b_lambda, a_eta[i] - old_a_eta, la, w);
        bool sound_a = through_link(&to_a_eta, &to_a_lambda, b_eta[i] - old_b_eta, lb, w);
        improper += (uint32_t)(la < 0) + (uint32_t)(lb < 0);
        rejected += (uint32_t)!sound_a + (uint32_t)!sound_b;
        bool take_a = sound_a, take_b = sound_b;
        if (blended) {
            uint32_t counter = run->counter + 2 * i;
            take_a &= fg_blend_takes(&blend, counter);
            take_b &= fg_blend_takes(&blend, counter + 1);
        }
        ta_eta[i] = take_a ? keep * old_a_eta + take * to_a_eta : old_a_eta;
        ta_lambda[i] = take_a ? keep * old_a_lambda + take * to_a_lambda : old_a_lambda;
        tb_eta[i] = take_b ? keep * old_b_eta + take * to_b_eta : old_b_eta;
        tb_lambda[i] = take_b ? keep * old_b_lambda + take * to_b_lambda : old_b_lambda;
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
