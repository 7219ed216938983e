#include "data/csv.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "data/array.h"
#include "data/number.h"

enum { SHOWN = 24 }; /* bytes of a bad field that a message shows */

static const char byte_order_mark[] = "\xef\xbb\xbf";

typedef struct reader {
    const char *at, *end; /* what is left of the text */
    size_t line;          /* of the row last taken, from 1 */
    char separator;       /* 0: not known yet; ' ' stands for runs of blanks and tabs */
    size_t columns;       /* of the first row; 0: none seen */
    size_t first_line;
    double *values;
    size_t used, room;
    bool gaps; /* fields may be missing */
    fg_err *err;
} reader;

/* One field without its blanks and quotes. */
typedef struct field {
    const char *text;
    size_t length;
    bool quoted;
} field;

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

/* The next line with content, without its comment, line end and outer blanks. Quotes hide '#'. */
static bool take_line(const char **start, const char **stop, reader *r) {
    while (r->at < r->end) {
        const char *newline = memchr(r->at, '\n', (size_t)(r->end - r->at));
        const char *first = r->at, *last = newline ? newline : r->end;
        r->at = newline ? newline + 1 : r->end;
        r->line++;
        if (last > first && last[-1] == '\r')
            last--;
        bool quoted = false;
        for (const char *p = first; p < last; p++) {
            quoted ^= *p == '"';
            if (*p == '#' && !quoted)
                last = p;
        }
        while (first < last && is_blank(*first))
            first++;
        while (first < last && is_blank(last[-1]))
            last--;
        *start = first;
        *stop = last;
        if (first < last)
            return true;
    }
    return false;
}

static char find_separator(const char *p, const char *end) {
    size_t n = (size_t)(end - p);
    return memchr(p, ',', n) ? ',' : memchr(p, ';', n) ? ';' : memchr(p, '\t', n) ? '\t' : ' ';
}

/* Takes one field from *p, and the separator behind it; *more says whether there was one. */
static field take_field(const char **p, const char *end, char separator, bool *more) {
    const char *q = *p;
    bool in_quotes = false;
    while (q < end && (in_quotes || (*q != separator && !(separator == ' ' && *q == '\t'))))
        in_quotes ^= *q++ == '"';
    field f = {*p, (size_t)(q - *p), false};
    *more = q < end;
    q += *more;
    while (separator == ' ' && q < end && is_blank(*q))
        q++;
    *p = q;
    while (f.length && is_blank(*f.text)) {
        f.text++;
        f.length--;
    }
    while (f.length && is_blank(f.text[f.length - 1]))
        f.length--;
    if (f.length >= 2 && f.text[0] == '"' && f.text[f.length - 1] == '"') {
        f.text++;
        f.length -= 2;
        f.quoted = true;
    }
    return f;
}

/* How much of a field a message shows. */
static int shown(field f) {
    return (int)(f.length < SHOWN ? f.length : SHOWN);
}

static const char *dots(field f) {
    return f.length > SHOWN ? "..." : "";
}

static size_t count_fields(const char *p, const char *end, char separator) {
    size_t n = 0;
    for (bool more = true; more; n++)
        take_field(&p, end, separator, &more);
    return n;
}

/* Whether the first row is a line of names: one field at least is one, and none is a number. A field that
 * begins as numbers do is rather a mistyped number than a name; a number in quotes may be a name where others
 * are. Where one field is a name and another a number the row is refused: nobody can say which of them is
 * mistyped. */
static int take_header(bool *is_header, const reader *r, const char *p, const char *end) {
    size_t name = 0, number = 0;
    field named = {0};
    bool more = true;
    for (size_t column = 1; more; column++) {
        double value;
        field f = take_field(&p, end, r->separator, &more);
        bool word = f.length && fg_number_parse(&value, f.text, f.length) == FG_EFORMAT;
        if (!name && word && !strchr("0123456789+-.", *f.text)) {
            name = column;
            named = f;
        }
        if (!number && f.length && !word && !f.quoted)
            number = column;
    }
    *is_header = name;
    if (!name || !number)
        return FG_OK;
    return fg_err_set(r->err, FG_EFORMAT, "line %zu, column %zu: '%.*s%s' is not a number, but column %zu is",
                      r->line, name, shown(named), named.text, dots(named), number);
}

static char *field_name(field f) {
    char *name = fg_alloc(f.length + 1, 1), *to = name;
    if (!name)
        return NULL;
    for (size_t i = 0; i < f.length; i++) {
        *to++ = f.text[i] ? f.text[i] : '?';
        if (f.quoted && f.text[i] == '"' && i + 1 < f.length && f.text[i + 1] == '"')
            i++;
    }
    *to = 0;
    return name;
}

static void free_names(char **names, size_t n) {
    if (!names)
        return;
    for (size_t i = 0; i < n; i++)
        fg_free(names[i]);
    fg_free(names);
}

static int take_names(char ***out, const char *p, const char *end, reader *r) {
    char **names = fg_zalloc(r->columns, sizeof *names);
    if (!names)
        return fg_err_set(r->err, FG_ENOMEM, "no memory for %zu column names", r->columns);
    bool more;
    for (size_t i = 0; i < r->columns; i++) {
        names[i] = field_name(take_field(&p, end, r->separator, &more));
        if (!names[i]) {
            free_names(names, r->columns);
            return fg_err_set(r->err, FG_ENOMEM, "no memory for %zu column names", r->columns);
        }
    }
    *out = names;
    return FG_OK;
}

static int append(reader *r, double value) {
    double *values = fg_array_grow(r->values, &r->room, r->used, sizeof *values);
    if (!values)
        return fg_err_set(r->err, FG_ENOMEM, "line %zu: no memory for more than %zu numbers", r->line,
                          r->used);
    r->values = values;
    r->values[r->used++] = value;
    return FG_OK;
}

static int take_value(reader *r, field f, size_t column) {
    double value;
    if (f.length == 0 && r->gaps)
        return append(r, NAN);
    if (f.length == 0)
        return fg_err_set(r->err, FG_EFORMAT, "line %zu, column %zu: empty, expected a number", r->line,
                          column);
    int code = fg_number_parse(&value, f.text, f.length);
    if (code == FG_ENOMEM)
        return fg_err_set(r->err, code, "line %zu, column %zu: no memory", r->line, column);
    if (code)
        return fg_err_set(r->err, FG_EFORMAT, "line %zu, column %zu: '%.*s%s' is not a number", r->line,
                          column, shown(f), f.text, dots(f));
    if (!isfinite(value) && !(r->gaps && isnan(value)))
        return fg_err_set(r->err, FG_EFORMAT, "line %zu, column %zu: '%.*s%s' is not a finite number",
                          r->line, column, shown(f), f.text, dots(f));
    return append(r, value);
}

static int take_row(reader *r, const char *p, const char *end) {
    size_t column = 1;
    for (bool more = true; more; column++) {
        field f = take_field(&p, end, r->separator, &more);
        int code = column <= r->columns ? take_value(r, f, column) : FG_OK;
        if (code)
            return code;
    }
    if (column - 1 != r->columns)
        return fg_err_set(r->err, FG_EFORMAT, "line %zu: %zu columns, but line %zu has %zu", r->line,
                          column - 1, r->first_line, r->columns);
    return FG_OK;
}

static int read_rows(char ***names, reader *r) {
    const char *p, *end;
    while (take_line(&p, &end, r)) {
        int code;
        if (r->columns == 0) {
            r->separator = find_separator(p, end);
            r->columns = count_fields(p, end, r->separator);
            r->first_line = r->line;
            bool header;
            if ((code = take_header(&header, r, p, end)) || (header && (code = take_names(names, p, end, r))))
                return code;
            if (header)
                continue;
        }
        if ((code = take_row(r, p, end)))
            return code;
    }
    return FG_OK;
}

static reader begin(const char *text, size_t size, bool gaps, fg_err *err) {
    bool marked = size >= 3 && memcmp(text, byte_order_mark, 3) == 0;
    return (reader){.at = text + (marked ? 3 : 0), .end = text + size, .gaps = gaps, .err = err};
}

static int read_csv(fg_csv *out, const char *text, size_t size, bool gaps, fg_err *err) {
    *out = (fg_csv){0};
    reader r = begin(text, size, gaps, err);
    char **names = NULL;
    int code = read_rows(&names, &r);
    if (!code && r.used == 0)
        code = fg_err_set(err, FG_EFORMAT, "%s, expected rows of numbers",
                          r.columns ? "nothing behind the header line" : "no content");
    if (code) {
        free_names(names, r.columns);
        fg_free(r.values);
        return code;
    }
    double *fitted = fg_resize(r.values, r.used, sizeof *fitted);
    out->values = (fg_tensor){FG_F64, 2, {r.used / r.columns, r.columns}, fitted ? fitted : r.values};
    out->names = names;
    return FG_OK;
}

int fg_csv_read(fg_csv *out, const char *text, size_t size, fg_err *err) {
    return read_csv(out, text, size, false, err);
}

int fg_csv_read_gaps(fg_csv *out, const char *text, size_t size, fg_err *err) {
    return read_csv(out, text, size, true, err);
}

int fg_csv_check(const char *head, size_t size, bool gaps, fg_err *err) {
    const char *last = memrchr(head, '\n', size);
    reader r = begin(head, last ? (size_t)(last - head) : 0, gaps, err);
    char **names = NULL;
    int code = read_rows(&names, &r);
    free_names(names, r.columns);
    fg_free(r.values);
    return code;
}

void fg_csv_free(fg_csv *csv) {
    if (!csv)
        return;
    free_names(csv->names, csv->values.dims[1]);
    fg_tensor_free(&csv->values);
    *csv = (fg_csv){0};
}

/* A name that begins as a byte-order mark would not be read as it is where the file begins with it, nor one
 * that is a number. */
static void write_name(FILE *stream, const char *name) {
    double value;
    bool plain = *name && !strpbrk(name, ",;#\"\t\n\r ") && strncmp(name, byte_order_mark, 3) != 0 &&
                 fg_number_parse(&value, name, strlen(name)) == FG_EFORMAT;
    if (plain) {
        fputs(name, stream);
        return;
    }
    putc('"', stream);
    for (const char *p = name; *p; p++) {
        if (*p == '"')
            putc('"', stream);
        putc(*p == '\n' || *p == '\r' ? ' ' : *p, stream);
    }
    putc('"', stream);
}

int fg_csv_write(FILE *stream, const double *values, size_t rows, size_t columns, const char *const names[],
                 fg_err *err) {
    char text[FG_NUMBER_TEXT];
    errno = 0;
    for (size_t j = 0; names && j < columns; j++) {
        if (j)
            putc(',', stream);
        write_name(stream, names[j]);
    }
    if (names)
        putc('\n', stream);
    for (size_t i = 0; i < rows && !ferror(stream); i++)
        for (size_t j = 0; j < columns; j++) {
            int length = fg_number_print(text, values[i * columns + j]);
            text[length] = j + 1 < columns ? ',' : '\n';
            fwrite(text, 1, (size_t)length + 1, stream);
        }
    if (ferror(stream))
        return fg_err_set(err, FG_EIO, "cannot write CSV: %s", strerror(errno));
    return FG_OK;
}
