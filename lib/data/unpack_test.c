#include "data/unpack.h"

#include <string.h>

#include "base/mem.h"
#include "base/test.h"
#include "data/gzip_internal.h"

enum { N = 5000, PACKED = 12000 };

static unsigned char plain[N], packed[PACKED], out[4 * N];

static void fill(void) {
    for (int i = 0; i < N; i++)
        plain[i] = (unsigned char)(i * i / 7 ^ i >> 3);
}

/* Everything in pieces of `step` bytes; the code of the last read. */
static int read_steps(size_t *used, const unsigned char *bytes, size_t size, size_t step, fg_err *err) {
    fg_unpack *u;
    size_t held = fg_mem_held(), got = step;
    *used = 0;
    int code = fg_unpack_open(&u, bytes, size, err);
    while (!code && got == step) {
        ck_assert_uint_le(*used + step, sizeof out);
        code = fg_unpack_read(&got, u, out + *used, step, err);
        *used += code ? 0 : got;
    }
    fg_unpack_close(u);
    ck_assert_uint_eq(fg_mem_held(), held);
    return code;
}

static void check_good(const unsigned char *bytes, size_t size, size_t times) {
    static const size_t steps[] = {1, 7, 999, N, 2 * N + 50};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        fg_err err;
        size_t used;
        ck_assert_msg(read_steps(&used, bytes, size, steps[i], &err) == 0, "%s", err.text);
        ck_assert_uint_eq(used, times * N);
        for (size_t t = 0; t < times; t++)
            ck_assert_mem_eq(out + t * N, plain, N);
    }
}

static void check_bad(const unsigned char *bytes, size_t size, const char *message) {
    fg_err err;
    size_t used;
    ck_assert_int_eq(read_steps(&used, bytes, size, N, &err), FG_EFORMAT);
    ck_assert_msg(strstr(err.text, message) != NULL, "%s: %s", message, err.text);
}

START_TEST(plain_and_packed) {
    size_t used;
    fill();
    check_good(plain, N, 1);
    size_t size = fg_test_gzip(packed, PACKED, plain, N);
    check_good(packed, size, 1);
    ck_assert_int_eq(read_steps(&used, plain, 0, 10, NULL), 0);
    ck_assert_uint_eq(used, 0);
    fg_unpack_close(NULL);
}
END_TEST

START_TEST(several_members) {
    fill();
    size_t size = fg_test_gzip(packed, PACKED, plain, 1000);
    size += fg_test_gzip(packed + size, PACKED - size, plain, 0);
    size += fg_test_gzip(packed + size, PACKED - size, plain + 1000, N - 1000);
    check_good(packed, size, 1);
    size_t once = fg_test_gzip(packed, PACKED, plain, N);
    ck_assert_uint_le(2 * once, PACKED);
    memcpy(packed + once, packed, once);
    check_good(packed, 2 * once, 2);
}
END_TEST

START_TEST(cut_anywhere) {
    fill();
    size_t size = fg_test_gzip(packed, PACKED, plain, N);
    for (size_t n = 2; n < size; n++)
        check_bad(packed, n, "gzip: cut off");
}
END_TEST

START_TEST(what_stands_behind) {
    fill();
    size_t size = fg_test_gzip(packed, PACKED, plain, N);
    memcpy(packed + size, "garbage", 7);
    check_bad(packed, size + 7, "gzip: 7 bytes of something else behind its end");
    check_bad(packed, size + 1, "gzip: 1 bytes of something else behind its end");
    memset(packed + size, 0, 7);
    check_bad(packed, size + 7, "something else");
    packed[size] = 0x1f;
    check_bad(packed, size + 1, "something else");
    packed[size + 1] = 0x8b;
    check_bad(packed, size + 2, "cut off");
}
END_TEST

START_TEST(damaged) {
    fill();
    size_t size = fg_test_gzip(packed, PACKED, plain, N);
    packed[size - 8] ^= 1;
    check_bad(packed, size, "gzip: damaged (incorrect data check)");
    packed[size - 8] ^= 1;
    packed[size - 1] ^= 1;
    check_bad(packed, size, "gzip: damaged (incorrect length check)");
    packed[size - 1] ^= 1;
    packed[2] = 7;
    check_bad(packed, size, "gzip: damaged (unknown compression method)");
    packed[2] = 8;
    for (size_t i = 10; i < size; i += 13) {
        size_t used;
        fg_err err;
        packed[i] ^= 0x10;
        int code = read_steps(&used, packed, size, N, &err);
        /* Some bits of the format mean nothing. */
        ck_assert(code == FG_EFORMAT || (used == N && memcmp(out, plain, N) == 0));
        packed[i] ^= 0x10;
    }
}
END_TEST

START_TEST(skipping) {
    fg_unpack *u;
    size_t size;
    fill();
    size_t length = fg_test_gzip(packed, PACKED, plain, N);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(fg_unpack_open(&u, i ? packed : plain, i ? length : N, NULL), 0);
        ck_assert_int_eq(fg_unpack_skip(&size, u, SIZE_MAX, NULL), 0);
        ck_assert_uint_eq(size, N);
        ck_assert_int_eq(fg_unpack_skip(&size, u, 0, NULL), 0);
        ck_assert_uint_eq(size, 0);
        fg_unpack_close(u);
    }
}
END_TEST

/* 64 MB of zeros in 64 kB: skipping past a limit stops early and takes no memory to speak of. */
START_TEST(bomb) {
    enum { BIG = 1 << 26 };
    unsigned char *zeros = calloc(BIG, 1), *bytes = malloc(BIG / 100);
    fg_unpack *u;
    size_t size, peak;
    ck_assert(zeros && bytes);
    size_t length = fg_test_gzip(bytes, BIG / 100, zeros, BIG);
    ck_assert_uint_le(BIG / FG_GZIP_RATIO, length);
    ck_assert_int_eq(fg_unpack_open(&u, bytes, length, NULL), 0);
    ck_assert_int_eq(fg_unpack_skip(&size, u, 100000, NULL), 0);
    ck_assert(size > 100000 && size < 200000);
    peak = fg_mem_held();
    ck_assert_uint_lt(peak, 100000);
    fg_unpack_close(u);
    free(zeros);
    free(bytes);
}
END_TEST

START_TEST(no_memory) {
    size_t used;
    fg_err err;
    fill();
    size_t size = fg_test_gzip(packed, PACKED, plain, N);
    for (uint64_t n = 1;; n++) {
        fg_mem_fail_at(n);
        int code = read_steps(&used, packed, size, N, &err);
        fg_mem_fail_at(0);
        if (!code)
            break;
        ck_assert_int_eq(code, FG_ENOMEM);
        ck_assert_uint_lt(n, 10);
    }
}
END_TEST

FG_TEST_MAIN("data/unpack", plain_and_packed, several_members, cut_anywhere, what_stands_behind, damaged,
             skipping, bomb, no_memory)
