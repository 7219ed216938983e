/* What a command does with --data: the first bytes say what is wanted, the others are one file or, cut at a
 * mark, two or three of them, which may be gzip. What is accepted must be as large as it says, finite, and
 * have the classes it says. */
#include <math.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"
#include "data/dataset.h"
#include "data/fuzz_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { HEAD = 3, FILES = 3, MEMORY = 64 << 20, PACKED_MOST = 2048 };

static const char mark[] = "=cut=";

/* Files in memory, kept from one input to the next. */
static int file_of(int i) {
    static int files[FILES];
    if (!files[i] && (files[i] = memfd_create("input", 0)) < 0)
        abort();
    return files[i];
}

static void put_file(int i, const uint8_t *bytes, size_t size) {
    if (ftruncate(file_of(i), 0) || pwrite(file_of(i), bytes, size, 0) != (ssize_t)size)
        abort();
}

static void check_rows(const fg_dataset *d, bool gaps) {
    float *x = fg_fuzz_copy(NULL, 0, d->n * d->n_inputs * sizeof *x);
    float *y = fg_fuzz_copy(NULL, 0, d->n * d->n_targets * sizeof *y);
    int32_t *labels = fg_fuzz_copy(NULL, 0, d->n * sizeof *labels);
    fg_dataset_rows(x, labels, y, d, NULL, d->n);
    for (size_t i = 0; i < d->n * d->n_inputs; i++)
        if (!isfinite(x[i]) && !(gaps && isnan(x[i])))
            abort();
    if ((d->y && memcmp(y, d->y, d->n * d->n_targets * sizeof *y) != 0) ||
        (d->labels && memcmp(labels, d->labels, d->n * sizeof *labels) != 0))
        abort();
    free(x);
    free(y);
    free(labels);
}

static void check(const fg_dataset *d, const fg_dataset_want *want) {
    if (!d->n || !d->n_inputs || d->height * d->width * d->channels != d->n_inputs || (!d->real && !d->bytes))
        abort();
    if ((want->n_inputs && d->n_inputs != want->n_inputs) || (want->limit && d->n > want->limit))
        abort();
    if ((want->target == FG_TARGET_LABELS) != (d->labels != NULL) ||
        (want->target == FG_TARGET_REAL) != (d->y != NULL))
        abort();
    for (size_t i = 0; i < d->n && d->labels; i++)
        if (d->labels[i] < 0 || d->labels[i] >= d->n_classes)
            abort();
    for (size_t i = 0; i < d->n * d->n_targets; i++)
        if (!isfinite(d->y[i]))
            abort();
    check_rows(d, want->gaps);
    fg_scaling scaling = {0};
    fg_err err = {0};
    if (fg_dataset_measure(&scaling, d, NULL, d->n, &err) == 0) {
        fg_dataset scaled = *d;
        scaled.scaling = &scaling;
        if (scaling.channels != d->channels || fg_scaling_check(&scaling, &err))
            abort();
        check_rows(&scaled, want->gaps);
    } else if (!*err.text) {
        abort();
    }
    fg_scaling_free(&scaling);
}

static fg_dataset_want wanted(const uint8_t *head) {
    static const fg_target targets[] = {FG_TARGET_NONE, FG_TARGET_LABELS, FG_TARGET_REAL, FG_TARGET_LABELS};
    return (fg_dataset_want){.n_inputs = head[0] & 15,
                             .target = targets[head[1] & 3],
                             .n_outputs = head[1] >> 2 & 7,
                             .gaps = head[1] >> 5 & 1,
                             .limit = head[2] & 7};
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    char files[FILES * 32] = "";
    const uint8_t *at = bytes + HEAD, *end = bytes + size;
    fg_dataset *d;
    fg_err err = {0};
    if (size < HEAD)
        return 0;
    fg_mem_limit(MEMORY);
    fg_dataset_want want = wanted(bytes);
    for (int i = 0; i < FILES && at; i++) {
        const uint8_t *cut = memmem(at, (size_t)(end - at), mark, sizeof mark - 1);
        size_t length = (size_t)((cut ? cut : end) - at), used = strlen(files), packed;
        if (bytes[2] >> (3 + i) & 1 && length < PACKED_MOST) {
            uint8_t *gzip = fg_fuzz_deflate(&packed, at, length, FG_FUZZ_GZIP);
            put_file(i, gzip, packed);
            free(gzip);
        } else {
            put_file(i, at, length);
        }
        snprintf(files + used, sizeof files - used, "%s/proc/self/fd/%d", i ? "," : "", file_of(i));
        at = cut ? cut + sizeof mark - 1 : NULL;
    }
    int code = fg_dataset_open(&d, files, &want, &err);
    if (code ? d || !*err.text : !d)
        abort();
    if (!code)
        check(d, &want);
    fg_dataset_free(d);
    if (fg_mem_held())
        abort();
    return 0;
}
