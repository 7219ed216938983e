#include "data/idx.h"

#include <string.h>

#include "base/mem.h"
#include "base/test.h"
#include "data/gzip_internal.h"
#include "data/unpack.h"

enum { ROOM = 4096 };

static unsigned char file[ROOM], packed[ROOM];

/* A file of unsigned bytes 1, 2, ... with this type, rank and dims; its length with `size` bytes of data. */
static size_t make(int type, int rank, const uint32_t dims[], size_t size) {
    size_t at = 4;
    memcpy(file, (unsigned char[]){0, 0, (unsigned char)type, (unsigned char)rank}, 4);
    for (int i = 0; i < rank; i++)
        for (int shift = 24; shift >= 0; shift -= 8)
            file[at++] = (unsigned char)(dims[i] >> shift);
    for (size_t i = 0; i < size; i++)
        file[at++] = (unsigned char)(i + 1);
    return at;
}

static void check_bad(const unsigned char *bytes, size_t size, const char *message) {
    for (size_t limit = 0; limit < 2; limit++) {
        fg_idx idx;
        fg_err err;
        size_t held = fg_mem_held();
        ck_assert_int_eq(fg_idx_read(&idx, bytes, size, limit, &err), FG_EFORMAT);
        ck_assert_msg(strstr(err.text, message) != NULL, "%s: %s", message, err.text);
        ck_assert_ptr_null(idx.data);
        ck_assert_uint_eq(fg_mem_held(), held);
    }
}

/* The same plain and packed. */
static void check_bad_both(size_t size, const char *message) {
    check_bad(file, size, message);
    check_bad(packed, fg_test_gzip(packed, ROOM, file, size), message);
}

START_TEST(images_and_labels) {
    for (int zipped = 0; zipped < 2; zipped++)
        for (size_t limit = 0; limit < 6; limit++) {
            fg_idx idx;
            size_t n = make(8, 3, (uint32_t[]){4, 2, 3}, 24), kept = limit && limit < 4 ? limit : 4;
            if (zipped)
                n = fg_test_gzip(packed, ROOM, file, n);
            ck_assert_int_eq(fg_idx_read(&idx, zipped ? packed : file, n, limit, NULL), 0);
            ck_assert(idx.images && idx.n == 4 && idx.kept == kept && idx.height == 2 && idx.width == 3);
            ck_assert_mem_eq(idx.data, file + 16, 6 * kept);
            fg_idx_free(&idx);
            n = make(8, 1, (uint32_t[]){9}, 9);
            if (zipped)
                n = fg_test_gzip(packed, ROOM, file, n);
            ck_assert_int_eq(fg_idx_read(&idx, zipped ? packed : file, n, limit, NULL), 0);
            ck_assert(!idx.images && idx.n == 9 && idx.height == 1 && idx.width == 1);
            ck_assert_mem_eq(idx.data, file + 8, idx.kept);
            fg_idx_free(&idx);
        }
    fg_idx none;
    size_t n = make(8, 3, (uint32_t[]){0, 2, 3}, 0);
    ck_assert_int_eq(fg_idx_read(&none, file, n, 0, NULL), 0);
    ck_assert_uint_eq(none.n, 0);
    fg_idx_free(&none);
}
END_TEST

START_TEST(recognised) {
    size_t n = make(8, 3, (uint32_t[]){4, 2, 3}, 24);
    ck_assert(fg_idx_recognise(file, n) && fg_idx_fits(file, n));
    ck_assert(!fg_idx_fits(file, n - 1) && !fg_idx_fits(file, n + 1) && !fg_idx_fits(file, 4));
    ck_assert(!fg_idx_recognise(file, 3));
    n = make(13, 1, (uint32_t[]){1}, 4);
    ck_assert(fg_idx_recognise(file, n) && !fg_idx_fits(file, n));
    ck_assert(!fg_idx_recognise((const unsigned char *)"\0\0\x0a\x01", 4));
    ck_assert(!fg_idx_recognise((const unsigned char *)"\0\0\x08\0", 4));
    ck_assert(!fg_idx_recognise((const unsigned char *)"1,2\n", 4));
}
END_TEST

START_TEST(other_kinds) {
    check_bad_both(make(9, 3, (uint32_t[]){1, 2, 2}, 4), "elements of type 0x09 (signed bytes)");
    check_bad_both(make(13, 1, (uint32_t[]){1}, 4), "elements of type 0x0d (floats), only unsigned bytes");
    check_bad_both(make(8, 2, (uint32_t[]){2, 2}, 4), "IDX: 2 dimensions, expected 3 (images) or 1 (labels)");
    check_bad_both(make(8, 4, (uint32_t[]){1, 1, 1, 1}, 1), "4 dimensions");
    check_bad_both(make(7, 1, (uint32_t[]){1}, 1), "not an IDX file");
    check_bad(file, 0, "not an IDX file");
    check_bad(packed, fg_test_gzip(packed, ROOM, "1,2\n", 4), "not an IDX file");
}
END_TEST

START_TEST(cut_anywhere) {
    size_t n = make(8, 3, (uint32_t[]){4, 2, 3}, 24);
    for (size_t i = 0; i < n; i++)
        check_bad_both(i, i < 4    ? "not an IDX file"
                          : i < 16 ? "cut off in the header"
                                   : "announces 24 bytes of data");
    size_t length = fg_test_gzip(packed, ROOM, file, n);
    for (size_t i = 2; i < length; i++)
        check_bad(packed, i, "gzip: cut off");
    packed[length - 8] ^= 1;
    check_bad(packed, length, "incorrect data check");
}
END_TEST

START_TEST(lying_headers) {
    check_bad_both(make(8, 3, (uint32_t[]){4, 2, 3}, 25), "announces 24 bytes of data, the file has 25");
    check_bad_both(make(8, 1, (uint32_t[]){5}, 4), "announces 5 bytes of data, the file has 4");
    check_bad_both(make(8, 3, (uint32_t[]){0, 2, 3}, 6), "announces 0 bytes of data, the file has 6");
    check_bad_both(make(8, 3, (uint32_t[]){0xffffffff, 0xffffffff, 0xffffffff}, 24), "are supported");
    check_bad_both(make(8, 3, (uint32_t[]){0x10000, 0x10000, 2}, 24), "are supported");
    check_bad(file, make(8, 1, (uint32_t[]){0xffffffff}, 24), "the file has 24");
    size_t n = fg_test_gzip(packed, ROOM, file, make(8, 1, (uint32_t[]){0xffffffff}, 24));
    check_bad(packed, n, "announces 4294967295 bytes of data, which ");
}
END_TEST

/* A header within what the packed bytes could be, but far beyond what they are: the block grows with the
 * data. */
START_TEST(memory_follows_the_data) {
    enum { DATA = 1 << 20 };
    unsigned char *data = calloc(DATA + 8, 1), *bytes = malloc(DATA);
    fg_idx idx;
    fg_err err;
    ck_assert(data && bytes);
    for (size_t i = 8; i < DATA + 8; i++)
        data[i] = (unsigned char)(i * i >> 9);
    memcpy(data, "\0\0\x08\x01\x08\0\0\0", 8); /* 128 MB */
    size_t n = fg_test_gzip(bytes, DATA, data, DATA + 8), held = fg_mem_held();
    ck_assert_uint_gt(n, ((size_t)1 << 27) / FG_GZIP_RATIO);
    fg_mem_limit(held + 3 * DATA + 200000);
    ck_assert_int_eq(fg_idx_read(&idx, bytes, n, 0, &err), FG_EFORMAT);
    fg_mem_limit(0);
    ck_assert_msg(strstr(err.text, "the file has 1048576") != NULL, "%s", err.text);
    free(data);
    free(bytes);
}
END_TEST

START_TEST(no_memory) {
    static unsigned char big[8 + 200000] = {0, 0, 8, 1, 0, 3, 0x0d, 0x40};
    for (uint64_t n = 1;; n++) {
        fg_idx idx;
        fg_err err;
        size_t held = fg_mem_held();
        fg_mem_fail_at(n);
        int code = fg_idx_read(&idx, big, sizeof big, 0, &err);
        fg_mem_fail_at(0);
        if (!code) {
            ck_assert_uint_gt(n, 3);
            ck_assert_uint_eq(idx.kept, 200000);
            fg_idx_free(&idx);
            break;
        }
        ck_assert_int_eq(code, FG_ENOMEM);
        ck_assert_uint_eq(fg_mem_held(), held);
    }
}
END_TEST

FG_TEST_MAIN("data/idx", images_and_labels, recognised, other_kinds, cut_anywhere, lying_headers,
             memory_follows_the_data, no_memory)
