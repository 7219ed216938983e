/* The bytes of a file held in memory, as they are or through gzip, read piece by piece: what comes out takes
 * no more memory than the reader gives it. */
#ifndef FG_DATA_UNPACK_H
#define FG_DATA_UNPACK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* No byte of gzip stands for more than this many. */
enum { FG_GZIP_RATIO = 1032 };

typedef struct fg_unpack fg_unpack;

bool fg_gzip_recognise(const unsigned char *bytes, size_t size);

/* Reads from the bytes, which must stay; gzip is recognised. End it with fg_unpack_close, which takes NULL.
 */
int fg_unpack_open(fg_unpack **out, const unsigned char *bytes, size_t size, fg_err *err);
void fg_unpack_close(fg_unpack *from);

/* Fills to[room], or what is left: *got < room only at the end, which for gzip is reached only with all
 * checksums right. Gzip files may consist of several members. Damaged or cut off ones, and anything behind
 * the last member, are FG_EFORMAT. */
int fg_unpack_read(size_t *got, fg_unpack *from, unsigned char *to, size_t room, fg_err *err);

/* Reads to the end: *size is how many bytes there were. Stops with more than `most` as soon as they are. */
int fg_unpack_skip(size_t *size, fg_unpack *from, size_t most, fg_err *err);

#endif
