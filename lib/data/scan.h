/* A strict scanner for JSON whose structure is known beforehand: the reader calls for what must come next.
 * Nothing is built but what is asked for, and sizes keep all their digits. */
#ifndef FG_DATA_SCAN_H
#define FG_DATA_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

typedef struct fg_scan {
    const char *start, *at, *stop;
    const char *where; /* what is scanned, for messages: "tensor file header" */
    fg_err *err;
} fg_scan;

/* Sets the error "<where>, byte <position>: <what>" and returns FG_EFORMAT. */
int fg_scan_refuse(fg_scan *s, const char *what);

void fg_scan_blanks(fg_scan *s);
/* Whether the next character behind blanks is c, which is then passed. */
bool fg_scan_take(fg_scan *s, char c);

/* A string, with escapes undone; `what` is the message when there is none. Not allowed in it: the character
 * 0, anything that is not UTF-8. The caller frees *out with fg_free. */
int fg_scan_string(char **out, fg_scan *s, const char *what);

/* An array of *n whole numbers, at most `most` (else FG_EFORMAT with the message too_many). */
int fg_scan_sizes(size_t *out, int *n, int most, fg_scan *s, const char *too_many);

#endif
