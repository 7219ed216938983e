/* Where frames go: a folder of files, or pictures one behind the other on standard output. */
#ifndef FG_DATA_SINK_H
#define FG_DATA_SINK_H

#include "data/image.h"

typedef struct fg_sink fg_sink;

/* Opens a folder, made with its parents when it is not there, or standard output for "-". */
int fg_sink_open(fg_sink **out, const char *path, fg_err *err);

/* Writes one frame of image->depth bits. In a folder it is the file <name>.png, .ppm or .pgm, which appears
 * whole or not at all and replaces an older one; on standard output it is flushed. */
int fg_sink_put(fg_sink *sink, const fg_image *image, const char *name, fg_image_format format, fg_err *err);

/* The path of the file that fg_sink_put would write; empty: standard output. FG_EINVAL: it is too long. */
int fg_sink_path(char *path, size_t room, const fg_sink *sink, const fg_image *image, const char *name,
                 fg_image_format format, fg_err *err);

/* NULL is allowed. */
void fg_sink_close(fg_sink *sink);

/* Writes one picture as a PNG file that appears whole or not at all; "-" is standard output. */
int fg_sink_write_png(const char *path, const fg_image *image, fg_err *err);

#endif
