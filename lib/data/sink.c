#include "data/sink.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "base/io.h"
#include "base/mem.h"
#include "data/png.h"
#include "data/pnm.h"

struct fg_sink {
    char *folder; /* NULL: standard output */
};

static int make_folder(const char *folder, fg_err *err) {
    char path[PATH_MAX];
    struct stat st;
    size_t length = strlen(folder);
    if (length == 0 || length >= sizeof path)
        return fg_err_set(err, FG_EINVAL, "a folder's name of %zu characters", length);
    memcpy(path, folder, length + 1);
    for (size_t i = 1; i <= length; i++) {
        if (path[i] != '/' && path[i] != 0)
            continue;
        char kept = path[i];
        path[i] = 0;
        if (mkdir(path, 0777) != 0 && errno != EEXIST)
            return fg_err_set(err, FG_EIO, "%s: cannot make this folder: %s", path, strerror(errno));
        path[i] = kept;
    }
    if (stat(folder, &st) != 0 || !S_ISDIR(st.st_mode))
        return fg_err_set(err, FG_EIO, "%s: is not a folder", folder);
    return FG_OK;
}

int fg_sink_open(fg_sink **out, const char *path, fg_err *err) {
    *out = NULL;
    bool standard = strcmp(path, "-") == 0;
    int bad = standard ? FG_OK : make_folder(path, err);
    if (bad)
        return bad;
    fg_sink *sink = fg_zalloc(1, sizeof *sink);
    if (sink && !standard)
        sink->folder = fg_strdup(path);
    if (!sink || (!standard && !sink->folder)) {
        fg_sink_close(sink);
        return fg_err_set(err, FG_ENOMEM, "%s: no memory to write frames", path);
    }
    *out = sink;
    return FG_OK;
}

static int write_picture(const char *path, const fg_image *image, fg_image_format format, fg_err *err) {
    fg_outfile *file;
    int bad = fg_outfile_open(&file, path, err);
    if (bad)
        return bad;
    FILE *stream = fg_outfile_stream(file);
    bad = format == FG_IMAGE_PNM ? fg_pnm_write(stream, image, err) : fg_png_write(stream, image, err);
    if (bad) {
        fg_outfile_abort(&file);
        return fg_err_prefix(err, "%s", path), bad;
    }
    return fg_outfile_commit(&file, err);
}

int fg_sink_path(char *path, size_t room, const fg_sink *sink, const fg_image *image, const char *name,
                 fg_image_format format, fg_err *err) {
    *path = 0;
    if (!sink->folder)
        return FG_OK;
    const char *suffix = format != FG_IMAGE_PNM ? "png" : image->channels == 3 ? "ppm" : "pgm";
    int length = snprintf(path, room, "%s/%s.%s", sink->folder, name, suffix);
    if (length < 0 || (size_t)length >= room)
        return fg_err_set(err, FG_EINVAL, "%s/%s: this path is too long", sink->folder, name);
    return FG_OK;
}

int fg_sink_put(fg_sink *sink, const fg_image *image, const char *name, fg_image_format format, fg_err *err) {
    char path[PATH_MAX];
    int bad = fg_sink_path(path, sizeof path, sink, image, name, format, err);
    return bad ? bad : write_picture(*path ? path : "-", image, format, err);
}

void fg_sink_close(fg_sink *sink) {
    if (sink)
        fg_free(sink->folder);
    fg_free(sink);
}

int fg_sink_write_png(const char *path, const fg_image *image, fg_err *err) {
    return write_picture(path, image, FG_IMAGE_PNG, err);
}
