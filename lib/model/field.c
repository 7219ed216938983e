#include "model/field.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "data/number.h"

enum { SUGGEST_MAX = 48, EXPECTS_TEXT = 160, PROBLEM_TEXT = 400 };

double fg_field_get(const fg_field *field, const void *base) {
    const char *at = (const char *)base + field->offset;
    int i;
    bool b;
    double v;
    switch (field->type) {
    case FG_FIELD_REAL:
        memcpy(&v, at, sizeof v);
        return v;
    case FG_FIELD_BOOL:
        memcpy(&b, at, sizeof b);
        return b;
    case FG_FIELD_INT:
    case FG_FIELD_ENUM:
        break;
    }
    memcpy(&i, at, sizeof i);
    return i;
}

static void field_set(void *base, const fg_field *field, double v) {
    char *at = (char *)base + field->offset;
    bool is_whole = field->type == FG_FIELD_INT || field->type == FG_FIELD_ENUM, b = v != 0;
    int i = is_whole ? (int)v : 0; /* not every real number is one */
    switch (field->type) {
    case FG_FIELD_REAL:
        memcpy(at, &v, sizeof v);
        break;
    case FG_FIELD_BOOL:
        memcpy(at, &b, sizeof b);
        break;
    case FG_FIELD_INT:
    case FG_FIELD_ENUM:
        memcpy(at, &i, sizeof i);
        break;
    }
}

void fg_table_reset(void *base, const fg_table *table) {
    for (size_t i = 0; i < table->n; i++) {
        const fg_field *f = &table->fields[i];
        field_set(base, f, f->required ? 0 : f->inherits ? -1 : f->initial);
    }
}

const fg_field *fg_table_find(const fg_table *table, const char *key) {
    for (size_t i = 0; i < table->n; i++)
        if (strcmp(table->fields[i].key, key) == 0)
            return &table->fields[i];
    return NULL;
}

void fg_field_expects(char *text, size_t size, const fg_field *field) {
    char symbol[2] = {field->key[0], 0};
    size_t used = 0;
    if (field->type == FG_FIELD_BOOL) {
        snprintf(text, size, "true or false");
    } else if (field->type == FG_FIELD_ENUM) {
        for (size_t i = 0; field->values[i] && used < size; i++) {
            const char *between = !i ? "" : field->values[i + 1] ? ", " : " or ";
            used += (size_t)snprintf(text + used, size - used, "%s%s", between, field->values[i]);
        }
    } else {
        fg_range_text(text, size, &field->range, symbol);
    }
}

/* Whether v may stand in the field; a message about it in problem[] if not. */
static bool field_accepts(char problem[PROBLEM_TEXT], const fg_field *field, double v) {
    char expects[EXPECTS_TEXT], number[FG_JSON_NUMBER_TEXT] = "a value that is not finite";
    size_t n_values = 0;
    while (field->values && field->values[n_values])
        n_values++;
    if (field->type == FG_FIELD_BOOL || (field->type == FG_FIELD_ENUM && v >= 0 && v < (double)n_values))
        return true;
    if (field->type != FG_FIELD_ENUM && fg_range_has(&field->range, v))
        return true;
    fg_field_expects(expects, sizeof expects, field);
    if (isfinite(v))
        fg_json_number_text(number, v);
    snprintf(problem, PROBLEM_TEXT, "%s is not in %s", number, expects);
    return false;
}

/* The index of a name, or -1 with a message in problem[]. */
static int enum_index(char problem[PROBLEM_TEXT], const fg_field *field, const char *name) {
    char expects[EXPECTS_TEXT];
    size_t n = 0;
    for (; field->values[n]; n++)
        if (strcmp(field->values[n], name) == 0)
            return (int)n;
    const char *near = fg_suggest(name, field->values, n);
    fg_field_expects(expects, sizeof expects, field);
    snprintf(problem, PROBLEM_TEXT, "\"%.40s\" is not one of %s%s%s%s", name, expects,
             near ? ", did you mean \"" : "", near ? near : "", near ? "\"?" : "");
    return -1;
}

static int field_parse(void *base, const fg_field *field, const cJSON *value, const fg_json_at *at,
                       fg_err *err) {
    char problem[PROBLEM_TEXT];
    double v = 0;
    int64_t i = 0;
    bool b = false;
    const char *name;
    int code = 0;
    switch (field->type) {
    case FG_FIELD_REAL:
        code = fg_json_get_real(&v, value, at, err);
        break;
    case FG_FIELD_INT:
        code = fg_json_get_int(&i, value, at, err);
        v = (double)i;
        break;
    case FG_FIELD_BOOL:
        code = fg_json_get_bool(&b, value, at, err);
        v = b;
        break;
    case FG_FIELD_ENUM:
        code = fg_json_get_text(&name, value, at, err);
        v = code ? 0 : enum_index(problem, field, name);
        if (v < 0)
            return fg_json_fail(err, FG_EFORMAT, at, "%s", problem);
        break;
    }
    if (code)
        return code;
    if (!field_accepts(problem, field, v))
        return fg_json_fail(err, FG_EFORMAT, at, "%s", problem);
    field_set(base, field, v);
    return 0;
}

int fg_table_unknown_key(const fg_table *table, const char *const *others, const fg_json_at *at,
                         fg_err *err) {
    const char *keys[SUGGEST_MAX];
    size_t n = 0;
    for (size_t i = 0; table && i < table->n && n < SUGGEST_MAX; i++)
        keys[n++] = table->fields[i].key;
    for (size_t i = 0; others && others[i] && n < SUGGEST_MAX; i++)
        keys[n++] = others[i];
    const char *near = fg_suggest(at->key, keys, n);
    if (near)
        return fg_json_fail(err, FG_EFORMAT, at, "unknown key, did you mean \"%s\"?", near);
    return fg_json_fail(err, FG_EFORMAT, at, "unknown key");
}

static bool listed(const char *const *names, const char *name) {
    for (; names && *names; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

bool fg_field_has_meaning(const fg_field *field, const fg_table *table, const void *base) {
    const fg_field *needed = field->needs ? fg_table_find(table, field->needs) : NULL;
    return !needed || fg_field_get(needed, base) != 0;
}

int fg_table_parse(void *base, const fg_table *table, const cJSON *object, const char *const *others,
                   const fg_json_at *at, fg_err *err) {
    for (const cJSON *m = object->child; m; m = m->next) {
        fg_json_at here = {at, m->string, 0};
        const fg_field *field = fg_table_find(table, m->string);
        if (!field && listed(others, m->string))
            continue;
        int code =
            field ? field_parse(base, field, m, &here, err) : fg_table_unknown_key(table, others, &here, err);
        if (code)
            return code;
    }
    for (size_t i = 0; i < table->n; i++) {
        const fg_field *f = &table->fields[i];
        char expects[EXPECTS_TEXT];
        bool given = fg_json_member(object, f->key);
        fg_json_at here = {at, f->key, 0};
        if (f->required && !given) {
            fg_field_expects(expects, sizeof expects, f);
            return fg_json_fail(err, FG_EFORMAT, &here, "missing: %s (%s)", f->help, expects);
        }
        /* Written out as none or false the needed field shows that its absence is meant. */
        if (given && !fg_field_has_meaning(f, table, base) && !fg_json_member(object, f->needs))
            return fg_json_fail(err, FG_EFORMAT, &here, "has no meaning without \"%s\"", f->needs);
    }
    return 0;
}

int fg_field_from_text(void *base, const fg_field *field, const char *text, const char *where, fg_err *err) {
    char problem[PROBLEM_TEXT];
    double v = -1;
    if (field->type == FG_FIELD_ENUM) {
        v = enum_index(problem, field, text);
        if (v < 0)
            return fg_err_set(err, FG_EINVAL, "%s: %s: %s", where, field->key, problem);
    } else if (field->type == FG_FIELD_BOOL) {
        v = strcmp(text, "true") == 0 ? 1 : strcmp(text, "false") == 0 ? 0 : -1;
        if (v < 0)
            return fg_err_set(err, FG_EINVAL, "%s: %s: \"%s\" is not true or false", where, field->key, text);
    } else {
        if (fg_number_parse(&v, text, strlen(text)) ||
            (field->type == FG_FIELD_INT && isfinite(v) && v != floor(v)))
            return fg_err_set(err, FG_EINVAL, "%s: %s: \"%s\" is not a %s", where, field->key, text,
                              field->type == FG_FIELD_INT ? "whole number" : "number");
        if (!field_accepts(problem, field, v))
            return fg_err_set(err, FG_EINVAL, "%s: %s: %s", where, field->key, problem);
    }
    field_set(base, field, v);
    return 0;
}

int fg_table_check(const void *base, const fg_table *table, const fg_json_at *at, fg_err *err) {
    for (size_t i = 0; i < table->n; i++) {
        const fg_field *f = &table->fields[i];
        char problem[PROBLEM_TEXT];
        double v = fg_field_get(f, base);
        if (!(f->inherits && v < 0) && !field_accepts(problem, f, v))
            return fg_json_fail(err, FG_EINVAL, &(fg_json_at){at, f->key, 0}, "%s", problem);
    }
    return 0;
}

void fg_table_print(fg_json_writer *w, const fg_table *table, const void *base, const void *same) {
    for (size_t i = 0; i < table->n; i++) {
        const fg_field *f = &table->fields[i];
        double v = fg_field_get(f, base);
        if ((f->inherits && v < 0) || !fg_field_has_meaning(f, table, base) ||
            (same && v == fg_field_get(f, same)))
            continue;
        if (f->type == FG_FIELD_BOOL)
            fg_json_put_bool(w, f->key, v != 0);
        else if (f->type == FG_FIELD_ENUM)
            fg_json_put_text(w, f->key, f->values[(int)v]);
        else
            fg_json_put_real(w, f->key, v);
    }
}

static void schema_range(fg_json_writer *w, const fg_range *range) {
    if (isfinite(range->min))
        fg_json_put_real(w, range->open_min ? "exclusiveMinimum" : "minimum", range->min);
    if (isfinite(range->max))
        fg_json_put_real(w, range->open_max ? "exclusiveMaximum" : "maximum", range->max);
}

static void schema_default(fg_json_writer *w, const fg_field *f) {
    if (f->required || f->inherits)
        return;
    if (f->type == FG_FIELD_BOOL)
        fg_json_put_bool(w, "default", f->initial != 0);
    else if (f->type == FG_FIELD_ENUM)
        fg_json_put_text(w, "default", f->values[(int)f->initial]);
    else
        fg_json_put_real(w, "default", f->initial);
}

void fg_table_schema(fg_json_writer *w, const fg_table *table, bool defaults) {
    for (size_t i = 0; i < table->n; i++) {
        const fg_field *f = &table->fields[i];
        fg_json_open_object(w, f->key);
        fg_json_put_text(w, "description", f->help);
        if (f->type == FG_FIELD_ENUM) {
            fg_json_on_line(w);
            fg_json_open_array(w, "enum");
            for (size_t v = 0; f->values[v]; v++)
                fg_json_put_text(w, NULL, f->values[v]);
            fg_json_close(w);
        } else {
            bool whole = f->type == FG_FIELD_INT;
            fg_json_put_text(w, "type", f->type == FG_FIELD_BOOL ? "boolean" : whole ? "integer" : "number");
            if (f->type != FG_FIELD_BOOL)
                schema_range(w, &f->range);
        }
        if (defaults)
            schema_default(w, f);
        fg_json_close(w);
    }
}
