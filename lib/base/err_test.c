#include "base/err.h"

#include <string.h>

#include "base/test.h"

START_TEST(set_returns_code_and_text) {
    fg_err err;
    ck_assert_int_eq(fg_err_set(&err, FG_EFORMAT, "line %d: '%s'", 3, "abc"), FG_EFORMAT);
    ck_assert_int_eq(err.code, FG_EFORMAT);
    ck_assert_str_eq(err.text, "line 3: 'abc'");
}
END_TEST

START_TEST(null_is_allowed) {
    ck_assert_int_eq(fg_err_set(NULL, FG_EIO, "%s", "x"), FG_EIO);
    ck_assert_int_eq(fg_err_prefix(NULL, "%s", "x"), FG_EINVAL);
}
END_TEST

START_TEST(control_characters_become_question_marks) {
    fg_err err;
    fg_err_set(&err, FG_EFORMAT, "a\nb\tc\x1b[31m\x7f");
    ck_assert_str_eq(err.text, "a?b?c?[31m?");
    fg_err_set(&err, FG_EFORMAT, "%s", "\xc3\xa9");
    ck_assert_str_eq(err.text, "\xc3\xa9");
}
END_TEST

START_TEST(long_text_loses_its_middle) {
    char text[2 * FG_ERR_TEXT];
    fg_err err;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    ck_assert_int_eq(fg_err_set(&err, FG_EINVAL, "%s", text), FG_EINVAL);
    ck_assert_uint_eq(strlen(err.text), FG_ERR_TEXT - 1);
    ck_assert_int_eq(fg_err_prefix(&err, "%s", text), FG_EINVAL);
    ck_assert_uint_eq(strlen(err.text), FG_ERR_TEXT - 1);
    fg_err_set(&err, FG_EIO, "cannot open %s: why", text);
    ck_assert_ptr_eq(strstr(err.text, "cannot open xxx"), err.text);
    ck_assert_ptr_nonnull(strstr(err.text, "xxx...xxx"));
    ck_assert_str_eq(strstr(err.text, ": why"), ": why");
    /* No character is cut in two, wherever the cuts fall. */
    for (size_t i = 0; i + 2 < sizeof text; i += 2)
        memcpy(text + i, "\xc3\xa9\0", 3);
    for (int shift = 0; shift < 4; shift++) {
        fg_err_set(&err, FG_EIO, "%.*s%s%.*s", shift / 2, "a", text, shift % 2, "b");
        for (const char *p = err.text; *p; p++)
            if (*p == '\xc3')
                ck_assert_int_eq(*++p, '\xa9');
            else
                ck_assert(*p == '.' || *p == 'a' || *p == 'b');
        ck_assert_uint_ge(strlen(err.text), FG_ERR_TEXT - 4);
    }
    /* Nor is a beginning looked for that is not there. */
    memset(text, '\x80', sizeof text - 1);
    fg_err_set(&err, FG_EIO, "%s", text);
    ck_assert_uint_ge(strlen(err.text), FG_ERR_TEXT - 4);
    ck_assert_ptr_nonnull(strstr(err.text, "\x80...\x80"));
}
END_TEST

START_TEST(prefix_goes_in_front_and_keeps_the_code) {
    fg_err err;
    fg_err_set(&err, FG_ENOMEM, "no memory (100%%)");
    ck_assert_int_eq(fg_err_prefix(&err, "%s", "file%s"), FG_ENOMEM);
    ck_assert_str_eq(err.text, "file%s: no memory (100%)");
    ck_assert_int_eq(err.code, FG_ENOMEM);
}
END_TEST

FG_TEST_MAIN("base/err", set_returns_code_and_text, null_is_allowed, control_characters_become_question_marks,
             long_text_loses_its_middle, prefix_goes_in_front_and_keeps_the_code)
