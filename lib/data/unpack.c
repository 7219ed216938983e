#include "data/unpack.h"

#include <string.h>
#include <zlib.h>

#include "base/mem.h"

enum { CHUNK = 1 << 30, SKIP = 1 << 14, WINDOW_GZIP = 15 + 16 };

struct fg_unpack {
    const unsigned char *at; /* plain: the next byte; gzip: the first that zlib has not been given */
    size_t left;
    bool packed, ended;
    z_stream z;
};

bool fg_gzip_recognise(const unsigned char *bytes, size_t size) {
    return size >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b;
}

static void *take(void *opaque, unsigned n, unsigned size) {
    (void)opaque;
    return fg_alloc(n, size);
}

static void give_back(void *opaque, void *p) {
    (void)opaque;
    fg_free(p);
}

int fg_unpack_open(fg_unpack **out, const unsigned char *bytes, size_t size, fg_err *err) {
    *out = NULL;
    fg_unpack *u = fg_zalloc(1, sizeof *u);
    if (!u)
        return fg_err_set(err, FG_ENOMEM, "no memory to read a file");
    u->at = bytes;
    u->left = size;
    u->packed = fg_gzip_recognise(bytes, size);
    u->z.zalloc = take;
    u->z.zfree = give_back;
    if (u->packed && inflateInit2(&u->z, WINDOW_GZIP) != Z_OK) {
        fg_free(u);
        return fg_err_set(err, FG_ENOMEM, "no memory to unpack gzip");
    }
    *out = u;
    return FG_OK;
}

void fg_unpack_close(fg_unpack *u) {
    if (u && u->packed)
        inflateEnd(&u->z);
    fg_free(u);
}

static void feed(fg_unpack *u) {
    if (u->z.avail_in || !u->left)
        return;
    size_t n = u->left < CHUNK ? u->left : CHUNK;
    u->z.next_in = (unsigned char *)u->at;
    u->z.avail_in = (unsigned)n;
    u->at += n;
    u->left -= n;
}

/* Behind a member: the next one, the end, or something that is neither. */
static int next_member(fg_unpack *u, fg_err *err) {
    feed(u);
    size_t rest = u->z.avail_in + u->left;
    if (rest == 0) {
        u->ended = true;
        return FG_OK;
    }
    if (!fg_gzip_recognise(u->z.next_in, u->z.avail_in))
        return fg_err_set(err, FG_EFORMAT, "gzip: %zu bytes of something else behind its end", rest);
    inflateReset(&u->z);
    return FG_OK;
}

static int inflate_to(size_t *got, fg_unpack *u, unsigned char *to, size_t room, fg_err *err) {
    while (*got < room && !u->ended) {
        size_t space = room - *got < CHUNK ? room - *got : CHUNK;
        feed(u);
        u->z.next_out = to + *got;
        u->z.avail_out = (unsigned)space;
        bool fed = u->z.avail_in > 0;
        int code = inflate(&u->z, Z_NO_FLUSH);
        size_t made = space - u->z.avail_out;
        *got += made;
        if (code == Z_STREAM_END)
            code = next_member(u, err);
        else if (code == Z_MEM_ERROR)
            code = fg_err_set(err, FG_ENOMEM, "no memory to unpack gzip");
        else if ((code == Z_OK || code == Z_BUF_ERROR) && (fed || made))
            code = FG_OK;
        else if (code == Z_OK || code == Z_BUF_ERROR)
            code = fg_err_set(err, FG_EFORMAT, "gzip: cut off");
        else
            code = fg_err_set(err, FG_EFORMAT, "gzip: damaged (%s)", u->z.msg ? u->z.msg : "no such data");
        if (code)
            return code;
    }
    return FG_OK;
}

int fg_unpack_read(size_t *got, fg_unpack *u, unsigned char *to, size_t room, fg_err *err) {
    *got = 0;
    if (u->packed)
        return inflate_to(got, u, to, room, err);
    *got = u->left < room ? u->left : room;
    memcpy(to, u->at, *got);
    u->at += *got;
    u->left -= *got;
    return FG_OK;
}

int fg_unpack_skip(size_t *size, fg_unpack *u, size_t most, fg_err *err) {
    unsigned char scratch[SKIP];
    size_t got = SKIP;
    *size = 0;
    while (got == SKIP && *size <= most) {
        int code = fg_unpack_read(&got, u, scratch, SKIP, err);
        if (code)
            return code;
        *size += got;
    }
    return FG_OK;
}
