/* A clip as a row of frames read one at a time: files, folders, or pictures one behind the other on a stream.
 */
#ifndef FG_DATA_FRAMES_H
#define FG_DATA_FRAMES_H

#include <stdatomic.h>

#include "data/image.h"

typedef struct fg_frames fg_frames;

/* One frame. Everything in it belongs to the source and stays valid until its next call. */
typedef struct fg_frame {
    const fg_image *image;
    size_t number;     /* counted from 0 */
    const char *label; /* for messages: the path, or "standard input, frame 3" */
    const char *name;  /* for files made from it: the input's name without folder and suffix, or "00003" when
                        * it has none or two inputs would have the same */
    fg_image_format format; /* of the encoded picture */
    bool dropped_alpha;     /* it had an alpha channel, opaque everywhere */
} fg_frame;

/* Opens a clip. paths: n_paths files and folders in order; none, or the single path "-", is standard input.
 * Of a folder the pictures are taken in the order of their names' bytes: files with the suffix .png, .pnm,
 * .ppm or .pgm, and others that begin like such a picture; hidden files are not looked at. What a file is,
 * its content decides. *stop (may be NULL) not being 0 ends a wait for input with FG_ESTOPPED; signal
 * handlers may set it. FG_EIO: a path that is not there. FG_EINVAL: nothing to read, or "-" beside other
 * paths. */
int fg_frames_open(fg_frames **out, const char *const *paths, size_t n_paths, const atomic_int *stop,
                   fg_err *err);

/* Like fg_frames_open for a stream of pictures, named `label` in messages; the stream stays the caller's. */
int fg_frames_open_stream(fg_frames **out, FILE *stream, const char *label, const atomic_int *stop,
                          fg_err *err);

/* Reads the next frame; *got is false at the end. One frame is held at a time. All frames must have the first
 * one's height, width and channels (FG_EFORMAT, naming the frame). */
int fg_frames_next(bool *got, fg_frame *frame, fg_frames *frames, fg_err *err);

/* How many frames there are in all, or 0 when only the end of the stream will tell. */
size_t fg_frames_count(const fg_frames *frames);

bool fg_frames_is_stream(const fg_frames *frames);

/* Whether one of the inputs is the folder at path or lies in it: writing there would overwrite what is read.
 */
bool fg_frames_reads_from(const fg_frames *frames, const char *folder);

/* Whether the file at path is one of the inputs, by whatever name: writing it would overwrite what is read.
 */
bool fg_frames_reads(const fg_frames *frames, const char *path);

/* Before anything is read: the pictures of `frames` become those that belong to the pictures of `with`, one
 * to each, by their names without folder and suffix; where none has the same name they stay in their order.
 * Of `with` the first `taken` are wanted. Streams and lists with equal names in them are left alone.
 * FG_EINVAL: only some have the same name, or none, and there are more than are wanted and another number
 * than of `with`.
 */
int fg_frames_pair(fg_frames *frames, const fg_frames *with, size_t taken, fg_err *err);

/* NULL is allowed. */
void fg_frames_close(fg_frames *frames);

#endif
