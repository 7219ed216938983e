#include "base/path.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

static bool one(const struct stat *a, const struct stat *b) {
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

bool fg_path_folder(char *folder, size_t room, const char *path) {
    size_t length = (size_t)(base_name(path) - path);
    if (length >= room || room < 2)
        return false;
    memcpy(folder, length ? path : ".", length ? length : 1);
    folder[length ? length : 1] = 0;
    return true;
}

static bool stat_parent(struct stat *st, const char *path) {
    char parent[PATH_MAX];
    return fg_path_folder(parent, sizeof parent, path) && stat(parent, st) == 0;
}

static bool is_standard(const char *path) {
    return !path || strcmp(path, "-") == 0;
}

/* N of /dev/fd/N; -1 of other paths. */
static int number_of(const char *path) {
    static const char *const folders[] = {"/dev/fd/", "/proc/self/fd/"};
    for (size_t i = 0; i < 2; i++) {
        size_t length = strlen(folders[i]), digits = strspn(path + strnlen(path, length), "0123456789");
        if (strncmp(path, folders[i], length) == 0 && digits && digits < 7 && !path[length + digits])
            return (int)strtol(path + length, NULL, 10);
    }
    return -1;
}

int fg_path_descriptor(const char *path) {
    struct stat file, standard;
    if (is_standard(path))
        return STDOUT_FILENO;
    int number = number_of(path);
    if (number >= 0)
        return fstat(number, &file) == 0 && S_ISREG(file.st_mode) ? number : -1;
    if (stat(path, &file) || !S_ISREG(file.st_mode))
        return -1;
    for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++)
        if (fstat(fd, &standard) == 0 && one(&file, &standard))
            return fd;
    return -1;
}

bool fg_path_terminal(const char *path) {
    struct stat st;
    if (is_standard(path))
        return isatty(STDOUT_FILENO);
    int fd = stat(path, &st) == 0 && S_ISCHR(st.st_mode)
                 ? open(path, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
                 : -1;
    bool terminal = fd >= 0 && isatty(fd);
    if (fd >= 0)
        close(fd);
    return terminal;
}

bool fg_path_standard_input(const char *path) {
    struct stat file, standard;
    return stat(path, &file) == 0 && S_ISREG(file.st_mode) && fstat(STDIN_FILENO, &standard) == 0 &&
           one(&file, &standard);
}

char *fg_path_target(const char *path) {
    enum { LINKS_MAX = 40 };
    char at[PATH_MAX], to[PATH_MAX], whole[PATH_MAX];
    if (strlen(path) >= sizeof at)
        return fg_strdup(path);
    memcpy(at, path, strlen(path) + 1);
    for (int i = 0; i < LINKS_MAX; i++) {
        ssize_t length = readlink(at, to, sizeof to - 1);
        if (length < 0)
            return fg_strdup(at);
        to[length] = 0;
        size_t folder = *to == '/' ? 0 : (size_t)(base_name(at) - at);
        if (folder + (size_t)length >= sizeof whole)
            break;
        memcpy(whole, at, folder);
        memcpy(whole + folder, to, (size_t)length + 1);
        memcpy(at, whole, folder + (size_t)length + 1);
    }
    return fg_strdup(path);
}

bool fg_path_replaced(const char *path) {
    struct stat st;
    return fg_path_descriptor(path) < 0 && (stat(path, &st) || S_ISREG(st.st_mode));
}

bool fg_path_one(const char *a, const char *b) {
    struct stat of_a, of_b;
    return stat(a, &of_a) == 0 && stat(b, &of_b) == 0 && one(&of_a, &of_b);
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
