#include "base/json.h"
#include "model/kind.h"
#include "model/spec_internal.h"

static void print_shape(fg_json_writer *w, fg_shape s) {
    const size_t n[3] = {s.height, s.width, s.channels};
    bool vector = s.height == 1 && s.width == 1;
    fg_json_on_line(w);
    fg_json_open_array(w, "shape");
    for (int i = vector ? 2 : 0; i < 3; i++) {
        if (n[i])
            fg_json_put_int(w, NULL, (int64_t)n[i]);
        else
            fg_json_put_null(w, NULL);
    }
    fg_json_close(w);
}

static void print_layers(fg_json_writer *w, const fg_spec *spec) {
    fg_json_open_object(w, "input");
    print_shape(w, spec->input);
    fg_table_print(w, &fg_input_table, spec, NULL);
    fg_json_close(w);
    fg_json_open_array(w, "layers");
    for (int i = 0; i < spec->n_layers; i++) {
        const fg_kind *kind = fg_kind_of(spec->layers[i].kind);
        fg_json_open_object(w, NULL);
        fg_json_put_text(w, "kind", kind->name);
        fg_json_put_text(w, "name", spec->layers[i].name);
        fg_table_print(w, &kind->table, &spec->layers[i], NULL);
        fg_json_close(w);
    }
    fg_json_close(w);
}

int fg_spec_print(char **text, const fg_spec *spec, fg_err *err) {
    fg_json_writer w = {0};
    *text = NULL;
    int code = fg_spec_check(spec, err);
    if (code)
        return code;
    fg_json_open_object(&w, NULL);
    fg_json_put_text(&w, "format", "fg-spec");
    fg_json_put_int(&w, "version", 1);
    if (spec->name[0])
        fg_json_put_text(&w, "name", spec->name);
    if (spec->is_explicit)
        fg_explicit_print(&w, &spec->graph);
    else
        print_layers(&w, spec);
    fg_json_open_object(&w, "inference");
    fg_table_print(&w, &fg_run_table, &spec->run, NULL);
    fg_json_on_line(&w);
    fg_json_open_object(&w, "predict");
    fg_table_print(&w, &fg_run_table, &spec->predict, &spec->run);
    fg_json_close(&w);
    fg_json_close(&w);
    fg_json_close(&w);
    return fg_json_writer_end(text, &w, err);
}
