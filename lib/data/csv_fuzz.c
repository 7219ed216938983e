/* Any bytes as a CSV file, with and without gaps: what is accepted must be written and read back unchanged,
 * and what is refused at its head must be refused for the same reason as a whole. */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

typedef int reader(fg_csv *out, const char *text, size_t size, fg_err *err);

/* NaN is equal to NaN, whatever its bits. */
static bool same(const double *a, const double *b, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (isnan(a[i]) ? !isnan(b[i]) : memcmp(a + i, b + i, sizeof *a) != 0)
            return false;
    return true;
}

static int check(bool gaps, const uint8_t *bytes, size_t size) {
    reader *read = gaps ? fg_csv_read_gaps : fg_csv_read;
    fg_csv csv, back;
    fg_err err = {0}, early = {0};
    char *text;
    size_t length;
    int code = read(&csv, (const char *)bytes, size, &err);
    if (!code) {
        size_t rows = csv.values.dims[0], columns = csv.values.dims[1];
        FILE *stream = open_memstream(&text, &length);
        if (!stream ||
            fg_csv_write(stream, csv.values.data, rows, columns, (const char *const *)csv.names, &err))
            abort();
        fclose(stream);
        if (read(&back, text, length, &err) || back.values.dims[0] != rows ||
            back.values.dims[1] != columns || !same(csv.values.data, back.values.data, rows * columns))
            abort();
        fg_csv_free(&back);
        free(text);
    } else if (csv.values.data || csv.names || !*err.text) {
        abort();
    }
    fg_csv_free(&csv);
    if (fg_csv_check((const char *)bytes, size - size / 3, gaps, &early) && strcmp(early.text, err.text) != 0)
        abort();
    return code;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    int strict = check(false, bytes, size), gaps = check(true, bytes, size);
    if ((!strict && gaps) || fg_mem_held())
        abort();
    return 0;
}
