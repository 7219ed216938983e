#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "model/kind.h"
#include "model/names.h"
#include "model/spec_internal.h"

typedef struct reader {
    fg_explicit *graph;
    fg_names index;
    fg_err *err;
} reader;

static int no_memory(fg_err *err) {
    return fg_err_set(err, FG_ENOMEM, "out of memory");
}

static int check_keys(const cJSON *object, const char *const *keys, const fg_json_at *at, fg_err *err) {
    for (const cJSON *m = object->child; m; m = m->next) {
        size_t i = 0;
        while (keys[i] && strcmp(keys[i], m->string))
            i++;
        if (!keys[i])
            return fg_table_unknown_key(NULL, keys, &(fg_json_at){at, m->string, 0}, err);
    }
    return 0;
}

static int get_ranged(double *out, const cJSON *value, const fg_range *range, const fg_json_at *at,
                      fg_err *err) {
    char expects[80], number[FG_JSON_NUMBER_TEXT];
    int code = fg_json_get_real(out, value, at, err);
    if (code || fg_range_has(range, *out))
        return code;
    fg_range_text(expects, sizeof expects, range, at->key ? at->key : "x");
    fg_json_number_text(number, *out);
    return fg_json_fail(err, FG_EFORMAT, at, "%s is not in %s", number, expects);
}

static int parse_prior(double *mean, double *sigma, const cJSON *prior, const fg_json_at *at, fg_err *err) {
    static const char *const keys[] = {"mean", "sigma", NULL};
    const cJSON *m = NULL;
    *mean = 0;
    int code = fg_json_want_object(prior, at, err);
    if (!code)
        code = check_keys(prior, keys, at, err);
    if (!code && (m = fg_json_member(prior, "mean")))
        code = get_ranged(mean, m, &fg_value_range, &(fg_json_at){at, "mean", 0}, err);
    if (code)
        return code;
    return get_ranged(sigma, fg_json_member(prior, "sigma"), &fg_deviation_range,
                      &(fg_json_at){at, "sigma", 0}, err);
}

static int parse_variable(reader *r, size_t i, const cJSON *value, const fg_json_at *at) {
    static const char *const keys[] = {"name", "prior", NULL};
    const char *name = NULL;
    const cJSON *prior = NULL;
    fg_json_at name_at = {at, "name", 0};
    r->graph->prior_sigma[i] = INFINITY;
    int code = 0;
    if (cJSON_IsString(value)) {
        name = value->valuestring;
    } else if (!cJSON_IsObject(value)) {
        return fg_json_fail(r->err, FG_EFORMAT, at,
                            "expected a name, or an object with \"name\" and \"prior\", found %s",
                            fg_json_type(value));
    } else {
        prior = fg_json_member(value, "prior");
        code = check_keys(value, keys, at, r->err);
        if (!code)
            code = fg_json_get_text(&name, fg_json_member(value, "name"), &name_at, r->err);
    }
    if (!code && prior)
        code = parse_prior(&r->graph->prior_mean[i], &r->graph->prior_sigma[i], prior,
                           &(fg_json_at){at, "prior", 0}, r->err);
    if (code)
        return code;
    r->graph->names[i] = fg_strdup(name);
    return r->graph->names[i] ? 0 : no_memory(r->err);
}

static int parse_variables(reader *r, const cJSON *list) {
    fg_json_at at = {NULL, "variables", 0};
    size_t n = 0, i = 0, duplicate = SIZE_MAX;
    fg_explicit *g = r->graph;
    int code = fg_json_want_array(&n, list, &at, r->err);
    if (code)
        return code;
    g->names = fg_zalloc(n, sizeof *g->names);
    g->prior_mean = fg_zalloc(n, sizeof *g->prior_mean);
    g->prior_sigma = fg_zalloc(n, sizeof *g->prior_sigma);
    if (!g->names || !g->prior_mean || !g->prior_sigma)
        return no_memory(r->err);
    g->n_variables = n;
    for (const cJSON *m = list->child; m && !code; m = m->next, i++)
        code = parse_variable(r, i, m, &(fg_json_at){&at, NULL, i});
    if (!code)
        code = fg_names_build(&r->index, &duplicate, g->names, n, r->err);
    if (!code && duplicate != SIZE_MAX)
        return fg_json_fail(r->err, FG_EFORMAT, &(fg_json_at){&at, NULL, duplicate},
                            "\"%s\" stands there twice", g->names[duplicate]);
    return code;
}

static int unknown_variable(reader *r, const char *name, const fg_json_at *at) {
    const char *near = fg_suggest(name, (const char *const *)r->graph->names, r->graph->n_variables);
    return fg_json_fail(r->err, FG_EFORMAT, at, "no variable is called \"%.80s\"%s%s%s", name,
                        near ? ", did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

static int parse_ends(reader *r, fg_linear_factor *f, const cJSON *list, const fg_json_at *factor_at) {
    fg_json_at at = {factor_at, "variables", 0};
    int code = fg_json_want_array(&f->cols, list, &at, r->err);
    if (!code && (f->cols < 1 || f->cols > FG_COLS_MAX))
        return fg_json_fail(r->err, FG_EFORMAT, &at, "%zu variables, expected 1..%d", f->cols, FG_COLS_MAX);
    if (code)
        return code;
    f->variables = fg_alloc(f->cols, sizeof *f->variables);
    if (!f->variables)
        return no_memory(r->err);
    size_t i = 0;
    for (const cJSON *m = list->child; m && !code; m = m->next, i++) {
        fg_json_at here = {&at, NULL, i};
        const char *name = "";
        code = fg_json_get_text(&name, m, &here, r->err);
        if (!code && (f->variables[i] = fg_names_find(&r->index, name)) == SIZE_MAX)
            code = unknown_variable(r, name, &here);
    }
    return code;
}

/* One number for all rows, or an array of one for each. */
static int parse_rows(double *to, size_t rows, const cJSON *value, const fg_range *range,
                      const fg_json_at *at, fg_err *err) {
    size_t n = 0, i = 0;
    int code = 0;
    if (!cJSON_IsArray(value)) {
        code = get_ranged(&to[0], value, range, at, err);
        for (i = 1; i < rows; i++)
            to[i] = to[0];
        return code;
    }
    code = fg_json_want_array(&n, value, at, err);
    if (!code && n != rows)
        return fg_json_fail(err, FG_EFORMAT, at, "%zu numbers, expected %zu, one for each row of the matrix",
                            n, rows);
    for (const cJSON *m = value->child; m && !code; m = m->next, i++)
        code = get_ranged(&to[i], m, range, &(fg_json_at){at, NULL, i}, err);
    return code;
}

static int parse_matrix(fg_linear_factor *f, const cJSON *matrix, const fg_json_at *at, fg_err *err) {
    size_t n = 0, r = 0;
    int code = fg_json_want_array(&f->rows, matrix, at, err);
    if (!code && (f->rows < 1 || f->rows > FG_ROWS_MAX))
        return fg_json_fail(err, FG_EFORMAT, at, "%zu rows, expected 1..%d", f->rows, FG_ROWS_MAX);
    for (const cJSON *m = code ? NULL : matrix->child; m && !code; m = m->next, r++) {
        fg_json_at row_at = {at, NULL, r};
        code = fg_json_want_array(&n, m, &row_at, err);
        if (!code && n != f->cols)
            code = fg_json_fail(err, FG_EFORMAT, &row_at, "%zu numbers, expected %zu, one for each variable",
                                n, f->cols);
    }
    if (code)
        return code;
    f->matrix = fg_alloc(f->rows * f->cols, sizeof *f->matrix);
    if (!f->matrix)
        return no_memory(err);
    double *to = f->matrix;
    r = 0;
    for (const cJSON *m = matrix->child; m && !code; m = m->next, r++) {
        fg_json_at row_at = {at, NULL, r};
        n = 0;
        for (const cJSON *v = m->child; v && !code; v = v->next, n++)
            code = get_ranged(to++, v, &fg_value_range, &(fg_json_at){&row_at, NULL, n}, err);
    }
    return code;
}

/* The matrix of a kind that has none in its JSON: (1), or (1, -1). */
static int make_matrix(fg_linear_factor *f, size_t cols, const char *kind, const fg_json_at *at,
                       fg_err *err) {
    if (f->cols != cols)
        return fg_json_fail(err, FG_EFORMAT, &(fg_json_at){at, "variables", 0}, "%zu variables, %s has %zu",
                            f->cols, kind, cols);
    f->rows = 1;
    f->matrix = fg_alloc(cols, sizeof *f->matrix);
    if (!f->matrix)
        return no_memory(err);
    f->matrix[0] = 1;
    if (cols == 2)
        f->matrix[1] = -1;
    return 0;
}

static int parse_robust(fg_linear_factor *f, const cJSON *object, bool has_matrix, const fg_json_at *at,
                        fg_err *err) {
    static const fg_field fields[] = {
        {.key = "robust",
         .type = FG_FIELD_ENUM,
         .offset = offsetof(fg_linear_factor, robust),
         .values = fg_robust_names},
        {.key = "threshold",
         .type = FG_FIELD_REAL,
         .offset = offsetof(fg_linear_factor, threshold),
         .initial = 1,
         .range = {1e-6, 1e6, false, false},
         .needs = "robust"},
    };
    static const fg_table table = FG_TABLE(fields);
    static const char *const linear[] = {"kind", "variables", "value", "sigma", "matrix", NULL};
    static const char *const fixed[] = {"kind", "variables", "value", "sigma", NULL};
    fg_table_reset(f, &table);
    return fg_table_parse(f, &table, object, has_matrix ? linear : fixed, at, err);
}

static int parse_factor(reader *r, fg_linear_factor *f, const cJSON *object, const fg_json_at *at) {
    static const char *const kinds[] = {"observation", "prior", "pairwise", "linear"};
    fg_json_at kind_at = {at, "kind", 0}, value_at = {at, "value", 0}, sigma_at = {at, "sigma", 0};
    const char *kind = "";
    fg_err *err = r->err;
    int code = fg_json_want_object(object, at, err);
    if (!code)
        code = fg_json_get_text(&kind, fg_json_member(object, "kind"), &kind_at, err);
    if (code)
        return code;
    size_t k = 0;
    while (k < 4 && strcmp(kinds[k], kind))
        k++;
    if (k == 4)
        return fg_json_fail(err, FG_EFORMAT, &kind_at,
                            "\"%.60s\" is no kind of factor: observation, prior, pairwise or linear", kind);
    code = parse_ends(r, f, fg_json_member(object, "variables"), at);
    if (!code && k == 3)
        code = parse_matrix(f, fg_json_member(object, "matrix"), &(fg_json_at){at, "matrix", 0}, err);
    else if (!code)
        code = make_matrix(f, k == 2 ? 2 : 1, kind, at, err);
    if (!code)
        code = parse_robust(f, object, k == 3, at, err);
    if (code)
        return code;
    f->value = fg_zalloc(f->rows, sizeof *f->value);
    f->sigma = fg_zalloc(f->rows, sizeof *f->sigma);
    if (!f->value || !f->sigma)
        return no_memory(err);
    const cJSON *value = fg_json_member(object, "value");
    /* Only between two variables is 0 the value nearly always meant. */
    if (value || k != 2)
        code = parse_rows(f->value, f->rows, value, &fg_value_range, &value_at, err);
    if (code)
        return code;
    return parse_rows(f->sigma, f->rows, fg_json_member(object, "sigma"), &fg_deviation_range, &sigma_at,
                      err);
}

static int parse_factors(reader *r, const cJSON *list) {
    fg_json_at at = {NULL, "factors", 0};
    size_t n = 0, i = 0;
    int code = fg_json_want_array(&n, list, &at, r->err);
    if (code)
        return code;
    r->graph->factors = fg_zalloc(n, sizeof *r->graph->factors);
    if (!r->graph->factors)
        return no_memory(r->err);
    r->graph->n_factors = n;
    for (const cJSON *m = list->child; m && !code; m = m->next, i++)
        code = parse_factor(r, &r->graph->factors[i], m, &(fg_json_at){&at, NULL, i});
    return code;
}

int fg_explicit_parse(fg_spec *out, const cJSON *object, fg_err *err) {
    reader r = {.graph = &out->graph, .err = err};
    int code = parse_variables(&r, fg_json_member(object, "variables"));
    if (!code)
        code = parse_factors(&r, fg_json_member(object, "factors"));
    fg_names_free(&r.index);
    return code;
}
