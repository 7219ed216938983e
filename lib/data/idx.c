#include "data/idx.h"

#include <stdint.h>

#include "base/mem.h"
#include "data/unpack.h"

enum { MAGIC = 4, UNSIGNED_BYTES = 8, RANK_MAX = 3, FIRST_ROOM = 1 << 16 };

static const struct {
    unsigned char code;
    const char *name;
} types[] = {{0x08, "unsigned bytes"},  {0x09, "signed bytes"}, {0x0b, "16-bit integers"},
             {0x0c, "32-bit integers"}, {0x0d, "floats"},       {0x0e, "doubles"}};

static const char *type_name(unsigned char code) {
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].code == code)
            return types[i].name;
    return NULL;
}

bool fg_idx_recognise(const unsigned char *bytes, size_t size) {
    return size >= MAGIC && bytes[0] == 0 && bytes[1] == 0 && type_name(bytes[2]) && bytes[3] > 0;
}

static size_t big_endian(const unsigned char *d) {
    return (size_t)d[0] << 24 | (size_t)d[1] << 16 | (size_t)d[2] << 8 | d[3];
}

bool fg_idx_fits(const unsigned char *bytes, size_t size) {
    size_t total = 1;
    if (!fg_idx_recognise(bytes, size) || bytes[2] != UNSIGNED_BYTES || size / 4 < 1 + (size_t)bytes[3])
        return false;
    for (size_t i = 1; i <= bytes[3]; i++)
        if (fg_size_mul(&total, total, big_endian(bytes + 4 * i)))
            return false;
    return total == size - 4 * (1 + (size_t)bytes[3]);
}

/* What the header says; *total is the bytes of data it announces. */
static int read_header(fg_idx *out, size_t *total, fg_unpack *from, fg_err *err) {
    unsigned char magic[MAGIC], dims[4 * RANK_MAX];
    size_t got, n[RANK_MAX] = {0, 1, 1};
    int code = fg_unpack_read(&got, from, magic, MAGIC, err);
    if (code)
        return code;
    if (!fg_idx_recognise(magic, got))
        return fg_err_set(err, FG_EFORMAT,
                          "not an IDX file: it does not start with 00 00, a type and a rank");
    if (magic[2] != UNSIGNED_BYTES)
        return fg_err_set(err, FG_EFORMAT,
                          "IDX: elements of type 0x%02x (%s), only unsigned bytes are supported", magic[2],
                          type_name(magic[2]));
    int rank = magic[3];
    if (rank != 1 && rank != RANK_MAX)
        return fg_err_set(err, FG_EFORMAT, "IDX: %d dimensions, expected 3 (images) or 1 (labels)", rank);
    if ((code = fg_unpack_read(&got, from, dims, 4 * (size_t)rank, err)))
        return code;
    if (got < 4 * (size_t)rank)
        return fg_err_set(err, FG_EFORMAT, "IDX: cut off in the header");
    for (int i = 0; i < rank; i++)
        n[i] = big_endian(dims + 4 * i);
    out->images = rank == RANK_MAX;
    out->n = n[0];
    out->height = n[1];
    out->width = n[2];
    if (fg_size_mul(total, n[1], n[2]) || fg_size_mul(total, *total, n[0]) || *total > FG_IDX_BYTES_MAX)
        return fg_err_set(err, FG_EFORMAT, "IDX: %zu x %zu x %zu bytes of data, at most %zu are supported",
                          n[0], n[1], n[2], FG_IDX_BYTES_MAX);
    return FG_OK;
}

static int wrong_size(size_t announced, size_t there, bool or_more, fg_err *err) {
    return fg_err_set(err, FG_EFORMAT, "IDX: the header announces %zu bytes of data, the file has %zu%s",
                      announced, there, or_more ? " or more" : "");
}

/* The first `kept` bytes of data into a block that grows as they arrive. */
static int read_data(unsigned char **data, size_t *used, fg_unpack *from, size_t kept, fg_err *err) {
    size_t room = kept < FIRST_ROOM ? kept : FIRST_ROOM, got;
    *used = 0;
    *data = fg_alloc(room, 1);
    while (*data) {
        int code = fg_unpack_read(&got, from, *data + *used, room - *used, err);
        if (code)
            return code;
        *used += got;
        if (*used < room || room == kept)
            return FG_OK;
        room = kept / 2 < room ? kept : 2 * room;
        unsigned char *larger = fg_resize(*data, room, 1);
        if (!larger)
            break;
        *data = larger;
    }
    return fg_err_set(err, FG_ENOMEM, "IDX: no memory for %zu bytes of data", room);
}

static int read_all(fg_idx *out, fg_unpack *from, const unsigned char *bytes, size_t size, size_t limit,
                    fg_err *err) {
    size_t total, used = 0, rest = 0;
    int code = read_header(out, &total, from, err);
    if (code)
        return code;
    if (fg_gzip_recognise(bytes, size) && total / FG_GZIP_RATIO > size)
        return fg_err_set(err, FG_EFORMAT,
                          "IDX: the header announces %zu bytes of data, which %zu of gzip cannot be", total,
                          size);
    out->kept = limit && limit < out->n ? limit : out->n;
    size_t kept = total / (out->n ? out->n : 1) * out->kept;
    if ((code = read_data(&out->data, &used, from, kept, err)))
        return code;
    if (used == kept && (code = fg_unpack_skip(&rest, from, total - kept, err)))
        return code;
    if (used + rest != total)
        return wrong_size(total, used + rest, used + rest > total, err);
    return FG_OK;
}

int fg_idx_read(fg_idx *out, const unsigned char *bytes, size_t size, size_t limit, fg_err *err) {
    fg_unpack *from;
    *out = (fg_idx){0};
    int code = fg_unpack_open(&from, bytes, size, err);
    if (code)
        return code;
    code = read_all(out, from, bytes, size, limit, err);
    fg_unpack_close(from);
    if (code)
        fg_idx_free(out);
    return code;
}

void fg_idx_free(fg_idx *idx) {
    fg_free(idx->data);
    *idx = (fg_idx){0};
}
