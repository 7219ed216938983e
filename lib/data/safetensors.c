#include "data/safetensors.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "base/json_scan.h"
#include "base/mem.h"
#include "data/array.h"

enum { HEADER_ALIGN = 8, CRC_TEXT = 9 };

static void replace_invalid(char *text) {
    size_t left = strlen(text);
    while (left) {
        size_t n = fg_utf8_length((const unsigned char *)text, left);
        if (!n)
            *text = '?';
        n += !n;
        text += n;
        left -= n;
    }
}

int fg_tensors_move(fg_tensors *tensors, const char *name, fg_tensor *tensor, fg_err *err) {
    if (!*name || strcmp(name, "__metadata__") == 0 || !fg_utf8_valid(name))
        return fg_err_set(err, FG_EINVAL, "'%s' cannot be the name of a tensor", name);
    if (fg_tensors_find(tensors, name))
        return fg_err_set(err, FG_EINVAL, "there is a tensor '%s' already", name);
    char *copy = fg_strdup(name);
    void *items =
        copy ? fg_array_grow(tensors->items, &tensors->room, tensors->n, sizeof *tensors->items) : NULL;
    if (!items) {
        fg_free(copy);
        return fg_err_set(err, FG_ENOMEM, "no memory to add tensor '%s'", name);
    }
    tensors->items = items;
    tensors->items[tensors->n++] = (fg_named_tensor){copy, *tensor};
    *tensor = (fg_tensor){0};
    return FG_OK;
}

int fg_tensors_add(fg_tensors *tensors, const char *name, const fg_tensor *tensor, fg_err *err) {
    fg_tensor copy;
    int code = fg_tensor_copy(&copy, tensor, err);
    if (code == FG_OK && (code = fg_tensors_move(tensors, name, &copy, err)))
        fg_tensor_free(&copy);
    return code;
}

int fg_tensors_set(fg_tensors *tensors, const char *key, const char *value, fg_err *err) {
    if (!fg_utf8_valid(key))
        return fg_err_set(err, FG_EINVAL, "metadata key '%s' is not UTF-8", key);
    size_t i = 0;
    while (i < tensors->n_meta && strcmp(tensors->meta[i].key, key) != 0)
        i++;
    bool is_new = i == tensors->n_meta;
    char *text = fg_strdup(value), *name = is_new ? fg_strdup(key) : NULL;
    void *meta = fg_array_grow(tensors->meta, &tensors->meta_room, i, sizeof *tensors->meta);
    if (meta)
        tensors->meta = meta;
    if (!text || (is_new && !name) || !meta) {
        fg_free(text);
        fg_free(name);
        return fg_err_set(err, FG_ENOMEM, "no memory for metadata '%s'", key);
    }
    replace_invalid(text);
    if (is_new)
        tensors->meta[tensors->n_meta++] = (fg_meta){name, NULL};
    fg_free(tensors->meta[i].value);
    tensors->meta[i].value = text;
    return FG_OK;
}

fg_tensor *fg_tensors_find(const fg_tensors *tensors, const char *name) {
    for (size_t i = 0; i < tensors->n; i++)
        if (strcmp(tensors->items[i].name, name) == 0)
            return &tensors->items[i].tensor;
    return NULL;
}

const char *fg_tensors_meta(const fg_tensors *tensors, const char *key) {
    for (size_t i = 0; i < tensors->n_meta; i++)
        if (strcmp(tensors->meta[i].key, key) == 0)
            return tensors->meta[i].value;
    return NULL;
}

void fg_tensors_free(fg_tensors *tensors) {
    if (!tensors)
        return;
    for (size_t i = 0; i < tensors->n; i++) {
        fg_free(tensors->items[i].name);
        fg_tensor_free(&tensors->items[i].tensor);
    }
    for (size_t i = 0; i < tensors->n_meta; i++) {
        fg_free(tensors->meta[i].key);
        fg_free(tensors->meta[i].value);
    }
    fg_free(tensors->items);
    fg_free(tensors->meta);
    *tensors = (fg_tensors){0};
}

/* Text that grows up to the longest header; `failed` is looked at once, at the end. */
typedef struct text_buffer {
    char *text;
    size_t used, room;
    bool failed, too_long; /* for want of memory unless too long */
} text_buffer;

static void put(text_buffer *b, const char *text, size_t length) {
    if (b->failed)
        return;
    if (length > FG_TENSORS_HEADER_MAX - b->used) {
        b->failed = b->too_long = true;
        return;
    }
    if (length > b->room - b->used) {
        size_t room = 2 * (b->used + length) + 256;
        char *larger = fg_resize(b->text, room, 1);
        if (!larger) {
            b->failed = true;
            return;
        }
        b->text = larger;
        b->room = room;
    }
    memcpy(b->text + b->used, text, length);
    b->used += length;
}

__attribute__((format(printf, 2, 3))) static void put_format(text_buffer *b, const char *format, ...) {
    char text[128];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    put(b, text, (size_t)length);
}

static void put_string(text_buffer *b, const char *text) {
    put(b, "\"", 1);
    for (; *text; text++)
        if (*text == '"' || *text == '\\')
            put_format(b, "\\%c", *text);
        else if ((unsigned char)*text < 0x20)
            put_format(b, "\\u%04x", *text);
        else
            put(b, text, 1);
    put(b, "\"", 1);
}

static void put_metadata(text_buffer *b, const fg_tensors *tensors, const char *crc) {
    put_format(b, "{\"__metadata__\":{");
    for (size_t i = 0; i < tensors->n_meta; i++) {
        if (strcmp(tensors->meta[i].key, "crc32") == 0)
            continue;
        put_string(b, tensors->meta[i].key);
        put(b, ":", 1);
        put_string(b, tensors->meta[i].value);
        put(b, ",", 1);
    }
    put_format(b, "\"crc32\":\"%s\"}", crc);
}

static void put_tensor(text_buffer *b, const fg_named_tensor *item, size_t begin) {
    const fg_tensor *t = &item->tensor;
    put(b, ",", 1);
    put_string(b, item->name);
    put_format(b, ":{\"dtype\":\"%s\",\"shape\":[", fg_dtype_name(t->dtype));
    for (int i = 0; i < t->rank; i++)
        put_format(b, i ? ",%zu" : "%zu", t->dims[i]);
    put_format(b, "],\"data_offsets\":[%zu,%zu]}", begin, begin + fg_tensor_bytes(t));
}

static int by_size_and_name(const void *left, const void *right) {
    const fg_named_tensor *a = *(const fg_named_tensor *const *)left,
                          *b = *(const fg_named_tensor *const *)right;
    size_t size_a = fg_dtype_size(a->tensor.dtype), size_b = fg_dtype_size(b->tensor.dtype);
    if (size_a != size_b)
        return size_a < size_b ? 1 : -1;
    return strcmp(a->name, b->name);
}

static void crc_text(char text[CRC_TEXT], const fg_named_tensor *const *sorted, size_t n) {
    uLong crc = crc32(0, NULL, 0);
    for (size_t i = 0; i < n; i++)
        if (fg_tensor_bytes(&sorted[i]->tensor)) /* zlib takes a null pointer as a request to start anew */
            crc = crc32_z(crc, sorted[i]->tensor.data, fg_tensor_bytes(&sorted[i]->tensor));
    snprintf(text, CRC_TEXT, "%08lx", crc & 0xffffffff);
}

static int write_sorted(FILE *stream, const fg_tensors *tensors, const fg_named_tensor *const *sorted,
                        text_buffer *b, fg_err *err) {
    char crc[CRC_TEXT];
    size_t offset = 0;
    crc_text(crc, sorted, tensors->n);
    put_metadata(b, tensors, crc);
    for (size_t i = 0; i < tensors->n; i++) {
        put_tensor(b, sorted[i], offset);
        offset += fg_tensor_bytes(&sorted[i]->tensor);
    }
    put(b, "}", 1);
    while (!b->failed && b->used % HEADER_ALIGN)
        put(b, " ", 1);
    if (b->too_long)
        return fg_err_set(err, FG_EINVAL, "names and metadata of a tensor file take more than %d bytes",
                          FG_TENSORS_HEADER_MAX);
    if (b->failed)
        return fg_err_set(err, FG_ENOMEM, "no memory for the header of a tensor file");
    unsigned char length[8];
    for (int i = 0; i < 8; i++)
        length[i] = (unsigned char)(b->used >> (8 * i));
    errno = 0;
    fwrite(length, 1, sizeof length, stream);
    fwrite(b->text, 1, b->used, stream);
    for (size_t i = 0; i < tensors->n; i++)
        fwrite(sorted[i]->tensor.data, 1, fg_tensor_bytes(&sorted[i]->tensor), stream);
    if (ferror(stream))
        return fg_err_set(err, FG_EIO, "cannot write tensors: %s", strerror(errno));
    return FG_OK;
}

int fg_tensors_write(FILE *stream, const fg_tensors *tensors, fg_err *err) {
    const fg_named_tensor **sorted = fg_alloc(tensors->n, sizeof *sorted);
    if (!sorted)
        return fg_err_set(err, FG_ENOMEM, "no memory to write %zu tensors", tensors->n);
    for (size_t i = 0; i < tensors->n; i++)
        sorted[i] = &tensors->items[i];
    qsort(sorted, tensors->n, sizeof *sorted, by_size_and_name);
    text_buffer b = {0};
    int code = write_sorted(stream, tensors, sorted, &b, err);
    fg_free(b.text);
    fg_free(sorted);
    return code;
}
