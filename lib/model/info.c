#include "model/info.h"

#include "base/mem.h"

static int add_counts(fg_counts *sum, const fg_counts *c) {
    return fg_size_add(&sum->variables, sum->variables, c->variables) ||
           fg_size_add(&sum->parameters, sum->parameters, c->parameters) ||
           fg_size_add(&sum->correlations, sum->correlations, c->correlations) ||
           fg_size_add(&sum->factors, sum->factors, c->factors) ||
           fg_size_add(&sum->edges, sum->edges, c->edges);
}

static int count_explicit(fg_info *out, const fg_spec *spec) {
    out->total.variables = spec->graph.n_variables;
    out->total.factors = spec->graph.n_factors;
    for (size_t i = 0; i < spec->graph.n_factors; i++)
        out->total.edges += spec->graph.factors[i].cols;
    return 0;
}

int fg_info_fill(fg_info *out, const fg_spec *spec, fg_shape input, size_t n, fg_err *err) {
    *out = (fg_info){.observations = n, .noiseless = fg_spec_noiseless_input(spec)};
    if (spec->is_explicit)
        return count_explicit(out, spec);
    int code = fg_spec_shapes(out->in, out->out, spec, input, err);
    if (code)
        return code;
    bool constant = out->noiseless;
    int overflow = constant ? 0 : fg_size_mul(&out->input.variables, fg_shape_size(input), n);
    overflow = overflow || add_counts(&out->total, &out->input);
    for (int i = 0; i < spec->n_layers && !overflow; i++) {
        const fg_kind *kind = fg_kind_of(spec->layers[i].kind);
        overflow = kind->count(&out->layers[i], &spec->layers[i], out->in[i], out->out[i], constant, n) ||
                   add_counts(&out->total, &out->layers[i]);
        constant = constant && (kind->computes || !kind->makes_group);
    }
    return overflow ? fg_err_set(err, FG_EINVAL, "%zu observations make a graph too large to count", n) : 0;
}

static void print_row(FILE *to, const char *name, const char *shape, const fg_counts *c) {
    fprintf(to, "%-20s %-16s %14zu %12zu %14zu %16zu\n", name, shape, c->variables, c->parameters, c->factors,
            c->edges);
}

int fg_info_print(FILE *to, const fg_spec *spec, const fg_info *info, fg_err *err) {
    char shape[72];
    if (spec->name[0])
        fprintf(to, "%s\n", spec->name);
    if (!spec->is_explicit)
        fprintf(to, "%zu observation%s\n", info->observations, info->observations == 1 ? "" : "s");
    fprintf(to, "%-20s %-16s %14s %12s %14s %16s\n", "layer", "group", "variables", "parameters", "factors",
            "edges");
    if (!spec->is_explicit) {
        fg_shape_text(shape, info->in[0]);
        print_row(to, info->noiseless ? "input (noiseless)" : "input", shape, &info->input);
    }
    for (int i = 0; i < spec->n_layers; i++) {
        fg_shape_text(shape, info->out[i]);
        print_row(to, spec->layers[i].name, shape, &info->layers[i]);
    }
    print_row(to, "total", "", &info->total);
    return ferror(to) ? fg_err_set(err, FG_EIO, "the table could not be written") : 0;
}
