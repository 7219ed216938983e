#include "base/json.h"

#include "base/test.h"

#include <locale.h>
#include <math.h>
#include <string.h>

#include "base/json_scan.h"
#include "base/mem.h"

static int parse(cJSON **tree, const char *text, fg_err *err) {
    return fg_json_parse(tree, text, strlen(text), err);
}

static void expect_error(const char *text, size_t length, const char *message) {
    cJSON *tree = (cJSON *)text;
    fg_err err = {0};
    ck_assert_int_eq(fg_json_parse(&tree, text, length, &err), FG_EFORMAT);
    ck_assert_ptr_null(tree);
    ck_assert_str_eq(err.text, message);
}

START_TEST(good_text_is_taken) {
    static const char *const good[] = {"{}",
                                       "[]",
                                       "0",
                                       "-0",
                                       "-0.5e-3",
                                       "1E+5",
                                       "true",
                                       " null\n",
                                       "\"\"",
                                       "\"\\u00e9\\ud83d\\ude00\\n\\/\"",
                                       "\"\xC3\xA9\xF0\x9F\x98\x80\"",
                                       "{\"a\":[1,{\"b\":[]}],\"A\":2}",
                                       "\xEF\xBB\xBF[1]",
                                       "\xEF\xBB\xBF\x30",
                                       "[1,2 ,\t3]"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        cJSON *tree = NULL;
        fg_err err = {0};
        ck_assert_msg(parse(&tree, good[i], &err) == 0, "%s: %s", good[i], err.text);
        ck_assert_ptr_nonnull(tree);
        cJSON_Delete(tree);
    }
}
END_TEST

START_TEST(bad_text_is_refused_with_its_place) {
    static const struct {
        const char *text, *message;
    } bad[] = {
        {"", "1:1: the text ends too early"},
        {"{\n  \"a\": 1,\n}", "3:1: expected a key in double quotes"},
        {"{\"a\" 1}", "1:6: expected ':'"},
        {"{\"a\":1 \"b\":2}", "1:8: expected ',' or '}'"},
        {"[1 2]", "1:4: expected ',' or ']'"},
        {"[1,]", "1:4: expected a value"},
        {"[1", "1:3: the text ends too early"},
        {"{} x", "1:4: expected nothing after the value"},
        {"nul", "1:1: expected a value"},
        {"NaN", "1:1: expected a value"},
        {"[01]", "1:2: a number may not begin with 0"},
        {"[1.]", "1:4: expected a digit"},
        {"[-]", "1:3: expected a digit"},
        {"[1e]", "1:4: expected a digit"},
        {"[.5]", "1:2: expected a value"},
        {"[+1]", "1:2: expected a value"},
        {"[1e999]", "1:2: a number too large for a double"},
        {"\"a", "1:1: this string does not end"},
        {"\"\n\"", "1:2: a control character in a string"},
        {"\"\\x\"", "1:3: unknown escape in a string"},
        {"\"\\u12g4\"", "1:6: expected 4 hexadecimal digits after \\u"},
        {"\"\\u0000\"", "1:2: \\u0000 is not allowed in a string"},
        {"\"\\ud800\"", "1:2: half of a surrogate pair"},
        {"\"\\ude00\"", "1:2: half of a surrogate pair"},
        {"\"\\ud800\\u0041\"", "1:2: half of a surrogate pair"},
        {"[\"\xC3\xA9\xC3\xA9\", \xFF]", "1:8: expected a value"},
        {"\"\xC0\x80\"", "1:2: not UTF-8"},
        {"\"\xED\xA0\x80\"", "1:2: not UTF-8"},
        {"\"\xF4\x90\x80\x80\"", "1:2: not UTF-8"},
        {"'a'", "1:1: expected a value"},
        {"// no\n1", "1:1: expected a value"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect_error(bad[i].text, strlen(bad[i].text), bad[i].message);
    expect_error("[1]\0", 4, "1:4: expected nothing after the value");
}
END_TEST

START_TEST(limits_hold) {
    char deep[2 * FG_JSON_DEPTH + 3], digits[80];
    memset(deep, '[', FG_JSON_DEPTH);
    memset(deep + FG_JSON_DEPTH, ']', FG_JSON_DEPTH);
    cJSON *tree;
    ck_assert_int_eq(fg_json_parse(&tree, deep, 2 * FG_JSON_DEPTH, NULL), 0);
    cJSON_Delete(tree);
    memset(deep, '[', FG_JSON_DEPTH + 1);
    expect_error(deep, 2 * FG_JSON_DEPTH + 2, "1:65: more than 64 objects and arrays in one another");
    memset(digits, '1', sizeof digits);
    ck_assert_int_eq(fg_json_parse(&tree, digits, FG_JSON_NUMBER_LENGTH, NULL), 0);
    cJSON_Delete(tree);
    expect_error(digits, FG_JSON_NUMBER_LENGTH + 1, "1:1: a number of more than 63 characters");
}
END_TEST

START_TEST(truncation_at_every_byte_is_an_error) {
    static const char whole[] =
        "{\"a\": [1.5e-3, \"\\u00e9\\ud83d\\ude00\xC3\xA9\", true, null], \"b\": {\"c\": -2}}";
    cJSON *tree;
    for (size_t n = 0; n < sizeof whole - 1; n++) {
        /* A copy of just that size, for the address sanitizer to guard. */
        char *part = malloc(n + 1);
        memcpy(part, whole, n);
        ck_assert_int_eq(fg_json_parse(&tree, part, n, NULL), FG_EFORMAT);
        ck_assert_ptr_null(tree);
        free(part);
    }
    ck_assert_int_eq(fg_json_parse(&tree, whole, sizeof whole - 1, NULL), 0);
    cJSON_Delete(tree);
}
END_TEST

START_TEST(duplicate_keys_are_found) {
    const char *text;
    text = "{\"a\":1,\"b\":{\"x/y\":[0,{\"c\":1,\"\\u0063\":2}]}}";
    expect_error(text, strlen(text), "/b/x~1y/1/c: this key stands there twice");
    text = "{\"a\":1,\"A\":1,\"a\":1}";
    expect_error(text, strlen(text), "/a: this key stands there twice");
    size_t held = fg_mem_held();
    cJSON *tree;
    fg_mem_fail_at(1);
    ck_assert_int_eq(parse(&tree, text, NULL), FG_ENOMEM);
    fg_mem_fail_at(0);
    ck_assert_ptr_null(tree);
    ck_assert_uint_eq(fg_mem_held(), held);
}
END_TEST

START_TEST(pointers) {
    char text[40];
    fg_json_at root = {NULL, "a~b", 0}, element = {&root, NULL, 12}, leaf = {&element, "c/d", 0};
    fg_json_at_text(text, sizeof text, &leaf);
    ck_assert_str_eq(text, "/a~0b/12/c~1d");
    fg_json_at_text(text, 5, &leaf);
    ck_assert_str_eq(text, "/a~0");
    fg_json_at_text(text, sizeof text, NULL);
    ck_assert_str_eq(text, "top level");
}
END_TEST

START_TEST(typed_reading) {
    cJSON *tree;
    fg_err err = {0};
    ck_assert_int_eq(parse(&tree,
                           "{\"r\":1.5,\"i\":-7,\"b\":true,\"t\":\"x\",\"n\":null,\"l\":[1,2],\"big\":1e300}",
                           &err),
                     0);
    fg_json_at at = {NULL, "k", 0};
    double r;
    int64_t i;
    bool b;
    const char *t;
    size_t n;
    ck_assert_int_eq(fg_json_get_real(&r, fg_json_member(tree, "r"), &at, &err), 0);
    ck_assert_double_eq(r, 1.5);
    ck_assert_int_eq(fg_json_get_int(&i, fg_json_member(tree, "i"), &at, &err), 0);
    ck_assert_int_eq(i, -7);
    ck_assert_int_eq(fg_json_get_bool(&b, fg_json_member(tree, "b"), &at, &err), 0);
    ck_assert(b);
    ck_assert_int_eq(fg_json_get_text(&t, fg_json_member(tree, "t"), &at, &err), 0);
    ck_assert_str_eq(t, "x");
    ck_assert_int_eq(fg_json_want_array(&n, fg_json_member(tree, "l"), &at, &err), 0);
    ck_assert_uint_eq(n, 2);
    ck_assert_int_eq(fg_json_want_object(tree, NULL, &err), 0);

    ck_assert_int_eq(fg_json_get_real(&r, fg_json_member(tree, "t"), &at, &err), FG_EFORMAT);
    ck_assert_str_eq(err.text, "/k: expected a number, found a string");
    ck_assert_int_eq(fg_json_get_real(&r, fg_json_member(tree, "R"), &at, &err), FG_EFORMAT);
    ck_assert_str_eq(err.text, "/k: expected a number, found nothing");
    ck_assert_int_eq(fg_json_get_int(&i, fg_json_member(tree, "r"), &at, &err), FG_EFORMAT);
    ck_assert_str_eq(err.text, "/k: expected a whole number, found 1.5");
    ck_assert_int_eq(fg_json_get_int(&i, fg_json_member(tree, "big"), &at, &err), FG_EFORMAT);
    ck_assert_int_eq(fg_json_get_bool(&b, fg_json_member(tree, "n"), &at, &err), FG_EFORMAT);
    ck_assert_str_eq(err.text, "/k: expected true or false, found null");
    ck_assert_int_eq(fg_json_get_text(&t, fg_json_member(tree, "l"), &at, &err), FG_EFORMAT);
    ck_assert_int_eq(fg_json_want_array(&n, tree, NULL, &err), FG_EFORMAT);
    ck_assert_str_eq(err.text, "top level: expected an array, found an object");
    ck_assert_int_eq(fg_json_want_object(fg_json_member(tree, "b"), &at, &err), FG_EFORMAT);
    cJSON_Delete(tree);
}
END_TEST

START_TEST(numbers_are_short_and_exact) {
    static const struct {
        double v;
        const char *text;
    } known[] = {{0.1, "0.1"},
                 {1e6, "1000000"},
                 {1e-6, "1e-06"},
                 {-0.0, "-0"},
                 {1.0 / 3, "0.3333333333333333"},
                 {5e-324, "5e-324"},
                 {1e15, "1e+15"},
                 {0.1 + 0.2, "0.30000000000000004"},
                 {-2.5, "-2.5"}};
    char text[FG_JSON_NUMBER_TEXT];
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        fg_json_number_text(text, known[i].v);
        ck_assert_str_eq(text, known[i].text);
    }
    uint64_t bits = 88172645463325252u;
    for (int i = 0; i < 20000; i++) {
        double v;
        bits ^= bits << 13, bits ^= bits >> 7, bits ^= bits << 17;
        memcpy(&v, &bits, sizeof v);
        if (!isfinite(v))
            continue;
        fg_json_number_text(text, v);
        ck_assert(strtod(text, NULL) == v);
        ck_assert_int_eq(fg_json_scan(text, strlen(text), NULL), 0);
    }
}
END_TEST

START_TEST(the_locale_changes_nothing) {
    cJSON *tree;
    char text[FG_JSON_NUMBER_TEXT];
    if (!setlocale(LC_NUMERIC, "de_DE.UTF-8") && !setlocale(LC_NUMERIC, "fr_FR.UTF-8")) {
        printf("skipped: no locale with a decimal comma\n");
        return;
    }
    fg_json_number_text(text, 0.1);
    int code = parse(&tree, "[0.1,-2.5e-3]", NULL), large = fg_json_scan("1.5e999", 7, NULL);
    setlocale(LC_NUMERIC, "C");
    ck_assert_str_eq(text, "0.1");
    ck_assert_int_eq(large, FG_EFORMAT);
    ck_assert_int_eq(code, 0);
    ck_assert_double_eq(tree->child->valuedouble, 0.1);
    ck_assert_double_eq(tree->child->next->valuedouble, -2.5e-3);
    cJSON_Delete(tree);
}
END_TEST

static void write_sample(fg_json_writer *w) {
    fg_json_open_object(w, NULL);
    fg_json_put_text(w, "t", "a\"\\\n\x01\xC3\xA9");
    fg_json_put_real(w, "r", 0.1);
    fg_json_put_real(w, "nan", NAN);
    fg_json_on_line(w);
    fg_json_open_array(w, "l");
    fg_json_put_int(w, NULL, -3);
    fg_json_open_object(w, NULL);
    fg_json_put_bool(w, "b", false);
    fg_json_close(w);
    fg_json_close(w);
    fg_json_open_array(w, "e");
    fg_json_close(w);
    fg_json_open_array(w, "m");
    fg_json_put_null(w, NULL);
    fg_json_close(w);
    fg_json_close(w);
}

START_TEST(writing) {
    fg_json_writer w = {0};
    char *text;
    write_sample(&w);
    ck_assert_int_eq(fg_json_writer_end(&text, &w, NULL), 0);
    ck_assert_str_eq(text, "{\n  \"t\": \"a\\\"\\\\\\n\\u0001\xC3\xA9\",\n  \"r\": 0.1,\n  \"nan\": null,\n"
                           "  \"l\": [-3, {\"b\": false}],\n  \"e\": [],\n  \"m\": [\n    null\n  ]\n}\n");
    fg_free(text);
    w.compact = true;
    write_sample(&w);
    ck_assert_int_eq(fg_json_writer_end(&text, &w, NULL), 0);
    ck_assert_str_eq(text,
                     "{\"t\":\"a\\\"\\\\\\n\\u0001\xC3\xA9\",\"r\":0.1,\"nan\":null,\"l\":[-3,{\"b\":false}],"
                     "\"e\":[],\"m\":[null]}\n");
    ck_assert_int_eq(fg_json_scan(text, strlen(text), NULL), 0);
    fg_free(text);
}
END_TEST

START_TEST(writing_without_memory) {
    size_t held = fg_mem_held();
    for (uint64_t n = 1;; n++) {
        fg_json_writer w = {0};
        char *text;
        fg_mem_fail_at(n);
        write_sample(&w);
        int code = fg_json_writer_end(&text, &w, NULL);
        fg_mem_fail_at(0);
        if (code == 0) {
            fg_free(text);
            break;
        }
        ck_assert_int_eq(code, FG_ENOMEM);
        ck_assert_ptr_null(text);
        ck_assert_uint_eq(fg_mem_held(), held);
    }
    ck_assert_uint_eq(fg_mem_held(), held);
}
END_TEST

FG_TEST_MAIN("base/json", good_text_is_taken, bad_text_is_refused_with_its_place, limits_hold,
             truncation_at_every_byte_is_an_error, duplicate_keys_are_found, pointers, typed_reading,
             numbers_are_short_and_exact, the_locale_changes_nothing, writing, writing_without_memory)
