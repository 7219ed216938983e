/* Any bytes as a PNG, in memory and as a stream of frames: as they are, with the checksums of chunks set
 * right, and with the pixels taken as not compressed (else few inputs would get past libpng). What is decoded
 * must survive being written again. */
#include "base/mem.h"
#include "data/frames.h"
#include "data/fuzz_internal.h"
#include "data/png.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SIGNATURE = 8, CHUNK = 12, PIXELS = 2048, IMAGE_MOST = 100000 };

static void write_and_read(const fg_image *image) {
    char *text;
    size_t size;
    fg_image back = {0};
    FILE *stream = open_memstream(&text, &size);
    if (fg_png_write(stream, image, NULL) != 0 || fclose(stream) != 0)
        abort();
    if (fg_png_decode(&back, NULL, (unsigned char *)text, size, NULL, NULL) != 0)
        abort();
    if (memcmp(back.data, image->data, fg_image_size(image) * sizeof(float)) != 0)
        abort();
    fg_image_free(&back);
    free(text);
}

static void check(const uint8_t *data, size_t size) {
    fg_image image = {0};
    fg_err err = {0};
    size_t used = 0;
    bool alpha, got = true;
    int bad = fg_png_decode(&image, &alpha, data, size, &used, &err);
    if (bad ? !err.text[0] || image.data : used > size)
        abort();
    if (!bad && fg_image_size(&image) < IMAGE_MOST)
        write_and_read(&image);
    fg_image_free(&image);
    fg_frames *frames = NULL;
    fg_frame frame;
    FILE *stream = size ? fmemopen((void *)(uintptr_t)data, size, "rb") : NULL;
    if (!stream)
        return;
    if (fg_frames_open_stream(&frames, stream, "input", NULL, &err) == 0) {
        int first = fg_frames_next(&got, &frame, frames, &err);
        if (!bad && (first || !got))
            abort();
        while (!first && got && fg_frames_next(&got, &frame, frames, &err) == 0)
            ;
    }
    fg_frames_close(frames);
    fclose(stream);
}

static size_t be32(const uint8_t *p) {
    return (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
}

static void put_be32(uint8_t *p, unsigned long n) {
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(n >> (24 - 8 * i));
}

/* The chunk at `at` with its checksum; its length, or 0 where it is not all there. */
static size_t mend(uint8_t *at, const uint8_t *end) {
    size_t left = (size_t)(end - at), n = left < CHUNK ? left : be32(at);
    if (left < CHUNK || n > left - CHUNK)
        return 0;
    put_be32(at + 8 + n, crc32_z(0, at + 4, n + 4));
    return n + CHUNK;
}

/* The first chunk of pixels holds PIXELS bytes, its own and zeros, in stored blocks; others are dropped. */
static size_t store_pixels(uint8_t *to, const uint8_t *from, size_t size) {
    size_t used = SIGNATURE, length;
    bool stored = false;
    memcpy(to, from, SIGNATURE);
    for (size_t at = SIGNATURE; size - at >= CHUNK; at += length) {
        size_t n = be32(from + at);
        if (n > size - at - CHUNK)
            break;
        length = n + CHUNK;
        if (memcmp(from + at + 4, "IDAT", 4) != 0) {
            memcpy(to + used, from + at, length);
            used += length;
        } else if (!stored) {
            uint8_t pixels[PIXELS] = {0};
            size_t packed;
            memcpy(pixels, from + at + 8, n < PIXELS ? n : PIXELS);
            uint8_t *zlib = fg_fuzz_deflate(&packed, pixels, PIXELS, FG_FUZZ_ZLIB);
            put_be32(to + used, packed);
            memcpy(to + used + 4, "IDAT", 4);
            memcpy(to + used + 8, zlib, packed);
            free(zlib);
            mend(to + used, to + used + packed + CHUNK);
            used += packed + CHUNK;
            stored = true;
        }
    }
    return used;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    size_t length;
    check(data, size);
    if (size > SIGNATURE) {
        uint8_t *copy = fg_fuzz_copy(data, size, 0);
        for (size_t at = SIGNATURE; at < size && (length = mend(copy + at, copy + size)) > 0; at += length)
            /* A stream's next picture has a signature of its own. */
            if (memcmp(copy + at + 4, "IEND", 4) == 0 && size - at - length > SIGNATURE)
                at += SIGNATURE;
        check(copy, size);
        uint8_t *stored = fg_fuzz_copy(NULL, 0, size + PIXELS + 64);
        check(stored, store_pixels(stored, copy, size));
        free(stored);
        free(copy);
    }
    if (fg_mem_held())
        abort();
    return 0;
}
