#include "report/inspect.h"

#include <string.h>

#include "base/mem.h"
#include "base/test.h"

static char text[8192];

static const char *print(const fg_state *state) {
    FILE *to = fmemopen(text, sizeof text, "w");
    ck_assert_ptr_nonnull(to);
    ck_assert_int_eq(fg_inspect_print(to, state, NULL), FG_OK);
    fclose(to);
    return text;
}

static void expect_line(const char *line) {
    char whole[256];
    snprintf(whole, sizeof whole, "\n%s\n", line);
    if (!strstr(text, whole))
        ck_abort_msg("no line \"%s\" in\n%s", line, text);
}

static void parse(fg_state *state, const char *json) {
    fg_err err;
    *state = (fg_state){0};
    if (fg_spec_parse(&state->spec, json, strlen(json), &err))
        ck_abort_msg("%s", err.text);
}

static const char small[] =
    "{\"format\":\"fg-spec\",\"version\":1,\"name\":\"small\",\"input\":{\"shape\":[1,1,3]},\"layers\":["
    "{\"kind\":\"dense\",\"units\":2,\"bias\":false,\"sigma\":0.25,\"weight_prior\":4,\"activation_prior\":1}"
    ","
    "{\"kind\":\"softmax\"}]}";

START_TEST(ranges_by_hand) {
    double eta[] = {1, -8, 3}, lambda[] = {1, 4, 0.25};
    fg_parameter p = {.rank = 1, .dims = {3}, .size = 3, .eta = eta, .lambda = lambda};
    fg_parameter_range r = fg_parameter_measure(&p);
    ck_assert_double_eq_tol(r.mean_low, -2, 1e-12);
    ck_assert_double_eq_tol(r.mean, 11.0 / 3, 1e-12);
    ck_assert_double_eq_tol(r.mean_high, 12, 1e-12);
    ck_assert_double_eq_tol(r.sd_low, 0.5, 1e-12);
    ck_assert_double_eq_tol(r.sd, 3.5 / 3, 1e-12);
    ck_assert_double_eq_tol(r.sd_high, 2, 1e-12);
}
END_TEST

START_TEST(specs) {
    fg_state state;
    parse(&state, small);
    ck_assert_ptr_eq(strstr(print(&state), "small\nspec: nothing has been learned yet\n"), text);
    expect_line("input            noiseless    3");
    expect_line(
        "dense1           dense        2                0.25    identity             4                   "
        "          1");
    ck_assert_ptr_null(strstr(text, "parameter "));
    ck_assert_ptr_null(strstr(text, " \n"));
    fg_spec_free(&state.spec);
    parse(&state, "{\"format\":\"fg-spec\",\"version\":1,\"input\":{\"shape\":[null,null,3]},\"layers\":["
                  "{\"kind\":\"observation\"},{\"kind\":\"tconv\",\"filters\":4,\"kernel\":3}]}");
    print(&state);
    expect_line("input            free         ?x?x3");
    ck_assert_ptr_nonnull(strstr(text, "?x?x4"));
    fg_spec_free(&state.spec);
    parse(&state, "{\"format\":\"fg-spec\",\"version\":1,\"variables\":[{\"name\":\"a\",\"prior\":{\"sigma\":"
                  "2}},\"b\"],"
                  "\"factors\":[{\"kind\":\"pairwise\",\"variables\":[\"a\",\"b\"],\"sigma\":1},{\"kind\":"
                  "\"observation\","
                  "\"variables\":[\"b\"],\"value\":1,\"sigma\":1,\"robust\":\"huber\",\"threshold\":1}]}");
    ck_assert_ptr_eq(strstr(print(&state), "a model without a name\n"), text);
    expect_line("  over one variable          1");
    expect_line("  over two variables         1");
    expect_line("  over more variables        0");
    expect_line("  robust                     1");
    fg_spec_free(&state.spec);
}
END_TEST

START_TEST(states) {
    fg_state state;
    fg_err err;
    const size_t dims[] = {2, 3};
    parse(&state, small);
    ck_assert_int_eq(fg_posterior_create(&state.posterior, 1, &err), FG_OK);
    fg_parameter *p = fg_posterior_add(state.posterior, "dense1/weight", 2, dims);
    ck_assert_ptr_nonnull(p);
    for (size_t i = 0; i < p->size; i++) {
        p->eta[i] = (double)i - 1;
        p->lambda[i] = 4;
    }
    state.examples = 7;
    state.seed = 12;
    ck_assert_int_eq(fg_state_command(&state, "fg-train --seed 12", &err), FG_OK);
    ck_assert_int_eq(fg_state_command(&state, "fg-continual", &err), FG_OK);
    ck_assert_int_eq(fg_state_command(&state, "hostile \033]0;title\007\r\x7f", &err), FG_OK);
    print(&state);
    expect_line("  hostile ?]0;title???");
    expect_line("state of format version 1, learned from 7 observations, seed 12\n  fg-train --seed 12\n  "
                "fg-continual");
    expect_line("dense1/weight            2x3              -0.25     0.375         1         0.5       0.5   "
                "    0.5");
    ck_assert_ptr_null(strstr(text, "unfinished"));
    ck_assert_int_eq(fg_posterior_average(state.posterior, 1, &err), FG_OK);
    state.continual = fg_strdup("{}");
    print(&state);
    expect_line("predictions use a running average of the means");
    expect_line("unfinished: fg-continual --resume with the same data goes on");
    fg_state_free(&state);
}
END_TEST

START_TEST(a_full_stream_is_an_error) {
    fg_state state;
    fg_err err;
    parse(&state, small);
    FILE *full = fopen("/dev/full", "w");
    if (full) {
        setvbuf(full, NULL, _IONBF, 0);
        ck_assert_int_eq(fg_inspect_print(full, &state, &err), FG_EIO);
        fclose(full);
    }
    fg_spec_free(&state.spec);
}
END_TEST

FG_TEST_MAIN("report/inspect", ranges_by_hand, specs, states, a_full_stream_is_an_error)
