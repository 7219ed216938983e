#include <string.h>

#include "base/json.h"
#include "model/kind.h"
#include "model/spec_internal.h"

static int parse_name(char name[FG_NAME_MAX], const cJSON *value, const fg_json_at *at, fg_err *err) {
    const char *text;
    int code = fg_json_get_text(&text, value, at, err);
    if (code)
        return code;
    if (*text && !fg_name_valid(text))
        return fg_json_fail(err, FG_EFORMAT, at, "a name is at most %d letters, digits, - and _",
                            FG_NAME_MAX - 1);
    memcpy(name, text, strlen(text) + 1);
    return 0;
}

static int parse_dimension(size_t *out, const cJSON *value, const fg_json_at *at, fg_err *err) {
    int64_t n = 0;
    *out = 0;
    if (cJSON_IsNull(value))
        return 0;
    int code = fg_json_get_int(&n, value, at, err);
    if (!code && (n < 1 || n > (int64_t)FG_DIMENSION_MAX))
        return fg_json_fail(err, FG_EFORMAT, at, "%lld is not in 1..%zu (or null: taken from the data)",
                            (long long)n, FG_DIMENSION_MAX);
    *out = (size_t)n;
    return code;
}

static int parse_input(fg_spec *out, const cJSON *object, fg_err *err) {
    fg_json_at at = {NULL, "input", 0}, shape_at = {&at, "shape", 0};
    static const char *const keys[] = {"shape", NULL};
    size_t count = 0, n[3] = {1, 1, 0};
    int code = fg_json_want_object(object, &at, err);
    if (!code)
        code = fg_table_parse(out, &fg_input_table, object, keys, &at, err);
    if (code)
        return code;
    const cJSON *shape = fg_json_member(object, "shape");
    code = fg_json_want_array(&count, shape, &shape_at, err);
    if (!code && count != 1 && count != 3)
        return fg_json_fail(err, FG_EFORMAT, &shape_at,
                            "%zu numbers, expected [n] or [height, width, channels]", count);
    size_t *to = count == 1 ? n + 2 : n, index = 0;
    for (const cJSON *m = code ? NULL : shape->child; m && !code; m = m->next, index++)
        code = parse_dimension(&to[index], m, &(fg_json_at){&shape_at, NULL, index}, err);
    out->input = (fg_shape){n[0], n[1], n[2]};
    return code;
}

static int parse_layer(fg_layer *layer, const cJSON *object, const fg_json_at *at, fg_err *err) {
    static const char *const others[] = {"kind", "name", NULL};
    fg_json_at kind_at = {at, "kind", 0};
    const char *kind_name;
    int code = fg_json_want_object(object, at, err);
    if (!code)
        code = fg_json_get_text(&kind_name, fg_json_member(object, "kind"), &kind_at, err);
    if (code)
        return code;
    fg_layer_kind kind = fg_kind_find(kind_name);
    if (kind == FG_LAYER_KINDS) {
        const char *near = fg_kind_suggest(kind_name);
        return fg_json_fail(err, FG_EFORMAT, &kind_at, "\"%.60s\" is no kind of layer%s%s%s", kind_name,
                            near ? ", did you mean \"" : "", near ? near : "", near ? "\"?" : "");
    }
    fg_layer_reset(layer, kind);
    code = fg_table_parse(layer, &fg_kind_of(kind)->table, object, others, at, err);
    const cJSON *name = fg_json_member(object, "name");
    if (!code && name)
        code = parse_name(layer->name, name, &(fg_json_at){at, "name", 0}, err);
    return code;
}

static int parse_layers(fg_spec *out, const cJSON *object, fg_err *err) {
    fg_json_at at = {NULL, "layers", 0};
    size_t count = 0, index = 0;
    const cJSON *layers = fg_json_member(object, "layers");
    int code = parse_input(out, fg_json_member(object, "input"), err);
    if (!code)
        code = fg_json_want_array(&count, layers, &at, err);
    if (!code && (count < 1 || count > FG_MAX_LAYERS))
        return fg_json_fail(err, FG_EFORMAT, &at, "%zu layers, expected 1..%d", count, FG_MAX_LAYERS);
    for (const cJSON *m = code ? NULL : layers->child; m && !code; m = m->next, index++)
        code = parse_layer(&out->layers[index], m, &(fg_json_at){&at, NULL, index}, err);
    out->n_layers = code ? 0 : (int)count;
    fg_layers_name(out);
    return code;
}

static int parse_inference(fg_spec *out, const cJSON *object, fg_err *err) {
    static const char *const others[] = {"predict", NULL};
    fg_json_at at = {NULL, "inference", 0}, predict_at = {&at, "predict", 0};
    fg_table_reset(&out->run, &fg_run_table);
    int code = object ? fg_json_want_object(object, &at, err) : 0;
    if (object && !code)
        code = fg_table_parse(&out->run, &fg_run_table, object, others, &at, err);
    out->predict = out->run;
    const cJSON *predict = object ? fg_json_member(object, "predict") : NULL;
    if (code || !predict)
        return code;
    code = fg_json_want_object(predict, &predict_at, err);
    return code ? code : fg_table_parse(&out->predict, &fg_run_table, predict, NULL, &predict_at, err);
}

static int parse_head(fg_spec *out, const cJSON *object, fg_err *err) {
    fg_json_at format_at = {NULL, "format", 0}, version_at = {NULL, "version", 0},
               name_at = {NULL, "name", 0};
    const cJSON *name = fg_json_member(object, "name");
    const char *format = "";
    int64_t version = 0;
    int code = fg_json_get_text(&format, fg_json_member(object, "format"), &format_at, err);
    if (!code && strcmp(format, "fg-spec"))
        return fg_json_fail(err, FG_EFORMAT, &format_at, "expected \"fg-spec\", found \"%.60s\"", format);
    if (!code)
        code = fg_json_get_int(&version, fg_json_member(object, "version"), &version_at, err);
    if (!code && version != 1)
        return fg_json_fail(err, FG_EFORMAT, &version_at,
                            "%lld is not a version this program knows, which is 1", (long long)version);
    return code || !name ? code : parse_name(out->name, name, &name_at, err);
}

static int check_keys(const cJSON *object, bool is_explicit, fg_err *err) {
    static const char *const layered[] = {"format", "version", "name", "inference", "input", "layers", NULL};
    static const char *const explicit_keys[] = {"format",    "version", "name", "inference",
                                                "variables", "factors", NULL};
    const char *const *keys = is_explicit ? explicit_keys : layered;
    for (const cJSON *m = object->child; m; m = m->next) {
        size_t i = 0;
        while (keys[i] && strcmp(keys[i], m->string))
            i++;
        if (!keys[i])
            return fg_table_unknown_key(NULL, keys, &(fg_json_at){NULL, m->string, 0}, err);
    }
    return 0;
}

static int parse_tree(fg_spec *out, const cJSON *tree, fg_err *err) {
    int code = fg_json_want_object(tree, NULL, err);
    if (code)
        return code;
    bool has_layers = fg_json_member(tree, "layers");
    out->is_explicit = fg_json_member(tree, "variables") || fg_json_member(tree, "factors");
    if (has_layers && out->is_explicit)
        return fg_json_fail(err, FG_EFORMAT, NULL,
                            "either \"layers\" or \"variables\" and \"factors\", not both");
    code = parse_head(out, tree, err);
    if (!code)
        code = check_keys(tree, out->is_explicit, err);
    if (!code)
        code = parse_inference(out, fg_json_member(tree, "inference"), err);
    if (code)
        return code;
    return out->is_explicit ? fg_explicit_parse(out, tree, err) : parse_layers(out, tree, err);
}

int fg_spec_parse(fg_spec *out, const char *json, size_t length, fg_err *err) {
    cJSON *tree;
    *out = (fg_spec){0};
    int code = fg_json_parse(&tree, json, length, err);
    if (code)
        return code;
    code = parse_tree(out, tree, err);
    cJSON_Delete(tree);
    if (!code)
        code = fg_spec_check(out, err);
    if (code == FG_EINVAL) {
        code = FG_EFORMAT;
        if (err)
            err->code = code;
    }
    if (code)
        fg_spec_free(out);
    return code;
}
