#include "model/kind.h"

#include "base/test.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

static void check_table(const fg_table *table, void *base) {
    char text[200];
    fg_table_reset(base, table);
    for (size_t i = 0; i < table->n; i++) {
        const fg_field *f = &table->fields[i];
        ck_assert_ptr_eq(fg_table_find(table, f->key), f);
        ck_assert(f->help && *f->help);
        fg_field_expects(text, sizeof text, f);
        ck_assert(*text);
        ck_assert((f->type == FG_FIELD_ENUM) == (f->values != NULL));
        ck_assert(!f->needs || fg_table_find(table, f->needs));
        double v = fg_field_get(f, base);
        if (f->required)
            ck_assert_double_eq(v, 0);
        else if (f->inherits)
            ck_assert_double_eq(v, -1);
        else
            ck_assert_double_eq(v, f->initial);
        for (size_t j = 0; j < i; j++)
            ck_assert(f->offset != table->fields[j].offset);
    }
}

START_TEST(tables_hold_together) {
    fg_layer layer;
    fg_run_options run;
    for (int k = 0; k < FG_LAYER_KINDS; k++) {
        const fg_kind *kind = fg_kind_of((fg_layer_kind)k);
        ck_assert_int_eq(fg_kind_find(kind->name), k);
        ck_assert(kind->help && kind->count);
        ck_assert(!kind->operand || fg_table_find(&kind->table, kind->operand));
        ck_assert(!kind->makes_group || kind->shape);
        fg_layer_reset(&layer, (fg_layer_kind)k);
        check_table(&kind->table, &layer);
    }
    check_table(&fg_run_table, &run);
    ck_assert_ptr_null(fg_kind_of(FG_LAYER_KINDS));
    ck_assert_ptr_null(fg_kind_of((fg_layer_kind)-1));
    ck_assert_int_eq(fg_kind_find("conv9"), FG_LAYER_KINDS);
    ck_assert_str_eq(fg_kind_suggest("pairwize"), "pairwise");
}
END_TEST

START_TEST(defaults_are_in_range) {
    fg_layer layer;
    fg_run_options run;
    fg_err err = {0};
    for (int k = 0; k < FG_LAYER_KINDS; k++) {
        fg_layer_reset(&layer, (fg_layer_kind)k);
        layer.units = layer.filters = 1;
        ck_assert_msg(fg_table_check(&layer, &fg_kind_of((fg_layer_kind)k)->table, NULL, &err) == 0, "%s",
                      err.text);
    }
    fg_table_reset(&run, &fg_run_table);
    ck_assert_msg(fg_table_check(&run, &fg_run_table, NULL, &err) == 0, "%s", err.text);
}
END_TEST

START_TEST(fields_from_text) {
    fg_layer layer;
    fg_err err = {0};
    fg_layer_reset(&layer, FG_LAYER_DENSE);
    const fg_table *t = &fg_kind_of(FG_LAYER_DENSE)->table;
    ck_assert_int_eq(fg_field_from_text(&layer, fg_table_find(t, "units"), "7", "x", &err), 0);
    ck_assert_int_eq(fg_field_from_text(&layer, fg_table_find(t, "sigma"), "1e-2", "x", &err), 0);
    ck_assert_int_eq(fg_field_from_text(&layer, fg_table_find(t, "bias"), "false", "x", &err), 0);
    ck_assert_int_eq(fg_field_from_text(&layer, fg_table_find(t, "activation"), "elu", "x", &err), 0);
    ck_assert(layer.units == 7 && layer.sigma == 0.01 && !layer.bias && layer.activation == FG_ACT_ELU);
    static const struct {
        const char *key, *text, *message;
    } bad[] = {
        {"units", "1.5", "x: units: \"1.5\" is not a whole number"},
        {"units", "1e300", "x: units: 1e+300 is not in 1..1048576"},
        {"sigma", "", "x: sigma: \"\" is not a number"},
        {"sigma", "nan", "x: sigma: a value that is not finite is not in 1e-06..1000000"},
        {"bias", "yes", "x: bias: \"yes\" is not true or false"},
        {"activation", "tahn",
         "x: activation: \"tahn\" is not one of identity, relu, leaky_relu, elu, tanh, sigmoid or softplus, "
         "did you mean \"tanh\"?"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert_int_eq(fg_field_from_text(&layer, fg_table_find(t, bad[i].key), bad[i].text, "x", &err),
                         FG_EINVAL);
        ck_assert_str_eq(err.text, bad[i].message);
    }
    ck_assert(layer.units == 7 && layer.sigma == 0.01 && !layer.bias && layer.activation == FG_ACT_ELU);
}
END_TEST

static fg_counts counts(fg_layer *layer, fg_shape in, bool noiseless, size_t n) {
    const fg_kind *kind = fg_kind_of(layer->kind);
    const char *why = NULL;
    fg_counts c = {0};
    fg_shape out = in;
    if (kind->shape)
        ck_assert_int_eq(kind->shape(&out, &why, layer, in), 0);
    ck_assert_int_eq(kind->count(&c, layer, in, out, noiseless, n), 0);
    return c;
}

START_TEST(pairs_are_counted) {
    fg_layer layer;
    fg_layer_reset(&layer, FG_LAYER_PAIRWISE);
    for (size_t h = 1; h < 5; h++)
        for (size_t w = 1 + (h == 1); w < 5; w++) {
            size_t pairs = 0;
            for (size_t y = 0; y < h; y++)
                for (size_t x = 0; x < w; x++)
                    pairs += (size_t)(y + 1 < h) + (size_t)(x + 1 < w);
            fg_counts c = counts(&layer, (fg_shape){h, w, 3}, false, 7);
            ck_assert_uint_eq(c.factors, pairs * 21);
            ck_assert_uint_eq(c.edges, pairs * 42);
            ck_assert_uint_eq(c.variables + c.parameters, 0);
        }
}
END_TEST

START_TEST(dense_layers_are_counted) {
    fg_layer layer;
    fg_layer_reset(&layer, FG_LAYER_DENSE);
    layer.units = 4;
    fg_counts c = counts(&layer, (fg_shape){2, 3, 1}, false, 10);
    ck_assert_uint_eq(c.parameters, 28);
    ck_assert_uint_eq(c.variables, 40);
    ck_assert_uint_eq(c.factors, 40);
    ck_assert_uint_eq(c.edges, 40 * 14);
    layer.bias = false;
    c = counts(&layer, (fg_shape){2, 3, 1}, true, 10);
    ck_assert_uint_eq(c.parameters, 24);
    ck_assert_uint_eq(c.edges, 40 * 7);
}
END_TEST

START_TEST(convolutions_are_counted) {
    fg_layer layer;
    const char *why = NULL;
    fg_shape out;
    const fg_kind *kind = fg_kind_of(FG_LAYER_CONV);
    fg_layer_reset(&layer, FG_LAYER_CONV);
    layer.filters = 16;
    layer.kernel = 5;
    fg_counts c = counts(&layer, (fg_shape){28, 26, 3}, false, 2);
    ck_assert(c.factors == 2 * 24 * 22 * 16 && c.variables == c.factors && c.parameters == 76 * 16);
    ck_assert_uint_eq(c.edges, c.factors * 152);
    layer.bias = false;
    c = counts(&layer, (fg_shape){28, 26, 3}, true, 2);
    ck_assert(c.parameters == 75 * 16 && c.edges == c.factors * 76);
    ck_assert_int_eq(kind->shape(&out, &why, &layer, (fg_shape){28, 0, 3}), 0);
    ck_assert(out.height == 24 && out.width == 0 && out.channels == 16);
    ck_assert_int_eq(kind->shape(&out, &why, &layer, (fg_shape){4, 9, 1}), -1);
    ck_assert_str_eq(why, "the filter is larger than the group");
    layer.filters = 4096;
    ck_assert_int_eq(kind->shape(&out, &why, &layer, (fg_shape){9, 9, 1 << 20}), -1);
    ck_assert_int_eq(kind->count(&c, &layer, (fg_shape){9, 9, 1}, (fg_shape){5, 5, 16}, false, SIZE_MAX / 2),
                     -1);
}
END_TEST

START_TEST(pools_are_counted) {
    fg_layer layer;
    const char *why = NULL;
    fg_shape out;
    for (int most = 0; most < 2; most++) {
        fg_layer_reset(&layer, most ? FG_LAYER_MAX_POOL : FG_LAYER_AVG_POOL);
        ck_assert_int_eq(layer.size, 2);
        fg_counts c = counts(&layer, (fg_shape){7, 6, 5}, false, 3);
        ck_assert(c.factors == 3 * 3 * 3 * 5 && c.variables == c.factors && c.edges == 5 * c.factors);
        c = counts(&layer, (fg_shape){7, 6, 5}, true, 3);
        ck_assert(c.edges == c.factors && c.parameters == 0);
        layer.size = 3;
        ck_assert_int_eq(fg_kind_of(layer.kind)->shape(&out, &why, &layer, (fg_shape){2, 0, 1}), -1);
        ck_assert_str_eq(why, "the window is larger than the group");
    }
}
END_TEST

START_TEST(outputs_are_counted) {
    fg_layer layer;
    fg_layer_reset(&layer, FG_LAYER_SOFTMAX);
    fg_counts c = counts(&layer, (fg_shape){1, 1, 10}, false, 6);
    ck_assert(c.factors == 6 && c.edges == 60);
    fg_layer_reset(&layer, FG_LAYER_REGRESSION);
    c = counts(&layer, (fg_shape){1, 1, 10}, false, 6);
    ck_assert(c.factors == 60 && c.edges == 60);
    ck_assert_int_eq(fg_kind_of(FG_LAYER_REGRESSION)
                         ->count(&c, &layer, (fg_shape){1, 1, 10}, (fg_shape){1, 1, 10}, false, SIZE_MAX / 2),
                     -1);
}
END_TEST

START_TEST(shapes_as_text) {
    static const struct {
        fg_shape shape;
        const char *text;
    } known[] = {{{28, 28, 1}, "28x28x1"},
                 {{1, 1, 16}, "16"},
                 {{0, 0, 3}, "?x?x3"},
                 {{1, 1, 0}, "?"},
                 {{1, 5, 2}, "1x5x2"}};
    static const char *const bad[] = {"",   "x",  "28x28", "28x28x",  "x28",      "28x28x1x1",
                                      "0",  "-1", "1e3",   "28X28X1", "16777217", "99999999999999999999",
                                      " 4", "4 ", "?x"};
    char text[72];
    fg_shape s;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        fg_shape_text(text, known[i].shape);
        ck_assert_str_eq(text, known[i].text);
        ck_assert_int_eq(fg_shape_parse(&s, text, NULL), 0);
        ck_assert(s.height == known[i].shape.height && s.width == known[i].shape.width &&
                  s.channels == known[i].shape.channels);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(fg_shape_parse(&s, bad[i], NULL) == FG_EINVAL, "\"%s\" was taken", bad[i]);
    ck_assert_uint_eq(fg_group_count((fg_shape){0, 4, 4}), 0);
    ck_assert_uint_eq(fg_group_count((fg_shape){4, 4, 4}), 64);
    ck_assert_uint_eq(fg_group_count((fg_shape){SIZE_MAX, SIZE_MAX, 2}), SIZE_MAX);
}
END_TEST

FG_TEST_MAIN("model/kind", tables_hold_together, defaults_are_in_range, fields_from_text, pairs_are_counted,
             dense_layers_are_counted, convolutions_are_counted, pools_are_counted, outputs_are_counted,
             shapes_as_text)
