#include <math.h>
#include <string.h>

#include "base/io.h"
#include "base/mem.h"
#include "engine/diagnose.h"
#include "hint.h"
#include "infer.h"
#include "need.h"

/* Standard deviations: changes this small are rounding that goes on for ever, not inference. Beliefs are
 * right to 48 bits, which is more where means are many deviations from 0; a thousandth is told anyway. */
static double rounding(const fg_graph *graph, const fg_explicit *variables) {
    const size_t n = variables->n_variables;
    double *mean = fg_alloc(n, 2 * sizeof *mean), *sd = mean ? mean + n : NULL, furthest = 0;
    if (mean)
        fg_graph_variables(mean, sd, graph);
    for (size_t i = 0; mean && i < n; i++)
        furthest = fmax(furthest, fabs(mean[i]) / sd[i]);
    fg_free(mean);
    return fmax(1e-9, fmin(furthest * 0x1p-46, 1e-3));
}

/* Variables whose deviation is not finite, of those that are in `reached` or of the others; the first one. */
static size_t count_unknown(size_t *first, const double *values, const unsigned char *reached, bool in,
                            size_t rows) {
    size_t count = 0;
    for (size_t i = rows; i-- > 0;)
        if (!isfinite(values[2 * i + 1]) && (reached[i] != 0) == in) {
            count++;
            *first = i;
        }
    return count;
}

/* Names what is left empty: what is known gets there later, or, where inference has converged, never. */
static int name_some(const fg_explicit *graph, const double *values, size_t rows, bool converged,
                     fg_err *err) {
    size_t first = 0;
    unsigned char *reached = fg_zalloc(rows + 1, 1);
    int status = reached ? FG_OK : fg_err_set(err, FG_ENOMEM, "out of memory");
    if (!status && !converged)
        status = fg_diagnose_reach(reached, graph, err);
    size_t late = status ? 0 : count_unknown(&first, values, reached, true, rows);
    if (late)
        fg_cli_warn("%zu variable%s not been reached yet by what priors and observations say, '%s' for one: "
                    "left empty; try more --iters",
                    late, late > 1 ? "s have" : " has", graph->names[first]);
    size_t never = status ? 0 : count_unknown(&first, values, reached, false, rows);
    if (never)
        fg_cli_warn(
            "%zu variable%s not determined by the graph, '%s' for one: no prior or observation "
            "reaches %s. Left empty; give %s a \"prior\" or an observation factor, or tie %s to a variable "
            "that has one",
            never, never > 1 ? "s are" : " is", graph->names[first], never > 1 ? "them" : "it",
            never > 1 ? "them" : "it", never > 1 ? "them" : "it");
    fg_free(reached);
    return status;
}

/* Says why inference may not have converged. */
static int explain(const fg_explicit *graph, const fg_run_info *info, const fg_cli_common *common,
                   fg_err *err) {
    fg_diagnosis d;
    fg_cli_expect_memory(common, SIZE_MAX); /* it looks at all pairs of variables of a factor */
    int status = fg_diagnose(&d, graph, err);
    if (status)
        return status;
    if (d.checked && !d.walk_summable)
        fg_cli_warn(
            "not converged after %d iterations (change %.3g standard deviations), and the graph is not "
            "walk-summable: the spectral radius of |R| is %.6g, and 1 or more gives no guarantee. Means may "
            "be "
            "wrong; try more --damping and --iters",
            info->iterations, info->change, d.spectral_radius);
    else
        fg_cli_warn("not converged after %d iterations (change %.3g standard deviations): means may be "
                    "wrong; try more "
                    "--iters or another --damping",
                    info->iterations, info->change);
    return FG_OK;
}

static int run(bool *converged, fg_outfile **log, fg_graph *graph, const fg_spec *spec,
               const fg_cli_common *common, fg_err *err) {
    fg_run_options run = spec->run;
    fg_run_info info;
    fg_model_hook hook = {0};
    fg_run_hook after = {fg_model_after, &hook};
    fg_cli_override(&run, common);
    int status = common->log ? fg_outfile_open(log, common->log, err) : FG_OK;
    if (status)
        return status;
    hook.log = *log ? fg_outfile_stream(*log) : NULL;
    fg_progress_begin(&hook.progress, common, "iterations", run.iterations);
    status = fg_graph_run(&info, graph, &run, &after, err);
    fg_progress_end(&hook.progress);
    if (status == FG_EDIVERGED) {
        fg_diagnosis d;
        fg_cli_expect_memory(common, SIZE_MAX);
        if (!fg_diagnose(&d, &spec->graph, NULL) && d.checked && !d.walk_summable)
            fg_cli_warn("the graph is not walk-summable: the spectral radius of |R| is %.6g, not under 1",
                        d.spectral_radius);
        fg_hint_damping(err, run.damping);
    }
    if (status)
        return status;
    *converged = info.converged || info.change <= rounding(graph, &spec->graph);
    return *converged ? FG_OK : explain(&spec->graph, &info, common, err);
}

/* Of the last run, whether it went well or not. */
static void tell_trouble(const fg_graph *graph, const fg_cli_common *common) {
    for (int i = 0; i < fg_graph_layers(graph); i++) {
        fg_layer_stats s;
        fg_graph_layer_stats(&s, graph, i);
        fg_model_tell_trouble(common, s.name, s.kind, s.run_improper, s.run_rejected, s.run_curbed);
    }
}

/* Rows of (mean, sd); both empty where the graph does not determine the variable. */
static int tabulate(infer_table *table, const fg_graph *graph, const fg_explicit *variables, fg_err *err) {
    size_t n = variables->n_variables;
    double *mean = fg_alloc(n, 2 * sizeof *mean), *sd = mean ? mean + n : NULL;
    int status = mean ? infer_table_begin(table, n, 2, err) : fg_err_set(err, FG_ENOMEM, "out of memory");
    if (status) {
        fg_free(mean);
        return status;
    }
    fg_graph_variables(mean, sd, graph);
    for (size_t i = 0; i < n; i++) {
        bool determined = isfinite(sd[i]);
        table->values[2 * i] = determined ? mean[i] : NAN;
        table->values[2 * i + 1] = determined ? sd[i] : NAN;
    }
    fg_free(mean);
    strcpy(table->names[0], "mean");
    strcpy(table->names[1], "sd");
    table->labels = variables->names;
    return FG_OK;
}

int infer_explicit(infer_table *table, bool *converged, fg_outfile **log, const fg_spec *spec,
                   const fg_cli_common *common, fg_err *err) {
    fg_graph_options wiring = {.seed = (uint64_t)common->seed};
    fg_graph *graph;
    const fg_shape one = {1, 1, 1};
    fg_cli_expect_memory(common, need_marginals(spec));
    int status = fg_graph_create(&graph, spec, one, 1, &wiring, err);
    if (status)
        return status;
    status = run(converged, log, graph, spec, common, err);
    tell_trouble(graph, common);
    if (!status)
        status = tabulate(table, graph, &spec->graph, err);
    fg_graph_free(graph);
    if (!status)
        status = name_some(&spec->graph, table->values, table->rows, *converged, err);
    return status;
}
