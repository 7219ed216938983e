#include <math.h>

#include "model/kind.h"
#include "model/spec_internal.h"

static void put_escaped(FILE *to, const char *text) {
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            putc('\\', to);
        putc((unsigned char)*text < ' ' ? ' ' : *text, to);
    }
}

static void put_deviation(FILE *to, double v) {
    char text[FG_JSON_NUMBER_TEXT];
    fg_json_number_text(text, v);
    fprintf(to, "\\nsigma %s", text);
}

static void dot_explicit(FILE *to, const fg_explicit *g) {
    for (size_t i = 0; i < g->n_variables; i++) {
        fprintf(to, "  v%zu [label=\"", i);
        put_escaped(to, g->names[i]);
        fputs("\"];\n", to);
        if (!isfinite(g->prior_sigma[i]))
            continue;
        fprintf(to, "  p%zu [shape=box, label=\"prior", i);
        put_deviation(to, g->prior_sigma[i]);
        fprintf(to, "\"];\n  p%zu -- v%zu;\n", i, i);
    }
    for (size_t i = 0; i < g->n_factors; i++) {
        const fg_linear_factor *f = &g->factors[i];
        fprintf(to, "  f%zu [shape=box, label=\"%s", i, fg_factor_kind_name(f));
        if (f->rows == 1)
            put_deviation(to, f->sigma[0]);
        fputs("\"];\n", to);
        for (size_t c = 0; c < f->cols; c++)
            fprintf(to, "  f%zu -- v%zu;\n", i, f->variables[c]);
    }
}

static void dot_group(FILE *to, int number, const char *what, fg_shape shape) {
    char text[72];
    fg_shape_text(text, shape);
    fprintf(to, "  g%d [label=\"%s\\n%s\"];\n", number, what, text);
}

static void dot_layer(FILE *to, const fg_layer *layer, int i, int group) {
    const fg_kind *kind = fg_kind_of(layer->kind);
    fprintf(to, "  l%d [shape=box, label=\"%s", i, layer->name);
    if (layer->kind == FG_LAYER_DENSE)
        fprintf(to, "\\n%s %d %s", kind->name, layer->units, fg_activation_names[layer->activation]);
    else
        fprintf(to, "\\n%s", kind->name);
    if (layer->robust != FG_ROBUST_NONE)
        fprintf(to, " %s", fg_robust_names[layer->robust]);
    put_deviation(to, layer->sigma);
    fprintf(to, "\"];\n  g%d -- l%d;\n", group, i);
}

static void dot_layers(FILE *to, const fg_spec *spec) {
    int group = 0;
    dot_group(to, 0, fg_spec_noiseless_input(spec) ? "input (noiseless)" : "input", spec->input);
    for (int i = 0; i < spec->n_layers; i++) {
        const fg_layer *layer = &spec->layers[i];
        const fg_kind *kind = fg_kind_of(layer->kind);
        dot_layer(to, layer, i, group);
        if (!kind->makes_group)
            continue;
        const char *why = NULL;
        fg_shape made = spec->input;
        kind->shape(&made, &why, layer, made);
        dot_group(to, ++group, "activations", made);
        fprintf(to, "  l%d -- g%d;\n", i, group);
        if (fg_table_find(&kind->table, "weight_prior"))
            fprintf(to, "  w%d [style=dashed, label=\"parameters\\nof %s\"];\n  w%d -- l%d;\n", i,
                    layer->name, i, i);
    }
}

int fg_spec_dot(FILE *to, const fg_spec *spec, fg_err *err) {
    int code = fg_spec_check(spec, err);
    if (code)
        return code;
    fputs("graph \"", to);
    put_escaped(to, spec->name[0] ? spec->name : "fg");
    fputs("\" {\n  rankdir=LR;\n  node [fontname=\"sans-serif\"];\n", to);
    if (spec->is_explicit)
        dot_explicit(to, &spec->graph);
    else
        dot_layers(to, spec);
    fputs("}\n", to);
    return ferror(to) ? fg_err_set(err, FG_EIO, "the graph could not be written") : 0;
}
