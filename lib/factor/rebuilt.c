#include "factor/rebuilt.h"

#include "base/thread.h"

bool fg_rebuilt_wanted(const fg_net *net, const fg_set *set) {
    return net->storage == FG_STORAGE_FACTOR && set->weight->role == FG_ROLE_FREE;
}

size_t fg_rebuilt_size(const fg_set *set, size_t rows) {
    return rows * FG_REBUILT_SIZE + (set->in->role == FG_ROLE_FREE ? 3 * set->in->slots : 0);
}

void fg_rebuilt_place(fg_rebuilt *r, const fg_set *set, size_t rows, float *at) {
    *r = (fg_rebuilt){.w = at};
    if (at && set->in->role == FG_ROLE_FREE) {
        r->x_seen = at + rows * FG_REBUILT_SIZE;
        r->x_middle = r->x_seen + set->in->slots;
        r->x_sum = r->x_middle + set->in->slots;
    }
}

float fg_rebuilt_fresh(const fg_step *step) {
    return step->first ? 1 : (1 - step->damping) * (1 - step->dropout);
}

/* The share of a sum that is new, where all but `fresh` of the old one is left. */
static inline float new_share(float fresh, float old, float sum) {
    float share = sum > 0 ? 1 - (1 - fresh) * old / sum : 0;
    return share > 0 ? share : 0;
}

double fg_rebuilt_move(const fg_rebuilt *r, size_t row, size_t lane, const float *parameters, double lambda,
                       const fg_step *step) {
    const float *from = parameters + row * FG_PARAMETER_SIZE + lane;
    const float eta = from[FG_PARAMETER_ETA * FG_LANES], precision = from[FG_PARAMETER_LAMBDA * FG_LANES];
    float *kept = r->w + row * FG_REBUILT_SIZE + lane, *middle = kept + FG_REBUILT_MIDDLE * FG_LANES,
          *sum = kept + FG_REBUILT_SUM * FG_LANES;
    if (precision > 0)
        *middle += new_share(fg_rebuilt_fresh(step), *sum, (float)lambda) * (eta / precision - *middle);
    *sum = (float)lambda;
    return (double)*middle;
}

const float *fg_rebuilt_see(const fg_rebuilt *r, size_t row, const float *parameters, const fg_step *step) {
    const float fresh = fg_rebuilt_fresh(step), *lin = parameters + row * FG_PARAMETER_SIZE;
    float *seen = r->w + row * FG_REBUILT_SIZE + FG_REBUILT_SEEN * FG_LANES;
    for (int l = 0; l < FG_LANES; l++)
        seen[l] += fresh * (lin[FG_PARAMETER_LIN * FG_LANES + l] - seen[l]);
    return seen;
}

void fg_rebuilt_see_inputs(const fg_rebuilt *r, const fg_set *set, const fg_step *step) {
    const float fresh = fg_rebuilt_fresh(step);
    const size_t slots = r->x_seen ? set->in->slots : 0;
#pragma omp parallel for simd schedule(static) num_threads(fg_threads()) if (slots > 20000)
    for (size_t i = 0; i < slots; i++)
        r->x_seen[i] += fresh * (set->in->lin[i] - r->x_seen[i]);
}

void fg_rebuilt_move_inputs(const fg_rebuilt *r, const fg_set *set, const fg_step *step) {
    const float fresh = fg_rebuilt_fresh(step);
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
