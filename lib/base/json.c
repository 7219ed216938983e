#include "base/json.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_scan.h"
#include "base/mem.h"

static int compare_keys(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorted, so that an object of a million keys is no attack. */
static int find_duplicate(const char **duplicate, const cJSON *object) {
    size_t n = 0;
    for (const cJSON *m = object->child; m; m = m->next)
        n++;
    *duplicate = NULL;
    if (n < 2)
        return 0;
    const char **keys = fg_alloc(n, sizeof *keys);
    if (!keys)
        return FG_ENOMEM;
    n = 0;
    for (const cJSON *m = object->child; m; m = m->next)
        keys[n++] = m->string;
    qsort(keys, n, sizeof *keys, compare_keys);
    for (size_t i = 1; i < n && !*duplicate; i++)
        if (strcmp(keys[i - 1], keys[i]) == 0)
            *duplicate = keys[i];
    fg_free(keys);
    return 0;
}

static int check_keys(const cJSON *value, const fg_json_at *at, fg_err *err) {
    const char *duplicate = NULL;
    if (cJSON_IsObject(value) && find_duplicate(&duplicate, value))
        return fg_err_set(err, FG_ENOMEM, "out of memory");
    if (duplicate)
        return fg_json_fail(err, FG_EFORMAT, &(fg_json_at){at, duplicate, 0}, "this key stands there twice");
    size_t index = 0;
    for (const cJSON *m = value->child; m; m = m->next, index++) {
        int code = m->child ? check_keys(m, &(fg_json_at){at, m->string, index}, err) : 0;
        if (code)
            return code;
    }
    return 0;
}

int fg_json_parse(cJSON **out, const char *text, size_t length, fg_err *err) {
    *out = NULL;
    int code = fg_json_scan(text, length, err);
    if (code)
        return code;
    /* cJSON overlooks a byte-order mark in front of a single digit. */
    size_t mark = length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    cJSON *tree = cJSON_ParseWithLength(text + mark, length - mark);
    if (!tree)
        return fg_err_set(err, FG_ENOMEM, "out of memory");
    code = check_keys(tree, NULL, err);
    if (code)
        cJSON_Delete(tree);
    else
        *out = tree;
    return code;
}

static void put(char *text, size_t size, size_t *used, char c) {
    if (*used + 1 < size)
        text[(*used)++] = c;
}

static void put_at(char *text, size_t size, size_t *used, const fg_json_at *at) {
    char number[24];
    const char *key = at->key;
    if (at->up)
        put_at(text, size, used, at->up);
    if (!key) {
        snprintf(number, sizeof number, "%zu", at->index);
        key = number;
    }
    put(text, size, used, '/');
    for (; *key; key++) {
        bool special = *key == '~' || *key == '/';
        put(text, size, used, special ? '~' : *key);
        if (special)
            put(text, size, used, *key == '~' ? '0' : '1');
    }
}

void fg_json_at_text(char *text, size_t size, const fg_json_at *at) {
    size_t used = 0;
    if (!at) {
        snprintf(text, size, "top level");
        return;
    }
    put_at(text, size, &used, at);
    text[used] = 0;
}

int fg_json_fail(fg_err *err, int code, const fg_json_at *at, const char *format, ...) {
    char where[FG_ERR_TEXT / 2], message[FG_ERR_TEXT];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    fg_json_at_text(where, sizeof where, at);
    return fg_err_set(err, code, "%s: %s", where, message);
}

const char *fg_json_type(const cJSON *value) {
    if (!value)
        return "nothing";
    if (cJSON_IsBool(value))
        return "true or false";
    if (cJSON_IsNumber(value))
        return "a number";
    if (cJSON_IsString(value))
        return "a string";
    if (cJSON_IsArray(value))
        return "an array";
    return cJSON_IsObject(value) ? "an object" : "null";
}

static int mismatch(const char *expected, const cJSON *value, const fg_json_at *at, fg_err *err) {
    return fg_json_fail(err, FG_EFORMAT, at, "expected %s, found %s", expected, fg_json_type(value));
}

int fg_json_get_real(double *out, const cJSON *value, const fg_json_at *at, fg_err *err) {
    if (!cJSON_IsNumber(value))
        return mismatch("a number", value, at, err);
    *out = value->valuedouble;
    return 0;
}

int fg_json_get_int(int64_t *out, const cJSON *value, const fg_json_at *at, fg_err *err) {
    char found[FG_JSON_NUMBER_TEXT];
    if (!cJSON_IsNumber(value))
        return mismatch("a whole number", value, at, err);
    double v = value->valuedouble;
    /* Past 2^53 a double no longer says which whole number was written. */
    if (v != floor(v) || fabs(v) > 9007199254740992.0) {
        fg_json_number_text(found, v);
        return fg_json_fail(err, FG_EFORMAT, at, "expected a whole number, found %s", found);
    }
    *out = (int64_t)v;
    return 0;
}

int fg_json_get_bool(bool *out, const cJSON *value, const fg_json_at *at, fg_err *err) {
    if (!cJSON_IsBool(value))
        return mismatch("true or false", value, at, err);
    *out = cJSON_IsTrue(value);
    return 0;
}

int fg_json_get_text(const char **out, const cJSON *value, const fg_json_at *at, fg_err *err) {
    if (!cJSON_IsString(value))
        return mismatch("a string", value, at, err);
    *out = value->valuestring;
    return 0;
}

int fg_json_want_object(const cJSON *value, const fg_json_at *at, fg_err *err) {
    return cJSON_IsObject(value) ? 0 : mismatch("an object", value, at, err);
}

int fg_json_want_array(size_t *count, const cJSON *value, const fg_json_at *at, fg_err *err) {
    if (!cJSON_IsArray(value))
        return mismatch("an array", value, at, err);
    *count = 0;
    for (const cJSON *m = value->child; m; m = m->next)
        (*count)++;
    return 0;
}

const cJSON *fg_json_member(const cJSON *object, const char *key) {
    return cJSON_GetObjectItemCaseSensitive(object, key);
}
