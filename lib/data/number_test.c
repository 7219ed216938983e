#include "data/number.h"

#include <locale.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "base/test.h"

static double parse(const char *text) {
    double value;
    ck_assert_msg(fg_number_parse(&value, text, strlen(text)) == 0, "%s", text);
    return value;
}

START_TEST(numbers_read_as_strtod_reads_them) {
    static const char *const texts[] = {
        "0",
        "-0",
        "1",
        "+2",
        "-3.5",
        ".5",
        "5.",
        "00012",
        "0.1",
        "1e3",
        "1E-3",
        "1e+22",
        "1e23",
        "123456789012345",
        "1234567890123456",
        "0.30000000000000004",
        "2.2250738585072014e-308",
        "4.9e-324",
        "1.7976931348623157e308",
        "9007199254740993",
        "0.000000000000000000000001",
        "000000000000000000000000000000000001.5e-3",
        "0e999999999999",
        "123456789e-30",
        "8.5e-22",
        "1e-22",
        "72057594037927945",
        "3."
        "1415926535897932384626433832795028841971693993751058209749445923078164062862089986280348253421170679"
        "8214808"
        "65132823066470938446",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        double wanted = strtod(texts[i], NULL), got = parse(texts[i]);
        ck_assert_msg(got == wanted && signbit(got) == signbit(wanted), "%s: %.17g", texts[i], got);
    }
}
END_TEST

START_TEST(beyond_the_range_and_words) {
    ck_assert(parse("1e999") == INFINITY);
    ck_assert(parse("-1e309") == -INFINITY);
    ck_assert(parse("1e-999") == 0);
    ck_assert(parse("1e99999999999999999999") == INFINITY);
    ck_assert(isnan(parse("NaN")));
    ck_assert(isnan(parse("-nan")));
    ck_assert(parse("inf") == INFINITY);
    ck_assert(parse("-Infinity") == -INFINITY);
}
END_TEST

START_TEST(everything_else_is_refused) {
    static const char *const texts[] = {
        "",   " ",  " 1",  "1 ",   "abc",  "1x",    "0x10",  "1,5", "1.2.3", "-", "+-1", "--1", ".",
        "e5", "1e", "1e+", "1e5.", "nana", "infin", "1_000", "١",   "1e5e5", "+", "-.",  "1d5"};
    double value;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        ck_assert_msg(fg_number_parse(&value, texts[i], strlen(texts[i])) == FG_EFORMAT, "'%s'", texts[i]);
    ck_assert_int_eq(fg_number_parse(&value, "1\0", 2), FG_EFORMAT);
    ck_assert_int_eq(fg_number_parse(&value, "12345", 2), 0);
    ck_assert(value == 12);
}
END_TEST

START_TEST(long_numbers_need_memory) {
    char text[1001];
    memset(text, '1', sizeof text - 1);
    text[1] = '.';
    text[sizeof text - 1] = 0;
    ck_assert(parse(text) == strtod(text, NULL));
    double value;
    size_t held = fg_mem_held();
    fg_mem_fail_at(1);
    ck_assert_int_eq(fg_number_parse(&value, text, strlen(text)), FG_ENOMEM);
    fg_mem_fail_at(0);
    ck_assert_uint_eq(fg_mem_held(), held);
}
END_TEST

START_TEST(printed_is_short_and_reads_back) {
    char text[FG_NUMBER_TEXT];
    static const struct {
        double value;
        const char *text;
    } cases[] = {{0.1, "0.1"},
                 {1.0 / 3, "0.333333333333333"},
                 {0.1 + 0.2, "0.30000000000000004"},
                 {-0.0, "-0"},
                 {1e22, "1e+22"},
                 {123456, "123456"},
                 {NAN, "nan"},
                 {-INFINITY, "-inf"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int length = fg_number_print(text, cases[i].value);
        ck_assert_int_eq(length, (int)strlen(text));
        if (i != 1)
            ck_assert_str_eq(text, cases[i].text);
    }
    ck_assert_int_eq(fg_number_print_float(text, 0.1f), 3);
    ck_assert_str_eq(text, "0.1");
    fg_number_print_float(text, 16777217.0f / 3);
    ck_assert(strtof(text, NULL) == 16777217.0f / 3);
}
END_TEST

START_TEST(random_bits_survive) {
    char text[FG_NUMBER_TEXT];
    for (uint64_t i = 0; i < 20000; i++) {
        uint64_t bits = fg_rng_u64(1, 2, i);
        uint32_t few = fg_rng_u32(1, 3, i);
        double value, back;
        float narrow;
        memcpy(&value, &bits, sizeof value);
        memcpy(&narrow, &few, sizeof narrow);
        if (isfinite(value)) {
            int length = fg_number_print(text, value);
            ck_assert_int_lt(length, FG_NUMBER_TEXT - 1);
            ck_assert_int_eq(fg_number_parse(&back, text, (size_t)length), 0);
            ck_assert(back == value);
            ck_assert(strtod(text, NULL) == value);
        }
        if (isfinite(narrow)) {
            int length = fg_number_print_float(text, narrow);
            ck_assert_int_eq(fg_number_parse(&back, text, (size_t)length), 0);
            ck_assert((float)back == narrow);
        }
        /* Short decimals go the fast way, whose one rounding must be the right one. */
        int length = snprintf(text, sizeof text, "%lu.%lue%d", (unsigned long)(few % 100000),
                              (unsigned long)(bits % 1000000000), (int)(few >> 8) % 20 - 10);
        ck_assert_int_eq(fg_number_parse(&back, text, (size_t)length), 0);
        ck_assert_msg(back == strtod(text, NULL), "%s", text);
    }
}
END_TEST

START_TEST(locale_does_not_matter) {
    static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE", "fr_FR"};
    size_t i = 0;
    while (i < sizeof names / sizeof *names && !setlocale(LC_ALL, names[i]))
        i++;
    if (i == sizeof names / sizeof *names)
        printf("skipped: no locale with a decimal comma\n");
    char text[FG_NUMBER_TEXT];
    int length = fg_number_print(text, 1234567.25);
    double pi = parse("3.14159265358979323846264338327950288");
    setlocale(LC_ALL, "C");
    ck_assert_str_eq(text, "1234567.25");
    ck_assert_int_eq(length, 10);
    ck_assert(pi == 3.14159265358979323846);
}
END_TEST

FG_TEST_MAIN("data/number", numbers_read_as_strtod_reads_them, beyond_the_range_and_words,
             everything_else_is_refused, long_numbers_need_memory, printed_is_short_and_reads_back,
             random_bits_survive, locale_does_not_matter)
