#include "data/frames.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/io.h"
#include "base/mem.h"
#include "data/listing.h"
#include "data/png.h"
#include "data/pnm.h"

enum { LABEL_MAX = 64, NAME_ROOM = 256 };

typedef struct file_id {
    dev_t device;
    ino_t inode;
} file_id;

struct fg_frames {
    fg_listing files;
    file_id *ids;  /* of all files, sorted */
    size_t *order; /* [count] which file is which frame; NULL: as they are listed */
    size_t count;
    FILE *stream; /* NULL: files */
    const char *stream_label;
    const atomic_int *stop;
    bool numbered; /* the names of the files are not all different */
    size_t next;
    fg_image_bytes bytes;
    fg_image image;
    size_t height, width, channels; /* of the first frame */
    char name[NAME_ROOM], label[LABEL_MAX];
};

/* A file's name without folder and suffix, and where it stands in its listing. */
typedef struct named {
    char name[NAME_ROOM];
    size_t at;
} named;

static int compare_names(const void *a, const void *b) {
    return strcmp(((const named *)a)->name, ((const named *)b)->name);
}

static int compare_ids(const void *a, const void *b) {
    const file_id *x = a, *y = b;
    if (x->device != y->device)
        return x->device < y->device ? -1 : 1;
    return (x->inode > y->inode) - (x->inode < y->inode);
}

/* The file's name without folder and last suffix. */
static void stem(char *to, size_t room, const char *path) {
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *dot = strrchr(name, '.');
    size_t length = dot && dot != name ? (size_t)(dot - name) : strlen(name);
    if (length >= room)
        length = room - 1;
    memcpy(to, name, length);
    to[length] = 0;
}

static int no_memory(const fg_listing *files, fg_err *err) {
    return fg_err_set(err, FG_ENOMEM, "no memory for the names of %zu files", files->n);
}

/* NULL without memory. */
static named *sort_names(const fg_listing *files) {
    named *sorted = fg_alloc(files->n, sizeof *sorted);
    for (size_t i = 0; sorted && i < files->n; i++) {
        stem(sorted[i].name, NAME_ROOM, files->paths[i]);
        sorted[i].at = i;
    }
    if (sorted)
        qsort(sorted, files->n, sizeof *sorted, compare_names);
    return sorted;
}

static int find_same_names(bool *found, const fg_listing *files, fg_err *err) {
    named *sorted = sort_names(files);
    *found = false;
    for (size_t i = 1; sorted && i < files->n; i++)
        *found |= strcmp(sorted[i - 1].name, sorted[i].name) == 0;
    fg_free(sorted);
    return sorted ? FG_OK : no_memory(files, err);
}

static int find_ids(file_id **out, const fg_listing *files, fg_err *err) {
    file_id *ids = *out = fg_zalloc(files->n, sizeof *ids);
    struct stat st;
    if (!ids)
        return no_memory(files, err);
    for (size_t i = 0; i < files->n; i++)
        if (stat(files->paths[i], &st) == 0)
            ids[i] = (file_id){st.st_dev, st.st_ino};
    qsort(ids, files->n, sizeof *ids, compare_ids);
    return FG_OK;
}

static int open_files(fg_frames *frames, const char *const *paths, size_t n_paths, fg_err *err) {
    int bad = FG_OK;
    for (size_t i = 0; i < n_paths && !bad; i++) {
        if (strcmp(paths[i], "-") == 0)
            bad = fg_err_set(err, FG_EINVAL, "\"-\" (standard input) stands among other inputs");
        else
            bad = fg_listing_add(&frames->files, paths[i], err);
    }
    if (!bad)
        bad = find_same_names(&frames->numbered, &frames->files, err);
    if (!bad)
        bad = find_ids(&frames->ids, &frames->files, err);
    frames->count = frames->files.n;
    return bad;
}

int fg_frames_open(fg_frames **out, const char *const *paths, size_t n_paths, const atomic_int *stop,
                   fg_err *err) {
    if (n_paths == 0 || (n_paths == 1 && strcmp(paths[0], "-") == 0))
        return fg_frames_open_stream(out, stdin, "standard input", stop, err);
    fg_frames *frames = fg_zalloc(1, sizeof *frames);
    *out = NULL;
    if (!frames)
        return fg_err_set(err, FG_ENOMEM, "no memory to read frames");
    frames->stop = stop;
    int bad = open_files(frames, paths, n_paths, err);
    if (bad)
        fg_frames_close(frames);
    else
        *out = frames;
    return bad;
}

int fg_frames_open_stream(fg_frames **out, FILE *stream, const char *label, const atomic_int *stop,
                          fg_err *err) {
    fg_frames *frames = *out = fg_zalloc(1, sizeof *frames);
    if (!frames)
        return fg_err_set(err, FG_ENOMEM, "no memory to read frames");
    frames->stream = stream;
    frames->stream_label = label;
    frames->stop = stop;
    return FG_OK;
}

/* The next byte of a stream, left in it; EOF at its end. */
static int peek(int *byte, FILE *stream, const atomic_int *stop, fg_err *err) {
    for (;;) {
        errno = 0;
        *byte = getc(stream);
        if (*byte != EOF) {
            ungetc(*byte, stream);
            return FG_OK;
        }
        if (stop && *stop)
            return fg_err_set(err, FG_ESTOPPED, "stopped while reading");
        if (!ferror(stream))
            return FG_OK;
        if (errno != EINTR)
            return fg_err_set(err, FG_EIO, "cannot read: %s", strerror(errno));
        clearerr(stream);
    }
}

/* Reads and decodes one picture; frame->format stays FG_IMAGE_UNKNOWN at the end of the stream. */
static int read_picture(fg_frame *frame, fg_frames *frames, FILE *stream, fg_err *err) {
    int first;
    int bad = peek(&first, stream, frames->stop, err);
    if (bad || first == EOF)
        return bad;
    frames->bytes.size = 0;
    frame->format = first == 0x89 ? FG_IMAGE_PNG : first == 'P' ? FG_IMAGE_PNM : FG_IMAGE_UNKNOWN;
    if (frame->format == FG_IMAGE_PNG) {
        bad = fg_png_read_bytes(&frames->bytes, stream, frames->stop, err);
        if (!bad)
            bad = fg_png_decode(&frames->image, &frame->dropped_alpha, frames->bytes.data, frames->bytes.size,
                                NULL, err);
    } else if (frame->format == FG_IMAGE_PNM) {
        bad = fg_pnm_read_bytes(&frames->bytes, stream, frames->stop, err);
        if (!bad)
            bad = fg_pnm_decode(&frames->image, frames->bytes.data, frames->bytes.size, NULL, err);
    } else {
        bad = fg_err_set(err, FG_EFORMAT, "byte 0x%02x where a PNG, PPM or PGM picture was expected", first);
    }
    return bad;
}

static int read_file(fg_frame *frame, fg_frames *frames, const char *path, fg_err *err) {
    FILE *stream = fg_io_open_stream(path);
    if (!stream)
        return fg_err_set(err, FG_EIO, "cannot open: %s", strerror(errno));
    int more = EOF, bad = read_picture(frame, frames, stream, err);
    if (!bad && frame->format == FG_IMAGE_UNKNOWN)
        bad = fg_err_set(err, FG_EFORMAT, "empty, where a PNG, PPM or PGM picture was expected");
    if (!bad && frame->format == FG_IMAGE_PNM)
        bad = peek(&more, stream, frames->stop, err);
    if (!bad && more != EOF)
        bad = fg_err_set(
            err, FG_EFORMAT,
            "more bytes behind the picture; several in one file are read from standard input only");
    fclose(stream);
    return bad;
}

static int check_shape(fg_frames *frames, fg_err *err) {
    const fg_image *image = &frames->image;
    if (frames->next == 0) {
        frames->height = image->height;
        frames->width = image->width;
        frames->channels = image->channels;
    }
    if (image->height == frames->height && image->width == frames->width &&
        image->channels == frames->channels)
        return FG_OK;
    return fg_err_set(
        err, FG_EFORMAT, "%zu x %zu pixels of %zu channels, but the first frame has %zu x %zu of %zu",
        image->width, image->height, image->channels, frames->width, frames->height, frames->channels);
}

int fg_frames_next(bool *got, fg_frame *frame, fg_frames *frames, fg_err *err) {
    *frame = (fg_frame){.number = frames->next};
    *got = false;
    int bad;
    if (frames->stream) {
        snprintf(frames->label, sizeof frames->label, "%.40s, frame %zu", frames->stream_label, frames->next);
        frame->label = frames->label;
        bad = read_picture(frame, frames, frames->stream, err);
        if (!bad && frame->format == FG_IMAGE_UNKNOWN)
            return FG_OK;
    } else {
        if (frames->next == frames->count)
            return FG_OK;
        frame->label = frames->files.paths[frames->order ? frames->order[frames->next] : frames->next];
        bad = read_file(frame, frames, frame->label, err);
    }
    if (!bad)
        bad = check_shape(frames, err);
    if (bad)
        return fg_err_prefix(err, "%s", frame->label), bad;
    if (frames->stream || frames->numbered)
        snprintf(frames->name, sizeof frames->name, "%05zu", frames->next);
    else
        stem(frames->name, sizeof frames->name, frame->label);
    frame->name = frames->name;
    frame->image = &frames->image;
    frames->next++;
    *got = true;
    return FG_OK;
}

size_t fg_frames_count(const fg_frames *frames) {
    return frames->stream ? 0 : frames->count;
}

bool fg_frames_is_stream(const fg_frames *frames) {
    return frames->stream != NULL;
}

bool fg_frames_reads_from(const fg_frames *frames, const char *folder) {
    return !frames->stream && fg_listing_reads_from(&frames->files, folder);
}

bool fg_frames_reads(const fg_frames *frames, const char *path) {
    struct stat st, input;
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
        return false;
    if (frames->stream)
        return fstat(fileno(frames->stream), &input) == 0 && input.st_dev == st.st_dev &&
               input.st_ino == st.st_ino;
    return bsearch(&(file_id){st.st_dev, st.st_ino}, frames->ids, frames->files.n, sizeof *frames->ids,
                   compare_ids) != NULL;
}

/* Where the files of `with` have their namesakes among the sorted; how many do, *lacking is one that does
 * not.
 */
static size_t find_namesakes(size_t *order, const char **lacking, const named *sorted, size_t n,
                             const fg_frames *with) {
    size_t found = 0;
    for (size_t i = 0; i < with->count; i++) {
        named key;
        stem(key.name, NAME_ROOM, with->files.paths[i]);
        const named *same = bsearch(&key, sorted, n, sizeof *sorted, compare_names);
        if (same)
            order[found++] = same->at;
        else
            *lacking = with->files.paths[i];
    }
    return found;
}

int fg_frames_pair(fg_frames *frames, const fg_frames *with, size_t taken, fg_err *err) {
    const char *lacking = NULL;
    if (frames->stream || with->stream || frames->numbered || with->numbered)
        return FG_OK;
    named *sorted = sort_names(&frames->files);
    size_t *order = fg_alloc(with->count, sizeof *order);
    size_t found =
        sorted && order ? find_namesakes(order, &lacking, sorted, frames->files.n, with) : with->count;
    int code = sorted && order ? FG_OK : no_memory(&frames->files, err);
    fg_free(sorted);
    if (!code && found == with->count) {
        frames->order = order;
        frames->count = found;
        return FG_OK;
    }
    fg_free(order);
    /* Without any namesakes they are taken to be in the same order. */
    if (!code && (found || (frames->count > taken && frames->count != with->count)))
        code =
            fg_err_set(err, FG_EINVAL, "none of the %zu pictures is named as %s is", frames->count, lacking);
    return code;
}

void fg_frames_close(fg_frames *frames) {
    if (!frames)
        return;
    fg_listing_free(&frames->files);
    fg_free(frames->ids);
    fg_free(frames->order);
    fg_free(frames->bytes.data);
    fg_image_free(&frames->image);
    fg_free(frames);
}
