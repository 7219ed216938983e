#include "model/spec.h"

#include <string.h>

#include "base/mem.h"
#include "model/kind.h"
#include "model/spec_internal.h"

bool fg_name_valid(const char *name) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    size_t n = strnlen(name, FG_NAME_MAX);
    return n > 0 && n < FG_NAME_MAX && strspn(name, letters) == n;
}

void fg_layers_name(fg_spec *spec) {
    int seen[FG_LAYER_KINDS] = {0};
    for (int i = 0; i < spec->n_layers; i++) {
        fg_layer *layer = &spec->layers[i];
        int number = ++seen[layer->kind];
        if (!layer->name[0])
            snprintf(layer->name, sizeof layer->name, "%s%d", fg_kind_of(layer->kind)->name, number);
    }
}

/* "the filter is larger than the group" is followed by what that is. */
static int fail_shape(fg_err *err, const fg_json_at *at, const char *kind, const char *why, fg_shape group) {
    static const char end[] = "the group";
    const size_t length = strlen(why);
    char shape[72];
    if (length < sizeof end || strcmp(why + length - (sizeof end - 1), end) != 0)
        return fg_json_fail(err, FG_EINVAL, at, "%s: %s", kind, why);
    fg_shape_text(shape, group);
    return fg_json_fail(err, FG_EINVAL, at, "%s: %s of %s", kind, why, shape);
}

/* Shapes for an input whose dimensions may be 0; kinds and options are already checked. */
static int walk_shapes(fg_shape in[], fg_shape out[], const fg_spec *spec, fg_shape input, fg_err *err) {
    fg_json_at layers = {NULL, "layers", 0};
    fg_shape group = input;
    for (int i = 0; i < spec->n_layers; i++) {
        const fg_kind *kind = fg_kind_of(spec->layers[i].kind);
        fg_json_at at = {&layers, NULL, (size_t)i};
        const char *why = NULL;
        in[i] = out[i] = group;
        if (kind->shape && kind->shape(&out[i], &why, &spec->layers[i], group))
            return fail_shape(err, &at, kind->name, why, group);
        if (fg_group_count(out[i]) == SIZE_MAX)
            return fg_json_fail(err, FG_EINVAL, &at, "%s makes more than %zu variables", kind->name,
                                FG_GROUP_MAX);
        if (kind->makes_group)
            group = out[i];
    }
    return 0;
}

static int check_input(fg_shape s, fg_err *err) {
    fg_json_at input = {NULL, "input", 0}, shape = {&input, "shape", 0};
    const size_t n[3] = {s.height, s.width, s.channels};
    for (size_t i = 0; i < 3; i++)
        if (n[i] > FG_DIMENSION_MAX)
            return fg_json_fail(err, FG_EINVAL, &shape, "%zu is not in 1..%zu", n[i], FG_DIMENSION_MAX);
    if (fg_group_count(s) == SIZE_MAX)
        return fg_json_fail(err, FG_EINVAL, &shape, "more than %zu variables", FG_GROUP_MAX);
    return 0;
}

static int check_name(const fg_spec *spec, int i, const fg_json_at *at, fg_err *err) {
    fg_json_at here = {at, "name", 0};
    if (!fg_name_valid(spec->layers[i].name))
        return fg_json_fail(err, FG_EINVAL, &here, "a name is 1 to %d letters, digits, - and _",
                            FG_NAME_MAX - 1);
    for (int j = 0; j < i; j++)
        if (strcmp(spec->layers[i].name, spec->layers[j].name) == 0)
            return fg_json_fail(err, FG_EINVAL, &here, "\"%s\" is the name of /layers/%d too",
                                spec->layers[i].name, j);
    return 0;
}

static int check_layer(const fg_spec *spec, int i, const fg_json_at *at, fg_err *err) {
    const fg_layer *layer = &spec->layers[i];
    const fg_kind *kind = fg_kind_of(layer->kind);
    if (!kind)
        return fg_json_fail(err, FG_EINVAL, at, "%d is no kind of layer", (int)layer->kind);
    int code = fg_table_check(layer, &kind->table, at, err);
    return code ? code : check_name(spec, i, at, err);
}

/* What asks for a noiseless input, and what can stand on features, which are one; known: the group is
 * constant, computed: it is features. */
static int check_known(const fg_layer *layer, bool known, bool computed, const fg_json_at *at, fg_err *err) {
    const bool joint = layer->kind == FG_LAYER_DENSE && layer->covariance == FG_COVARIANCE_FULL;
    fg_json_at covariance = {at, "covariance", 0}, activation = {at, "activation", 0};
    if (fg_kind_of(layer->kind)->computes && !known)
        return fg_json_fail(err, FG_EINVAL, at,
                            "%s needs a noiseless input: nothing but features may stand before it",
                            fg_kind_of(layer->kind)->name);
    if (computed && !fg_kind_of(layer->kind)->computes && layer->kind != FG_LAYER_DENSE)
        return fg_json_fail(err, FG_EINVAL, at, "%s on features: dense or more features are expected there",
                            fg_kind_of(layer->kind)->name);
    if (joint && !known)
        return fg_json_fail(err, FG_EINVAL, &covariance,
                            "full needs a noiseless input: nothing but features may stand before it");
    if (joint && layer->activation != FG_ACT_IDENTITY)
        return fg_json_fail(err, FG_EINVAL, &activation, "identity is expected where covariance is full");
    return 0;
}

/* What may stand behind what: see on_input, makes_group and ends in fg_kind. */
static int check_order(const fg_spec *spec, fg_err *err) {
    fg_json_at layers = {NULL, "layers", 0};
    int observed = -1, made = -1;
    bool known = fg_spec_noiseless_input(spec);
    for (int i = 0; i < spec->n_layers; i++) {
        const fg_kind *kind = fg_kind_of(spec->layers[i].kind);
        fg_json_at at = {&layers, NULL, (size_t)i};
        if (kind->ends && i + 1 < spec->n_layers)
            return fg_json_fail(err, FG_EINVAL, &at, "%s must be the last layer", kind->name);
        if (kind->on_input && made >= 0)
            return fg_json_fail(err, FG_EINVAL, &at,
                                "%s attaches data to the input and must stand before /layers/%d", kind->name,
                                made);
        if (kind->on_input && observed >= 0)
            return fg_json_fail(err, FG_EINVAL, &at, "the input already has /layers/%d", observed);
        if (!kind->on_input && !kind->makes_group && made < 0 && observed < 0)
            return fg_json_fail(err, FG_EINVAL, &at, "%s on the input needs an observation layer before it",
                                kind->name);
        int code = check_known(&spec->layers[i], known, known && made >= 0, &at, err);
        if (code)
            return code;
        known = known && kind->computes;
        if (kind->on_input)
            observed = i;
        if (kind->makes_group && made < 0)
            made = i;
    }
    return 0;
}

static int check_layers(const fg_spec *spec, fg_err *err) {
    fg_shape in[FG_MAX_LAYERS], out[FG_MAX_LAYERS];
    fg_json_at layers = {NULL, "layers", 0}, input = {NULL, "input", 0};
    if (spec->n_layers < 1 || spec->n_layers > FG_MAX_LAYERS)
        return fg_json_fail(err, FG_EINVAL, &layers, "%d layers, expected 1..%d", spec->n_layers,
                            FG_MAX_LAYERS);
    int code = check_input(spec->input, err);
    if (!code)
        code = fg_table_check(spec, &fg_input_table, &input, err);
    for (int i = 0; !code && i < spec->n_layers; i++)
        code = check_layer(spec, i, &(fg_json_at){&layers, NULL, (size_t)i}, err);
    if (!code)
        code = check_order(spec, err);
    if (!code)
        code = walk_shapes(in, out, spec, spec->input, err);
    return code ? code : fg_layout_check(spec, err);
}

int fg_spec_check(const fg_spec *spec, fg_err *err) {
    fg_json_at name = {NULL, "name", 0}, run = {NULL, "inference", 0}, predict = {&run, "predict", 0};
    if (spec->name[0] && !fg_name_valid(spec->name))
        return fg_json_fail(err, FG_EINVAL, &name, "a name is at most %d letters, digits, - and _",
                            FG_NAME_MAX - 1);
    int code = fg_table_check(&spec->run, &fg_run_table, &run, err);
    if (!code)
        code = fg_table_check(&spec->predict, &fg_run_table, &predict, err);
    if (code)
        return code;
    return spec->is_explicit ? fg_explicit_check(&spec->graph, err) : check_layers(spec, err);
}

static bool fits(size_t given, size_t wanted) {
    return given > 0 && given <= FG_DIMENSION_MAX && (wanted == 0 || given == wanted);
}

int fg_spec_shapes(fg_shape in[], fg_shape out[], const fg_spec *spec, fg_shape input, fg_err *err) {
    char given[72], wanted[72];
    fg_shape want = spec->input;
    if (spec->is_explicit)
        return fg_err_set(err, FG_EINVAL, "an explicit graph has no layers");
    if (!fits(input.height, want.height) || !fits(input.width, want.width) ||
        !fits(input.channels, want.channels)) {
        fg_shape_text(given, input);
        fg_shape_text(wanted, want);
        return fg_err_set(err, FG_EINVAL, "the data's shape is %s, the model's input is %s", given, wanted);
    }
    int code = check_input(input, err);
    return code ? code : walk_shapes(in, out, spec, input, err);
}

bool fg_spec_has(const fg_spec *spec, fg_layer_kind kind) {
    for (int i = 0; i < spec->n_layers; i++)
        if (spec->layers[i].kind == kind)
            return true;
    return false;
}

size_t fg_spec_outputs(const fg_spec *spec) {
    fg_shape in[FG_MAX_LAYERS], out[FG_MAX_LAYERS];
    if (spec->is_explicit || walk_shapes(in, out, spec, spec->input, NULL))
        return 0;
    return fg_group_count(in[spec->n_layers - 1]);
}

bool fg_spec_noiseless_input(const fg_spec *spec) {
    return !spec->is_explicit && spec->n_layers > 0 && fg_kind_of(spec->layers[0].kind)->makes_group;
}

void fg_spec_free(fg_spec *spec) {
    fg_explicit_free(&spec->graph);
    *spec = (fg_spec){0};
}
