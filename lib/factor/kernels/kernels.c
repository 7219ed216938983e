#include "factor/kernels/kernels.h"

#include "base/cpu.h"
#include "base/rng.h"

#define DECLARE(isa)                                                                                         \
    fg_trouble fg_rank1_##isa(const fg_rank1_block *);                                                       \
    fg_trouble fg_dense_##isa(const fg_dense_block *);                                                       \
    fg_trouble fg_tconv_##isa(const fg_tconv_row *);                                                         \
    void fg_tconv_count_##isa(const fg_tconv_row *);                                                         \
    void fg_tconv_drive_##isa(const fg_tconv_drive *);                                                       \
    fg_trouble fg_conv_##isa(const fg_conv_run *);                                                           \
    void fg_conv_drive_##isa(const fg_conv_drive *);                                                         \
    fg_trouble fg_conv_rebuilt_##isa(const fg_conv_rebuilt_run *);                                           \
    fg_trouble fg_pool_##isa(const fg_pool_window *);                                                        \
    fg_trouble fg_wide_##isa(const fg_wide_factor *);                                                        \
    fg_trouble fg_wide_rebuilt_##isa(const fg_wide_rebuilt_factor *);                                        \
    fg_trouble fg_pairwise_##isa(const fg_pairwise_run *);                                                   \
    fg_refreshed fg_refresh_single_##isa(const fg_refresh *);                                                \
    fg_refreshed fg_refresh_wide_##isa(const fg_refresh *);                                                  \
    void fg_observe_##isa(const fg_observe_run *);                                                           \
    void fg_joint_times_##isa(const fg_joint_times *);                                                       \
    void fg_joint_solve_##isa(const fg_joint_solve *);                                                       \
    void fg_joint_shrink_##isa(const fg_joint_shrink *);

#define TABLE(isa)                                                                                           \
    {                                                                                                        \
        fg_rank1_##isa, fg_dense_##isa, fg_tconv_##isa, fg_tconv_count_##isa, fg_tconv_drive_##isa,          \
            fg_conv_##isa, fg_conv_drive_##isa, fg_conv_rebuilt_##isa, fg_pool_##isa, fg_wide_##isa,         \
            fg_wide_rebuilt_##isa, fg_pairwise_##isa, fg_refresh_single_##isa, fg_refresh_wide_##isa,        \
            fg_observe_##isa, fg_joint_times_##isa, fg_joint_solve_##isa, fg_joint_shrink_##isa              \
    }

DECLARE(portable)
#ifdef FG_HAVE_X86_KERNELS
DECLARE(avx2)
DECLARE(avx512)
#endif

static const fg_kernels tables[] = {
    [FG_ISA_PORTABLE] = TABLE(portable),
#ifdef FG_HAVE_X86_KERNELS
    [FG_ISA_AVX2] = TABLE(avx2),
    [FG_ISA_AVX512] = TABLE(avx512),
#endif
};

const fg_kernels *fg_kernels_of(int isa) {
    return isa >= 0 && (size_t)isa < sizeof tables / sizeof *tables ? &tables[isa] : NULL;
}

const fg_kernels *fg_kernels_current(void) {
    return &tables[fg_isa_current()];
}

fg_blend fg_blend_make(const fg_step *step, uint64_t block) {
    uint64_t key = fg_rng_key(step->key, block);
    fg_blend blend = {.key0 = (uint32_t)key, .key1 = (uint32_t)(key >> 32)};
    if (!step->first) {
        blend.keep = step->damping;
        double drop = (double)step->dropout * 0x1p32; /* 2^32 where a dropout just under 1 was rounded to 1 */
        blend.drop = drop < 0x1p32 ? (uint32_t)drop : UINT32_MAX;
    }
    return blend;
}

/* y and b always have room, so that a block's layout depends on the roles alone. */
size_t fg_dense_messages(size_t inputs, fg_role x_role, fg_role w_role) {
    size_t per_input = (size_t)(x_role == FG_ROLE_FREE) + (w_role == FG_ROLE_FREE);
    return (inputs * per_input + 2) * 2 * FG_LANES;
}

size_t fg_dense_scratch(size_t inputs) {
    return (2 * inputs + 2) * 4 * FG_LANES;
}

size_t fg_conv_messages(size_t terms, fg_role x_role, fg_role w_role) {
    size_t per_term = (size_t)(x_role == FG_ROLE_FREE) + (w_role == FG_ROLE_FREE);
    return (terms * per_term + 1) * 2 * FG_LANES;
}

size_t fg_pool_scratch(size_t size) {
    return (size + 1) * 4 * FG_LANES + size * FG_LANES;
}

size_t fg_wide_messages(size_t rows, fg_role w_role) {
    return FG_LANES + rows * (w_role == FG_ROLE_FREE ? 4 : 2) * FG_LANES;
}

size_t fg_wide_scratch(size_t rows) {
    return rows * 6 * FG_LANES;
}

fg_cavities fg_cavities_of(const fg_group *group, int own, const fg_step *step, size_t slot) {
    fg_cavities c = {0};
    if (group->role != FG_ROLE_FREE)
        return c;
    if (step->together) {
        c.n = 1;
        c.eta[0] = group->eta + slot;
        c.lambda[0] = group->lambda + slot;
        c.own_eta = group->sums[own].eta_single + slot;
        c.own_lambda = group->sums[own].lambda_single + slot;
        return c;
    }
    c.prior_eta = (float)group->prior_eta;
    c.prior_lambda = (float)group->prior_lambda;
    for (int i = 0; i < group->n_sums; i++)
        if (i != own) {
            c.eta[c.n] = group->sums[i].eta_single + slot;
            c.lambda[c.n++] = group->sums[i].lambda_single + slot;
        }
    return c;
}

void fg_parameters_copy(float row[FG_PARAMETER_SIZE], const fg_group *group, size_t slot, size_t n) {
    bool known = !group || group->role == FG_ROLE_CONSTANT;
    for (size_t l = 0; l < FG_LANES; l++) {
        bool there = group && l < n;
        row[FG_PARAMETER_LIN * FG_LANES + l] = there ? group->lin[slot + l] : 0;
        row[FG_PARAMETER_ETA * FG_LANES + l] = there && !known ? group->eta[slot + l] : 0;
        row[FG_PARAMETER_ETA_LO * FG_LANES + l] = there && !known ? group->eta_lo[slot + l] : 0;
        row[FG_PARAMETER_LAMBDA * FG_LANES + l] = there && !known ? group->lambda[slot + l] : 1;
        row[FG_PARAMETER_LAMBDA_LO * FG_LANES + l] = there && !known ? group->lambda_lo[slot + l] : 0;
    }
}

fg_beliefs fg_beliefs_at(const fg_group *group, size_t slot) {
    if (!group || group->role == FG_ROLE_CONSTANT)
        return (fg_beliefs){0};
    return (fg_beliefs){group->eta + slot, group->eta_lo + slot, group->lambda + slot,
                        group->lambda_lo + slot};
}
