/* Files: whole-input reading, and output files that appear whole or not at all. */
#ifndef FG_BASE_IO_H
#define FG_BASE_IO_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

#include "base/err.h"

/* What the calling process waits for, if it does: the other end of a pipe that is being opened, or that a
 * pipe, terminal or device takes what is written. For signal handlers, which alone can end that: the waits
 * themselves go on after a signal. */
enum { FG_IO_OPENING = 1, FG_IO_WRITING };
extern atomic_int fg_io_waits;
extern atomic_uint fg_io_writes; /* how many had an effect: goes on where a reader is only slow */

/* Reads all of a file, or of standard input when path is NULL or "-". At most max_bytes (FG_EFORMAT past
 * that). The caller frees *data with fg_free; one 0 byte stands behind the *size bytes. Short and interrupted
 * reads are continued. Folders and unreadable files are FG_EIO with the path and the system's reason in the
 * text. */
int fg_io_read_all(unsigned char **data, size_t *size, const char *path, size_t max_bytes, fg_err *err);

enum { FG_IO_HEAD = 1 << 16 };
/* Says of the first FG_IO_HEAD bytes of an input whether the rest is worth reading: FG_OK, or an error. */
typedef int fg_io_check(const unsigned char *head, size_t size, const void *context, fg_err *err);
/* The same as fg_io_read_all, but an input of FG_IO_HEAD bytes or more is read on only if `check` has nothing
 * against it; its error is returned as it is. What has no end is refused early so. */
int fg_io_read_checked(unsigned char **data, size_t *size, const char *path, size_t max_bytes,
                       fg_io_check *check, const void *context, fg_err *err);

/* A stream to read a file from; NULL with errno set. An interrupted opening is continued, an interrupted read
 * is the reader's to continue (EINTR). */
FILE *fg_io_open_stream(const char *path);
/* The first bytes of a regular file, `most` or fewer where it ends before: how many, -1 where it cannot be
 * read or is none. */
ssize_t fg_io_read_head(unsigned char *head, size_t most, const char *path);

/* An output file: written under a temporary name in the same folder, fsynced and renamed by commit. Path NULL
 * or "-" is standard output, and so is a path of the file that it goes to (commit flushes and checks it;
 * nothing is undone by abort), see fg_path_descriptor. Signals do not end a write. */
typedef struct fg_outfile fg_outfile;

int fg_outfile_open(fg_outfile **out, const char *path, fg_err *err);
/* Whether an output file could be opened, as far as can be told without making one; FG_EIO says why not. */
int fg_outfile_check(const char *path, fg_err *err);
/* The stream to write to, without a descriptor of its own. Write errors may be left to commit, which reports
 * the first one. */
FILE *fg_outfile_stream(fg_outfile *file);
/* Completes the file and ends the handle (also on failure, in which case no file is changed and no temporary
 * name is left). *file becomes NULL. */
int fg_outfile_commit(fg_outfile **file, fg_err *err);
/* Drops what was written and ends the handle; NULL is allowed. */
void fg_outfile_abort(fg_outfile **file);
/* Async-signal-safe: unlinks the temporary names of all open output files. For signal handlers only. */
void fg_outfile_unlink_all(void);

#endif
