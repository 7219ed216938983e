/* Any bytes as a tensor file, with its header length set right (else few inputs would get past it): what is
 * accepted must be written and read back unchanged. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
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
    /* The header ends behind the last brace, and the blanks that follow. */
    size_t end = size;
    while (end > 8 && bytes[end - 1] != '}')
        end--;
    while (end < size && bytes[end] == ' ')
        end++;
    uint8_t *copy = end > 8 ? malloc(size) : NULL;
    if (!copy)
        return 0;
    memcpy(copy, bytes, size);
    for (int i = 0; i < 8; i++)
        copy[i] = (uint8_t)((end - 8) >> (8 * i));
    check(copy, size);
    free(copy);
    return 0;
}
