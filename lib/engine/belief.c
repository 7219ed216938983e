#include "base/thread.h"
#include "engine/wired.h"
#include "factor/kernels/kernels.h"

#include <math.h>

enum { BLOCKS = 16, SMALL = 8192 };

void fg_group_refresh(fg_group *group) {
    if (group->role == FG_ROLE_CONSTANT)
        return;
    const fg_kernels *kernels = fg_kernels_current();
    float change = 0;
    size_t broken = 0;
#pragma omp parallel for schedule(static) reduction(max : change) reduction(+ : broken)                                 \
    num_threads(fg_threads()) if (group->slots > SMALL)
    for (size_t b = 0; b < BLOCKS; b++) {
        size_t from = fg_block_start(group->slots, BLOCKS, b);
        fg_refresh refresh = {
            .from = from,
            .n = fg_block_start(group->slots, BLOCKS, b + 1) - from,
            .n_sums = group->n_sums,
            .sums = group->sums,
            .prior_eta = group->prior_eta,
            .prior_lambda = group->prior_lambda,
            .prior_etas = group->prior_etas,
            .prior_lambdas = group->prior_lambdas,
            .eta = group->eta,
            .eta_lo = group->eta_lo,
            .lambda = group->lambda,
            .lambda_lo = group->lambda_lo,
            .mean = group->mean,
        };
        fg_refreshed done =
            group->single ? kernels->refresh_single(&refresh) : kernels->refresh_wide(&refresh);
        change = done.change > change ? done.change : change;
        broken += done.broken;
    }
    group->change = sqrt((double)change);
    group->broken = broken;
}
