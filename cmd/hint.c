#include "hint.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/io.h"
#include "data/idx.h"
#include "data/npy.h"
#include "data/safetensors.h"
#include "data/unpack.h"
#include "model/preset.h"
#include "model/range.h"

enum { PROBE = 512, NAME_MAX_SHOWN = 160 };

typedef struct hint {
    const char *program, *option, *text; /* program NULL: any */
} hint;

static const hint options[] = {
    {"fg-build", "damping", "--set inference.damping=X"},
    {"fg-build", "dropout", "--set inference.dropout=X"},
    {"fg-build", "iters", "--set inference.iterations=N"},
    {"fg-build", "iterations", "--set inference.iterations=N"},
    {"fg-build", "schedule", "--set inference.schedule=NAME"},
    {"fg-build", "seed", "--seed is an option of fg-train, fg-continual and fg-denoise"},
    {"fg-build", "data", "specs are made without data: fg-build PRESET | fg-train --data FILES -o model.fgm"},
    {"fg-build", "layers", "layers are operands: fg-build --input 2 dense:8 dense:2 softmax"},
    {"fg-build", "preset", "the preset is an operand: fg-build PRESET"},
    {"fg-build", "presets", "--list shows them"},
    {"fg-build", "inspect", "fg-infer -g FILE --inspect shows what is in a spec or a state"},
    {"fg-build", "g", "--from FILE reads a spec"},
    {"fg-build", "graph", "--from FILE reads a spec"},
    {"fg-build", "model", "--from FILE reads a spec"},
    {"fg-train", "test", "fg-infer -g STATE --test FILES --score judges what was learned"},
    {"fg-train", "score", "fg-infer -g STATE --data FILES --score judges what was learned"},
    {"fg-train", "batch", "all data are one batch here; fg-continual --batch N learns batch after batch"},
    {"fg-train", "resume", "-g STATE with the same data goes on where a stopped run ended"},
    {"fg-train", "eval-every", "fg-continual learns batch after batch, and evaluates in between"},
    {"fg-train", "epochs", "--iters N sets how long inference runs"},
    {"fg-continual", "epochs", "--passes N goes through the data so many times"},
    {"fg-continual", "split", "--validate N holds examples back, --tasks split:2 learns classes two by two"},
    {"fg-continual", "subset", "--examples N learns from N of them, drawn by --seed"},
    {"fg-continual", "score", "--test FILES is judged while learning, --metrics - shows it"},
    {"fg-infer", "input", "--data FILES names the inputs"},
    {"fg-infer", "epochs", "--iters N sets how long inference runs"},
    {"fg-infer", "metrics", "--score prints them"},
    {"fg-infer", "info", "--inspect shows what is in a spec or a state"},
    {"fg-infer", "predict", "--data FILES is what to predict from"},
    {"fg-infer", "plot",
     "--picture FILE draws the decision surface or the curve, --confusion FILE the classes"},
    {"fg-denoise", "plot", "--panel FILE draws a frame before and after, --filters FILE what was learned"},
    {"fg-denoise", "data", "pictures are operands: fg-denoise -g FILE PICTURES... -o DIR"},
    {"fg-denoise", "input", "pictures are operands: fg-denoise -g FILE PICTURES... -o DIR"},
    {"fg-denoise", "test", "--clean DIR scores against clean frames"},
    {"fg-denoise", "score", "--clean DIR scores against clean frames, --corrupt P makes the noise"},
    {"fg-denoise", "sigma", "--noise SD"},
    {"fg-denoise", "frames", "--limit N takes the first N frames"},
    {"fg-denoise", "video",
     "ffmpeg -i FILE -f image2pipe -c:v ppm - | fg-denoise -g FILE - takes its frames"},
    {NULL, "model", "-g FILE names the model"},
    {NULL, "state", "-g FILE names the model"},
    {NULL, "spec", "-g FILE names the model"},
    {NULL, "preset", "fg-build PRESET >spec.json makes a model to be named with -g"},
    {NULL, "info", "fg-infer -g FILE --inspect shows what is in a spec or a state"},
    {NULL, "inspect", "fg-infer -g FILE --inspect shows what is in a spec or a state"},
    {NULL, "labels",
     "labels and targets belong to the data: --data x.npy,y.npy, or the last columns of a CSV file"},
    {NULL, "targets",
     "labels and targets belong to the data: --data x.npy,y.npy, or the last columns of a CSV file"},
    {NULL, "train", "--data FILES names the data"},
    {NULL, "out", "-o FILE"},
    {NULL, "lr", "nothing is descended: --damping and --iters are what to change"},
    {NULL, "learning-rate", "nothing is descended: --damping and --iters are what to change"},
};

int fg_hint(fg_err *err, const char *format, ...) {
    char text[FG_ERR_TEXT], before[FG_ERR_TEXT];
    va_list args;
    if (!err)
        return FG_EINVAL;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    memcpy(before, err->text, sizeof before);
    if (strlen(before) + strlen(text) + 2 >= sizeof before)
        return err->code; /* what is wrong comes before what helps */
    return fg_err_set(err, err->code, "%s; %s", before, text);
}

const char *fg_hint_option(const char *program, const char *option) {
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (!strcmp(options[i].option, option) &&
            (!options[i].program || !strcmp(options[i].program, program)))
            return options[i].text;
    return NULL;
}

const char *fg_hint_suffix(const char *path) {
    static const char *const others[] = {".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp",
                                         ".pdf", ".svg",  ".eps", ".ps",  ".ppm", ".pgm"};
    const char *suffix = strrchr(path, '.');
    for (size_t i = 0; suffix && i < sizeof others / sizeof *others; i++)
        if (!strcasecmp(suffix, others[i]))
            return suffix;
    return NULL;
}

static bool is_preset(const char *name) {
    const fg_preset *preset;
    return fg_preset_find(&preset, name, NULL) == 0;
}

static const char *content(const unsigned char *bytes, size_t size) {
    size_t i = size >= 3 && !memcmp(bytes, "\xEF\xBB\xBF", 3) ? 3 : 0;
    while (i < size && bytes[i] && strchr(" \t\r\n", bytes[i]))
        i++;
    if (size == 0)
        return "empty";
    if (i < size && bytes[i] == '{')
        return memmem(bytes, size, "fg-spec", 7) ? "a graph spec" : "JSON";
    if (fg_tensors_recognise(bytes, size))
        return "a state";
    if (size >= 4 && !memcmp(bytes, "\x89PNG", 4))
        return "a PNG picture";
    if (size >= 2 && bytes[0] == 'P' && (bytes[1] == '5' || bytes[1] == '6'))
        return "a PPM or PGM picture";
    if (size >= 3 && !memcmp(bytes, "\xFF\xD8\xFF", 3))
        return "a JPEG picture";
    if (size >= 6 && (!memcmp(bytes, "GIF87a", 6) || !memcmp(bytes, "GIF89a", 6)))
        return "a GIF picture";
    if (size >= 12 && !memcmp(bytes, "RIFF", 4) && !memcmp(bytes + 8, "WEBP", 4))
        return "a WebP picture";
    if (size >= 4 && (!memcmp(bytes, "II*", 4) || !memcmp(bytes, "MM\0*", 4)))
        return "a TIFF picture";
    if ((size >= 8 && !memcmp(bytes + 4, "ftyp", 4)) ||
        (size >= 4 && !memcmp(bytes, "\x1A\x45\xDF\xA3", 4)) ||
        (size >= 12 && !memcmp(bytes, "RIFF", 4) && !memcmp(bytes + 8, "AVI ", 4)))
        return "a video";
    if (size >= 4 && !memcmp(bytes, "PK\3\4", 4))
        return "a zip archive";
    if (fg_npy_recognise(bytes, size))
        return "an NPY array";
    if (fg_gzip_recognise(bytes, size))
        return "a gzip file";
    if (fg_idx_recognise(bytes, size))
        return "IDX data";
    return memchr(bytes, 0, size) ? "binary data" : "text";
}

const char *fg_hint_content(const char *path) {
    unsigned char bytes[PROBE];
    struct stat st;
    if (stat(path, &st) != 0)
        return NULL;
    if (S_ISDIR(st.st_mode))
        return "a folder";
    ssize_t size = S_ISREG(st.st_mode) ? fg_io_read_head(bytes, sizeof bytes, path) : -1;
    return size < 0 ? NULL : content(bytes, (size_t)size);
}

static bool is_model(const char *kind) {
    return kind && (!strcmp(kind, "a graph spec") || !strcmp(kind, "a state"));
}

static bool is_picture(const char *kind) {
    return kind && strstr(kind, " picture");
}

/* Pictures that fg-denoise reads. */
static bool is_read(const char *kind) {
    return is_picture(kind) && (strstr(kind, "PNG") || strstr(kind, "PPM"));
}

/* A file that is not there: says which other one of its folder has nearly that name. */
static int hint_missing(fg_err *err, const char *path) {
    char folder[4096], near[256] = "";
    const char *name = strrchr(path, '/');
    int length = name ? (int)(name + 1 - path) : 0;
    struct stat st;
    name = path + length;
    if (!*name || stat(path, &st) == 0 ||
        snprintf(folder, sizeof folder, "%.*s", length, length ? path : "") >= (int)sizeof folder)
        return err->code;
    DIR *dir = opendir(length ? folder : ".");
    for (const struct dirent *e; dir && (e = readdir(dir));) {
        const char *both[] = {near, e->d_name}, *turned[] = {e->d_name, near}, *new = e->d_name;
        size_t n = *near ? 2 : 1;
        /* Of equals the first in the order of names, not in that of the folder. */
        if (*new != '.' && fg_suggest(name, turned, n) == new &&
            (n == 1 || fg_suggest(name, both, n) == new || strcmp(new, near) < 0))
            snprintf(near, sizeof near, "%s", new);
    }
    if (dir)
        closedir(dir);
    return *near ? fg_hint(err, "did you mean %.*s%s?", length, path, near) : err->code;
}

/* The same, and where no name is near, where to look. */
static int hint_lost(fg_err *err, const char *path) {
    const size_t before = strlen(err->text);
    size_t length = strlen(path);
    char folder[4096];
    struct stat st;
    if (stat(path, &st) == 0 || length >= sizeof folder)
        return err->code;
    if (strstr(path, "://"))
        return fg_hint(err, "curl -LO %.*s fetches it", NAME_MAX_SHOWN, path);
    if (strpbrk(path, "*?"))
        return fg_hint(err, "no file has such a name");
    hint_missing(err, path);
    if (err->text[before])
        return err->code;
    memcpy(folder, path, length + 1);
    for (char *slash; stat(folder, &st) != 0; *slash = 0)
        if (!(slash = strrchr(folder, '/')) || slash == folder)
            return fg_hint(err, "ls shows what is there");
    return fg_hint(err, "ls %.*s shows what is there", NAME_MAX_SHOWN, folder);
}

const char *fg_hint_operand(const char *program, const char *operand) {
    static char text[FG_ERR_TEXT];
    const char *kind = fg_hint_content(operand);
    if (is_model(kind))
        snprintf(text, sizeof text, "-g %.*s names the model", NAME_MAX_SHOWN, operand);
    else if (is_picture(kind))
        snprintf(text, sizeof text, "fg-denoise takes pictures");
    else if (kind && strcmp(kind, "a folder") && strcmp(kind, "empty"))
        snprintf(text, sizeof text, "--data %.*s names the data", NAME_MAX_SHOWN, operand);
    else if (!kind && is_preset(operand))
        snprintf(text, sizeof text,
                 strcmp(program, "fg-infer") ? "fg-build %s | %s --data FILES makes use of the preset"
                                             : "fg-build %s | fg-train --data FILES | %s --data FILES",
                 operand, program);
    else
        snprintf(text, sizeof text, "-g FILE names the model and --data FILES the data");
    return text;
}

int fg_hint_model(fg_err *err, const char *path, const char *make) {
    bool named = path && strcmp(path, "-") != 0;
    const char *kind = named ? fg_hint_content(path) : NULL;
    if (named && !kind && is_preset(path))
        return fg_hint(err, "\"%s\" is a preset: fg-build %s >%s.json makes a file of it", path, path, path);
    if (is_picture(kind))
        return fg_hint(err, "%.*s is %s, which fg-denoise takes as an operand", NAME_MAX_SHOWN, path, kind);
    if (kind && !strcmp(kind, "a folder"))
        return fg_hint(err, "name a file in it");
    if (named && !kind) {
        const size_t before = strlen(err->text);
        hint_missing(err, path);
        if (err->text[before])
            return err->code;
    }
    return make ? fg_hint(err, "%s", make) : err->code;
}

int fg_hint_damping(fg_err *err, double damping) {
    return err->code == FG_EDIVERGED ? fg_hint(err, "try --damping %.3g", (1 + damping) / 2) : err->code;
}

/* Whether the folder holds a file whose name has this beginning or this end; `name`, if not NULL, gets the
 * first in the order of names. */
static bool holds(char name[256], const char *folder, const char *beginning, const char *end) {
    DIR *dir = opendir(folder);
    bool found = false;
    for (const struct dirent *e; dir && (e = readdir(dir));) {
        size_t n = strlen(e->d_name), m = end ? strlen(end) : 0;
        if (beginning ? strncmp(e->d_name, beginning, strlen(beginning)) != 0
                      : n <= m || strcmp(e->d_name + n - m, end) != 0)
            continue;
        if (name && (!found || strcmp(e->d_name, name) < 0))
            snprintf(name, 256, "%s", e->d_name);
        found = true;
    }
    if (dir)
        closedir(dir);
    return found;
}

/* A folder without pictures: says which one in it has some. */
static int hint_subfolder(fg_err *err, const char *folder) {
    char path[4096], found[256] = "";
    DIR *dir = opendir(folder);
    for (const struct dirent *e; dir && (e = readdir(dir));) {
        int length = snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        if (e->d_name[0] != '.' && length < (int)sizeof path && holds(NULL, path, NULL, ".png") &&
            (!*found || strcmp(e->d_name, found) < 0))
            snprintf(found, sizeof found, "%s", e->d_name);
    }
    if (dir)
        closedir(dir);
    return *found ? fg_hint(err, "did you mean %.*s/%s?", NAME_MAX_SHOWN, folder, found) : err->code;
}

int fg_hint_pictures(fg_err *err, const char *const paths[], size_t n) {
    for (size_t i = 0; i < n; i++) {
        const char *kind = fg_hint_content(paths[i]);
        if (!kind && is_preset(paths[i]))
            return fg_hint(err, "%s is a preset", paths[i]);
        if (!kind && strcmp(paths[i], "-"))
            return strstr(err->text, paths[i]) ? hint_lost(err, paths[i]) : err->code;
        if (kind && !strcmp(kind, "a folder") && strstr(err->text, "in this folder"))
            return hint_subfolder(err, paths[i]);
        if (!kind || is_read(kind) || !strcmp(kind, "a folder") || !strcmp(kind, "empty"))
            continue;
        if (is_picture(kind))
            return fg_hint(err, "%.*s is %s: ffmpeg -i %.*s picture.png makes a PNG file of it",
                           NAME_MAX_SHOWN, paths[i], kind, NAME_MAX_SHOWN, paths[i]);
        if (!strcmp(kind, "a video"))
            return fg_hint(err,
                           "%.*s is a video: ffmpeg -i %.*s -f image2pipe -c:v ppm - | fg-denoise -g FILE - "
                           "takes its frames",
                           NAME_MAX_SHOWN, paths[i], NAME_MAX_SHOWN, paths[i]);
        return fg_hint(err, "%.*s is %s, %s", NAME_MAX_SHOWN, paths[i], kind,
                       is_model(kind) ? "which -g takes" : "and fg-train and fg-infer take data");
    }
    return err->code;
}

static int hint_folder(fg_err *err, const char *folder, fg_part part) {
    bool train = holds(NULL, folder, "train-images", NULL) || holds(NULL, folder, "data_batch_", NULL);
    if (strstr(err->text, "too many files"))
        return fg_err_set(err, FG_EFORMAT, "%.*s: the files in it are text, not IDX data: fetch them anew",
                          NAME_MAX_SHOWN, folder);
    bool test = holds(NULL, folder, "t10k-images", NULL) || holds(NULL, folder, "test_batch", NULL);
    if (train != test && train == (part == FG_PART_TEST))
        return fg_hint(err, "it has a %s part only: name the files of that, comma-joined, to use them",
                       train ? "training" : "test");
    if (!train && (holds(NULL, folder, NULL, ".png") || holds(NULL, folder, NULL, ".ppm")))
        return fg_hint(err, "it holds pictures, which fg-denoise takes");
    char name[256];
    if (!train && !test && (holds(name, folder, NULL, ".csv") || holds(name, folder, NULL, ".npy")))
        return fg_hint(err, "name files in it, such as %.*s/%s", NAME_MAX_SHOWN, folder, name);
    return err->code;
}

int fg_hint_data(fg_err *err, const char *files, fg_part part) {
    const char *kind = fg_hint_content(files);
    if (kind && !strcmp(kind, "a folder"))
        return hint_folder(err, files, part);
    for (const char *p = files; *p;) {
        char name[4096];
        size_t length = strcspn(p, ",");
        snprintf(name, sizeof name, "%.*s", (int)(length < sizeof name ? length : sizeof name - 1), p);
        kind = fg_hint_content(name);
        if (!kind && *name && strcmp(name, "-"))
            return strchr(name, ' ') ? fg_hint(err, "several files are joined by commas, without spaces")
                                     : hint_lost(err, name);
        if (is_model(kind))
            return fg_err_set(err, FG_EFORMAT,
                              "%s: %s, where data was expected (CSV, NPY, IDX or CIFAR-10); -g takes it",
                              name, kind);
        if (is_picture(kind))
            return fg_err_set(
                err, FG_EFORMAT,
                "%s: %s, where data was expected (CSV, NPY, IDX or CIFAR-10); fg-denoise takes pictures",
                name, kind);
        if (kind && !strcmp(kind, "a zip archive"))
            return fg_hint(err, "a zip archive: unpack it, or write arrays with numpy.save instead of savez");
        p += length + (p[length] == ',');
    }
    return err->code;
}
