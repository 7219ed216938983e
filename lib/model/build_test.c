#include "base/test.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "model/info.h"
#include "model/preset.h"
#include "model/spec.h"

static char *printed(const fg_spec *spec) {
    char *text;
    fg_err err = {0};
    ck_assert_msg(fg_spec_print(&text, spec, &err) == 0, "%s", err.text);
    return text;
}

static fg_spec preset(const char *name) {
    const fg_preset *p;
    fg_spec spec;
    fg_err err = {0};
    ck_assert_int_eq(fg_preset_find(&p, name, &err), 0);
    ck_assert_msg(fg_spec_parse(&spec, p->json, strlen(p->json), &err) == 0, "%s", err.text);
    return spec;
}

START_TEST(presets_have_their_settings) {
    fg_spec s = preset("xor");
    ck_assert(s.n_layers == 3 && s.layers[0].units == 8 && s.layers[0].activation == FG_ACT_LEAKY_RELU);
    ck_assert(s.layers[0].weight_prior == 3 && s.layers[0].activation_prior == 5 &&
              s.layers[1].activation_prior == 2);
    ck_assert(s.layers[2].sigma == 0.1 && s.run.iterations == 600 && s.predict.iterations == 300);
    ck_assert(fg_spec_noiseless_input(&s));
    s = preset("regression");
    ck_assert(s.n_layers == 4 && s.layers[0].sigma == 0.02 && s.layers[1].sigma == 0.005 &&
              s.layers[2].sigma == 0.01);
    ck_assert(s.layers[3].sigma == 0.05 && s.layers[2].weight_prior == 1.5 && s.run.dropout == 0.5);
    ck_assert(s.run.iterations == 4000 && s.predict.iterations == 1000 && !fg_spec_noiseless_input(&s));
    s = preset("denoise-pairwise");
    ck_assert(s.layers[0].sigma == 0.2 && s.layers[0].threshold == 0.14 &&
              s.layers[0].robust == FG_ROBUST_TUKEY);
    ck_assert(s.layers[1].sigma == 1.3 && s.layers[1].threshold == 0.35 && s.input.channels == 0);
    static const char *const classifiers[] = {"mnist",      "fashion-mnist",      "cifar10",
                                              "mnist-best", "fashion-mnist-best", "cifar10-best",
                                              "mnist-fast"};
    static const int filters[] = {100, 100, 400, 36};
    for (int i = 0; i < 7; i++) {
        bool best = i >= 3, colour = i % 3 == 2;
        s = preset(classifiers[i]);
        const fg_layer *first = &s.layers[0], *dense = &s.layers[s.n_layers - 2],
                       *last = &s.layers[s.n_layers - 1];
        ck_assert(s.input.height == (colour ? 32 : 28) && s.input.channels == (colour ? 3 : 1) &&
                  (s.scale == FG_SCALE_STANDARDISE) == (i % 3 > 0));
        ck_assert(dense->kind == FG_LAYER_DENSE && dense->units == 10 && dense->sigma == 0.01 &&
                  s.run.init == FG_INIT_FORWARD && s.run.dropout == 0 && fg_spec_noiseless_input(&s));
        if (best) {
            ck_assert(
                s.n_layers == 3 && first->kind == FG_LAYER_FEATURES && first->filters == filters[i - 3] &&
                first->draw == (colour ? FG_DRAW_WHITENED : FG_DRAW_PATCHES) &&
                dense->covariance == FG_COVARIANCE_FULL && last->likelihood == FG_LIKELIHOOD_CATEGORICAL);
            continue;
        }
        const fg_layer *pool = &s.layers[1];
        ck_assert(s.n_layers == 4 && first->kind == FG_LAYER_CONV && first->filters == 16 &&
                  first->kernel == 5 && first->activation == FG_ACT_LEAKY_RELU &&
                  first->weight_prior == 0.1 && first->bias_prior == 0.1 && first->sigma == 0.01);
        ck_assert(pool->kind == FG_LAYER_MAX_POOL && pool->size == 2 && pool->activation_prior == 3 &&
                  pool->dropout == 0 && pool->sigma == 0.01);
        ck_assert(dense->weight_prior == 0.15 && dense->activation_prior == 2 && last->sigma == 0.01 &&
                  last->likelihood == FG_LIKELIHOOD_SQUARED);
        ck_assert(s.run.iterations == (i == 0 ? 200 : 40) && s.run.damping == 0.7 && s.run.fit == 0.005 &&
                  s.run.relinearise_lag == 0.7 && s.predict.iterations == 300 && s.predict.fit == 0 &&
                  s.run.average > 0);
        ck_assert(s.run.storage == (i == 1 ? FG_STORAGE_EDGE : FG_STORAGE_FACTOR));
    }
    const fg_preset *p;
    fg_err err = {0};
    ck_assert_int_eq(fg_preset_find(&p, "denoise-pariwise", &err), FG_EINVAL);
    ck_assert_str_eq(err.text, "\"denoise-pariwise\" is no preset, did you mean \"denoise-pairwise\"?");
    ck_assert_ptr_null(p);
}
END_TEST

START_TEST(the_grammar_says_the_same_as_json) {
    static const char *const tokens[] = {
        "observation:sigma=0.2,robust=tukey,threshold=0.14", "avg_pool:2,sigma=0.5,name=smooth",
        "dense:10,activation=relu,bias=false", "dense:units=3,weight_prior=2", "softmax"};
    static const char json[] =
        "{\"format\":\"fg-spec\",\"version\":1,\"input\":{\"shape\":[5,4,null]},\"layers\":["
        "{\"kind\":\"observation\",\"sigma\":0.2,\"robust\":\"tukey\",\"threshold\":0.14},"
        "{\"kind\":\"avg_pool\",\"size\":2,\"sigma\":0.5,\"name\":\"smooth\"},"
        "{\"kind\":\"dense\",\"units\":10,\"activation\":\"relu\",\"bias\":false},"
        "{\"kind\":\"dense\",\"units\":3,\"weight_prior\":2},{\"kind\":\"softmax\"}]}";
    fg_spec a, b;
    fg_err err = {0};
    ck_assert_msg(fg_spec_from_grammar(&a, "5x4x?", tokens, 5, &err) == 0, "%s", err.text);
    ck_assert_msg(fg_spec_parse(&b, json, strlen(json), &err) == 0, "%s", err.text);
    char *from_grammar = printed(&a), *from_json = printed(&b);
    ck_assert_str_eq(from_grammar, from_json);
    fg_free(from_grammar);
    fg_free(from_json);
}
END_TEST

START_TEST(bad_grammar_is_refused) {
    static const struct {
        const char *input, *token, *message;
    } bad[] = {
        {"28x28", "dense:2",
         "input: \"28x28\" is not N or HEIGHTxWIDTHxCHANNELS, as 28x28x1 (each 1..16777216, or ?)"},
        {"4", "dens:2", "dens:2: \"dens\" is no kind of layer, did you mean \"dense\"?"},
        {"4", "", ": \"\" is no kind of layer"},
        {"4", "dense", "dense: units missing: outputs (1..1048576)"},
        {"4", "dense:", "dense:: an option is missing behind a colon"},
        {"4", "dense:1,,,sigma=3", "dense:1,,,sigma=3: an option is missing behind a comma"},
        {"4", "dense:2,", "dense:2,: an option is missing behind a comma"},
        {"4", "dense,1", "dense,1: units stands behind a colon"},
        {"4", "dense:two", "dense:two: units: \"two\" is not a whole number"},
        {"4", "dense:2,relu", "dense:2,relu: units: \"relu\" is not a whole number"},
        {"4", "dense:2,sgima=1", "dense:2,sgima=1: sgima: unknown key, did you mean \"sigma\"?"},
        {"4", "dense:2,sigma=0", "dense:2,sigma=0: sigma: 0 is not in 1e-06..1000000"},
        {"4", "dense:2,name=a b", "dense:2,name=a b: a name is 1 to 63 letters, digits, - and _"},
        {"4", "dense:2,units=2", "dense:2,units=2: units is given twice"},
        {"4", "dense:2,sigma=1,sigma=2", "dense:2,sigma=1,sigma=2: sigma is given twice"},
        {"4", "dense:2,name=a,name=b", "dense:2,name=a,name=b: name is given twice"},
        {"4", "softmax:2", "softmax:2: \"2\" is not KEY=VALUE"},
        {"4", "observation:threshold=3",
         "observation:threshold=3: threshold: has no meaning without \"robust\""},
        {"4", "observation:robust=none,share_channels=true",
         "observation:robust=none,share_channels=true: share_channels: has no meaning without \"robust\""},
        {"4", "dense:2,bias_prior=2,bias=false",
         "dense:2,bias_prior=2,bias=false: bias_prior: has no meaning without \"bias\""},
        {"4", "pairwise", "/layers/0: pairwise on the input needs an observation layer before it"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        fg_spec s;
        fg_err err = {0};
        ck_assert_int_eq(fg_spec_from_grammar(&s, bad[i].input, &bad[i].token, 1, &err), FG_EINVAL);
        ck_assert_str_eq(err.text, bad[i].message);
    }
    char longest[600];
    const char *token = longest;
    fg_spec s;
    memset(longest, 'd', sizeof longest);
    longest[sizeof longest - 1] = 0;
    ck_assert_int_eq(fg_spec_from_grammar(&s, "4", &token, 1, NULL), FG_EINVAL);
    ck_assert_int_eq(fg_spec_from_grammar(&s, "4", NULL, 0, NULL), FG_EINVAL);
}
END_TEST

START_TEST(what_is_set_has_a_meaning) {
    static const struct {
        const char *assignment, *message; /* NULL: it has one */
    } sets[] = {
        {"layers.1.threshold=0.35", "/layers/1/threshold: has no meaning without \"robust\""},
        {"/layers/0/robust_after=3", NULL},
        {"layers.1.robust=none", NULL},
        {"layers.3.bias_prior=2", "/layers/3/bias_prior: has no meaning without \"bias\""},
        {"layers.9.threshold=1", NULL},
        {"layers.1=4", NULL},
        {"inference.damping=0.1", NULL},
        {"layers.1.threshold", "\"layers.1.threshold\": expected PATH=VALUE such as layers.0.sigma=0.02"},
    };
    static const char *const tokens[] = {"observation:robust=tukey", "pairwise", "conv:2",
                                         "dense:2,bias=false", "softmax"};
    fg_spec s;
    ck_assert_int_eq(fg_spec_from_grammar(&s, "4x4x1", tokens, 5, NULL), 0);
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        fg_err err = {0};
        ck_assert_int_eq(fg_spec_check_set(&s, sets[i].assignment, &err), sets[i].message ? FG_EINVAL : 0);
        ck_assert_str_eq(err.text, sets[i].message ? sets[i].message : "");
    }
}
END_TEST

static void expect_set(const char *json, const char *assignment, const char *result) {
    char *text;
    fg_err err = {0};
    ck_assert_msg(fg_spec_set(&text, json, strlen(json), assignment, &err) == 0, "%s: %s", assignment,
                  err.text);
    ck_assert_str_eq(text, result);
    fg_free(text);
}

START_TEST(values_are_set) {
    static const char json[] = "{\"a\":{\"b\":[1,{\"c\":2}]},\"d/e\":3}";
    expect_set(json, "a.b.0=0.5", "{\"a\":{\"b\":[0.5,{\"c\":2}]},\"d/e\":3}");
    expect_set(json, "/a/b/1/c=[1,null]", "{\"a\":{\"b\":[1,{\"c\":[1,null]}]},\"d/e\":3}");
    expect_set(json, "/d~1e=tukey", "{\"a\":{\"b\":[1,{\"c\":2}]},\"d/e\":\"tukey\"}");
    expect_set(json, "d/e=x=y", "{\"a\":{\"b\":[1,{\"c\":2}]},\"d/e\":\"x=y\"}");
    expect_set(json, "n.m.o=true", "{\"a\":{\"b\":[1,{\"c\":2}]},\"d/e\":3,\"n\":{\"m\":{\"o\":true}}}");
    expect_set(json, "a={}", "{\"a\":{},\"d/e\":3}");
    expect_set(json, "a=", "{\"a\":\"\",\"d/e\":3}");
    expect_set(json, "a=1 2", "{\"a\":\"1 2\",\"d/e\":3}");
}
END_TEST

START_TEST(bad_assignments_are_refused) {
    static const char json[] = "{\"a\":{\"b\":[1,{\"c\":2}]}}";
    static const struct {
        const char *assignment, *message;
    } bad[] = {
        {"a", "\"a\": expected PATH=VALUE such as layers.0.sigma=0.02"},
        {"=1", "\"=1\": expected PATH=VALUE such as layers.0.sigma=0.02"},
        {"a..b=1", "\"a..b=1\": expected PATH=VALUE such as layers.0.sigma=0.02"},
        {"/=1", "\"/=1\": expected PATH=VALUE such as layers.0.sigma=0.02"},
        {"a.b.2=1", "/a/b/2: no such element, the array has 2"},
        {"a.b.-1=1", "/a/b/-1: no such element, the array has 2"},
        {"a.b.99999999999999999999=1", "/a/b/99999999999999999999: no such element, the array has 2"},
        {"a.b.0.c=1", "/a/b/0/c: a number has no members"},
        {"a.b={\"c\":1,\"c\":2}", "/a/b: in the value, /c: this key stands there twice"},
        {"a.b=[1", "/a/b: in the value, 1:3: the text ends too early"},
        {"a.b=\"c", "/a/b: in the value, 1:1: this string does not end"},
    };
    char *text;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        fg_err err = {0};
        ck_assert_int_eq(fg_spec_set(&text, json, strlen(json), bad[i].assignment, &err), FG_EINVAL);
        ck_assert_str_eq(err.text, bad[i].message);
        ck_assert_ptr_null(text);
    }
    ck_assert_int_eq(fg_spec_set(&text, "{", 1, "a=1", NULL), FG_EFORMAT);
}
END_TEST

START_TEST(info_adds_up) {
    fg_spec s = preset("regression");
    fg_info info;
    fg_err err = {0};
    ck_assert_int_eq(fg_info_fill(&info, &s, s.input, 90, &err), 0);
    ck_assert_uint_eq(info.input.variables, 90);
    ck_assert_uint_eq(info.total.variables, 90 * (1 + 16 + 1));
    ck_assert_uint_eq(info.total.parameters, 32 + 17);
    ck_assert_uint_eq(info.total.factors, 90 * (1 + 16 + 1 + 1));
    ck_assert_uint_eq(info.total.edges, 90 * (1 + 16 * 4 + 34 + 1));
    s = preset("xor");
    ck_assert_int_eq(fg_info_fill(&info, &s, s.input, 4, &err), 0);
    ck_assert(info.noiseless && info.input.variables == 0);
    ck_assert_uint_eq(info.layers[0].edges, 4 * 8 * 4);
    ck_assert_uint_eq(info.layers[1].edges, 4 * 2 * 18);
    ck_assert_int_eq(fg_info_fill(&info, &s, s.input, SIZE_MAX / 4, &err), FG_EINVAL);
    s = preset("denoise-pairwise");
    ck_assert_int_eq(fg_info_fill(&info, &s, s.input, 1, &err), FG_EINVAL);
    ck_assert_int_eq(fg_info_fill(&info, &s, (fg_shape){3, 4, 3}, 1, &err), 0);
    ck_assert_uint_eq(info.total.factors, 36 + 3 * 17);
}
END_TEST

/* What a function writes to a stream. */
static void streamed(char text[4096], const fg_spec *spec, const fg_info *info) {
    FILE *file = tmpfile();
    fg_err err = {0};
    ck_assert_ptr_nonnull(file);
    int code = info ? fg_info_print(file, spec, info, &err) : fg_spec_dot(file, spec, &err);
    ck_assert_msg(code == 0, "%s", err.text);
    rewind(file);
    text[fread(text, 1, 4095, file)] = 0;
    fclose(file);
}

START_TEST(tables_and_pictures_name_everything) {
    static const char json[] =
        "{\"format\":\"fg-spec\",\"version\":1,\"variables\":[{\"name\":\"q\\\"\\\\\",\"prior\":"
        "{\"sigma\":2}},\"b\"],\"factors\":[{\"kind\":\"pairwise\",\"variables\":[\"b\",\"q\\\"\\\\\"],"
        "\"sigma\":0.5}]}";
    char text[4096];
    fg_spec s = preset("xor");
    fg_info info;
    ck_assert_int_eq(fg_info_fill(&info, &s, s.input, 4, NULL), 0);
    streamed(text, &s, &info);
    ck_assert_ptr_nonnull(strstr(text, "input (noiseless)"));
    ck_assert_ptr_nonnull(strstr(text, "dense2"));
    streamed(text, &s, NULL);
    ck_assert_ptr_nonnull(
        strstr(text, "l0 [shape=box, label=\"dense1\\ndense leaky_relu\\nsigma 0.1\"];\n    g0 -- l0;"));
    ck_assert_int_eq(fg_spec_parse(&s, json, strlen(json), NULL), 0);
    streamed(text, &s, NULL);
    ck_assert_ptr_nonnull(
        strstr(text, "  v0 [label=\"q\\\"\\\\\"];\n  p0 [shape=box, label=\"prior\\nsigma 2\"];\n"));
    ck_assert_ptr_nonnull(
        strstr(text, "  f0 [shape=box, label=\"pairwise\\nsigma 0.5\"];\n  v1 -- f0;\n  f0 -- v0;\n}"));
    fg_spec_free(&s);
}
END_TEST

/* What is given is grey, what all observations share is outside their frame. */
START_TEST(drawings_tell_data_from_what_is_learned) {
    static const struct {
        const char *preset, *parts[6];
    } table[] = {
        {"mnist",
         {"  g0 [style=filled, label=\"input\\n28x28x1\"];", "label=\"conv1\\nconv 5x5 leaky_relu\\nsigma",
          "max_pool 2x2\\n", "y3 [style=filled, label=\"classes\\n10\"];\n    l3 -- y3;\n  }\n",
          "  w0 [style=dashed, label=\"weights, bias\\nprior sigma 0.1, 0.1\"];\n  { rank=same; w0 -- l0; "
          "}\n"}},
        {"regression",
         {"  g0 [label=\"input\\n1\"];", "y0 [style=filled, label=\"data\\n1\"];\n    y0 -- l0 -- g0;\n",
          "dense2\\ndense\\nsigma", "y3 [style=filled, label=\"targets\\n1\"];\n    l3 -- y3;\n  }\n"}},
        {"denoise-1",
         {"y0 -- l0 -- g0;", "tconv1\\ntconv 3x3",
          "  w1 [style=dashed, label=\"weights, bias\\nprior sigma 0.018, 0.3\"];"}},
        {"mnist-best",
         {"label=\"features1\\nfeatures 9x9 leaky_relu\"];", "dense1\\ndense\\nsigma 0.01\"];"}},
        {"denoise-pairwise", {"y0 -- l0 -- g0;", "    g0 -- l1;\n  }\n}\n"}},
    };
    char text[4096];
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        fg_spec s = preset(table[i].preset);
        streamed(text, &s, NULL);
        for (const char *const *part = table[i].parts; *part; part++)
            ck_assert_msg(strstr(text, *part) != NULL, "%s: %s is not in\n%s", table[i].preset, *part, text);
    }
}
END_TEST

START_TEST(the_schema_knows_every_option) {
    char *text;
    cJSON *tree;
    ck_assert_int_eq(fg_spec_schema(&text, NULL), 0);
    ck_assert_int_eq(fg_json_parse(&tree, text, strlen(text), NULL), 0);
    const cJSON *defs = fg_json_member(tree, "$defs");
    for (int k = 0; k < FG_LAYER_KINDS; k++) {
        const fg_kind *kind = fg_kind_of((fg_layer_kind)k);
        char name[80];
        snprintf(name, sizeof name, "layer_%s", kind->name);
        const cJSON *def = fg_json_member(defs, name), *properties = fg_json_member(def, "properties");
        ck_assert_int_eq(cJSON_GetArraySize(properties), (int)kind->table.n + 2);
        for (size_t i = 0; i < kind->table.n; i++)
            ck_assert_ptr_nonnull(fg_json_member(properties, kind->table.fields[i].key));
    }
    /* Every reference leads somewhere. */
    for (const char *ref = text; (ref = strstr(ref, "#/$defs/"));) {
        char name[80];
        ref += strlen("#/$defs/");
        snprintf(name, sizeof name, "%.*s", (int)strcspn(ref, "\""), ref);
        ck_assert_msg(fg_json_member(defs, name) != NULL, "%s", name);
    }
    cJSON_Delete(tree);
    fg_free(text);
}
END_TEST

START_TEST(memory_may_run_out_anywhere) {
    static const char json[] = "{\"layers\":[{\"sigma\":1}],\"x\":1}";
    size_t held = fg_mem_held();
    for (uint64_t n = 1, worked = 0; !worked; n++) {
        char *text, *schema;
        fg_mem_fail_at(n);
        int set = fg_spec_set(&text, json, strlen(json), "layers.0.sigma=2", NULL);
        int made = fg_spec_schema(&schema, NULL);
        fg_mem_fail_at(0);
        ck_assert(set == 0 || set == FG_ENOMEM);
        ck_assert(made == 0 || made == FG_ENOMEM);
        fg_free(text);
        fg_free(schema);
        ck_assert_uint_eq(fg_mem_held(), held);
        worked = !set && !made;
    }
}
END_TEST

FG_TEST_MAIN("model/build", presets_have_their_settings, the_grammar_says_the_same_as_json,
             bad_grammar_is_refused, what_is_set_has_a_meaning, values_are_set, bad_assignments_are_refused,
             info_adds_up, tables_and_pictures_name_everything, drawings_tell_data_from_what_is_learned,
             the_schema_knows_every_option, memory_may_run_out_anywhere)
