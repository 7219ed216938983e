/* PNG pictures, through libpng. Nothing is ever printed: what libpng has to say ends in *err. */
#ifndef FG_DATA_PNG_H
#define FG_DATA_PNG_H

#include <stdatomic.h>

#include "data/image.h"

/* Decodes the PNG that bytes begin with. Grey, colour and palette pictures of 1 to 16 bits are read, fewer
 * than 8 bits as 8; *used (may be NULL) is how many bytes the PNG takes. An alpha channel (or transparent
 * colour) in which every pixel is opaque is dropped and *dropped_alpha (may be NULL) set, for the caller to
 * report; any other is FG_EFORMAT. Gamma and colour profiles are not applied: values are the samples as
 * stored. Nothing is allocated for a size that the compressed bytes present could not hold. *image is empty
 * or an earlier picture whose memory is reused; it is empty after a failure. */
int fg_png_decode(fg_image *image, bool *dropped_alpha, const unsigned char *bytes, size_t size, size_t *used,
                  fg_err *err);

/* Appends the bytes of one PNG, up to and with its IEND, from a stream (see fg_image_bytes_read), without
 * decoding. */
int fg_png_read_bytes(fg_image_bytes *bytes, FILE *stream, const atomic_int *stop, fg_err *err);

/* Writes a picture as grey or RGB PNG of image->depth bits: the same bytes for the same picture. Errors of
 * the stream stay in the stream for who closes it to report. */
int fg_png_write(FILE *stream, const fg_image *image, fg_err *err);

#endif
