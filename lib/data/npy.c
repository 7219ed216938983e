#include "data/npy.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"

enum { PREFIX = 8, HEADER_ALIGN = 64, HEADER_MAX = 1 << 20, DESCR_TEXT = 16 };

static const char magic[] = {'\x93', 'N', 'U', 'M', 'P', 'Y'};

/* What the header's Python dictionary says. */
typedef struct npy_header {
    fg_dtype dtype;
    bool swap, fortran;
    int rank;
    size_t dims[FG_RANK_MAX];
} npy_header;

typedef struct scan {
    const char *at, *end;
    fg_err *err;
} scan;

static const struct {
    char code[3];
    fg_dtype dtype;
} descrs[] = {
    {"b1", FG_BOOL}, {"u1", FG_U8},  {"i1", FG_I8},  {"u2", FG_U16}, {"i2", FG_I16}, {"u4", FG_U32},
    {"i4", FG_I32},  {"u8", FG_U64}, {"i8", FG_I64}, {"f4", FG_F32}, {"f8", FG_F64},
};

bool fg_npy_recognise(const unsigned char *bytes, size_t size) {
    return size >= sizeof magic && memcmp(bytes, magic, sizeof magic) == 0;
}

static void skip_blanks(scan *s) {
    while (s->at < s->end && strchr(" \t\n\r\f", *s->at) && *s->at)
        s->at++;
}

static bool take(scan *s, char c) {
    skip_blanks(s);
    if (s->at == s->end || *s->at != c)
        return false;
    s->at++;
    return true;
}

static bool take_word(scan *s, const char *word) {
    size_t n = strlen(word);
    skip_blanks(s);
    if ((size_t)(s->end - s->at) < n || memcmp(s->at, word, n) != 0)
        return false;
    s->at += n;
    return true;
}

static int expected(scan *s, const char *what) {
    return fg_err_set(s->err, FG_EFORMAT, "NPY header: expected %s", what);
}

/* A quoted string without escapes: numpy writes none in the keys and types read here. */
static int take_string(char *text, size_t room, scan *s, const char *what) {
    skip_blanks(s);
    char quote = s->at < s->end ? *s->at : 0;
    if (quote != '\'' && quote != '"')
        return expected(s, what);
    const char *start = ++s->at;
    while (s->at < s->end && *s->at != quote && *s->at != '\\')
        s->at++;
    size_t n = (size_t)(s->at - start);
    if (s->at == s->end || *s->at == '\\' || n >= room)
        return expected(s, what);
    s->at++;
    memcpy(text, start, n);
    text[n] = 0;
    return FG_OK;
}

static int take_shape(npy_header *header, scan *s) {
    header->rank = 0;
    if (!take(s, '('))
        return expected(s, "a tuple of whole numbers as shape");
    while (!take(s, ')')) {
        size_t value = 0;
        if (header->rank == FG_RANK_MAX)
            return fg_err_set(s->err, FG_EFORMAT, "NPY: more than %d dimensions are not supported",
                              FG_RANK_MAX);
        skip_blanks(s);
        if (s->at == s->end || *s->at < '0' || *s->at > '9')
            return expected(s, "a whole number in shape");
        for (; s->at < s->end && *s->at >= '0' && *s->at <= '9'; s->at++)
            if (fg_size_mul(&value, value, 10) || fg_size_add(&value, value, (size_t)(*s->at - '0')))
                return fg_err_set(s->err, FG_EFORMAT, "NPY header: a dimension is too large");
        header->dims[header->rank++] = value;
        if (!take(s, ',')) {
            if (header->rank > 1 && take(s, ')'))
                break;
            return expected(s, "',' or ')' in shape");
        }
    }
    return FG_OK;
}

static int take_descr(npy_header *header, scan *s) {
    char descr[DESCR_TEXT];
    skip_blanks(s);
    if (s->at < s->end && *s->at == '[')
        return fg_err_set(s->err, FG_EFORMAT, "NPY: structured arrays are not supported");
    int code = take_string(descr, sizeof descr, s, "a type such as '<f4' as descr");
    if (code)
        return code;
    if (descr[0] && strchr("<>|=", descr[0]))
        for (size_t i = 0; i < sizeof descrs / sizeof *descrs; i++)
            if (strcmp(descr + 1, descrs[i].code) == 0) {
                header->dtype = descrs[i].dtype;
                header->swap = descr[0] == '>' && fg_dtype_size(header->dtype) > 1;
                return FG_OK;
            }
    return fg_err_set(s->err, FG_EFORMAT,
                      "NPY: elements of type '%s' are not supported (b1, i1-i8, u1-u8, f4 and f8 are)",
                      descr);
}

static int parse_header(npy_header *header, const char *text, size_t length, fg_err *err) {
    enum { DESCR = 1, ORDER = 2, SHAPE = 4 };
    scan s = {text, text + length, err};
    int seen = 0, which, code;
    if (!take(&s, '{'))
        return expected(&s, "a dictionary");
    while (!take(&s, '}')) {
        char key[DESCR_TEXT];
        if ((code = take_string(key, sizeof key, &s, "the key descr, fortran_order or shape")))
            return code;
        if (!take(&s, ':'))
            return expected(&s, "':' behind a key");
        if (strcmp(key, "descr") == 0) {
            which = DESCR;
            code = take_descr(header, &s);
        } else if (strcmp(key, "fortran_order") == 0) {
            which = ORDER;
            header->fortran = take_word(&s, "True");
            code = header->fortran || take_word(&s, "False") ? FG_OK
                                                             : expected(&s, "True or False as fortran_order");
        } else if (strcmp(key, "shape") == 0) {
            which = SHAPE;
            code = take_shape(header, &s);
        } else {
            return fg_err_set(err, FG_EFORMAT, "NPY header: unknown key '%s'", key);
        }
        if (code)
            return code;
        if (seen & which)
            return fg_err_set(err, FG_EFORMAT, "NPY header: the key '%s' stands twice", key);
        seen |= which;
        if (take(&s, ','))
            continue;
        if (!take(&s, '}'))
            return expected(&s, "',' or '}'");
        break;
    }
    skip_blanks(&s);
    if (s.at != s.end)
        return expected(&s, "nothing behind the dictionary");
    if (seen != (DESCR | ORDER | SHAPE))
        return expected(&s, "all of descr, fortran_order and shape");
    return FG_OK;
}

static void swap_bytes(unsigned char *data, size_t count, size_t size) {
    for (size_t i = 0; i < count; i++, data += size)
        for (size_t a = 0, b = size - 1; a < b; a++, b--) {
            unsigned char c = data[a];
            data[a] = data[b];
            data[b] = c;
        }
}

/* from has the first index running fastest. */
static void copy_fortran(fg_tensor *out, const unsigned char *from) {
    size_t count = fg_tensor_count(out), size = fg_dtype_size(out->dtype);
    size_t at[FG_RANK_MAX] = {0}, stride[FG_RANK_MAX], offset = 0, step = size;
    for (int i = 0; i < out->rank; i++) {
        stride[i] = step;
        step *= out->dims[i];
    }
    unsigned char *to = out->data;
    for (size_t n = 0; n < count; n++, to += size) {
        memcpy(to, from + offset, size);
        for (int i = out->rank - 1; i >= 0; i--) {
            offset += stride[i];
            if (++at[i] < out->dims[i])
                break;
            offset -= stride[i] * out->dims[i];
            at[i] = 0;
        }
    }
}

static int find_header(size_t *start, size_t *length, const unsigned char *bytes, size_t size, fg_err *err) {
    if (!fg_npy_recognise(bytes, size))
        return fg_err_set(err, FG_EFORMAT, "not an NPY file: it does not start with \\x93NUMPY");
    if (size < PREFIX + 2)
        return fg_err_set(err, FG_EFORMAT, "NPY: cut off in the header");
    if (bytes[6] < 1 || bytes[6] > 3)
        return fg_err_set(err, FG_EFORMAT, "NPY: version %d.%d is not supported (1 to 3 are)", bytes[6],
                          bytes[7]);
    *start = bytes[6] == 1 ? PREFIX + 2 : PREFIX + 4;
    if (size < *start)
        return fg_err_set(err, FG_EFORMAT, "NPY: cut off in the header");
    *length = bytes[8] | (size_t)bytes[9] << 8;
    if (bytes[6] > 1)
        *length |= (size_t)bytes[10] << 16 | (size_t)bytes[11] << 24;
    if (*length > HEADER_MAX)
        return fg_err_set(err, FG_EFORMAT, "NPY: a header of %zu bytes, at most %d are expected", *length,
                          HEADER_MAX);
    if (*length > size - *start)
        return fg_err_set(err, FG_EFORMAT, "NPY: cut off in the header");
    return FG_OK;
}

int fg_npy_read(fg_tensor *out, const unsigned char *bytes, size_t size, fg_err *err) {
    npy_header header = {0};
    size_t start = 0, length = 0, count, wanted;
    *out = (fg_tensor){0};
    int code = find_header(&start, &length, bytes, size, err);
    if (code == FG_OK)
        code = parse_header(&header, (const char *)bytes + start, length, err);
    if (code == FG_OK &&
        (code = fg_shape_count(&count, &wanted, header.dtype, header.rank, header.dims, err)))
        fg_err_prefix(err, "NPY");
    if (code)
        return code;
    size_t have = size - start - length;
    if (have != wanted)
        return fg_err_set(err, FG_EFORMAT, "NPY: the header announces %zu bytes of data, the file has %zu",
                          wanted, have);
    if ((code = fg_tensor_alloc(out, header.dtype, header.rank, header.dims, err)))
        return code;
    const unsigned char *data = bytes + start + length;
    if (header.fortran && header.rank > 1)
        copy_fortran(out, data);
    else if (wanted)
        memcpy(out->data, data, wanted);
    if (header.swap)
        swap_bytes(out->data, count, fg_dtype_size(header.dtype));
    if (header.dtype == FG_BOOL)
        for (size_t i = 0; i < count; i++)
            ((uint8_t *)out->data)[i] = ((uint8_t *)out->data)[i] != 0;
    return FG_OK;
}

static const char *descr_of(fg_dtype dtype) {
    size_t i = 0;
    while (descrs[i].dtype != dtype)
        i++;
    return descrs[i].code;
}

int fg_npy_write(FILE *stream, const fg_tensor *tensor, fg_err *err) {
    char header[512];
    int used = snprintf(header, sizeof header, "{'descr': '%c%s', 'fortran_order': False, 'shape': (",
                        fg_dtype_size(tensor->dtype) > 1 ? '<' : '|', descr_of(tensor->dtype));
    for (int i = 0; i < tensor->rank; i++)
        used += snprintf(header + used, sizeof header - (size_t)used, i ? " %zu%s" : "%zu%s", tensor->dims[i],
                         i + 1 < tensor->rank || tensor->rank == 1 ? "," : "");
    used += snprintf(header + used, sizeof header - (size_t)used, "), }");
    int whole = PREFIX + 2 + used + 1;
    int padding = (HEADER_ALIGN - whole % HEADER_ALIGN) % HEADER_ALIGN;
    int length = used + padding + 1;
    unsigned char prefix[PREFIX + 2] = {
        [6] = 1, [8] = (unsigned char)length, [9] = (unsigned char)(length >> 8)};
    memcpy(prefix, magic, sizeof magic);
    size_t bytes = fg_tensor_bytes(tensor);
    errno = 0;
    if (fwrite(prefix, 1, sizeof prefix, stream) != sizeof prefix ||
        fprintf(stream, "%s%*s\n", header, padding, "") != length ||
        fwrite(tensor->data, 1, bytes, stream) != bytes)
        return fg_err_set(err, FG_EIO, "cannot write NPY: %s", strerror(errno));
    return FG_OK;
}
