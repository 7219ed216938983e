/* fg-build: makes, changes, checks and explains graph specs. */
#include <stdio.h>
#include <string.h>

#include "base/io.h"
#include "base/mem.h"
#include "build.h"
#include "cli.h"
#include "engine/state.h"
#include "hint.h"
#include "model/kind.h"
#include "model/preset.h"

static fg_cli_common common = FG_CLI_COMMON;
static fg_cli_list sets;
static const char *from, *input;
static bool list, kinds, schema, check, dot, info;
static int64_t observations; /* 0: not given */

static const fg_cli_option options[] = {
    {.name = "input",
     .type = FG_CLI_TEXT,
     .to = &input,
     .metavar = "SHAPE",
     .help =
         "shape of the input, 28x28x1 or 16, ? for what is taken from the data; layers follow as operands"},
    {.name = "from",
     .type = FG_CLI_MODEL,
     .to = &from,
     .metavar = "FILE",
     .help = "start from a spec in a file; -: standard input"},
    {.name = "set",
     .type = FG_CLI_LIST,
     .to = &sets,
     .metavar = "PATH=VALUE",
     .help = "change a value, as in layers.0.sigma=0.02; may be repeated"},
    {.name = "check",
     .type = FG_CLI_FLAG,
     .to = &check,
     .help = "check a spec from FILE or standard input and print nothing"},
    {.name = "info",
     .type = FG_CLI_FLAG,
     .to = &info,
     .help = "print the number of variables, factors and edges, and the memory they need, instead"},
    {.name = "observations",
     .letter = 'n',
     .type = FG_CLI_INT,
     .to = &observations,
     .metavar = "N",
     .range = {1, 1e12, false, false},
     .help = "for --info: how many observations (1)"},
    {.name = "dot", .type = FG_CLI_FLAG, .to = &dot, .help = "print the graph for Graphviz instead"},
    {.name = "schema", .type = FG_CLI_FLAG, .to = &schema, .help = "print the JSON Schema of specs"},
    {.name = "list", .type = FG_CLI_FLAG, .to = &list, .help = "list the presets"},
    {.name = "kinds",
     .type = FG_CLI_FLAG,
     .to = &kinds,
     .help = "list the kinds of layers and their options"},
    {.name = NULL}};

static const fg_cli_program program = {
    .name = "fg-build",
    .usage = "PRESET [options]\n--input SHAPE LAYER... [options]\n--from FILE [options]\n--check [FILE]",
    .summary = "Makes, changes, checks and explains graph specs.",
    .description = "A LAYER is a kind and its options: dense:10,activation=relu,sigma=0.1. Specs are\n"
                   "written as JSON with every option, to standard output unless -o is given.",
    .examples = "fg-build xor | fg-train --data testdata/xor.csv --seed 1 >xor.fgm\n"
                "fg-build regression --set inference.iterations=500 --set layers.1.units=32\n"
                "fg-build --input 4 dense:16,activation=leaky_relu dense:3 softmax >small.json\n"
                "fg-build denoise-pairwise --input 258x454x3 --info\n"
                "fg-build --check small.json",
    .make = "make one first: fg-build xor >xor.json",
    .options = options,
    .common = &common,
    .groups = FG_CLI_OUTPUT_MODEL | FG_CLI_MESSAGES};

/* The spec in a state, as text. */
static int take_spec_of_state(char **json, const fg_cli_model *model, fg_err *err) {
    fg_state state;
    int code = fg_state_read(&state, model->data, model->size, err);
    if (code)
        return fg_err_prefix(err, "%s", model->path);
    code = fg_spec_print(json, &state.spec, err);
    fg_state_free(&state);
    return code;
}

static int read_spec(char **json, const char *path, fg_err *err) {
    fg_cli_model model;
    int code = fg_cli_model_read(&model, path, err);
    if (code)
        return code;
    if (!model.is_spec && fg_state_recognise(model.data, model.size)) {
        code = take_spec_of_state(json, &model, err);
    } else if (strlen((const char *)model.data) != model.size) {
        code = fg_err_set(err, FG_EFORMAT, "%s: expected a graph spec, found binary data", model.path);
        fg_cli_model_fail(path, err);
    } else {
        *json = (char *)model.data;
        return 0;
    }
    fg_free(model.data);
    return code;
}

static int start_from_preset(char **json, const char *name, fg_err *err) {
    const fg_preset *preset;
    int code = fg_preset_find(&preset, name, err);
    if (code && fg_hint_content(name))
        return fg_err_set(err, code, "\"%s\" is no preset; --from %s reads a file", name, name);
    if (code && strchr(name, ':'))
        return fg_err_set(err, code, "\"%s\" is no preset; layers want --input, as in --input 28x28x1 %s",
                          name, name);
    for (const fg_cli_option *o = options; code && o->name; o++)
        if (!strcmp(o->name, name) || !strcmp(name, "help"))
            return fg_err_set(err, code, "\"%s\" is no preset; did you mean --%s?", name, name);
    if (code)
        return strstr(err->text, "did you mean") ? code : fg_hint(err, "fg-build --list shows them");
    *json = fg_strdup(preset->json);
    return *json ? 0 : fg_err_set(err, FG_ENOMEM, "out of memory");
}

static int start_from_grammar(char **json, char **tokens, size_t n, fg_err *err) {
    fg_spec spec;
    int code = fg_spec_from_grammar(&spec, input, (const char *const *)tokens, n, err);
    for (size_t i = 0; code && i < n; i++) {
        size_t length = strlen(tokens[i]);
        if (!strncmp(err->text, tokens[i], length) && err->text[length] == ':')
            return fg_hint_layer(err, tokens[i]);
    }
    return code ? code : fg_spec_print(json, &spec, err);
}

static int apply_sets(char **json, fg_err *err) {
    for (size_t i = 0; i < sets.n; i++) {
        char *changed;
        int code = fg_spec_set(&changed, *json, strlen(*json), sets.items[i], err);
        if (code)
            return fg_err_prefix(err, "--set");
        fg_free(*json);
        *json = changed;
    }
    return 0;
}

static int check_sets(const fg_spec *spec, fg_err *err) {
    int code = 0;
    for (size_t i = 0; i < sets.n && !code; i++)
        code = fg_spec_check_set(spec, sets.items[i], err);
    return code ? fg_err_prefix(err, "--set") : 0;
}

static bool is_layer_option(const char *key) {
    for (int i = 0; i < FG_LAYER_KINDS; i++)
        if (fg_table_find(&fg_kind_of((fg_layer_kind)i)->table, key))
            return true;
    return false;
}

/* How inference runs, and each layer, has an object of its own in the spec, which is easily forgotten. */
static int hint_set(fg_err *err, const char *set) {
    char key[40];
    const char *value = set + strcspn(set, "=");
    snprintf(key, sizeof key, "%.*s", (int)(value - set), set);
    if (fg_table_find(&fg_run_table, key))
        return fg_hint(err, "did you mean --set inference.%s?", set);
    if (!strcmp(key, "iters") || !strcmp(key, "inference.iters"))
        return fg_hint(err, "did you mean --set inference.iterations%s?", value);
    if (is_layer_option(key))
        return fg_hint(err, "an option of a layer: --set layers.0.%s", set);
    if (strchr(key, '['))
        return fg_hint(err, "numbers stand between dots: --set layers.0.units=8");
    if (*value && !value[1])
        return fg_hint(err, "nothing stands behind %s", set);
    if (strstr(err->text, "unknown key") && fg_hint_option("fg-build", key))
        return fg_hint(err, "%s", fg_hint_option("fg-build", key));
    return err->code;
}

static int has_no_input(const char *json, fg_err *err) {
    cJSON *tree;
    int code = fg_json_parse(&tree, json, strlen(json), err);
    if (!code && (fg_json_member(tree, "variables") || fg_json_member(tree, "factors")))
        code = fg_err_set(err, FG_EINVAL, "a graph of variables and factors has no input");
    cJSON_Delete(tree);
    return code;
}

/* The shape of --input in place of the spec's, before anything is checked that depends on it. */
static int put_input(char **json, fg_err *err) {
    fg_shape shape;
    char set[96] = "input.shape=[", *changed;
    int code = fg_shape_parse(&shape, input, err);
    const size_t n[] = {shape.height, shape.width, shape.channels};
    for (size_t i = 0; i < 3 && !code; i++) {
        size_t used = strlen(set);
        if (n[i])
            snprintf(set + used, sizeof set - used, "%zu%s", n[i], i < 2 ? "," : "]");
        else
            snprintf(set + used, sizeof set - used, "null%s", i < 2 ? "," : "]");
    }
    if (!code)
        code = has_no_input(*json, err);
    if (!code)
        code = fg_spec_set(&changed, *json, strlen(*json), set, err);
    if (code)
        return code == FG_EINVAL ? fg_err_prefix(err, "--input") : code;
    fg_free(*json);
    *json = changed;
    return 0;
}

static int write_text(FILE *to, char *text) {
    fputs(text, to);
    fg_free(text);
    return 0;
}

static int write_answer(FILE *to, const fg_spec *spec, fg_err *err) {
    char *text;
    if (dot)
        return fg_spec_dot(to, spec, err);
    if (info)
        return build_info(to, spec, (size_t)observations, err);
    if (list || kinds) {
        (list ? build_presets : build_kinds)(to);
        return 0;
    }
    int code = schema ? fg_spec_schema(&text, err) : fg_spec_print(&text, spec, err);
    return code ? code : write_text(to, text);
}

static int write_out(const fg_spec *spec, fg_err *err) {
    fg_outfile *file;
    int code = fg_outfile_open(&file, common.output, err);
    if (code)
        return code;
    code = write_answer(fg_outfile_stream(file), spec, err);
    if (!code)
        return fg_outfile_commit(&file, err);
    fg_outfile_abort(&file);
    return code;
}

/* The spec of the command line, before it is parsed. */
static int make_json(char **json, char **operands, int n, bool *grammar, fg_err *err) {
    const fg_preset *preset = NULL;
    *grammar = input && !from && !check && !(n == 1 && fg_preset_find(&preset, operands[0], NULL) == 0);
    int code;
    if (*grammar)
        code = start_from_grammar(json, operands, (size_t)n, err);
    else if (from || check)
        code = read_spec(json, from ? from : n ? operands[0] : NULL, err);
    else
        code = start_from_preset(json, operands[0], err);
    return code ? code : apply_sets(json, err);
}

static int build(char **operands, int n, fg_err *err) {
    char *json = NULL;
    bool grammar = false;
    fg_spec spec = {0};
    int code = make_json(&json, operands, n, &grammar, err);
    const char *path = from ? from : check && n ? operands[0] : NULL;
    if (!code && input && !grammar && (code = put_input(&json, err)) == FG_EINVAL)
        path = NULL;
    if (!code)
        code = fg_spec_parse(&spec, json, strlen(json), err);
    if (code && json && path && !sets.n)
        fg_err_prefix(err, "%s", path);
    if (code && json && path && json[strspn(json, " \t\r\n")] != '{')
        fg_cli_model_fail(path, err);
    for (size_t i = 0; code && i < sets.n; i++)
        hint_set(err, sets.items[i]);
    if (!code)
        code = check_sets(&spec, err);
    if (!code && !check)
        code = write_out(&spec, err);
    if (!code && check)
        code = fg_spec_check(&spec, err);
    fg_spec_free(&spec);
    fg_free(json);
    return code;
}

/* What is asked for is no spec: options that make one have no meaning then. */
static int usage_of_lists(int n, char **operands) {
    const char *asked = list ? "--list" : kinds ? "--kinds" : "--schema";
    const char *other = from ? "--from" : input ? "--input" : sets.n ? "--set" : observations ? "-n" : NULL;
    if (n)
        return fg_cli_usage("%s: no operand is wanted here", operands[0]);
    return other ? fg_cli_usage("%s has no meaning with %s: leave it out", other, asked) : -1;
}

static int usage_error(int n, char **operands) {
    if (check + dot + info + schema + list + kinds > 1)
        return fg_cli_usage(
            "only one of --check, --info, --dot, --schema, --list and --kinds can be done at a time");
    if (schema || list || kinds)
        return usage_of_lists(n, operands);
    if (check && common.output)
        return fg_cli_usage("-o has no meaning with --check, which prints nothing: leave it out");
    if (observations && !info)
        return fg_cli_usage("-n goes with --info");
    if (from && n)
        return fg_cli_usage("%s: no preset or layer goes with --from", operands[0]);
    if (!from && !check && !input && n == 0)
        return fg_cli_usage("name a preset (--list shows them), or give --input and layers, or --from");
    if (n > 1 && (check || !input))
        return fg_cli_usage("%s: one %s at a time%s", operands[1], check ? "file" : "preset",
                            check ? "" : "; layers want --input SHAPE");
    return -1;
}

int main(int argc, char **argv) {
    int first, status = fg_cli_parse(&program, argc, argv, &first);
    fg_err err = {0};
    if (status >= 0)
        return status;
    char **operands = argv + first;
    int n = argc - first;
    status = usage_error(n, operands);
    if (status >= 0)
        return fg_cli_end(status);
    if (list || kinds || schema ? write_out(NULL, &err) : build(operands, n, &err)) {
        /* Without a file, what is wrong stands on the command line. */
        bool mistyped = err.code == FG_EINVAL || (err.code == FG_EFORMAT && !from && !check);
        return fg_cli_end(mistyped ? fg_cli_usage("%s", err.text) : fg_cli_fail(&err));
    }
    if (check)
        fg_cli_note(&common, "ok");
    return fg_cli_end(FG_EXIT_DONE);
}
