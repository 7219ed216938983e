#include "data/rows.h"

#include <string.h>

#include "base/mem.h"
#include "base/test.h"

enum { N = 1000 };

START_TEST(shuffle_is_a_seeded_permutation) {
    fg_rows rows, other;
    char seen[N] = {0};
    size_t moved = 0;
    ck_assert_int_eq(fg_rows_all(&rows, N, NULL), 0);
    ck_assert_int_eq(fg_rows_all(&other, N, NULL), 0);
    for (size_t i = 0; i < N; i++)
        ck_assert_uint_eq(rows.at[i], i);
    fg_rows_shuffle(&rows, 5, 1);
    for (size_t i = 0; i < N; i++) {
        moved += rows.at[i] != i;
        ck_assert_int_eq(seen[rows.at[i]]++, 0);
    }
    ck_assert_uint_gt(moved, N * 9 / 10);
    fg_rows_shuffle(&other, 5, 1);
    ck_assert_mem_eq(rows.at, other.at, N * sizeof *rows.at);
    fg_rows_shuffle(&other, 5, 2);
    ck_assert_mem_ne(rows.at, other.at, N * sizeof *rows.at);
    fg_rows_free(&other);
    ck_assert_int_eq(fg_rows_all(&other, N, NULL), 0);
    fg_rows_shuffle(&other, 6, 1);
    ck_assert_mem_ne(rows.at, other.at, N * sizeof *rows.at);
    fg_rows_free(&other);
    fg_rows_free(&rows);
    ck_assert_int_eq(fg_rows_all(&rows, 0, NULL), 0);
    fg_rows_shuffle(&rows, 1, 1);
    fg_rows_free(&rows);
}
END_TEST

START_TEST(shuffle_is_even) {
    /* All orders of three, 6000 draws: each 1000 times, with a standard deviation of 29. */
    int counts[27] = {0};
    for (uint64_t seed = 0; seed < 6000; seed++) {
        size_t order[3] = {0, 1, 2};
        fg_rows_shuffle(&(fg_rows){3, order}, seed, 7);
        counts[order[0] * 9 + order[1] * 3 + order[2]]++;
    }
    static const int orders[] = {5, 7, 11, 15, 19, 21};
    for (int i = 0; i < 6; i++)
        ck_assert_msg(counts[orders[i]] > 850 && counts[orders[i]] < 1150, "%d", counts[orders[i]]);
}
END_TEST

static void check_within(const fg_rows *few, const fg_rows *more) {
    for (size_t i = 0, found = 0; i < few->n; i++, found++) {
        while (found < more->n && more->at[found] != few->at[i])
            found++;
        ck_assert_uint_lt(found, more->n);
    }
}

START_TEST(fewer_rows_are_some_of_more) {
    fg_rows rest, held, fewer, more;
    ck_assert_int_eq(fg_rows_split(&rest, &held, N, 100, 3, NULL), 0);
    ck_assert_int_eq(fg_rows_split(&fewer, &more, N, 700, 3, NULL), 0);
    check_within(&held, &more);
    check_within(&fewer, &rest);
    fg_rows_free(&rest);
    fg_rows_free(&held);
    fg_rows_free(&fewer);
    fg_rows_free(&more);
}
END_TEST

START_TEST(splits_are_disjoint_and_whole) {
    static const size_t held_counts[] = {0, 1, 137, N - 1, N};
    for (size_t k = 0; k < 5; k++) {
        fg_rows rest, held, again, other;
        char seen[N] = {0};
        ck_assert_int_eq(fg_rows_split(&rest, &held, N, held_counts[k], 3, NULL), 0);
        ck_assert_uint_eq(held.n, held_counts[k]);
        ck_assert_uint_eq(rest.n + held.n, N);
        for (size_t i = 0; i < rest.n; i++) {
            ck_assert(!i || rest.at[i] > rest.at[i - 1]);
            seen[rest.at[i]]++;
        }
        for (size_t i = 0; i < held.n; i++) {
            ck_assert(!i || held.at[i] > held.at[i - 1]);
            seen[held.at[i]]++;
        }
        ck_assert_ptr_null(memchr(seen, 0, N));
        ck_assert_ptr_null(memchr(seen, 2, N));
        fg_rows_free(&rest);
        ck_assert_int_eq(fg_rows_split(&rest, &again, N, held_counts[k], 3, NULL), 0);
        ck_assert_mem_eq(held.at, again.at, held.n * sizeof *held.at);
        fg_rows_free(&rest);
        ck_assert_int_eq(fg_rows_split(&rest, &other, N, held_counts[k], 4, NULL), 0);
        if (held.n && held.n < N)
            ck_assert_mem_ne(held.at, other.at, held.n * sizeof *held.at);
        fg_rows_free(&rest);
        fg_rows_free(&held);
        fg_rows_free(&again);
        fg_rows_free(&other);
    }
    fg_rows rest, held;
    ck_assert_int_eq(fg_rows_split(&rest, &held, 5, 6, 0, NULL), FG_EINVAL);
    ck_assert(!rest.at && !held.at);
}
END_TEST

/* Held rows come from everywhere: of 1000 draws of 10 of 100 rows each row is held about 100 times
 * (deviation 9.5). */
START_TEST(splits_are_even) {
    int counts[100] = {0};
    for (uint64_t seed = 0; seed < 1000; seed++) {
        fg_rows rest, held;
        ck_assert_int_eq(fg_rows_split(&rest, &held, 100, 10, seed, NULL), 0);
        for (size_t i = 0; i < 10; i++)
            counts[held.at[i]]++;
        fg_rows_free(&rest);
        fg_rows_free(&held);
    }
    for (int i = 0; i < 100; i++)
        ck_assert_msg(counts[i] > 50 && counts[i] < 150, "row %d: %d", i, counts[i]);
}
END_TEST

START_TEST(amounts) {
    size_t n;
    fg_err err;
    ck_assert(fg_rows_amount(&n, 0.1, 60000, NULL) == 0 && n == 6000);
    ck_assert(fg_rows_amount(&n, 5000, 60000, NULL) == 0 && n == 5000);
    ck_assert(fg_rows_amount(&n, 0.5, 3, NULL) == 0 && n == 2);
    ck_assert(fg_rows_amount(&n, 1, 2, NULL) == 0 && n == 1);
    const double bad[] = {0, -1, 1.5, __builtin_nan(""), __builtin_inf(), 0.001, 100, 101, 0.999, 1e300};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert_int_eq(fg_rows_amount(&n, bad[i], 100, &err), FG_EINVAL);
        ck_assert(*err.text && n == 0);
    }
}
END_TEST

START_TEST(no_memory) {
    for (uint64_t n = 1;; n++) {
        fg_rows rest, held;
        size_t before = fg_mem_held();
        fg_mem_fail_at(n);
        int code = fg_rows_split(&rest, &held, 10, 4, 0, NULL);
        fg_mem_fail_at(0);
        if (!code) {
            fg_rows_free(&rest);
            fg_rows_free(&held);
            break;
        }
        ck_assert_int_eq(code, FG_ENOMEM);
        ck_assert(!rest.at && !held.at);
        ck_assert_uint_eq(fg_mem_held(), before);
    }
}
END_TEST

START_TEST(batches_cover_everything_once) {
    for (size_t n = 0; n < 12; n++)
        for (size_t size = 1; size < 14; size++) {
            size_t at = 0, first, count;
            for (size_t i = 0; i < fg_batch_count(n, size); i++) {
                fg_batch_range(&first, &count, n, size, i);
                ck_assert_uint_eq(first, at);
                ck_assert(count >= 1 && count <= size);
                at += count;
            }
            ck_assert_uint_eq(at, n);
        }
}
END_TEST

FG_TEST_MAIN("data/rows", shuffle_is_a_seeded_permutation, shuffle_is_even, fewer_rows_are_some_of_more,
             splits_are_disjoint_and_whole, splits_are_even, amounts, no_memory,
             batches_cover_everything_once)
