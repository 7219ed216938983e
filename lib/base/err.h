/* Errors: a code and one line of text that says what, where and what was expected. */
#ifndef FG_BASE_ERR_H
#define FG_BASE_ERR_H

/* Every fallible function returns 0 or one of these, and fills *err (which may be NULL) when it is not 0. */
enum {
    FG_OK = 0,
    FG_EINVAL = -1,    /* an argument or option is out of range */
    FG_EFORMAT = -2,   /* bytes read from a file or stream are not what they should be */
    FG_EIO = -3,       /* the operating system refused a read, write, open or rename */
    FG_ENOMEM = -4,    /* memory could not be had, or a limit on it would be passed */
    FG_EDIVERGED = -5, /* inference produced values that are not finite */
    FG_ESTOPPED = -6   /* a caller's hook asked to stop */
};

enum { FG_ERR_TEXT = 512 };

typedef struct fg_err {
    int code;
    char text[FG_ERR_TEXT]; /* no newline, no program name, always terminated */
} fg_err;

/* Sets *err from a printf format and returns code, so that `return fg_err_set(...)` reads well.
 * Text that does not fit loses its middle; control characters in it (from hostile input) become '?'. */
int fg_err_set(fg_err *err, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Puts "where: " in front of the text already in *err; returns err->code (FG_EINVAL when err is NULL). */
int fg_err_prefix(fg_err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
