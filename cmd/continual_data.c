/* The data of fg-continual: the one place where it is opened, cut up, put in order and handed out. */
#include "continual.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/mem.h"
#include "data/number.h"
#include "model.h"

enum { STREAM_VALIDATION = 1 << 20 };

static uint32_t checksum_of(uint32_t crc, const void *bytes, size_t size) {
    const unsigned char *at = bytes;
    for (size_t part; size; at += part, size -= part) {
        part = size < 1 << 30 ? size : 1 << 30;
        crc = (uint32_t)crc32(crc, at, (uInt)part);
    }
    return crc;
}

static void add_checksum(continual_data *data, const fg_dataset *set) {
    uint64_t head[] = {set->n, set->n_inputs, set->n_targets};
    uint32_t crc = checksum_of(data->checksum, head, sizeof head);
    crc = checksum_of(crc, set->x, set->n * set->n_inputs * sizeof *set->x);
    if (set->labels)
        crc = checksum_of(crc, set->labels, set->n * sizeof *set->labels);
    if (set->y)
        crc = checksum_of(crc, set->y, set->n * set->n_targets * sizeof *set->y);
    data->checksum = crc;
}

int continual_data_add(const fg_dataset **set, continual_data *data, const char *files,
                       const continual_options *options, const fg_spec *spec, fg_err *err) {
    fg_dataset_want want = fg_model_want(spec, true, (size_t)options->common.limit);
    fg_dataset **sets = fg_resize(data->sets, data->n_sets + 1, sizeof *sets);
    fg_shape shape;
    if (!sets)
        return fg_err_set(err, FG_ENOMEM, "no memory for %zu data sets", data->n_sets + 1);
    data->sets = sets;
    if (options->scoring == SCORE_DOMAIN) /* more classes than outputs: each task has its own */
        want.n_outputs = 0;
    int status = fg_dataset_open(&sets[data->n_sets], files, &want, err);
    if (status)
        return status;
    fg_dataset *d = sets[data->n_sets++];
    status = fg_model_shape(&shape, spec, d, err);
    if (!status && data->n_sets > 1 && memcmp(&shape, &data->shape, sizeof shape) != 0)
        status = fg_err_set(err, FG_EINVAL, "rows of another shape than in the data before");
    if (status)
        return fg_err_prefix(err, "%s", files);
    data->shape = shape;
    add_checksum(data, d);
    *set = d;
    return FG_OK;
}

int continual_part_all(continual_part *part, const fg_dataset *data, fg_err *err) {
    *part = (continual_part){.data = data, .n = data->n, .rows = fg_alloc(data->n, sizeof *part->rows)};
    if (!part->rows)
        return fg_err_set(err, FG_ENOMEM, "no memory for %zu rows", data->n);
    for (size_t i = 0; i < data->n; i++)
        part->rows[i] = i;
    return FG_OK;
}

/* How many of n rows --validate takes: a count, or a share below 1. */
static int validation_count(size_t *count, const char *text, size_t n, fg_err *err) {
    double v;
    if (fg_number_parse(&v, text, strlen(text)) || !(v > 0) || (v >= 1 && v != floor(v)))
        return fg_err_set(err, FG_EINVAL,
                          "--validate: \"%s\" is neither a share between 0 and 1 nor a whole number", text);
    double rows = v < 1 ? floor(v * (double)n + 0.5) : v;
    if (rows < 1 || rows >= (double)n)
        return fg_err_set(err, FG_EINVAL, "--validate %s: %g of %zu examples leaves nothing to learn from%s",
                          text, rows, n, rows < 1 ? " or to validate with" : "");
    *count = (size_t)rows;
    return FG_OK;
}

static int by_number(const void *a, const void *b) {
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return (x > y) - (x < y);
}

/* Takes validation rows out of a task's training rows; the rest keep their order. */
static int split_off(continual_task *task, const continual_options *o, size_t number, fg_err *err) {
    size_t count = 0, n = task->train.n;
    int status = validation_count(&count, o->validate, n, err);
    if (status)
        return status;
    size_t *order = fg_alloc(n, sizeof *order), *taken = fg_alloc(count, sizeof *taken);
    if (!order || !taken) {
        fg_free(order);
        fg_free(taken);
        return fg_err_set(err, FG_ENOMEM, "no memory for %zu rows", n);
    }
    fg_order_shuffle(order, n, (uint64_t)o->common.seed, STREAM_VALIDATION + number);
    qsort(order, count, sizeof *order, by_number);
    size_t kept = 0, next = 0;
    for (size_t i = 0; i < n; i++)
        if (next < count && order[next] == i)
            taken[next++] = task->train.rows[i];
        else
            task->train.rows[kept++] = task->train.rows[i];
    task->train.n = kept;
    task->validation = (continual_part){.data = task->train.data, .rows = taken, .n = count};
    fg_free(order);
    return FG_OK;
}

int continual_data_open(continual_data *data, const continual_options *options, const fg_spec *spec,
                        fg_err *err) {
    *data = (continual_data){.tasked = options->tasks != NULL};
    int status = continual_tasks_make(data, options, spec, err);
    for (size_t i = 0; i < data->n_tasks && !status && options->validate; i++)
        status = split_off(&data->tasks[i], options, i, err);
    for (size_t i = 0; i < data->n_tasks && !status; i++)
        if (!data->tasks[i].train.n)
            status = fg_err_set(err, FG_EINVAL, "task %s has nothing to learn from", data->tasks[i].name);
    return status;
}

void continual_data_free(continual_data *data) {
    for (size_t i = 0; i < data->n_tasks; i++) {
        fg_free(data->tasks[i].train.rows);
        fg_free(data->tasks[i].test.rows);
        fg_free(data->tasks[i].validation.rows);
        fg_free(data->tasks[i].pixels);
    }
    for (size_t i = 0; i < data->n_sets; i++)
        fg_dataset_free(data->sets[i]);
    fg_free(data->tasks);
    fg_free(data->sets);
    *data = (continual_data){0};
}

int continual_rows_make(continual_rows *rows, const fg_dataset *like, size_t room, fg_err *err) {
    size_t x, y;
    *rows = (continual_rows){.room = room};
    if (fg_size_mul(&x, room, like->n_inputs) || fg_size_mul(&y, room, like->n_targets))
        return fg_err_set(err, FG_ENOMEM, "no memory for %zu rows", room);
    rows->x = fg_alloc(x, sizeof *rows->x);
    if (like->y)
        rows->targets = fg_alloc(y, sizeof *rows->targets);
    if (like->labels)
        rows->labels = fg_alloc(room, sizeof *rows->labels);
    if (rows->x && (!like->y || rows->targets) && (!like->labels || rows->labels))
        return FG_OK;
    continual_rows_free(rows);
    return fg_err_set(err, FG_ENOMEM, "no memory for %zu rows", room);
}

void continual_rows_free(continual_rows *rows) {
    fg_free(rows->x);
    fg_free(rows->targets);
    fg_free(rows->labels);
    *rows = (continual_rows){0};
}

void continual_rows_take(continual_rows *rows, size_t at, const continual_task *task,
                         const continual_part *part, const size_t *order, size_t first, size_t n,
                         int scoring) {
    const fg_dataset *d = part->data;
    for (size_t i = 0; i < n; i++) {
        size_t row = part->rows[order ? order[first + i] : first + i];
        const float *from = d->x + row * d->n_inputs;
        float *to = rows->x + (at + i) * d->n_inputs;
        if (task->pixels)
            for (size_t j = 0; j < d->n_inputs; j++)
                to[j] = from[task->pixels[j]];
        else
            memcpy(to, from, d->n_inputs * sizeof *to);
        if (d->labels)
            rows->labels[at + i] = d->labels[row] - (scoring == SCORE_DOMAIN ? task->first_class : 0);
        if (d->y)
            memcpy(rows->targets + (at + i) * d->n_targets, d->y + row * d->n_targets,
                   d->n_targets * sizeof *d->y);
    }
}
