/* For fuzz targets: inputs with checksums and lengths set right, which mutations never are, gzip made and
 * undone by zlib alone, and a folder for files with names. */
#ifndef FG_DATA_FUZZ_INTERNAL_H
#define FG_DATA_FUZZ_INTERNAL_H

#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum { FG_FUZZ_LENGTH = 8, FG_FUZZ_GZIP = 15 + 16, FG_FUZZ_RAW = -15, FG_FUZZ_ZLIB = 15 };

static inline void *fg_fuzz_copy(const void *bytes, size_t size, size_t more) {
    uint8_t *copy = calloc(size + more ? size + more : 1, 1);
    if (!copy)
        abort();
    if (size)
        memcpy(copy, bytes, size);
    return copy;
}

/* A copy of a tensor file with the length of its header and, where it names one, the checksum of its tensors
 * set right; NULL where there is no header. The header ends behind the last brace, and the blanks that
 * follow. */
static inline uint8_t *fg_fuzz_tensors(const uint8_t *bytes, size_t size) {
    static const char key[] = "\"crc32\":\"";
    size_t end = size;
    while (end > FG_FUZZ_LENGTH && bytes[end - 1] != '}')
        end--;
    if (end <= FG_FUZZ_LENGTH)
        return NULL;
    while (end < size && bytes[end] == ' ')
        end++;
    uint8_t *copy = fg_fuzz_copy(bytes, size, 0);
    for (int i = 0; i < FG_FUZZ_LENGTH; i++)
        copy[i] = (uint8_t)((end - FG_FUZZ_LENGTH) >> (8 * i));
    uint8_t *at = memmem(copy, end, key, sizeof key - 1);
    if (at && (size_t)(at - copy) + sizeof key - 1 + 8 <= end) {
        char text[9];
        snprintf(text, sizeof text, "%08lx", crc32_z(0, bytes + end, size - end) & 0xffffffff);
        memcpy(at + sizeof key - 1, text, 8);
    }
    return copy;
}

/* The bytes packed, by default hardly, so that they stay near what the fuzzer made of them. */
static inline uint8_t *fg_fuzz_deflate(size_t *packed, const uint8_t *bytes, size_t size, int window) {
    z_stream z = {.next_in = (uint8_t *)(uintptr_t)bytes, .avail_in = (unsigned)size};
    if (deflateInit2(&z, Z_NO_COMPRESSION, Z_DEFLATED, window, 1, Z_DEFAULT_STRATEGY) != Z_OK)
        abort();
    size_t room = deflateBound(&z, size) + 64;
    uint8_t *to = fg_fuzz_copy(NULL, 0, room);
    z.next_out = to;
    z.avail_out = (unsigned)room;
    if (deflate(&z, Z_FINISH) != Z_STREAM_END)
        abort();
    *packed = z.total_out;
    deflateEnd(&z);
    return to;
}

/* Unpacks one stream into to[room]: its length, and in *used that of its packed bytes; -1 where it is
 * damaged, cut off or larger. */
static inline long fg_fuzz_inflate(uint8_t *to, size_t room, size_t *used, const uint8_t *bytes, size_t size,
                                   int window) {
    z_stream z = {.next_in = (uint8_t *)(uintptr_t)bytes,
                  .avail_in = (unsigned)size,
                  .next_out = to,
                  .avail_out = (unsigned)room};
    if (inflateInit2(&z, window) != Z_OK)
        abort();
    bool whole = inflate(&z, Z_FINISH) == Z_STREAM_END;
    *used = z.total_in;
    long n = whole ? (long)z.total_out : -1;
    inflateEnd(&z);
    return n;
}

static char fg_fuzz_place[64];

static inline void fg_fuzz_leave(void) {
    rmdir(fg_fuzz_place);
}

/* A folder of this process, in memory where the system has files there; it goes at the end if it is empty. */
static inline const char *fg_fuzz_folder(void) {
    if (*fg_fuzz_place)
        return fg_fuzz_place;
    const char *places[] = {"/dev/shm", "/tmp"};
    for (int i = 0; i < 2; i++) {
        snprintf(fg_fuzz_place, sizeof fg_fuzz_place, "%s/fg-fuzz-XXXXXX", places[i]);
        if (mkdtemp(fg_fuzz_place) && !atexit(fg_fuzz_leave))
            return fg_fuzz_place;
    }
    abort();
}

/* Writes folder/name, of `length` characters; false, and nothing done, where that is no name. */
static inline bool fg_fuzz_put(const char *folder, const char *name, size_t length, const void *bytes,
                               size_t size) {
    char path[256];
    if (!length || length > 100 || memchr(name, '/', length) || memchr(name, 0, length) || *name == '.')
        return false;
    snprintf(path, sizeof path, "%s/%.*s", folder, (int)length, name);
    FILE *to = fopen(path, "wb");
    if (!to || (size && fwrite(bytes, size, 1, to) != 1) || fclose(to))
        abort();
    return true;
}

/* Takes all files out of a folder. */
static inline void fg_fuzz_empty(const char *folder) {
    char path[512];
    DIR *dir = opendir(folder);
    for (const struct dirent *e; dir && (e = readdir(dir));)
        if (*e->d_name != '.' && snprintf(path, sizeof path, "%s/%s", folder, e->d_name) > 0)
            unlink(path);
    if (dir)
        closedir(dir);
}

#endif
