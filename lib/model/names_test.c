#include "model/names.h"

#include "base/test.h"

#include <string.h>

#include "base/mem.h"

START_TEST(names_are_found) {
    char *names[] = {"a", "b", "", "a b", "\xC3\xA9"};
    fg_names index;
    size_t duplicate;
    ck_assert_int_eq(fg_names_build(&index, &duplicate, names, 5, NULL), 0);
    ck_assert_uint_eq(duplicate, SIZE_MAX);
    for (size_t i = 0; i < 5; i++)
        ck_assert_uint_eq(fg_names_find(&index, names[i]), i);
    ck_assert_uint_eq(fg_names_find(&index, "c"), SIZE_MAX);
    ck_assert_uint_eq(fg_names_find(&index, "A"), SIZE_MAX);
    fg_names_free(&index);
}
END_TEST

START_TEST(the_first_repetition_is_named) {
    char *names[] = {"a", "b", "c", "b", "a"};
    fg_names index;
    size_t duplicate;
    ck_assert_int_eq(fg_names_build(&index, &duplicate, names, 5, NULL), 0);
    ck_assert_uint_eq(duplicate, 3);
    ck_assert_uint_eq(fg_names_find(&index, "b"), 1);
    fg_names_free(&index);
}
END_TEST

START_TEST(many_names) {
    enum { N = 5000 };
    static char text[N][12];
    static char *names[N];
    for (int i = 0; i < N; i++) {
        snprintf(text[i], sizeof text[i], "%d", i);
        names[i] = text[i];
    }
    fg_names index;
    size_t duplicate;
    ck_assert_int_eq(fg_names_build(&index, &duplicate, names, N, NULL), 0);
    ck_assert_uint_eq(duplicate, SIZE_MAX);
    for (size_t i = 0; i < N; i++)
        ck_assert_uint_eq(fg_names_find(&index, text[i]), i);
    ck_assert_uint_eq(fg_names_find(&index, "5000"), SIZE_MAX);
    fg_names_free(&index);
}
END_TEST

START_TEST(no_names_and_no_memory) {
    fg_names index;
    size_t duplicate, held = fg_mem_held();
    ck_assert_int_eq(fg_names_build(&index, &duplicate, NULL, 0, NULL), 0);
    ck_assert_uint_eq(fg_names_find(&index, "a"), SIZE_MAX);
    fg_names_free(&index);
    fg_mem_fail_at(1);
    ck_assert_int_eq(fg_names_build(&index, &duplicate, NULL, 0, NULL), FG_ENOMEM);
    fg_mem_fail_at(0);
    fg_names_free(&index);
    ck_assert_uint_eq(fg_mem_held(), held);
}
END_TEST

FG_TEST_MAIN("model/names", names_are_found, the_first_repetition_is_named, many_names,
             no_names_and_no_memory)
