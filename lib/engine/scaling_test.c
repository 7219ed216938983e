/* The input's scaling in states. */
#include <string.h>

#include "engine/fixture_internal.h"
#include "engine/state.h"

static void make(fg_state *state, size_t channels) {
    fg_err err = {0};
    *state = (fg_state){.seed = 1};
    fg_fixture_layers(&state->spec, "2 dense:2 softmax");
    state->spec.scale = FG_SCALE_STANDARDISE;
    fg_fixture_done(fg_posterior_create(&state->posterior, 0, &err), &err);
    if (channels)
        fg_fixture_done(fg_scaling_create(&state->scaling, channels, &err), &err);
    for (size_t c = 0; c < channels; c++) {
        state->scaling.mean[c] = 0.1 + (double)c;
        state->scaling.sd[c] = 1.0 / (3 + (double)c);
    }
}

static int write_to(char **text, size_t *size, const fg_state *state, fg_err *err) {
    FILE *stream = open_memstream(text, size);
    int status = fg_state_write(stream, state, err);
    fclose(stream);
    return status;
}

static int write_and_read(fg_state *back, const fg_state *state, fg_err *err) {
    char *text;
    size_t size;
    int status = write_to(&text, &size, state, err);
    if (!status)
        status = fg_state_read(back, (unsigned char *)text, size, err);
    free(text);
    return status;
}

START_TEST(kept_to_the_bit) {
    fg_state state, back;
    fg_err err = {0};
    make(&state, 2);
    fg_fixture_done(write_and_read(&back, &state, &err), &err);
    ck_assert_int_eq(back.spec.scale, FG_SCALE_STANDARDISE);
    ck_assert_uint_eq(back.scaling.channels, 2);
    ck_assert_mem_eq(back.scaling.mean, state.scaling.mean, 2 * sizeof(double));
    ck_assert_mem_eq(back.scaling.sd, state.scaling.sd, 2 * sizeof(double));
    fg_state_free(&back);
    state.spec.scale = FG_SCALE_NONE;
    fg_fixture_done(write_and_read(&back, &state, &err), &err);
    ck_assert_uint_eq(back.scaling.channels, 0);
    fg_state_free(&back);
    fg_state_free(&state);
}
END_TEST

static void check_bad(const fg_state *state, int code, const char *message) {
    fg_state back = {0};
    fg_err err = {0};
    size_t held = fg_mem_held();
    ck_assert_int_eq(write_and_read(&back, state, &err), code);
    ck_assert_msg(strstr(err.text, message) != NULL, "%s: %s", message, err.text);
    ck_assert_uint_eq(fg_mem_held(), held);
}

START_TEST(bad_ones_are_refused) {
    fg_state state;
    fg_err err = {0};
    make(&state, 0);
    check_bad(&state, FG_EINVAL, "needs the input's scaling");
    fg_state_free(&state);
    make(&state, 3);
    check_bad(&state, FG_EFORMAT, "must be F64 with an entry for each channel");
    fg_state_free(&state);
    make(&state, 2);
    state.scaling.sd[1] = 0;
    check_bad(&state, FG_EFORMAT, "input scaling: channel 1 is scaled by mean 1.1 and deviation 0");
    state.scaling.sd[1] = -1;
    check_bad(&state, FG_EFORMAT, "input scaling: channel 1");
    state.scaling.sd[1] = 1;
    state.scaling.mean[0] = __builtin_nan("");
    check_bad(&state, FG_EFORMAT, "not a finite number");
    char *text, *name;
    size_t size;
    state.scaling.mean[0] = 0;
    fg_fixture_done(write_to(&text, &size, &state, &err), &err);
    name = memmem(text, size, "input/sd", 8);
    ck_assert_ptr_nonnull(name);
    name[7] = 'x';
    fg_state back;
    ck_assert_int_eq(fg_state_read(&back, (unsigned char *)text, size, &err), FG_EFORMAT);
    ck_assert_msg(strstr(err.text, "'input/sd' must be F64") != NULL, "%s", err.text);
    free(text);
    fg_state_free(&state);
}
END_TEST

START_TEST(memory_may_run_out) {
    fg_state state, back;
    fg_err err = {0};
    char *text;
    size_t size;
    make(&state, 2);
    fg_fixture_done(write_to(&text, &size, &state, &err), &err);
    size_t held = fg_mem_held();
    for (uint64_t n = 1;; n++) {
        fg_mem_fail_at(n);
        int status = fg_state_read(&back, (unsigned char *)text, size, &err);
        fg_mem_fail_at(0);
        if (!status)
            break;
        ck_assert_int_eq(status, FG_ENOMEM);
        ck_assert_uint_eq(fg_mem_held(), held);
    }
    fg_state_free(&back);
    fg_state_free(&state);
    free(text);
}
END_TEST

FG_TEST_MAIN("engine/scaling", kept_to_the_bit, bad_ones_are_refused, memory_may_run_out)
