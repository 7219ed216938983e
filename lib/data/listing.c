#include "data/listing.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/io.h"
#include "base/mem.h"
#include "data/image.h"

static int append(fg_listing *list, const char *folder, const char *name, fg_err *err) {
    size_t length = strlen(folder) + strlen(name) + 2;
    if (list->n == list->room) {
        size_t room = list->room ? 2 * list->room : 64;
        char **moved = fg_resize(list->paths, room, sizeof *moved);
        if (!moved)
            return fg_err_set(err, FG_ENOMEM, "no memory for a list of %zu files", room);
        list->paths = moved;
        list->room = room;
    }
    char *path = fg_alloc(length, 1);
    if (!path)
        return fg_err_set(err, FG_ENOMEM, "no memory for a list of %zu files", list->n);
    bool join = *folder && folder[strlen(folder) - 1] != '/';
    snprintf(path, length, "%s%s%s", folder, join ? "/" : "", name);
    list->paths[list->n++] = path;
    return FG_OK;
}

static bool has_suffix(const char *name) {
    static const char *const suffixes[] = {".png", ".pnm", ".ppm", ".pgm"};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < sizeof suffixes / sizeof *suffixes; i++)
        if (strcasecmp(dot, suffixes[i]) == 0)
            return true;
    return false;
}

static bool begins_like_one(const char *path) {
    unsigned char head[8];
    ssize_t got = fg_io_read_head(head, sizeof head, path);
    return got > 0 && fg_image_sniff(head, (size_t)got) != FG_IMAGE_UNKNOWN;
}

bool fg_listing_takes(const char *path) {
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    return *name != '.' && (has_suffix(path) || begins_like_one(path));
}

static int compare_paths(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Takes everything visible first and drops what is no picture afterwards: one path string is made for both.
 */
static int add_folder(fg_listing *list, DIR *stream, const char *folder, fg_err *err) {
    size_t begin = list->n;
    struct dirent *entry;
    int bad = FG_OK;
    while (!bad && (errno = 0, entry = readdir(stream)) != NULL)
        if (entry->d_name[0] != '.')
            bad = append(list, folder, entry->d_name, err);
    if (!bad && errno)
        bad = fg_err_set(err, FG_EIO, "%s: cannot list: %s", folder, strerror(errno));
    size_t kept = begin;
    for (size_t i = begin; i < list->n; i++) {
        char *path = list->paths[i];
        struct stat st;
        if (!bad && stat(path, &st) == 0 && S_ISREG(st.st_mode) && fg_listing_takes(path))
            list->paths[kept++] = path;
        else
            fg_free(path);
    }
    list->n = kept;
    if (!bad && kept == begin)
        bad = fg_err_set(err, FG_EINVAL, "%s: no PNG, PPM or PGM picture in this folder", folder);
    if (!bad)
        qsort(list->paths + begin, kept - begin, sizeof *list->paths, compare_paths);
    return bad;
}

int fg_listing_add(fg_listing *list, const char *path, fg_err *err) {
    struct stat st;
    if (stat(path, &st) != 0)
        return fg_err_set(err, FG_EIO, "%s: cannot open: %s", path, strerror(errno));
    if (!S_ISDIR(st.st_mode))
        return append(list, "", path, err);
    DIR *stream;
    do
        stream = opendir(path);
    while (!stream && errno == EINTR);
    if (!stream)
        return fg_err_set(err, FG_EIO, "%s: cannot open: %s", path, strerror(errno));
    int bad = add_folder(list, stream, path, err);
    closedir(stream);
    return bad;
}

bool fg_listing_reads_from(const fg_listing *list, const char *folder) {
    struct stat there, here;
    if (stat(folder, &there) != 0)
        return false;
    for (size_t i = 0; i < list->n; i++) {
        char *slash = strrchr(list->paths[i], '/');
        if (slash)
            *slash = 0;
        const char *parent = !slash ? "." : slash == list->paths[i] ? "/" : list->paths[i];
        bool same = stat(parent, &here) == 0 && here.st_dev == there.st_dev && here.st_ino == there.st_ino;
        if (slash)
            *slash = '/';
        if (same)
            return true;
    }
    return false;
}

void fg_listing_free(fg_listing *list) {
    for (size_t i = 0; i < list->n; i++)
        fg_free(list->paths[i]);
    fg_free(list->paths);
    *list = (fg_listing){0};
}
