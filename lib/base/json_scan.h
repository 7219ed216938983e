/* The grammar of JSON, checked before a tree is made, and that of UTF-8. */
#ifndef FG_BASE_JSON_SCAN_H
#define FG_BASE_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* Checks that the bytes are one JSON value within the limits of json.h; errors as of fg_json_parse. */
int fg_json_scan(const char *text, size_t length, fg_err *err);

/* Bytes of the UTF-8 character that starts at s, of which `left` bytes can be read; 0 if it is none. */
size_t fg_utf8_length(const unsigned char *s, size_t left);
/* Whether a text is UTF-8 to its end. */
bool fg_utf8_valid(const char *text);

#endif
