/* Lines of text as a compact architecture, the input's shape first: what is accepted must print and read
 * back. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/spec.h"

enum { LINES_MAX = FG_MAX_LAYERS + 2 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void try_lines(const char *input, const char *const *tokens, size_t n) {
    fg_spec spec, back;
    fg_err err;
    char *text, *again;
    if (fg_spec_from_grammar(&spec, input, tokens, n, &err)) {
        if (!*err.text)
            abort();
        return;
    }
    if (fg_spec_print(&text, &spec, &err) || fg_spec_parse(&back, text, strlen(text), &err) ||
        fg_spec_print(&again, &back, &err) || strcmp(text, again) != 0)
        abort();
    fg_free(text);
    fg_free(again);
    fg_spec_free(&back);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    char *lines[LINES_MAX], *text = malloc(size + 1), *next;
    size_t n = 0;
    if (!text)
        return 0;
    memcpy(text, bytes, size);
    text[size] = 0;
    for (char *line = text; line && n < LINES_MAX; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = 0;
        lines[n++] = line;
    }
    if (n > 1)
        try_lines(lines[0], (const char *const *)lines + 1, n - 1);
    free(text);
    if (fg_mem_held())
        abort();
    return 0;
}
