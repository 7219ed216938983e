#include "model/range.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LONGEST_NAME = 64 };

bool fg_range_has(const fg_range *range, double v) {
    if (!isfinite(v))
        return false;
    return (range->open_min ? v > range->min : v >= range->min) &&
           (range->open_max ? v < range->max : v <= range->max);
}

/* Counts such as 1000000000 must not turn into 1e+09. */
static void put_bound(char text[32], double v) {
    if (v == floor(v) && fabs(v) < 1e15)
        snprintf(text, 32, "%.0f", v);
    else
        snprintf(text, 32, "%g", v);
}

void fg_range_text(char *text, size_t size, const fg_range *range, const char *symbol) {
    char low[32], high[32];
    bool has_low = isfinite(range->min), has_high = isfinite(range->max);
    put_bound(low, range->min);
    put_bound(high, range->max);
    if (has_low && has_high && !range->open_min && !range->open_max)
        snprintf(text, size, "%s..%s", low, high);
    else if (has_low && has_high)
        snprintf(text, size, "%s %s %s %s %s", low, range->open_min ? "<" : "<=", symbol,
                 range->open_max ? "<" : "<=", high);
    else if (has_low)
        snprintf(text, size, "%s %s %s", symbol, range->open_min ? ">" : ">=", low);
    else if (has_high)
        snprintf(text, size, "%s %s %s", symbol, range->open_max ? "<" : "<=", high);
    else
        snprintf(text, size, "a finite number");
}

static unsigned char folded(char c) {
    return c == '_' ? '-' : (unsigned char)tolower((unsigned char)c);
}

static int least(int a, int b) {
    return a < b ? a : b;
}

/* Optimal string alignment distance; -1 for names too long to be option names. */
static int distance(const char *a, const char *b) {
    int rows[3][LONGEST_NAME + 1];
    size_t m = strlen(a), n = strlen(b);
    if (m > LONGEST_NAME || n > LONGEST_NAME)
        return -1;
    for (size_t j = 0; j <= n; j++)
        rows[0][j] = (int)j;
    for (size_t i = 1; i <= m; i++) {
        int *now = rows[i % 3], *before = rows[(i + 2) % 3], *twice = rows[(i + 1) % 3];
        now[0] = (int)i;
        for (size_t j = 1; j <= n; j++) {
            int change = before[j - 1] + (folded(a[i - 1]) != folded(b[j - 1]));
            now[j] = least(change, least(before[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && folded(a[i - 1]) == folded(b[j - 2]) &&
                folded(a[i - 2]) == folded(b[j - 1]))
                now[j] = least(now[j], twice[j - 2] + 1);
        }
    }
    return rows[m % 3][n];
}

static bool is_prefix(const char *shorter, const char *longer) {
    size_t n = strlen(shorter);
    return n >= 3 && strncmp(shorter, longer, n) == 0;
}

const char *fg_suggest(const char *wrong, const char *const *names, size_t n) {
    const char *best = NULL;
    int least_cost = LONGEST_NAME;
    for (size_t i = 0; i < n; i++) {
        if (!names[i])
            continue;
        int cost = distance(wrong, names[i]);
        int allowed = (int)(strlen(names[i]) + 2) / 3;
        if (cost > allowed && (is_prefix(wrong, names[i]) || is_prefix(names[i], wrong)))
            cost = allowed;
        if (cost >= 0 && cost <= allowed && cost < least_cost) {
            best = names[i];
            least_cost = cost;
        }
    }
    return best;
}
