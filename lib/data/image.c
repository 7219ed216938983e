#include "data/image.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"

enum { READ_STEP = 1 << 16 };

size_t fg_image_size(const fg_image *image) {
    return image->height * image->width * image->channels;
}

bool fg_image_same_shape(const fg_image *a, const fg_image *b) {
    return a->height == b->height && a->width == b->width && a->channels == b->channels;
}

int fg_image_check_shape(size_t height, size_t width, fg_err *err) {
    size_t pixels;
    if (height == 0 || width == 0)
        return fg_err_set(err, FG_EFORMAT, "a picture of %zu x %zu pixels has none", width, height);
    if (fg_size_mul(&pixels, height, width) || pixels > FG_IMAGE_PIXELS_MAX)
        return fg_err_set(err, FG_EFORMAT, "a picture of %zu x %zu pixels is more than the limit of %zu",
                          width, height, FG_IMAGE_PIXELS_MAX);
    return FG_OK;
}

int fg_image_alloc(fg_image *image, size_t height, size_t width, size_t channels, int depth, fg_err *err) {
    size_t before = image->data ? fg_image_size(image) : 0;
    int bad = fg_image_check_shape(height, width, err);
    if (!bad && channels != 1 && channels != 3)
        bad = fg_err_set(err, FG_EINVAL, "a picture of %zu channels: 1 or 3 was expected", channels);
    if (!bad && depth != 8 && depth != 16)
        bad = fg_err_set(err, FG_EINVAL, "samples of %d bits: 8 or 16 was expected", depth);
    if (bad) {
        fg_image_free(image);
        return bad;
    }
    size_t n = height * width * channels;
    if (before != n) {
        fg_free(image->data);
        image->data = fg_alloc(n, sizeof(float));
    }
    if (!image->data) {
        fg_image_free(image);
        return fg_err_set(err, FG_ENOMEM, "no memory for a picture of %zu x %zu x %zu values", height, width,
                          channels);
    }
    image->height = height;
    image->width = width;
    image->channels = channels;
    image->depth = depth;
    return FG_OK;
}

int fg_image_copy(fg_image *image, const fg_image *from, fg_err *err) {
    int bad = fg_image_alloc(image, from->height, from->width, from->channels, from->depth, err);
    if (!bad)
        memcpy(image->data, from->data, fg_image_size(from) * sizeof(float));
    return bad;
}

void fg_image_free(fg_image *image) {
    if (!image)
        return;
    fg_free(image->data);
    *image = (fg_image){0};
}

unsigned fg_image_sample(float value, unsigned max) {
    if (!(value > 0))
        return 0;
    return value >= 1 ? max : (unsigned)lrintf(value * (float)max);
}

int fg_image_row_unpack(fg_image *image, size_t row, const unsigned char *bytes, size_t stride, unsigned max,
                        fg_err *err) {
    size_t plane = image->height * image->width, wide = max > 255 ? 2 : 1;
    for (size_t c = 0; c < image->channels; c++) {
        float *to = image->data + c * plane + row * image->width;
        const unsigned char *from = bytes + c * wide;
        for (size_t x = 0; x < image->width; x++, from += stride * wide) {
            unsigned sample = wide == 2 ? (unsigned)from[0] << 8 | from[1] : from[0];
            if (sample > max)
                return fg_err_set(err, FG_EFORMAT,
                                  "row %zu, column %zu: sample %u is more than the maximum of %u", row, x,
                                  sample, max);
            to[x] = (float)sample / (float)max;
        }
    }
    return FG_OK;
}

void fg_image_row_pack(unsigned char *bytes, const fg_image *image, size_t row) {
    size_t plane = image->height * image->width;
    unsigned max = image->depth == 16 ? 65535 : 255;
    for (size_t x = 0; x < image->width; x++) {
        for (size_t c = 0; c < image->channels; c++) {
            unsigned sample = fg_image_sample(image->data[c * plane + row * image->width + x], max);
            if (image->depth == 16)
                *bytes++ = (unsigned char)(sample >> 8);
            *bytes++ = (unsigned char)sample;
        }
    }
}

fg_image_format fg_image_sniff(const unsigned char *bytes, size_t size) {
    static const unsigned char png[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    if (size >= sizeof png && memcmp(bytes, png, sizeof png) == 0)
        return FG_IMAGE_PNG;
    if (size >= 3 && bytes[0] == 'P' && (bytes[1] == '5' || bytes[1] == '6') &&
        (bytes[2] == '#' || bytes[2] == ' ' || (bytes[2] >= '\t' && bytes[2] <= '\r')))
        return FG_IMAGE_PNM;
    return FG_IMAGE_UNKNOWN;
}

static int grow(fg_image_bytes *bytes, size_t room, fg_err *err) {
    size_t need, twice;
    if (fg_size_add(&need, bytes->size, room))
        return fg_err_set(err, FG_ENOMEM, "more bytes of a picture than memory can hold");
    if (need <= bytes->capacity)
        return FG_OK;
    if (fg_size_mul(&twice, bytes->capacity, 2) || twice < need)
        twice = need;
    unsigned char *moved = fg_resize(bytes->data, twice, 1);
    if (!moved)
        return fg_err_set(err, FG_ENOMEM, "no memory for the %zu bytes of a picture", need);
    bytes->data = moved;
    bytes->capacity = twice;
    return FG_OK;
}

int fg_image_bytes_read(fg_image_bytes *bytes, FILE *stream, size_t n, const atomic_int *stop, fg_err *err) {
    while (n > 0) {
        size_t step = n < READ_STEP ? n : READ_STEP;
        int bad = grow(bytes, step, err);
        if (bad)
            return bad;
        errno = 0;
        size_t got = fread(bytes->data + bytes->size, 1, step, stream);
        bytes->size += got;
        n -= got;
        if (got == step)
            continue;
        if (stop && *stop)
            return fg_err_set(err, FG_ESTOPPED, "stopped while reading");
        if (ferror(stream)) {
            if (errno != EINTR)
                return fg_err_set(err, FG_EIO, "cannot read: %s", strerror(errno));
            clearerr(stream);
        } else if (feof(stream)) {
            return fg_err_set(err, FG_EFORMAT,
                              "ends after %zu bytes of a picture where %zu more were expected", bytes->size,
                              n);
        }
    }
    return FG_OK;
}
