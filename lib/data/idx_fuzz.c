/* Any bytes as an IDX file, plain or gzip: what is accepted has as many bytes as it says, whatever is kept of
 * it. */
#include "data/idx.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    fg_idx idx, first;
    fg_err err = {0};
    int code = fg_idx_read(&idx, bytes, size, 0, &err), limited = fg_idx_read(&first, bytes, size, 1, NULL);
    if (code != limited || (code && (idx.data || !*err.text)))
        abort();
    if (!code) {
        size_t item = idx.height * idx.width;
        if (idx.kept != idx.n || first.kept > 1 || first.n != idx.n ||
            memcmp(idx.data, first.data, first.kept * item) != 0)
            abort();
    }
    fg_idx_free(&idx);
    fg_idx_free(&first);
    if (fg_mem_held())
        abort();
    return 0;
}
