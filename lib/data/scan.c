#include "data/scan.h"

#include <string.h>

#include "base/json_scan.h"
#include "base/mem.h"

enum { ESCAPE_DIGITS = 4 };

int fg_scan_refuse(fg_scan *s, const char *what) {
    return fg_err_set(s->err, FG_EFORMAT, "%s, byte %zu: %s", s->where, (size_t)(s->at - s->start), what);
}

void fg_scan_blanks(fg_scan *s) {
    while (s->at < s->stop && (*s->at == ' ' || *s->at == '\n' || *s->at == '\t' || *s->at == '\r'))
        s->at++;
}

bool fg_scan_take(fg_scan *s, char c) {
    fg_scan_blanks(s);
    if (s->at == s->stop || *s->at != c)
        return false;
    s->at++;
    return true;
}

/* The four hexadecimal digits of an escape, or -1. */
static int take_hex(fg_scan *s) {
    int value = 0;
    if (s->stop - s->at < ESCAPE_DIGITS)
        return -1;
    for (int i = 0; i < ESCAPE_DIGITS; i++) {
        char c = *s->at++;
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0)
            return -1;
        value = value << 4 | digit;
    }
    return value;
}

/* Writes the character of a \u escape (or a pair of them) as UTF-8; its length, 0 when there is no such
 * character. */
static size_t take_unicode(char *to, fg_scan *s) {
    int c = take_hex(s);
    if (c <= 0 || (c >= 0xdc00 && c < 0xe000))
        return 0;
    if (c >= 0xd800 && c < 0xdc00) {
        if (s->stop - s->at < 2 || s->at[0] != '\\' || s->at[1] != 'u')
            return 0;
        s->at += 2;
        int low = take_hex(s);
        if (low < 0xdc00 || low >= 0xe000)
            return 0;
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
    }
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = n; --i > 0; c >>= 6)
        to[i] = (char)(0x80 | (c & 0x3f));
    to[0] = (char)(lead[n] | c);
    return n;
}

static size_t take_escape(char *to, fg_scan *s) {
    static const char from[] = "\"\\/bfnrt", into[] = "\"\\/\b\f\n\r\t";
    if (s->at == s->stop)
        return 0;
    char c = *s->at++;
    if (c == 'u')
        return take_unicode(to, s);
    const char *found = c ? strchr(from, c) : NULL;
    if (!found)
        return 0;
    *to = into[found - from];
    return 1;
}

int fg_scan_string(char **out, fg_scan *s, const char *what) {
    if (!fg_scan_take(s, '"'))
        return fg_scan_refuse(s, what);
    const char *quote = s->at;
    while (quote < s->stop && *quote != '"')
        quote += *quote == '\\' ? 2 : 1;
    if (quote >= s->stop)
        return fg_scan_refuse(s, "a string without end");
    /* No escape is shorter than what it stands for. */
    char *text = fg_alloc((size_t)(quote - s->at) + 1, 1), *to = text;
    if (!text)
        return fg_err_set(s->err, FG_ENOMEM, "%s: no memory to read it", s->where);
    while (s->at < quote) {
        size_t n;
        if (*s->at == '\\') {
            s->at++;
            n = take_escape(to, s);
        } else {
            n = (unsigned char)*s->at < 0x20
                    ? 0
                    : fg_utf8_length((const unsigned char *)s->at, (size_t)(quote - s->at));
            memcpy(to, s->at, n);
            s->at += n;
        }
        if (!n) {
            fg_free(text);
            return fg_scan_refuse(s, "a string that is not valid JSON in UTF-8");
        }
        to += n;
    }
    s->at++;
    *to = 0;
    *out = text;
    return FG_OK;
}

static int take_size(size_t *out, fg_scan *s) {
    fg_scan_blanks(s);
    *out = 0;
    if (s->at == s->stop || *s->at < '0' || *s->at > '9')
        return fg_scan_refuse(s, "expected a whole number, 0 or more");
    if (*s->at == '0' && s->at + 1 < s->stop && s->at[1] >= '0' && s->at[1] <= '9')
        return fg_scan_refuse(s, "a number with leading zeros");
    for (; s->at < s->stop && *s->at >= '0' && *s->at <= '9'; s->at++)
        if (fg_size_mul(out, *out, 10) || fg_size_add(out, *out, (size_t)(*s->at - '0')))
            return fg_scan_refuse(s, "a number that is too large");
    return FG_OK;
}

int fg_scan_sizes(size_t *out, int *n, int most, fg_scan *s, const char *too_many) {
    *n = 0;
    if (!fg_scan_take(s, '['))
        return fg_scan_refuse(s, "expected '['");
    if (fg_scan_take(s, ']'))
        return FG_OK;
    do {
        if (*n == most)
            return fg_scan_refuse(s, too_many);
        int code = take_size(&out[(*n)++], s);
        if (code)
            return code;
    } while (fg_scan_take(s, ','));
    return fg_scan_take(s, ']') ? FG_OK : fg_scan_refuse(s, "expected ',' or ']'");
}
