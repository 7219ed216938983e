/* Any bytes as a PNG: in memory, and as a stream of frames. What is decoded must survive being written again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/frames.h"
#include "data/png.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_and_read(const fg_image *image) {
    char *text;
    size_t size;
    fg_image back = {0};
    FILE *stream = open_memstream(&text, &size);
    if (fg_png_write(stream, image, NULL) != 0 || fclose(stream) != 0)
        abort();
    if (fg_png_decode(&back, NULL, (unsigned char *)text, size, NULL, NULL) != 0)
        abort();
    if (memcmp(back.data, image->data, fg_image_size(image) * sizeof(float)) != 0)
        abort();
    fg_image_free(&back);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fg_image image = {0};
    fg_err err = {0};
    size_t used = 0;
    int bad = fg_png_decode(&image, NULL, data, size, &used, &err);
    if (bad ? !err.text[0] || image.data : used > size)
        abort();
    if (!bad && fg_image_size(&image) < 100000)
        write_and_read(&image);
    fg_image_free(&image);
    fg_frames *frames = NULL;
    FILE *stream = size ? fmemopen((void *)(uintptr_t)data, size, "rb") : NULL;
    if (stream && fg_frames_open_stream(&frames, stream, "input", NULL, &err) == 0) {
        bool got = true;
        fg_frame frame;
        while (got && fg_frames_next(&got, &frame, frames, &err) == 0)
            ;
    }
    fg_frames_close(frames);
    if (stream)
        fclose(stream);
    if (fg_mem_held())
        abort();
    return 0;
}
