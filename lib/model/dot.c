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

/* The first variable stands before the factor, the others behind it, so that chains and trees are drawn as
 * such. */
static void dot_factor(FILE *to, const fg_linear_factor *f, size_t i) {
    fprintf(to, "  f%zu [shape=box, label=\"%s", i, fg_factor_kind_name(f));
    if (f->rows == 1)
        put_deviation(to, f->sigma[0]);
    fputs("\"];\n", to);
    for (size_t c = 0; c < f->cols; c++)
        if (c == 0 && f->cols > 1)
            fprintf(to, "  v%zu -- f%zu;\n", f->variables[c], i);
        else
            fprintf(to, "  f%zu -- v%zu;\n", i, f->variables[c]);
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
    for (size_t i = 0; i < g->n_factors; i++)
        dot_factor(to, &g->factors[i], i);
}

/* Variables of one observation: `node` and a number, what they are, how many; grey where they are given. */
static void dot_group(FILE *to, const char *node, int number, bool given, const char *what, fg_shape shape) {
    char text[72];
    fg_shape_text(text, shape);
    fprintf(to, "    %s%d [%slabel=\"%s\\n%s\"];\n", node, number, given ? "style=filled, " : "", what, text);
}

static void dot_layer(FILE *to, const fg_layer *layer, int i) {
    const fg_kind *kind = fg_kind_of(layer->kind);
    int side = fg_table_find(&kind->table, "kernel") ? layer->kernel
               : fg_table_find(&kind->table, "size") ? layer->size
                                                     : 0;
    fprintf(to, "    l%d [shape=box, label=\"%s\\n%s", i, layer->name, kind->name);
    if (side)
        fprintf(to, " %dx%d", side, side);
    if (fg_table_find(&kind->table, "activation") && layer->activation != FG_ACT_IDENTITY)
        fprintf(to, " %s", fg_activation_names[layer->activation]);
    if (layer->robust != FG_ROBUST_NONE)
        fprintf(to, " %s", fg_robust_names[layer->robust]);
    if (fg_table_find(&kind->table, "sigma"))
        put_deviation(to, layer->sigma);
    fputs("\"];\n", to);
}

/* What one observation has of its own, in a frame: groups and layers in a row, data before and behind them.
 */
static void dot_observation(FILE *to, const fg_spec *spec) {
    int group = 0;
    fg_shape shape = spec->input;
    fputs("  subgraph cluster_observation {\n    label=\"once for each observation\";\n"
          "    labeljust=r;\n    style=rounded;\n    color=gray50;\n",
          to);
    dot_group(to, "g", 0, fg_spec_noiseless_input(spec), "input", shape);
    for (int i = 0; i < spec->n_layers; i++) {
        const fg_layer *layer = &spec->layers[i];
        const fg_kind *kind = fg_kind_of(layer->kind);
        const char *why = NULL;
        dot_layer(to, layer, i);
        if (kind->on_input) {
            dot_group(to, "y", i, true, "data", shape);
            fprintf(to, "    y%d -- l%d -- g%d;\n", i, i, group);
            continue;
        }
        fprintf(to, "    g%d -- l%d;\n", group, i);
        if (kind->ends) {
            dot_group(to, "y", i, true, layer->kind == FG_LAYER_SOFTMAX ? "classes" : "targets", shape);
            fprintf(to, "    l%d -- y%d;\n", i, i);
        } else if (kind->makes_group) {
            kind->shape(&shape, &why, layer, shape);
            dot_group(to, "g", ++group, false, "activations", shape);
            fprintf(to, "    l%d -- g%d;\n", i, group);
        }
    }
    fputs("  }\n", to);
}

static void dot_parameters(FILE *to, const fg_layer *layer, int i) {
    char weight[FG_JSON_NUMBER_TEXT], bias[FG_JSON_NUMBER_TEXT];
    const fg_table *table = &fg_kind_of(layer->kind)->table;
    const fg_field *bias_prior = fg_table_find(table, "bias_prior");
    bool biased = bias_prior && fg_field_has_meaning(bias_prior, table, layer);
    if (!fg_table_find(table, "weight_prior"))
        return;
    fg_json_number_text(weight, layer->weight_prior);
    fg_json_number_text(bias, layer->bias_prior);
    fprintf(to, "  w%d [style=dashed, label=\"weights%s\\nprior sigma %s%s%s\"];\n", i,
            biased ? ", bias" : "", weight, biased ? ", " : "", biased ? bias : "");
    fprintf(to, "  { rank=same; w%d -- l%d; }\n", i, i);
}

int fg_spec_dot(FILE *to, const fg_spec *spec, fg_err *err) {
    int code = fg_spec_check(spec, err);
    if (code)
        return code;
    fputs("graph \"", to);
    put_escaped(to, spec->name[0] ? spec->name : "fg");
    fputs(
        "\" {\n  rankdir=LR;\n  newrank=true;\n  ranksep=0.35;\n  fontname=\"sans-serif\";\n  fontsize=11;\n"
        "  node [fontname=\"sans-serif\"];\n",
        to);
    fprintf(to, "  label=\"ellipse: variables; box: factors%s\";\n",
            spec->is_explicit ? "" : "; grey: observed; dashed: learned, the same for all observations");
    if (spec->is_explicit) {
        dot_explicit(to, &spec->graph);
    } else {
        dot_observation(to, spec);
        for (int i = 0; i < spec->n_layers; i++)
            dot_parameters(to, &spec->layers[i], i);
    }
    fputs("}\n", to);
    return ferror(to) ? fg_err_set(err, FG_EIO, "the graph could not be written") : 0;
}
