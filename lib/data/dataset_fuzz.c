/* What a command does with --data: the first bytes say what is wanted, the others are one file or, cut at a
 * mark, two or three of them, which may be gzip. */
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"
#include "data/fuzz_dataset_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { HEAD = 3, FILES = 3, MEMORY = 64 << 20, PACKED_MOST = 2048 };

static const char mark[] = "=cut=";

/* Files in memory, kept from one input to the next. */
static int file_of(int i) {
    static int files[FILES];
    if (!files[i] && (files[i] = memfd_create("input", 0)) < 0)
        abort();
    return files[i];
}

static void put_file(int i, const uint8_t *bytes, size_t size) {
    if (ftruncate(file_of(i), 0) || pwrite(file_of(i), bytes, size, 0) != (ssize_t)size)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    char files[FILES * 32] = "";
    const uint8_t *at = bytes + HEAD, *end = bytes + size;
    fg_dataset *d;
    fg_err err = {0};
    if (size < HEAD)
        return 0;
    fg_mem_limit(MEMORY);
    fg_dataset_want want = fg_fuzz_wanted(bytes);
    for (int i = 0; i < FILES && at; i++) {
        const uint8_t *cut = memmem(at, (size_t)(end - at), mark, sizeof mark - 1);
        size_t length = (size_t)((cut ? cut : end) - at), used = strlen(files), packed;
        if (bytes[2] >> (3 + i) & 1 && length < PACKED_MOST) {
            uint8_t *gzip = fg_fuzz_deflate(&packed, at, length, FG_FUZZ_GZIP);
            put_file(i, gzip, packed);
            free(gzip);
        } else {
            put_file(i, at, length);
        }
        snprintf(files + used, sizeof files - used, "%s/proc/self/fd/%d", i ? "," : "", file_of(i));
        at = cut ? cut + sizeof mark - 1 : NULL;
    }
    int code = fg_dataset_open(&d, files, &want, &err);
    if (code ? d || !*err.text : !d)
        abort();
    if (!code)
        fg_fuzz_check_dataset(d, &want);
    fg_dataset_free(d);
    if (fg_mem_held())
        abort();
    return 0;
}
