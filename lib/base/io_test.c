#include "base/io.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/divert_internal.h"
#include "base/mem.h"
#include "base/scratch_internal.h"

static const char path[] = "file";

START_TEST(large_input_and_limit) {
    fg_scratch_enter();
    size_t size = 300001, got;
    unsigned char *data = fg_alloc(size, 1), *back;
    for (size_t i = 0; i < size; i++)
        data[i] = (unsigned char)(i * 7 % 251);
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(data, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
    fg_err err;
    ck_assert_int_eq(fg_io_read_all(&back, &got, path, size, &err), 0);
    ck_assert_uint_eq(got, size);
    ck_assert_mem_eq(back, data, size);
    ck_assert_int_eq(back[size], 0);
    fg_free(back);
    size_t held = fg_mem_held();
    ck_assert_int_eq(fg_io_read_all(&back, &got, path, size - 1, &err), FG_EFORMAT);
    ck_assert_ptr_nonnull(strstr(err.text, "300000"));
    ck_assert_ptr_null(back);
    for (uint64_t n = 1;; n++) {
        fg_mem_fail_at(n);
        int code = fg_io_read_all(&back, &got, path, SIZE_MAX, &err);
        fg_mem_fail_at(0);
        if (code == 0)
            break;
        ck_assert_int_eq(code, FG_ENOMEM);
        ck_assert_uint_eq(fg_mem_held(), held);
    }
    fg_free(back);
    fg_free(data);
    fg_scratch_drop();
}
END_TEST

/* Wants a first byte, and counts how often it is asked. */
typedef struct checked {
    unsigned char first;
    int *asked;
} checked;

static int check_first(const unsigned char *head, size_t size, const void *context, fg_err *err) {
    const checked *wanted = context;
    ck_assert_uint_eq(size, FG_IO_HEAD);
    ++*wanted->asked;
    return *head == wanted->first ? FG_OK : fg_err_set(err, FG_EINVAL, "not %c", wanted->first);
}

START_TEST(long_input_is_checked_once_at_its_head) {
    static char text[3 * FG_IO_HEAD + 1];
    static const size_t sizes[] = {1, FG_IO_HEAD - 1, FG_IO_HEAD, FG_IO_HEAD + 1, sizeof text - 1};
    fg_scratch_enter();
    size_t held = fg_mem_held();
    for (int i = 0; i < 5; i++) {
        int asked = 0, is_long = sizes[i] >= FG_IO_HEAD;
        unsigned char *data;
        size_t size;
        fg_err err = {0};
        memset(text, 'a', sizes[i]);
        fg_scratch_write(path, text);
        int code =
            fg_io_read_checked(&data, &size, path, SIZE_MAX, check_first, &(checked){'a', &asked}, &err);
        ck_assert_int_eq(code, FG_OK);
        ck_assert_int_eq(asked, is_long);
        ck_assert_uint_eq(size, sizes[i]);
        ck_assert_mem_eq(data, text, size + 1);
        fg_free(data);
        code = fg_io_read_checked(&data, &size, path, SIZE_MAX, check_first, &(checked){'b', &asked}, &err);
        ck_assert_int_eq(code, is_long ? FG_EINVAL : FG_OK);
        ck_assert_str_eq(err.text, is_long ? "not b" : "");
        fg_free(data);
        ck_assert_uint_eq(fg_mem_held(), held);
    }
    fg_scratch_drop();
}
END_TEST

START_TEST(unreadable_is_an_error_with_the_path) {
    fg_scratch_enter();
    unsigned char *data;
    size_t size;
    fg_err err;
    ck_assert_int_eq(fg_io_read_all(&data, &size, path, SIZE_MAX, &err), FG_EIO);
    ck_assert_ptr_nonnull(strstr(err.text, path));
    ck_assert_ptr_nonnull(strstr(err.text, strerror(ENOENT)));
    ck_assert_int_eq(fg_io_read_all(&data, &size, fg_scratch, SIZE_MAX, &err), FG_EIO);
    ck_assert_ptr_nonnull(strstr(err.text, strerror(EISDIR)));
    fg_scratch_drop();
}
END_TEST

static void ignore(int number) {
    (void)number;
}

/* A writer that sends two pieces with a pause in which signals without SA_RESTART interrupt the reader. */
START_TEST(short_and_interrupted_reads_go_on) {
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        int bad = write(ends[1], "abc", 3) != 3;
        usleep(50000);
        bad |= write(ends[1], "def", 3) != 3;
        _exit(bad);
    }
    close(ends[1]);
    int kept = fg_divert(STDIN_FILENO, ends[0]);
    struct sigaction action = {.sa_handler = ignore}, before;
    sigaction(SIGALRM, &action, &before);
    struct itimerval often = {{0, 5000}, {0, 5000}}, off = {{0, 0}, {0, 0}};
    setitimer(ITIMER_REAL, &often, NULL);
    unsigned char *data;
    size_t size;
    fg_err err;
    int code = fg_io_read_all(&data, &size, "-", 100, &err);
    setitimer(ITIMER_REAL, &off, NULL);
    sigaction(SIGALRM, &before, NULL);
    fg_divert_back(STDIN_FILENO, kept);
    int status;
    waitpid(child, &status, 0);
    ck_assert_int_eq(status, 0);
    ck_assert_int_eq(code, 0);
    ck_assert_str_eq((char *)data, "abcdef");
    fg_free(data);
}
END_TEST

START_TEST(the_head_of_a_file) {
    fg_scratch_enter();
    unsigned char head[4];
    ck_assert_int_eq(fg_io_read_head(head, 4, path), -1);
    ck_assert_int_eq(fg_io_read_head(head, 4, fg_scratch), -1);
    fg_scratch_write(path, "abc");
    ck_assert_int_eq(fg_io_read_head(head, 4, path), 3);
    ck_assert_int_eq(fg_io_read_head(head, 2, path), 2);
    ck_assert_mem_eq(head, "abc", 3);
    fg_scratch_drop();
}
END_TEST

FG_TEST_MAIN("base/io", large_input_and_limit, long_input_is_checked_once_at_its_head,
             unreadable_is_an_error_with_the_path, short_and_interrupted_reads_go_on, the_head_of_a_file)
