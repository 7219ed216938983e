/* JSON: strict reading into a cJSON tree, typed access with JSON pointers in the errors, and a writer.
 * Reading takes RFC 8259 text in UTF-8 and nothing more: no duplicate keys, no comments, no leading zeros, no
 * NUL inside strings, no number that is not finite as a double. */
#ifndef FG_BASE_JSON_H
#define FG_BASE_JSON_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum {
    FG_JSON_DEPTH = 64,         /* objects and arrays in one another */
    FG_JSON_NUMBER_LENGTH = 63, /* characters of a number */
    FG_JSON_NUMBER_TEXT = 32    /* room for any number written by fg_json_number_text, and its 0 */
};

/* Parses `length` bytes; a byte-order mark in front is passed over. Errors are FG_EFORMAT with "line:column:
 * " in front (both from 1, columns in characters), or a JSON pointer for duplicate keys. The tree is cJSON's
 * own memory: end it with cJSON_Delete. */
int fg_json_parse(cJSON **out, const char *text, size_t length, fg_err *err);

/* Where a value stands: a chain on the stack, from the value up to the root (whose `up` is NULL). */
typedef struct fg_json_at {
    const struct fg_json_at *up;
    const char *key; /* NULL: an element of an array */
    size_t index;
} fg_json_at;

/* The JSON pointer (RFC 6901) as text, cut if it does not fit; "top level" for the root (at NULL too). */
void fg_json_at_text(char *text, size_t size, const fg_json_at *at);

/* Sets *err to "pointer: message" and returns `code`. */
int fg_json_fail(fg_err *err, int code, const fg_json_at *at, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* What a value is, for messages: "a string", "null", "nothing" (value NULL). */
const char *fg_json_type(const cJSON *value);

/* Typed reading: FG_EFORMAT with the pointer, what was expected and what was found. Texts belong to the tree.
 */
int fg_json_get_real(double *out, const cJSON *value, const fg_json_at *at, fg_err *err);
int fg_json_get_int(int64_t *out, const cJSON *value, const fg_json_at *at, fg_err *err);
int fg_json_get_bool(bool *out, const cJSON *value, const fg_json_at *at, fg_err *err);
int fg_json_get_text(const char **out, const cJSON *value, const fg_json_at *at, fg_err *err);
int fg_json_want_object(const cJSON *value, const fg_json_at *at, fg_err *err);
int fg_json_want_array(size_t *count, const cJSON *value, const fg_json_at *at, fg_err *err);

/* The member of an object with this key (case matters), or NULL. */
const cJSON *fg_json_member(const cJSON *object, const char *key);

/* The fewest digits that read back as the same double: 0.1, not 0.10000000000000001. v must be finite. */
void fg_json_number_text(char text[FG_JSON_NUMBER_TEXT], double v);

/* A writer of indented JSON. Zeroed, it is ready; `key` is NULL inside arrays and at the top. After a failed
 * allocation everything is ignored until fg_json_writer_end. */
typedef struct fg_json_writer {
    char *text;
    size_t size, room;
    int depth;      /* open objects and arrays */
    int line_depth; /* where one line began to hold everything; 0: nowhere */
    bool compact;   /* set by the caller: all on one line, no spaces */
    bool follows;   /* the next value needs a comma */
    bool failed;
    char closers[FG_JSON_DEPTH];
} fg_json_writer;

void fg_json_open_object(fg_json_writer *w, const char *key);
void fg_json_open_array(fg_json_writer *w, const char *key);
/* The next object or array, and all inside it, stays on one line. */
void fg_json_on_line(fg_json_writer *w);
void fg_json_close(fg_json_writer *w);
void fg_json_put_text(fg_json_writer *w, const char *key, const char *text);
/* Not finite: null. */
void fg_json_put_real(fg_json_writer *w, const char *key, double v);
void fg_json_put_int(fg_json_writer *w, const char *key, int64_t v);
void fg_json_put_bool(fg_json_writer *w, const char *key, bool v);
void fg_json_put_null(fg_json_writer *w, const char *key);

/* Hands over the text with a newline at its end (fg_free it), or FG_ENOMEM. The writer is zeroed. */
int fg_json_writer_end(char **text, fg_json_writer *w, fg_err *err);

#endif
