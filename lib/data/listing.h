/* The picture files that a list of files and folders names. */
#ifndef FG_DATA_LISTING_H
#define FG_DATA_LISTING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* {0} is an empty list; paths and the strings in it are owned. */
typedef struct fg_listing {
    char **paths;
    size_t n, room;
} fg_listing;

/* Appends a file, or a folder's pictures in the order of their names' bytes (see data/frames.h for which).
 * FG_EIO: not there or not readable. FG_EINVAL: a folder without pictures. */
int fg_listing_add(fg_listing *list, const char *path, fg_err *err);

/* Whether a regular file is taken as a picture where it lies in a folder that is read. */
bool fg_listing_takes(const char *path);

/* Whether any path of the list lies in this folder (however the folder is spelled). */
bool fg_listing_reads_from(const fg_listing *list, const char *folder);

void fg_listing_free(fg_listing *list);

#endif
