/* Instruction sets: what this processor has, and which one the message kernels use. */
#ifndef FG_BASE_CPU_H
#define FG_BASE_CPU_H

#include "base/err.h"

/* In rising order; each includes those before it. */
typedef enum fg_isa { FG_ISA_PORTABLE, FG_ISA_AVX2, FG_ISA_AVX512, FG_ISA_COUNT } fg_isa;

/* "portable", "avx2" or "avx512". */
const char *fg_isa_name(fg_isa isa);

/* The best set that was compiled in and that this processor and system support. */
fg_isa fg_isa_best(void);

/* The set in use: fg_isa_best() until fg_isa_select. */
fg_isa fg_isa_current(void);

/* Selects a set by name; NULL or "" selects the best. FG_EINVAL when the name is unknown or the processor
 * lacks it. Commands call it once with the environment variable FG_ISA. Not to be called while a graph runs.
 */
int fg_isa_select(const char *name, fg_err *err);

#endif
