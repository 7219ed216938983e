#include "model/spec_internal.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/json_scan.h"
#include "base/mem.h"
#include "model/kind.h"
#include "model/names.h"

const fg_range fg_deviation_range = {1e-6, 1e6, false, false};
const fg_range fg_value_range = {-FG_VALUE_MAX, FG_VALUE_MAX, false, false};

const char *fg_factor_kind_name(const fg_linear_factor *f) {
    if (f->rows == 1 && f->cols == 1 && f->matrix[0] == 1)
        return "observation";
    return f->rows == 1 && f->cols == 2 && f->matrix[0] == 1 && f->matrix[1] == -1 ? "pairwise" : "linear";
}

static int check_number(double v, const fg_range *range, const char *symbol, const fg_json_at *at,
                        fg_err *err) {
    char expects[80], number[FG_JSON_NUMBER_TEXT] = "a value that is not finite";
    if (fg_range_has(range, v))
        return 0;
    fg_range_text(expects, sizeof expects, range, symbol);
    if (isfinite(v))
        fg_json_number_text(number, v);
    return fg_json_fail(err, FG_EINVAL, at, "%s is not in %s", number, expects);
}

static int check_variables(const fg_explicit *g, fg_err *err) {
    fg_json_at list = {NULL, "variables", 0};
    if (g->n_variables == 0)
        return fg_json_fail(err, FG_EINVAL, &list, "expected at least one variable");
    for (size_t i = 0; i < g->n_variables; i++) {
        fg_json_at at = {&list, NULL, i}, name = {&at, "name", 0}, prior = {&at, "prior", 0};
        size_t length = strnlen(g->names[i], FG_VARIABLE_NAME_MAX + 1);
        if (length == 0 || length > FG_VARIABLE_NAME_MAX)
            return fg_json_fail(err, FG_EINVAL, &name, "a variable's name is 1 to %d bytes",
                                FG_VARIABLE_NAME_MAX);
        if (!fg_utf8_valid(g->names[i]))
            return fg_json_fail(err, FG_EINVAL, &name, "a variable's name must be UTF-8");
        if (g->prior_sigma[i] == INFINITY)
            continue;
        int code =
            check_number(g->prior_sigma[i], &fg_deviation_range, "s", &(fg_json_at){&prior, "sigma", 0}, err);
        if (!code)
            code =
                check_number(g->prior_mean[i], &fg_value_range, "m", &(fg_json_at){&prior, "mean", 0}, err);
        if (code)
            return code;
    }
    fg_names index;
    size_t duplicate;
    int code = fg_names_build(&index, &duplicate, g->names, g->n_variables, err);
    fg_names_free(&index);
    if (!code && duplicate != SIZE_MAX)
        return fg_json_fail(err, FG_EINVAL, &(fg_json_at){&list, NULL, duplicate},
                            "\"%s\" stands there twice", g->names[duplicate]);
    return code;
}

/* stamps[v] is the number of the last factor seen to have variable v. */
static int check_ends(const fg_linear_factor *f, size_t number, size_t *stamps, size_t n_variables,
                      const fg_json_at *at, fg_err *err) {
    fg_json_at list = {at, "variables", 0};
    if (f->cols < 1 || f->cols > FG_COLS_MAX)
        return fg_json_fail(err, FG_EINVAL, &list, "%zu variables, expected 1..%d", f->cols, FG_COLS_MAX);
    for (size_t i = 0; i < f->cols; i++) {
        fg_json_at here = {&list, NULL, i};
        if (f->variables[i] >= n_variables)
            return fg_json_fail(err, FG_EINVAL, &here, "no variable has the index %zu", f->variables[i]);
        if (stamps[f->variables[i]] == number)
            return fg_json_fail(err, FG_EINVAL, &here, "a factor's variables must be different");
        stamps[f->variables[i]] = number;
    }
    return 0;
}

static int check_numbers(const fg_linear_factor *f, const fg_json_at *at, fg_err *err) {
    fg_json_at matrix = {at, "matrix", 0}, value = {at, "value", 0}, sigma = {at, "sigma", 0};
    int code = 0;
    if (f->rows < 1 || f->rows > FG_ROWS_MAX)
        return fg_json_fail(err, FG_EINVAL, &matrix, "%zu rows, expected 1..%d", f->rows, FG_ROWS_MAX);
    for (size_t r = 0; r < f->rows && !code; r++) {
        fg_json_at row = {&matrix, NULL, r};
        code = check_number(f->value[r], &fg_value_range, "v", &(fg_json_at){&value, NULL, r}, err);
        if (!code)
            code = check_number(f->sigma[r], &fg_deviation_range, "s", &(fg_json_at){&sigma, NULL, r}, err);
        for (size_t c = 0; c < f->cols && !code; c++)
            code = check_number(f->matrix[r * f->cols + c], &fg_value_range, "a",
                                &(fg_json_at){&row, NULL, c}, err);
    }
    if (!code && (unsigned)f->robust > FG_ROBUST_HUBER)
        return fg_json_fail(err, FG_EINVAL, &(fg_json_at){at, "robust", 0}, "%d is no robust loss",
                            (int)f->robust);
    if (!code && f->robust != FG_ROBUST_NONE)
        code = check_number(f->threshold, &fg_deviation_range, "t", &(fg_json_at){at, "threshold", 0}, err);
    return code;
}

int fg_explicit_check(const fg_explicit *g, fg_err *err) {
    fg_json_at list = {NULL, "factors", 0};
    int code = check_variables(g, err);
    if (code)
        return code;
    size_t *stamps = fg_zalloc(g->n_variables, sizeof *stamps);
    if (!stamps)
        return fg_err_set(err, FG_ENOMEM, "out of memory");
    for (size_t i = 0; i < g->n_factors && !code; i++) {
        fg_json_at at = {&list, NULL, i};
        code = check_ends(&g->factors[i], i + 1, stamps, g->n_variables, &at, err);
        if (!code)
            code = check_numbers(&g->factors[i], &at, err);
    }
    fg_free(stamps);
    return code;
}

static void print_rows(fg_json_writer *w, const char *key, const double *v, size_t n) {
    size_t same = 1;
    while (same < n && v[same] == v[0])
        same++;
    if (same == n) {
        fg_json_put_real(w, key, v[0]);
        return;
    }
    fg_json_open_array(w, key);
    for (size_t i = 0; i < n; i++)
        fg_json_put_real(w, NULL, v[i]);
    fg_json_close(w);
}

static void print_factor(fg_json_writer *w, const fg_explicit *g, const fg_linear_factor *f) {
    const char *kind = fg_factor_kind_name(f);
    fg_json_on_line(w);
    fg_json_open_object(w, NULL);
    fg_json_put_text(w, "kind", kind);
    fg_json_open_array(w, "variables");
    for (size_t i = 0; i < f->cols; i++)
        fg_json_put_text(w, NULL, g->names[f->variables[i]]);
    fg_json_close(w);
    if (strcmp(kind, "linear") == 0) {
        fg_json_open_array(w, "matrix");
        for (size_t r = 0; r < f->rows; r++) {
            fg_json_open_array(w, NULL);
            for (size_t c = 0; c < f->cols; c++)
                fg_json_put_real(w, NULL, f->matrix[r * f->cols + c]);
            fg_json_close(w);
        }
        fg_json_close(w);
    }
    print_rows(w, "value", f->value, f->rows);
    print_rows(w, "sigma", f->sigma, f->rows);
    fg_json_put_text(w, "robust", fg_robust_names[f->robust]);
    if (f->robust != FG_ROBUST_NONE)
        fg_json_put_real(w, "threshold", f->threshold);
    fg_json_close(w);
}

void fg_explicit_print(fg_json_writer *w, const fg_explicit *g) {
    fg_json_open_array(w, "variables");
    for (size_t i = 0; i < g->n_variables; i++) {
        fg_json_on_line(w);
        fg_json_open_object(w, NULL);
        fg_json_put_text(w, "name", g->names[i]);
        if (isfinite(g->prior_sigma[i])) {
            fg_json_open_object(w, "prior");
            fg_json_put_real(w, "mean", g->prior_mean[i]);
            fg_json_put_real(w, "sigma", g->prior_sigma[i]);
            fg_json_close(w);
        }
        fg_json_close(w);
    }
    fg_json_close(w);
    fg_json_open_array(w, "factors");
    for (size_t i = 0; i < g->n_factors; i++)
        print_factor(w, g, &g->factors[i]);
    fg_json_close(w);
}

void fg_explicit_free(fg_explicit *g) {
    for (size_t i = 0; g->names && i < g->n_variables; i++)
        fg_free(g->names[i]);
    for (size_t i = 0; g->factors && i < g->n_factors; i++) {
        fg_linear_factor *f = &g->factors[i];
        fg_free(f->variables);
        fg_free(f->matrix);
        fg_free(f->value);
        fg_free(f->sigma);
    }
    fg_free(g->names);
    fg_free(g->prior_mean);
    fg_free(g->prior_sigma);
    fg_free(g->factors);
    *g = (fg_explicit){0};
}
