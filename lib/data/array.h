/* Arrays that grow by doubling. */
#ifndef FG_DATA_ARRAY_H
#define FG_DATA_ARRAY_H

#include "base/mem.h"

/* The array with room for at least one element behind `used` (it may have moved), or NULL when there is no
 * memory (the old one then stays valid). *room is its allocated length; an empty array is NULL with *room 0.
 */
static inline void *fg_array_grow(void *array, size_t *room, size_t used, size_t size) {
    if (used < *room)
        return array;
    size_t more = *room ? 2 * *room : 8;
    void *larger = fg_resize(array, more, size);
    if (larger)
        *room = more;
    return larger;
}

#endif
