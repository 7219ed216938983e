#include "data/npy.h"

#include <string.h>

#include "base/mem.h"
#include "base/test.h"

/* A file of version `major` with this header text and data; the size. */
static size_t make(unsigned char *to, int major, const char *header, const void *data, size_t size) {
    size_t length = strlen(header), at = major == 1 ? 10 : 12;
    memcpy(to, "\x93NUMPY", 6);
    to[6] = (unsigned char)major;
    to[7] = 0;
    for (size_t i = 8; i < at; i++)
        to[i] = (unsigned char)(length >> (8 * (i - 8)));
    memcpy(to + at, header, length);
    memcpy(to + at + length, data, size);
    return at + length + size;
}

static fg_tensor read_good(int major, const char *header, const void *data, size_t size) {
    unsigned char file[1024];
    fg_tensor t;
    fg_err err;
    size_t n = make(file, major, header, data, size);
    ck_assert_msg(fg_npy_read(&t, file, n, &err) == 0, "%s", err.text);
    return t;
}

static void check_bad(const char *header, size_t size, const char *message) {
    unsigned char file[1024], data[256] = {0};
    fg_tensor t;
    fg_err err;
    size_t held = fg_mem_held(), n = make(file, 1, header, data, size);
    ck_assert_msg(fg_npy_read(&t, file, n, &err) == FG_EFORMAT, "%s", header);
    ck_assert_msg(strstr(err.text, message) != NULL, "%s: %s", header, err.text);
    ck_assert_ptr_null(t.data);
    ck_assert_uint_eq(fg_mem_held(), held);
}

START_TEST(versions_and_plain_arrays) {
    const float values[] = {1, 2, 3, 4, 5, 6};
    for (int major = 1; major <= 3; major++) {
        fg_tensor t = read_good(major, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }   \n",
                                values, sizeof values);
        ck_assert_int_eq(t.dtype, FG_F32);
        ck_assert_int_eq(t.rank, 2);
        ck_assert_uint_eq(t.dims[0], 2);
        ck_assert_uint_eq(t.dims[1], 3);
        ck_assert_mem_eq(t.data, values, sizeof values);
        fg_tensor_free(&t);
    }
}
END_TEST

START_TEST(shapes_and_spellings) {
    const unsigned char bytes[] = {1, 0, 7};
    fg_tensor t = read_good(1, "{\"shape\":(3,),\"fortran_order\":True,\"descr\":\"|b1\"}", bytes, 3);
    ck_assert_int_eq(t.dtype, FG_BOOL);
    ck_assert(fg_tensor_get(&t, 2) == 1);
    fg_tensor_free(&t);
    t = read_good(1, "{'descr': '|u1', 'fortran_order': False, 'shape': ()}", bytes + 2, 1);
    ck_assert_int_eq(t.rank, 0);
    ck_assert(fg_tensor_get(&t, 0) == 7);
    fg_tensor_free(&t);
    t = read_good(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (4, 0, 2,)}", bytes, 0);
    ck_assert_int_eq(t.rank, 3);
    ck_assert_uint_eq(fg_tensor_count(&t), 0);
    fg_tensor_free(&t);
}
END_TEST

START_TEST(big_endian) {
    const unsigned char bytes[] = {0x3f, 0xf8, 0, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0};
    fg_tensor t =
        read_good(1, "{'descr': '>f8', 'fortran_order': False, 'shape': (2,)}", bytes, sizeof bytes);
    ck_assert(fg_tensor_get(&t, 0) == 1.5);
    ck_assert(fg_tensor_get(&t, 1) == -2);
    fg_tensor_free(&t);
    t = read_good(1, "{'descr': '>i2', 'fortran_order': False, 'shape': (1, 2)}", "\x01\x02\xff\xfe", 4);
    ck_assert(fg_tensor_get(&t, 0) == 0x102);
    ck_assert(fg_tensor_get(&t, 1) == -2);
    fg_tensor_free(&t);
}
END_TEST

START_TEST(fortran_order_becomes_c_order) {
    unsigned char bytes[24];
    for (int i = 0; i < 24; i++)
        bytes[i] = (unsigned char)i;
    fg_tensor t = read_good(1, "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3, 4)}", bytes, 24);
    for (size_t i = 0; i < 2; i++)
        for (size_t j = 0; j < 3; j++)
            for (size_t k = 0; k < 4; k++)
                ck_assert(fg_tensor_get(&t, (i * 3 + j) * 4 + k) == (double)(i + 2 * j + 6 * k));
    fg_tensor_free(&t);
    const unsigned char swapped[] = {0, 1, 0, 2, 0, 3, 0, 4};
    t = read_good(1, "{'descr': '>u2', 'fortran_order': True, 'shape': (2, 2)}", swapped, 8);
    ck_assert(fg_tensor_get(&t, 1) == 3);
    fg_tensor_free(&t);
}
END_TEST

START_TEST(bad_headers) {
    check_bad("", 0, "expected a dictionary");
    check_bad("[1]", 0, "expected a dictionary");
    check_bad("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), ", 8, "expected");
    check_bad("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)} x", 8, "nothing behind");
    check_bad("{'descr': '<f2', 'fortran_order': False, 'shape': (2,)}", 4, "f4 and f8 are");
    check_bad("{'descr': '<c8', 'fortran_order': False, 'shape': (2,)}", 16, "not supported");
    check_bad("{'descr': '|O', 'fortran_order': False, 'shape': (2,)}", 16, "not supported");
    check_bad("{'descr': '', 'fortran_order': False, 'shape': (2,)}", 16, "not supported");
    check_bad("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}", 8, "structured");
    check_bad("{'descr': '<f4', 'fortran_order': 0, 'shape': (2,)}", 8, "True or False");
    check_bad("{'descr': '<f4', 'fortran_order': False}", 0, "all of");
    check_bad("{'descr': '<f4', 'descr': '<f4', 'shape': (2,)}", 8, "stands twice");
    check_bad("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'x': 1}", 8, "unknown key 'x'");
    check_bad("{'descr': '<f4', 'fortran_order': False, 'shape': 2}", 8, "tuple");
    check_bad("{'descr': '<f4', 'fortran_order': False, 'shape': (2)}", 8, "','");
    check_bad("{'descr': '<f4', 'fortran_order': False, 'shape': (-2,)}", 8, "whole number");
    check_bad("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3}", 24, "','");
    check_bad("{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1)}", 4, "8 dimensions");
    check_bad("{'descr': '<f4' 'fortran_order': False, 'shape': (2,)}", 8, "'}'");
    check_bad("{'descr' '<f4', 'fortran_order': False, 'shape': (2,)}", 8, "':'");
    check_bad("{'descr\\n': '<f4', 'fortran_order': False, 'shape': (2,)}", 8, "key");
}
END_TEST

START_TEST(lying_sizes) {
    check_bad("{'descr': '<f4', 'fortran_order': False, 'shape': (3,)}", 8,
              "12 bytes of data, the file has 8");
    check_bad("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", 9,
              "8 bytes of data, the file has 9");
    check_bad("{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999,)}", 8, "the file has 8");
    check_bad("{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296)}", 8, "too large");
    check_bad("{'descr': '<f8', 'fortran_order': False, 'shape': (18446744073709551615,)}", 8, "too large");
    check_bad("{'descr': '<f8', 'fortran_order': False, 'shape': (18446744073709551616,)}", 8, "too large");
    unsigned char file[] = "\x93NUMPY\x02\0\xff\xff\xff\xff{}";
    fg_tensor t;
    fg_err err;
    ck_assert_int_eq(fg_npy_read(&t, file, sizeof file - 1, &err), FG_EFORMAT);
    ck_assert_ptr_nonnull(strstr(err.text, "4294967295"));
    file[6] = 4;
    ck_assert_int_eq(fg_npy_read(&t, file, sizeof file - 1, &err), FG_EFORMAT);
    ck_assert_ptr_nonnull(strstr(err.text, "version 4.0"));
}
END_TEST

START_TEST(cut_off_anywhere) {
    unsigned char file[256];
    size_t held = fg_mem_held();
    size_t size =
        make(file, 2, "{'descr': '<i4', 'fortran_order': True, 'shape': (2, 2)}\n", "abcdefghijklmnop", 16);
    fg_tensor t;
    fg_err err;
    for (size_t n = 0; n < size; n++) {
        unsigned char *part = fg_alloc(n, 1);
        memcpy(part, file, n);
        ck_assert_int_eq(fg_npy_read(&t, part, n, &err), FG_EFORMAT);
        fg_free(part);
    }
    ck_assert_int_eq(fg_npy_read(&t, file, size, &err), 0);
    fg_tensor_free(&t);
    fg_mem_fail_at(1);
    ck_assert_int_eq(fg_npy_read(&t, file, size, &err), FG_ENOMEM);
    fg_mem_fail_at(0);
    ck_assert_uint_eq(fg_mem_held(), held);
    ck_assert(!fg_npy_recognise(file, 5));
    ck_assert(fg_npy_recognise(file, 6));
}
END_TEST

START_TEST(written_is_read) {
    static const size_t dims[] = {2, 1, 3, 1, 1, 2, 1, 2};
    for (int dtype = 0; dtype < FG_DTYPES; dtype++)
        for (int rank = 0; rank <= FG_RANK_MAX; rank++) {
            fg_tensor t, back;
            fg_err err;
            char *text;
            size_t size;
            ck_assert_int_eq(fg_tensor_alloc(&t, (fg_dtype)dtype, rank, dims, &err), 0);
            for (size_t i = 0; i < fg_tensor_bytes(&t); i++)
                ((unsigned char *)t.data)[i] = (unsigned char)(dtype == FG_BOOL ? i % 2 : i * 3 + 1);
            FILE *stream = open_memstream(&text, &size);
            ck_assert_int_eq(fg_npy_write(stream, &t, &err), 0);
            fclose(stream);
            ck_assert_uint_eq((size - fg_tensor_bytes(&t)) % 64, 0);
            ck_assert_msg(fg_npy_read(&back, (unsigned char *)text, size, &err) == 0, "%s", err.text);
            ck_assert_int_eq(back.dtype, t.dtype);
            ck_assert_int_eq(back.rank, rank);
            ck_assert_mem_eq(back.dims, t.dims, sizeof t.dims);
            ck_assert_mem_eq(back.data, t.data, fg_tensor_bytes(&t));
            free(text);
            fg_tensor_free(&t);
            fg_tensor_free(&back);
        }
}
END_TEST

START_TEST(write_errors_are_reported) {
    static double values[100000];
    fg_tensor t = {FG_F64, 1, {100000}, values};
    fg_err err;
    FILE *full = fopen("/dev/full", "wb");
    if (!full)
        return;
    ck_assert_int_eq(fg_npy_write(full, &t, &err), FG_EIO);
    fclose(full);
}
END_TEST

FG_TEST_MAIN("data/npy", versions_and_plain_arrays, shapes_and_spellings, big_endian,
             fortran_order_becomes_c_order, bad_headers, lying_sizes, cut_off_anywhere, written_is_read,
             write_errors_are_reported)
