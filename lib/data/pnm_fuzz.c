/* Any bytes as a PGM or PPM, and as a row of them: memory and stream must agree, and what is decoded must
 * survive being written again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/frames.h"
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

/* All pictures of a stream are of one shape. */
static void read_frames(FILE *stream, bool first_is_good) {
    fg_frames *frames;
    fg_frame frame;
    fg_err err = {0};
    bool got = true;
    size_t n = 0, pixels = 0;
    rewind(stream);
    if (fg_frames_open_stream(&frames, stream, "input", NULL, &err))
        abort();
    while (fg_frames_next(&got, &frame, frames, &err) == 0 && got) {
        if (frame.number != n || (n && fg_image_size(frame.image) != pixels))
            abort();
        pixels = fg_image_size(frame.image);
        n++;
    }
    if ((got && !*err.text) || (first_is_good && n == 0))
        abort();
    fg_frames_close(frames);
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
        read_frames(stream, !bad);
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
