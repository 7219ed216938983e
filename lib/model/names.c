#include "model/names.h"

#include <string.h>

#include "base/mem.h"

/* FNV-1a, then mixed, so that the low bits depend on every byte. */
static uint64_t hash(const fg_names *index, const char *name) {
    uint64_t h = 0xcbf29ce484222325u ^ index->seed;
    for (; *name; name++)
        h = (h ^ (unsigned char)*name) * 0x100000001b3u;
    h ^= h >> 32;
    h *= 0xd6e8feb86659fd93u;
    return h ^ h >> 32;
}

static size_t *slot_of(const fg_names *index, const char *name) {
    size_t i = (size_t)hash(index, name) & index->mask;
    while (index->slots[i] && strcmp(index->names[index->slots[i] - 1], name))
        i = (i + 1) & index->mask;
    return &index->slots[i];
}

int fg_names_build(fg_names *index, size_t *duplicate, char *const *names, size_t n, fg_err *err) {
    size_t slots = 8, twice;
    *index = (fg_names){.names = names};
    *duplicate = SIZE_MAX;
    if (fg_size_mul(&twice, n, 2))
        return fg_err_set(err, FG_ENOMEM, "out of memory");
    while (slots < twice)
        slots *= 2;
    index->slots = fg_zalloc(slots, sizeof *index->slots);
    if (!index->slots)
        return fg_err_set(err, FG_ENOMEM, "out of memory");
    index->mask = slots - 1;
    /* An address nobody can foresee: names made to collide would make lookups slow. */
    index->seed = (uint64_t)(uintptr_t)index->slots * 0x9e3779b97f4a7c15u;
    for (size_t i = 0; i < n; i++) {
        size_t *slot = slot_of(index, names[i]);
        if (*slot && *duplicate == SIZE_MAX)
            *duplicate = i;
        if (!*slot)
            *slot = i + 1;
    }
    return 0;
}

size_t fg_names_find(const fg_names *index, const char *name) {
    size_t slot = *slot_of(index, name);
    return slot ? slot - 1 : SIZE_MAX;
}

void fg_names_free(fg_names *index) {
    fg_free(index->slots);
    *index = (fg_names){0};
}
