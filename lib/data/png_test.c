#include "data/png.h"

#include <png.h>
#include <string.h>

#include "base/mem.h"
#include "base/test.h"

/* A PNG of a kind our writer does not make: 6 x 5 pixels whose packed bytes are drawn from `fill`. */
typedef struct sample {
    int bits, kind, interlace;
    bool transparency; /* a tRNS chunk: palette entry 0, or the colour 0 */
    int fill;          /* byte i of a row is i * 37 + y * 11 when negative, else this */
} sample;

enum { WIDTH = 6, HEIGHT = 5 };

static char *make(size_t *size, sample s) {
    static const png_color palette[4] = {{0, 0, 0}, {255, 0, 0}, {0, 128, 0}, {1, 2, 3}};
    char *text;
    png_byte rows[HEIGHT][WIDTH * 8], *pointers[HEIGHT], clear[4] = {0, 255, 255, 255};
    png_color_16 none = {0};
    FILE *stream = open_memstream(&text, size);
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    png_init_io(png, stream);
    png_set_IHDR(png, info, WIDTH, HEIGHT, s.bits, s.kind, s.interlace, 0, 0);
    if (s.kind == PNG_COLOR_TYPE_PALETTE)
        png_set_PLTE(png, info, palette, s.bits == 1 ? 2 : 4);
    if (s.transparency)
        png_set_tRNS(png, info, clear, 4, &none);
    png_write_info(png, info);
    for (int y = 0; y < HEIGHT; y++) {
        pointers[y] = rows[y];
        for (int i = 0; i < WIDTH * 8; i++)
            rows[y][i] = (png_byte)(s.fill < 0 ? i * 37 + y * 11 : s.fill);
    }
    png_write_image(png, pointers);
    png_write_end(png, NULL);
    png_destroy_write_struct(&png, &info);
    fclose(stream);
    return text;
}

static int decode(fg_image *image, bool *alpha, const char *bytes, size_t size, fg_err *err) {
    unsigned char *copy = malloc(size ? size : 1);
    memcpy(copy, bytes, size);
    int code = fg_png_decode(image, alpha, copy, size, NULL, err);
    free(copy);
    return code;
}

START_TEST(every_kind_is_read) {
    static const sample kinds[] = {
        {1, 0, 0, false, -1},  {2, 0, 1, false, -1}, {4, 0, 0, false, -1},   {8, 0, 1, false, -1},
        {16, 0, 0, false, -1}, {8, 2, 0, false, -1}, {8, 2, 1, false, -1},   {16, 2, 1, false, -1},
        {1, 3, 0, false, 0},   {2, 3, 1, false, -1}, {4, 3, 0, false, 0x12}, {8, 3, 1, false, 2},
    };
    fg_image image = {0};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        size_t size;
        bool alpha = true;
        fg_err err;
        char *text = make(&size, kinds[i]);
        ck_assert_msg(!decode(&image, &alpha, text, size, &err), "kind %zu: %s", i, err.text);
        ck_assert(!alpha && image.width == WIDTH && image.height == HEIGHT);
        ck_assert_uint_eq(image.channels, kinds[i].kind ? 3 : 1);
        ck_assert_int_eq(image.depth, kinds[i].bits == 16 ? 16 : 8);
        free(text);
    }
    fg_image_free(&image);
}
END_TEST

START_TEST(values_are_those_stored) {
    fg_image image = {0};
    size_t size, plane = WIDTH * HEIGHT;
    char *text = make(&size, (sample){8, 2, 1, false, -1});
    ck_assert_int_eq(decode(&image, NULL, text, size, NULL), 0);
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            for (int c = 0; c < 3; c++)
                ck_assert_float_eq(image.data[(size_t)c * plane + (size_t)(y * WIDTH + x)],
                                   (float)(((3 * x + c) * 37 + y * 11) & 255) / 255.0f);
    free(text);
    text = make(&size, (sample){8, 3, 0, false, 2});
    ck_assert_int_eq(decode(&image, NULL, text, size, NULL), 0);
    ck_assert_float_eq(image.data[0], 0);
    ck_assert_float_eq(image.data[plane], 128 / 255.0f);
    free(text);
    text = make(&size, (sample){4, 0, 0, false, 0x5a});
    ck_assert_int_eq(decode(&image, NULL, text, size, NULL), 0);
    ck_assert_float_eq(image.data[0], 5 / 15.0f);
    ck_assert_float_eq(image.data[1], 10 / 15.0f);
    free(text);
    fg_image_free(&image);
}
END_TEST

START_TEST(transparency_is_dropped_or_refused) {
    static const sample clear[] = {{8, 4, 0, false, -1}, {16, 6, 0, false, -1}, {8, 6, 1, false, 0xfe},
                                   {8, 3, 0, true, 0},   {8, 2, 0, true, 0},    {2, 0, 0, true, 0}},
                        opaque[] = {{8, 4, 0, false, 255},
                                    {16, 6, 1, false, 255},
                                    {8, 3, 0, true, 1},
                                    {8, 2, 0, true, 9},
                                    {16, 0, 0, true, 9}};
    fg_image image = {0};
    size_t size;
    bool alpha;
    fg_err err;
    for (size_t i = 0; i < sizeof clear / sizeof *clear; i++) {
        char *text = make(&size, clear[i]);
        ck_assert_int_eq(decode(&image, &alpha, text, size, &err), FG_EFORMAT);
        ck_assert_str_eq(err.text,
                         "PNG: row 0, column 0 is not opaque, and transparent pictures are not read");
        ck_assert(!alpha);
        free(text);
    }
    for (size_t i = 0; i < sizeof opaque / sizeof *opaque; i++) {
        char *text = make(&size, opaque[i]);
        ck_assert_msg(!decode(&image, &alpha, text, size, &err), "%zu: %s", i, err.text);
        ck_assert(alpha);
        ck_assert_uint_eq(image.channels, opaque[i].kind == 4 || opaque[i].kind == 0 ? 1 : 3);
        free(text);
    }
    fg_image_free(&image);
}
END_TEST

static void fill(fg_image *image, size_t channels, int depth) {
    ck_assert_int_eq(fg_image_alloc(image, 9, 7, channels, depth, NULL), 0);
    unsigned max = depth == 16 ? 65535 : 255;
    for (size_t i = 0; i < fg_image_size(image); i++)
        image->data[i] = (float)(i * 7919 % (max + 1)) / (float)max;
}

static char *encode(size_t *size, const fg_image *image) {
    char *text;
    FILE *stream = open_memstream(&text, size);
    ck_assert_int_eq(fg_png_write(stream, image, NULL), 0);
    ck_assert_int_eq(fclose(stream), 0);
    return text;
}

START_TEST(pictures_go_there_and_back) {
    for (int k = 0; k < 4; k++) {
        fg_image image = {0}, back = {0};
        size_t size, again, used;
        fill(&image, k & 1 ? 3 : 1, k & 2 ? 16 : 8);
        char *text = encode(&size, &image), *twice = encode(&again, &image);
        ck_assert_uint_eq(size, again);
        ck_assert_mem_eq(text, twice, size);
        ck_assert_int_eq(fg_png_decode(&back, NULL, (unsigned char *)text, size, &used, NULL), 0);
        ck_assert_uint_eq(used, size);
        ck_assert(fg_image_same_shape(&back, &image) && back.depth == image.depth);
        ck_assert_mem_eq(back.data, image.data, fg_image_size(&image) * sizeof(float));
        free(text);
        free(twice);
        fg_image_free(&image);
        fg_image_free(&back);
    }
}
END_TEST

START_TEST(damage_is_one_clear_error) {
    fg_image image = {0}, back = {0};
    size_t size, held = fg_mem_held();
    fg_err err;
    fill(&image, 3, 8);
    char *text = encode(&size, &image);
    fg_image_free(&image);
    for (size_t cut = 0; cut < size; cut++) {
        err.text[0] = 0;
        ck_assert_int_eq(decode(&back, NULL, text, cut, &err), FG_EFORMAT);
        ck_assert_int_eq(strncmp(err.text, "PNG: ", 5), 0);
        ck_assert_ptr_null(back.data);
    }
    /* Every byte stands under a check sum, a length or a name: no flipped bit goes unseen. */
    for (size_t bit = 0; bit < 8 * size; bit++) {
        text[bit / 8] ^= (char)(1 << bit % 8);
        ck_assert_msg(decode(&back, NULL, text, size, &err) == FG_EFORMAT, "bit %zu of byte %zu", bit % 8,
                      bit / 8);
        text[bit / 8] ^= (char)(1 << bit % 8);
    }
    free(text);
    ck_assert_uint_eq(fg_mem_held(), held);
}
END_TEST

static void put32(char *to, unsigned long value) {
    for (int i = 0; i < 4; i++)
        to[i] = (char)(value >> (24 - 8 * i));
}

START_TEST(a_large_lie_allocates_nothing) {
    fg_image image = {0};
    size_t size;
    fg_err err;
    fill(&image, 3, 8);
    char *text = encode(&size, &image);
    fg_image_free(&image);
    size_t before = fg_mem_peak();
    put32(text + 16, 8192);
    put32(text + 20, 8192);
    ck_assert_int_eq(decode(&image, NULL, text, size, &err), FG_EFORMAT);
    ck_assert_ptr_nonnull(strstr(err.text, "cannot be a picture of 8192 x 8192"));
    put32(text + 16, 0xffffffff);
    ck_assert_int_eq(decode(&image, NULL, text, size, &err), FG_EFORMAT);
    ck_assert_ptr_nonnull(strstr(err.text, "more than the limit"));
    ck_assert_uint_le(fg_mem_peak(), before + 1024);
    free(text);
}
END_TEST

START_TEST(streams_are_cut_behind_the_end) {
    fg_image image = {0};
    fg_image_bytes bytes = {0};
    size_t size;
    fg_err err;
    fill(&image, 1, 8);
    char *text = encode(&size, &image), *both = malloc(2 * size);
    memcpy(both, text, size);
    memcpy(both + size, text, size);
    FILE *stream = fmemopen(both, 2 * size - 1, "rb");
    ck_assert_int_eq(fg_png_read_bytes(&bytes, stream, NULL, &err), 0);
    ck_assert_uint_eq(bytes.size, size);
    ck_assert_mem_eq(bytes.data, text, size);
    ck_assert_int_eq(fg_png_read_bytes(&bytes, stream, NULL, &err), FG_EFORMAT);
    fclose(stream);
    bytes.size = 0;
    both[size + 8 + 4] = '3';
    stream = fmemopen(both + size, size, "rb");
    ck_assert_int_eq(fg_png_read_bytes(&bytes, stream, NULL, &err), FG_EFORMAT);
    ck_assert_str_eq(err.text, "PNG: byte 0x33 where the letter of a chunk's name was expected");
    fclose(stream);
    free(text);
    free(both);
    fg_free(bytes.data);
    fg_image_free(&image);
}
END_TEST

START_TEST(memory_may_run_out) {
    fg_image image = {0}, back = {0};
    size_t size, held = fg_mem_held();
    fill(&image, 3, 16);
    char *text = encode(&size, &image);
    fg_err err = {0};
    int code = FG_ENOMEM;
    for (uint64_t n = 1; code && n < 1000; n++) {
        fg_mem_fail_at(n);
        code = decode(&back, NULL, text, size, &err);
        fg_mem_fail_at(0);
        ck_assert_msg(code == 0 || code == FG_ENOMEM, "allocation %d: %s", (int)n, err.text);
    }
    ck_assert_int_eq(code, 0);
    free(text);
    code = FG_ENOMEM;
    for (uint64_t n = 1; code && n < 1000; n++) {
        FILE *stream = open_memstream(&text, &size);
        fg_mem_fail_at(n);
        code = fg_png_write(stream, &image, &err);
        fg_mem_fail_at(0);
        ck_assert(code == 0 || code == FG_ENOMEM);
        fclose(stream);
        free(text);
    }
    ck_assert_int_eq(code, 0);
    fg_image_free(&image);
    fg_image_free(&back);
    ck_assert_uint_eq(fg_mem_held(), held);
}
END_TEST

FG_TEST_MAIN("data/png", every_kind_is_read, values_are_those_stored, transparency_is_dropped_or_refused,
             pictures_go_there_and_back, damage_is_one_clear_error, a_large_lie_allocates_nothing,
             streams_are_cut_behind_the_end, memory_may_run_out)
