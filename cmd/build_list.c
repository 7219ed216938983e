#include "build.h"

#include "model/kind.h"
#include "model/preset.h"

void build_presets(FILE *to) {
    size_t n;
    const fg_preset *presets = fg_presets(&n);
    for (size_t i = 0; i < n; i++)
        fprintf(to, "%-18s %s\n", presets[i].name, presets[i].help);
}

static void put_field(FILE *to, const fg_field *f) {
    char expects[160], initial[FG_JSON_NUMBER_TEXT];
    fg_field_expects(expects, sizeof expects, f);
    fprintf(to, "    %-17s %s (%s", f->key, f->help, expects);
    fg_json_number_text(initial, f->initial);
    const char *text = f->type == FG_FIELD_ENUM   ? f->values[(int)f->initial]
                       : f->type == FG_FIELD_BOOL ? (f->initial != 0 ? "true" : "false")
                                                  : initial;
    if (f->required)
        fputs("; required)\n", to);
    else if (f->inherits)
        fputs("; as under inference)\n", to);
    else
        fprintf(to, "; %s)\n", text);
}

void build_kinds(FILE *to) {
    for (int i = 0; i < FG_LAYER_KINDS; i++) {
        const fg_kind *kind = fg_kind_of((fg_layer_kind)i);
        char operand[64] = "";
        if (kind->operand)
            snprintf(operand, sizeof operand, ":%s", kind->operand);
        fprintf(to, "%s%s\n  %s\n", kind->name, operand, kind->help);
        for (size_t f = 0; f < kind->table.n; f++)
            put_field(to, &kind->table.fields[f]);
    }
}
