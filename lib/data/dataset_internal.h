/* Between the files that open datasets. */
#ifndef FG_DATA_DATASET_INTERNAL_H
#define FG_DATA_DATASET_INTERNAL_H

#include "data/dataset.h"

enum { FG_SOURCES_MAX = 64, FG_FOLDER_FILES = 5 };

typedef enum fg_content { FG_CONTENT_CSV, FG_CONTENT_NPY, FG_CONTENT_IDX, FG_CONTENT_CIFAR } fg_content;

/* A file and its bytes. */
typedef struct fg_source {
    char *path;
    const char *name; /* the path, or what standard input is called */
    unsigned char *bytes;
    size_t size;
    fg_content content;
} fg_source;

int fg_dataset_no_memory(fg_err *err);
/* Whether there are rows, of the inputs wanted. */
int fg_dataset_check_inputs(const fg_dataset *d, const fg_dataset_want *want, fg_err *err);
/* Checks the labels against the classes wanted, or counts the classes. */
int fg_dataset_check_labels(fg_dataset *d, const fg_dataset_want *want, fg_err *err);

/* Image sets of one or more files; errors name the file. Bytes of sources may be freed on the way. */
int fg_dataset_load_idx(fg_dataset *d, fg_source sources[], size_t n, const fg_dataset_want *want,
                        fg_err *err);
int fg_dataset_load_cifar(fg_dataset *d, fg_source sources[], size_t n, const fg_dataset_want *want,
                          fg_err *err);

/* The files of a folder's part, in the order to be read; the paths are freed by the caller, also on failure.
 */
typedef struct fg_folder {
    char *paths[FG_FOLDER_FILES];
    size_t n;
} fg_folder;

int fg_folder_find(fg_folder *out, const char *folder, const fg_dataset_want *want, fg_err *err);

#endif
