/* Any bytes as a tensor file, and with its header length and checksum set right (else few inputs would get
 * past them): what is accepted must be written and read back unchanged. */
#include "base/mem.h"
#include "data/fuzz_internal.h"
#include "data/safetensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check_same(const fg_tensors *a, const fg_tensors *b) {
    if (a->n != b->n)
        abort();
    for (size_t i = 0; i < a->n; i++) {
        const fg_tensor *x = &a->items[i].tensor, *y = fg_tensors_find(b, a->items[i].name);
        if (!y || x->dtype != y->dtype || x->rank != y->rank ||
            memcmp(x->dims, y->dims, sizeof x->dims) != 0 ||
            memcmp(x->data, y->data, fg_tensor_bytes(x)) != 0)
            abort();
    }
    for (size_t i = 0; i < a->n_meta; i++) {
        const char *value = fg_tensors_meta(b, a->meta[i].key);
        if (!value || (strcmp(a->meta[i].key, "crc32") != 0 && strcmp(value, a->meta[i].value) != 0))
            abort();
    }
}

static void check(const uint8_t *bytes, size_t size) {
    fg_tensors tensors, back;
    fg_err err;
    char *text;
    size_t length;
    if (fg_tensors_read(&tensors, bytes, size, &err) == 0) {
        FILE *stream = open_memstream(&text, &length);
        if (!stream || fg_tensors_write(stream, &tensors, &err))
            abort();
        fclose(stream);
        if (fg_tensors_read(&back, (const unsigned char *)text, length, &err))
            abort();
        check_same(&tensors, &back);
        fg_tensors_free(&back);
        free(text);
    } else if (tensors.items || tensors.meta || !*err.text) {
        abort();
    }
    fg_tensors_free(&tensors);
    if (fg_mem_held())
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    check(bytes, size);
    uint8_t *copy = fg_fuzz_tensors(bytes, size);
    if (copy)
        check(copy, size);
    free(copy);
    return 0;
}
