/* An index of names, for the variables of explicit graphs. */
#ifndef FG_MODEL_NAMES_H
#define FG_MODEL_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

typedef struct fg_names {
    char *const *names; /* not owned; must stay where they are */
    size_t *slots;      /* index + 1, or 0 */
    size_t mask;
    uint64_t seed;
} fg_names;

/* Indexes n names. *duplicate becomes the index of the first name that stands there before, or SIZE_MAX.
 * End with fg_names_free, also after FG_ENOMEM (the only failure). */
int fg_names_build(fg_names *index, size_t *duplicate, char *const *names, size_t n, fg_err *err);

/* The index of a name, or SIZE_MAX. */
size_t fg_names_find(const fg_names *index, const char *name);

void fg_names_free(fg_names *index);

#endif
