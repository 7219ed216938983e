/* Ready-made specs. */
#ifndef FG_MODEL_PRESET_H
#define FG_MODEL_PRESET_H

#include <stddef.h>

#include "base/err.h"

typedef struct fg_preset {
    const char *name;
    const char *help; /* a phrase */
    const char *json; /* what is not a default */
} fg_preset;

/* All presets, in the order to list them. */
const fg_preset *fg_presets(size_t *n);

/* The preset with this name; FG_EINVAL, with the nearest name, if there is none. */
int fg_preset_find(const fg_preset **out, const char *name, fg_err *err);

#endif
