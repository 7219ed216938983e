#include "hint.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/io.h"
#include "data/idx.h"
#include "data/npy.h"
#include "data/safetensors.h"
#include "data/unpack.h"
#include "model/preset.h"

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
    {"fg-train", "test", "fg-infer -g STATE --test FILES --score judges what was learned"},
    {"fg-train", "score", "fg-infer -g STATE --data FILES --score judges what was learned"},
    {"fg-train", "batch", "all data are one batch here; fg-continual --batch N learns batch after batch"},
    {"fg-train", "resume", "-g STATE with the same data goes on where a stopped run ended"},
    {"fg-train", "epochs", "--iters N sets how long inference runs"},
    {"fg-continual", "epochs", "--passes N goes through the data so many times"},
    {"fg-continual", "score", "--test FILES is judged while learning, --metrics - shows it"},
    {"fg-infer", "input", "--data FILES names the inputs"},
    {"fg-infer", "epochs", "--iters N sets how long inference runs"},
    {"fg-infer", "metrics", "--score prints them"},
    {"fg-denoise", "data", "pictures are operands: fg-denoise -g FILE PICTURES... -o DIR"},
    {"fg-denoise", "input", "pictures are operands: fg-denoise -g FILE PICTURES... -o DIR"},
    {"fg-denoise", "test", "--clean DIR scores against clean frames"},
    {"fg-denoise", "score", "--clean DIR scores against clean frames, --corrupt P makes the noise"},
    {"fg-denoise", "sigma", "--noise SD"},
    {NULL, "model", "-g FILE names the model"},
    {NULL, "state", "-g FILE names the model"},
    {NULL, "spec", "-g FILE names the model"},
    {NULL, "preset", "fg-build PRESET >spec.json makes a model to be named with -g"},
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
    return fg_err_set(err, err->code, "%s; %s", before, text);
}

const char *fg_hint_option(const char *program, const char *option) {
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (!strcmp(options[i].option, option) &&
            (!options[i].program || !strcmp(options[i].program, program)))
            return options[i].text;
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

const char *fg_hint_operand(const char *program, const char *operand) {
    static char text[FG_ERR_TEXT];
    const char *kind = fg_hint_content(operand);
    if (is_model(kind))
        snprintf(text, sizeof text, "-g %.*s names the model", NAME_MAX_SHOWN, operand);
    else if (is_picture(kind))
        snprintf(text, sizeof text, "fg-denoise takes pictures");
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
    return make ? fg_hint(err, "%s", make) : err->code;
}

int fg_hint_pictures(fg_err *err, const char *const paths[], size_t n) {
    for (size_t i = 0; i < n; i++) {
        const char *kind = fg_hint_content(paths[i]);
        if (!kind || is_picture(kind) || !strcmp(kind, "a folder") || !strcmp(kind, "empty"))
            continue;
        return fg_hint(err, "%.*s is %s, %s", NAME_MAX_SHOWN, paths[i], kind,
                       is_model(kind) ? "which -g takes" : "and fg-train and fg-infer take data");
    }
    return err->code;
}

/* Whether the folder holds a file whose name has this beginning or this end. */
static bool holds(const char *folder, const char *beginning, const char *end) {
    DIR *dir = opendir(folder);
    bool found = false;
    for (const struct dirent *e; dir && !found && (e = readdir(dir));) {
        size_t n = strlen(e->d_name), m = end ? strlen(end) : 0;
        found = beginning ? !strncmp(e->d_name, beginning, strlen(beginning))
                          : n > m && !strcmp(e->d_name + n - m, end);
    }
    if (dir)
        closedir(dir);
    return found;
}

static int hint_folder(fg_err *err, const char *folder, fg_part part) {
    bool train = holds(folder, "train-images", NULL) || holds(folder, "data_batch_", NULL);
    bool test = holds(folder, "t10k-images", NULL) || holds(folder, "test_batch", NULL);
    if (train != test && train == (part == FG_PART_TEST))
        return fg_hint(err, "it has a %s part only: name the files of that, comma-joined, to use them",
                       train ? "training" : "test");
    if (!train && (holds(folder, NULL, ".png") || holds(folder, NULL, ".ppm")))
        return fg_hint(err, "it holds pictures, which fg-denoise takes");
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
        if (is_model(kind))
            return fg_err_set(err, FG_EFORMAT,
                              "%s: %s, where data was expected (CSV, NPY, IDX or CIFAR-10); -g takes it",
                              name, kind);
        if (is_picture(kind))
            return fg_err_set(
                err, FG_EFORMAT,
                "%s: %s, where data was expected (CSV, NPY, IDX or CIFAR-10); fg-denoise takes pictures",
                name, kind);
        p += length + (p[length] == ',');
    }
    return err->code;
}
