#include "base/mem.h"

#include <string.h>

#include "base/err.h"
#include "base/test.h"

#include <malloc.h>
#include <stddef.h>

START_TEST(held_follows_every_call) {
    size_t before = fg_mem_held();
    unsigned char *p = fg_alloc(100, 3);
    ck_assert_ptr_nonnull(p);
    ck_assert_uint_ge(fg_mem_held(), before + 300);
    ck_assert_uint_eq((uintptr_t)p % 16, 0);
    memset(p, 7, 300);
    p = fg_resize(p, 1000, 3);
    ck_assert_ptr_nonnull(p);
    ck_assert_int_eq(p[299], 7);
    ck_assert_uint_ge(fg_mem_held(), before + 3000);
    ck_assert_uint_ge(fg_mem_peak(), fg_mem_held());
    fg_free(p);
    fg_free(NULL);
    ck_assert_uint_eq(fg_mem_held(), before);
}
END_TEST

START_TEST(zalloc_is_zero_and_nothing_is_something) {
    unsigned char *p = fg_zalloc(50, 8), *none = fg_alloc(0, 8), *made = fg_resize(NULL, 4, 1);
    for (int i = 0; i < 400; i++)
        ck_assert_int_eq(p[i], 0);
    ck_assert_ptr_nonnull(none);
    ck_assert_ptr_nonnull(made);
    char *copy = fg_strdup("text");
    ck_assert_str_eq(copy, "text");
    fg_free(p);
    fg_free(none);
    fg_free(made);
    fg_free(copy);
}
END_TEST

START_TEST(overflow_fails) {
    size_t before = fg_mem_held(), out;
    void *p = fg_alloc(4, 4);
    ck_assert_ptr_null(fg_alloc(SIZE_MAX / 2, 3));
    ck_assert_ptr_null(fg_zalloc(SIZE_MAX, 1));
    ck_assert_ptr_null(fg_resize(p, SIZE_MAX / 8, 9));
    fg_free(p);
    ck_assert_uint_eq(fg_mem_held(), before);
    ck_assert_int_eq(fg_size_mul(&out, 6, 7), 0);
    ck_assert_uint_eq(out, 42);
    ck_assert_int_eq(fg_size_mul(&out, SIZE_MAX, 2), -1);
    ck_assert_uint_eq(out, SIZE_MAX);
    ck_assert_int_eq(fg_size_add(&out, SIZE_MAX, 1), -1);
    ck_assert_uint_eq(out, SIZE_MAX);
    ck_assert_int_eq(fg_size_add(&out, SIZE_MAX - 1, 1), 0);
}
END_TEST

START_TEST(chosen_allocation_fails_and_all_after_it_or_none) {
    fg_mem_fail_at(2);
    void *first = fg_alloc(1, 1), *second = fg_alloc(1, 1), *third = fg_zalloc(1, 1);
    void *grown = fg_resize(first, 100, 1);
    ck_assert_uint_eq(fg_mem_calls(), 4);
    fg_mem_fail_at(0);
    ck_assert_ptr_nonnull(first);
    ck_assert_ptr_null(second);
    ck_assert_ptr_null(third);
    ck_assert_ptr_null(grown);
    fg_mem_fail_once_at(2);
    void *once[3] = {fg_alloc(1, 1), fg_alloc(1, 1), fg_alloc(1, 1)};
    ck_assert_uint_eq(fg_mem_calls(), 3);
    fg_mem_fail_at(0);
    ck_assert(once[0] && !once[1] && once[2]);
    void *again = fg_alloc(1, 1);
    ck_assert_ptr_nonnull(again);
    fg_free(again);
    fg_free(once[0]);
    fg_free(once[2]);
    fg_free(first);
}
END_TEST

START_TEST(limit_is_kept) {
    size_t before = fg_mem_held();
    fg_mem_limit(before + 1000);
    void *small = fg_alloc(500, 1), *large = fg_alloc(600, 1);
    ck_assert_ptr_nonnull(small);
    ck_assert_ptr_null(large);
    ck_assert_uint_eq(fg_mem_refused(), before + 1000);
    fg_mem_limit(0);
    ck_assert_uint_eq(fg_mem_refused(), 0);
    fg_free(small);
    ck_assert_uint_eq(fg_mem_held(), before);
}
END_TEST

/* A limit is worth little if small blocks take more than they count. */
START_TEST(small_blocks_count_what_they_take) {
    size_t before = fg_mem_held(), taken = 0;
    void *blocks[200];
    for (size_t i = 0; i < 200; i++) {
        blocks[i] = fg_resize(fg_alloc(1, 1), i, 1);
        taken += malloc_usable_size((max_align_t *)blocks[i] - 1) + sizeof(size_t);
    }
    ck_assert_uint_ge(fg_mem_held() - before, taken);
    ck_assert_uint_le(fg_mem_held() - before, taken + 200 * 2 * sizeof(max_align_t));
    for (size_t i = 0; i < 200; i++)
        fg_free(blocks[i]);
    ck_assert_uint_eq(fg_mem_held(), before);
}
END_TEST

START_TEST(workspace_is_measured_then_filled) {
    size_t before = fg_mem_held();
    fg_ws ws = {0};
    unsigned char *a = NULL, *b = NULL;
    double *c = NULL;
    for (int pass = 0; pass < 2; pass++) {
        a = fg_ws_take(&ws, 3, 1);
        b = fg_ws_take(&ws, 0, 8);
        c = fg_ws_take(&ws, 10, sizeof *c);
        if (pass == 0) {
            ck_assert_ptr_null(a);
            ck_assert_int_eq(fg_ws_commit(&ws), FG_OK);
        }
    }
    ck_assert_uint_eq((uintptr_t)a % FG_ALIGN, 0);
    ck_assert_uint_eq((uintptr_t)c % FG_ALIGN, 0);
    ck_assert(a + 3 <= b && b <= (unsigned char *)c);
    for (int i = 0; i < 10; i++)
        ck_assert(c[i] == 0);
    fg_ws_free(&ws);
    fg_ws_free(&ws);
    ck_assert_uint_eq(fg_mem_held(), before);
}
END_TEST

START_TEST(workspace_notices_overflow_and_exhaustion) {
    fg_ws ws = {0};
    fg_ws_take(&ws, SIZE_MAX / 2, 4);
    ck_assert_int_eq(fg_ws_commit(&ws), FG_ENOMEM);
    ws = (fg_ws){0};
    fg_ws_take(&ws, SIZE_MAX - 200, 1);
    fg_ws_take(&ws, SIZE_MAX - 200, 1);
    ck_assert_int_eq(fg_ws_commit(&ws), FG_ENOMEM);
    ws = (fg_ws){0};
    fg_ws_take(&ws, 10, 1);
    fg_mem_fail_at(1);
    ck_assert_int_eq(fg_ws_commit(&ws), FG_ENOMEM);
    fg_mem_fail_at(0);
    fg_ws_free(&ws);
}
END_TEST

FG_TEST_MAIN("base/mem", held_follows_every_call, zalloc_is_zero_and_nothing_is_something, overflow_fails,
             chosen_allocation_fails_and_all_after_it_or_none, limit_is_kept,
             small_blocks_count_what_they_take, workspace_is_measured_then_filled,
             workspace_notices_overflow_and_exhaustion)
