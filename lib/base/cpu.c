#include "base/cpu.h"

#include <stdatomic.h>
#include <string.h>

static const char *const names[FG_ISA_COUNT] = {"portable", "avx2", "avx512"};
static _Atomic int selected = -1;

const char *fg_isa_name(fg_isa isa) {
    return names[isa];
}

fg_isa fg_isa_best(void) {
#ifdef FG_HAVE_X86_KERNELS
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw"))
        return FG_ISA_AVX512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return FG_ISA_AVX2;
#endif
    return FG_ISA_PORTABLE;
}

fg_isa fg_isa_current(void) {
    int isa = atomic_load(&selected);
    return isa < 0 ? fg_isa_best() : (fg_isa)isa;
}

int fg_isa_select(const char *name, fg_err *err) {
    if (!name || !*name) {
        atomic_store(&selected, -1);
        return FG_OK;
    }
    for (int i = 0; i < FG_ISA_COUNT; i++)
        if (!strcmp(name, names[i])) {
            if (i > (int)fg_isa_best())
                return fg_err_set(err, FG_EINVAL, "FG_ISA: %s is not supported here; the best is %s", name,
                                  names[fg_isa_best()]);
            atomic_store(&selected, i);
            return FG_OK;
        }
    return fg_err_set(err, FG_EINVAL, "FG_ISA: '%s' is not one of portable, avx2, avx512", name);
}
