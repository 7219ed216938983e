#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/path.h"

enum { SLOTS = 32, NAME_TRIES = 100 };

/* Names live in static storage so that a signal handler never meets freed memory. */
static char slot_name[SLOTS][PATH_MAX];
enum { SLOT_FREE, SLOT_RESERVED, SLOT_OPEN };
static atomic_int slot_state[SLOTS];

atomic_int fg_io_waits;
atomic_uint fg_io_writes;

struct fg_outfile {
    FILE *stream;
    char *path;    /* for messages; the rename target when slot >= 0 */
    int fd;        /* what the stream writes to */
    int failure;   /* errno of the first write that failed */
    int slot;      /* -1: written directly, nothing to rename */
    bool borrowed; /* fd is a standard descriptor */
    bool waits;    /* writing may wait for a reader */
};

static bool is_standard(const char *path) {
    return !path || strcmp(path, "-") == 0;
}

/* Opening a pipe waits for its other end, where a signal may come. */
static int open_fd(const char *path, int flags, mode_t mode) {
    struct stat st;
    int fd;
    fg_io_waits = stat(path, &st) == 0 && S_ISFIFO(st.st_mode) ? FG_IO_OPENING : 0;
    do
        fd = open(path, flags | O_CLOEXEC, mode);
    while (fd < 0 && errno == EINTR);
    fg_io_waits = 0;
    return fd;
}

FILE *fg_io_open_stream(const char *path) {
    int fd = open_fd(path, O_RDONLY, 0);
    FILE *stream = fd < 0 ? NULL : fdopen(fd, "rb");
    if (fd >= 0 && !stream) {
        int reason = errno;
        close(fd);
        errno = reason;
    }
    return stream;
}

ssize_t fg_io_read_head(unsigned char *head, size_t most, const char *path) {
    struct stat st;
    size_t used = 0;
    int fd = stat(path, &st) == 0 && S_ISREG(st.st_mode) ? open_fd(path, O_RDONLY, 0) : -1;
    ssize_t got = fd < 0 ? -1 : 1;
    while (got != 0 && fd >= 0 && used < most) {
        got = read(fd, head + used, most - used);
        if (got < 0 && errno != EINTR)
            break;
        used += got > 0 ? (size_t)got : 0;
    }
    if (fd >= 0)
        close(fd);
    return got < 0 ? -1 : (ssize_t)used;
}

static int read_fd(unsigned char **data, size_t *size, int fd, const char *name, size_t max_bytes,
                   fg_io_check *check, const void *context, fg_err *err) {
    size_t room = FG_IO_HEAD, used = 0;
    unsigned char *buffer = fg_alloc(room + 1, 1);
    if (!buffer)
        return fg_err_set(err, FG_ENOMEM, "%s: no memory to read it", name);
    for (;;) {
        ssize_t got = read(fd, buffer + used, room - used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            int reason = errno;
            fg_free(buffer);
            return fg_err_set(err, FG_EIO, "cannot read %s: %s", name, strerror(reason));
        }
        if (got == 0)
            break;
        used += (size_t)got;
        if (used > max_bytes) {
            fg_free(buffer);
            return fg_err_set(err, FG_EFORMAT, "%s: larger than the limit of %zu bytes", name, max_bytes);
        }
        if (used == FG_IO_HEAD && room == used && check) {
            int code = check(buffer, used, context, err);
            if (code) {
                fg_free(buffer);
                return code;
            }
        }
        if (used == room) {
            unsigned char *larger = room > SIZE_MAX / 4 ? NULL : fg_resize(buffer, 2 * room + 1, 1);
            if (!larger) {
                fg_free(buffer);
                return fg_err_set(err, FG_ENOMEM, "%s: no memory for more than its first %zu bytes", name,
                                  used);
            }
            buffer = larger;
            room *= 2;
        }
    }
    buffer[used] = 0;
    *data = buffer;
    *size = used;
    return FG_OK;
}

int fg_io_read_all(unsigned char **data, size_t *size, const char *path, size_t max_bytes, fg_err *err) {
    return fg_io_read_checked(data, size, path, max_bytes, NULL, NULL, err);
}

int fg_io_read_checked(unsigned char **data, size_t *size, const char *path, size_t max_bytes,
                       fg_io_check *check, const void *context, fg_err *err) {
    *data = NULL;
    *size = 0;
    if (is_standard(path))
        return read_fd(data, size, STDIN_FILENO, "standard input", max_bytes, check, context, err);
    int fd = open_fd(path, O_RDONLY, 0);
    if (fd < 0)
        return fg_err_set(err, FG_EIO, "cannot open %s: %s", path, strerror(errno));
    int code = read_fd(data, size, fd, path, max_bytes, check, context, err);
    close(fd);
    return code;
}

static void release_slot(int slot) {
    if (slot >= 0)
        atomic_store(&slot_state[slot], SLOT_FREE);
}

static int reserve_slot(void) {
    for (int i = 0; i < SLOTS; i++) {
        int expected = SLOT_FREE;
        if (atomic_compare_exchange_strong(&slot_state[i], &expected, SLOT_RESERVED))
            return i;
    }
    return -1;
}

/* Creates "<folder>/.<base>.<pid>-<n>" and enters it in the table with signals held back, so that a handler
 * sees either no file or a registered one. */
static int create_temporary(int slot, const char *path, mode_t mode) {
    static atomic_uint counter;
    const char *slash = strrchr(path, '/');
    int folder = slash ? (int)(slash - path) + 1 : 0;
    sigset_t all, before;
    sigfillset(&all);
    for (int i = 0; i < NAME_TRIES; i++) {
        /* Only part of a long name is kept: the temporary one must not pass NAME_MAX. */
        int length = snprintf(slot_name[slot], PATH_MAX, "%.*s.%.40s.%ld-%u", folder, path, path + folder,
                              (long)getpid(), atomic_fetch_add(&counter, 1));
        if (length < 0 || length >= PATH_MAX) {
            errno = ENAMETOOLONG;
            return -1;
        }
        pthread_sigmask(SIG_SETMASK, &all, &before);
        int fd = open_fd(slot_name[slot], O_WRONLY | O_CREAT | O_EXCL, mode);
        int reason = errno;
        if (fd >= 0)
            atomic_store(&slot_state[slot], SLOT_OPEN);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        errno = reason;
        if (fd >= 0 || errno != EEXIST)
            return fd;
    }
    return -1;
}

static void drop_temporary(int slot) {
    if (slot >= 0 && atomic_load(&slot_state[slot]) == SLOT_OPEN)
        unlink(slot_name[slot]);
    release_slot(slot);
}

/* Says why the path cannot be written; FG_EIO. */
static int cannot_write(const char *path, int reason, fg_err *err) {
    char folder[PATH_MAX];
    struct stat st;
    const char *slash = strrchr(path, '/');
    size_t length = slash ? (size_t)(slash - path) : 0;
    if (reason == ENOENT && length && length < sizeof folder) {
        memcpy(folder, path, length);
        folder[length] = 0;
        if (stat(folder, &st) != 0)
            return fg_err_set(err, FG_EIO, "cannot write %s: there is no folder %s", path, folder);
    }
    return fg_err_set(err, FG_EIO, "cannot write %s: %s", path, strerror(reason));
}

/* The mode of what is at the path, 0 for nothing; FG_EIO for what cannot be written over. */
static int find_target(mode_t *mode, const char *path, fg_err *err) {
    struct stat st;
    *mode = 0;
    if (stat(path, &st) != 0)
        return FG_OK;
    if (S_ISDIR(st.st_mode))
        return fg_err_set(err, FG_EIO, "cannot write %s: it is a folder", path);
    *mode = st.st_mode;
    return access(path, W_OK) ? cannot_write(path, errno, err) : FG_OK;
}

int fg_outfile_check(const char *path, fg_err *err) {
    char folder[PATH_MAX];
    mode_t mode;
    if (fg_path_descriptor(path) >= 0)
        return FG_OK;
    int code = find_target(&mode, path, err);
    if (code || (mode && !S_ISREG(mode)))
        return code;
    if (!fg_path_folder(folder, sizeof folder, path))
        return cannot_write(path, ENAMETOOLONG, err);
    return access(folder, W_OK | X_OK) ? cannot_write(path, errno, err) : FG_OK;
}

/* Opens file->path: itself when it is something other than a regular file, else a temporary neighbour. */
static int open_descriptor(fg_outfile *file, fg_err *err) {
    mode_t mode;
    if (find_target(&mode, file->path, err))
        return -1;
    int fd;
    if (mode && !S_ISREG(mode)) {
        fd = open_fd(file->path, O_WRONLY, 0);
    } else {
        file->slot = reserve_slot();
        if (file->slot < 0)
            return fg_err_set(err, FG_EIO, "cannot write %s: %d output files are open", file->path, SLOTS),
                   -1;
        fd = create_temporary(file->slot, file->path, 0666);
        if (fd >= 0 && mode && fchmod(fd, mode & 0777) != 0) {
            int reason = errno;
            close(fd);
            errno = reason;
            fd = -1;
        }
    }
    if (fd < 0)
        cannot_write(file->path, errno, err);
    return fd;
}

/* What the stream writes with: stdio's own writing drops what is buffered when a signal interrupts it.
 * Returns less than size on failure, never a negative number, which glibc would take for a count. */
static ssize_t write_all(void *cookie, const char *data, size_t size) {
    fg_outfile *file = cookie;
    size_t done = 0;
    while (done < size && !file->failure) {
        fg_io_waits = file->waits ? FG_IO_WRITING : 0;
        ssize_t n = write(file->fd, data + done, size - done);
        fg_io_waits = 0;
        if (n > 0) {
            fg_io_writes++;
            done += (size_t)n;
        } else if (n == 0 || errno != EINTR)
            file->failure = n == 0 ? EIO : errno;
    }
    return (ssize_t)done;
}

/* A standard descriptor as that of a file: what was printed comes before what is written there. */
static int take_descriptor(int fd, const fg_outfile *file, fg_err *err) {
    int flags = fcntl(fd, F_GETFL);
    bool readable_only = flags >= 0 && (flags & O_PATH || (flags & O_ACCMODE) == O_RDONLY);
    if (flags < 0 || readable_only)
        return fg_err_set(err, FG_EIO, "cannot write %s: %s", file->path,
                          strerror(flags < 0 ? errno : EBADF)),
               -1;
    fflush(stdout);
    return fd;
}

/* An interrupted close has closed, and what was written is on disk by then. */
static int close_descriptor(const fg_outfile *file) {
    return file->fd < 0 || file->borrowed || close(file->fd) == 0 || errno == EINTR ? 0 : errno;
}

static void end_handle(fg_outfile **file) {
    fg_free((*file)->path);
    fg_free(*file);
    *file = NULL;
}

int fg_outfile_open(fg_outfile **out, const char *path, fg_err *err) {
    *out = NULL;
    fg_outfile *file = fg_zalloc(1, sizeof *file);
    if (!file)
        return fg_err_set(err, FG_ENOMEM, "no memory to open an output file");
    file->slot = -1;
    int standard = fg_path_descriptor(path);
    file->borrowed = standard >= 0;
    file->path = is_standard(path) ? fg_strdup("standard output") : fg_path_target(path);
    if (!file->path) {
        end_handle(&file);
        return fg_err_set(err, FG_ENOMEM, "no memory to open an output file");
    }
    file->fd = file->borrowed ? take_descriptor(standard, file, err) : open_descriptor(file, err);
    if (file->fd >= 0) {
        struct stat st;
        file->waits = fstat(file->fd, &st) == 0 && !S_ISREG(st.st_mode);
        file->stream = fopencookie(file, "w", (cookie_io_functions_t){.write = write_all});
        if (!file->stream)
            fg_err_set(err, FG_EIO, "cannot write %s: %s", file->path, strerror(errno));
    }
    if (!file->stream) {
        close_descriptor(file);
        drop_temporary(file->slot);
        end_handle(&file);
        return FG_EIO;
    }
    *out = file;
    return FG_OK;
}

FILE *fg_outfile_stream(fg_outfile *file) {
    return file->stream;
}

/* Everything written and on disk: 0, else the reason of the failure, or -1 where it is not known. */
static int finish(fg_outfile *file) {
    bool failed = ferror(file->stream) != 0;
    if (fclose(file->stream) != 0)
        failed = true;
    int reason = file->failure ? file->failure : failed ? -1 : 0;
    while (!reason && file->slot >= 0 && fsync(file->fd) != 0)
        if (errno != EINTR)
            reason = errno;
    int closing = close_descriptor(file);
    if (!reason)
        reason = closing;
    if (!reason && file->slot >= 0 && rename(slot_name[file->slot], file->path) != 0)
        reason = errno;
    return reason;
}

int fg_outfile_commit(fg_outfile **handle, fg_err *err) {
    fg_outfile *file = *handle;
    int code = FG_OK, reason = finish(file);
    if (reason)
        code = fg_err_set(err, FG_EIO, "cannot write %s: %s", file->path,
                          reason > 0 ? strerror(reason) : "an earlier write failed");
    if (code == FG_OK)
        release_slot(file->slot);
    else
        drop_temporary(file->slot);
    end_handle(handle);
    return code;
}

void fg_outfile_abort(fg_outfile **handle) {
    fg_outfile *file = *handle;
    if (!file)
        return;
    fclose(file->stream);
    close_descriptor(file);
    drop_temporary(file->slot);
    end_handle(handle);
}

void fg_outfile_unlink_all(void) {
    int reason = errno;
    for (int i = 0; i < SLOTS; i++)
        if (atomic_load(&slot_state[i]) == SLOT_OPEN)
            unlink(slot_name[i]);
    errno = reason;
}
