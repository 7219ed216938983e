/* --tasks: classes in groups, seeded permutations of the inputs, or data of their own. */
#include "continual.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/io.h"
#include "base/mem.h"

enum { LIST_BYTES_MAX = 1 << 20 };

/* Among the shuffles of a seed: orders of inputs come behind all passes over rows. */
static const uint64_t first_pixels = (uint64_t)1 << 40;

static int make_room(continual_data *data, size_t n, fg_err *err) {
    if (n > CONTINUAL_TASKS_MAX)
        return fg_err_set(err, FG_EINVAL, "--tasks: %zu tasks, at most %d are possible", n,
                          CONTINUAL_TASKS_MAX);
    data->tasks = fg_zalloc(n, sizeof *data->tasks);
    if (!data->tasks)
        return fg_err_set(err, FG_ENOMEM, "no memory for %zu tasks", n);
    data->n_tasks = n;
    for (size_t i = 0; i < n; i++)
        snprintf(data->tasks[i].name, sizeof data->tasks[i].name, "%zu", i);
    return FG_OK;
}

/* The rows of a set whose class is the task's. */
static int part_of_classes(continual_part *part, const fg_dataset *data, const continual_task *task,
                           fg_err *err) {
    int status = continual_part_all(part, data, err);
    if (status)
        return status;
    part->rows.n = 0;
    for (size_t i = 0; i < data->n; i++)
        if (data->labels[i] >= task->first_class && data->labels[i] < task->first_class + task->classes)
            part->rows.at[part->rows.n++] = i;
    return FG_OK;
}

/* The smallest number of classes a task, above one, into which all can be split. */
static int part_that_divides(int classes) {
    int each = 2;
    while (each < classes && classes % each != 0)
        each++;
    return each < classes ? each : 1;
}

static int split_classes(continual_data *data, const fg_spec *spec, const fg_dataset *train,
                         const fg_dataset *test, int64_t each, fg_err *err) {
    if (spec->layers[spec->n_layers - 1].kind != FG_LAYER_SOFTMAX)
        return fg_err_set(err, FG_EINVAL, "--tasks split: the model has no softmax layer, so no classes");
    int classes = train->n_classes;
    if (classes % each != 0 || classes == each)
        return fg_err_set(err, FG_EINVAL,
                          "--tasks split:%lld: %d classes cannot be split into such tasks; split:%d would do",
                          (long long)each, classes, part_that_divides(classes));
    int status = make_room(data, (size_t)(classes / each), err);
    for (size_t i = 0; i < data->n_tasks && !status; i++) {
        continual_task *task = &data->tasks[i];
        task->first_class = (int)((int64_t)i * each);
        task->classes = (int)each;
        status = part_of_classes(&task->train, train, task, err);
        if (!status && test)
            status = part_of_classes(&task->test, test, task, err);
    }
    return status;
}

static int permute_inputs(continual_data *data, const continual_options *o, const fg_dataset *train,
                          const fg_dataset *test, int64_t n, fg_err *err) {
    int status = make_room(data, (size_t)n, err);
    for (size_t i = 0; i < data->n_tasks && !status; i++) {
        continual_task *task = &data->tasks[i];
        status = continual_part_all(&task->train, train, err);
        if (!status && test)
            status = continual_part_all(&task->test, test, err);
        if (status || i == 0)
            continue;
        status = fg_rows_all(&task->pixels, train->n_inputs, err);
        fg_rows_shuffle(&task->pixels, (uint64_t)o->common.seed, first_pixels + i);
    }
    return status;
}

/* Opens comma-joined files named relative to the folder of the list. */
static int open_listed(continual_part *part, continual_data *data, const continual_options *o, fg_spec *spec,
                       const char *names, fg_part which, fg_err *err) {
    const char *slash = strrchr(o->tasks, '/');
    size_t folder = slash ? (size_t)(slash - o->tasks) + 1 : 0, commas = 1, used = 0;
    for (const char *p = names; *p; p++)
        commas += *p == ',';
    char *paths = fg_alloc(strlen(names) + commas * folder + 1, 1);
    if (!paths)
        return fg_err_set(err, FG_ENOMEM, "no memory for file names");
    for (const char *p = names; *p;) {
        size_t length = strcspn(p, ",");
        if (*p != '/' && length) {
            memcpy(paths + used, o->tasks, folder);
            used += folder;
        }
        memcpy(paths + used, p, length + (p[length] == ','));
        used += length + (p[length] == ',');
        p += length + (p[length] == ',');
    }
    paths[used] = 0;
    const fg_dataset *set;
    int status = continual_data_add(&set, data, paths, which, o, spec, err);
    fg_free(paths);
    return status ? status : continual_part_all(part, set, err);
}

/* One line: NAME TRAINING-FILES [TEST-FILES]. */
static int take_line(continual_data *data, const continual_options *o, fg_spec *spec, char *line,
                     fg_err *err) {
    char *save = NULL, *word[4] = {0};
    int n = 0;
    for (char *t = strtok_r(line, " \t\r", &save); t && n < 4; t = strtok_r(NULL, " \t\r", &save))
        word[n++] = t;
    if (n < 2 || n > 3)
        return fg_err_set(err, FG_EFORMAT, "expected a name, training files, and perhaps test files");
    continual_task *task = &data->tasks[data->n_tasks++];
    snprintf(task->name, sizeof task->name, "%s", word[0]);
    int status = fg_cli_keep_read(word[1], err);
    if (!status && n == 3)
        status = fg_cli_keep_read(word[2], err);
    if (status)
        return status;
    status = open_listed(&task->train, data, o, spec, word[1], FG_PART_TRAIN, err);
    return status || n < 3 ? status : open_listed(&task->test, data, o, spec, word[2], FG_PART_TEST, err);
}

static int read_list(continual_data *data, const continual_options *o, fg_spec *spec, fg_err *err) {
    unsigned char *bytes;
    size_t size, lines = 1, number = 0, found;
    int status = fg_io_read_all(&bytes, &size, o->tasks, LIST_BYTES_MAX, err);
    if (status)
        return fg_err_prefix(err, "--tasks");
    for (size_t i = 0; i < size; i++)
        lines += bytes[i] == '\n';
    status = memchr(bytes, 0, size)
                 ? fg_err_set(err, FG_EFORMAT, "--tasks: %s is no text", o->tasks)
                 : make_room(data, lines < CONTINUAL_TASKS_MAX ? lines : CONTINUAL_TASKS_MAX, err);
    data->n_tasks = found = 0;
    for (char *p = (char *)bytes, *next; !status && p && *p; p = next) {
        next = strchr(p, '\n');
        if (next)
            *next++ = 0;
        number++;
        p[strcspn(p, "#")] = 0;
        if (!p[strspn(p, " \t\r")])
            continue;
        if (++found > CONTINUAL_TASKS_MAX)
            status = fg_err_set(err, FG_EINVAL, "more than %d tasks", CONTINUAL_TASKS_MAX);
        else
            status = take_line(data, o, spec, p, err);
        if (status)
            fg_err_prefix(err, "%s, line %zu", o->tasks, number);
    }
    if (!status && !data->n_tasks)
        status = fg_err_set(err, FG_EFORMAT, "--tasks: %s names no tasks", o->tasks);
    fg_free(bytes);
    return status;
}

bool continual_makes_tasks(const continual_options *o) {
    return o->tasks && (!strncmp(o->tasks, "split:", 6) || !strncmp(o->tasks, "permuted:", 9));
}

/* The number behind "split:" and "permuted:"; 0 if the text is neither. */
static int count_behind(int64_t *count, const char *text, const char *word, fg_err *err) {
    char *end;
    size_t length = strlen(word);
    *count = 0;
    if (strncmp(text, word, length) != 0)
        return FG_OK;
    long long n = strtoll(text + length, &end, 10);
    if (end == text + length || *end || n < 1 || n > CONTINUAL_TASKS_MAX)
        return fg_err_set(err, FG_EINVAL, "--tasks: \"%s\": a whole number from 1 to %d must follow %s", text,
                          CONTINUAL_TASKS_MAX, word);
    *count = n;
    return FG_OK;
}

static int check_scoring(const continual_data *data, const continual_options *o, const fg_spec *spec,
                         fg_err *err) {
    fg_shape in[FG_MAX_LAYERS], out[FG_MAX_LAYERS];
    int status = fg_spec_shapes(in, out, spec, data->shape, err);
    if (status || o->scoring != SCORE_DOMAIN)
        return status;
    size_t outputs = fg_shape_size(in[spec->n_layers - 1]), classes = (size_t)data->tasks[0].classes;
    if (outputs == classes)
        return FG_OK;
    return fg_err_set(err, FG_EINVAL,
                      "--scoring domain: tasks have %zu classes each, but the model has %zu "
                      "outputs",
                      classes, outputs);
}

/* A word that is neither split:K nor permuted:N is a file, or mistyped. */
static int listed_tasks(continual_data *data, const continual_options *o, fg_spec *spec, fg_err *err) {
    struct stat st;
    if (stat(o->tasks, &st) != 0 && strcmp(o->tasks, "-") != 0)
        return fg_err_set(err, FG_EINVAL,
                          "--tasks: %s: %s; split:2 or permuted:10, or a file that lists tasks", o->tasks,
                          strerror(errno));
    if (o->data || o->test)
        return fg_err_set(err, FG_EINVAL, "--tasks FILE names the data: --data and --test cannot be given");
    return read_list(data, o, spec, err);
}

int continual_tasks_make(continual_data *data, const continual_options *options, fg_spec *spec, fg_err *err) {
    const fg_dataset *train, *test = NULL;
    int64_t each = 0, permutations = 0;
    int status = options->tasks ? count_behind(&each, options->tasks, "split:", err) : FG_OK;
    if (!status && options->tasks)
        status = count_behind(&permutations, options->tasks, "permuted:", err);
    if (!status && options->scoring != SCORE_CLASS && !each)
        status =
            fg_err_set(err, FG_EINVAL, "--scoring: only the tasks of --tasks split:N have their own classes");
    if (!status && options->tasks && !each && !permutations)
        return listed_tasks(data, options, spec, err);
    if (!status && !options->data)
        status = fg_err_set(err, FG_EINVAL, "no data: --data FILES says what to learn from");
    if (!status)
        status = continual_data_add(&train, data, options->data, FG_PART_TRAIN, options, spec, err);
    if (!status && options->test)
        status = continual_data_add(&test, data, options->test, FG_PART_TEST, options, spec, err);
    if (status)
        return status;
    if (each) {
        status = split_classes(data, spec, train, test, each, err);
        return status ? status : check_scoring(data, options, spec, err);
    }
    return permute_inputs(data, options, train, test, permutations ? permutations : 1, err);
}
