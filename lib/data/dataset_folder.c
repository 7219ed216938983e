#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "data/dataset_internal.h"

enum { NAME_TEXT = 64, CIFAR_BATCHES = 5 };

/* Looks for folder/name, then for the same as gzip. */
static int find_file(char **path, const char *folder, const char *name, fg_err *err) {
    size_t length = strlen(folder) + strlen(name) + sizeof "/.gz";
    struct stat st;
    *path = fg_alloc(length, 1);
    if (!*path)
        return fg_err_set(err, FG_ENOMEM, "no memory for a file name");
    bool join = folder[strlen(folder) - 1] != '/';
    for (int packed = 0; packed < 2; packed++) {
        snprintf(*path, length, "%s%s%s%s", folder, join ? "/" : "", name, packed ? ".gz" : "");
        if (stat(*path, &st) == 0 && S_ISREG(st.st_mode))
            return FG_OK;
    }
    fg_free(*path);
    *path = NULL;
    return FG_OK;
}

/* MNIST's names are written with '-' or '.' before "idx". */
static int find_idx(char **path, const char *folder, const char *stem, int rank, fg_err *err) {
    char name[NAME_TEXT];
    int code = FG_OK;
    *path = NULL;
    for (const char *separator = "-."; *separator && !*path && !code; separator++) {
        snprintf(name, sizeof name, "%s%cidx%d-ubyte", stem, *separator, rank);
        code = find_file(path, folder, name, err);
    }
    return code;
}

static int missing(const char *folder, const char *name, fg_err *err) {
    return fg_err_set(err, FG_EIO, "%s: %s is missing (or %s.gz)", folder, name, name);
}

/* Finds MNIST's files; out->n stays 0 if there is none of the part. */
static int find_mnist(fg_folder *out, const char *folder, const fg_dataset_want *want, fg_err *err) {
    bool test = want->part == FG_PART_TEST;
    char *images, *labels;
    int code = find_idx(&images, folder, test ? "t10k-images" : "train-images", 3, err);
    if (code)
        return code;
    code = find_idx(&labels, folder, test ? "t10k-labels" : "train-labels", 1, err);
    if (!code && !images && labels)
        code = missing(folder, test ? "t10k-images-idx3-ubyte" : "train-images-idx3-ubyte", err);
    if (!code && images && !labels && want->target != FG_TARGET_NONE)
        code = missing(folder, test ? "t10k-labels-idx1-ubyte" : "train-labels-idx1-ubyte", err);
    if (images)
        out->paths[out->n++] = images;
    if (labels)
        out->paths[out->n++] = labels;
    return code;
}

/* The same for CIFAR-10; a training part needs all of its batches. */
static int find_cifar(fg_folder *out, const char *folder, const fg_dataset_want *want, fg_err *err) {
    bool test = want->part == FG_PART_TEST;
    char name[NAME_TEXT], lost[NAME_TEXT] = "";
    for (int i = 1; i <= (test ? 1 : CIFAR_BATCHES); i++) {
        char *path;
        snprintf(name, sizeof name, test ? "test_batch.bin" : "data_batch_%d.bin", i);
        int code = find_file(&path, folder, name, err);
        if (code)
            return code;
        if (path)
            out->paths[out->n++] = path;
        else if (!*lost)
            snprintf(lost, sizeof lost, "%s", name);
    }
    return out->n && *lost ? missing(folder, lost, err) : FG_OK;
}

static void drop(fg_folder *f) {
    while (f->n > 0)
        fg_free(f->paths[--f->n]);
}

int fg_folder_find(fg_folder *out, const char *folder, const fg_dataset_want *want, fg_err *err) {
    fg_folder cifar = {.n = 0};
    bool test = want->part == FG_PART_TEST;
    *out = (fg_folder){.n = 0};
    int code = find_mnist(out, folder, want, err);
    if (!code)
        code = find_cifar(&cifar, folder, want, err);
    if (!code && out->n && cifar.n)
        code =
            fg_err_set(err, FG_EINVAL, "%s: files of MNIST and of CIFAR-10; name the ones to read", folder);
    if (!code && !out->n && !cifar.n)
        code = fg_err_set(err, FG_EIO,
                          "%s: a folder without a %s part: neither %s-images-idx3-ubyte nor %s.bin, nor "
                          "these with .gz",
                          folder, test ? "test" : "training", test ? "t10k" : "train",
                          test ? "test_batch" : "data_batch_1");
    if (!code && cifar.n)
        *out = cifar;
    else
        drop(&cifar);
    return code;
}

bool fg_dataset_takes(const char *path) {
    static const char *const stems[] = {"train-images", "train-labels", "t10k-images",
                                        "t10k-labels",  "data_batch_",  "test_batch."};
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    for (size_t i = 0; i < sizeof stems / sizeof *stems; i++)
        if (strncmp(name, stems[i], strlen(stems[i])) == 0)
            return true;
    return false;
}
