#include "infer.h"

#include <string.h>

#include "base/divert_internal.h"
#include "base/mem.h"

static const char pair[] =
    "{\"format\":\"fg-spec\",\"version\":1,\"variables\":[\"a\",\"b\"],\"factors\":["
    "{\"kind\":\"observation\",\"variables\":[\"a\"],\"value\":1,\"sigma\":1},"
    "{\"kind\":\"linear\",\"variables\":[\"a\",\"b\"],\"matrix\":[[1,1]],\"value\":0,\"sigma\":1}]}";

/* What infer_explicit prints of a graph whose pair has this coefficient of b. */
static void said_of(char text[4096], double coefficient, bool quiet) {
    fg_spec spec;
    fg_err err = {0};
    fg_cli_common common = FG_CLI_COMMON;
    infer_table table = {0};
    fg_outfile *log = NULL;
    bool converged = false;
    common.quiet = quiet;
    ck_assert_msg(fg_spec_parse(&spec, pair, strlen(pair), &err) == 0, "%s", err.text);
    spec.graph.factors[1].matrix[1] = coefficient;
    fg_capture said = fg_capture_begin();
    int code = infer_explicit(&table, &converged, &log, &spec, &common, &err);
    fg_capture_end(&said, text, 4096);
    ck_assert_msg(code == 0, "%s", err.text);
    ck_assert_ptr_null(log);
    infer_table_free(&table);
    fg_spec_free(&spec);
    ck_assert_uint_eq(fg_mem_held(), 0);
}

/* No file can say so much; should numbers run out all the same, it is told, once. */
START_TEST(refused_messages_are_told) {
    char text[4096];
    said_of(text, 1, false);
    ck_assert_str_eq(text, "");
    said_of(text, 1e200, false);
    const char *told = strstr(text, "layer 'factors' (linear): ");
    ck_assert_msg(told && strstr(told, " messages were not finite and kept their old values\n"), "%s", text);
    ck_assert_msg(!strstr(told + 1, "layer 'factors'"), "%s", text);
    said_of(text, 1e200, true);
    ck_assert_msg(!strstr(text, "layer 'factors'"), "%s", text);
}
END_TEST

FG_TEST_MAIN("cmd/infer", refused_messages_are_told)
