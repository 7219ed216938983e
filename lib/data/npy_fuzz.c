/* Any bytes as an NPY file: what is accepted must be written and read back unchanged. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/npy.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    fg_tensor tensor, back;
    fg_err err;
    char *text;
    size_t length;
    if (fg_npy_read(&tensor, bytes, size, &err) == 0) {
        FILE *stream = open_memstream(&text, &length);
        if (!stream || fg_npy_write(stream, &tensor, &err))
            abort();
        fclose(stream);
        if (fg_npy_read(&back, (const unsigned char *)text, length, &err) || back.dtype != tensor.dtype ||
            back.rank != tensor.rank || memcmp(back.dims, tensor.dims, sizeof back.dims) != 0 ||
            memcmp(back.data, tensor.data, fg_tensor_bytes(&tensor)) != 0)
            abort();
        fg_tensor_free(&back);
        free(text);
    } else if (tensor.data || !*err.text) {
        abort();
    }
    fg_tensor_free(&tensor);
    if (fg_mem_held())
        abort();
    return 0;
}
