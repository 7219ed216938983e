#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "model/kind.h"
#include "model/spec.h"

/* A path cut into its parts, in place. */
typedef struct path {
    char *parts[FG_JSON_DEPTH];
    size_t n;
} path;

static void unescape(char *part) {
    char *to = part;
    for (; *part; part++, to++) {
        *to = *part;
        if (part[0] == '~' && (part[1] == '0' || part[1] == '1'))
            *to = *++part == '0' ? '~' : '/';
    }
    *to = 0;
}

static int cut_path(path *p, char *text, const char *assignment, fg_err *err) {
    char separator = *text == '/' ? '/' : '.';
    if (separator == '/')
        text++;
    p->n = 0;
    for (char *next = text; next; text = next) {
        next = strchr(text, separator);
        if (next)
            *next++ = 0;
        if (separator == '/')
            unescape(text);
        if (!*text || p->n == FG_JSON_DEPTH)
            return fg_err_set(err, FG_EINVAL, "\"%s\": expected PATH=VALUE such as layers.0.sigma=0.02",
                              assignment);
        p->parts[p->n++] = text;
    }
    return 0;
}

static int take_index(cJSON **out, const cJSON *array, const fg_json_at *at, fg_err *err) {
    char *end;
    int n = cJSON_GetArraySize(array);
    unsigned long i = strtoul(at->key, &end, 10);
    if (*end || at->key[0] < '0' || at->key[0] > '9' || i >= (unsigned long)n)
        return fg_json_fail(err, FG_EINVAL, at, "no such element, the array has %d", n);
    *out = cJSON_GetArrayItem(array, (int)i);
    return 0;
}

/* The child called at->key; an object makes a missing one. */
static int step(cJSON **out, cJSON *parent, const fg_json_at *at, fg_err *err) {
    if (cJSON_IsArray(parent))
        return take_index(out, parent, at, err);
    if (!cJSON_IsObject(parent))
        return fg_json_fail(err, FG_EINVAL, at, "%s has no members", fg_json_type(parent));
    *out = cJSON_GetObjectItemCaseSensitive(parent, at->key);
    if (!*out)
        *out = cJSON_AddObjectToObject(parent, at->key);
    return *out ? 0 : fg_err_set(err, FG_ENOMEM, "out of memory");
}

/* JSON, or else a string, unless it begins as JSON does that holds more than a word. */
static int read_value(cJSON **out, const char *text, const fg_json_at *at, fg_err *err) {
    fg_err wrong = {0};
    int code = fg_json_parse(out, text, strlen(text), &wrong);
    if (code == FG_EFORMAT && *text && strchr("{[\"", *text))
        return fg_json_fail(err, FG_EINVAL, at, "in the value, %s", wrong.text);
    if (code)
        *out = cJSON_CreateString(text);
    return *out ? 0 : fg_err_set(err, FG_ENOMEM, "out of memory");
}

static int replace(cJSON *parent, cJSON *old, const char *text, const fg_json_at *at, fg_err *err) {
    cJSON *value;
    int code = read_value(&value, text, at, err);
    if (code)
        return code;
    if (old->string) {
        /* cJSON wants the new item to bring the key. */
        cJSON_bool done = cJSON_ReplaceItemInObjectCaseSensitive(parent, old->string, value);
        return done ? 0 : fg_err_set(err, FG_ENOMEM, "out of memory");
    }
    cJSON_ReplaceItemViaPointer(parent, old, value);
    return 0;
}

static int assign(cJSON *tree, const path *p, const char *value, fg_err *err) {
    fg_json_at at[FG_JSON_DEPTH];
    cJSON *parent = tree, *child = NULL;
    for (size_t i = 0; i < p->n; i++) {
        at[i] = (fg_json_at){i ? &at[i - 1] : NULL, p->parts[i], 0};
        int code = step(&child, parent, &at[i], err);
        if (code)
            return code;
        if (i + 1 < p->n)
            parent = child;
    }
    return replace(parent, child, value, &at[p->n - 1], err);
}

static int print_tree(char **text, const cJSON *tree, fg_err *err) {
    char *printed = cJSON_PrintUnformatted(tree);
    *text = printed ? fg_strdup(printed) : NULL;
    cJSON_free(printed);
    return *text ? 0 : fg_err_set(err, FG_ENOMEM, "out of memory");
}

/* The path before '=', cut up in *copy, which the caller frees. */
static int take_path(path *p, char **copy, const char *assignment, fg_err *err) {
    const char *equals = strchr(assignment, '=');
    *copy = NULL;
    if (!equals)
        return fg_err_set(err, FG_EINVAL, "\"%s\": expected PATH=VALUE such as layers.0.sigma=0.02",
                          assignment);
    *copy = fg_strdup(assignment);
    if (!*copy)
        return fg_err_set(err, FG_ENOMEM, "out of memory");
    (*copy)[equals - assignment] = 0;
    return cut_path(p, *copy, assignment, err);
}

int fg_spec_set(char **text, const char *json, size_t length, const char *assignment, fg_err *err) {
    cJSON *tree = NULL;
    path p;
    char *copy;
    *text = NULL;
    int code = take_path(&p, &copy, assignment, err);
    if (!code)
        code = fg_json_parse(&tree, json, length, err);
    if (!code)
        code = assign(tree, &p, strchr(assignment, '=') + 1, err);
    if (!code)
        code = print_tree(text, tree, err);
    cJSON_Delete(tree);
    fg_free(copy);
    return code;
}

int fg_spec_check_set(const fg_spec *spec, const char *assignment, fg_err *err) {
    path p;
    char *copy;
    int code = take_path(&p, &copy, assignment, err);
    unsigned long i =
        !code && p.n == 3 && !strcmp(p.parts[0], "layers") ? strtoul(p.parts[1], NULL, 10) : FG_MAX_LAYERS;
    if (!code && i < (unsigned long)spec->n_layers) {
        const fg_table *table = &fg_kind_of(spec->layers[i].kind)->table;
        const fg_field *field = fg_table_find(table, p.parts[2]);
        if (field && !fg_field_has_meaning(field, table, &spec->layers[i]))
            code = fg_err_set(err, FG_EINVAL, "/layers/%lu/%s: has no meaning without \"%s\"", i, field->key,
                              field->needs);
    }
    fg_free(copy);
    return code;
}
