/* Makes gzip members for tests. */
#ifndef FG_DATA_GZIP_INTERNAL_H
#define FG_DATA_GZIP_INTERNAL_H

#include <string.h>
#include <zlib.h>

#include "base/test.h"

/* One member with these bytes at to[room]; its length. */
static inline size_t fg_test_gzip(unsigned char *to, size_t room, const void *bytes, size_t size) {
    z_stream z = {.next_in = (unsigned char *)bytes,
                  .avail_in = (unsigned)size,
                  .next_out = to,
                  .avail_out = (unsigned)room};
    ck_assert_int_eq(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
    size_t length = z.total_out;
    deflateEnd(&z);
    return length;
}

#endif
