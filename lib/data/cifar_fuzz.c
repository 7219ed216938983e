/* Any bytes as CIFAR-10 records, plain or gzip: added twice they are there twice. */
#include "data/cifar.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/unpack.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    fg_cifar set = {0};
    fg_err err = {0};
    int code = fg_cifar_add(&set, bytes, size, 0, &err);
    if (code && !*err.text)
        abort();
    if (!fg_gzip_recognise(bytes, size) && (code == 0) != fg_cifar_recognise(bytes, size))
        abort();
    size_t n = set.n;
    if (!code && n < 64) {
        if (fg_cifar_add(&set, bytes, size, 0, &err) || set.n != 2 * n ||
            memcmp(set.labels, set.labels + n, n) != 0 ||
            memcmp(set.pixels, set.pixels + n * FG_CIFAR_PIXELS, n * FG_CIFAR_PIXELS) != 0)
            abort();
        for (size_t i = 0; i < n; i++)
            if (set.labels[i] >= FG_CIFAR_CLASSES)
                abort();
    }
    fg_cifar_free(&set);
    if (fg_mem_held())
        abort();
    return 0;
}
