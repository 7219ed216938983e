#include "data/safetensors.h"

#include <string.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/test.h"

/* A file of this header (its length is put in front) and n data bytes 0, 1, 2, ... */
static size_t make(unsigned char to[1024], const char *header, size_t n) {
    size_t length = strlen(header);
    ck_assert_uint_le(8 + length + n, 1024);
    for (int i = 0; i < 8; i++)
        to[i] = (unsigned char)(length >> (8 * i));
    memcpy(to + 8, header, length);
    for (size_t i = 0; i < n; i++)
        to[8 + length + i] = (unsigned char)i;
    return 8 + length + n;
}

static void check_bad(const char *header, size_t n, const char *message) {
    unsigned char file[1024];
    fg_tensors t;
    fg_err err;
    size_t size = make(file, header, n), held = fg_mem_held();
    ck_assert_msg(fg_tensors_read(&t, file, size, &err) == FG_EFORMAT, "%s", header);
    ck_assert_msg(strstr(err.text, message) != NULL, "%s: %s", header, err.text);
    ck_assert_uint_eq(t.n, 0);
    ck_assert_ptr_null(t.items);
    ck_assert_uint_eq(fg_mem_held(), held);
}

static fg_tensors read_good(const char *header, size_t n) {
    unsigned char file[1024];
    fg_tensors t;
    fg_err err;
    size_t size = make(file, header, n);
    ck_assert_msg(fg_tensors_read(&t, file, size, &err) == 0, "%s", err.text);
    return t;
}

/* Two tensors and three metadata pairs, added in an order other than the file's. */
static int fill(fg_tensors *t, fg_err *err) {
    double eta[] = {1, 2.5, -3};
    float image[] = {1, 2, 3, 4, 5};
    fg_tensor a = {FG_F32, 2, {1, 5}, image}, b = {FG_F64, 1, {3}, eta};
    int code;
    if ((code = fg_tensors_add(t, "a", &a, err)) ||
        (code = fg_tensors_add(t, "dense1/weight/eta", &b, err)) ||
        (code = fg_tensors_set(t, "version", "1", err)) ||
        (code = fg_tensors_set(t, "spec", "{\"a\":\"\\n\"}\n", err)))
        return code;
    return fg_tensors_set(t, "crc32", "ignored", err);
}

static void write_to(char **text, size_t *size, const fg_tensors *t) {
    fg_err err;
    FILE *stream = open_memstream(text, size);
    ck_assert_msg(fg_tensors_write(stream, t, &err) == 0, "%s", err.text);
    fclose(stream);
}

START_TEST(add_find_and_set) {
    size_t held = fg_mem_held();
    fg_tensors t = {0};
    fg_err err;
    ck_assert_int_eq(fill(&t, &err), 0);
    ck_assert_uint_eq(t.n, 2);
    ck_assert_str_eq(t.items[1].name, "dense1/weight/eta");
    ck_assert(fg_tensor_get(fg_tensors_find(&t, "dense1/weight/eta"), 1) == 2.5);
    ck_assert_ptr_null(fg_tensors_find(&t, "dense1"));
    ck_assert_str_eq(fg_tensors_meta(&t, "version"), "1");
    ck_assert_ptr_null(fg_tensors_meta(&t, "seed"));
    ck_assert_int_eq(fg_tensors_set(&t, "version", "2\xff\xc3\xa9", &err), 0);
    ck_assert_str_eq(fg_tensors_meta(&t, "version"), "2?\xc3\xa9");
    ck_assert_uint_eq(t.n_meta, 3);
    fg_tensor own = t.items[0].tensor, moved;
    ck_assert_int_eq(fg_tensors_add(&t, "a", &own, &err), FG_EINVAL);
    ck_assert_str_eq(err.text, "there is a tensor 'a' already");
    ck_assert_int_eq(fg_tensors_add(&t, "", &own, &err), FG_EINVAL);
    ck_assert_int_eq(fg_tensors_add(&t, "__metadata__", &own, &err), FG_EINVAL);
    ck_assert_int_eq(fg_tensors_add(&t, "\xff", &own, &err), FG_EINVAL);
    ck_assert_int_eq(fg_tensors_set(&t, "\xff", "x", &err), FG_EINVAL);
    ck_assert_int_eq(fg_tensor_copy(&moved, &own, &err), 0);
    void *data = moved.data;
    ck_assert_int_eq(fg_tensors_move(&t, "a", &moved, &err), FG_EINVAL);
    ck_assert_ptr_eq(moved.data, data);
    ck_assert_int_eq(fg_tensors_move(&t, "b", &moved, &err), 0);
    ck_assert_ptr_null(moved.data);
    ck_assert_ptr_eq(fg_tensors_find(&t, "b")->data, data);
    fg_tensors_free(&t);
    fg_tensors_free(&t);
    fg_tensors_free(NULL);
    ck_assert_uint_eq(fg_mem_held(), held);
}
END_TEST

START_TEST(written_bytes_are_as_the_format_says) {
    fg_tensors t = {0};
    char *text;
    size_t size;
    fg_err err;
    ck_assert_int_eq(fill(&t, &err), 0);
    write_to(&text, &size, &t);
    static const char header[] =
        "{\"__metadata__\":{\"version\":\"1\",\"spec\":\"{\\\"a\\\":\\\"\\\\n\\\"}\\u000a\",\"crc32\":"
        "\"0fa34e91\"},"
        "\"dense1/weight/eta\":{\"dtype\":\"F64\",\"shape\":[3],\"data_offsets\":[0,24]},"
        "\"a\":{\"dtype\":\"F32\",\"shape\":[1,5],\"data_offsets\":[24,44]}}";
    size_t length = (unsigned char)text[0] + 256 * (size_t)(unsigned char)text[1];
    ck_assert_uint_eq(length % 8, 0);
    ck_assert_uint_eq(size, 8 + length + 44);
    char *crc = strstr(text + 8, "crc32\":\"");
    ck_assert_ptr_nonnull(crc);
    char wanted[sizeof header];
    memcpy(wanted, header, sizeof header);
    memcpy(strstr(wanted, "0fa34e91"), crc + 8, 8);
    ck_assert_mem_eq(text + 8, wanted, sizeof header - 1);
    for (size_t i = sizeof header - 1; i < length; i++)
        ck_assert_int_eq(text[8 + i], ' ');
    ck_assert(fg_tensors_recognise((unsigned char *)text, size));
    ck_assert(!fg_tensors_recognise((unsigned char *)text + 8, size - 8));
    ck_assert(!fg_tensors_recognise((unsigned char *)text, 8));
    free(text);
    fg_tensors_free(&t);
}
END_TEST

START_TEST(crc_is_the_usual_one) {
    /* "123456789" is the check value of CRC-32: cbf43926. */
    fg_tensors t = {0};
    fg_tensor digits = {FG_U8, 1, {9}, (char[]){"123456789"}};
    char *text;
    size_t size;
    fg_err err;
    ck_assert_int_eq(fg_tensors_add(&t, "x", &digits, &err), 0);
    write_to(&text, &size, &t);
    ck_assert_ptr_nonnull(strstr(text + 8, "\"crc32\":\"cbf43926\""));
    free(text);
    fg_tensors_free(&t);
}
END_TEST

START_TEST(round_trip_and_equal_files) {
    fg_tensors t = {0}, back, empty = {0};
    char *first, *second;
    size_t size, size2;
    fg_err err;
    ck_assert_int_eq(fill(&t, &err), 0);
    fg_tensor scalar = {FG_I64, 0, {0}, (int64_t[]){-7}}, none = {FG_F32, 2, {0, 3}, NULL};
    ck_assert_int_eq(fg_tensors_add(&t, "scalar", &scalar, &err), 0);
    ck_assert_int_eq(fg_tensors_add(&t, "none", &none, &err), 0);
    write_to(&first, &size, &t);
    ck_assert_msg(fg_tensors_read(&back, (unsigned char *)first, size, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(back.n, 4);
    for (size_t i = 0; i < t.n; i++) {
        const fg_tensor *a = &t.items[i].tensor, *b = fg_tensors_find(&back, t.items[i].name);
        ck_assert_ptr_nonnull(b);
        ck_assert_int_eq(a->dtype, b->dtype);
        ck_assert_int_eq(a->rank, b->rank);
        ck_assert_mem_eq(a->dims, b->dims, sizeof a->dims);
        ck_assert_mem_eq(a->data, b->data, fg_tensor_bytes(a));
    }
    ck_assert_str_eq(fg_tensors_meta(&back, "spec"), "{\"a\":\"\\n\"}\n");
    write_to(&second, &size2, &back);
    ck_assert_uint_eq(size, size2);
    ck_assert_mem_eq(first, second, size);
    free(first);
    free(second);
    fg_tensors_free(&t);
    fg_tensors_free(&back);
    write_to(&first, &size, &empty);
    ck_assert_int_eq(fg_tensors_read(&back, (unsigned char *)first, size, &err), 0);
    ck_assert_uint_eq(back.n, 0);
    ck_assert_str_eq(fg_tensors_meta(&back, "crc32"), "00000000");
    free(first);
    fg_tensors_free(&back);
}
END_TEST

START_TEST(what_other_writers_make) {
    fg_tensors t = read_good("{\"b\" : {\"shape\":[2], \"data_offsets\":[2,4], \"dtype\":\"I8\"},\n"
                             "\"\\u0061\":{\"dtype\":\"BOOL\",\"shape\":[1,2],\"data_offsets\":[0,2]}}  \n ",
                             4);
    ck_assert_str_eq(t.items[0].name, "b");
    ck_assert(fg_tensor_get(fg_tensors_find(&t, "b"), 1) == 3);
    ck_assert(fg_tensor_get(fg_tensors_find(&t, "a"), 1) == 1);
    fg_tensors_free(&t);
    t = read_good("{}", 0);
    ck_assert_uint_eq(t.n, 0);
    fg_tensors_free(&t);
    t = read_good("{\"__metadata__\":{}}", 0);
    fg_tensors_free(&t);
    t = read_good("{\"z\":{\"dtype\":\"F64\",\"shape\":[0],\"data_offsets\":[1,1]},"
                  "\"y\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[0,1]}}",
                  1);
    ck_assert_uint_eq(t.n, 2);
    fg_tensors_free(&t);
}
END_TEST

#define ONE(dtype, shape, offsets)                                                                           \
    "{\"a\":{\"dtype\":" dtype ",\"shape\":" shape ",\"data_offsets\":" offsets "}}"

START_TEST(bad_headers) {
    check_bad("", 0, "expected '{'");
    check_bad("[]", 0, "expected '{'");
    check_bad("{", 0, "expected the name");
    check_bad("{\"a\"", 0, "':'");
    check_bad("{\"a\":1}", 0, "description");
    check_bad("{\"a\":{}}", 0, "expected a key");
    check_bad("{} {}", 0, "nothing but blanks");
    check_bad("{\"a\":{\"dtype\":\"U8\",\"shape\":[0]}}", 0, "expected dtype, shape and data_offsets");
    check_bad("{\"a\":{\"dtype\":\"U8\",\"dtype\":\"U8\",\"shape\":[0]}}", 0, "stands twice");
    check_bad("{\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0],\"x\":{\"y\":[]}}}", 0,
              "a key other");
    check_bad("{\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}", 0, "'}'");
    check_bad("{\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]},}", 0, "name");
    check_bad(ONE("\"BF16\"", "[1]", "[0,2]"), 2, "'BF16' is not supported");
    check_bad(ONE("3", "[1]", "[0,2]"), 2, "element type");
    check_bad(ONE("\"U8\"", "[1,1,1,1,1,1,1,1,1]", "[0,1]"), 1, "8 dimensions");
    check_bad(ONE("\"U8\"", "[-1]", "[0,1]"), 1, "whole number");
    check_bad(ONE("\"U8\"", "[[[[[[1]]]]]]", "[0,1]"), 1, "whole number");
    check_bad(ONE("\"U8\"", "[1.0]", "[0,1]"), 1, "']'");
    check_bad(ONE("\"U8\"", "[1]", "[0]"), 1, "two data_offsets");
    check_bad(ONE("\"U8\"", "[1]", "[0,1,1]"), 1, "two data_offsets");
    check_bad("{\"__metadata__\":{\"a\":1}}", 0, "metadata value");
    check_bad("{\"__metadata__\":{\"a\":{\"b\":\"c\"}}}", 0, "metadata value");
    check_bad("{\"__metadata__\":{\"a\":\"1\",\"b\":\"2\",\"a\":\"3\"}}", 0, "metadata key 'a' stands twice");
    check_bad("{\"__metadata__\":{},\"__metadata__\":{}}", 0, "stands twice");
    check_bad("{\"__metadata__\":[]}", 0, "expected metadata");
    check_bad("{\"\xff\":{}}", 0, "UTF-8");
}
END_TEST

START_TEST(lying_sizes_and_layouts) {
    check_bad(ONE("\"F64\"", "[2]", "[0,8]"), 8, "do not hold its 16 bytes");
    check_bad(ONE("\"F64\"", "[1]", "[8,0]"), 8, "do not hold");
    check_bad(ONE("\"U8\"", "[4294967296,4294967296]", "[0,0]"), 0, "too large");
    check_bad(ONE("\"F64\"", "[2305843009213693952]", "[0,0]"), 0, "too large");
    check_bad(ONE("\"U8\"", "[18446744073709551616]", "[0,0]"), 0, "too large");
    check_bad(ONE("\"U8\"", "[1000000000000]", "[0,1000000000000]"), 4, "announces 1000000000000 bytes");
    check_bad(ONE("\"U8\"", "[4]", "[0,4]"), 3, "announces 4 bytes of tensors, there are 3");
    check_bad(ONE("\"U8\"", "[4]", "[0,4]"), 5, "announces 4 bytes of tensors, there are 5");
    check_bad(ONE("\"U8\"", "[2]", "[1,3]"), 3, "starts at byte 1, expected 0");
    check_bad("{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},"
              "\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[1,3]}}",
              3, "'b' starts at byte 1, expected 2");
    check_bad("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},"
              "\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,2]}}",
              2, "the name 'a' stands twice");
    check_bad("{\"__metadata__\":{\"crc32\":\"00000000\"},\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_"
              "offsets\":[0,2]}}",
              2, "damaged");
    unsigned char file[16] = {0};
    fg_tensors t;
    fg_err err;
    memset(file, 0xff, 8);
    ck_assert_int_eq(fg_tensors_read(&t, file, 16, &err), FG_EFORMAT);
    ck_assert_ptr_nonnull(strstr(err.text, "at most 100000000"));
    ck_assert(!fg_tensors_recognise(file, 16));
    memcpy(file, "\x09\0\0\0\0\0\0\0", 8);
    ck_assert_int_eq(fg_tensors_read(&t, file, 16, &err), FG_EFORMAT);
    ck_assert_ptr_nonnull(strstr(err.text, "cut off"));
}
END_TEST

/* testdata/bad/data/expected.txt has "name: message" lines. */
START_TEST(bad_files) {
    FILE *list = fopen("testdata/bad/data/expected.txt", "r");
    ck_assert_ptr_nonnull(list);
    char line[1024], path[1200];
    int n = 0;
    while (fgets(line, sizeof line, list)) {
        unsigned char *bytes;
        size_t size;
        fg_tensors t;
        fg_err err;
        line[strcspn(line, "\n")] = 0;
        char *message = strstr(line, ": ");
        ck_assert_ptr_nonnull(message);
        *message = 0;
        if (!strstr(line, ".fgm"))
            continue;
        snprintf(path, sizeof path, "testdata/bad/data/%s", line);
        ck_assert_int_eq(fg_io_read_all(&bytes, &size, path, 1 << 20, &err), 0);
        ck_assert_int_eq(fg_tensors_read(&t, bytes, size, &err), FG_EFORMAT);
        ck_assert_str_eq(err.text, message + 2);
        fg_free(bytes);
        n++;
    }
    fclose(list);
    ck_assert_int_gt(n, 20);
}
END_TEST

START_TEST(cut_off_or_changed_anywhere) {
    fg_tensors t = {0}, back;
    char *text;
    size_t size, held = fg_mem_held();
    fg_err err;
    ck_assert_int_eq(fill(&t, &err), 0);
    write_to(&text, &size, &t);
    fg_tensors_free(&t);
    for (size_t n = 0; n < size; n++) {
        unsigned char *part = fg_alloc(n, 1);
        memcpy(part, text, n);
        ck_assert_int_eq(fg_tensors_read(&back, part, n, &err), FG_EFORMAT);
        fg_free(part);
    }
    for (size_t i = size - 44; i < size; i++) {
        text[i] ^= 4;
        ck_assert_int_eq(fg_tensors_read(&back, (unsigned char *)text, size, &err), FG_EFORMAT);
        ck_assert_ptr_nonnull(strstr(err.text, "damaged"));
        text[i] ^= 4;
    }
    free(text);
    ck_assert_uint_eq(fg_mem_held(), held);
}
END_TEST

START_TEST(no_memory) {
    fg_tensors t = {0}, back;
    fg_err err;
    char *text;
    size_t size, held = fg_mem_held();
    for (uint64_t n = 1;; n++) {
        fg_mem_fail_at(n);
        int code = fill(&t, &err);
        fg_mem_fail_at(0);
        if (code == 0)
            break;
        ck_assert_int_eq(code, FG_ENOMEM);
        fg_tensors_free(&t);
        ck_assert_uint_eq(fg_mem_held(), held);
    }
    size_t filled = fg_mem_held();
    for (uint64_t n = 1;; n++) {
        FILE *stream = open_memstream(&text, &size);
        fg_mem_fail_at(n);
        int code = fg_tensors_write(stream, &t, &err);
        fg_mem_fail_at(0);
        fclose(stream);
        if (code == 0)
            break;
        free(text);
        ck_assert_int_eq(code, FG_ENOMEM);
        ck_assert_uint_eq(fg_mem_held(), filled);
    }
    for (uint64_t n = 1;; n++) {
        fg_mem_fail_at(n);
        int code = fg_tensors_read(&back, (unsigned char *)text, size, &err);
        fg_mem_fail_at(0);
        if (code == 0)
            break;
        ck_assert_int_eq(code, FG_ENOMEM);
        ck_assert_uint_eq(fg_mem_held(), filled);
    }
    ck_assert_int_eq(fg_tensors_set(&back, "more", "of it", &err), 0);
    fg_tensors_free(&back);
    fg_tensors_free(&t);
    free(text);
    ck_assert_uint_eq(fg_mem_held(), held);
}
END_TEST

START_TEST(write_errors_are_reported) {
    static double values[100000];
    fg_tensor big = {FG_F64, 1, {100000}, values};
    fg_tensors t = {0};
    fg_err err;
    FILE *full = fopen("/dev/full", "wb");
    if (!full)
        return;
    ck_assert_int_eq(fg_tensors_add(&t, "x", &big, &err), 0);
    ck_assert_int_eq(fg_tensors_write(full, &t, &err), FG_EIO);
    fclose(full);
    fg_tensors_free(&t);
}
END_TEST

FG_TEST_MAIN("data/safetensors", add_find_and_set, written_bytes_are_as_the_format_says, crc_is_the_usual_one,
             round_trip_and_equal_files, what_other_writers_make, bad_headers, lying_sizes_and_layouts,
             bad_files, cut_off_or_changed_anywhere, no_memory, write_errors_are_reported)
