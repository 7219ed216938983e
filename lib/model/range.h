/* Ranges of options and the sentence that says one was missed; near names for typing errors. */
#ifndef FG_MODEL_RANGE_H
#define FG_MODEL_RANGE_H

#include <stdbool.h>
#include <stddef.h>

/* The numbers between min and max; an infinite end is no bound, and an open end is itself excluded. */
typedef struct fg_range {
    double min, max;
    bool open_min, open_max;
} fg_range;

/* Whether v is in the range; never for NaN, and never for an infinite v. */
bool fg_range_has(const fg_range *range, double v);

/* Writes "0 <= d < 1" (symbol "d"), "1..64" when both ends are closed, "d > 0", or "a finite number" to
 * text[size]. */
void fg_range_text(char *text, size_t size, const fg_range *range, const char *symbol);

/* The name nearest to `wrong` among n (NULL entries are passed over), or NULL if none is near enough to be
 * meant: at most a third of its letters wrong, missing, extra or swapped, or one a prefix of the other. */
const char *fg_suggest(const char *wrong, const char *const *names, size_t n);

#endif
