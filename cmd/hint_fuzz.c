/* Messages and words as the texts that say what to type instead meet them: the first byte says which of them,
 * then follow a message, a word (an option, an operand, a layer, a path) and what is in the file or, behind a
 * slash, the names in the folder that is meant. A hint comes behind the message or, of data, in its place. */
#include "hint.h"

#include <stdint.h>

#include "base/mem.h"
#include "data/fuzz_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { OPTION, OPERAND, REMEDY, LAYER, MODEL, DAMPING, PICTURES, DATA };

static const char *const programs[] = {"fg-build", "fg-train", "fg-continual", "fg-infer", "fg-denoise"};
static const int codes[] = {FG_EINVAL, FG_EFORMAT, FG_EIO, FG_EDIVERGED};

/* The text up to the end of its line, which the caller frees; *at goes behind it. */
static char *take_line(const uint8_t **at, const uint8_t *end) {
    const uint8_t *from = *at, *line = memchr(from, '\n', (size_t)(end - from));
    *at = line ? line + 1 : end;
    return strndup((const char *)from, (size_t)((line ? line : end) - from));
}

/* A file of this content or, behind a slash, a folder of files of these names. */
static const char *put(const uint8_t *at, const uint8_t *end) {
    static char file[128];
    const char *folder = fg_fuzz_folder();
    snprintf(file, sizeof file, "%s/file", folder);
    if (at == end || *at != '/') {
        fg_fuzz_put(folder, "file", 4, at, (size_t)(end - at));
        return file;
    }
    for (at++; at < end;) {
        char *name = take_line(&at, end);
        fg_fuzz_put(folder, name, strlen(name), NULL, 0);
        free(name);
    }
    return folder;
}

static void check_text(const char *text) {
    if (!text || !*text || strlen(text) >= FG_ERR_TEXT)
        abort();
}

/* It was hinted at a message of this text. */
static void check(const fg_err *err, const fg_err *before, int code, bool replaced) {
    size_t n = strlen(before->text);
    check_text(err->text);
    if (code != err->code || (!replaced && (code != before->code || strncmp(err->text, before->text, n))))
        abort();
    for (const char *p = err->text; *p; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            abort();
}

static void hint(unsigned what, const char *program, const fg_err *message, const char *word,
                 const char *path) {
    fg_err err = *message, twice;
    int code = err.code;
    if (what == REMEDY) {
        fg_hint_remedy(&err, program);
        twice = err;
        fg_hint_remedy(&twice, program);
        if (strcmp(twice.text, err.text) != 0)
            abort();
    } else if (what == LAYER) {
        code = fg_hint_layer(&err, word);
    } else if (what == MODEL) {
        code = fg_hint_model(&err, path, program);
    } else if (what == DAMPING) {
        code = fg_hint_damping(&err, 0.5);
    } else if (what == PICTURES) {
        code = fg_hint_pictures(&err, (const char *[]){path, word}, 2);
    } else {
        code = fg_hint_data(&err, path, strlen(word) & 1 ? FG_PART_TEST : FG_PART_TRAIN);
    }
    check(&err, message, code, what == DATA);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    if (!size)
        return 0;
    const uint8_t *at = bytes + 1, *end = bytes + size;
    const char *program = programs[(bytes[0] >> 3 & 7) % 5];
    char *text = take_line(&at, end), *word = take_line(&at, end);
    const char *path = bytes[0] >> 6 & 1 || at < end ? put(at, end) : word;
    fg_err message = {0};
    fg_err_set(&message, codes[(bytes[0] >> 6) & 3], "x%s", text);
    if ((bytes[0] & 7) == OPTION) {
        const char *option = fg_hint_option(program, word);
        if (option)
            check_text(option);
    } else if ((bytes[0] & 7) == OPERAND) {
        check_text(fg_hint_operand(program, path));
    } else {
        hint(bytes[0] & 7, program, &message, word, path);
    }
    if (path != word)
        fg_fuzz_empty(fg_fuzz_folder());
    free(text);
    free(word);
    if (fg_mem_held())
        abort();
    return 0;
}
