/* Standard descriptors that are another file for a while. Only tests include this. */
#ifndef FG_BASE_DIVERT_INTERNAL_H
#define FG_BASE_DIVERT_INTERNAL_H

#include <unistd.h>

#include "base/test.h"

/* From here on `standard` is `to`, a descriptor that is closed; the value is for fg_divert_back. */
static inline int fg_divert(int standard, int to) {
    fflush(NULL);
    int kept = dup(standard);
    ck_assert_int_ge(dup2(to, standard), 0);
    close(to);
    return kept;
}

static inline void fg_divert_back(int standard, int kept) {
    dup2(kept, standard);
    close(kept);
}

typedef struct fg_capture {
    FILE *file;
    int kept;
} fg_capture;

/* From here on what is written to standard error is kept for fg_capture_end. */
static inline fg_capture fg_capture_begin(void) {
    FILE *file = tmpfile();
    ck_assert_ptr_nonnull(file);
    return (fg_capture){file, fg_divert(STDERR_FILENO, dup(fileno(file)))};
}

/* Puts it into text[size], cut off where it is longer. */
static inline void fg_capture_end(fg_capture *capture, char *text, size_t size) {
    fg_divert_back(STDERR_FILENO, capture->kept);
    ssize_t n = pread(fileno(capture->file), text, size - 1, 0);
    fclose(capture->file);
    ck_assert_int_ge(n, 0);
    text[n] = 0;
}

#endif
