#include "report/inspect.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "model/kind.h"

enum { LINE = 320 };

fg_parameter_range fg_parameter_measure(const fg_parameter *p) {
    fg_parameter_range r = {INFINITY, 0, -INFINITY, INFINITY, 0, -INFINITY};
    for (size_t i = 0; i < p->size; i++) {
        double mean = p->eta[i] / p->lambda[i], sd = 1 / sqrt(p->lambda[i]);
        r.mean_low = fmin(r.mean_low, mean);
        r.mean_high = fmax(r.mean_high, mean);
        r.mean += mean / (double)p->size;
        r.sd_low = fmin(r.sd_low, sd);
        r.sd_high = fmax(r.sd_high, sd);
        r.sd += sd / (double)p->size;
    }
    return r;
}

/* Appends a cell of the table of layers: the value of the layer's option, or blanks where its kind has no
 * such one. */
static size_t add_option(char *line, size_t used, const fg_layer *layer, const char *key, int width) {
    const fg_table *table = &fg_kind_of(layer->kind)->table;
    const fg_field *field = fg_table_find(table, key);
    char text[32] = "";
    double value = field ? fg_field_get(field, layer) : 0;
    if (field && field->type == FG_FIELD_ENUM)
        snprintf(text, sizeof text, "%s", field->values[(int)value]);
    else if (field && fg_field_has_meaning(field, table, layer))
        snprintf(text, sizeof text, "%.4g", value);
    return used + (size_t)snprintf(line + used, LINE - used, " %*s", width, text);
}

static void print_layer(FILE *to, const fg_layer *layer, fg_shape group) {
    static const struct {
        const char *key;
        int width;
    } columns[] = {
        {"sigma", 8}, {"activation", 11}, {"weight_prior", 13}, {"bias_prior", 11}, {"activation_prior", 17}};
    char shape[72], line[LINE];
    fg_shape_text(shape, group);
    size_t used = (size_t)snprintf(line, sizeof line, "%-16s %-12s %-12s", layer->name,
                                   fg_kind_of(layer->kind)->name, shape);
    for (size_t c = 0; c < sizeof columns / sizeof *columns; c++)
        used = add_option(line, used, layer, columns[c].key, columns[c].width);
    while (used && line[used - 1] == ' ')
        used--;
    fprintf(to, "%.*s\n", (int)used, line);
}

/* Dimensions that only the data will tell are shown as "?". */
static void print_layers(FILE *to, const fg_spec *spec) {
    fg_shape group = spec->input, made;
    char shape[72];
    const char *why = NULL;
    fg_shape_text(shape, group);
    fprintf(to, "\n%-16s %-12s %-12s %8s %11s %13s %11s %17s\n", "layer", "kind", "group", "sigma",
            "activation", "weight prior", "bias prior", "activation prior");
    fprintf(to, "%-16s %-12s %s\n", "input", fg_spec_noiseless_input(spec) ? "noiseless" : "free", shape);
    for (int i = 0; i < spec->n_layers; i++) {
        const fg_kind *kind = fg_kind_of(spec->layers[i].kind);
        if (kind->makes_group && kind->shape(&made, &why, &spec->layers[i], group) == 0)
            group = made;
        print_layer(to, &spec->layers[i], group);
    }
}

static void print_explicit(FILE *to, const fg_explicit *graph) {
    size_t of_one = 0, of_two = 0, robust = 0, priors = 0;
    for (size_t i = 0; i < graph->n_factors; i++) {
        of_one += graph->factors[i].cols == 1;
        of_two += graph->factors[i].cols == 2;
        robust += graph->factors[i].robust != FG_ROBUST_NONE;
    }
    for (size_t i = 0; i < graph->n_variables; i++)
        priors += isfinite(graph->prior_sigma[i]);
    fprintf(to, "\n%-28s %zu\n%-28s %zu\n", "variables", graph->n_variables, "  with a prior", priors);
    fprintf(to, "%-28s %zu\n%-28s %zu\n%-28s %zu\n", "factors", graph->n_factors, "  over one variable",
            of_one, "  over two variables", of_two);
    fprintf(to, "%-28s %zu\n%-28s %zu\n", "  over more variables", graph->n_factors - of_one - of_two,
            "  robust", robust);
}

static void print_run(FILE *to, const char *label, const fg_run_options *run) {
    fprintf(to, "%s: %d iterations, damping %.4g, dropout %.4g, schedule %s\n", label, run->iterations,
            run->damping, run->dropout, fg_schedule_names[run->schedule]);
}

/* A line of a file's text: what it holds must not steer a terminal. */
static void print_text(FILE *to, const char *text, size_t length) {
    for (size_t i = 0; i < length; i++)
        putc(iscntrl((unsigned char)text[i]) ? '?' : text[i], to);
}

/* Where the state comes from. */
static void print_history(FILE *to, const fg_state *state) {
    fprintf(to, "state of format version %s, learned from %" PRIu64 " observation%s, seed %" PRIu64 "\n",
            FG_STATE_VERSION, state->examples, state->examples == 1 ? "" : "s", state->seed);
    for (const char *line = state->commands; line && *line;) {
        size_t length = strcspn(line, "\n");
        fputs("  ", to);
        print_text(to, line, length);
        putc('\n', to);
        line += length + (line[length] == '\n');
    }
    if (state->resume)
        fputs("interrupted: fg-train -g with the same data goes on\n", to);
    if (state->continual)
        fputs("unfinished: fg-continual --resume with the same data goes on\n", to);
    for (size_t c = 0; c < state->scaling.channels; c++)
        fprintf(to, "input channel %zu: mean %.6g, deviation %.6g, brought to 0 and 1\n", c,
                state->scaling.mean[c], state->scaling.sd[c]);
}

static void print_parameters(FILE *to, const fg_posterior *posterior) {
    bool averaged = false;
    fprintf(to, "\n%-37s %19s %32s\n", "", "means", "deviations");
    fprintf(to, "%-24s %-12s %9s %9s %9s   %9s %9s %9s\n", "parameter", "shape", "least", "mean", "most",
            "least", "mean", "most");
    for (size_t i = 0; i < posterior->n; i++) {
        const fg_parameter *p = &posterior->parameters[i];
        fg_parameter_range r = fg_parameter_measure(p);
        char shape[48];
        snprintf(shape, sizeof shape, p->rank == 2 ? "%zux%zu" : "%zu", p->dims[0], p->dims[1]);
        fprintf(to, "%-24s %-12s %9.3g %9.3g %9.3g   %9.3g %9.3g %9.3g\n", p->name, shape, r.mean_low, r.mean,
                r.mean_high, r.sd_low, r.sd, r.sd_high);
        averaged = averaged || p->average;
    }
    if (averaged)
        fputs("predictions use a running average of the means\n", to);
}

int fg_inspect_print(FILE *to, const fg_state *state, fg_err *err) {
    const fg_spec *spec = &state->spec;
    fprintf(to, "%s\n", spec->name[0] ? spec->name : "a model without a name");
    if (state->posterior)
        print_history(to, state);
    else if (!spec->is_explicit)
        fputs("spec: nothing has been learned yet\n", to);
    print_run(to, "inference", &spec->run);
    if (!spec->is_explicit)
        print_run(to, "prediction", &spec->predict);
    if (spec->is_explicit)
        print_explicit(to, &spec->graph);
    else
        print_layers(to, spec);
    if (state->posterior)
        print_parameters(to, state->posterior);
    return ferror(to) ? fg_err_set(err, FG_EIO, "the table could not be written") : FG_OK;
}
