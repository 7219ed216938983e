#include "data/pnm.h"

#include "base/mem.h"

enum { HEADER_MAX = 1 << 16, SAMPLE_MAX = 65535 };

/* Where header bytes come from: memory when stream is NULL, else a stream whose bytes are kept as well. */
typedef struct cursor {
    const unsigned char *data;
    size_t size, at;
    FILE *stream;
    fg_image_bytes *kept;
    const atomic_int *stop;
} cursor;

typedef struct header {
    size_t width, height, channels;
    unsigned max;
    size_t body; /* bytes of samples */
} header;

static int next_byte(unsigned char *byte, cursor *from, fg_err *err) {
    if (from->at == HEADER_MAX)
        return fg_err_set(err, FG_EFORMAT, "PNM: header of more than %d bytes", HEADER_MAX);
    if (from->stream) {
        int bad = fg_image_bytes_read(from->kept, from->stream, 1, from->stop, err);
        if (bad)
            return fg_err_prefix(err, "PNM header"), bad;
        *byte = from->kept->data[from->kept->size - 1];
    } else {
        if (from->at == from->size)
            return fg_err_set(err, FG_EFORMAT, "PNM: ends inside its header, after %zu bytes", from->size);
        *byte = from->data[from->at];
    }
    from->at++;
    return FG_OK;
}

static int is_space(unsigned char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Reads one number and the single byte behind it; *c holds that byte, before and after. */
static int next_number(size_t *number, unsigned char *c, cursor *from, const char *what, fg_err *err) {
    int bad = FG_OK, comment = *c == '#';
    while (!bad && (comment || is_space(*c) || *c == '#')) {
        comment = (comment || *c == '#') && *c != '\n' && *c != '\r';
        bad = next_byte(c, from, err);
    }
    if (bad)
        return bad;
    if (*c < '0' || *c > '9')
        return fg_err_set(err, FG_EFORMAT, "PNM: byte 0x%02x at %zu where the %s was expected", *c,
                          from->at - 1, what);
    *number = 0;
    while (*c >= '0' && *c <= '9') {
        *number = *number * 10 + (size_t)(*c - '0');
        if (*number > FG_IMAGE_PIXELS_MAX)
            return fg_err_set(err, FG_EFORMAT, "PNM: %s is more than %zu", what, FG_IMAGE_PIXELS_MAX);
        bad = next_byte(c, from, err);
        if (bad)
            return bad;
    }
    if (!is_space(*c) && *c != '#')
        return fg_err_set(err, FG_EFORMAT, "PNM: byte 0x%02x behind the %s where a space was expected", *c,
                          what);
    return FG_OK;
}

static int read_header(header *h, cursor *from, fg_err *err) {
    unsigned char magic[2], c = 0;
    size_t max = 0;
    int bad = next_byte(&magic[0], from, err);
    if (!bad)
        bad = next_byte(&magic[1], from, err);
    if (!bad && (magic[0] != 'P' || (magic[1] != '5' && magic[1] != '6')))
        return fg_err_set(err, FG_EFORMAT, "PNM: begins with 0x%02x 0x%02x where P5 or P6 was expected",
                          magic[0], magic[1]);
    if (!bad)
        bad = next_byte(&c, from, err);
    if (!bad && !is_space(c) && c != '#')
        return fg_err_set(err, FG_EFORMAT, "PNM: byte 0x%02x behind P%c where a space was expected", c,
                          magic[1]);
    if (!bad)
        bad = next_number(&h->width, &c, from, "width", err);
    if (!bad)
        bad = next_number(&h->height, &c, from, "height", err);
    if (!bad)
        bad = next_number(&max, &c, from, "maximum", err);
    if (bad)
        return bad;
    /* Only the maximum is followed by samples at once: a comment there is not to be skipped. */
    if (!is_space(c))
        return fg_err_set(err, FG_EFORMAT, "PNM: '#' behind the maximum where one space was expected");
    if (max < 1 || max > SAMPLE_MAX)
        return fg_err_set(err, FG_EFORMAT, "PNM: maximum %zu is not in 1..%d", max, SAMPLE_MAX);
    h->max = (unsigned)max;
    h->channels = magic[1] == '6' ? 3 : 1;
    bad = fg_image_check_shape(h->height, h->width, err);
    if (bad)
        return fg_err_prefix(err, "PNM"), bad;
    h->body = h->height * h->width * h->channels * (max > 255 ? 2 : 1);
    return FG_OK;
}

int fg_pnm_decode(fg_image *image, const unsigned char *bytes, size_t size, size_t *used, fg_err *err) {
    cursor from = {.data = bytes, .size = size};
    header h = {0};
    int bad = read_header(&h, &from, err);
    if (!bad && size - from.at < h.body)
        bad = fg_err_set(err, FG_EFORMAT, "PNM: ends after %zu bytes of samples where %zu were expected",
                         size - from.at, h.body);
    if (!bad)
        bad = fg_image_alloc(image, h.height, h.width, h.channels, h.max > 255 ? 16 : 8, err);
    for (size_t y = 0; !bad && y < h.height; y++) {
        bad =
            fg_image_row_unpack(image, y, bytes + from.at + y * (h.body / h.height), h.channels, h.max, err);
        if (bad)
            fg_err_prefix(err, "PNM");
    }
    if (bad)
        fg_image_free(image);
    else if (used)
        *used = from.at + h.body;
    return bad;
}

int fg_pnm_read_bytes(fg_image_bytes *bytes, FILE *stream, const atomic_int *stop, fg_err *err) {
    cursor from = {.stream = stream, .kept = bytes, .stop = stop};
    header h;
    int bad = read_header(&h, &from, err);
    if (bad)
        return bad;
    bad = fg_image_bytes_read(bytes, stream, h.body, stop, err);
    if (bad)
        fg_err_prefix(err, "PNM");
    return bad;
}

int fg_pnm_write(FILE *stream, const fg_image *image, fg_err *err) {
    size_t size = image->width * image->channels * (image->depth == 16 ? 2 : 1);
    unsigned char *row = fg_alloc(size, 1);
    if (!row)
        return fg_err_set(err, FG_ENOMEM, "no memory for a row of %zu bytes", size);
    fprintf(stream, "P%c\n%zu %zu\n%d\n", image->channels == 3 ? '6' : '5', image->width, image->height,
            image->depth == 16 ? 65535 : 255);
    for (size_t y = 0; y < image->height && !ferror(stream); y++) {
        fg_image_row_pack(row, image, y);
        fwrite(row, 1, size, stream);
    }
    fg_free(row);
    return FG_OK;
}
