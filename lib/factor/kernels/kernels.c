#include "factor/kernels/kernels.h"

#include "base/cpu.h"
#include "base/rng.h"

#define DECLARE(isa)                                                                                         \
    fg_trouble fg_rank1_##isa(const fg_rank1_block *);                                                       \
    fg_trouble fg_dense_##isa(const fg_dense_block *);                                                       \
    fg_trouble fg_tconv_##isa(const fg_tconv_row *);                                                         \
    void fg_tconv_count_##isa(const fg_tconv_row *);                                                         \
    void fg_tconv_drive_##isa(const fg_tconv_drive *);                                                       \
    fg_trouble fg_pairwise_##isa(const fg_pairwise_run *);                                                   \
    fg_refreshed fg_refresh_single_##isa(const fg_refresh *);                                                \
    fg_refreshed fg_refresh_wide_##isa(const fg_refresh *);                                                  \
    void fg_observe_##isa(const fg_observe_run *);

#define TABLE(isa)                                                                                           \
    {                                                                                                        \
        fg_rank1_##isa, fg_dense_##isa, fg_tconv_##isa, fg_tconv_count_##isa, fg_tconv_drive_##isa,          \
            fg_pairwise_##isa, fg_refresh_single_##isa, fg_refresh_wide_##isa, fg_observe_##isa              \
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

fg_beliefs fg_beliefs_at(const fg_group *group, size_t slot) {
    if (!group || group->role == FG_ROLE_CONSTANT)
        return (fg_beliefs){0};
    return (fg_beliefs){group->eta + slot, group->eta_lo + slot, group->lambda + slot,
                        group->lambda_lo + slot};
}
