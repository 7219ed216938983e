/* Any bytes as a PGM or PPM: memory and stream must agree, and what is decoded must survive being written
 * again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/pnm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_and_read(const fg_image *image) {
    char *text;
    size_t size, used;
    fg_image back = {0};
    FILE *stream = open_memstream(&text, &size);
    if (fg_pnm_write(stream, image, NULL) != 0 || fclose(stream) != 0)
        abort();
    if (fg_pnm_decode(&back, (unsigned char *)text, size, &used, NULL) != 0 || used != size)
        abort();
    if (!fg_image_same_shape(&back, image) || back.depth != image->depth)
        abort();
    fg_image_free(&back);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fg_image image = {0};
    fg_image_bytes bytes = {0};
    fg_err err = {0};
    size_t used = 0;
    int bad = fg_pnm_decode(&image, data, size, &used, &err);
    if (bad ? !err.text[0] || image.data : used > size)
        abort();
    FILE *stream = size ? fmemopen((void *)(uintptr_t)data, size, "rb") : NULL;
    if (stream) {
        int bad_stream = fg_pnm_read_bytes(&bytes, stream, NULL, &err);
        if (!bad && (bad_stream || bytes.size != used))
            abort();
        fclose(stream);
    }
    if (!bad)
        write_and_read(&image);
    fg_free(bytes.data);
    fg_image_free(&image);
    if (fg_mem_held())
        abort();
    return 0;
}
