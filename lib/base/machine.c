#include "base/machine.h"

#include <inttypes.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Whether one of the comma-joined words is it. */
static bool has_word(const char *words, size_t length, const char *word) {
    size_t n = strlen(word);
    for (const char *p = words, *end = words + length; p < end; p += strcspn(p, ",:") + 1)
        if ((size_t)(end - p) >= n && strncmp(p, word, n) == 0 && (p + n == end || p[n] == ','))
            return true;
    return false;
}

/* A file with one number; SIZE_MAX where there is none, as in "max". */
static size_t read_limit(const char *path) {
    uintmax_t limit;
    FILE *file = fopen(path, "re");
    if (!file)
        return SIZE_MAX;
    bool known = fscanf(file, "%" SCNuMAX, &limit) == 1 && limit < SIZE_MAX;
    fclose(file);
    return known ? (size_t)limit : SIZE_MAX;
}

/* The least limit of a control group and those around it. In a container the group's own path is that
 * outside, but the root it sees is its own. */
static size_t least_limit(const char *mount, char *group, const char *file) {
    size_t least = SIZE_MAX;
    for (;;) {
        char path[PATH_MAX];
        int length = snprintf(path, sizeof path, "%s%s/%s", mount, group, file);
        size_t limit = length > 0 && (size_t)length < sizeof path ? read_limit(path) : SIZE_MAX;
        least = limit < least ? limit : least;
        char *slash = strrchr(group, '/');
        if (!slash)
            return least;
        *slash = 0;
    }
}

/* Lines are "0::/group" (version 2) or "number:controllers:/group" (version 1). */
static size_t groups_limit(const char *root) {
    char path[PATH_MAX], line[PATH_MAX + 256];
    size_t least = SIZE_MAX;
    snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = 0;
        char *controllers = strchr(line, ':'), *group = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!group)
            continue;
        bool unified = group == controllers + 1;
        if (!unified && !has_word(controllers + 1, (size_t)(group - controllers - 1), "memory"))
            continue;
        snprintf(path, sizeof path, "%s/sys/fs/cgroup%s", root, unified ? "" : "/memory");
        size_t limit = least_limit(path, group + 1, unified ? "memory.max" : "memory.limit_in_bytes");
        least = limit < least ? limit : least;
    }
    if (file)
        fclose(file);
    return least;
}

size_t fg_machine_memory(bool *grouped, const char *root) {
    long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
    size_t all = pages > 0 && size > 0 ? (size_t)pages * (size_t)size : 0, limit = groups_limit(root);
    *grouped = limit != SIZE_MAX && (!all || limit < all);
    return *grouped ? limit : all;
}
