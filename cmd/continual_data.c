/* The data of fg-continual: the one place where it is opened, cut up, put in order and handed out. */
#include "continual.h"

#include <string.h>

#include "base/mem.h"
#include "data/number.h"
#include "model.h"

int continual_data_add(const fg_dataset **set, continual_data *data, const char *files, fg_part part,
                       const continual_options *options, fg_spec *spec, fg_err *err) {
    fg_dataset_want want = fg_model_want(spec, true, (size_t)options->common.limit);
    fg_dataset **sets = fg_resize(data->sets, data->n_sets + 1, sizeof *sets);
    want.part = part;
    if (!sets)
        return fg_err_set(err, FG_ENOMEM, "no memory for %zu data sets", data->n_sets + 1);
    data->sets = sets;
    if (options->scoring == SCORE_DOMAIN) /* more classes than outputs: each task has its own */
        want.n_outputs = 0;
    int status = fg_model_await(&options->common, files, &want, err);
    if (!status)
        status = fg_model_open(&sets[data->n_sets], spec, files, &want, err);
    if (status)
        return status;
    fg_dataset *d = sets[data->n_sets++];
    fg_shape shape = fg_model_shape(d);
    if (data->n_sets > 1 && memcmp(&shape, &data->shape, sizeof shape) != 0)
        return fg_err_set(err, FG_EINVAL, "%s: rows of another shape than in the data before", files);
    data->shape = shape;
    data->checksum = fg_dataset_checksum(data->checksum, d);
    *set = d;
    return FG_OK;
}

int continual_part_all(continual_part *part, const fg_dataset *data, fg_err *err) {
    part->data = data;
    return fg_rows_all(&part->rows, data->n, err);
}

/* Takes as many rows as an option says out of a task's training rows, and returns them in `held` or, to
 * `keep` them, the others; both keep their order. */
static int split_off(fg_rows *held, continual_task *task, const char *text, bool keep, uint64_t seed,
                     fg_err *err) {
    double amount;
    size_t count;
    fg_rows rest = {0};
    fg_rows *all = &task->train.rows;
    *held = (fg_rows){0};
    if (fg_number_parse(&amount, text, strlen(text)))
        return fg_err_set(err, FG_EINVAL, "\"%s\" is not a number", text);
    if (keep && amount == (double)all->n)
        return FG_OK;
    if (keep && amount > (double)all->n)
        return fg_err_set(err, FG_EINVAL, "%g rows of %zu", amount, all->n);
    int status = fg_rows_amount(&count, amount, all->n, err);
    if (!status)
        status = fg_rows_split(&rest, held, all->n, keep ? all->n - count : count, seed, err);
    if (status)
        return status;
    for (size_t i = 0; i < rest.n; i++)
        rest.at[i] = all->at[rest.at[i]];
    for (size_t i = 0; i < held->n; i++)
        held->at[i] = all->at[held->at[i]];
    fg_rows_free(all);
    *all = rest;
    return FG_OK;
}

/* What --validate holds back of a task's training rows; of the others those that --examples leaves. */
static int cut(continual_task *task, const continual_options *o, fg_err *err) {
    uint64_t seed = (uint64_t)o->common.seed;
    fg_rows rows;
    if (o->validate) {
        if (split_off(&rows, task, o->validate, false, seed, err))
            return fg_err_prefix(err, "--validate");
        task->validation = (continual_part){task->train.data, rows};
    }
    if (o->examples) {
        if (split_off(&rows, task, o->examples, true, seed, err))
            return fg_err_prefix(err, "--examples");
        fg_rows_free(&rows);
    }
    return FG_OK;
}

int continual_data_open(continual_data *data, const continual_options *options, fg_state *state,
                        fg_err *err) {
    *data = (continual_data){.tasked = options->tasks != NULL};
    int status = continual_tasks_make(data, options, &state->spec, err);
    for (size_t i = 0; i < data->n_tasks && !status; i++)
        status = cut(&data->tasks[i], options, err);
    for (size_t i = 0; i < data->n_tasks && !status; i++)
        if (!data->tasks[i].train.rows.n)
            status = fg_err_set(err, FG_EINVAL, "task %s has nothing to learn from", data->tasks[i].name);
    /* The first set is the first task's training data. */
    for (size_t i = 0; i < data->n_sets && !status; i++)
        status = fg_model_scale(data->sets[i], state, data->tasks[0].train.rows.at,
                                data->tasks[0].train.rows.n, err);
    return status;
}

void continual_data_free(continual_data *data) {
    for (size_t i = 0; i < data->n_tasks; i++) {
        fg_rows_free(&data->tasks[i].train.rows);
        fg_rows_free(&data->tasks[i].test.rows);
        fg_rows_free(&data->tasks[i].validation.rows);
        fg_rows_free(&data->tasks[i].pixels);
    }
    for (size_t i = 0; i < data->n_sets; i++)
        fg_dataset_free(data->sets[i]);
    fg_free(data->tasks);
    fg_free(data->sets);
    *data = (continual_data){0};
}

int continual_rows_make(continual_rows *rows, const fg_dataset *like, size_t room, bool inputs, fg_err *err) {
    size_t x, y;
    *rows = (continual_rows){0};
    if (fg_size_mul(&x, room, like->n_inputs) || fg_size_mul(&y, room, like->n_targets))
        return fg_err_set(err, FG_ENOMEM, "no memory for %zu rows", room);
    rows->row = fg_alloc(like->n_inputs, sizeof *rows->row);
    if (inputs)
        rows->x = fg_alloc(x, sizeof *rows->x);
    if (like->y)
        rows->targets = fg_alloc(y, sizeof *rows->targets);
    if (like->labels)
        rows->labels = fg_alloc(room, sizeof *rows->labels);
    if (rows->row && (!inputs || rows->x) && (!like->y || rows->targets) && (!like->labels || rows->labels))
        return FG_OK;
    continual_rows_free(rows);
    return fg_err_set(err, FG_ENOMEM, "no memory for %zu rows", room);
}

void continual_rows_free(continual_rows *rows) {
    fg_free(rows->x);
    fg_free(rows->row);
    fg_free(rows->targets);
    fg_free(rows->labels);
    *rows = (continual_rows){0};
}

void continual_inputs_take(float *x, float *row, const continual_task *task, const fg_dataset *data,
                           const size_t *at, size_t n) {
    if (!task->pixels.n) {
        fg_dataset_rows(x, NULL, NULL, data, at, n);
        return;
    }
    for (size_t i = 0; i < n; i++, x += data->n_inputs) {
        fg_dataset_rows(row, NULL, NULL, data, at + i, 1);
        for (size_t j = 0; j < data->n_inputs; j++)
            x[j] = row[task->pixels.at[j]];
    }
}

void continual_rows_take(continual_rows *rows, const continual_task *task, const fg_dataset *data,
                         const size_t *at, size_t n, int scoring) {
    fg_dataset_rows(NULL, rows->labels, rows->targets, data, at, n);
    for (size_t i = 0; rows->labels && scoring == SCORE_DOMAIN && i < n; i++)
        rows->labels[i] -= task->first_class;
    if (rows->x)
        continual_inputs_take(rows->x, rows->row, task, data, at, n);
}
