/* Evaluations of fg-continual, and what is written of them. */
#include "continual.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "model.h"
#include "model/kind.h"
#include "report/matrix.h"
#include "report/score.h"

static int should_stop(void *context, const fg_iteration *iteration) {
    (void)context, (void)iteration;
    return fg_cli_stop != 0;
}

static const fg_run_hook stop_hook = {should_stop, NULL};

/* --scoring task: only the task's own classes count. */
static void leave_others_out(fg_prediction *p, const continual_task *task) {
    for (size_t i = 0; i < p->n * p->outputs; i++) {
        int k = (int)(i % p->outputs);
        if (k < task->first_class || k >= task->first_class + task->classes) {
            p->mean[i] = -1e30f;
            p->sd[i] = 0;
        }
    }
}

typedef struct result {
    double hit; /* accuracy, or root mean squared error */
    double nll;
    size_t n;
} result;

static int score(result *out, const continual_run *run, const continual_task *task, fg_prediction *p,
                 const continual_rows *rows, fg_err *err) {
    const fg_spec *spec = &run->state.spec;
    if (run->options->scoring == SCORE_TASK)
        leave_others_out(p, task);
    if (!rows->labels) {
        fg_real_score s;
        fg_score_real(&s, p, rows->targets, spec->layers[spec->n_layers - 1].sigma);
        *out = (result){s.rmse, s.nll, s.n};
        return FG_OK;
    }
    fg_class_score s;
    int status = fg_score_classes(&s, p, rows->labels, err);
    *out = (result){s.accuracy, s.nll, s.n};
    return status;
}

/* Inputs of a part of a task's data, for the prediction. */
typedef struct view {
    const continual_task *task;
    const continual_part *part;
    float *row;
} view;

static void take(float *x, const void *source, size_t first, size_t n) {
    const view *v = source;
    continual_inputs_take(x, v->row, v->task, v->part->data, v->part->rows.at + first, n);
}

/* Predicts a part of a task's data, chunk by chunk, and scores it. */
static int evaluate_part(result *out, const continual_run *run, const continual_task *task,
                         const continual_part *part, fg_err *err) {
    const continual_options *o = run->options;
    fg_predict_options options = {.run = o->predict,
                                  .parameters = FG_PARAMETERS_CONSTANT,
                                  .batch = CONTINUAL_CHUNK,
                                  .seed = (uint64_t)o->common.seed,
                                  .by = o->eval_by ? FG_PREDICT_INFERENCE : FG_PREDICT_FORWARD};
    continual_rows known;
    fg_prediction prediction = {0};
    int status = continual_rows_make(&known, part->data, part->rows.n, false, err);
    if (status)
        return status;
    view inputs = {task, part, known.row};
    fg_predict_data data = {.n = part->rows.n, .shape = run->data.shape, .rows = take, .source = &inputs};
    continual_rows_take(&known, task, part->data, part->rows.at, part->rows.n, o->scoring);
    status = fg_predict(&prediction, &run->state.spec, fg_filter_posterior(run->filter), &data, &options,
                        &stop_hook, err);
    if (!status)
        status = score(out, run, task, &prediction, &known, err);
    fg_prediction_free(&prediction);
    continual_rows_free(&known);
    return status;
}

static void put_real(FILE *to, const char *key, double value) {
    fg_cli_put_real(to, key, 6, value);
}

const char *continual_hit_name(const continual_run *run) {
    const fg_spec *spec = &run->state.spec;
    return spec->layers[spec->n_layers - 1].kind == FG_LAYER_SOFTMAX ? "accuracy" : "rmse";
}

/* The mean over tasks of one part of their data, weighted by examples; false if there is none. */
static int evaluate_tasks(result *mean, double *row, const continual_run *run, bool test, fg_err *err) {
    int status = FG_OK;
    *mean = (result){0, 0, 0};
    for (size_t i = 0; i < run->data.n_tasks && !status; i++) {
        const continual_task *task = &run->data.tasks[i];
        const continual_part *part = test ? &task->test : &task->validation;
        result r;
        if (row)
            row[i] = NAN;
        if (!part->rows.n)
            continue;
        if ((status = evaluate_part(&r, run, task, part, err)))
            break;
        if (row)
            row[i] = r.hit;
        mean->n += r.n;
        mean->hit += (double)r.n * r.hit;
        mean->nll += (double)r.n * r.nll;
    }
    mean->hit /= (double)mean->n;
    mean->nll /= (double)mean->n;
    return status;
}

/* The task after whose last batch this is, or -1. */
static int finished_task(const continual_run *run, uint64_t batches) {
    for (size_t i = 0; i < run->data.n_tasks && run->data.tasked; i++)
        if (continual_batches_until(run, i) == batches)
            return (int)i;
    return -1;
}

static void put_row(FILE *to, const double *row, size_t n) {
    fputc('[', to);
    for (size_t i = 0; i < n; i++)
        if (isfinite(row[i]))
            fprintf(to, "%s%.6g", i ? "," : "", row[i]);
        else
            fprintf(to, "%snull", i ? "," : "");
    fputc(']', to);
}

int continual_evaluate(continual_run *run, double seconds, fg_err *err) {
    uint64_t batches = fg_filter_where(run->filter).batches;
    size_t n = run->data.n_tasks;
    int task = finished_task(run, batches);
    result test, validation;
    double *row = fg_alloc(n, sizeof *row);
    if (!row)
        return fg_err_set(err, FG_ENOMEM, "no memory for %zu accuracies", n);
    int status = evaluate_tasks(&test, row, run, true, err);
    if (!status)
        status = evaluate_tasks(&validation, test.n ? NULL : row, run, false, err);
    bool any = test.n || validation.n;
    if (!status && any) {
        run->accuracy = test.n ? test.hit : validation.hit;
        if (task >= 0)
            memcpy(run->matrix + (size_t)task * n, row, n * sizeof *row);
    }
    FILE *to = status || !any ? NULL : run->metrics;
    if (to) {
        fprintf(to, "{\"examples\":%llu,\"batch\":%llu,\"on\":\"%s\"",
                (unsigned long long)continual_examples(run, batches), (unsigned long long)batches,
                test.n ? "test" : "validation");
        put_real(to, continual_hit_name(run), run->accuracy);
        put_real(to, "nll", test.n ? test.nll : validation.nll);
        if (test.n && validation.n) {
            put_real(to, strcmp(continual_hit_name(run), "rmse") ? "validation_accuracy" : "validation_rmse",
                     validation.hit);
            put_real(to, "validation_nll", validation.nll);
        }
        if (task >= 0) {
            fprintf(to, ",\"task\":%d", task);
            fputs(",\"tasks\":", to);
            put_row(to, row, n);
        }
        fprintf(to, ",\"seconds\":%.4f}\n", seconds);
        fflush(to);
    }
    fg_free(row);
    return status;
}

/* Of all layers; what each of them had is told. */
static fg_trouble tell_trouble(const continual_run *run, const fg_filter_place *place) {
    const fg_spec *spec = &run->state.spec;
    fg_trouble all = {0};
    for (int i = 0; i < spec->n_layers; i++) {
        const fg_trouble *t = &place->layers[i];
        fg_model_tell_trouble(&run->options->common, spec->layers[i].name,
                              fg_kind_of(spec->layers[i].kind)->name, t->improper, t->rejected,
                              place->curbed[i]);
        all.improper += t->improper;
        all.rejected += t->rejected;
    }
    return all;
}

void continual_summary(const continual_run *run, double seconds) {
    fg_filter_place place = fg_filter_where(run->filter);
    FILE *to = run->metrics;
    size_t n = run->data.n_tasks;
    fg_trouble trouble = tell_trouble(run, &place);
    if (!to)
        return;
    fputs("{\"summary\":true", to);
    put_real(to, continual_hit_name(run), run->accuracy);
    fprintf(to, ",\"examples\":%llu,\"batches\":%llu,\"retries\":%llu,\"passed\":%llu",
            (unsigned long long)continual_examples(run, place.batches), (unsigned long long)place.batches,
            (unsigned long long)place.retries, (unsigned long long)place.passed);
    fprintf(to, ",\"improper\":%llu,\"rejected\":%llu", (unsigned long long)trouble.improper,
            (unsigned long long)trouble.rejected);
    if (run->data.tasked) {
        fg_transfer t = fg_transfer_measure(run->matrix, n);
        put_real(to, "average", t.average);
        put_real(to, "backward_transfer", t.backward);
        put_real(to, "forgetting", t.forgetting);
        fputs(",\"matrix\":[", to);
        for (size_t i = 0; i < n; i++) {
            fputs(i ? "," : "", to);
            put_row(to, run->matrix + i * n, n);
        }
        fputc(']', to);
    }
    fprintf(to, ",\"seconds\":%.4f", seconds);
    fg_cli_put_peak(to);
    fprintf(to, ",\"seed\":%lld}\n", (long long)run->options->common.seed);
}

int continual_matrix_picture(const continual_run *run, fg_err *err) {
    return fg_matrix_write_png(run->options->matrix, run->matrix, run->data.n_tasks, err);
}
