#include "base/thread.h"
#include "engine/wired_internal.h"
#include "factor/kernels/kernels.h"

#include <math.h>

enum { BLOCKS = 16, SMALL = 8192 };

static fg_refreshed refresh_run(const fg_group *group, size_t from, size_t n) {
    const fg_kernels *kernels = fg_kernels_current();
    fg_refresh refresh = {
        .from = from,
        .n = n,
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
    return group->single ? kernels->refresh_single(&refresh) : kernels->refresh_wide(&refresh);
}

/* A block of the slots, or of the rows where there are margins to leave out. */
static fg_refreshed refresh_block(const fg_group *group, size_t block) {
    size_t rows = group->n * group->shape.channels * group->shape.height;
    size_t all = group->margin ? rows : group->slots;
    size_t from = fg_block_start(all, BLOCKS, block), end = fg_block_start(all, BLOCKS, block + 1);
    if (!group->margin)
        return refresh_run(group, from, end - from);
    fg_refreshed sum = {0, 0};
    for (size_t row = from; row < end; row++) {
        fg_refreshed done = refresh_run(group, fg_group_row(group, row), group->shape.width);
        sum.change = done.change > sum.change ? done.change : sum.change;
        sum.broken += done.broken;
    }
    return sum;
}

void fg_group_refresh(fg_group *group) {
    float change = 0;
    size_t broken = 0;
    if (group->role == FG_ROLE_CONSTANT)
        return;
#pragma omp parallel for schedule(static) reduction(max : change) reduction(+ : broken)                      \
    num_threads(fg_threads()) if (group->slots > SMALL)
    for (size_t b = 0; b < BLOCKS; b++) {
        fg_refreshed done = refresh_block(group, b);
        change = done.change > change ? done.change : change;
        broken += done.broken;
    }
    group->change = sqrt((double)change);
    group->broken = broken;
}
