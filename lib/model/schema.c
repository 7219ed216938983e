#include <string.h>

#include "base/json.h"
#include "model/kind.h"
#include "model/spec_internal.h"

static void put_const(fg_json_writer *w, const char *key, const char *text) {
    fg_json_on_line(w);
    fg_json_open_object(w, key);
    fg_json_put_text(w, "const", text);
    fg_json_close(w);
}

static void put_ref(fg_json_writer *w, const char *key, const char *name) {
    char ref[96];
    snprintf(ref, sizeof ref, "#/$defs/%s", name);
    fg_json_on_line(w);
    fg_json_open_object(w, key);
    fg_json_put_text(w, "$ref", ref);
    fg_json_close(w);
}

static void put_names(fg_json_writer *w, const char *key, const char *const *names) {
    fg_json_on_line(w);
    fg_json_open_array(w, key);
    for (; *names; names++)
        fg_json_put_text(w, NULL, *names);
    fg_json_close(w);
}

static void open_strict_object(fg_json_writer *w, const char *key, const char *help,
                               const char *const *required) {
    fg_json_open_object(w, key);
    if (help)
        fg_json_put_text(w, "description", help);
    fg_json_put_text(w, "type", "object");
    fg_json_put_bool(w, "additionalProperties", false);
    if (required)
        put_names(w, "required", required);
    fg_json_open_object(w, "properties");
}

static void close_strict_object(fg_json_writer *w) {
    fg_json_close(w);
    fg_json_close(w);
}

static void put_number(fg_json_writer *w, const char *key, const fg_range *range) {
    fg_json_on_line(w);
    fg_json_open_object(w, key);
    fg_json_put_text(w, "type", "number");
    fg_json_put_real(w, "minimum", range->min);
    fg_json_put_real(w, "maximum", range->max);
    fg_json_close(w);
}

static void open_list(fg_json_writer *w, const char *key, int64_t least, int64_t most) {
    fg_json_open_object(w, key);
    fg_json_put_text(w, "type", "array");
    if (least)
        fg_json_put_int(w, "minItems", least);
    if (most)
        fg_json_put_int(w, "maxItems", most);
}

/* A number for all rows or one for each. */
static void put_rows(fg_json_writer *w, const char *key, const char *name) {
    fg_json_open_object(w, key);
    fg_json_open_array(w, "anyOf");
    put_ref(w, NULL, name);
    open_list(w, NULL, 1, FG_ROWS_MAX);
    put_ref(w, "items", name);
    fg_json_close(w);
    fg_json_close(w);
    fg_json_close(w);
}

static void def_basics(fg_json_writer *w) {
    put_number(w, "deviation", &fg_deviation_range);
    put_number(w, "value", &fg_value_range);
    fg_json_open_object(w, "name");
    fg_json_put_text(w, "type", "string");
    fg_json_put_text(w, "pattern", "^[A-Za-z0-9_-]{0,63}$");
    fg_json_close(w);
    fg_json_open_object(w, "variable_name");
    fg_json_put_text(w, "type", "string");
    fg_json_put_int(w, "minLength", 1);
    fg_json_put_int(w, "maxLength", FG_VARIABLE_NAME_MAX);
    fg_json_close(w);
    fg_json_open_object(w, "dimension");
    fg_json_put_text(w, "description", "null: taken from the data");
    put_names(w, "type", (const char *const[]){"integer", "null", NULL});
    fg_json_put_int(w, "minimum", 1);
    fg_json_put_int(w, "maximum", (int64_t)FG_DIMENSION_MAX);
    fg_json_close(w);
}

static void def_inference(fg_json_writer *w) {
    open_strict_object(w, "run", "what differs when parameters are fixed and outputs are inferred", NULL);
    fg_table_schema(w, &fg_run_table, false);
    close_strict_object(w);
    open_strict_object(w, "inference", "how inference runs", NULL);
    fg_table_schema(w, &fg_run_table, true);
    put_ref(w, "predict", "run");
    close_strict_object(w);
}

static void def_layer(fg_json_writer *w, const fg_kind *kind) {
    const char *required[16] = {"kind"};
    size_t n = 1;
    for (size_t i = 0; i < kind->table.n && n < 15; i++)
        if (kind->table.fields[i].required)
            required[n++] = kind->table.fields[i].key;
    char name[80];
    snprintf(name, sizeof name, "layer_%s", kind->name);
    open_strict_object(w, name, kind->help, required);
    put_const(w, "kind", kind->name);
    put_ref(w, "name", "name");
    fg_table_schema(w, &kind->table, true);
    close_strict_object(w);
}

static void def_variable(fg_json_writer *w) {
    fg_json_open_object(w, "variable");
    fg_json_open_array(w, "anyOf");
    put_ref(w, NULL, "variable_name");
    open_strict_object(w, NULL, NULL, (const char *const[]){"name", NULL});
    put_ref(w, "name", "variable_name");
    open_strict_object(w, "prior", "a Gaussian; without it nothing is known",
                       (const char *const[]){"sigma", NULL});
    put_ref(w, "mean", "value");
    put_ref(w, "sigma", "deviation");
    close_strict_object(w);
    close_strict_object(w);
    fg_json_close(w);
    fg_json_close(w);
}

static void def_factor(fg_json_writer *w, const char *kind, const char *help, int64_t ends,
                       bool needs_value) {
    bool linear = strcmp(kind, "linear") == 0;
    const char *const linear_keys[] = {"kind", "variables", "matrix", "value", "sigma", NULL};
    const char *const keys[] = {"kind", "variables", "sigma", needs_value ? "value" : NULL, NULL};
    char name[80];
    snprintf(name, sizeof name, "factor_%s", kind);
    open_strict_object(w, name, help, linear ? linear_keys : keys);
    put_const(w, "kind", kind);
    open_list(w, "variables", ends ? ends : 1, ends ? ends : FG_COLS_MAX);
    fg_json_put_bool(w, "uniqueItems", true);
    put_ref(w, "items", "variable_name");
    fg_json_close(w);
    if (linear) {
        open_list(w, "matrix", 1, FG_ROWS_MAX);
        open_list(w, "items", 1, FG_COLS_MAX);
        put_ref(w, "items", "value");
        fg_json_close(w);
        fg_json_close(w);
    }
    put_rows(w, "value", "value");
    put_rows(w, "sigma", "deviation");
    fg_json_open_object(w, "robust");
    put_names(w, "enum", fg_robust_names);
    fg_json_close(w);
    put_ref(w, "threshold", "deviation");
    close_strict_object(w);
}

static void put_choice(fg_json_writer *w, const char *prefix, const char *const *names) {
    fg_json_open_object(w, "items");
    fg_json_open_array(w, "oneOf");
    for (; *names; names++) {
        char name[80];
        snprintf(name, sizeof name, "%s_%s", prefix, *names);
        put_ref(w, NULL, name);
    }
    fg_json_close(w);
    fg_json_close(w);
}

static void put_head(fg_json_writer *w) {
    put_const(w, "format", "fg-spec");
    fg_json_on_line(w);
    fg_json_open_object(w, "version");
    fg_json_put_int(w, "const", 1);
    fg_json_close(w);
    put_ref(w, "name", "name");
    put_ref(w, "inference", "inference");
}

static void def_input(fg_json_writer *w) {
    open_strict_object(w, "input", "[n] or [height, width, channels]", (const char *const[]){"shape", NULL});
    fg_json_open_object(w, "shape");
    fg_json_open_array(w, "oneOf");
    for (int n = 1; n <= 3; n += 2) {
        open_list(w, NULL, n, n);
        put_ref(w, "items", "dimension");
        fg_json_close(w);
    }
    fg_json_close(w);
    fg_json_close(w);
    fg_table_schema(w, &fg_input_table, true);
    close_strict_object(w);
}

static void def_bodies(fg_json_writer *w) {
    static const char *const factors[] = {"observation", "prior", "pairwise", "linear", NULL};
    const char *kinds[FG_LAYER_KINDS + 1] = {NULL};
    for (int i = 0; i < FG_LAYER_KINDS; i++)
        kinds[i] = fg_kind_of((fg_layer_kind)i)->name;
    def_input(w);
    open_strict_object(w, "layered", "a deep factor graph, copied per observation except for its parameters",
                       (const char *const[]){"format", "version", "input", "layers", NULL});
    put_head(w);
    put_ref(w, "input", "input");
    open_list(w, "layers", 1, FG_MAX_LAYERS);
    put_choice(w, "layer", kinds);
    fg_json_close(w);
    close_strict_object(w);
    open_strict_object(w, "explicit", "any Gaussian factor graph, variable by variable",
                       (const char *const[]){"format", "version", "variables", "factors", NULL});
    put_head(w);
    open_list(w, "variables", 1, 0);
    put_ref(w, "items", "variable");
    fg_json_close(w);
    open_list(w, "factors", 0, 0);
    put_choice(w, "factor", factors);
    fg_json_close(w);
    close_strict_object(w);
}

int fg_spec_schema(char **text, fg_err *err) {
    fg_json_writer w = {0};
    fg_json_open_object(&w, NULL);
    fg_json_put_text(&w, "$schema", "https://json-schema.org/draft/2020-12/schema");
    fg_json_put_text(&w, "title", "fg graph spec");
    fg_json_open_array(&w, "oneOf");
    put_ref(&w, NULL, "layered");
    put_ref(&w, NULL, "explicit");
    fg_json_close(&w);
    fg_json_open_object(&w, "$defs");
    def_basics(&w);
    def_inference(&w);
    for (int i = 0; i < FG_LAYER_KINDS; i++)
        def_layer(&w, fg_kind_of((fg_layer_kind)i));
    def_variable(&w);
    def_factor(&w, "observation", "x - value", 1, true);
    def_factor(&w, "prior", "another word for observation", 1, true);
    def_factor(&w, "pairwise", "x - y - value", 2, false);
    def_factor(&w, "linear", "A x - value", 0, true);
    def_bodies(&w);
    fg_json_close(&w);
    fg_json_close(&w);
    return fg_json_writer_end(text, &w, err);
}
