#include "engine/state.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "engine/fixture_internal.h"

static const char small[] = "2 dense:3,activation=tanh dense:2,bias=false softmax";

static void parameter(fg_posterior *posterior, const char *name, int rank, size_t rows, size_t cols) {
    fg_parameter *p = fg_posterior_add(posterior, name, rank, (size_t[]){rows, cols});
    static const double eta[] = {0.1, -0.0, 5e-324, -1e14, 0x1p-10, 0x1.fffffffffffffp0},
                        lambda[] = {1, FG_PRECISION_MIN, FG_PRECISION_MAX, 0.1, DBL_EPSILON, 7};
    ck_assert_ptr_nonnull(p);
    for (size_t i = 0; i < p->size; i++) {
        p->eta[i] = eta[i % 6];
        p->lambda[i] = lambda[i % 6];
    }
}

/* A state of the small model, with numbers that decimal digits would not keep. */
static void make(fg_state *state) {
    fg_err err = {0};
    *state = (fg_state){.seed = UINT64_MAX, .examples = 1234567890123};
    fg_fixture_layers(&state->spec, small);
    fg_fixture_done(fg_posterior_create(&state->posterior, 3, &err), &err);
    parameter(state->posterior, "dense1/weight", 2, 3, 2);
    parameter(state->posterior, "dense1/bias", 1, 3, 0);
    parameter(state->posterior, "dense2/weight", 2, 2, 3);
    double *average = fg_fixture_have(fg_alloc(3, sizeof *average));
    memcpy(average, (double[]){0.3, -1e-300, 7}, 3 * sizeof *average);
    state->posterior->parameters[1].average = average;
    state->continual = fg_fixture_have(fg_strdup("{\"batches\":3}"));
    fg_fixture_done(fg_state_command(state, "fg-train --data 'a b.csv'", &err), &err);
    fg_fixture_done(fg_state_command(state, "fg-train \"\xc3\xa9\\", &err), &err);
}

static void write_to(char **text, size_t *size, const fg_state *state) {
    fg_err err = {0};
    FILE *stream = open_memstream(text, size);
    fg_fixture_done(fg_state_write(stream, state, &err), &err);
    fclose(stream);
}

static void write_made(char **text, size_t *size) {
    fg_state state;
    make(&state);
    write_to(text, size, &state);
    fg_state_free(&state);
}

static int read_from(fg_state *out, const void *text, size_t size, fg_err *err) {
    *err = (fg_err){0};
    return fg_state_read(out, text, size, err);
}

static bool empty(const fg_state *s) {
    return !s->posterior && !s->resume && !s->continual && !s->commands && !s->spec.n_layers && !s->seed &&
           !s->examples;
}

static void same_parameters(const fg_posterior *a, const fg_posterior *b) {
    ck_assert_uint_eq(a->n, b->n);
    for (size_t i = 0; i < a->n; i++) {
        const fg_parameter *p = &a->parameters[i], *q = fg_posterior_find(b, p->name);
        ck_assert_ptr_nonnull(q);
        ck_assert_int_eq(p->rank, q->rank);
        ck_assert_mem_eq(p->dims, q->dims, (size_t)p->rank * sizeof *p->dims);
        ck_assert_mem_eq(p->eta, q->eta, p->size * sizeof *p->eta);
        ck_assert_mem_eq(p->lambda, q->lambda, p->size * sizeof *p->lambda);
        ck_assert(!p->average == !q->average);
        if (p->average)
            ck_assert_mem_eq(p->average, q->average, p->size * sizeof *p->average);
    }
}

START_TEST(what_is_written_is_read_to_the_bit) {
    fg_state state, back;
    fg_err err;
    char *text, *again, *before, *after;
    size_t size, again_size, held = fg_mem_held();
    make(&state);
    write_to(&text, &size, &state);
    ck_assert(fg_state_recognise((unsigned char *)text, size));
    ck_assert_msg(read_from(&back, text, size, &err) == FG_OK, "%s", err.text);
    same_parameters(state.posterior, back.posterior);
    ck_assert(back.seed == UINT64_MAX && back.examples == 1234567890123);
    ck_assert_str_eq(back.commands, state.commands);
    ck_assert_str_eq(back.commands, "fg-train --data 'a b.csv'\nfg-train \"\xc3\xa9\\");
    ck_assert_ptr_null(back.resume);
    ck_assert_str_eq(back.continual, "{\"batches\":3}");
    ck_assert_ptr_nonnull(fg_posterior_find(back.posterior, "dense1/bias")->average);
    fg_fixture_done(fg_spec_print(&before, &state.spec, &err), &err);
    fg_fixture_done(fg_spec_print(&after, &back.spec, &err), &err);
    ck_assert_str_eq(before, after);
    write_to(&again, &again_size, &back);
    ck_assert_uint_eq(size, again_size);
    ck_assert_mem_eq(text, again, size);
    free(text), free(again), fg_free(before), fg_free(after);
    fg_state_free(&state), fg_state_free(&back);
    ck_assert(empty(&back));
    ck_assert_uint_eq(fg_mem_held(), held);
}
END_TEST

START_TEST(cut_anywhere_it_is_refused) {
    char *text;
    size_t size, held = fg_mem_held();
    write_made(&text, &size);
    for (size_t n = 0; n < size; n++) {
        fg_state state;
        fg_err err;
        unsigned char *copy = malloc(n ? n : 1); /* so that a sanitizer sees reads behind the end */
        memcpy(copy, text, n);
        ck_assert_msg(read_from(&state, copy, n, &err) == FG_EFORMAT, "the first %zu bytes are taken", n);
        ck_assert(err.text[0] && empty(&state));
        ck_assert_uint_eq(fg_mem_held(), held);
        free(copy);
    }
    free(text);
}
END_TEST

/* The checksum covers the tensors. The header is text: a change there may be a change of meaning, which must
 * then be what is written back. */
START_TEST(changed_bytes_are_noticed) {
    char *text;
    size_t size, held = fg_mem_held(), taken = 0;
    write_made(&text, &size);
    size_t header = 8 + (size_t)(unsigned char)text[0] + 256 * (size_t)(unsigned char)text[1];
    ck_assert_uint_lt(header, size);
    for (size_t i = 0; i < size; i++) {
        fg_state state;
        fg_err err;
        text[i] = (char)(text[i] ^ (1 << i % 8));
        int status = read_from(&state, text, size, &err);
        if (i >= header) {
            ck_assert_int_eq(status, FG_EFORMAT);
            ck_assert_msg(strstr(err.text, "CRC-32") != NULL, "%s", err.text);
        }
        ck_assert(status == FG_OK || (err.text[0] && empty(&state)));
        taken += status == FG_OK;
        fg_state_free(&state);
        ck_assert_uint_eq(fg_mem_held(), held);
        text[i] = (char)(text[i] ^ (1 << i % 8));
    }
    ck_assert_uint_lt(taken, header / 2);
    free(text);
}
END_TEST

/* Metadata that a state needs, as a container to which tensors are added. */
static void container(fg_tensors *to, const char *spec, const char *key, const char *value) {
    fg_err err = {0};
    *to = (fg_tensors){0};
    if (spec)
        fg_fixture_done(fg_tensors_set(to, "spec", spec, &err), &err);
    if (key)
        fg_fixture_done(fg_tensors_set(to, key, value, &err), &err);
}

static void add(fg_tensors *to, const char *name, fg_dtype dtype, int rank, const size_t dims[],
                double value) {
    fg_tensor t;
    fg_err err = {0};
    fg_fixture_done(fg_tensor_alloc(&t, dtype, rank, dims, &err), &err);
    for (size_t i = 0; dtype == FG_F64 && i < fg_tensor_count(&t); i++)
        ((double *)t.data)[i] = value;
    fg_fixture_done(fg_tensors_move(to, name, &t, &err), &err);
}

/* Reads the container as a state, and ends it. */
static int read_container(fg_state *out, fg_tensors *tensors, fg_err *err) {
    char *text;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    fg_fixture_done(fg_tensors_write(stream, tensors, err), err);
    fclose(stream);
    fg_tensors_free(tensors);
    int status = read_from(out, text, size, err);
    free(text);
    return status;
}

static void refuse(fg_tensors *tensors, const char *message) {
    fg_state state;
    fg_err err = {0};
    ck_assert_msg(read_container(&state, tensors, &err) == FG_EFORMAT, "taken: %s", message);
    ck_assert_msg(strstr(err.text, message) != NULL, "\"%s\" is not in \"%s\"", message, err.text);
    ck_assert(empty(&state));
}

static char *spec_text(void) {
    fg_spec spec;
    char *text;
    fg_err err = {0};
    fg_fixture_layers(&spec, small);
    fg_fixture_done(fg_spec_print(&text, &spec, &err), &err);
    fg_spec_free(&spec);
    return text;
}

START_TEST(tensors_that_are_no_gaussians_are_refused) {
    static const struct {
        fg_dtype dtype;
        int rank;
        size_t dims[3];
        double eta, lambda;
        const char *message;
    } bad[] = {
        {FG_F32, 1, {2}, 0, 1, "must be F64"},
        {FG_F64, 0, {0}, 0, 1, "of the same one or two dimensions"},
        {FG_F64, 3, {1, 1, 2}, 0, 1, "of the same one or two dimensions"},
        {FG_F64, 2, {2, 2}, 0, 0, "tensor 'p/lambda', entry 0: 0 is not a precision (> 0)"},
        {FG_F64, 1, {3}, 0, -1, "entry 0: -1 is not a precision (> 0)"},
        {FG_F64,
         1,
         {3},
         1,
         1e300,
         "parameter 'p', entry 0: mean 1e-300 and precision 1e+300 are out of range"},
        {FG_F64, 1, {3}, 1, 1e-31, "entry 0: mean 1e+31 and precision 1e-31 are out of range"},
        {FG_F64, 1, {3}, 2e15, 1, "entry 0: mean 2e+15 and precision 1 are out of range"},
        {FG_F64, 1, {3}, 0, NAN, "parameter 'p'"},
        {FG_F64, 1, {3}, 0, INFINITY, "parameter 'p'"},
        {FG_F64, 1, {3}, NAN, 1, "parameter 'p'"},
        {FG_F64, 1, {3}, -INFINITY, 1, "parameter 'p'"},
    };
    size_t held = fg_mem_held();
    char *spec = spec_text();
    fg_tensors t;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        container(&t, spec, NULL, NULL);
        add(&t, "p/eta", bad[i].dtype, bad[i].rank, bad[i].dims, bad[i].eta);
        add(&t, "p/lambda", bad[i].dtype, bad[i].rank, bad[i].dims, bad[i].lambda);
        refuse(&t, bad[i].message);
    }
    container(&t, spec, NULL, NULL);
    add(&t, "p/eta", FG_F64, 1, (size_t[]){2}, 0);
    refuse(&t, "tensor 'p/lambda' is missing beside 'p/eta'");
    container(&t, spec, NULL, NULL);
    add(&t, "p/eta", FG_F64, 2, (size_t[]){2, 3}, 0);
    add(&t, "p/lambda", FG_F64, 2, (size_t[]){3, 2}, 1);
    refuse(&t, "'p/eta' and 'p/lambda' must be F64 of the same");
    char name[140];
    memset(name, 'n', sizeof name);
    strcpy(name + sizeof name - 5, "/eta");
    container(&t, spec, NULL, NULL);
    add(&t, name, FG_F64, 1, (size_t[]){1}, 0);
    refuse(&t, "the name is too long");
    fg_free(spec);
    ck_assert_uint_eq(fg_mem_held(), held);
}
END_TEST

START_TEST(metadata_is_checked) {
    static const struct {
        const char *key, *value, *message;
    } bad[] = {
        {"version", "2", "state version '2' is not known; expected 1"},
        {"version", "", "state version ''"},
        {"seed", "", "metadata 'seed': '' is not a whole number"},
        {"seed", "-1", "metadata 'seed': '-1'"},
        {"seed", " -1", "metadata 'seed'"},
        {"seed", "+1", "metadata 'seed'"},
        {"seed", "0x10", "metadata 'seed'"},
        {"examples", "1.5", "metadata 'examples': '1.5' is not a whole number"},
        {"examples", "18446744073709551616", "metadata 'examples'"},
        {"spec", "", "metadata 'spec': "},
        {"spec", "{", "metadata 'spec': "},
        {"spec", "[]", "metadata 'spec': top level: expected an object"},
        {"spec", "{\"format\":\"fg-spec\",\"version\":2}", "metadata 'spec': /version"},
    };
    size_t held = fg_mem_held();
    char *spec = spec_text();
    fg_tensors t;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        container(&t, spec, bad[i].key, bad[i].value);
        refuse(&t, bad[i].message);
    }
    container(&t, NULL, "format", "pt");
    refuse(&t, "not a state: a safetensors file without the metadata 'spec'");
    fg_free(spec);
    ck_assert_uint_eq(fg_mem_held(), held);
}
END_TEST

/* What other programs add is passed over; what is missing shows when the state is put to use. */
START_TEST(only_what_a_state_needs_is_looked_at) {
    size_t held = fg_mem_held();
    char *spec = spec_text();
    fg_tensors t;
    fg_state state;
    fg_err err = {0};
    container(&t, spec, "author", "somebody");
    add(&t, "note", FG_U8, 1, (size_t[]){3}, 0);
    add(&t, "/eta", FG_U8, 0, NULL, 0);
    add(&t, "resume/x/prior_eta", FG_F32, 1, (size_t[]){3}, 0);
    add(&t, "dense1/weight/lambda", FG_F64, 2, (size_t[]){3, 2}, 1);
    add(&t, "dense1/bias/eta", FG_F64, 1, (size_t[]){3}, 1);
    add(&t, "dense1/bias/lambda", FG_F64, 1, (size_t[]){3}, 1);
    ck_assert_msg(read_container(&state, &t, &err) == FG_OK, "%s", err.text);
    ck_assert_uint_eq(state.posterior->n, 1);
    ck_assert(state.seed == 0 && state.examples == 0 && !state.commands && !state.resume);
    fg_graph *graph = fg_fixture_create(&state.spec, 4, 0);
    ck_assert_int_eq(fg_graph_set_priors(graph, state.posterior, &err), FG_EFORMAT);
    ck_assert_str_eq(err.text, "the state has no parameter 'dense1/weight'");
    fg_graph_free(graph);
    fg_state_free(&state);
    fg_free(spec);
    ck_assert_uint_eq(fg_mem_held(), held);
}
END_TEST

START_TEST(parameters_of_another_shape_do_not_fit_the_spec) {
    static const struct {
        int rank;
        size_t dims[2];
    } shapes[] = {{2, {2, 4}}, {2, {1, 3}}, {1, {5}}, {2, {2, 3}}, {1, {6}}, {2, {0, 3}}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        fg_posterior *posterior;
        fg_spec spec;
        fg_err err = {0};
        fg_fixture_layers(&spec, small);
        fg_fixture_done(fg_posterior_create(&posterior, 3, &err), &err);
        parameter(posterior, "dense1/weight", shapes[i].rank, shapes[i].dims[0], shapes[i].dims[1]);
        parameter(posterior, "dense1/bias", 1, 3, 0);
        parameter(posterior, "dense2/weight", 2, 2, 3);
        fg_graph *graph = fg_fixture_create(&spec, 4, 0);
        ck_assert_msg(fg_graph_set_priors(graph, posterior, &err) == FG_EFORMAT, "shape %zu is taken", i);
        ck_assert_msg(strstr(err.text, "parameter 'dense1/weight'") != NULL, "%s", err.text);
        fg_graph_free(graph);
        fg_posterior_free(posterior);
        fg_spec_free(&spec);
    }
}
END_TEST

START_TEST(more_parameters_than_a_spec_has_are_refused) {
    char *spec = spec_text(), name[32];
    fg_tensors t;
    fg_state state;
    fg_err err;
    for (int count = 2 * FG_MAX_LAYERS; count <= 2 * FG_MAX_LAYERS + 1; count++) {
        container(&t, spec, NULL, NULL);
        for (int i = 0; i < count; i++) {
            snprintf(name, sizeof name, "%d/eta", i);
            add(&t, name, FG_F64, 1, (size_t[]){1}, 0);
            snprintf(name, sizeof name, "%d/lambda", i);
            add(&t, name, FG_F64, 1, (size_t[]){1}, 1);
        }
        if (count > 2 * FG_MAX_LAYERS) {
            refuse(&t, "129 parameters, more than");
        } else {
            ck_assert_int_eq(read_container(&state, &t, &err), FG_OK);
            ck_assert_uint_eq(state.posterior->n, (size_t)count);
            fg_state_free(&state);
        }
    }
    fg_free(spec);
}
END_TEST

static size_t lie(unsigned char to[512], const char *header) {
    size_t length = strlen(header);
    memset(to, 0, 512);
    to[0] = (unsigned char)length;
    to[1] = (unsigned char)(length >> 8);
    memcpy(to + 8, header, length);
    return 8 + length + 16;
}

START_TEST(sizes_that_are_not_there_cost_nothing) {
    static const char *const headers[] = {
        "{\"__metadata__\":{\"spec\":\"{}\"},\"p/eta\":{\"dtype\":\"F64\",\"shape\":[1000000000000],"
        "\"data_offsets\":[0,8000000000000]}}",
        "{\"__metadata__\":{\"spec\":\"{}\"},\"p/eta\":{\"dtype\":\"F64\",\"shape\":[4611686018427387904,4],"
        "\"data_offsets\":[0,0]}}",
        "{\"__metadata__\":{\"spec\":\"{}\"},\"p/eta\":{\"dtype\":\"F64\",\"shape\":[9999999999999999999999],"
        "\"data_offsets\":[0,16]}}"};
    size_t held = fg_mem_held();
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        unsigned char file[512];
        fg_state state;
        fg_err err;
        fg_mem_limit(held + (1 << 20));
        int status = read_from(&state, file, lie(file, headers[i]), &err);
        fg_mem_limit(0);
        ck_assert_int_eq(status, FG_EFORMAT);
        ck_assert_uint_eq(fg_mem_held(), held);
    }
}
END_TEST

START_TEST(a_stream_that_refuses_is_reported) {
    fg_state state;
    fg_err err = {0};
    make(&state);
    FILE *full = fopen("/dev/full", "w");
    ck_assert_ptr_nonnull(full);
    setvbuf(full, NULL, _IONBF, 0);
    ck_assert_int_eq(fg_state_write(full, &state, &err), FG_EIO);
    ck_assert(err.text[0]);
    fclose(full);
    fg_state_free(&state);
}
END_TEST

START_TEST(no_memory_leaves_nothing_behind) {
    fg_state state, back;
    fg_err err;
    char *text;
    size_t size, held = fg_mem_held();
    int status;
    make(&state);
    size_t made = fg_mem_held();
    for (uint64_t n = 1;; n++) {
        FILE *stream = open_memstream(&text, &size);
        fg_mem_fail_at(n);
        status = fg_state_write(stream, &state, &err);
        fg_mem_fail_at(0);
        fclose(stream);
        ck_assert_uint_eq(fg_mem_held(), made);
        if (status == FG_OK)
            break;
        free(text);
        ck_assert_int_eq(status, FG_ENOMEM);
    }
    for (uint64_t n = 1;; n++) {
        fg_mem_fail_at(n);
        status = read_from(&back, text, size, &err);
        fg_mem_fail_at(0);
        if (status == FG_OK)
            break;
        ck_assert_msg(status == FG_ENOMEM && empty(&back), "allocation %d: %s", (int)n, err.text);
        ck_assert_uint_eq(fg_mem_held(), made);
    }
    fg_mem_fail_at(1);
    ck_assert_int_eq(fg_state_command(&back, "more", &err), FG_ENOMEM);
    fg_mem_fail_at(0);
    same_parameters(state.posterior, back.posterior);
    ck_assert_str_eq(state.commands, back.commands);
    free(text);
    fg_state_free(&state), fg_state_free(&back);
    ck_assert_uint_eq(fg_mem_held(), held);
}
END_TEST

FG_TEST_MAIN("engine/state", what_is_written_is_read_to_the_bit, cut_anywhere_it_is_refused,
             changed_bytes_are_noticed, tensors_that_are_no_gaussians_are_refused, metadata_is_checked,
             only_what_a_state_needs_is_looked_at, parameters_of_another_shape_do_not_fit_the_spec,
             more_parameters_than_a_spec_has_are_refused, sizes_that_are_not_there_cost_nothing,
             a_stream_that_refuses_is_reported, no_memory_leaves_nothing_behind)
