#include "data/cifar.h"

#include <string.h>

#include "base/mem.h"
#include "base/test.h"
#include "data/gzip_internal.h"

enum { RECORDS = 3, SIZE = RECORDS * FG_CIFAR_RECORD };

static unsigned char file[SIZE + 1], packed[2 * SIZE];

static unsigned char pixel(size_t record, size_t y, size_t x, size_t channel) {
    return (unsigned char)(record * 50 + y * 7 + x * 3 + channel * 100);
}

/* Record i has label i + 7. */
static void make(void) {
    unsigned char *to = file;
    for (size_t i = 0; i < RECORDS; i++) {
        *to++ = (unsigned char)(i + 7);
        for (size_t c = 0; c < 3; c++)
            for (size_t y = 0; y < FG_CIFAR_SIDE; y++)
                for (size_t x = 0; x < FG_CIFAR_SIDE; x++)
                    *to++ = pixel(i, y, x, c);
    }
}

static void check_image(const fg_cifar *set, size_t at, size_t record) {
    const unsigned char *p = set->pixels + at * FG_CIFAR_PIXELS;
    ck_assert_int_eq(set->labels[at], (int)record + 7);
    for (size_t y = 0; y < FG_CIFAR_SIDE; y++)
        for (size_t x = 0; x < FG_CIFAR_SIDE; x++)
            for (size_t c = 0; c < 3; c++)
                ck_assert_int_eq(*p++, pixel(record, y, x, c));
}

static void check_bad(const unsigned char *bytes, size_t size, size_t limit, const char *message) {
    fg_cifar set = {0};
    fg_err err;
    ck_assert_int_eq(fg_cifar_add(&set, bytes, size, limit, &err), FG_EFORMAT);
    ck_assert_msg(strstr(err.text, message) != NULL, "%s: %s", message, err.text);
    fg_cifar_free(&set);
}

START_TEST(records_become_images) {
    fg_cifar set = {0};
    make();
    size_t n = fg_test_gzip(packed, sizeof packed, file, SIZE), held = fg_mem_held();
    ck_assert_int_eq(fg_cifar_add(&set, file, SIZE, 0, NULL), 0);
    ck_assert_int_eq(fg_cifar_add(&set, packed, n, 0, NULL), 0);
    ck_assert_uint_eq(set.n, 2 * RECORDS);
    for (size_t i = 0; i < set.n; i++)
        check_image(&set, i, i % RECORDS);
    fg_cifar_free(&set);
    ck_assert_uint_eq(fg_mem_held(), held);
    for (size_t limit = 1; limit < 8; limit++) {
        for (int i = 0; i < 2; i++)
            ck_assert_int_eq(fg_cifar_add(&set, file, SIZE, limit, NULL), 0);
        ck_assert_uint_eq(set.n, limit < 6 ? limit : 6);
        check_image(&set, set.n - 1, (set.n - 1) % RECORDS);
        fg_cifar_free(&set);
    }
}
END_TEST

START_TEST(recognised) {
    make();
    ck_assert(fg_cifar_recognise(file, SIZE) && fg_cifar_recognise(file, FG_CIFAR_RECORD));
    ck_assert(!fg_cifar_recognise(file, SIZE + 1) && !fg_cifar_recognise(file, 0));
    file[FG_CIFAR_RECORD] = 10;
    ck_assert(!fg_cifar_recognise(file, SIZE) && fg_cifar_recognise(file, FG_CIFAR_RECORD));
}
END_TEST

START_TEST(cut_anywhere) {
    make();
    for (size_t i = 0; i < SIZE; i++)
        if (i == 0 || i % FG_CIFAR_RECORD)
            check_bad(file, i, i % 2, "is cut off");
    check_bad(file, FG_CIFAR_RECORD + 5, 0, "CIFAR-10: record 2 is cut off: 5 of 3073 bytes");
    check_bad(file, SIZE + 1, 1, "record 4 is cut off: 1 of 3073 bytes");
    size_t n = fg_test_gzip(packed, sizeof packed, file, SIZE);
    for (size_t i = 2; i < n; i += 11)
        check_bad(packed, i, 0, "gzip: cut off");
    packed[n - 8] ^= 1;
    check_bad(packed, n, 0, "incorrect data check");
    check_bad(packed, n, 1, "incorrect data check");
}
END_TEST

START_TEST(labels_out_of_range) {
    make();
    file[2 * FG_CIFAR_RECORD] = 10;
    check_bad(file, SIZE, 0, "CIFAR-10: record 3: the label is 10, expected 0 to 9");
    check_bad(file, SIZE, 1, "record 3: the label is 10");
}
END_TEST

START_TEST(no_memory) {
    make();
    size_t length = fg_test_gzip(packed, sizeof packed, file, SIZE);
    for (uint64_t n = 1;; n++) {
        fg_cifar set = {0};
        fg_err err;
        size_t held = fg_mem_held();
        fg_mem_fail_at(n);
        int code = fg_cifar_add(&set, packed, length, 0, &err);
        fg_mem_fail_at(0);
        fg_cifar_free(&set);
        ck_assert_uint_eq(fg_mem_held(), held);
        if (!code)
            break;
        ck_assert_int_eq(code, FG_ENOMEM);
    }
}
END_TEST

FG_TEST_MAIN("data/cifar", records_become_images, recognised, cut_anywhere, labels_out_of_range, no_memory)
