#include "factor/rebuilt.h"

#include "base/thread.h"

bool fg_rebuilt_wanted(const fg_net *net, const fg_set *set) {
    return net->storage == FG_STORAGE_FACTOR && set->weight->role == FG_ROLE_FREE;
}

size_t fg_rebuilt_size(const fg_set *set, size_t rows) {
    return rows * FG_KEPT_SIZE + (set->in->role == FG_ROLE_FREE ? 4 * set->in->slots : 0);
}

void fg_rebuilt_take(fg_rebuilt *r, const fg_set *set, size_t rows, float *at, fg_ws *ws) {
    const bool x_free = set->in->role == FG_ROLE_FREE;
    *r = (fg_rebuilt){.w = at};
    if (at && x_free) {
        r->x_seen = at + rows * FG_KEPT_SIZE;
        r->x_middle = r->x_seen + set->in->slots;
        r->x_sum = r->x_middle + set->in->slots;
        r->x_mean = r->x_sum + set->in->slots;
    }
    r->rows = fg_ws_take(ws, rows * FG_READ_SIZE, sizeof(float));
    if (x_free)
        r->x_variance = fg_ws_take(ws, set->in->slots, sizeof(float));
}

/* The share of a message that an update renews, on average. */
static float renewed(const fg_step *step) {
    return step->first ? 1 : (1 - step->damping) * (1 - step->dropout);
}

/* By how many moves means are extrapolated. The first iterations of a batch move too far for that. */
static float further(const fg_step *step) {
    return step->iteration < 30 ? 0 : step->extrapolate;
}

/* Nothing is known of a variable without precision: its variance is as large as leaves products finite. */
static inline float variance(float lambda) {
    return lambda > 1e-15f ? 1 / lambda : 1e15f;
}

void fg_rebuilt_prepare(const fg_rebuilt *r, size_t row, const float *parameters, const fg_step *step) {
    const float *from = parameters + row * FG_PARAMETER_SIZE, fresh = renewed(step), on = further(step);
    float *kept = r->w + row * FG_KEPT_SIZE, *to = r->rows + row * FG_READ_SIZE;
    for (int l = 0; l < FG_LANES; l++) {
        const float lin = from[FG_PARAMETER_LIN * FG_LANES + l], eta = from[FG_PARAMETER_ETA * FG_LANES + l],
                    lambda = from[FG_PARAMETER_LAMBDA * FG_LANES + l], mean = lambda > 0 ? eta / lambda : lin;
        float *seen = kept + FG_KEPT_SEEN * FG_LANES + l, *last = kept + FG_KEPT_MEAN * FG_LANES + l;
        to[FG_READ_LIN * FG_LANES + l] = lin;
        to[FG_READ_LAG * FG_LANES + l] = lin - mean - on * (mean - *last);
        to[FG_READ_VARIANCE * FG_LANES + l] = variance(lambda);
        *seen += fresh * (lin - *seen);
        *last = mean;
    }
}

void fg_rebuilt_prepare_inputs(const fg_rebuilt *r, const fg_set *set, const fg_step *step) {
    const float fresh = renewed(step), on = further(step);
    const size_t slots = r->x_seen ? set->in->slots : 0, lags = r->x_lag ? slots : 0;
    const float *restrict lin = set->in->lin, *restrict lambda = set->in->lambda;
    float *restrict seen = r->x_seen, *restrict last = r->x_mean, *restrict lag = r->x_lag,
                    *restrict var = r->x_variance;
#pragma omp parallel for simd schedule(static) num_threads(fg_threads()) if (lags > 20000)
    for (size_t i = 0; i < lags; i++)
        lag[i] = on * (last[i] - lin[i]);
#pragma omp parallel for simd schedule(static) num_threads(fg_threads()) if (slots > 20000)
    for (size_t i = 0; i < slots; i++) {
        var[i] = variance(lambda[i]);
        seen[i] += fresh * (lin[i] - seen[i]);
        last[i] = lin[i];
    }
}

/* The share of a sum that is new, where all but `fresh` of the old one is left. */
static inline float new_share(float fresh, float old, float sum) {
    float share = sum > 0 ? 1 - (1 - fresh) * old / sum : 0;
    return share > 0 ? share : 0;
}

double fg_rebuilt_move(const fg_rebuilt *r, size_t row, size_t lane, double lambda, const fg_step *step) {
    float *kept = r->w + row * FG_KEPT_SIZE + lane, *middle = kept + FG_KEPT_MIDDLE * FG_LANES,
          *sum = kept + FG_KEPT_SUM * FG_LANES;
    *middle += new_share(renewed(step), *sum, (float)lambda) * (kept[FG_KEPT_MEAN * FG_LANES] - *middle);
    *sum = (float)lambda;
    return (double)*middle;
}

void fg_rebuilt_move_inputs(const fg_rebuilt *r, const fg_set *set, const fg_step *step) {
    const float fresh = renewed(step);
    if (!r->x_seen)
        return;
    const fg_group *in = set->in;
    const float *restrict lin = in->lin, *restrict lambda = in->sums[set->in_sums].lambda_single;
    float *restrict eta = in->sums[set->in_sums].eta_single, *restrict middle = r->x_middle,
                    *restrict sum = r->x_sum;
#pragma omp parallel for simd schedule(static) num_threads(fg_threads()) if (in->slots > 20000)
    for (size_t i = 0; i < in->slots; i++) {
        middle[i] += new_share(fresh, sum[i], lambda[i]) * (lin[i] - middle[i]);
        sum[i] = lambda[i];
        eta[i] += middle[i] * lambda[i];
    }
}
