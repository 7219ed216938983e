#include "data/pnm.h"

#include <string.h>

#include "base/mem.h"
#include "base/test.h"

static int decode(fg_image *image, const char *bytes, size_t size, size_t *used, fg_err *err) {
    /* A copy of exactly this size lets the address sanitizer see a read past the end. */
    unsigned char *copy = malloc(size ? size : 1);
    memcpy(copy, bytes, size);
    int code = fg_pnm_decode(image, copy, size, used, err);
    free(copy);
    return code;
}

START_TEST(headers_in_all_their_forms) {
    static const struct {
        const char *bytes;
        size_t size, used;
    } good[] = {
        {"P6 2 1 255 abcdef", 17, 17},
        {"P6\n2 1\n255\nabcdefP6", 19, 17},
        {"P6#c 9\n#d\n 2\t#x\r1#y\n255 abcdef", 30, 30},
        {"P6\r\n002 01\v255\nabcdef", 21, 21},
    };
    fg_image image = {0};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        size_t used = 0;
        fg_err err = {0};
        ck_assert_msg(!decode(&image, good[i].bytes, good[i].size, &used, &err), "%zu: %s", i, err.text);
        ck_assert_uint_eq(used, good[i].used);
        ck_assert(image.width == 2 && image.height == 1 && image.channels == 3 && image.depth == 8);
        ck_assert_float_eq(image.data[0], 'a' / 255.0f);
        ck_assert_float_eq(image.data[1], 'd' / 255.0f);
        ck_assert_float_eq(image.data[5], 'f' / 255.0f);
    }
    fg_image_free(&image);
}
END_TEST

START_TEST(wide_and_odd_maxima) {
    fg_image image = {0};
    ck_assert_int_eq(decode(&image, "P5 2 1 1000 \x03\xe8\x01\xf4", 16, NULL, NULL), 0);
    ck_assert(image.depth == 16 && image.channels == 1);
    ck_assert_float_eq(image.data[0], 1);
    ck_assert_float_eq(image.data[1], 0.5f);
    ck_assert_int_eq(decode(&image, "P5 2 1 1 \x01\x00", 11, NULL, NULL), 0);
    ck_assert(image.depth == 8 && image.data[0] == 1 && image.data[1] == 0);
    fg_image_free(&image);
}
END_TEST

START_TEST(bad_headers_say_what_is_wrong) {
    static const struct {
        const char *bytes, *text;
    } bad[] = {
        {"", "PNM: ends inside its header, after 0 bytes"},
        {"P4 1 1 1 a", "PNM: begins with 0x50 0x34 where P5 or P6 was expected"},
        {"P61 1 1 a", "PNM: byte 0x31 behind P6 where a space was expected"},
        {"P6 x 1 255 abc", "PNM: byte 0x78 at 3 where the width was expected"},
        {"P6 -1 1 255 abc", "PNM: byte 0x2d at 3 where the width was expected"},
        {"P6 1 1.0 255 abc", "PNM: byte 0x2e behind the height where a space was expected"},
        {"P6 1 99999999999999999999999 255 abc", "PNM: height is more than 67108864"},
        {"P6 0 1 255 abc", "PNM: a picture of 0 x 1 pixels has none"},
        {"P6 100000 100000 255 abc",
         "PNM: a picture of 100000 x 100000 pixels is more than the limit of 67108864"},
        {"P6 1 1 0 abc", "PNM: maximum 0 is not in 1..65535"},
        {"P6 1 1 65536 abcdef", "PNM: maximum 65536 is not in 1..65535"},
        {"P5 1 1 9#\na", "PNM: '#' behind the maximum where one space was expected"},
        {"P5 1 1 96 a", "PNM: row 0, column 0: sample 97 is more than the maximum of 96"},
        {"P6 1 2 255 abc", "PNM: ends after 3 bytes of samples where 6 were expected"},
    };
    fg_image image = {0};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        fg_err err;
        ck_assert_int_eq(decode(&image, bad[i].bytes, strlen(bad[i].bytes), NULL, &err), FG_EFORMAT);
        ck_assert_str_eq(err.text, bad[i].text);
        ck_assert_ptr_null(image.data);
    }
}
END_TEST

START_TEST(a_large_lie_allocates_nothing) {
    static const char lie[] = "P6 8192 8192 65535 abc";
    fg_image image = {0};
    fg_image_bytes bytes = {0};
    size_t before = fg_mem_peak();
    ck_assert_int_eq(decode(&image, lie, strlen(lie), NULL, NULL), FG_EFORMAT);
    ck_assert_uint_le(fg_mem_peak(), before + 1024);
    FILE *stream = fmemopen((void *)lie, strlen(lie), "rb");
    ck_assert_int_eq(fg_pnm_read_bytes(&bytes, stream, NULL, NULL), FG_EFORMAT);
    ck_assert_uint_le(fg_mem_peak(), before + (1 << 17));
    fclose(stream);
    fg_free(bytes.data);
}
END_TEST

START_TEST(an_endless_header_is_refused) {
    enum { N = 100000 };
    char *text = malloc(N);
    fg_image image = {0};
    fg_err err;
    memset(text, ' ', N);
    memcpy(text, "P6", 2);
    ck_assert_int_eq(decode(&image, text, N, NULL, &err), FG_EFORMAT);
    ck_assert_str_eq(err.text, "PNM: header of more than 65536 bytes");
    free(text);
}
END_TEST

static char *encode(size_t *size, const fg_image *image) {
    char *text;
    FILE *stream = open_memstream(&text, size);
    ck_assert_int_eq(fg_pnm_write(stream, image, NULL), 0);
    ck_assert_int_eq(fclose(stream), 0);
    return text;
}

START_TEST(pictures_go_there_and_back) {
    for (int k = 0; k < 4; k++) {
        fg_image image = {0}, back = {0};
        size_t size, used;
        fg_image_bytes bytes = {0};
        ck_assert_int_eq(fg_image_alloc(&image, 5, 7, k & 1 ? 3 : 1, k & 2 ? 16 : 8, NULL), 0);
        unsigned max = image.depth == 16 ? 65535 : 255;
        for (size_t i = 0; i < fg_image_size(&image); i++)
            image.data[i] = (float)(i * 7919 % (max + 1)) / (float)max;
        char *text = encode(&size, &image);
        FILE *stream = fmemopen(text, size, "rb");
        ck_assert_int_eq(fg_pnm_read_bytes(&bytes, stream, NULL, NULL), 0);
        ck_assert_uint_eq(bytes.size, size);
        ck_assert_int_eq(fg_pnm_decode(&back, bytes.data, bytes.size, &used, NULL), 0);
        ck_assert_uint_eq(used, size);
        ck_assert(fg_image_same_shape(&back, &image) && back.depth == image.depth);
        ck_assert_mem_eq(back.data, image.data, fg_image_size(&image) * sizeof(float));
        for (size_t cut = 0; cut < size; cut++)
            ck_assert_int_eq(decode(&back, text, cut, NULL, NULL), FG_EFORMAT);
        fclose(stream);
        free(text);
        fg_free(bytes.data);
        fg_image_free(&image);
        fg_image_free(&back);
    }
}
END_TEST

START_TEST(memory_may_run_out) {
    size_t held = fg_mem_held();
    fg_image image = {0};
    fg_mem_fail_at(1);
    ck_assert_int_eq(decode(&image, "P5 1 1 255 a", 12, NULL, NULL), FG_ENOMEM);
    fg_mem_fail_at(0);
    ck_assert_int_eq(decode(&image, "P5 1 1 255 a", 12, NULL, NULL), 0);
    fg_mem_fail_at(1);
    ck_assert_int_eq(fg_pnm_write(stdout, &image, NULL), FG_ENOMEM);
    fg_mem_fail_at(0);
    fg_image_free(&image);
    ck_assert_uint_eq(fg_mem_held(), held);
}
END_TEST

FG_TEST_MAIN("data/pnm", headers_in_all_their_forms, wide_and_odd_maxima, bad_headers_say_what_is_wrong,
             a_large_lie_allocates_nothing, an_endless_header_is_refused, pictures_go_there_and_back,
             memory_may_run_out)
