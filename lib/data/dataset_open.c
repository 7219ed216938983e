#include "data/dataset.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "base/io.h"
#include "base/mem.h"
#include "data/cifar.h"
#include "data/csv.h"
#include "data/dataset_internal.h"
#include "data/idx.h"
#include "data/npy.h"
#include "data/unpack.h"

enum { TEXT_PROBE = 4096, IMAGE_RANKS = 4, HEAD = 4 };

static const size_t bytes_max = (size_t)1 << 36;

typedef struct sources {
    fg_source list[FG_SOURCES_MAX];
    size_t n;
} sources;

static const char *plural(size_t n) {
    return n == 1 ? "" : "s";
}

static void free_sources(sources *all) {
    for (size_t i = 0; i < all->n; i++) {
        fg_free(all->list[i].path);
        fg_free(all->list[i].bytes);
    }
}

/* Only image sets are expected in gzip; of CIFAR-10 one label is all that the first bytes show. */
static int recognise_packed(fg_source *s, fg_err *err) {
    unsigned char head[HEAD];
    fg_unpack *from;
    size_t got = 0;
    int code = fg_unpack_open(&from, s->bytes, s->size, err);
    if (code)
        return code;
    code = fg_unpack_read(&got, from, head, HEAD, err);
    fg_unpack_close(from);
    if (code)
        return code;
    s->content = fg_idx_recognise(head, got) ? FG_CONTENT_IDX : FG_CONTENT_CIFAR;
    if (s->content == FG_CONTENT_CIFAR && (got == 0 || head[0] >= FG_CIFAR_CLASSES))
        return fg_err_set(err, FG_EFORMAT, "gzip of other data than IDX or CIFAR-10");
    return FG_OK;
}

/* Text has no character 0 near its start; what kind of text it is, its reader says better than a probe could.
 */
static int recognise(fg_source *s, fg_err *err) {
    if (fg_gzip_recognise(s->bytes, s->size))
        return recognise_packed(s, err);
    if (fg_npy_recognise(s->bytes, s->size))
        s->content = FG_CONTENT_NPY;
    else if (fg_idx_fits(s->bytes, s->size))
        s->content = FG_CONTENT_IDX;
    else if (fg_cifar_recognise(s->bytes, s->size))
        s->content = FG_CONTENT_CIFAR;
    else if (fg_idx_recognise(s->bytes, s->size))
        s->content = FG_CONTENT_IDX;
    else if (!memchr(s->bytes, 0, s->size < TEXT_PROBE ? s->size : TEXT_PROBE))
        s->content = FG_CONTENT_CSV;
    else
        return fg_err_set(err, FG_EFORMAT, "neither CSV, NPY, IDX nor CIFAR-10 data");
    return FG_OK;
}

typedef struct expectation {
    const char *name;
    bool gaps;
} expectation;

/* Only what is neither binary nor table of numbers is refused at its head: whether an image set is one shows
 * in its size. */
static int check_head(const unsigned char *head, size_t size, const void *context, fg_err *err) {
    const expectation *expected = context;
    if (fg_npy_recognise(head, size) || fg_idx_recognise(head, size) || head[0] < FG_CIFAR_CLASSES)
        return FG_OK;
    fg_source s = {.bytes = (unsigned char *)head, .size = size};
    int code = recognise(&s, err);
    if (!code && s.content == FG_CONTENT_CSV)
        code = fg_csv_check((const char *)head, size, expected->gaps, err);
    return code ? fg_err_prefix(err, "%s", expected->name) : FG_OK;
}

static int read_source(fg_source *s, const char *path, size_t length, bool gaps, fg_err *err) {
    s->path = fg_alloc(length + 1, 1);
    if (!s->path)
        return fg_err_set(err, FG_ENOMEM, "no memory for a file name");
    memcpy(s->path, path, length);
    s->path[length] = 0;
    s->name = strcmp(s->path, "-") == 0 ? "standard input" : s->path;
    expectation expected = {s->name, gaps};
    int code = fg_io_read_checked(&s->bytes, &s->size, s->path, bytes_max, check_head, &expected, err);
    if (code)
        return code;
    return recognise(s, err) ? fg_err_prefix(err, "%s", s->name) : FG_OK;
}

static int read_folder(sources *all, const char *folder, const fg_dataset_want *want, fg_err *err) {
    fg_folder found;
    int code = fg_folder_find(&found, folder, want, err);
    for (size_t i = 0; i < found.n; i++) {
        if (!code)
            code = read_source(&all->list[all->n++], found.paths[i], strlen(found.paths[i]), want->gaps, err);
        fg_free(found.paths[i]);
    }
    return code;
}

static int read_sources(sources *all, const char *files, const fg_dataset_want *want, fg_err *err) {
    struct stat st;
    if (stat(files, &st) == 0 && S_ISDIR(st.st_mode))
        return read_folder(all, files, want, err);
    for (bool more = true; more;) {
        size_t length = strcspn(files, ",");
        if (length == 0)
            return fg_err_set(err, FG_EINVAL, "an empty name in the list of data files");
        if (all->n == FG_SOURCES_MAX)
            return fg_err_set(err, FG_EINVAL, "more than %d data files", FG_SOURCES_MAX);
        int code = read_source(&all->list[all->n++], files, length, want->gaps, err);
        if (code)
            return code;
        more = files[length] == ',';
        files += length + more;
    }
    return FG_OK;
}

int fg_dataset_no_memory(fg_err *err) {
    return fg_err_set(err, FG_ENOMEM, "no memory for the data");
}

int fg_dataset_check_inputs(const fg_dataset *d, const fg_dataset_want *want, fg_err *err) {
    if (d->n == 0 || d->n_inputs == 0)
        return fg_err_set(err, FG_EFORMAT, "%zu rows of %zu inputs, expected at least one of each", d->n,
                          d->n_inputs);
    if (want->n_inputs && d->n_inputs != want->n_inputs)
        return fg_err_set(err, FG_EFORMAT, "%zu input%s in a row, expected %zu", d->n_inputs,
                          plural(d->n_inputs), want->n_inputs);
    return FG_OK;
}

int fg_dataset_check_labels(fg_dataset *d, const fg_dataset_want *want, fg_err *err) {
    size_t classes = want->n_outputs ? want->n_outputs : FG_CLASSES_MAX;
    if (classes > FG_CLASSES_MAX)
        return fg_err_set(err, FG_EINVAL, "%zu classes, at most %d are supported", classes, FG_CLASSES_MAX);
    int32_t most = 0;
    for (size_t i = 0; i < d->n; i++) {
        if (d->labels[i] < 0 || (size_t)d->labels[i] >= classes)
            return fg_err_set(err, FG_EFORMAT,
                              "data row %zu: the label is %d, expected a class from 0 to %zu", i + 1,
                              d->labels[i], classes - 1);
        most = d->labels[i] > most ? d->labels[i] : most;
    }
    d->n_classes = want->n_outputs ? (int)want->n_outputs : most + 1;
    return FG_OK;
}

/* How many of a table's columns are inputs and targets. */
static int divide_columns(size_t *inputs, size_t *targets, size_t columns, const fg_dataset_want *want,
                          fg_err *err) {
    *targets = want->target == FG_TARGET_NONE                      ? 0
               : want->target == FG_TARGET_REAL && want->n_outputs ? want->n_outputs
                                                                   : 1;
    bool enough = columns > *targets || (columns == *targets && want->target == FG_TARGET_NONE);
    *inputs = want->n_inputs ? want->n_inputs : enough ? columns - *targets : 0;
    bool fits = want->target == FG_TARGET_NONE ? columns >= *inputs : enough && columns - *targets == *inputs;
    bool more = want->target == FG_TARGET_NONE && want->n_outputs && columns > *inputs + want->n_outputs;
    if (fits && *inputs && !more)
        return FG_OK;
    const char *many = plural(columns), *ins = plural(*inputs), *outs = plural(*targets);
    if (more)
        return fg_err_set(err, FG_EFORMAT, "%zu column%s, expected %zu input%s, and %zu more at most",
                          columns, many, *inputs, ins, want->n_outputs);
    if (want->n_inputs && want->target == FG_TARGET_NONE)
        return fg_err_set(err, FG_EFORMAT, "%zu column%s, expected %zu input%s", columns, many, *inputs, ins);
    if (want->n_inputs)
        return fg_err_set(err, FG_EFORMAT, "%zu column%s, expected %zu input%s and %zu target%s", columns,
                          many, *inputs, ins, *targets, outs);
    return fg_err_set(err, FG_EFORMAT, "%zu column%s, expected inputs and %zu target%s", columns, many,
                      *targets, outs);
}

/* Only inputs may be missing. */
static int no_target(const char *what, size_t row, size_t column, fg_err *err) {
    return fg_err_set(err, FG_EFORMAT,
                      "data row %zu, column %zu: the %s is empty or not a number; fill it in", row + 1,
                      column + 1, what);
}

static int copy_columns(float *out, const fg_tensor *table, size_t rows, size_t first, size_t n, bool gaps,
                        fg_err *err) {
    size_t columns = table->dims[1];
    const double *values = table->data;
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < n; j++) {
            double value = values[i * columns + first + j];
            float narrow = (float)value;
            if (isnan(value) && !gaps)
                return no_target("target", i, first + j, err);
            if (!isfinite(narrow) && !isnan(value))
                return fg_err_set(err, FG_EFORMAT,
                                  "data row %zu, column %zu: %g is not in the range of a float", i + 1,
                                  first + j + 1, value);
            out[i * n + j] = narrow;
        }
    return FG_OK;
}

static int copy_label_column(int32_t *out, const fg_tensor *table, size_t rows, size_t column, fg_err *err) {
    const double *values = table->data;
    for (size_t i = 0; i < rows; i++) {
        double value = values[i * table->dims[1] + column];
        if (isnan(value))
            return no_target("class", i, column, err);
        if (!(value >= 0 && value < FG_CLASSES_MAX) || value != floor(value))
            return fg_err_set(err, FG_EFORMAT, "data row %zu, column %zu: %g is not a class (0, 1, ...)",
                              i + 1, column + 1, value);
        out[i] = (int32_t)value;
    }
    return FG_OK;
}

static int load_table(fg_dataset *d, const fg_tensor *table, const fg_dataset_want *want, fg_err *err) {
    size_t inputs, targets;
    int code = divide_columns(&inputs, &targets, table->dims[1], want, err);
    if (code)
        return code;
    d->n = want->limit && want->limit < table->dims[0] ? want->limit : table->dims[0];
    d->n_inputs = d->channels = inputs;
    d->height = d->width = 1;
    d->real = fg_alloc(d->n * inputs, sizeof *d->real);
    if (!d->real)
        return fg_dataset_no_memory(err);
    if ((code = copy_columns(d->real, table, d->n, 0, inputs, want->gaps, err)) ||
        want->target == FG_TARGET_NONE)
        return code;
    if (want->target == FG_TARGET_REAL) {
        d->n_targets = targets;
        d->y = fg_alloc(d->n * targets, sizeof *d->y);
        return d->y ? copy_columns(d->y, table, d->n, inputs, targets, false, err)
                    : fg_dataset_no_memory(err);
    }
    d->labels = fg_alloc(d->n, sizeof *d->labels);
    if (!d->labels)
        return fg_dataset_no_memory(err);
    code = copy_label_column(d->labels, table, d->n, inputs, err);
    return code ? code : fg_dataset_check_labels(d, want, err);
}

static int load_csv(fg_dataset *d, const fg_source *s, const fg_dataset_want *want, fg_err *err) {
    fg_csv csv;
    int code = want->gaps ? fg_csv_read_gaps(&csv, (const char *)s->bytes, s->size, err)
                          : fg_csv_read(&csv, (const char *)s->bytes, s->size, err);
    if (code == FG_OK)
        code = load_table(d, &csv.values, want, err);
    fg_csv_free(&csv);
    return code;
}

static int load_inputs(fg_dataset *d, const fg_tensor *t, const fg_dataset_want *want, fg_err *err) {
    if (t->rank == 0)
        return fg_err_set(err, FG_EFORMAT,
                          "a single number, expected an array whose first dimension counts rows");
    size_t rows = t->dims[0];
    d->n = want->limit && want->limit < rows ? want->limit : rows;
    d->n_inputs = 1;
    for (int i = 1; i < t->rank; i++)
        d->n_inputs *= t->dims[i];
    int code = fg_dataset_check_inputs(d, want, err);
    if (code)
        return code;
    bool image = t->rank > 2 && t->rank <= IMAGE_RANKS;
    d->height = image ? t->dims[1] : 1;
    d->width = image ? t->dims[2] : 1;
    d->channels = t->rank == IMAGE_RANKS ? t->dims[3] : image ? 1 : d->n_inputs;
    if (t->dtype == FG_U8) {
        d->bytes = fg_alloc(d->n, d->n_inputs);
        if (!d->bytes)
            return fg_dataset_no_memory(err);
        memcpy(d->bytes, t->data, d->n * d->n_inputs);
        return FG_OK;
    }
    d->real = fg_alloc(d->n * d->n_inputs, sizeof *d->real);
    if (!d->real)
        return fg_dataset_no_memory(err);
    code = fg_tensor_floats(d->real, t, d->n * d->n_inputs, !want->gaps, err);
    for (size_t i = 0; want->gaps && !code && i < d->n * d->n_inputs; i++)
        if (isinf(d->real[i]))
            code = fg_err_set(err, FG_EFORMAT, "data row %zu, input %zu: infinite", i / d->n_inputs + 1,
                              i % d->n_inputs);
    return code;
}

static int load_targets(fg_dataset *d, const fg_tensor *t, size_t rows, const fg_dataset_want *want,
                        fg_err *err) {
    if (t->rank < 1 || t->rank > 2 || t->dims[0] != rows)
        return fg_err_set(err, FG_EFORMAT,
                          "%d dimensions and %zu rows, expected one or two and %zu, as in the inputs",
                          t->rank, t->rank ? t->dims[0] : 0, rows);
    size_t width = t->rank == 2 ? t->dims[1] : 1;
    if (want->target == FG_TARGET_LABELS) {
        if (width != 1)
            return fg_err_set(err, FG_EFORMAT, "%zu columns, expected one label a row", width);
        d->labels = fg_alloc(d->n, sizeof *d->labels);
        if (!d->labels)
            return fg_dataset_no_memory(err);
        int code = fg_tensor_ints(d->labels, t, d->n, err);
        return code ? code : fg_dataset_check_labels(d, want, err);
    }
    if (width == 0 || (want->n_outputs && width != want->n_outputs))
        return fg_err_set(err, FG_EFORMAT, "%zu targets in a row, expected %zu", width,
                          want->n_outputs ? want->n_outputs : 1);
    d->n_targets = width;
    d->y = fg_alloc(d->n * width, sizeof *d->y);
    return d->y ? fg_tensor_floats(d->y, t, d->n * width, true, err) : fg_dataset_no_memory(err);
}

static int load_npy(fg_dataset *d, const sources *all, const fg_dataset_want *want, fg_err *err) {
    const fg_source *x = &all->list[0], *y = all->n > 1 ? &all->list[1] : NULL;
    fg_tensor tensor;
    int code = fg_npy_read(&tensor, x->bytes, x->size, err);
    if (code == FG_OK)
        code = load_inputs(d, &tensor, want, err);
    size_t rows = tensor.dims[0];
    fg_tensor_free(&tensor);
    if (code)
        return fg_err_prefix(err, "%s", x->name);
    if (want->target == FG_TARGET_NONE)
        return FG_OK;
    if (!y)
        return fg_err_set(err, FG_EFORMAT, "%s: targets are needed: give inputs and targets as x.npy,y.npy",
                          x->name);
    code = fg_npy_read(&tensor, y->bytes, y->size, err);
    if (code == FG_OK)
        code = load_targets(d, &tensor, rows, want, err);
    fg_tensor_free(&tensor);
    return code ? fg_err_prefix(err, "%s", y->name) : FG_OK;
}

static int load(fg_dataset *d, sources *all, const fg_dataset_want *want, fg_err *err) {
    const fg_source *first = &all->list[0];
    for (size_t i = 1; i < all->n; i++)
        if (all->list[i].content != first->content)
            return fg_err_set(err, FG_EFORMAT, "%s: another kind of file than %s", all->list[i].name,
                              first->name);
    if (first->content == FG_CONTENT_IDX)
        return fg_dataset_load_idx(d, all->list, all->n, want, err);
    if (first->content == FG_CONTENT_CIFAR)
        return fg_dataset_load_cifar(d, all->list, all->n, want, err);
    size_t most = first->content == FG_CONTENT_NPY ? 2 : 1;
    if (all->n > most)
        return fg_err_set(err, FG_EINVAL, "%s: too many files; give one CSV file, or x.npy,y.npy",
                          all->list[most].name);
    if (first->content == FG_CONTENT_NPY)
        return load_npy(d, all, want, err);
    int code = load_csv(d, first, want, err);
    return code ? fg_err_prefix(err, "%s", first->name) : FG_OK;
}

int fg_dataset_open(fg_dataset **out, const char *files, const fg_dataset_want *want, fg_err *err) {
    *out = NULL;
    fg_dataset *d = fg_zalloc(1, sizeof *d);
    sources *all = fg_zalloc(1, sizeof *all);
    int code = d && all ? read_sources(all, files, want, err) : fg_dataset_no_memory(err);
    if (code == FG_OK)
        code = load(d, all, want, err);
    if (all)
        free_sources(all);
    fg_free(all);
    if (code)
        fg_dataset_free(d);
    else
        *out = d;
    return code;
}
