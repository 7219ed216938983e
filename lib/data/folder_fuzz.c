/* What a command does with --data FOLDER: the first bytes say what is wanted, then follow files, cut at a
 * mark: their names (several files of the same content are cut at bars), a line end, and what is in them,
 * which may be made gzip. Each part of the folder is opened. */
#include "base/mem.h"
#include "data/fuzz_dataset_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { HEAD = 3, FILES = 4, MEMORY = 64 << 20, PACKED_MOST = 4096 };

static const char mark[] = "=cut=";

static void put_all(const char *folder, const uint8_t *at, size_t size, bool pack) {
    const uint8_t *line = memchr(at, '\n', size), *end = at + size;
    if (!line)
        return;
    size_t length = (size_t)(end - line - 1), packed = length;
    pack &= length < PACKED_MOST;
    uint8_t *gzip = pack ? fg_fuzz_deflate(&packed, line + 1, length, FG_FUZZ_GZIP) : NULL;
    for (const uint8_t *name = at, *bar; name; name = bar ? bar + 1 : NULL) {
        bar = memchr(name, '|', (size_t)(line - name));
        fg_fuzz_put(folder, (const char *)name, (size_t)((bar ? bar : line) - name), gzip ? gzip : line + 1,
                    packed);
    }
    free(gzip);
}

static void open_part(const char *folder, fg_dataset_want want, fg_part part) {
    fg_dataset *d;
    fg_err err = {0};
    want.part = part;
    int code = fg_dataset_open(&d, folder, &want, &err);
    if (code ? d || !*err.text : !d)
        abort();
    if (!code)
        fg_fuzz_check_dataset(d, &want);
    fg_dataset_free(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    const uint8_t *at = bytes + HEAD, *end = bytes + size;
    if (size < HEAD)
        return 0;
    const char *folder = fg_fuzz_folder();
    fg_mem_limit(MEMORY);
    for (int i = 0; i < FILES && at; i++) {
        const uint8_t *cut = memmem(at, (size_t)(end - at), mark, sizeof mark - 1);
        put_all(folder, at, (size_t)((cut ? cut : end) - at), bytes[2] >> (3 + i) & 1);
        at = cut ? cut + sizeof mark - 1 : NULL;
    }
    open_part(folder, fg_fuzz_wanted(bytes), FG_PART_TRAIN);
    open_part(folder, fg_fuzz_wanted(bytes), FG_PART_TEST);
    fg_fuzz_empty(folder);
    if (fg_mem_held())
        abort();
    return 0;
}
