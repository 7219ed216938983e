/* The first byte says how much is read at a time. The others are read as gzip as they are, and as the
 * deflated part of one or two members whose checksums are right (else few inputs would get to their ends):
 * what comes out must be what zlib makes of it in one go. */
#include "base/mem.h"
#include "data/fuzz_internal.h"
#include "data/unpack.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { ROOM = 1 << 16, HEAD = 10, TAIL = 8 };

/* Reads all, a piece at a time; what came out, at most ROOM of it, and the status. */
static int read_pieces(uint8_t *out, size_t *total, const uint8_t *bytes, size_t size, size_t piece) {
    fg_unpack *from;
    fg_err err = {0};
    size_t got = piece;
    *total = 0;
    if (fg_unpack_open(&from, bytes, size, &err))
        abort();
    int code = FG_OK;
    while (!code && got == piece && *total + piece <= ROOM) {
        code = fg_unpack_read(&got, from, out + *total, piece, &err);
        if (got > piece || (code && !*err.text))
            abort();
        *total += got;
    }
    fg_unpack_close(from);
    return code;
}

static void put_le32(uint8_t *to, unsigned long n) {
    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)(n >> (8 * i));
}

static size_t put_member(uint8_t *to, const uint8_t *deflated, size_t size, const uint8_t *out, size_t n) {
    static const uint8_t head[HEAD] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3};
    memcpy(to, head, HEAD);
    memcpy(to + HEAD, deflated, size);
    put_le32(to + HEAD + size, crc32_z(0, out, n));
    put_le32(to + HEAD + size + 4, n);
    return HEAD + size + TAIL;
}

/* What is behind the deflated part stays behind the member. */
static void try_members(const uint8_t *bytes, size_t size, size_t piece) {
    static uint8_t want[ROOM], got[ROOM];
    size_t used, total;
    long n = fg_fuzz_inflate(want, ROOM / 4, &used, bytes, size, FG_FUZZ_RAW);
    if (n < 0)
        return;
    uint8_t *file = fg_fuzz_copy(NULL, 0, 2 * (HEAD + used + TAIL) + size - used);
    size_t length = put_member(file, bytes, used, want, (size_t)n);
    if (piece % 2) {
        length += put_member(file + length, bytes, used, want, (size_t)n);
        memcpy(want + n, want, (size_t)n);
        n *= 2;
    }
    if (read_pieces(got, &total, file, length, piece) || total != (size_t)n || memcmp(got, want, total) != 0)
        abort();
    fg_unpack *from;
    if (fg_unpack_open(&from, file, length, NULL) || fg_unpack_skip(&total, from, ROOM, NULL) ||
        total != (size_t)n)
        abort();
    fg_unpack_close(from);
    memcpy(file + length, bytes + used, size - used);
    int code = read_pieces(got, &total, file, length + size - used, piece);
    if (!code && used != size && !fg_gzip_recognise(bytes + used, size - used))
        abort();
    free(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    static uint8_t out[ROOM];
    size_t total, used;
    if (size < 2)
        return 0;
    size_t piece = 1 + bytes[0] * (size_t)bytes[0];
    uint8_t *file = fg_fuzz_copy(bytes + 1, size - 1, 0);
    int code = read_pieces(out, &total, file, size - 1, piece);
    if (!code && !fg_gzip_recognise(file, size - 1) && total + piece <= ROOM &&
        (total != size - 1 || memcmp(out, file, total) != 0))
        abort();
    if (!code && fg_gzip_recognise(file, size - 1) && total + piece <= ROOM) {
        static uint8_t first[ROOM];
        long n = fg_fuzz_inflate(first, ROOM, &used, file, size - 1, FG_FUZZ_GZIP);
        if (n < 0 || (size_t)n > total || memcmp(first, out, (size_t)n) != 0)
            abort();
    }
    try_members(file, size - 1, piece);
    free(file);
    if (fg_mem_held())
        abort();
    return 0;
}
