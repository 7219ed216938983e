#include "data/image.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/test.h"

START_TEST(shapes_are_checked) {
    fg_image image = {0};
    fg_err err;
    size_t held = fg_mem_held();
    ck_assert_int_eq(fg_image_alloc(&image, 0, 5, 3, 8, &err), FG_EFORMAT);
    ck_assert_str_eq(err.text, "a picture of 5 x 0 pixels has none");
    ck_assert_int_eq(fg_image_alloc(&image, (size_t)1 << 40, (size_t)1 << 40, 3, 8, &err), FG_EFORMAT);
    ck_assert_int_eq(fg_image_alloc(&image, FG_IMAGE_PIXELS_MAX, 2, 3, 8, &err), FG_EFORMAT);
    ck_assert_int_eq(fg_image_alloc(&image, 4, 5, 2, 8, &err), FG_EINVAL);
    ck_assert_int_eq(fg_image_alloc(&image, 4, 5, 3, 12, &err), FG_EINVAL);
    ck_assert_ptr_null(image.data);
    ck_assert_uint_eq(fg_mem_held(), held);
}
END_TEST

START_TEST(memory_is_reused) {
    fg_image image = {0}, copy = {0};
    size_t held = fg_mem_held();
    ck_assert_int_eq(fg_image_alloc(&image, 4, 6, 3, 8, NULL), 0);
    float *data = image.data;
    ck_assert_int_eq(fg_image_alloc(&image, 6, 4, 3, 16, NULL), 0);
    ck_assert_ptr_eq(image.data, data);
    ck_assert_uint_eq(image.height, 6);
    for (size_t i = 0; i < 72; i++)
        image.data[i] = (float)i;
    ck_assert_int_eq(fg_image_copy(&copy, &image, NULL), 0);
    ck_assert(fg_image_same_shape(&copy, &image) && copy.depth == 16);
    ck_assert_mem_eq(copy.data, image.data, 72 * sizeof(float));
    fg_mem_fail_at(1);
    ck_assert_int_eq(fg_image_alloc(&image, 4, 5, 1, 8, NULL), FG_ENOMEM);
    fg_mem_fail_at(0);
    ck_assert_ptr_null(image.data);
    fg_image_free(&copy);
    fg_image_free(NULL);
    ck_assert_uint_eq(fg_mem_held(), held);
}
END_TEST

START_TEST(samples_are_clipped_and_rounded) {
    ck_assert_uint_eq(fg_image_sample(-0.1f, 255), 0);
    ck_assert_uint_eq(fg_image_sample(NAN, 255), 0);
    ck_assert_uint_eq(fg_image_sample(INFINITY, 65535), 65535);
    ck_assert_uint_eq(fg_image_sample(1.5f, 255), 255);
    ck_assert_uint_eq(fg_image_sample(0.5f, 255), 128);
    ck_assert_uint_eq(fg_image_sample(0.0019f, 255), 0);
    ck_assert_uint_eq(fg_image_sample(0.0020f, 255), 1);
    for (unsigned i = 0; i <= 65535; i++)
        ck_assert_uint_eq(fg_image_sample((float)i / 65535.0f, 65535), i);
}
END_TEST

START_TEST(rows_go_there_and_back) {
    static const unsigned char wide[] = {0, 1, 1, 0, 0xff, 0xff, 0x80, 0, 0x12, 0x34, 0, 0};
    fg_image image = {0};
    unsigned char back[sizeof wide];
    ck_assert_int_eq(fg_image_alloc(&image, 1, 2, 3, 16, NULL), 0);
    ck_assert_int_eq(fg_image_row_unpack(&image, 0, wide, 3, 65535, NULL), 0);
    ck_assert_float_eq(image.data[0], 1 / 65535.0f);
    ck_assert_float_eq(image.data[1], 32768 / 65535.0f);
    ck_assert_float_eq(image.data[4], 1);
    fg_image_row_pack(back, &image, 0);
    ck_assert_mem_eq(back, wide, sizeof wide);
    fg_err err;
    ck_assert_int_eq(fg_image_row_unpack(&image, 0, wide, 3, 1000, &err), FG_EFORMAT);
    ck_assert_str_eq(err.text, "row 0, column 1: sample 32768 is more than the maximum of 1000");
    fg_image_free(&image);
}
END_TEST

START_TEST(content_tells_the_format) {
    ck_assert_int_eq(fg_image_sniff((const unsigned char *)"\x89PNG\r\n\x1a\n", 8), FG_IMAGE_PNG);
    ck_assert_int_eq(fg_image_sniff((const unsigned char *)"\x89PNG\r\n\x1a\n", 7), FG_IMAGE_UNKNOWN);
    ck_assert_int_eq(fg_image_sniff((const unsigned char *)"P6 1 1 1", 8), FG_IMAGE_PNM);
    ck_assert_int_eq(fg_image_sniff((const unsigned char *)"P5#", 3), FG_IMAGE_PNM);
    ck_assert_int_eq(fg_image_sniff((const unsigned char *)"P3 1", 4), FG_IMAGE_UNKNOWN);
    ck_assert_int_eq(fg_image_sniff((const unsigned char *)"P60 ", 4), FG_IMAGE_UNKNOWN);
    ck_assert_int_eq(fg_image_sniff(NULL, 0), FG_IMAGE_UNKNOWN);
}
END_TEST

START_TEST(bytes_grow_with_what_is_there) {
    enum { N = 200000 };
    static unsigned char source[N];
    fg_image_bytes bytes = {0};
    fg_err err;
    for (size_t i = 0; i < N; i++)
        source[i] = (unsigned char)(i * 7 >> 3);
    FILE *stream = fmemopen(source, N, "rb");
    ck_assert_int_eq(fg_image_bytes_read(&bytes, stream, 10, NULL, &err), 0);
    ck_assert_int_eq(fg_image_bytes_read(&bytes, stream, N - 20, NULL, &err), 0);
    ck_assert_uint_eq(bytes.size, N - 10);
    ck_assert_mem_eq(bytes.data, source, N - 10);
    size_t most = fg_mem_peak();
    ck_assert_int_eq(fg_image_bytes_read(&bytes, stream, (size_t)1 << 60, NULL, &err), FG_EFORMAT);
    ck_assert_uint_eq(bytes.size, N);
    ck_assert_uint_le(fg_mem_peak(), most + 4 * N);
    fclose(stream);
    fg_free(bytes.data);
}
END_TEST

START_TEST(a_stop_ends_reading) {
    atomic_int stop = 2;
    fg_image_bytes bytes = {0};
    FILE *stream = fmemopen("abc", 3, "rb");
    ck_assert_int_eq(fg_image_bytes_read(&bytes, stream, 4, &stop, NULL), FG_ESTOPPED);
    fclose(stream);
    fg_free(bytes.data);
}
END_TEST

FG_TEST_MAIN("data/image", shapes_are_checked, memory_is_reused, samples_are_clipped_and_rounded,
             rows_go_there_and_back, content_tells_the_format, bytes_grow_with_what_is_there,
             a_stop_ends_reading)
