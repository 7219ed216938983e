#include "data/number.h"

#include <locale.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

enum { SHORT_TEXT = 128, EXACT_DIGITS = 15, EXACT_POWER = 22 };

/* A number's text taken apart: digits * 10^power. */
typedef struct decimal {
    bool negative, is_long; /* is_long: more digits than `digits` holds */
    uint64_t digits;
    int power;
} decimal;

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool word_is(const char *text, size_t length, const char *word) {
    return strlen(word) == length && strncasecmp(text, word, length) == 0;
}

/* The exponent behind 'e', clamped: beyond a few hundred only its sign matters. */
static bool split_exponent(decimal *d, const char *p, const char *end) {
    bool negative = p < end && *p == '-';
    int power = 0;
    if (p < end && (*p == '-' || *p == '+'))
        p++;
    if (p == end)
        return false;
    for (; p < end && is_digit(*p); p++)
        if (power < 100000)
            power = power * 10 + (*p - '0');
    d->power += negative ? -power : power;
    return p == end;
}

static bool split(decimal *d, const char *p, const char *end) {
    int seen = 0, kept = 0;
    bool point = false;
    for (; p < end && (is_digit(*p) || (*p == '.' && !point)); p++) {
        if (*p == '.') {
            point = true;
            continue;
        }
        seen = 1;
        if (kept == EXACT_DIGITS) {
            d->is_long = true;
            continue;
        }
        d->digits = d->digits * 10 + (uint64_t)(*p - '0');
        kept += d->digits != 0;
        d->power -= point;
    }
    if (!seen)
        return false;
    return p == end || ((*p == 'e' || *p == 'E') && split_exponent(d, p + 1, end));
}

static int slow_value(double *out, const char *text, size_t length) {
    char few[SHORT_TEXT], *copy = length < sizeof few ? few : fg_alloc(length + 1, 1);
    locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    int code = FG_ENOMEM;
    if (copy && c_locale) {
        memcpy(copy, text, length);
        copy[length] = 0;
        *out = strtod_l(copy, NULL, c_locale);
        code = FG_OK;
    }
    if (c_locale)
        freelocale(c_locale);
    if (copy != few)
        fg_free(copy);
    return code;
}

int fg_number_parse(double *out, const char *text, size_t length) {
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    const char *start = text, *end = text + length;
    decimal d = {0};
    *out = 0;
    if (length && (*start == '-' || *start == '+'))
        d.negative = *start++ == '-';
    size_t rest = (size_t)(end - start);
    if (word_is(start, rest, "nan")) {
        *out = NAN;
        return FG_OK;
    }
    if (word_is(start, rest, "inf") || word_is(start, rest, "infinity")) {
        *out = d.negative ? -INFINITY : INFINITY;
        return FG_OK;
    }
    if (!split(&d, start, end))
        return FG_EFORMAT;
    if (d.is_long || d.power < -EXACT_POWER || d.power > EXACT_POWER)
        return slow_value(out, text, length);
    /* Both factors are exact doubles, so the one rounding is the correct one. */
    double value = (double)d.digits;
    value = d.power < 0 ? value / powers[-d.power] : value * powers[d.power];
    *out = d.negative ? -value : value;
    return FG_OK;
}

/* printf writes the locale's decimal point; no locale writes more than one here (there is no grouping flag).
 */
static int print_digits(char text[FG_NUMBER_TEXT], double value, int digits) {
    const char *point = localeconv()->decimal_point;
    int length = snprintf(text, FG_NUMBER_TEXT, "%.*g", digits, value);
    char *found = strcmp(point, ".") == 0 ? NULL : strstr(text, point);
    if (found) {
        size_t n = strlen(point);
        *found = '.';
        memmove(found + 1, found + n, strlen(found + n) + 1);
        length -= (int)n - 1;
    }
    return length;
}

int fg_number_print(char text[FG_NUMBER_TEXT], double value) {
    double back;
    int length = 0;
    for (int digits = 15; digits <= 17; digits++) {
        length = print_digits(text, value, digits);
        if (!isfinite(value) || (fg_number_parse(&back, text, (size_t)length) == FG_OK && back == value))
            break;
    }
    return length;
}

int fg_number_print_float(char text[FG_NUMBER_TEXT], float value) {
    double back;
    int length = 0;
    for (int digits = 6; digits <= 9; digits++) {
        length = print_digits(text, (double)value, digits);
        if (!isfinite(value) ||
            (fg_number_parse(&back, text, (size_t)length) == FG_OK && (float)back == value))
            break;
    }
    return length;
}
