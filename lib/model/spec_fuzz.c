/* Any bytes as a spec: what is accepted must print, read back as the same, and be drawn and counted. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/info.h"
#include "model/spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void explain(const fg_spec *spec) {
    static FILE *nowhere;
    fg_info info;
    fg_err err;
    if (!nowhere && !(nowhere = fopen("/dev/null", "w")))
        abort();
    fg_shape input = spec->input;
    input.height += !input.height;
    input.width += !input.width;
    input.channels += !input.channels;
    if (fg_info_fill(&info, spec, input, 1000, &err) == 0 && fg_info_print(nowhere, spec, &info, &err))
        abort();
    if (fg_spec_dot(nowhere, spec, &err))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    fg_spec spec, back;
    fg_err err;
    char *text, *again;
    if (fg_spec_parse(&spec, (const char *)bytes, size, &err) == 0) {
        if (fg_spec_check(&spec, &err) || fg_spec_print(&text, &spec, &err) ||
            fg_spec_parse(&back, text, strlen(text), &err) || fg_spec_print(&again, &back, &err) ||
            strcmp(text, again) != 0)
            abort();
        explain(&back);
        fg_free(text);
        fg_free(again);
        fg_spec_free(&back);
    } else if (spec.graph.names || spec.n_layers || !*err.text || err.code != FG_EFORMAT) {
        abort();
    }
    fg_spec_free(&spec);
    if (fg_mem_held())
        abort();
    return 0;
}
