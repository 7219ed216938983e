/* A folder of its own for each test that needs files. */
#ifndef FG_BASE_SCRATCH_INTERNAL_H
#define FG_BASE_SCRATCH_INTERNAL_H

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <unistd.h>

#include "base/test.h"

static char fg_scratch[PATH_MAX];
static int fg_scratch_before = -1;

/* Makes the folder fg_scratch. */
static inline void fg_scratch_make(void) {
    const char *tmp = getenv("TMPDIR");
    snprintf(fg_scratch, sizeof fg_scratch, "%s/fg-test-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    fg_scratch_before = open(".", O_RDONLY);
    ck_assert_ptr_nonnull(mkdtemp(fg_scratch));
}

/* The same, and goes there. */
static inline void fg_scratch_enter(void) {
    fg_scratch_make();
    ck_assert_int_eq(chdir(fg_scratch), 0);
}

/* Goes back, and removes the folder, in which nothing is left. */
static inline void fg_scratch_leave(void) {
    ck_assert_int_eq(fchdir(fg_scratch_before), 0);
    close(fg_scratch_before);
    ck_assert_int_eq(rmdir(fg_scratch), 0);
}

static inline int fg_scratch_remove(const char *path, const struct stat *st, int kind, struct FTW *at) {
    (void)st, (void)kind;
    return at->level ? remove(path) : 0;
}

/* The same with whatever is in the folder. */
static inline void fg_scratch_drop(void) {
    ck_assert_int_eq(nftw(fg_scratch, fg_scratch_remove, 8, FTW_DEPTH | FTW_PHYS), 0);
    fg_scratch_leave();
}

/* Makes a file of this content. */
static inline void fg_scratch_write(const char *path, const char *text) {
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    ck_assert_int_eq(fclose(file), 0);
}

/* Makes an empty file. */
static inline void fg_scratch_touch(const char *path) {
    fg_scratch_write(path, "");
}

#endif
