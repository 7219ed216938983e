#include "report/trace.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

#include "base/test.h"

static const char chain[] = "{\"format\":\"fg-spec\",\"version\":1,\"variables\":[\"a\",\"b\"],\"factors\":["
                            "{\"kind\":\"observation\",\"variables\":[\"a\"],\"value\":1,\"sigma\":0.5},"
                            "{\"kind\":\"pairwise\",\"variables\":[\"a\",\"b\"],\"value\":0,\"sigma\":1}]}";

static double number(const cJSON *object, const char *key) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    ck_assert_msg(cJSON_IsNumber(item), "%s", key);
    return item->valuedouble;
}

/* Runs three iterations with the trace as hook; the text is the caller's to free. */
static char *run(fg_trace *trace) {
    fg_spec spec;
    fg_graph *graph;
    fg_err err = {0};
    char *text;
    size_t size;
    ck_assert_msg(!fg_spec_parse(&spec, chain, strlen(chain), &err), "%s", err.text);
    fg_graph_options options = {.seed = 1};
    ck_assert_msg(!fg_graph_create(&graph, &spec, (fg_shape){0, 0, 0}, 1, &options, &err), "%s", err.text);
    FILE *stream = open_memstream(&text, &size);
    trace->to = stream;
    spec.run.iterations = 3;
    spec.run.tol = 0;
    ck_assert_int_eq(fg_graph_run(NULL, graph, &spec.run, &(fg_run_hook){fg_trace_hook, trace}, &err), 0);
    fclose(stream);
    fg_graph_free(graph);
    fg_spec_free(&spec);
    return text;
}

START_TEST(each_iteration_is_a_line_of_json) {
    fg_trace trace = {.part = "frame", .number = 7};
    char *text = run(&trace), *line = text;
    for (int i = 0; i < 3; i++) {
        const char *end = NULL;
        cJSON *object = cJSON_ParseWithOpts(line, &end, 0);
        ck_assert_ptr_nonnull(object);
        ck_assert_int_eq(*end, '\n');
        ck_assert_double_eq(number(object, "frame"), 7);
        ck_assert_double_eq(number(object, "iteration"), i);
        ck_assert_double_ge(number(object, "change"), 0);
        double energy = number(object, "energy"), sum = 0, most = 0;
        const cJSON *layers = cJSON_GetObjectItemCaseSensitive(object, "layers"), *layer;
        ck_assert_int_ge(cJSON_GetArraySize(layers), 1);
        cJSON_ArrayForEach(layer, layers) {
            ck_assert(cJSON_IsString(cJSON_GetObjectItemCaseSensitive(layer, "name")));
            ck_assert_double_eq(number(layer, "improper"), 0);
            ck_assert_double_eq(number(layer, "rejected"), 0);
            most = fmax(most, number(layer, "change"));
            sum += number(layer, "energy");
        }
        ck_assert_double_eq_tol(energy, sum, 1e-6 * (1 + sum));
        ck_assert_double_eq_tol(most, number(object, "change"), 1e-6);
        cJSON_Delete(object);
        line = (char *)end + 1;
    }
    ck_assert_int_eq(*line, 0);
    free(text);
}
END_TEST

/* Before inference has run away for good a change can be anything. */
START_TEST(numbers_that_are_not_finite_are_null) {
    static const double odd[] = {INFINITY, -INFINITY, NAN};
    fg_spec spec;
    fg_graph *graph;
    fg_err err = {0};
    fg_graph_options options = {.seed = 1};
    ck_assert_msg(!fg_spec_parse(&spec, chain, strlen(chain), &err), "%s", err.text);
    ck_assert_msg(!fg_graph_create(&graph, &spec, (fg_shape){0, 0, 0}, 1, &options, &err), "%s", err.text);
    for (size_t i = 0; i < 3; i++) {
        char *text;
        size_t size;
        fg_trace trace = {.to = open_memstream(&text, &size)};
        fg_trace_write(&trace, &(fg_iteration){.iteration = 5, .change = odd[i], .graph = graph});
        fclose(trace.to);
        cJSON *object = cJSON_Parse(text);
        ck_assert_msg(object != NULL, "%s", text);
        ck_assert(cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(object, "change")));
        ck_assert_double_ge(number(object, "energy"), 0);
        cJSON_Delete(object);
        free(text);
    }
    fg_graph_free(graph);
    fg_spec_free(&spec);
}
END_TEST

START_TEST(a_log_of_one_run_needs_no_part) {
    fg_trace trace = {0};
    char *text = run(&trace);
    ck_assert_int_eq(strncmp(text, "{\"iteration\":0,", 15), 0);
    free(text);
    trace.to = NULL;
    ck_assert_int_eq(fg_trace_hook(&trace, NULL), 0);
}
END_TEST

FG_TEST_MAIN("report/trace", each_iteration_is_a_line_of_json, numbers_that_are_not_finite_are_null,
             a_log_of_one_run_needs_no_part)
