/* PGM and PPM pictures, the binary kinds P5 and P6, 8 or 16 bits. */
#ifndef FG_DATA_PNM_H
#define FG_DATA_PNM_H

#include <stdatomic.h>

#include "data/image.h"

/* Decodes the picture that bytes begin with; *used (may be NULL) is how many bytes it takes, so that a stream
 * can go on behind it. Comments in the header are skipped; any maximum of 1..65535 is taken, depth is 16 past
 * 255. *image is empty or an earlier picture whose memory is reused. FG_EFORMAT names what is wrong. */
int fg_pnm_decode(fg_image *image, const unsigned char *bytes, size_t size, size_t *used, fg_err *err);

/* Appends the bytes of one picture from a stream (see fg_image_bytes_read), without decoding its samples. */
int fg_pnm_read_bytes(fg_image_bytes *bytes, FILE *stream, const atomic_int *stop, fg_err *err);

/* Writes a picture, P5 for one channel and P6 for three, with a maximum of 255 or 65535 after its depth.
 * Errors of the stream stay in the stream for who closes it to report. */
int fg_pnm_write(FILE *stream, const fg_image *image, fg_err *err);

#endif
