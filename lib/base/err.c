#include "base/err.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { LONGEST = 10000 }; /* two paths and what is said of them */

static void replace_controls(char *text) {
    for (unsigned char *p = (unsigned char *)text; *p; p++)
        if (*p < 0x20 || *p == 0x7f)
            *p = '?';
}

/* Bytes of a character beside its first. */
enum { CONTINUED = 3 };

static bool continues_character(char c) {
    return ((unsigned char)c & 0xC0) == 0x80;
}

/* What is wrong stands behind names that may be long: these lose their middle. */
static void fit(char text[FG_ERR_TEXT], const char *whole) {
    static const char dots[] = "...";
    size_t length = strlen(whole), head = FG_ERR_TEXT / 2, tail;
    if (length < FG_ERR_TEXT) {
        memcpy(text, whole, length + 1);
        return;
    }
    for (int i = 0; i < CONTINUED && continues_character(whole[head]); i++)
        head--;
    tail = length - (FG_ERR_TEXT - 1 - head - strlen(dots));
    for (int i = 0; i < CONTINUED && continues_character(whole[tail]); i++)
        tail++;
    memcpy(text, whole, head);
    memcpy(text + head, dots, strlen(dots));
    memcpy(text + head + strlen(dots), whole + tail, length - tail + 1);
}

int fg_err_set(fg_err *err, int code, const char *format, ...) {
    char whole[LONGEST];
    if (err) {
        va_list args;
        va_start(args, format);
        err->code = code;
        if (vsnprintf(whole, sizeof whole, format, args) < 0)
            whole[0] = 0;
        va_end(args);
        fit(err->text, whole);
        replace_controls(err->text);
    }
    return code;
}

int fg_err_prefix(fg_err *err, const char *format, ...) {
    char where[FG_ERR_TEXT], text[FG_ERR_TEXT];
    va_list args;
    if (!err)
        return FG_EINVAL;
    va_start(args, format);
    if (vsnprintf(where, sizeof where, format, args) < 0)
        where[0] = 0;
    va_end(args);
    memcpy(text, err->text, sizeof text);
    return fg_err_set(err, err->code, "%s: %s", where, text);
}
