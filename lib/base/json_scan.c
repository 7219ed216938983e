#include "base/json_scan.h"

#include <locale.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

typedef struct scanner {
    const unsigned char *text;
    size_t at, length;
    int depth;
    fg_err *err;
} scanner;

size_t fg_utf8_length(const unsigned char *s, size_t left) {
    static const unsigned char low[] = {0x80, 0xA0, 0x90}, high[] = {0xBF, 0x9F, 0x8F};
    size_t length;
    if (left == 0 || s[0] < 0x80)
        return left > 0;
    length = s[0] < 0xC2 ? 0 : s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : s[0] < 0xF5 ? 4 : 0;
    if (length == 0 || length > left)
        return 0;
    /* Overlong forms, surrogates and values past U+10FFFF show in the second byte. */
    unsigned char from = s[0] == 0xE0 ? low[1] : s[0] == 0xF0 ? low[2] : low[0];
    unsigned char to = s[0] == 0xED ? high[1] : s[0] == 0xF4 ? high[2] : high[0];
    if (s[1] < from || s[1] > to)
        return 0;
    for (size_t i = 2; i < length; i++)
        if ((s[i] & 0xC0) != 0x80)
            return 0;
    return length;
}

bool fg_utf8_valid(const char *text) {
    size_t left = strlen(text);
    while (left) {
        size_t n = fg_utf8_length((const unsigned char *)text, left);
        if (!n)
            return false;
        text += n;
        left -= n;
    }
    return true;
}

static int fail_at(scanner *s, size_t at, const char *message) {
    size_t line = 1, column = 1;
    for (size_t i = 0; i < at; i++) {
        if (s->text[i] == '\n') {
            line++;
            column = 1;
        } else if ((s->text[i] & 0xC0) != 0x80) {
            column++;
        }
    }
    return fg_err_set(s->err, FG_EFORMAT, "%zu:%zu: %s", line, column, message);
}

static int fail(scanner *s, const char *message) {
    return fail_at(s, s->at, s->at < s->length ? message : "the text ends too early");
}

static int peek(const scanner *s) {
    return s->at < s->length ? s->text[s->at] : -1;
}

static void skip_space(scanner *s) {
    while (s->at < s->length && strchr(" \t\r\n", s->text[s->at]) && s->text[s->at])
        s->at++;
}

/* The 4 hexadecimal digits after \u, or -1. */
static int hex4(scanner *s) {
    int value = 0;
    for (int i = 0; i < 4; i++, s->at++) {
        int c = peek(s);
        if (c >= '0' && c <= '9')
            value = value * 16 + c - '0';
        else if ((c | 32) >= 'a' && (c | 32) <= 'f')
            value = value * 16 + (c | 32) - 'a' + 10;
        else
            return -1;
    }
    return value;
}

static int scan_unicode(scanner *s) {
    size_t start = s->at - 2;
    int value = hex4(s);
    if (value < 0)
        return fail(s, "expected 4 hexadecimal digits after \\u");
    if (value == 0)
        return fail_at(s, start, "\\u0000 is not allowed in a string");
    if (value < 0xD800 || value > 0xDFFF)
        return 0;
    if (value < 0xDC00 && peek(s) == '\\' && s->at + 1 < s->length && s->text[s->at + 1] == 'u') {
        s->at += 2;
        value = hex4(s);
        if (value >= 0xDC00 && value <= 0xDFFF)
            return 0;
    }
    return fail_at(s, start, "half of a surrogate pair");
}

static int scan_string(scanner *s) {
    size_t start = s->at++;
    for (int c; (c = peek(s)) != '"';) {
        if (c < 0)
            return fail_at(s, start, "this string does not end");
        if (c < ' ')
            return fail(s, "a control character in a string");
        size_t n = fg_utf8_length(s->text + s->at, s->length - s->at);
        if (n == 0)
            return fail(s, "not UTF-8");
        s->at += n;
        if (c != '\\')
            continue;
        c = peek(s);
        if (c <= 0 || !strchr("\"\\/bfnrtu", c))
            return fail(s, "unknown escape in a string");
        s->at++;
        if (c == 'u' && scan_unicode(s))
            return FG_EFORMAT;
    }
    s->at++;
    return 0;
}

static size_t skip_digits(scanner *s) {
    size_t start = s->at;
    while (peek(s) >= '0' && peek(s) <= '9')
        s->at++;
    return s->at - start;
}

static int scan_number(scanner *s) {
    char copy[FG_JSON_NUMBER_LENGTH + 1];
    size_t start = s->at;
    if (peek(s) == '-')
        s->at++;
    bool zero = peek(s) == '0';
    size_t digits = skip_digits(s);
    if (digits == 0)
        return fail(s, "expected a digit");
    if (zero && digits > 1)
        return fail_at(s, start, "a number may not begin with 0");
    if (peek(s) == '.') {
        s->at++;
        if (skip_digits(s) == 0)
            return fail(s, "expected a digit");
    }
    if (peek(s) == 'e' || peek(s) == 'E') {
        s->at++;
        if (peek(s) == '+' || peek(s) == '-')
            s->at++;
        if (skip_digits(s) == 0)
            return fail(s, "expected a digit");
    }
    if (s->at - start > FG_JSON_NUMBER_LENGTH)
        return fail_at(s, start, "a number of more than 63 characters");
    memcpy(copy, s->text + start, s->at - start);
    copy[s->at - start] = 0;
    char *point = strchr(copy, '.');
    if (point)
        *point = localeconv()->decimal_point[0];
    return isfinite(strtod(copy, NULL)) ? 0 : fail_at(s, start, "a number too large for a double");
}

static int scan_word(scanner *s) {
    static const char *const words[] = {"true", "false", "null"};
    for (size_t i = 0; i < 3; i++) {
        size_t n = strlen(words[i]);
        if (s->length - s->at >= n && memcmp(s->text + s->at, words[i], n) == 0) {
            s->at += n;
            return 0;
        }
    }
    return fail(s, "expected a value");
}

static int scan_value(scanner *s);

static int scan_key(scanner *s) {
    if (peek(s) != '"')
        return fail(s, "expected a key in double quotes");
    if (scan_string(s))
        return FG_EFORMAT;
    skip_space(s);
    if (peek(s) != ':')
        return fail(s, "expected ':'");
    s->at++;
    return 0;
}

static int scan_members(scanner *s, bool keys) {
    int end = keys ? '}' : ']';
    if (++s->depth > FG_JSON_DEPTH)
        return fail(s, "more than 64 objects and arrays in one another");
    s->at++;
    skip_space(s);
    if (peek(s) != end) {
        for (;;) {
            skip_space(s);
            if ((keys && scan_key(s)) || scan_value(s))
                return FG_EFORMAT;
            skip_space(s);
            if (peek(s) != ',')
                break;
            s->at++;
        }
    }
    if (peek(s) != end)
        return fail(s, keys ? "expected ',' or '}'" : "expected ',' or ']'");
    s->at++;
    s->depth--;
    return 0;
}

static int scan_value(scanner *s) {
    skip_space(s);
    int c = peek(s);
    if (c == '{' || c == '[')
        return scan_members(s, c == '{');
    if (c == '"')
        return scan_string(s);
    return c == '-' || (c >= '0' && c <= '9') ? scan_number(s) : scan_word(s);
}

int fg_json_scan(const char *text, size_t length, fg_err *err) {
    scanner s = {.text = (const unsigned char *)text, .length = length, .err = err};
    if (length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
        s.at = 3;
    if (scan_value(&s))
        return FG_EFORMAT;
    skip_space(&s);
    return s.at == length ? 0 : fail(&s, "expected nothing after the value");
}
