/* UTF-8: the one test that names and texts in files need. */
#ifndef FG_DATA_UTF8_H
#define FG_DATA_UTF8_H

#include <stddef.h>

/* The length, 1 to 4 bytes, of the well-formed character at the start of text[0 .. size); 0 when there is
 * none (overlong forms, surrogates and values past U+10FFFF are not well formed). */
static inline size_t fg_utf8_length(const char *text, size_t size) {
    static const unsigned lowest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (size == 0)
        return 0;
    unsigned char first = (unsigned char)text[0];
    size_t n = first < 0x80             ? 1
               : (first & 0xe0) == 0xc0 ? 2
               : (first & 0xf0) == 0xe0 ? 3
               : (first & 0xf8) == 0xf0 ? 4
                                        : 0;
    if (n < 2)
        return n;
    if (n > size)
        return 0;
    unsigned value = first & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) {
        unsigned char next = (unsigned char)text[i];
        if ((next & 0xc0) != 0x80)
            return 0;
        value = value << 6 | (next & 0x3f);
    }
    return value < lowest[n] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000) ? 0 : n;
}

#endif
