/* Runs a command and spoils one of its system calls, as the kernel would: inject CALL N HOW COMMAND...
 *
 * CALL: read, write, fsync, rename, openat, or "none". The N-th of them on files of the job fails with the
 * error named by HOW (EIO, ENOSPC, EINTR, EACCES, EMFILE), or, HOW "short", moves one byte only. EINTR and
 * short spoil one call, errors all from the N-th on. Prints nothing; ends with the command's status, 128 +
 * its signal, 125 when it cannot trace, 124 when there was no N-th call. */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef __x86_64__
int main(void) {
    return 125;
}
#else

static const struct {
    const char *name;
    long number;
} calls[] = {{"read", SYS_read},     {"write", SYS_write},   {"fsync", SYS_fsync},
             {"rename", SYS_rename}, {"openat", SYS_openat}, {"none", -2}};
static const struct {
    const char *name;
    int value;
} errors[] = {{"EIO", EIO},       {"ENOSPC", ENOSPC}, {"EINTR", EINTR},
              {"EACCES", EACCES}, {"EMFILE", EMFILE}, {"short", 0}};

static long wanted_call;
static int wanted_error;
static long wanted_at, seen;
static bool spoiled, pending;

/* C libraries differ in which call they make: musl opens with open, and reads and writes vectors. */
static long plain(long call) {
    switch (call) {
    case SYS_open:
        return SYS_openat;
    case SYS_readv:
        return SYS_read;
    case SYS_writev:
        return SYS_write;
    default:
        return call;
    }
}

/* The loader, the runtime and the messages on standard error are none of the job's files. */
static bool is_of_the_system(const char *path) {
    return !strncmp(path, "/lib", 4) || !strncmp(path, "/usr/", 5) || !strncmp(path, "/proc/", 6) ||
           !strncmp(path, "/sys/", 5) || !strncmp(path, "/etc/", 5) || !strncmp(path, "/dev/shm/", 9);
}

static bool is_of_the_job(pid_t child, const struct user_regs_struct *r) {
    char link[64], path[4096];
    long call = plain((long)r->orig_rax);
    if (call == SYS_openat) {
        unsigned long long name = (long)r->orig_rax == SYS_open ? r->rdi : r->rsi;
        size_t n = 0;
        for (; n + sizeof(long) < sizeof path; n += sizeof(long)) {
            errno = 0;
            long word = ptrace(PTRACE_PEEKDATA, child, (char *)name + n, NULL);
            if (errno)
                return false;
            memcpy(path + n, &word, sizeof word);
            if (memchr(&word, 0, sizeof word))
                break;
        }
        path[sizeof path - 1] = 0;
        return !is_of_the_system(path);
    }
    if (call != SYS_read && call != SYS_write)
        return true;
    if (r->rdi == STDERR_FILENO)
        return false;
    snprintf(link, sizeof link, "/proc/%d/fd/%llu", (int)child, r->rdi);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0)
        return false;
    path[length] = 0;
    return !is_of_the_system(path);
}

/* Makes a call that moves many bytes move one; of a vector, the first. */
static void shorten(pid_t child, struct user_regs_struct *r) {
    long call = plain((long)r->orig_rax);
    if (call == (long)r->orig_rax) {
        r->rdx = r->rdx > 1 ? 1 : r->rdx;
        return;
    }
    for (unsigned long long i = 0; i < r->rdx; i++) {
        char *at = (char *)r->rsi + 2 * sizeof(long) * i;
        long base = ptrace(PTRACE_PEEKDATA, child, at, NULL);
        if (ptrace(PTRACE_PEEKDATA, child, at + sizeof(long), NULL) <= 0)
            continue;
        r->orig_rax = (unsigned long long)call;
        r->rsi = (unsigned long long)base;
        r->rdx = 1;
        return;
    }
}

/* At the entrance: whether this call is the one; a spoiled one becomes a call that does nothing. */
static void enter(pid_t child) {
    struct user_regs_struct r;
    ptrace(PTRACE_GETREGS, child, NULL, &r);
    pending = false;
    if (plain((long)r.orig_rax) != wanted_call || !is_of_the_job(child, &r))
        return;
    seen++;
    bool once = wanted_error == 0 || wanted_error == EINTR;
    if (once ? seen != wanted_at : seen < wanted_at)
        return;
    spoiled = true;
    if (wanted_error) {
        pending = true;
        r.orig_rax = (unsigned long long)-1;
    } else {
        shorten(child, &r);
    }
    ptrace(PTRACE_SETREGS, child, NULL, &r);
}

static void leave(pid_t child) {
    struct user_regs_struct r;
    if (!pending)
        return;
    ptrace(PTRACE_GETREGS, child, NULL, &r);
    r.rax = (unsigned long long)-(long long)wanted_error;
    ptrace(PTRACE_SETREGS, child, NULL, &r);
    pending = false;
}

/* Only the command's first thread is followed: it is the one that reads and writes. */
static int follow(pid_t child) {
    bool inside = false;
    int status, pass = 0;
    for (;;) {
        if (ptrace(PTRACE_SYSCALL, child, NULL, (void *)(long)pass) || waitpid(child, &status, 0) < 0)
            return 125;
        pass = 0;
        if (WIFEXITED(status))
            return spoiled || wanted_call == -2 ? WEXITSTATUS(status) : 124;
        if (WIFSIGNALED(status))
            return 128 + WTERMSIG(status);
        if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
            inside = !inside;
            if (inside)
                enter(child);
            else
                leave(child);
        } else if (WSTOPSIG(status) != SIGTRAP) {
            pass = WSTOPSIG(status);
        }
    }
}

int main(int argc, char **argv) {
    int known = 0;
    if (argc < 5)
        return 125;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (strcmp(calls[i].name, argv[1]) == 0)
            wanted_call = calls[i].number, known |= 1;
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (strcmp(errors[i].name, argv[3]) == 0)
            wanted_error = errors[i].value, known |= 2;
    wanted_at = atol(argv[2]);
    pid_t child = known == 3 && wanted_at > 0 ? fork() : -1;
    if (child < 0)
        return 125;
    if (child == 0) {
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL))
            _exit(125);
        execvp(argv[4], argv + 4);
        _exit(127);
    }
    int status;
    if (waitpid(child, &status, 0) < 0 || !WIFSTOPPED(status))
        return 125;
    ptrace(PTRACE_SETOPTIONS, child, NULL, (void *)(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL));
    return follow(child);
}
#endif
