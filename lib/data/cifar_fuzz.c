/* Any bytes as CIFAR-10 records, as they are and packed as gzip: added twice they are there twice. */
#include "data/cifar.h"

#include "base/mem.h"
#include "data/fuzz_internal.h"
#include "data/unpack.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Files that unpack to more would take most of the time; they are tried on the reader of gzip. */
enum { UNPACKED = 1 << 15 };

static void check(const uint8_t *bytes, size_t size, bool good) {
    fg_cifar set = {0}, first = {0};
    fg_err err = {0};
    int code = fg_cifar_add(&set, bytes, size, 0, &err);
    if ((code && !*err.text) || (!fg_gzip_recognise(bytes, size) && (code == 0) != good))
        abort();
    size_t n = set.n;
    if (!code) {
        if (fg_cifar_add(&set, bytes, size, 0, &err) || set.n != 2 * n ||
            memcmp(set.labels, set.labels + n, n) != 0 ||
            memcmp(set.pixels, set.pixels + n * FG_CIFAR_PIXELS, n * FG_CIFAR_PIXELS) != 0)
            abort();
        for (size_t i = 0; i < n; i++)
            if (set.labels[i] >= FG_CIFAR_CLASSES)
                abort();
    }
    if (fg_cifar_add(&first, bytes, size, 1, &err) != code || first.n != (n > 0))
        abort();
    fg_cifar_free(&set);
    fg_cifar_free(&first);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    static uint8_t unpacked[UNPACKED];
    size_t length;
    if (fg_gzip_recognise(bytes, size)) {
        if (fg_fuzz_inflate(unpacked, UNPACKED, &length, bytes, size, FG_FUZZ_GZIP) >= 0)
            check(bytes, size, false);
    } else {
        bool good = fg_cifar_recognise(bytes, size);
        check(bytes, size, good);
        uint8_t *packed = fg_fuzz_deflate(&length, bytes, size, FG_FUZZ_GZIP);
        check(packed, length, good);
        free(packed);
    }
    if (fg_mem_held())
        abort();
    return 0;
}
