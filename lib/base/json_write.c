#include "base/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void fg_json_number_text(char text[FG_JSON_NUMBER_TEXT], double v) {
    if (v == floor(v) && fabs(v) < 1e15) {
        snprintf(text, FG_JSON_NUMBER_TEXT, "%.0f", v);
        return;
    }
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, FG_JSON_NUMBER_TEXT, "%.*g", digits, v);
        if (strtod(text, NULL) == v)
            break;
    }
    /* A program that calls setlocale may have made the point a comma. */
    char *comma = strchr(text, ',');
    if (comma)
        *comma = '.';
}

static void add(fg_json_writer *w, const char *bytes, size_t n) {
    if (w->failed)
        return;
    if (w->room - w->size < n + 1) {
        size_t room = 2 * w->room + n + 256;
        char *text = fg_resize(w->text, room, 1);
        if (!text) {
            w->failed = true;
            return;
        }
        w->text = text;
        w->room = room;
    }
    memcpy(w->text + w->size, bytes, n);
    w->size += n;
    w->text[w->size] = 0;
}

static void add_text(fg_json_writer *w, const char *text) {
    add(w, text, strlen(text));
}

static void add_string(fg_json_writer *w, const char *text) {
    char escape[8];
    add(w, "\"", 1);
    while (*text) {
        size_t plain = 0;
        while ((unsigned char)text[plain] >= ' ' && text[plain] != '"' && text[plain] != '\\')
            plain++;
        add(w, text, plain);
        text += plain;
        if (!*text)
            break;
        if (*text == '"' || *text == '\\')
            snprintf(escape, sizeof escape, "\\%c", *text);
        else if (*text == '\n')
            snprintf(escape, sizeof escape, "\\n");
        else
            snprintf(escape, sizeof escape, "\\u%04x", (unsigned char)*text);
        add_text(w, escape);
        text++;
    }
    add(w, "\"", 1);
}

static void new_line(fg_json_writer *w) {
    if (w->compact)
        return;
    if (w->line_depth > 0 && w->depth >= w->line_depth) {
        if (w->follows)
            add(w, " ", 1);
        return;
    }
    add(w, "\n", 1);
    for (int i = 0; i < w->depth; i++)
        add(w, "  ", 2);
}

static void begin_value(fg_json_writer *w, const char *key) {
    if (w->follows)
        add(w, ",", 1);
    if (w->depth)
        new_line(w);
    if (key) {
        add_string(w, key);
        add_text(w, w->compact ? ":" : ": ");
    }
    w->follows = true;
}

static void open(fg_json_writer *w, const char *key, char opener, char closer) {
    begin_value(w, key);
    add(w, &opener, 1);
    if (w->depth >= FG_JSON_DEPTH)
        w->failed = true;
    else
        w->closers[w->depth] = closer;
    w->depth++;
    if (w->line_depth < 0)
        w->line_depth = w->depth;
    w->follows = false;
}

void fg_json_open_object(fg_json_writer *w, const char *key) {
    open(w, key, '{', '}');
}

void fg_json_open_array(fg_json_writer *w, const char *key) {
    open(w, key, '[', ']');
}

void fg_json_on_line(fg_json_writer *w) {
    if (!w->line_depth)
        w->line_depth = -1;
}

void fg_json_close(fg_json_writer *w) {
    bool on_line = w->line_depth > 0 && w->depth >= w->line_depth, filled = w->follows;
    if (w->depth == w->line_depth)
        w->line_depth = 0;
    w->depth--;
    if (w->failed)
        return;
    if (filled && !on_line)
        new_line(w);
    add(w, &w->closers[w->depth], 1);
    w->follows = true;
}

void fg_json_put_text(fg_json_writer *w, const char *key, const char *text) {
    begin_value(w, key);
    add_string(w, text);
}

void fg_json_put_real(fg_json_writer *w, const char *key, double v) {
    char text[FG_JSON_NUMBER_TEXT] = "null";
    if (isfinite(v))
        fg_json_number_text(text, v);
    begin_value(w, key);
    add_text(w, text);
}

void fg_json_put_int(fg_json_writer *w, const char *key, int64_t v) {
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)v);
    begin_value(w, key);
    add_text(w, text);
}

void fg_json_put_bool(fg_json_writer *w, const char *key, bool v) {
    begin_value(w, key);
    add_text(w, v ? "true" : "false");
}

void fg_json_put_null(fg_json_writer *w, const char *key) {
    begin_value(w, key);
    add_text(w, "null");
}

int fg_json_writer_end(char **text, fg_json_writer *w, fg_err *err) {
    add(w, "\n", 1);
    bool failed = w->failed;
    *text = failed ? NULL : w->text;
    if (failed)
        fg_free(w->text);
    *w = (fg_json_writer){0};
    return failed ? fg_err_set(err, FG_ENOMEM, "out of memory") : 0;
}
