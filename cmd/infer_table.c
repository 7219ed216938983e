#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "data/npy.h"
#include "data/number.h"
#include "infer.h"

int infer_table_begin(infer_table *table, size_t rows, size_t columns, fg_err *err) {
    size_t size;
    *table = (infer_table){.rows = rows, .columns = columns};
    table->names = fg_zalloc(columns, sizeof *table->names);
    if (!fg_size_mul(&size, rows, columns))
        table->values = fg_alloc(size, sizeof *table->values);
    if (table->names && table->values)
        return FG_OK;
    infer_table_free(table);
    return fg_err_set(err, FG_ENOMEM, "out of memory for a table of %zu x %zu numbers", rows, columns);
}

void infer_table_free(infer_table *table) {
    fg_free(table->names);
    fg_free(table->values);
    *table = (infer_table){0};
}

/* "mean" alone, or "mean0", "mean1" ... */
static void name_columns(infer_table *table, size_t from, size_t n, const char *stem, bool numbered) {
    for (size_t i = 0; i < n; i++)
        if (numbered)
            snprintf(table->names[from + i], sizeof *table->names, "%s%zu", stem, i);
        else
            snprintf(table->names[from + i], sizeof *table->names, "%s", stem);
}

static size_t largest(const double *p, size_t n) {
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        best = p[i] > p[best] ? i : best;
    return best;
}

int infer_table_inputs(infer_table *table, const fg_prediction *prediction, fg_err *err) {
    size_t k = prediction->outputs;
    int status = infer_table_begin(table, prediction->n, 2 * k, err);
    if (status)
        return status;
    name_columns(table, 0, k, "mean", k > 1);
    name_columns(table, k, k, "sd", k > 1);
    for (size_t i = 0; i < prediction->n; i++)
        for (size_t j = 0; j < k; j++) {
            table->values[i * table->columns + j] = (double)prediction->mean[i * k + j];
            table->values[i * table->columns + k + j] = (double)prediction->sd[i * k + j];
        }
    return FG_OK;
}

int infer_table_predictions(infer_table *table, const fg_spec *spec, const fg_prediction *prediction,
                            bool forward, fg_err *err) {
    bool classes = spec->layers[spec->n_layers - 1].kind == FG_LAYER_SOFTMAX;
    size_t k = prediction->outputs, lead = classes ? 1 + k : 0;
    int status = infer_table_begin(table, prediction->n, lead + 2 * k, err);
    if (status)
        return status;
    if (classes) {
        name_columns(table, 0, 1, "class", false);
        name_columns(table, 1, k, "p", true);
    }
    name_columns(table, lead, k, "mean", k > 1);
    name_columns(table, lead + k, k, "sd", k > 1);
    table->whole_first = classes;
    for (size_t i = 0; i < prediction->n; i++) {
        double *row = table->values + i * table->columns;
        const float *mean = prediction->mean + i * k, *sd = prediction->sd + i * k;
        if (classes) {
            fg_class_probabilities(row + 1, mean, sd, k);
            row[0] = (double)largest(row + 1, k);
        }
        for (size_t j = 0; j < k; j++) {
            row[lead + j] = (double)mean[j];
            row[lead + k + j] = forward ? NAN : (double)sd[j];
        }
    }
    return FG_OK;
}

/* Numbers with as many digits as a float holds, or all where the table has names for rows (explicit graphs).
 */
static void put_number(FILE *to, const infer_table *table, double value) {
    char text[FG_NUMBER_TEXT];
    if (table->labels)
        fg_number_print(text, value);
    else
        fg_number_print_float(text, (float)value);
    fputs(text, to);
}

/* A field of CSV, quoted where it must be. */
static void put_field(FILE *to, const char *text) {
    if (!text[strcspn(text, ",\"\n\r")]) {
        fputs(text, to);
        return;
    }
    fputc('"', to);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', to);
        fputc(*text, to);
    }
    fputc('"', to);
}

static void write_csv(FILE *to, const infer_table *table) {
    fputs(table->labels ? "name" : "", to);
    for (size_t j = 0; j < table->columns; j++)
        fprintf(to, "%s%s", j || table->labels ? "," : "", table->names[j]);
    fputc('\n', to);
    for (size_t i = 0; i < table->rows; i++) {
        if (table->labels)
            put_field(to, table->labels[i]);
        for (size_t j = 0; j < table->columns; j++) {
            double value = table->values[i * table->columns + j];
            if (j || table->labels)
                fputc(',', to);
            if (isfinite(value))
                put_number(to, table, value);
        }
        fputc('\n', to);
    }
}

static int write_jsonl(FILE *to, const infer_table *table, fg_err *err) {
    for (size_t i = 0; i < table->rows; i++) {
        fg_json_writer w = {.compact = true};
        char *text;
        fg_json_open_object(&w, NULL);
        if (table->labels)
            fg_json_put_text(&w, "name", table->labels[i]);
        for (size_t j = 0; j < table->columns; j++) {
            double value = table->values[i * table->columns + j];
            if (!isfinite(value))
                fg_json_put_null(&w, table->names[j]);
            else if (j == 0 && table->whole_first)
                fg_json_put_int(&w, table->names[j], (int64_t)value);
            else
                fg_json_put_real(&w, table->names[j], value);
        }
        fg_json_close(&w);
        int status = fg_json_writer_end(&text, &w, err);
        if (status)
            return status;
        fputs(text, to);
        fg_free(text);
    }
    return FG_OK;
}

int infer_table_write(FILE *to, const infer_table *table, infer_format format, fg_err *err) {
    if (format == INFER_JSONL)
        return write_jsonl(to, table, err);
    if (format == INFER_NPY) {
        fg_tensor t = {
            .dtype = FG_F64, .rank = 2, .dims = {table->rows, table->columns}, .data = table->values};
        return fg_npy_write(to, &t, err);
    }
    write_csv(to, table);
    return FG_OK;
}
