/* What the paths of outputs stand for: standard output, what is replaced, and what is the same file. */
#ifndef FG_BASE_PATH_H
#define FG_BASE_PATH_H

#include <stdbool.h>
#include <stddef.h>

enum { FG_PATH_STDOUT = 1 };

/* The open descriptor that an output file of this path is written through: FG_PATH_STDOUT for NULL, "-" and
 * any path of the regular file that standard output goes to, as /dev/stdout may be; 2 for standard error
 * likewise; N for /dev/fd/N and /proc/self/fd/N that is a regular file; -1 for all others. Replacing such a
 * file would lose what is in it and what others still write there. */
int fg_path_descriptor(const char *path);

/* Whether a path (NULL or "-": standard output) is a terminal. */
bool fg_path_terminal(const char *path);

/* Whether the path is that of the regular file that standard input comes from. */
bool fg_path_standard_input(const char *path);

/* The path that an output file of this path is renamed to: a symbolic link stays one, what it points to is
 * replaced, or made where it is not there. The caller frees it with fg_free; NULL without memory. */
char *fg_path_target(const char *path);

/* Whether an output file of this path replaces what is there as a whole, and so can be written again; not
 * what goes through a descriptor, a pipe or a device. */
bool fg_path_replaced(const char *path);

/* The folder that a path's last name stands in, "." or with a slash at its end; false where it is longer than
 * `room`. */
bool fg_path_folder(char *folder, size_t room, const char *path);

/* Whether two paths name one thing that is there, of whatever kind. */
bool fg_path_one(const char *a, const char *b);

/* Whether two paths name one regular file, or would, if it were made. */
bool fg_path_same(const char *a, const char *b);

/* Whether a regular file lies directly in a folder. */
bool fg_path_in(const char *file, const char *folder);

#endif
