/* Fields: the entries of option tables. A table describes members of a struct, and drives reading from JSON
 * and from text, range checks, printing, the JSON Schema and --help. */
#ifndef FG_MODEL_FIELD_H
#define FG_MODEL_FIELD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/json.h"
#include "model/range.h"

typedef enum fg_field_type {
    FG_FIELD_REAL, /* double */
    FG_FIELD_INT,  /* int */
    FG_FIELD_BOOL, /* bool */
    FG_FIELD_ENUM  /* an enum that counts from 0, as wide as an int */
} fg_field_type;

typedef struct fg_field {
    const char *key;
    fg_field_type type;
    size_t offset;             /* of the member in its struct */
    fg_range range;            /* of REAL and INT */
    double initial;            /* the default */
    const char *const *values; /* names of ENUM, NULL-terminated */
    const char *help;          /* a phrase; no full stop */
    bool required;             /* has no default */
    bool inherits;             /* may be left out, and is then negative and never printed */
    const char
        *needs; /* the key of a field that must not be 0 (none, false) for this one to have a meaning */
} fg_field;

typedef struct fg_table {
    const fg_field *fields;
    size_t n;
} fg_table;

#define FG_TABLE(array)                                                                                      \
    { array, sizeof(array) / sizeof *(array) }

/* Puts the defaults into the struct at base (required fields become 0, inheriting ones -1). */
void fg_table_reset(void *base, const fg_table *table);

/* The field with this key, or NULL. */
const fg_field *fg_table_find(const fg_table *table, const char *key);

double fg_field_get(const fg_field *field, const void *base);

/* Whether what the field needs is there: a threshold without "robust" has no meaning. */
bool fg_field_has_meaning(const fg_field *field, const fg_table *table, const void *base);

/* Reads all of an object's members into the struct, which holds defaults; keys in the NULL-terminated list
 * `others` are somebody else's. Unknown keys (with the nearest known one), missing required keys, wrong types
 * and values out of range are errors: FG_EFORMAT with the JSON pointer. */
int fg_table_parse(void *base, const fg_table *table, const cJSON *object, const char *const *others,
                   const fg_json_at *at, fg_err *err);

/* The error for a key no table has. */
int fg_table_unknown_key(const fg_table *table, const char *const *others, const fg_json_at *at, fg_err *err);

/* Reads one field from text ("0.1", "tukey", "true"), range-checked; errors say "where: key: ...". */
int fg_field_from_text(void *base, const fg_field *field, const char *text, const char *where, fg_err *err);

/* Checks every field of a struct: FG_EINVAL with the JSON pointer. */
int fg_table_check(const void *base, const fg_table *table, const fg_json_at *at, fg_err *err);

/* Writes the fields as members, leaving out those without a meaning and, if `same` is not NULL, those equal
 * there. */
void fg_table_print(fg_json_writer *w, const fg_table *table, const void *base, const void *same);

/* Writes the members of a JSON Schema's "properties", with or without "default". */
void fg_table_schema(fg_json_writer *w, const fg_table *table, bool defaults);

/* What a field takes, for help texts: "0 <= d < 1", "none, tukey or huber", "true or false". */
void fg_field_expects(char *text, size_t size, const fg_field *field);

#endif
