/* Any bytes as a CSV file: what is accepted must be written and read back unchanged. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    fg_csv csv, back;
    fg_err err;
    char *text;
    size_t length;
    if (fg_csv_read(&csv, (const char *)bytes, size, &err) == 0) {
        FILE *stream = open_memstream(&text, &length);
        if (!stream ||
            fg_csv_write(stream, csv.values.data, csv.values.dims[0], csv.values.dims[1], NULL, &err))
            abort();
        fclose(stream);
        if (fg_csv_read(&back, text, length, &err) ||
            memcmp(back.values.dims, csv.values.dims, sizeof csv.values.dims) != 0 ||
            memcmp(back.values.data, csv.values.data, fg_tensor_bytes(&csv.values)) != 0)
            abort();
        fg_csv_free(&back);
        free(text);
    } else if (csv.values.data || csv.names || !*err.text) {
        abort();
    }
    fg_csv_free(&csv);
    if (fg_mem_held())
        abort();
    return 0;
}
