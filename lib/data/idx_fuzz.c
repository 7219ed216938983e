/* Any bytes as an IDX file, as they are and packed as gzip: what is accepted has as many bytes as it says,
 * whatever is kept of it, and packing changes nothing. */
#include "data/idx.h"

#include "base/mem.h"
#include "data/fuzz_internal.h"
#include "data/unpack.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static int check(fg_idx *idx, const uint8_t *bytes, size_t size) {
    fg_idx first;
    fg_err err = {0};
    int code = fg_idx_read(idx, bytes, size, 0, &err), limited = fg_idx_read(&first, bytes, size, 1, NULL);
    if (code != limited || (code && (idx->data || !*err.text)))
        abort();
    if (!code) {
        size_t item = idx->height * idx->width;
        if (idx->kept != idx->n || first.kept > 1 || first.n != idx->n ||
            memcmp(idx->data, first.data, first.kept * item) != 0)
            abort();
    }
    fg_idx_free(&first);
    return code;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    fg_idx idx, unpacked;
    size_t length;
    int code = check(&idx, bytes, size);
    if (!fg_gzip_recognise(bytes, size)) {
        uint8_t *packed = fg_fuzz_deflate(&length, bytes, size, FG_FUZZ_GZIP);
        if (check(&unpacked, packed, length) != code ||
            (!code && (unpacked.n != idx.n || unpacked.images != idx.images ||
                       memcmp(unpacked.data, idx.data, idx.n * idx.height * idx.width) != 0)))
            abort();
        fg_idx_free(&unpacked);
        free(packed);
    }
    fg_idx_free(&idx);
    if (fg_mem_held())
        abort();
    return 0;
}
