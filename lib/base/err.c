#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void replace_controls(char *text) {
    for (unsigned char *p = (unsigned char *)text; *p; p++)
        if (*p < 0x20 || *p == 0x7f)
            *p = '?';
}

int fg_err_set(fg_err *err, int code, const char *format, ...) {
    if (err) {
        va_list args;
        va_start(args, format);
        err->code = code;
        if (vsnprintf(err->text, sizeof err->text, format, args) < 0)
            err->text[0] = 0;
        va_end(args);
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
