#include "base/path.h"

#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool one(const struct stat *a, const struct stat *b) {
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The folder that a path's last name stands in. */
static bool stat_parent(struct stat *st, const char *path) {
    char parent[PATH_MAX] = ".";
    size_t length = (size_t)(base_name(path) - path);
    if (length >= sizeof parent)
        return false;
    if (length) {
        memcpy(parent, path, length);
        parent[length] = 0;
    }
    return stat(parent, st) == 0;
}

int fg_path_descriptor(const char *path) {
    struct stat file, standard;
    if (!path || strcmp(path, "-") == 0)
        return STDOUT_FILENO;
    if (stat(path, &file) || !S_ISREG(file.st_mode))
        return -1;
    for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++)
        if (fstat(fd, &standard) == 0 && one(&file, &standard))
            return fd;
    return -1;
}

bool fg_path_replaced(const char *path) {
    struct stat st;
    return fg_path_descriptor(path) < 0 && (stat(path, &st) || S_ISREG(st.st_mode));
}

bool fg_path_same(const char *a, const char *b) {
    struct stat of_a, of_b;
    bool has_a = stat(a, &of_a) == 0, has_b = stat(b, &of_b) == 0;
    if (has_a && has_b)
        return S_ISREG(of_a.st_mode) && one(&of_a, &of_b);
    return !has_a && !has_b && strcmp(base_name(a), base_name(b)) == 0 && stat_parent(&of_a, a) &&
           stat_parent(&of_b, b) && one(&of_a, &of_b);
}

bool fg_path_in(const char *file, const char *folder) {
    struct stat of_file, of_parent, of_folder;
    return stat(file, &of_file) == 0 && S_ISREG(of_file.st_mode) && stat_parent(&of_parent, file) &&
           stat(folder, &of_folder) == 0 && one(&of_parent, &of_folder);
}
