#include "base/io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/divert_internal.h"
#include "base/mem.h"
#include "base/scratch_internal.h"

static char path[PATH_MAX + 32];

static void enter(void) {
    fg_scratch_enter();
    snprintf(path, sizeof path, "%s/file", fg_scratch);
}

/* How many entries the folder has. */
static int entries(void) {
    DIR *d = opendir(fg_scratch);
    int n = 0;
    for (struct dirent *e; (e = readdir(d));)
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    closedir(d);
    return n;
}

static void write_file(const char *to, const char *text) {
    fg_outfile *out;
    fg_err err;
    ck_assert_msg(fg_outfile_open(&out, to, &err) == 0, "%s", err.text);
    fputs(text, fg_outfile_stream(out));
    ck_assert_msg(fg_outfile_commit(&out, &err) == 0, "%s", err.text);
    ck_assert_ptr_null(out);
}

static void check_file(const char *from, const char *text) {
    unsigned char *data;
    size_t size;
    fg_err err;
    ck_assert_msg(fg_io_read_all(&data, &size, from, SIZE_MAX, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(size, strlen(text));
    ck_assert_str_eq((char *)data, text);
    fg_free(data);
}

START_TEST(written_is_read) {
    enter();
    size_t held = fg_mem_held();
    write_file(path, "first");
    check_file(path, "first");
    write_file(path, "second, longer");
    check_file(path, "second, longer");
    write_file(path, "");
    check_file(path, "");
    ck_assert_int_eq(entries(), 1);
    ck_assert_uint_eq(fg_mem_held(), held);
    fg_scratch_drop();
}
END_TEST

static void ignore(int number) {
    (void)number;
}

enum { MANY = 400000 }; /* more than a pipe holds */

static unsigned char sent(size_t i) {
    return (unsigned char)(i * 7 % 251);
}

/* Reads MANY bytes slowly; 0 where they are those that were sent, and all. */
static int read_slowly(int fd) {
    unsigned char piece[8192];
    size_t used = 0;
    ssize_t got;
    while ((got = read(fd, piece, sizeof piece)) > 0) {
        for (ssize_t i = 0; i < got; i++)
            if (piece[i] != sent(used++))
                return 1;
        usleep(1000);
    }
    return used != MANY;
}

/* A reader that opens late and reads slowly, so that signals without SA_RESTART interrupt the opening and the
 * writing. */
START_TEST(interrupted_writes_go_on) {
    enter();
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    pid_t child = fork();
    if (child == 0) {
        usleep(30000);
        _exit(read_slowly(open(path, O_RDONLY)));
    }
    struct sigaction action = {.sa_handler = ignore}, before;
    sigaction(SIGALRM, &action, &before);
    struct itimerval often = {{0, 700}, {0, 700}}, off = {{0, 0}, {0, 0}};
    setitimer(ITIMER_REAL, &often, NULL);
    fg_outfile *out;
    fg_err err;
    int code = fg_outfile_open(&out, path, &err);
    for (size_t i = 0; !code && i < MANY; i++)
        putc(sent(i), fg_outfile_stream(out));
    if (!code)
        code = fg_outfile_commit(&out, &err);
    setitimer(ITIMER_REAL, &off, NULL);
    sigaction(SIGALRM, &before, NULL);
    ck_assert_msg(code == 0, "%s", err.text);
    int status;
    waitpid(child, &status, 0);
    ck_assert_int_eq(status, 0);
    fg_scratch_drop();
}
END_TEST

START_TEST(mode_follows_umask_and_the_old_file) {
    enter();
    struct stat st;
    mode_t before = umask(027);
    write_file(path, "x");
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_int_eq(st.st_mode & 0777, 0640);
    ck_assert_int_eq(chmod(path, 0604), 0);
    write_file(path, "y");
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_int_eq(st.st_mode & 0777, 0604);
    umask(before);
    fg_scratch_drop();
}
END_TEST

START_TEST(abort_and_failure_leave_the_old_file) {
    enter();
    fg_outfile *out;
    fg_err err;
    write_file(path, "old");
    ck_assert_int_eq(fg_outfile_open(&out, path, &err), 0);
    fputs("new", fg_outfile_stream(out));
    ck_assert_int_eq(entries(), 2);
    fg_outfile_abort(&out);
    ck_assert_ptr_null(out);
    fg_outfile_abort(&out);
    check_file(path, "old");
    ck_assert_int_eq(entries(), 1);

    /* A folder that took the name in between makes the rename fail. */
    ck_assert_int_eq(fg_outfile_open(&out, path, &err), 0);
    fputs("new", fg_outfile_stream(out));
    unlink(path);
    ck_assert_int_eq(mkdir(path, 0777), 0);
    ck_assert_int_eq(fg_outfile_commit(&out, &err), FG_EIO);
    ck_assert_ptr_null(out);
    ck_assert_int_eq(entries(), 1);
    ck_assert_int_eq(fg_outfile_open(&out, path, &err), FG_EIO);
    ck_assert_ptr_nonnull(strstr(err.text, "folder"));
    ck_assert_ptr_null(out);
    rmdir(path);

    char missing[PATH_MAX + 40];
    snprintf(missing, sizeof missing, "%s/none/file", fg_scratch);
    ck_assert_int_eq(fg_outfile_open(&out, missing, &err), FG_EIO);
    ck_assert_ptr_nonnull(strstr(err.text, missing));
    fg_scratch_drop();
}
END_TEST

START_TEST(no_memory_leaves_nothing) {
    enter();
    size_t held = fg_mem_held();
    fg_outfile *out;
    fg_err err;
    for (uint64_t n = 1;; n++) {
        fg_mem_fail_at(n);
        int code = fg_outfile_open(&out, path, &err);
        fg_mem_fail_at(0);
        if (code == 0)
            break;
        ck_assert_int_eq(code, FG_ENOMEM);
        ck_assert_uint_eq(fg_mem_held(), held);
        ck_assert_int_eq(entries(), 0);
    }
    fg_outfile_abort(&out);
    ck_assert_uint_eq(fg_mem_held(), held);
    fg_scratch_drop();
}
END_TEST

START_TEST(what_cannot_be_written_is_known_before) {
    char name[2 * PATH_MAX];
    fg_err err = {0};
    enter();
    write_file(path, "kept");
    ck_assert_int_eq(fg_outfile_check(path, &err), FG_OK);
    ck_assert_int_eq(fg_outfile_check("-", &err), FG_OK);
    ck_assert_int_eq(fg_outfile_check("/dev/null", &err), FG_OK);
    ck_assert_int_eq(fg_outfile_check("new", &err), FG_OK);
    ck_assert_int_eq(fg_outfile_check(fg_scratch, &err), FG_EIO);
    ck_assert_ptr_nonnull(strstr(err.text, "it is a folder"));
    snprintf(name, sizeof name, "%s/none/file", fg_scratch);
    ck_assert_int_eq(fg_outfile_check(name, &err), FG_EIO);
    ck_assert_ptr_nonnull(strstr(err.text, "there is no folder"));
    snprintf(name, sizeof name, "%s/file/file", fg_scratch);
    ck_assert_int_eq(fg_outfile_check(name, &err), FG_EIO);
    ck_assert_ptr_nonnull(strstr(err.text, strerror(ENOTDIR)));
    memset(name, 'x', sizeof name);
    name[sizeof name - 2] = '/';
    name[sizeof name - 1] = 0;
    ck_assert_int_eq(fg_outfile_check(name, &err), FG_EIO);
    check_file(path, "kept");
    ck_assert_int_eq(entries(), 1);
    if (geteuid() != 0) {
        ck_assert_int_eq(chmod(path, 0400), 0);
        ck_assert_int_eq(fg_outfile_check(path, &err), FG_EIO);
        ck_assert_int_eq(chmod(fg_scratch, 0500), 0);
        ck_assert_int_eq(fg_outfile_check("new", &err), FG_EIO);
        ck_assert_int_eq(chmod(fg_scratch, 0700), 0);
    }
    fg_scratch_drop();
}
END_TEST

/* As a handler sees it that a timer calls. */
static volatile sig_atomic_t waited;

static void note_wait(int number) {
    (void)number;
    waited = fg_io_waits;
    int fd = open("pipe", O_RDONLY | O_NONBLOCK); /* lets the opening go on */
    (void)fd;
}

START_TEST(a_handler_sees_what_is_waited_for) {
    struct sigaction action = {.sa_handler = note_wait}, before;
    struct itimerval once = {{0, 0}, {0, 20000}};
    fg_outfile *out;
    fg_err err;
    enter();
    ck_assert_int_eq(mkfifo("pipe", 0600), 0);
    sigaction(SIGALRM, &action, &before);
    setitimer(ITIMER_REAL, &once, NULL);
    ck_assert_int_eq(fg_outfile_open(&out, "pipe", &err), 0);
    ck_assert_int_eq(waited, FG_IO_OPENING);
    ck_assert_int_eq(fg_io_waits, 0);
    static char block[1 << 17]; /* more than a pipe holds */
    unsigned writes = fg_io_writes;
    setitimer(ITIMER_REAL, &once, NULL);
    pid_t child = fork();
    if (child == 0) {
        usleep(200000);
        int fd = open("pipe", O_RDONLY);
        for (size_t got = 0; got < sizeof block;)
            got += (size_t)read(fd, block, sizeof block);
        _exit(0);
    }
    fwrite(block, 1, sizeof block, fg_outfile_stream(out));
    ck_assert_int_eq(fg_outfile_commit(&out, &err), 0);
    waitpid(child, NULL, 0);
    ck_assert_int_eq(waited, FG_IO_WRITING);
    ck_assert_uint_ne(fg_io_writes, writes);
    sigaction(SIGALRM, &before, NULL);
    fg_scratch_drop();
}
END_TEST

START_TEST(full_device_is_reported) {
    struct stat st;
    if (stat("/dev/full", &st) != 0)
        return;
    fg_outfile *out;
    fg_err err;
    ck_assert_int_eq(fg_outfile_open(&out, "/dev/full", &err), 0);
    fputs("x", fg_outfile_stream(out));
    ck_assert_int_eq(fg_outfile_commit(&out, &err), FG_EIO);
    ck_assert_ptr_nonnull(strstr(err.text, "/dev/full"));
    ck_assert_ptr_nonnull(strstr(err.text, strerror(ENOSPC)));

    /* The first failure is told, however much is written behind it. */
    ck_assert_int_eq(fg_outfile_open(&out, "/dev/full", &err), 0);
    for (int i = 0; i < 100000; i++)
        fputs("more", fg_outfile_stream(out));
    ck_assert_int_eq(fg_outfile_commit(&out, &err), FG_EIO);
    ck_assert_ptr_nonnull(strstr(err.text, strerror(ENOSPC)));
}
END_TEST

START_TEST(devices_and_links_are_not_replaced) {
    enter();
    struct stat st;
    write_file("/dev/null", "gone");
    ck_assert(stat("/dev/null", &st) == 0 && S_ISCHR(st.st_mode));

    char link[PATH_MAX + 32];
    snprintf(link, sizeof link, "%s/link", fg_scratch);
    write_file(path, "old");
    ck_assert_int_eq(symlink("file", link), 0);
    write_file(link, "new");
    ck_assert(lstat(link, &st) == 0 && S_ISLNK(st.st_mode));
    check_file(path, "new");

    snprintf(link, sizeof link, "%s/fifo", fg_scratch);
    ck_assert_int_eq(mkfifo(link, 0600), 0);
    int reader = open(link, O_RDONLY | O_NONBLOCK);
    write_file(link, "through");
    char text[16] = {0};
    ck_assert_int_eq(read(reader, text, sizeof text - 1), 7);
    ck_assert_str_eq(text, "through");
    close(reader);
    ck_assert(stat(link, &st) == 0 && S_ISFIFO(st.st_mode));
    fg_scratch_drop();
}
END_TEST

START_TEST(unlink_all_drops_what_is_open) {
    enter();
    fg_outfile *out[40];
    fg_err err;
    int n = 0, code = 0;
    while (n < 40 && (code = fg_outfile_open(&out[n], path, &err)) == 0)
        n++;
    ck_assert_int_eq(code, FG_EIO); /* the table is full */
    ck_assert_int_ge(n, 16);
    ck_assert_int_eq(entries(), n);
    fg_outfile_unlink_all();
    ck_assert_int_eq(entries(), 0);
    ck_assert_int_eq(fg_outfile_commit(&out[0], &err), FG_EIO);
    for (int i = 1; i < n; i++)
        fg_outfile_abort(&out[i]);
    write_file(path, "after");
    fg_outfile_unlink_all();
    check_file(path, "after");
    fg_scratch_drop();
}
END_TEST

START_TEST(standard_output_is_flushed) {
    enter();
    fg_outfile *out;
    fg_err err;
    int kept = fg_divert(1, open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600));
    int opened = fg_outfile_open(&out, NULL, &err);
    fputs("text", fg_outfile_stream(out));
    int code = fg_outfile_commit(&out, &err);
    fg_divert_back(1, kept);
    ck_assert_int_eq(opened, 0);
    ck_assert_int_eq(code, 0);
    check_file(path, "text");
    fg_scratch_drop();
}
END_TEST

/* As with -o /dev/stdout >>file: what is in the file stays, and what is printed later comes behind. */
START_TEST(the_file_of_a_standard_descriptor_is_not_replaced) {
    static const char *const devices[] = {NULL, "/dev/stdout", "/dev/stderr"};
    for (int fd = 1; fd <= 2; fd++) {
        enter();
        write_file(path, "before,");
        fg_outfile *out;
        fg_err err;
        int kept = fg_divert(fd, open(path, O_WRONLY | O_APPEND));
        int code = fg_outfile_open(&out, access(devices[fd], F_OK) ? path : devices[fd], &err);
        if (!code) {
            fputs("written,", fg_outfile_stream(out));
            code = fg_outfile_commit(&out, &err);
        }
        bool behind = write(fd, "printed", 7) == 7;
        fg_divert_back(fd, kept);
        ck_assert_msg(code == 0, "%s", err.text);
        ck_assert(behind);
        check_file(path, "before,written,printed");
        ck_assert_int_eq(entries(), 1);
        fg_scratch_drop();
    }
}
END_TEST

/* Before anything is inferred for it. */
START_TEST(standard_output_that_cannot_be_written_is_told_at_once) {
    static const int flags[] = {O_RDONLY, O_PATH};
    for (int i = 0; i < 2; i++) {
        fg_outfile *out;
        fg_err err;
        int kept = fg_divert(1, open("/", flags[i])), code = fg_outfile_open(&out, "-", &err);
        fg_divert_back(1, kept);
        ck_assert_int_eq(code, FG_EIO);
        ck_assert_ptr_null(out);
        ck_assert_ptr_nonnull(strstr(err.text, "standard output"));
        ck_assert_ptr_nonnull(strstr(err.text, strerror(EBADF)));
    }
}
END_TEST

FG_TEST_MAIN("base/outfile", written_is_read, interrupted_writes_go_on, mode_follows_umask_and_the_old_file,
             abort_and_failure_leave_the_old_file, no_memory_leaves_nothing,
             what_cannot_be_written_is_known_before, a_handler_sees_what_is_waited_for,
             full_device_is_reported, devices_and_links_are_not_replaced, unlink_all_drops_what_is_open,
             standard_output_is_flushed, the_file_of_a_standard_descriptor_is_not_replaced,
             standard_output_that_cannot_be_written_is_told_at_once)
