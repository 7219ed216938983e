/* What the kernel sources share. Included once per instruction set; everything is static. */
#ifndef FG_FACTOR_KERNELS_COMMON_H
#define FG_FACTOR_KERNELS_COMMON_H

#include <float.h>
#include <math.h>
#include <stdbool.h>

#include "base/rng.h"
#include "factor/kernels/kernels.h"

#define FG_PASTE2(name, isa) name##_##isa
#define FG_PASTE(name, isa)  FG_PASTE2(name, isa)
#define FG_KERNEL(name)      FG_PASTE(name, FG_ISA)

#ifdef _OPENMP
#define FG_SIMD _Pragma("omp simd")
#else
#define FG_SIMD
#endif
/* Kernels are specialised by inlining. Builds that seek faults (FG_CHECKED) do without: a kernel of theirs is
 * a tenth in size, and compiles in a second instead of half a minute. */
#ifdef FG_CHECKED
#define FG_INLINE static inline
#else
#define FG_INLINE static inline __attribute__((always_inline))
#endif

/* Cavity precisions under this count as none: their reciprocal would not be finite. */
#define FG_FLAT 1e-30f

/* A message can be stored: its precision is not negative and both parts are finite (false for NaN). */
FG_INLINE int fg_message_sound(float eta, float lambda) {
    return (lambda >= 0) & (lambda <= FLT_MAX) & (fabsf(eta) <= FLT_MAX);
}

#endif
