#include "data/safetensors.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <zlib.h>

#include "base/mem.h"
#include "data/array.h"
#include "data/scan.h"

enum { LENGTH_BYTES = 8 };

/* The header's grammar is small and fixed, and its sizes pass what a double holds exactly, so it is read
 * straight into entries instead of going through a general JSON tree. */
typedef struct entry {
    char *name;
    fg_dtype dtype;
    int rank;
    size_t dims[FG_RANK_MAX];
    size_t begin, end;
} entry;

typedef struct header {
    fg_scan scan;
    entry *entries;
    size_t n, room;
    fg_meta *meta;
    size_t n_meta, meta_room;
} header;

static int no_memory(header *h) {
    return fg_err_set(h->scan.err, FG_ENOMEM, "no memory to read the header of a tensor file");
}

static int take_dtype(entry *e, header *h) {
    char *text;
    int code = fg_scan_string(&text, &h->scan, "expected an element type");
    if (code)
        return code;
    e->dtype = fg_dtype_find(text, strlen(text));
    if (e->dtype == FG_DTYPES)
        code = fg_err_set(h->scan.err, FG_EFORMAT, "tensor '%s': element type '%.20s' is not supported",
                          e->name, text);
    fg_free(text);
    return code;
}

/* The value of one key of a tensor's object; `seen` collects which there were. */
static int take_property(entry *e, int *seen, header *h) {
    enum { DTYPE = 1, SHAPE = 2, OFFSETS = 4 };
    size_t offsets[2];
    char *key;
    int which = 0, n = 2, code = fg_scan_string(&key, &h->scan, "expected a key");
    if (code)
        return code;
    if (!fg_scan_take(&h->scan, ':')) {
        code = fg_scan_refuse(&h->scan, "expected ':'");
    } else if (strcmp(key, "dtype") == 0) {
        which = DTYPE;
        code = take_dtype(e, h);
    } else if (strcmp(key, "shape") == 0) {
        which = SHAPE;
        code = fg_scan_sizes(e->dims, &e->rank, FG_RANK_MAX, &h->scan,
                             "more than 8 dimensions are not supported");
    } else if (strcmp(key, "data_offsets") == 0) {
        which = OFFSETS;
        code = fg_scan_sizes(offsets, &n, 2, &h->scan, "more than two data_offsets");
        if (code == FG_OK && n < 2)
            code = fg_scan_refuse(&h->scan, "expected two data_offsets");
        e->begin = code ? 0 : offsets[0];
        e->end = code ? 0 : offsets[1];
    } else {
        code = fg_scan_refuse(&h->scan, "a key other than dtype, shape and data_offsets");
    }
    fg_free(key);
    if (code == FG_OK && (*seen & which))
        code = fg_scan_refuse(&h->scan, "a key stands twice in a tensor's description");
    *seen |= which;
    return code;
}

static int take_entry(entry *e, header *h) {
    int seen = 0, code;
    if (!fg_scan_take(&h->scan, '{'))
        return fg_scan_refuse(&h->scan, "expected a tensor's description, '{'");
    do {
        if ((code = take_property(e, &seen, h)))
            return code;
    } while (fg_scan_take(&h->scan, ','));
    if (!fg_scan_take(&h->scan, '}'))
        return fg_scan_refuse(&h->scan, "expected ',' or '}'");
    if (seen != 7)
        return fg_err_set(h->scan.err, FG_EFORMAT, "tensor '%s': expected dtype, shape and data_offsets",
                          e->name);
    size_t count, bytes;
    if ((code = fg_shape_count(&count, &bytes, e->dtype, e->rank, e->dims, h->scan.err)))
        return fg_err_prefix(h->scan.err, "tensor '%s'", e->name);
    if (e->end < e->begin || e->end - e->begin != bytes)
        return fg_err_set(h->scan.err, FG_EFORMAT,
                          "tensor '%s': data_offsets %zu to %zu do not hold its %zu bytes", e->name, e->begin,
                          e->end, bytes);
    return FG_OK;
}

static int take_pair(header *h) {
    fg_meta pair = {0};
    int code = fg_scan_string(&pair.key, &h->scan, "expected a metadata key");
    if (code == FG_OK && !fg_scan_take(&h->scan, ':'))
        code = fg_scan_refuse(&h->scan, "expected ':'");
    if (code == FG_OK)
        code = fg_scan_string(&pair.value, &h->scan, "expected a string as metadata value");
    void *meta = code ? NULL : fg_array_grow(h->meta, &h->meta_room, h->n_meta, sizeof *h->meta);
    if (!meta) {
        fg_free(pair.key);
        fg_free(pair.value);
        return code ? code : no_memory(h);
    }
    h->meta = meta;
    h->meta[h->n_meta++] = pair;
    return FG_OK;
}

static int take_metadata(header *h) {
    int code;
    if (!fg_scan_take(&h->scan, '{'))
        return fg_scan_refuse(&h->scan, "expected metadata, '{'");
    if (fg_scan_take(&h->scan, '}'))
        return FG_OK;
    do {
        if ((code = take_pair(h)))
            return code;
    } while (fg_scan_take(&h->scan, ','));
    return fg_scan_take(&h->scan, '}') ? FG_OK : fg_scan_refuse(&h->scan, "expected ',' or '}'");
}

/* One key of the header and what it names. */
static int take_item(header *h, bool *has_meta) {
    char *name;
    int code = fg_scan_string(&name, &h->scan, "expected the name of a tensor");
    if (code)
        return code;
    bool is_meta = strcmp(name, "__metadata__") == 0;
    void *entries = is_meta ? NULL : fg_array_grow(h->entries, &h->room, h->n, sizeof *h->entries);
    if (is_meta || !entries)
        fg_free(name);
    if (!is_meta && !entries)
        return no_memory(h);
    if (!is_meta) {
        h->entries = entries;
        h->entries[h->n++] = (entry){.name = name};
    }
    if (!fg_scan_take(&h->scan, ':'))
        return fg_scan_refuse(&h->scan, "expected ':'");
    if (!is_meta)
        return take_entry(&h->entries[h->n - 1], h);
    if (*has_meta)
        return fg_scan_refuse(&h->scan, "__metadata__ stands twice");
    *has_meta = true;
    return take_metadata(h);
}

static int parse(header *h) {
    bool has_meta = false;
    int code;
    if (!fg_scan_take(&h->scan, '{'))
        return fg_scan_refuse(&h->scan, "expected '{'");
    if (!fg_scan_take(&h->scan, '}')) {
        do {
            if ((code = take_item(h, &has_meta)))
                return code;
        } while (fg_scan_take(&h->scan, ','));
        if (!fg_scan_take(&h->scan, '}'))
            return fg_scan_refuse(&h->scan, "expected ',' or '}'");
    }
    fg_scan_blanks(&h->scan);
    return h->scan.at == h->scan.stop
               ? FG_OK
               : fg_scan_refuse(&h->scan, "expected nothing but blanks behind the JSON object");
}

static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int by_offset(const void *left, const void *right) {
    const entry *a = *(const entry *const *)left, *b = *(const entry *const *)right;
    if (a->begin != b->begin)
        return a->begin < b->begin ? -1 : 1;
    return a->end < b->end ? -1 : a->end > b->end;
}

static int check_unique(const char **texts, size_t n, const char *what, header *h) {
    qsort(texts, n, sizeof *texts, by_text);
    for (size_t i = 1; i < n; i++)
        if (strcmp(texts[i - 1], texts[i]) == 0)
            return fg_err_set(h->scan.err, FG_EFORMAT, "tensor file: the %s '%s' stands twice", what,
                              texts[i]);
    return FG_OK;
}

static int check_names(header *h) {
    const char **texts = fg_alloc(h->n > h->n_meta ? h->n : h->n_meta, sizeof *texts);
    if (!texts)
        return no_memory(h);
    for (size_t i = 0; i < h->n; i++)
        texts[i] = h->entries[i].name;
    int code = check_unique(texts, h->n, "name", h);
    for (size_t i = 0; i < h->n_meta; i++)
        texts[i] = h->meta[i].key;
    if (code == FG_OK)
        code = check_unique(texts, h->n_meta, "metadata key", h);
    fg_free(texts);
    return code;
}

/* The tensors lie end to end over all of the bytes behind the header. */
static int check_layout(header *h, size_t size) {
    const entry **sorted = fg_alloc(h->n, sizeof *sorted);
    if (!sorted)
        return no_memory(h);
    for (size_t i = 0; i < h->n; i++)
        sorted[i] = &h->entries[i];
    qsort(sorted, h->n, sizeof *sorted, by_offset);
    size_t at = 0;
    int code = FG_OK;
    for (size_t i = 0; i < h->n && code == FG_OK; i++) {
        if (sorted[i]->begin != at)
            code = fg_err_set(h->scan.err, FG_EFORMAT,
                              "tensor '%s' starts at byte %zu, expected %zu (no hole, no overlap)",
                              sorted[i]->name, sorted[i]->begin, at);
        at = sorted[i]->end;
    }
    if (code == FG_OK && at != size)
        code = fg_err_set(h->scan.err, FG_EFORMAT,
                          "tensor file: the header announces %zu bytes of tensors, there are %zu", at, size);
    fg_free(sorted);
    return code;
}

static int check_crc(header *h, const unsigned char *bytes, size_t size) {
    const char *wanted = NULL;
    for (size_t i = 0; i < h->n_meta; i++)
        if (strcmp(h->meta[i].key, "crc32") == 0)
            wanted = h->meta[i].value;
    if (!wanted)
        return FG_OK;
    char text[9];
    snprintf(text, sizeof text, "%08lx", crc32_z(crc32(0, NULL, 0), bytes, size) & 0xffffffff);
    if (strcasecmp(text, wanted) == 0)
        return FG_OK;
    return fg_err_set(h->scan.err, FG_EFORMAT,
                      "tensor file is damaged: CRC-32 %s of the tensors, '%.20s' in the metadata", text,
                      wanted);
}

/* Moves what was parsed into a container, with copies of the tensors' bytes. */
static int fill(fg_tensors *out, header *h, const unsigned char *bytes) {
    out->items = h->n ? fg_zalloc(h->n, sizeof *out->items) : NULL;
    if (h->n && !out->items)
        return no_memory(h);
    out->room = h->n;
    for (size_t i = 0; i < h->n; i++) {
        entry *e = &h->entries[i];
        fg_named_tensor *item = &out->items[i];
        int code = fg_tensor_alloc(&item->tensor, e->dtype, e->rank, e->dims, h->scan.err);
        if (code)
            return code;
        out->n = i + 1;
        if (e->end > e->begin)
            memcpy(item->tensor.data, bytes + e->begin, e->end - e->begin);
        item->name = e->name;
        e->name = NULL;
    }
    out->meta = h->meta;
    out->n_meta = h->n_meta;
    out->meta_room = h->meta_room;
    h->meta = NULL;
    h->n_meta = 0;
    return FG_OK;
}

static void free_header(header *h) {
    for (size_t i = 0; i < h->n; i++)
        fg_free(h->entries[i].name);
    for (size_t i = 0; i < h->n_meta; i++) {
        fg_free(h->meta[i].key);
        fg_free(h->meta[i].value);
    }
    fg_free(h->entries);
    fg_free(h->meta);
}

static size_t header_length(const unsigned char *bytes) {
    size_t n = 0;
    for (int i = LENGTH_BYTES; i-- > 0;)
        n = n << 8 | bytes[i];
    return n;
}

bool fg_tensors_recognise(const unsigned char *bytes, size_t size) {
    return size > LENGTH_BYTES && bytes[LENGTH_BYTES] == '{' && header_length(bytes) <= FG_TENSORS_HEADER_MAX;
}

int fg_tensors_read(fg_tensors *out, const unsigned char *bytes, size_t size, fg_err *err) {
    *out = (fg_tensors){0};
    if (size < LENGTH_BYTES)
        return fg_err_set(err, FG_EFORMAT, "tensor file: %zu bytes, too few for a header length", size);
    size_t length = header_length(bytes);
    if (length > FG_TENSORS_HEADER_MAX)
        return fg_err_set(err, FG_EFORMAT, "tensor file: a header of %zu bytes, at most %d are expected",
                          length, FG_TENSORS_HEADER_MAX);
    if (length > size - LENGTH_BYTES)
        return fg_err_set(err, FG_EFORMAT, "tensor file: cut off in the header (%zu of %zu bytes)",
                          size - LENGTH_BYTES, length);
    const unsigned char *data = bytes + LENGTH_BYTES + length;
    size_t data_size = size - LENGTH_BYTES - length;
    const char *text = (const char *)bytes + LENGTH_BYTES;
    header h = {.scan = {text, text, text + length, "tensor file header", err}};
    int code = parse(&h);
    if (code == FG_OK)
        code = check_names(&h);
    if (code == FG_OK)
        code = check_layout(&h, data_size);
    if (code == FG_OK)
        code = check_crc(&h, data, data_size);
    if (code == FG_OK)
        code = fill(out, &h, data);
    free_header(&h);
    if (code)
        fg_tensors_free(out);
    return code;
}
