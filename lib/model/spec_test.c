#include "model/spec.h"

#include "base/test.h"

#include <dirent.h>
#include <math.h>
#include <string.h>

#include "base/io.h"
#include "base/json.h"
#include "base/mem.h"
#include "model/preset.h"

static const char deep[] =
    "{\"format\":\"fg-spec\",\"version\":1,\"name\":\"deep\",\"input\":{\"shape\":[8,6,3],\"scale\":"
    "\"standardise\"},"
    "\"layers\":[{\"kind\":\"observation\",\"robust\":\"tukey\",\"threshold\":2.5,"
    "\"share_channels\":true,\"name\":\"pixels\"},{\"kind\":\"avg_pool\",\"damping\":0.5},"
    "{\"kind\":\"dense\",\"units\":5,\"activation\":\"tanh\",\"bias\":false},"
    "{\"kind\":\"dense\",\"units\":3},{\"kind\":\"softmax\"}],"
    "\"inference\":{\"iterations\":9,\"tol\":1e-6,\"predict\":{\"damping\":0.25}}}";

static char *read_file(const char *path, size_t *size) {
    unsigned char *data;
    fg_err err = {0};
    ck_assert_msg(fg_io_read_all(&data, size, path, 1 << 24, &err) == 0, "%s", err.text);
    return (char *)data;
}

START_TEST(layers_are_read) {
    fg_spec s;
    fg_err err = {0};
    ck_assert_msg(fg_spec_parse(&s, deep, strlen(deep), &err) == 0, "%s", err.text);
    ck_assert_str_eq(s.name, "deep");
    ck_assert(!s.is_explicit);
    ck_assert_uint_eq(fg_shape_size(s.input), 144);
    ck_assert_int_eq(s.scale, FG_SCALE_STANDARDISE);
    ck_assert_int_eq(s.n_layers, 5);
    const fg_layer *l = s.layers;
    ck_assert_int_eq(l[0].kind, FG_LAYER_OBSERVATION);
    ck_assert_str_eq(l[0].name, "pixels");
    ck_assert_int_eq(l[0].robust, FG_ROBUST_TUKEY);
    ck_assert_double_eq(l[0].threshold, 2.5);
    ck_assert(l[0].share_channels);
    ck_assert_double_eq(l[1].damping, 0.5);
    ck_assert_double_lt(l[1].dropout, 0);
    ck_assert_int_eq(l[2].units, 5);
    ck_assert_int_eq(l[2].activation, FG_ACT_TANH);
    ck_assert(!l[2].bias);
    ck_assert_str_eq(l[3].name, "dense2");
    ck_assert(l[3].bias);
    ck_assert_int_eq(l[3].activation, FG_ACT_IDENTITY);
    ck_assert_int_eq(s.run.iterations, 9);
    ck_assert_double_eq(s.run.tol, 1e-6);
    ck_assert_double_eq(s.run.damping, 0.7);
    ck_assert_int_eq(s.predict.iterations, 9);
    ck_assert_double_eq(s.predict.damping, 0.25);
    ck_assert(!fg_spec_noiseless_input(&s));
    fg_spec_free(&s);
}
END_TEST

START_TEST(explicit_graphs_are_read) {
    fg_spec s;
    fg_err err = {0};
    size_t size;
    char *json = read_file("testdata/graphs/tree.json", &size);
    ck_assert_msg(fg_spec_parse(&s, json, size, &err) == 0, "%s", err.text);
    ck_assert(s.is_explicit && !fg_spec_noiseless_input(&s));
    ck_assert_uint_eq(s.graph.n_variables, 4);
    ck_assert_uint_eq(s.graph.n_factors, 5);
    ck_assert_str_eq(s.graph.names[3], "leaf");
    ck_assert_double_eq(s.graph.prior_sigma[0], 10);
    ck_assert(isinf(s.graph.prior_sigma[1]));
    const fg_linear_factor *pair = &s.graph.factors[1], *linear = &s.graph.factors[2],
                           *seen = &s.graph.factors[3];
    ck_assert_uint_eq(pair->rows, 1);
    ck_assert_uint_eq(pair->cols, 2);
    ck_assert_uint_eq(pair->variables[0], 2);
    ck_assert_uint_eq(pair->variables[1], 0);
    ck_assert(pair->matrix[0] == 1 && pair->matrix[1] == -1 && pair->value[0] == 2);
    ck_assert(linear->matrix[1] == -2 && linear->value[0] == 0.5 && linear->sigma[0] == 0.1);
    ck_assert(seen->cols == 1 && seen->matrix[0] == 1 && seen->robust == FG_ROBUST_NONE);
    fg_spec_free(&s);
    fg_free(json);
}
END_TEST

/* What was printed reads back as a spec that prints the same. */
static void expect_round_trip(const char *json, size_t size) {
    fg_spec a, b;
    char *first, *second;
    fg_err err = {0};
    ck_assert_msg(fg_spec_parse(&a, json, size, &err) == 0, "%s", err.text);
    ck_assert_int_eq(fg_spec_check(&a, &err), 0);
    ck_assert_int_eq(fg_spec_print(&first, &a, &err), 0);
    ck_assert_msg(fg_spec_parse(&b, first, strlen(first), &err) == 0, "%s", err.text);
    ck_assert_int_eq(fg_spec_print(&second, &b, &err), 0);
    ck_assert_str_eq(first, second);
    ck_assert_int_eq(memcmp(&a.run, &b.run, sizeof a.run), 0);
    ck_assert_int_eq(memcmp(&a.predict, &b.predict, sizeof a.predict), 0);
    for (int i = 0; i < a.n_layers; i++)
        ck_assert_double_eq(a.layers[i].sigma, b.layers[i].sigma);
    fg_free(first);
    fg_free(second);
    fg_spec_free(&a);
    fg_spec_free(&b);
}

START_TEST(round_trips) {
    static const char *const graphs[] = {"tree", "loop", "unconstrained", "not_walk_summable", "robust"};
    size_t n, size, held = fg_mem_held();
    const fg_preset *presets = fg_presets(&n);
    for (size_t i = 0; i < n; i++)
        expect_round_trip(presets[i].json, strlen(presets[i].json));
    expect_round_trip(deep, strlen(deep));
    for (size_t i = 0; i < sizeof graphs / sizeof *graphs; i++) {
        char path[80];
        snprintf(path, sizeof path, "testdata/graphs/%s.json", graphs[i]);
        char *json = read_file(path, &size);
        expect_round_trip(json, size);
        fg_free(json);
    }
    ck_assert_uint_eq(fg_mem_held(), held);
}
END_TEST

START_TEST(equal_rows_are_one_number) {
    static const char json[] =
        "{\"format\":\"fg-spec\",\"version\":1,\"variables\":[\"a\"],\"factors\":[{\"kind\":"
        "\"linear\",\"variables\":[\"a\"],\"matrix\":[[1],[2]],\"value\":[3,3],\"sigma\":0.5}]}";
    fg_spec s;
    char *text;
    ck_assert_int_eq(fg_spec_parse(&s, json, strlen(json), NULL), 0);
    ck_assert(s.graph.factors[0].sigma[1] == 0.5 && s.graph.factors[0].value[1] == 3);
    ck_assert_int_eq(fg_spec_print(&text, &s, NULL), 0);
    ck_assert_ptr_nonnull(strstr(text, "\"matrix\": [[1], [2]], \"value\": 3, \"sigma\": 0.5"));
    fg_free(text);
    fg_spec_free(&s);
    expect_round_trip(json, strlen(json));
}
END_TEST

START_TEST(bad_specs_are_refused) {
    size_t size, size_of_bad, cases = 0, files = 0;
    char *list = read_file("testdata/bad/specs/expected.txt", &size), *rest;
    for (char *line = strtok_r(list, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest), cases++) {
        char path[200], *message = strchr(line, '\t');
        ck_assert_ptr_nonnull(message);
        *message++ = 0;
        snprintf(path, sizeof path, "testdata/bad/specs/%s", line);
        char *json = read_file(path, &size_of_bad);
        fg_spec s;
        fg_err err = {0};
        ck_assert_msg(fg_spec_parse(&s, json, size_of_bad, &err) == FG_EFORMAT, "%s was taken", line);
        ck_assert_int_eq(err.code, FG_EFORMAT);
        ck_assert_msg(strcmp(err.text, message) == 0, "%s: %s", line, err.text);
        ck_assert(s.n_layers == 0 && s.graph.n_variables == 0);
        fg_free(json);
    }
    fg_free(list);
    DIR *dir = opendir("testdata/bad/specs");
    ck_assert_ptr_nonnull(dir);
    for (const struct dirent *entry; (entry = readdir(dir));)
        files += strstr(entry->d_name, ".json") != NULL;
    closedir(dir);
    ck_assert_uint_eq(files, cases);
}
END_TEST

START_TEST(truncation_at_every_byte_is_an_error) {
    size_t size, held = fg_mem_held();
    char *json = read_file("testdata/graphs/robust.json", &size);
    while (size && json[size - 1] == '\n')
        size--;
    for (size_t n = 0; n < size; n++) {
        char *part = malloc(n + 1);
        fg_spec s;
        memcpy(part, json, n);
        ck_assert_int_eq(fg_spec_parse(&s, part, n, NULL), FG_EFORMAT);
        free(part);
    }
    fg_free(json);
    ck_assert_uint_eq(fg_mem_held(), held);
}
END_TEST

static int parse_and_print(const char *json, size_t size) {
    fg_spec s;
    char *text = NULL;
    int code = fg_spec_parse(&s, json, size, NULL);
    if (!code)
        code = fg_spec_print(&text, &s, NULL);
    fg_free(text);
    fg_spec_free(&s);
    return code;
}

static void fail_each_allocation(const char *json, size_t size) {
    size_t held = fg_mem_held();
    for (uint64_t n = 1;; n++) {
        fg_mem_fail_at(n);
        int code = parse_and_print(json, size);
        fg_mem_fail_at(0);
        ck_assert_uint_eq(fg_mem_held(), held);
        if (code == 0)
            break;
        ck_assert_int_eq(code, FG_ENOMEM);
    }
}

START_TEST(memory_may_run_out_anywhere) {
    size_t size;
    char *json = read_file("testdata/graphs/robust.json", &size);
    fail_each_allocation(json, size);
    fail_each_allocation(deep, strlen(deep));
    fg_free(json);
}
END_TEST

START_TEST(specs_changed_by_hand_are_checked) {
    fg_spec s;
    fg_err err = {0};
    char *text;
    ck_assert_int_eq(fg_spec_parse(&s, deep, strlen(deep), &err), 0);
    fg_spec good = s;
    s.layers[2].sigma = NAN;
    ck_assert_int_eq(fg_spec_check(&s, &err), FG_EINVAL);
    ck_assert_str_eq(err.text, "/layers/2/sigma: a value that is not finite is not in 1e-06..1000000");
    ck_assert_int_eq(fg_spec_print(&text, &s, &err), FG_EINVAL);
    ck_assert_ptr_null(text);
    s = good;
    s.layers[3].activation = FG_ACT_COUNT;
    ck_assert_int_eq(fg_spec_check(&s, &err), FG_EINVAL);
    s = good;
    s.layers[3].kind = FG_LAYER_KINDS;
    ck_assert_int_eq(fg_spec_check(&s, &err), FG_EINVAL);
    ck_assert_str_eq(err.text, "/layers/3: 12 is no kind of layer");
    s = good;
    strcpy(s.layers[3].name, "a/b");
    ck_assert_int_eq(fg_spec_check(&s, &err), FG_EINVAL);
    s = good;
    memset(s.layers[3].name, 'x', FG_NAME_MAX);
    ck_assert_int_eq(fg_spec_check(&s, &err), FG_EINVAL);
    s = good;
    s.n_layers = FG_MAX_LAYERS + 1;
    ck_assert_int_eq(fg_spec_check(&s, &err), FG_EINVAL);
    s = good;
    s.scale = (fg_scale)2;
    ck_assert_int_eq(fg_spec_check(&s, &err), FG_EINVAL);
    ck_assert_str_eq(err.text, "/input/scale: 2 is not in none or standardise");
    s = good;
    s.predict.dropout = 1;
    ck_assert_int_eq(fg_spec_check(&s, &err), FG_EINVAL);
    ck_assert_str_eq(err.text, "/inference/predict/dropout: 1 is not in 0 <= d < 1");
}
END_TEST

START_TEST(graphs_changed_by_hand_are_checked) {
    fg_spec s;
    fg_err err = {0};
    size_t size;
    char *json = read_file("testdata/graphs/robust.json", &size);
    ck_assert_int_eq(fg_spec_parse(&s, json, size, &err), 0);
    fg_linear_factor *f = &s.graph.factors[4];
    f->variables[1] = 2;
    ck_assert_int_eq(fg_spec_check(&s, &err), FG_EINVAL);
    ck_assert_str_eq(err.text, "/factors/4/variables/1: no variable has the index 2");
    f->variables[1] = 1;
    f->sigma[1] = 0;
    ck_assert_int_eq(fg_spec_check(&s, &err), FG_EINVAL);
    ck_assert_str_eq(err.text, "/factors/4/sigma/1: 0 is not in 1e-06..1000000");
    f->sigma[1] = 1;
    f->matrix[3] = INFINITY;
    ck_assert_int_eq(fg_spec_check(&s, &err), FG_EINVAL);
    f->matrix[3] = -1;
    f->robust = (fg_robust)3;
    ck_assert_int_eq(fg_spec_check(&s, &err), FG_EINVAL);
    f->robust = FG_ROBUST_HUBER;
    ck_assert_int_eq(fg_spec_check(&s, &err), 0);
    f->rows = 0;
    ck_assert_int_eq(fg_spec_check(&s, &err), FG_EINVAL);
    ck_assert_str_eq(err.text, "/factors/4/matrix: 0 rows, expected 1..256");
    f->rows = 2;
    f->cols = 0;
    ck_assert_int_eq(fg_spec_check(&s, &err), FG_EINVAL);
    ck_assert_str_eq(err.text, "/factors/4/variables: 0 variables, expected 1..65536");
    f->cols = 2;
    s.graph.names[1][0] = 'x';
    ck_assert_int_eq(fg_spec_check(&s, &err), FG_EINVAL);
    ck_assert_str_eq(err.text, "/variables/1: \"x\" stands there twice");
    s.graph.names[1][0] = '\xff';
    ck_assert_int_eq(fg_spec_check(&s, &err), FG_EINVAL);
    ck_assert_str_eq(err.text, "/variables/1/name: a variable's name must be UTF-8");
    s.graph.names[1][0] = 'y';
    ck_assert_int_eq(fg_spec_check(&s, &err), 0);
    s.graph.prior_mean[0] = NAN;
    ck_assert_int_eq(fg_spec_check(&s, &err), FG_EINVAL);
    fg_spec_free(&s);
    fg_free(json);
}
END_TEST

START_TEST(shapes) {
    fg_spec s;
    fg_err err = {0};
    fg_shape in[FG_MAX_LAYERS], out[FG_MAX_LAYERS];
    ck_assert_int_eq(fg_spec_parse(&s, deep, strlen(deep), &err), 0);
    ck_assert_int_eq(fg_spec_shapes(in, out, &s, (fg_shape){8, 6, 3}, &err), 0);
    const size_t sizes_in[] = {144, 144, 36, 5, 3}, sizes_out[] = {144, 36, 5, 3, 3};
    for (int i = 0; i < 5; i++) {
        ck_assert_uint_eq(fg_shape_size(in[i]), sizes_in[i]);
        ck_assert_uint_eq(fg_shape_size(out[i]), sizes_out[i]);
    }
    ck_assert_uint_eq(fg_spec_outputs(&s), 3);
    ck_assert_int_eq(fg_spec_shapes(in, out, &s, (fg_shape){8, 6, 1}, &err), FG_EINVAL);
    ck_assert_str_eq(err.text, "the data's shape is 8x6x1, the model's input is 8x6x3");
    s.input = (fg_shape){0, 0, 3};
    ck_assert_int_eq(fg_spec_check(&s, &err), 0);
    ck_assert_uint_eq(fg_spec_outputs(&s), 3);
    s.n_layers = 2;
    ck_assert_uint_eq(fg_spec_outputs(&s), 0);
    s.n_layers = 5;
    ck_assert_int_eq(fg_spec_shapes(in, out, &s, (fg_shape){80, 60, 3}, &err), 0);
    ck_assert_uint_eq(fg_shape_size(in[2]), 3600);
    ck_assert_int_eq(fg_spec_shapes(in, out, &s, (fg_shape){80, 0, 3}, &err), FG_EINVAL);
    ck_assert_int_eq(fg_spec_shapes(in, out, &s, (fg_shape){SIZE_MAX, 60, 3}, &err), FG_EINVAL);
    ck_assert_int_eq(fg_spec_shapes(in, out, &s, (fg_shape){1 << 24, 1 << 24, 3}, &err), FG_EINVAL);
    ck_assert_int_eq(fg_spec_shapes(in, out, &s, (fg_shape){1, 1, 3}, &err), FG_EINVAL);
    ck_assert_str_eq(err.text, "/layers/1: avg_pool: the window is larger than the group of 3");
}
END_TEST

START_TEST(a_hundred_thousand_variables) {
    enum { N = 100000 };
    fg_json_writer w = {.compact = true};
    char name[2][24], *json;
    fg_json_open_object(&w, NULL);
    fg_json_put_text(&w, "format", "fg-spec");
    fg_json_put_int(&w, "version", 1);
    fg_json_open_array(&w, "variables");
    for (int i = 0; i < N; i++) {
        snprintf(name[0], sizeof name[0], "variable%d", i);
        fg_json_put_text(&w, NULL, name[0]);
    }
    fg_json_close(&w);
    fg_json_open_array(&w, "factors");
    for (int i = 1; i < N; i++) {
        fg_json_open_object(&w, NULL);
        fg_json_put_text(&w, "kind", "pairwise");
        fg_json_open_array(&w, "variables");
        for (int end = 0; end < 2; end++) {
            snprintf(name[end], sizeof name[end], "variable%d", i - 1 + end);
            fg_json_put_text(&w, NULL, name[end]);
        }
        fg_json_close(&w);
        fg_json_put_real(&w, "sigma", 1);
        fg_json_close(&w);
    }
    fg_json_close(&w);
    fg_json_close(&w);
    ck_assert_int_eq(fg_json_writer_end(&json, &w, NULL), 0);
    fg_spec s;
    fg_err err = {0};
    ck_assert_msg(fg_spec_parse(&s, json, strlen(json), &err) == 0, "%s", err.text);
    ck_assert_uint_eq(s.graph.n_factors, N - 1);
    ck_assert_uint_eq(s.graph.factors[N - 2].variables[1], N - 1);
    fg_spec_free(&s);
    fg_free(json);
}
END_TEST

FG_TEST_MAIN("model/spec", layers_are_read, explicit_graphs_are_read, round_trips, equal_rows_are_one_number,
             bad_specs_are_refused, truncation_at_every_byte_is_an_error, memory_may_run_out_anywhere,
             specs_changed_by_hand_are_checked, graphs_changed_by_hand_are_checked, shapes,
             a_hundred_thousand_variables)
