#include "data/cifar.h"

#include "base/mem.h"
#include "data/unpack.h"

enum { PLANE = FG_CIFAR_SIDE * FG_CIFAR_SIDE };

bool fg_cifar_recognise(const unsigned char *bytes, size_t size) {
    if (size == 0 || size % FG_CIFAR_RECORD)
        return false;
    for (size_t i = 0; i < size; i += FG_CIFAR_RECORD)
        if (bytes[i] >= FG_CIFAR_CLASSES)
            return false;
    return true;
}

static int grow(fg_cifar *set, fg_err *err) {
    if (set->n < set->room)
        return FG_OK;
    size_t room = set->room ? 2 * set->room : 4;
    unsigned char *pixels = fg_resize(set->pixels, room, FG_CIFAR_PIXELS);
    if (pixels)
        set->pixels = pixels;
    unsigned char *labels = pixels ? fg_resize(set->labels, room, 1) : NULL;
    if (!labels)
        return fg_err_set(err, FG_ENOMEM, "CIFAR-10: no memory for %zu images", room);
    set->labels = labels;
    set->room = room;
    return FG_OK;
}

static int keep(fg_cifar *set, const unsigned char *record, fg_err *err) {
    if (set->n == FG_CIFAR_MAX)
        return fg_err_set(err, FG_EFORMAT, "CIFAR-10: more than %d images", FG_CIFAR_MAX);
    int code = grow(set, err);
    if (code)
        return code;
    unsigned char *to = set->pixels + set->n * FG_CIFAR_PIXELS;
    const unsigned char *red = record + 1, *green = red + PLANE, *blue = green + PLANE;
    for (size_t p = 0; p < PLANE; p++, to += 3) {
        to[0] = red[p];
        to[1] = green[p];
        to[2] = blue[p];
    }
    set->labels[set->n++] = record[0];
    return FG_OK;
}

static int add_all(fg_cifar *set, fg_unpack *from, size_t limit, fg_err *err) {
    unsigned char record[FG_CIFAR_RECORD];
    for (size_t i = 0;; i++) {
        size_t got;
        int code = fg_unpack_read(&got, from, record, sizeof record, err);
        if (code)
            return code;
        if (got == 0 && i > 0)
            return FG_OK;
        if (got < sizeof record)
            return fg_err_set(err, FG_EFORMAT, "CIFAR-10: record %zu is cut off: %zu of %d bytes", i + 1, got,
                              FG_CIFAR_RECORD);
        if (record[0] >= FG_CIFAR_CLASSES)
            return fg_err_set(err, FG_EFORMAT, "CIFAR-10: record %zu: the label is %d, expected 0 to %d",
                              i + 1, record[0], FG_CIFAR_CLASSES - 1);
        if (i >= FG_CIFAR_MAX)
            return fg_err_set(err, FG_EFORMAT, "CIFAR-10: more than %d images", FG_CIFAR_MAX);
        if ((!limit || set->n < limit) && (code = keep(set, record, err)))
            return code;
    }
}

int fg_cifar_add(fg_cifar *set, const unsigned char *bytes, size_t size, size_t limit, fg_err *err) {
    fg_unpack *from;
    int code = fg_unpack_open(&from, bytes, size, err);
    if (code)
        return code;
    code = add_all(set, from, limit, err);
    fg_unpack_close(from);
    return code;
}

void fg_cifar_free(fg_cifar *set) {
    fg_free(set->pixels);
    fg_free(set->labels);
    *set = (fg_cifar){0};
}
