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

static void check_unwritten(const fg_state *state, const char *message) {
    fg_state back = {0};
    fg_err err = {0};
    size_t held = fg_mem_held();
    ck_assert_int_eq(write_and_read(&back, state, &err), FG_EINVAL);
    ck_assert_msg(strstr(err.text, message) != NULL, "%s: %s", message, err.text);
    ck_assert_uint_eq(fg_mem_held(), held);
}

/* What reading would refuse. */
START_TEST(bad_ones_are_not_written) {
    fg_state state;
    fg_err err;
    make(&state, 0);
    check_unwritten(&state, "needs the input's scaling");
    fg_state_free(&state);
    make(&state, 3);
    check_unwritten(&state, "the input has 2 channels, its scaling 3");
    fg_state_free(&state);
    make(&state, 2);
    state.scaling.sd[1] = 0;
    check_unwritten(&state, "channel 1 is scaled by mean 1.1 and deviation 0");
    state.scaling.sd[1] = 1;
    fg_posterior_free(state.posterior);
    fg_fixture_done(fg_posterior_create(&state.posterior, 1, &err), &err);
    ck_assert_ptr_nonnull(fg_posterior_add(state.posterior, "dense1/bias", 1, &(size_t){2}));
    check_unwritten(&state, "parameter 'dense1/bias', entry 0");
    fg_state_free(&state);
}
END_TEST

/* Control characters take six bytes each in a header. */
START_TEST(endless_metadata_is_not_written) {
    enum { LINE = FG_TENSORS_HEADER_MAX / 6 };
    fg_state state;
    if (FG_SLOW > 1)
        return;
    make(&state, 2);
    state.commands = fg_fixture_have(fg_alloc(LINE + 1, 1));
    memset(state.commands, 1, LINE);
    state.commands[LINE] = 0;
    check_unwritten(&state, "take more than 100000000 bytes");
    fg_state_free(&state);
}
END_TEST

/* A state's file with another value in a tensor. */
static int read_changed(const char *text, size_t size, const char *name, size_t index, double value,
                        fg_err *err) {
    fg_tensors tensors;
    fg_state back;
    char *changed;
    size_t changed_size;
    FILE *stream = open_memstream(&changed, &changed_size);
    fg_fixture_done(fg_tensors_read(&tensors, (const unsigned char *)text, size, err), err);
    ((double *)fg_tensors_find(&tensors, name)->data)[index] = value;
    fg_fixture_done(fg_tensors_write(stream, &tensors, err), err);
    fclose(stream);
    fg_tensors_free(&tensors);
    int status = fg_state_read(&back, (unsigned char *)changed, changed_size, err);
    free(changed);
    return status;
}

START_TEST(bad_ones_are_refused) {
    static const struct {
        const char *name;
        size_t index;
        double value;
        const char *message;
    } bad[] = {{"input/sd", 1, 0, "input scaling: channel 1 is scaled by mean 1.1 and deviation 0"},
               {"input/sd", 1, -1, "input scaling: channel 1"},
               {"input/mean", 0, __builtin_nan(""), "not a finite number"}};
    fg_state state, back;
    fg_err err = {0};
    char *text, *name;
    size_t size;
    make(&state, 2);
    fg_fixture_done(write_to(&text, &size, &state, &err), &err);
    fg_state_free(&state);
    size_t held = fg_mem_held();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert_int_eq(read_changed(text, size, bad[i].name, bad[i].index, bad[i].value, &err), FG_EFORMAT);
        ck_assert_msg(strstr(err.text, bad[i].message) != NULL, "%s", err.text);
        ck_assert_uint_eq(fg_mem_held(), held);
    }
    name = memmem(text, size, "input/sd", 8);
    ck_assert_ptr_nonnull(name);
    name[7] = 'x';
    ck_assert_int_eq(fg_state_read(&back, (unsigned char *)text, size, &err), FG_EFORMAT);
    ck_assert_msg(strstr(err.text, "must be F64 with an entry for each channel") != NULL, "%s", err.text);
    free(text);
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

FG_TEST_MAIN("engine/scaling", kept_to_the_bit, bad_ones_are_not_written, endless_metadata_is_not_written,
             bad_ones_are_refused, memory_may_run_out)
