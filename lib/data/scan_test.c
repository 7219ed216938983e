#include "data/scan.h"

#include <string.h>

#include "base/json_scan.h"
#include "base/mem.h"
#include "base/test.h"

static fg_err err;

static fg_scan over(const char *text) {
    return (fg_scan){text, text, text + strlen(text), "text", &err};
}

static void check_string(const char *json, const char *wanted) {
    fg_scan s = over(json);
    char *text = NULL;
    int code = fg_scan_string(&text, &s, "expected a string");
    ck_assert_msg((code == 0) == (wanted != NULL), "%s: %d", json, code);
    if (wanted) {
        ck_assert_str_eq(text, wanted);
        ck_assert_ptr_eq(s.at, s.stop);
    } else {
        ck_assert_int_eq(code, FG_EFORMAT);
    }
    fg_free(text);
}

START_TEST(strings) {
    size_t held = fg_mem_held();
    check_string("\"\"", "");
    check_string(" \n\"a b\"", "a b");
    check_string("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t");
    check_string("\"\\u0041\\u00e9\\u20AC\\ud83d\\ude00\"", "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
    check_string("\"\xc3\xa9\xf0\x9f\x98\x80\"", "\xc3\xa9\xf0\x9f\x98\x80");
    static const char *const bad[] = {
        "",          "a",           "\"",          "\"a",          "\"\\\"",           "\"\\x\"",
        "\"\\u12\"", "\"\\u12g4\"", "\"\\u0000\"", "\"\\ud83d\"",  "\"\\ude00\"",      "\"\\ud83d\\u0041\"",
        "\"a\nb\"",  "\"\xff\"",    "\"\xc3\"",    "\"\xc0\x80\"", "\"\xed\xa0\x80\"", "\"\\ud83d\\",
        "\"\\"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        check_string(bad[i], NULL);
    ck_assert_uint_eq(fg_mem_held(), held);
    fg_scan s = over("\"abc\"");
    char *text;
    fg_mem_fail_at(1);
    ck_assert_int_eq(fg_scan_string(&text, &s, "expected a string"), FG_ENOMEM);
    fg_mem_fail_at(0);
}
END_TEST

START_TEST(messages_say_where) {
    fg_scan s = over("  x");
    char *text;
    ck_assert(!fg_scan_take(&s, '{'));
    ck_assert_int_eq(fg_scan_string(&text, &s, "expected a name"), FG_EFORMAT);
    ck_assert_str_eq(err.text, "text, byte 2: expected a name");
}
END_TEST

static int sizes(const char *json, size_t out[3], int *n) {
    fg_scan s = over(json);
    return fg_scan_sizes(out, n, 3, &s, "too many");
}

START_TEST(arrays_of_sizes) {
    size_t out[3];
    int n;
    ck_assert_int_eq(sizes("[]", out, &n), 0);
    ck_assert_int_eq(n, 0);
    ck_assert_int_eq(sizes(" [ 0 , 12,\n18446744073709551615 ]", out, &n), 0);
    ck_assert_int_eq(n, 3);
    ck_assert_uint_eq(out[0], 0);
    ck_assert_uint_eq(out[1], 12);
    ck_assert_uint_eq(out[2], SIZE_MAX);
    static const char *const bad[] = {"",     "[",     "[1",        "[1,",    "[1,]",
                                      "1",    "[-1]",  "[1.5]",     "[1e3]",  "[\"1\"]",
                                      "[01]", "[1 2]", "[1,2,3,4]", "[null]", "[18446744073709551616]"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(sizes(bad[i], out, &n) == FG_EFORMAT, "%s", bad[i]);
}
END_TEST

START_TEST(utf8_lengths) {
    static const struct {
        const char *text;
        size_t length;
    } cases[] = {{"a", 1},
                 {"\x7f", 1},
                 {"\x80", 0},
                 {"\xc2\x80", 2},
                 {"\xc1\xbf", 0},
                 {"\xc2", 0},
                 {"\xe0\xa0\x80", 3},
                 {"\xe0\x9f\xbf", 0},
                 {"\xef\xbf\xbf", 3},
                 {"\xed\xbf\xbf", 0},
                 {"\xee\x80\x80", 3},
                 {"\xf0\x90\x80\x80", 4},
                 {"\xf0\x8f\xbf\xbf", 0},
                 {"\xf4\x8f\xbf\xbf", 4},
                 {"\xf4\x90\x80\x80", 0},
                 {"\xf8\x88\x80\x80", 0},
                 {"\xe2\x82"
                  "a",
                  0},
                 {"\xff", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_uint_eq(fg_utf8_length((const unsigned char *)cases[i].text, strlen(cases[i].text)),
                          cases[i].length);
    ck_assert_uint_eq(fg_utf8_length((const unsigned char *)"a", 0), 0);
    ck_assert_uint_eq(fg_utf8_length((const unsigned char *)"\0", 1), 1);
}
END_TEST

FG_TEST_MAIN("data/scan", strings, messages_say_where, arrays_of_sizes, utf8_lengths)
