#include "data/png.h"

#include <png.h>
#include <setjmp.h>
#include <string.h>

#include "base/mem.h"

enum {
    SIGNATURE = 8,
    IHDR_END = SIGNATURE + 25,
    DEFLATE_RATIO = 1032, /* a byte of deflate stands for at most so many */
    CHUNK_MAX = 8 << 20,  /* memory libpng may take for one chunk other than pixels */
    BYTES_MAX = 1 << 30   /* of one PNG in a stream */
};

/* All that must outlive a longjmp out of libpng. */
typedef struct png_job {
    fg_err *err;
    int code; /* why libpng stopped, when it did */
    const unsigned char *bytes;
    size_t size, at;
    FILE *stream;
    png_structp png;
    png_infop info;
    unsigned char *rows;
    size_t row_bytes, channels;
} png_job;

static void on_error(png_structp png, png_const_charp message) {
    png_job *job = png_get_error_ptr(png);
    if (job->code != FG_ENOMEM)
        job->code = FG_EFORMAT;
    fg_err_set(job->err, job->code, "PNG: %s", job->code == FG_ENOMEM ? "no memory" : message);
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp message) {
    (void)png;
    (void)message;
}

static png_voidp on_alloc(png_structp png, png_alloc_size_t size) {
    png_job *job = png_get_mem_ptr(png);
    void *p = fg_alloc(size, 1);
    if (!p)
        job->code = FG_ENOMEM;
    return p;
}

static void on_free(png_structp png, png_voidp p) {
    (void)png;
    fg_free(p);
}

static void on_read(png_structp png, png_bytep to, size_t n) {
    png_job *job = png_get_io_ptr(png);
    if (n > job->size - job->at)
        png_error(png, "ends early");
    memcpy(to, job->bytes + job->at, n);
    job->at += n;
}

static void on_write(png_structp png, png_bytep from, size_t n) {
    png_job *job = png_get_io_ptr(png);
    fwrite(from, 1, n, job->stream);
}

static void on_flush(png_structp png) {
    (void)png;
}

static size_t be32(const unsigned char *p) {
    return (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
}

/* A chunk's head: 4 bytes of length, 4 of type. *last is set for IEND. */
static int check_chunk(size_t *length, bool *last, const unsigned char *head, fg_err *err) {
    *length = be32(head);
    for (int i = 4; i < 8; i++) {
        unsigned char letter = head[i] & 0xdf;
        if (letter < 'A' || letter > 'Z')
            return fg_err_set(err, FG_EFORMAT,
                              "PNG: byte 0x%02x where the letter of a chunk's name was expected", head[i]);
    }
    if (*length > 0x7fffffff)
        return fg_err_set(err, FG_EFORMAT, "PNG: chunk %.4s of %zu bytes", (const char *)head + 4, *length);
    *last = memcmp(head + 4, "IEND", 4) == 0;
    return FG_OK;
}

/* Walks the chunks: *used bytes in all, *packed of them compressed pixels. */
static int measure(size_t *used, size_t *packed, const unsigned char *bytes, size_t size, fg_err *err) {
    bool last = false;
    *used = SIGNATURE;
    *packed = 0;
    if (fg_image_sniff(bytes, size) != FG_IMAGE_PNG)
        return fg_err_set(err, FG_EFORMAT, "PNG: does not begin with the PNG signature");
    while (!last) {
        size_t left = size - *used, length;
        if (left < 8)
            return fg_err_set(err, FG_EFORMAT, "PNG: ends after %zu bytes, before its IEND chunk", size);
        const unsigned char *head = bytes + *used;
        int bad = check_chunk(&length, &last, head, err);
        if (bad)
            return bad;
        if (left < 12 || left - 12 < length)
            return fg_err_set(err, FG_EFORMAT, "PNG: ends inside chunk %.4s at byte %zu",
                              (const char *)head + 4, *used);
        if (memcmp(head + 4, "IDAT", 4) == 0)
            *packed += length;
        *used += length + 12;
    }
    return FG_OK;
}

/* Refuses sizes past the limits or past what so few compressed bytes can hold, before libpng or we allocate.
 */
static int check_header(const unsigned char *bytes, size_t packed, fg_err *err) {
    static const unsigned char samples[7] = {1, 0, 3, 1, 2, 0, 4};
    const unsigned char *ihdr = bytes + SIGNATURE;
    if (be32(ihdr) != 13 || memcmp(ihdr + 4, "IHDR", 4) != 0)
        return fg_err_set(err, FG_EFORMAT, "PNG: first chunk is not an IHDR of 13 bytes");
    size_t width = be32(ihdr + 8), height = be32(ihdr + 12);
    unsigned bits = ihdr[16], kind = ihdr[17];
    if (bits > 16 || kind > 6 || !samples[kind])
        return fg_err_set(err, FG_EFORMAT, "PNG: colour type %u of %u bits is none of the format's", kind,
                          bits);
    int bad = fg_image_check_shape(height, width, err);
    if (bad)
        return fg_err_prefix(err, "PNG"), bad;
    size_t least = height * ((width * bits * samples[kind] + 7) / 8);
    if (least / DEFLATE_RATIO > packed)
        return fg_err_set(err, FG_EFORMAT, "PNG: %zu bytes of pixels cannot be a picture of %zu x %zu",
                          packed, width, height);
    return FG_OK;
}

static int read_begin(png_job *job) {
    job->png =
        png_create_read_struct_2(PNG_LIBPNG_VER_STRING, job, on_error, on_warning, job, on_alloc, on_free);
    job->info = job->png ? png_create_info_struct(job->png) : NULL;
    if (!job->info)
        return fg_err_set(job->err, FG_ENOMEM, "PNG: no memory");
    return FG_OK;
}

/* Everything that may longjmp while reading. */
static int read_rows(png_job *job) {
    png_structp png = job->png;
    if (setjmp(png_jmpbuf(png)))
        return job->code;
    png_set_read_fn(png, job, on_read);
    png_set_chunk_malloc_max(png, CHUNK_MAX);
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, 0);
    png_read_info(png, job->info);
    png_set_expand(png);
    int passes = png_set_interlace_handling(png);
    png_read_update_info(png, job->info);
    size_t height = png_get_image_height(png, job->info);
    job->row_bytes = png_get_rowbytes(png, job->info);
    job->channels = png_get_channels(png, job->info);
    job->rows = fg_alloc(height, job->row_bytes);
    if (!job->rows) {
        job->code = FG_ENOMEM;
        png_error(png, "no memory");
    }
    for (int pass = 0; pass < passes; pass++)
        for (size_t y = 0; y < height; y++)
            png_read_row(png, job->rows + y * job->row_bytes, NULL);
    png_read_end(png, NULL);
    return FG_OK;
}

static int check_opaque(const png_job *job, size_t height, size_t width, size_t wide) {
    size_t pixel = job->channels * wide;
    for (size_t y = 0; y < height; y++) {
        const unsigned char *alpha = job->rows + y * job->row_bytes + (job->channels - 1) * wide;
        for (size_t x = 0; x < width; x++, alpha += pixel)
            if (alpha[0] != 0xff || alpha[wide - 1] != 0xff)
                return fg_err_set(
                    job->err, FG_EFORMAT,
                    "PNG: row %zu, column %zu is not opaque, and transparent pictures are not read", y, x);
    }
    return FG_OK;
}

static int convert(fg_image *image, bool *dropped_alpha, const png_job *job) {
    size_t height = png_get_image_height(job->png, job->info),
           width = png_get_image_width(job->png, job->info);
    size_t wide = png_get_bit_depth(job->png, job->info) == 16 ? 2 : 1;
    bool alpha = job->channels == 2 || job->channels == 4;
    int bad = alpha ? check_opaque(job, height, width, wide) : FG_OK;
    if (!bad)
        bad = fg_image_alloc(image, height, width, job->channels < 3 ? 1 : 3, wide == 2 ? 16 : 8, job->err);
    for (size_t y = 0; !bad && y < height; y++)
        bad = fg_image_row_unpack(image, y, job->rows + y * job->row_bytes, job->channels,
                                  wide == 2 ? 65535 : 255, job->err);
    if (dropped_alpha)
        *dropped_alpha = alpha && !bad;
    return bad;
}

int fg_png_decode(fg_image *image, bool *dropped_alpha, const unsigned char *bytes, size_t size, size_t *used,
                  fg_err *err) {
    size_t whole, packed;
    fg_err local;
    png_job job = {.err = err ? err : &local, .bytes = bytes, .size = size};
    int bad = measure(&whole, &packed, bytes, size, job.err);
    if (!bad)
        bad = check_header(bytes, packed, job.err);
    if (!bad)
        bad = read_begin(&job);
    if (!bad)
        bad = read_rows(&job);
    if (!bad)
        bad = convert(image, dropped_alpha, &job);
    fg_free(job.rows);
    if (job.png)
        png_destroy_read_struct(&job.png, &job.info, NULL);
    if (bad)
        fg_image_free(image);
    else if (used)
        *used = whole;
    return bad;
}

int fg_png_read_bytes(fg_image_bytes *bytes, FILE *stream, const atomic_int *stop, fg_err *err) {
    size_t begin = bytes->size, length = 0;
    bool last = false;
    int bad = fg_image_bytes_read(bytes, stream, SIGNATURE, stop, err);
    if (!bad && fg_image_sniff(bytes->data + begin, SIGNATURE) != FG_IMAGE_PNG)
        return fg_err_set(err, FG_EFORMAT, "PNG: does not begin with the PNG signature");
    while (!bad && !last) {
        bad = fg_image_bytes_read(bytes, stream, 8, stop, err);
        if (!bad)
            bad = check_chunk(&length, &last, bytes->data + bytes->size - 8, err);
        if (!bad && bytes->size - begin + length > BYTES_MAX)
            return fg_err_set(err, FG_EFORMAT, "PNG: more than %d bytes without an end", BYTES_MAX);
        if (!bad)
            bad = fg_image_bytes_read(bytes, stream, length + 4, stop, err);
    }
    return bad;
}

/* Everything that may longjmp while writing. */
static int write_rows(png_job *job, const fg_image *image) {
    png_structp png = job->png;
    if (setjmp(png_jmpbuf(png)))
        return job->code;
    png_set_write_fn(png, job, on_write, on_flush);
    png_set_IHDR(png, job->info, (png_uint_32)image->width, (png_uint_32)image->height, image->depth,
                 image->channels == 3 ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, job->info);
    for (size_t y = 0; y < image->height; y++) {
        fg_image_row_pack(job->rows, image, y);
        png_write_row(png, job->rows);
    }
    png_write_end(png, NULL);
    return FG_OK;
}

int fg_png_write(FILE *stream, const fg_image *image, fg_err *err) {
    fg_err local;
    png_job job = {.err = err ? err : &local, .stream = stream};
    int bad = FG_OK;
    job.rows = fg_alloc(image->width, image->channels * 2);
    job.png =
        png_create_write_struct_2(PNG_LIBPNG_VER_STRING, &job, on_error, on_warning, &job, on_alloc, on_free);
    job.info = job.png ? png_create_info_struct(job.png) : NULL;
    if (!job.rows || !job.info)
        bad = fg_err_set(err, FG_ENOMEM, "PNG: no memory");
    if (!bad)
        bad = write_rows(&job, image);
    if (job.png)
        png_destroy_write_struct(&job.png, &job.info);
    fg_free(job.rows);
    return bad;
}
