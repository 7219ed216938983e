/* Pictures in memory: planar floats in [0, 1], one or three channels, and the bytes they are read from. */
#ifndef FG_DATA_IMAGE_H
#define FG_DATA_IMAGE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/err.h"

/* A picture with more pixels than this is refused before anything is allocated for it. */
#define FG_IMAGE_PIXELS_MAX ((size_t)1 << 26)

typedef enum fg_image_format { FG_IMAGE_UNKNOWN, FG_IMAGE_PNG, FG_IMAGE_PNM } fg_image_format;

/* {0} is an empty picture. Values are sample / (largest sample); they may leave [0, 1] after noise or
 * inference and are clipped only when a file is written or a PSNR taken. */
typedef struct fg_image {
    size_t height, width, channels; /* channels: 1 (grey) or 3 (red, green, blue) */
    int depth;                      /* bits of a sample in the file it came from or goes to: 8 or 16 */
    float *data;                    /* [channel][row][column]; owned */
} fg_image;

/* Makes *image one of this shape with undefined values. *image must be empty or a picture: its memory is
 * reused when the number of values is the same and freed when not. On failure *image is empty. */
int fg_image_alloc(fg_image *image, size_t height, size_t width, size_t channels, int depth, fg_err *err);

/* Makes *image (empty or a picture, as above) equal to *from, shape, depth and values. */
int fg_image_copy(fg_image *image, const fg_image *from, fg_err *err);

/* Frees the values and empties the picture; an empty one and NULL are allowed. */
void fg_image_free(fg_image *image);

/* Number of values: height * width * channels. */
size_t fg_image_size(const fg_image *image);

bool fg_image_same_shape(const fg_image *a, const fg_image *b);

/* Checks a shape read from a file: 0, or FG_EFORMAT with the reason. */
int fg_image_check_shape(size_t height, size_t width, fg_err *err);

/* The integer sample of a value: clipped to [0, 1], rounded, not a number -> 0. */
unsigned fg_image_sample(float value, unsigned max);

/* One row of interleaved samples as PNG and PNM hold them: `stride` samples a pixel (the first `channels` of
 * them are used), one byte each, or two with the higher first when max > 255. pack takes its depth from the
 * picture. */
int fg_image_row_unpack(fg_image *image, size_t row, const unsigned char *bytes, size_t stride, unsigned max,
                        fg_err *err);
void fg_image_row_pack(unsigned char *bytes, const fg_image *image, size_t row);

/* What the first bytes of a file say it is (8 bytes are enough). */
fg_image_format fg_image_sniff(const unsigned char *bytes, size_t size);

/* The bytes of one encoded picture, kept and reused from one to the next; {0} is empty. */
typedef struct fg_image_bytes {
    unsigned char *data; /* owned; fg_free */
    size_t size, capacity;
} fg_image_bytes;

/* Appends exactly n bytes of a stream. Memory grows with what was really there to read, never with n alone.
 * FG_EFORMAT at an early end, FG_EIO on a read error; a read interrupted by a signal is continued, unless
 * *stop (which may be NULL) is not 0: FG_ESTOPPED. */
int fg_image_bytes_read(fg_image_bytes *bytes, FILE *stream, size_t n, const atomic_int *stop, fg_err *err);

#endif
