/* A line PATH=VALUE and, behind it, JSON to change: what comes out must be text a parser can judge. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "model/spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    const uint8_t *end = size ? memchr(bytes, '\n', size) : NULL;
    size_t length = end ? (size_t)(end - bytes) : 0;
    char *assignment = malloc(length + 1), *text;
    cJSON *tree;
    fg_err err;
    if (!end || !assignment) {
        free(assignment);
        return 0;
    }
    memcpy(assignment, bytes, length);
    assignment[length] = 0;
    if (fg_spec_set(&text, (const char *)end + 1, size - length - 1, assignment, &err) == 0) {
        /* The path may be no UTF-8, or the value too deep where it was put. */
        if (fg_json_parse(&tree, text, strlen(text), &err) == 0)
            cJSON_Delete(tree);
        else if (!*err.text)
            abort();
        fg_free(text);
    } else if (text || !*err.text) {
        abort();
    }
    free(assignment);
    if (fg_mem_held())
        abort();
    return 0;
}
