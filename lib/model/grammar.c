#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/kind.h"
#include "model/spec_internal.h"

enum { TOKEN_MAX = 500 };

/* One dimension and what follows it: 'x' or the end. */
static const char *take_dimension(size_t *out, const char *text) {
    char *end;
    if (*text == '?') {
        *out = 0;
        return text + 1;
    }
    if (*text < '1' || *text > '9')
        return NULL;
    errno = 0;
    unsigned long long n = strtoull(text, &end, 10);
    *out = (size_t)n;
    return errno || n > FG_DIMENSION_MAX ? NULL : end;
}

int fg_shape_parse(fg_shape *out, const char *text, fg_err *err) {
    size_t n[3], count = 0;
    const char *at = text;
    while (count < 3 && (at = take_dimension(&n[count], at))) {
        count++;
        if (*at != 'x')
            break;
        at++;
    }
    if (!at || *at || at == text || at[-1] == 'x' || count == 2)
        return fg_err_set(err, FG_EINVAL,
                          "\"%s\" is not N or HEIGHTxWIDTHxCHANNELS, as 28x28x1 (each 1..%zu, or ?)", text,
                          FG_DIMENSION_MAX);
    *out = count == 1 ? (fg_shape){1, 1, n[0]} : (fg_shape){n[0], n[1], n[2]};
    return 0;
}

static int take_name(fg_layer *layer, const char *name, const char *token, fg_err *err) {
    if (!fg_name_valid(name))
        return fg_err_set(err, FG_EINVAL, "%s: a name is 1 to %d letters, digits, - and _", token,
                          FG_NAME_MAX - 1);
    memcpy(layer->name, name, strlen(name) + 1);
    return 0;
}

/* `set` has a bit for each field of the layer's table that was set before, and one for its name. */
static int take_option(fg_layer *layer, uint64_t *set, char *option, const char *token, fg_err *err) {
    const fg_kind *kind = fg_kind_of(layer->kind);
    char *value = strchr(option, '=');
    const char *key = kind->operand;
    if (value) {
        *value++ = 0;
        key = option;
    } else if (!key) {
        return fg_err_set(err, FG_EINVAL, "%s: \"%s\" is not KEY=VALUE", token, option);
    } else {
        value = option;
    }
    const fg_field *field = fg_table_find(&kind->table, key);
    bool name = strcmp(key, "name") == 0;
    if (!field && !name) {
        fg_err unknown;
        fg_table_unknown_key(&kind->table, NULL, &(fg_json_at){NULL, key, 0}, &unknown);
        return fg_err_set(err, FG_EINVAL, "%s: %s", token, unknown.text + 1);
    }
    int code =
        name ? take_name(layer, value, token, err) : fg_field_from_text(layer, field, value, token, err);
    uint64_t bit = (uint64_t)1 << (name ? 63 : field - kind->table.fields);
    if (!code && *set & bit)
        return fg_err_set(err, FG_EINVAL, "%s: %s is given twice", token, key);
    *set |= bit;
    return code;
}

/* What is printed leaves out an option without a meaning: it may not be lost in silence. */
static int check_meaning(const fg_layer *layer, uint64_t set, const char *token, fg_err *err) {
    const fg_table *table = &fg_kind_of(layer->kind)->table;
    for (size_t i = 0; i < table->n; i++) {
        const fg_field *f = &table->fields[i];
        if (set & (uint64_t)1 << i && !fg_field_has_meaning(f, table, layer))
            return fg_err_set(err, FG_EINVAL, "%s: %s: has no meaning without \"%s\"", token, f->key,
                              f->needs);
    }
    return 0;
}

static int check_required(const fg_layer *layer, const char *token, fg_err *err) {
    const fg_table *table = &fg_kind_of(layer->kind)->table;
    char expects[80];
    for (size_t i = 0; i < table->n; i++) {
        const fg_field *f = &table->fields[i];
        if (!f->required || fg_field_get(f, layer) != 0)
            continue;
        fg_field_expects(expects, sizeof expects, f);
        return fg_err_set(err, FG_EINVAL, "%s: %s missing: %s (%s)", token, f->key, f->help, expects);
    }
    return 0;
}

/* strtok_r takes several commas for one. */
static int check_none_empty(const char *token, fg_err *err) {
    for (const char *at = strpbrk(token, ":,"); at; at = strpbrk(at + 1, ":,"))
        if (!at[1] || at[1] == ',')
            return fg_err_set(err, FG_EINVAL, "%s: an option is missing behind a %s", token,
                              *at == ':' ? "colon" : "comma");
    return 0;
}

static int take_layer(fg_layer *layer, const char *token, fg_err *err) {
    char copy[TOKEN_MAX + 1], *rest = NULL;
    if (strlen(token) > TOKEN_MAX)
        return fg_err_set(err, FG_EINVAL, "%.40s...: longer than %d characters", token, TOKEN_MAX);
    memcpy(copy, token, strlen(token) + 1);
    char *options = strpbrk(copy, ":,"), separator = options ? *options : 0;
    if (options)
        *options++ = 0;
    fg_layer_kind kind = fg_kind_find(copy);
    if (kind == FG_LAYER_KINDS) {
        const char *near = fg_kind_suggest(copy);
        return fg_err_set(err, FG_EINVAL, "%s: \"%s\" is no kind of layer%s%s%s", token, copy,
                          near ? ", did you mean \"" : "", near ? near : "", near ? "\"?" : "");
    }
    fg_layer_reset(layer, kind);
    uint64_t set = 0;
    int code = check_none_empty(token, err);
    if (!code && separator == ',' && options[strcspn(options, ",=")] != '=' && fg_kind_of(kind)->operand)
        return fg_err_set(err, FG_EINVAL, "%s: %s stands behind a colon", token, fg_kind_of(kind)->operand);
    for (char *o = options && !code ? strtok_r(options, ",", &rest) : NULL; o && !code;
         o = strtok_r(NULL, ",", &rest))
        code = take_option(layer, &set, o, token, err);
    if (!code)
        code = check_meaning(layer, set, token, err);
    return code ? code : check_required(layer, token, err);
}

int fg_spec_from_grammar(fg_spec *out, const char *input, const char *const *tokens, size_t n, fg_err *err) {
    *out = (fg_spec){0};
    fg_table_reset(&out->run, &fg_run_table);
    out->predict = out->run;
    if (n < 1 || n > FG_MAX_LAYERS)
        return fg_err_set(err, FG_EINVAL, "%zu layers, expected 1..%d", n, FG_MAX_LAYERS);
    int code = fg_shape_parse(&out->input, input, err);
    if (code)
        fg_err_prefix(err, "input");
    for (size_t i = 0; i < n && !code; i++)
        code = take_layer(&out->layers[i], tokens[i], err);
    out->n_layers = code ? 0 : (int)n;
    fg_layers_name(out);
    return code ? code : fg_spec_check(out, err);
}
