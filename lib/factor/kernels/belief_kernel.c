#include "factor/kernels/common.h"

/* The two parts of a double: high + low is right to 48 bits. */
FG_INLINE void split(float *high, float *low, double x) {
    *high = (float)x;
    *low = (float)(x - (double)*high);
}

/* How far a belief moved, squared: the mean in its old or new standard deviations, whichever are wider (a
 * vague belief that is told something precise has not run away), the precision relative to the new one. */
FG_INLINE float moved(float old_mean, float new_mean, float old_lambda, float new_lambda, float variance) {
    float d = new_mean - old_mean, p = (new_lambda - old_lambda) * variance;
    float mean_part = d * d * (old_lambda < new_lambda ? old_lambda : new_lambda), precision_part = p * p;
    return mean_part > precision_part ? mean_part : precision_part;
}

fg_refreshed FG_KERNEL(fg_refresh_single)(const fg_refresh *r);
fg_refreshed FG_KERNEL(fg_refresh_wide)(const fg_refresh *r);
void FG_KERNEL(fg_observe)(const fg_observe_run *run);

FG_INLINE fg_refreshed refresh_single(const fg_refresh *r, int n_sums) {
    const float prior_eta = (float)r->prior_eta, prior_lambda = (float)r->prior_lambda;
    const float *restrict eta0 = r->sums[0].eta_single + r->from, *restrict lambda0 =
                                                                      r->sums[0].lambda_single + r->from;
    const float *restrict eta1 = r->sums[n_sums > 1].eta_single + r->from;
    const float *restrict lambda1 = r->sums[n_sums > 1].lambda_single + r->from;
    float *restrict eta = r->eta + r->from, *restrict lambda = r->lambda + r->from,
                    *restrict mean = r->mean + r->from;
    float change = 0;
    uint32_t broken = 0;
#pragma omp simd reduction(max : change) reduction(+ : broken)
    for (size_t i = 0; i < r->n; i++) {
        float e = prior_eta + eta0[i], p = prior_lambda + lambda0[i];
        if (n_sums > 1) {
            e += eta1[i];
            p += lambda1[i];
        }
        bool informed = p > FG_FLAT;
        float variance = 1 / (informed ? p : 1);
        float m = informed ? e * variance : mean[i];
        float step = moved(mean[i], m, lambda[i], p, variance);
        change = step > change ? step : change;
        broken += (uint32_t) !((p >= 0) & (p <= FLT_MAX) & (fabsf(m) <= FLT_MAX));
        eta[i] = e;
        lambda[i] = p;
        mean[i] = m;
    }
    return (fg_refreshed){change, broken};
}

/* More than two sets on one single group: adds the further sums into the first belief pass. */
static fg_refreshed refresh_single_many(const fg_refresh *r) {
    fg_refreshed out = {0, 0};
    for (size_t i = r->from; i < r->from + r->n; i++) {
        float e = (float)r->prior_eta, p = (float)r->prior_lambda;
        for (int s = 0; s < r->n_sums; s++) {
            e += r->sums[s].eta_single[i];
            p += r->sums[s].lambda_single[i];
        }
        float variance = 1 / (p > FG_FLAT ? p : 1), m = p > FG_FLAT ? e * variance : r->mean[i];
        float step = moved(r->mean[i], m, r->lambda[i], p, variance);
        out.change = step > out.change ? step : out.change;
        out.broken += !((p >= 0) & (p <= FLT_MAX) & (fabsf(m) <= FLT_MAX));
        r->eta[i] = e;
        r->lambda[i] = p;
        r->mean[i] = m;
    }
    return out;
}

fg_refreshed FG_KERNEL(fg_refresh_single)(const fg_refresh *r) {
    if (r->n_sums == 2)
        return refresh_single(r, 2);
    return r->n_sums == 1 ? refresh_single(r, 1) : refresh_single_many(r);
}

/* In double, so that changes far below a float's digits are still seen. */
FG_INLINE float moved_wide(double old_eta, double old_lambda, double eta, double lambda) {
    if (!(lambda > 1e-200))
        return 0;
    double old_mean = old_lambda > 1e-200 ? old_eta / old_lambda : 0;
    double d = eta / lambda - old_mean, p = (lambda - old_lambda) / lambda;
    return (float)fmax(d * d * fmin(old_lambda, lambda), p * p);
}

fg_refreshed FG_KERNEL(fg_refresh_wide)(const fg_refresh *r) {
    float change = 0;
    uint64_t broken = 0;
    for (size_t i = r->from; i < r->from + r->n; i++) {
        double e = r->prior_etas ? r->prior_etas[i] : r->prior_eta;
        double p = r->prior_lambdas ? r->prior_lambdas[i] : r->prior_lambda;
        for (int s = 0; s < r->n_sums; s++) {
            e += r->sums[s].eta[i];
            p += r->sums[s].lambda[i];
        }
        float step = moved_wide((double)r->eta[i] + (double)r->eta_lo[i],
                                (double)r->lambda[i] + (double)r->lambda_lo[i], e, p);
        float m = p > 1e-200 ? (float)(e / p) : r->mean[i];
        change = step > change ? step : change;
        broken += !((p >= 0) & (p <= (double)FLT_MAX) & (fabsf(m) <= FLT_MAX));
        split(&r->eta[i], &r->eta_lo[i], e);
        split(&r->lambda[i], &r->lambda_lo[i], p);
        r->mean[i] = m;
    }
    return (fg_refreshed){change, broken};
}

FG_INLINE void observe(const fg_observe_run *run, fg_robust robust) {
    const float *restrict mean = run->mean, *restrict value = run->value, *restrict mask = run->mask;
    float *restrict eta = run->eta, *restrict lambda = run->lambda;
    const float cap = run->threshold * run->threshold;
#pragma omp simd
    for (size_t i = 0; i < run->n; i++) {
        float d = value[i] - mean[i], energy = d * d * run->weight;
        float ratio = robust == FG_ROBUST_NONE ? 1 : cap / (energy > cap ? energy : cap);
        float k = robust == FG_ROBUST_HUBER ? 2 * sqrtf(ratio) - ratio : ratio;
        float p = mask[i] * run->weight * k;
        eta[i] = p * value[i];
        lambda[i] = p;
    }
}

void FG_KERNEL(fg_observe)(const fg_observe_run *run) {
    switch (run->robust) {
    case FG_ROBUST_TUKEY:
        observe(run, FG_ROBUST_TUKEY);
        break;
    case FG_ROBUST_HUBER:
        observe(run, FG_ROBUST_HUBER);
        break;
    case FG_ROBUST_NONE:
        observe(run, FG_ROBUST_NONE);
        break;
    }
}
