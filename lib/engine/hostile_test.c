/* Every reader of files over damaged ones: cut off at every byte, and with every byte of a header changed.
 * What is read stands in a block of exactly its size, so that a sanitizer sees one byte too many. */
#include <string.h>
#include <zlib.h>

#include "data/cifar.h"
#include "data/idx.h"
#include "data/npy.h"
#include "data/png.h"
#include "data/pnm.h"
#include "engine/fixture_internal.h"
#include "engine/state.h"

enum { MEMORY = 4 << 20, HEADER_MOST = 4096 };

typedef struct sample {
    unsigned char *bytes;
    size_t size, header; /* bytes that are changed in turn: not those of large data */
} sample;

static void append(sample *s, const void *bytes, size_t n) {
    s->bytes = fg_fixture_have(realloc(s->bytes, s->size + n));
    memcpy(s->bytes + s->size, bytes, n);
    s->header = s->size += n;
}

static sample from_stream(FILE *stream, char **text, size_t *size) {
    fclose(stream);
    sample s = {0};
    append(&s, *text, *size);
    free(*text);
    return s;
}

static sample make_npy(void) {
    float values[6] = {1, 2, 3, 4, 5, 6};
    fg_tensor t = {.dtype = FG_F32, .rank = 2, .dims = {3, 2}, .data = values};
    char *text;
    size_t size;
    FILE *stream = fg_fixture_have(open_memstream(&text, &size));
    fg_err err;
    fg_fixture_done(fg_npy_write(stream, &t, &err), &err);
    return from_stream(stream, &text, &size);
}

static int read_npy(const unsigned char *bytes, size_t size, fg_err *err) {
    fg_tensor t;
    int status = fg_npy_read(&t, bytes, size, err);
    fg_tensor_free(&t);
    return status;
}

static sample make_idx(void) {
    static const unsigned char bytes[] = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 1, 10, 20, 30, 40};
    sample s = {0};
    append(&s, bytes, sizeof bytes);
    return s;
}

static sample make_idx_gzip(void) {
    unsigned char packed[200];
    sample plain = make_idx(), s = {0};
    z_stream z = {.next_in = plain.bytes,
                  .avail_in = (unsigned)plain.size,
                  .next_out = packed,
                  .avail_out = sizeof packed};
    ck_assert_int_eq(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
    append(&s, packed, z.total_out);
    deflateEnd(&z);
    free(plain.bytes);
    return s;
}

static int read_idx(const unsigned char *bytes, size_t size, fg_err *err) {
    fg_idx idx;
    int status = fg_idx_read(&idx, bytes, size, 0, err);
    fg_idx_free(&idx);
    return status;
}

static sample make_cifar(void) {
    unsigned char record[FG_CIFAR_RECORD] = {7};
    sample s = {0};
    append(&s, record, sizeof record);
    s.header = 1;
    return s;
}

static int read_cifar(const unsigned char *bytes, size_t size, fg_err *err) {
    fg_cifar set = {0};
    int status = fg_cifar_add(&set, bytes, size, 0, err);
    fg_cifar_free(&set);
    return status;
}

static sample make_picture(int (*write)(FILE *, const fg_image *, fg_err *)) {
    fg_image image = {0};
    fg_err err;
    fg_fixture_done(fg_image_alloc(&image, 3, 4, 3, 8, &err), &err);
    for (size_t i = 0; i < fg_image_size(&image); i++)
        image.data[i] = (float)(i % 7) / 7;
    char *text;
    size_t size;
    FILE *stream = fg_fixture_have(open_memstream(&text, &size));
    fg_fixture_done(write(stream, &image, &err), &err);
    fg_image_free(&image);
    return from_stream(stream, &text, &size);
}

static sample make_png(void) {
    return make_picture(fg_png_write);
}

static sample make_ppm(void) {
    return make_picture(fg_pnm_write);
}

static int read_png(const unsigned char *bytes, size_t size, fg_err *err) {
    fg_image image = {0};
    int status = fg_png_decode(&image, NULL, bytes, size, NULL, err);
    fg_image_free(&image);
    return status;
}

static int read_ppm(const unsigned char *bytes, size_t size, fg_err *err) {
    fg_image image = {0};
    int status = fg_pnm_decode(&image, bytes, size, NULL, err);
    fg_image_free(&image);
    return status;
}

static void small_spec(fg_spec *spec) {
    fg_fixture_layers(spec, "1 dense:1,covariance=full regression:sigma=0.1");
}

static sample make_spec(void) {
    fg_spec spec;
    fg_err err;
    char *text;
    sample s = {0};
    small_spec(&spec);
    fg_fixture_done(fg_spec_print(&text, &spec, &err), &err);
    append(&s, text, strlen(text));
    while (s.bytes[s.size - 1] == '\n')
        s.header = --s.size;
    fg_free(text);
    fg_spec_free(&spec);
    return s;
}

static int read_spec(const unsigned char *bytes, size_t size, fg_err *err) {
    fg_spec spec;
    int status = fg_spec_parse(&spec, (const char *)bytes, size, err);
    if (!status)
        fg_spec_free(&spec);
    return status;
}

/* With messages, as an interrupted run leaves it. */
static sample make_state(void) {
    fg_state state = {.seed = 3};
    fg_err err;
    char *text;
    size_t size;
    small_spec(&state.spec);
    fg_graph *graph = fg_fixture_create(&state.spec, 2, 1);
    fg_run_options run = fg_fixture_run(1, 0, 0);
    const float data[] = {0.5f, -0.25f};
    fg_fixture_done(fg_graph_set_input(graph, data, FG_ORDER_HWC, NULL, &err), &err);
    fg_fixture_done(fg_graph_set_targets(graph, data, &err), &err);
    fg_fixture_done(fg_graph_run(NULL, graph, &run, NULL, &err), &err);
    fg_fixture_done(fg_graph_posterior(&state.posterior, graph, &err), &err);
    fg_fixture_done(fg_state_suspend(&state, graph, &err), &err);
    FILE *stream = fg_fixture_have(open_memstream(&text, &size));
    fg_fixture_done(fg_state_write(stream, &state, &err), &err);
    fg_graph_free(graph);
    fg_state_free(&state);
    return from_stream(stream, &text, &size);
}

static int read_state(const unsigned char *bytes, size_t size, fg_err *err) {
    fg_state state;
    int status = fg_state_read(&state, bytes, size, err);
    if (!status)
        fg_state_free(&state);
    return status;
}

static const struct {
    const char *name;
    sample (*make)(void);
    int (*read)(const unsigned char *bytes, size_t size, fg_err *err);
} readers[] = {
    {"NPY", make_npy, read_npy},       {"IDX", make_idx, read_idx},       {"IDX.gz", make_idx_gzip, read_idx},
    {"CIFAR", make_cifar, read_cifar}, {"PNG", make_png, read_png},       {"PPM", make_ppm, read_ppm},
    {"spec", make_spec, read_spec},    {"state", make_state, read_state},
};
enum { READERS = sizeof readers / sizeof *readers };

/* Reads a copy within MEMORY; a failure must say why in one line, and nothing may stay behind. */
static int try_bytes(int reader, const unsigned char *bytes, size_t size, const char *what, size_t at) {
    fg_err err = {0};
    unsigned char *exact = fg_fixture_have(malloc(size + !size));
    memcpy(exact, bytes, size);
    size_t held = fg_mem_held();
    fg_mem_limit(held + MEMORY);
    int status = readers[reader].read(exact, size, &err);
    size_t refused = fg_mem_refused();
    fg_mem_limit(0);
    free(exact);
    const char *name = readers[reader].name;
    ck_assert_msg(!refused, "%s, %s %zu: asks for more memory than %d bytes", name, what, at, MEMORY);
    ck_assert_msg(fg_mem_held() == held, "%s, %s %zu: keeps memory", name, what, at);
    ck_assert_msg(status == FG_OK || status == FG_EFORMAT || status == FG_EINVAL, "%s, %s %zu: code %d", name,
                  what, at, status);
    ck_assert_msg(!status || (*err.text && !strchr(err.text, '\n')), "%s, %s %zu: says '%s'", name, what, at,
                  err.text);
    return status;
}

START_TEST(cut_off_at_every_byte) {
    size_t cuts = 0;
    for (int r = 0; r < READERS; r++) {
        sample s = readers[r].make();
        ck_assert_msg(try_bytes(r, s.bytes, s.size, "whole of", s.size) == FG_OK, "%s: is refused whole",
                      readers[r].name);
        for (size_t n = 0; n < s.size; n++, cuts++)
            ck_assert_msg(try_bytes(r, s.bytes, n, "cut off at", n) != FG_OK,
                          "%s: is read when cut off at %zu", readers[r].name, n);
        free(s.bytes);
    }
    printf("hostile: %d formats, cut off at %zu places\n", READERS, cuts);
}
END_TEST

START_TEST(every_byte_of_a_header_changed) {
    static const unsigned char flips[] = {0x01, 0x80, 0x20};
    static const unsigned char values[] = {0xff, '9', 0};
    enum { CHANGES = FG_SLOW > 1 ? 1 : sizeof flips };
    size_t changes = 0, taken = 0;
    for (int r = 0; r < READERS; r++) {
        sample s = readers[r].make();
        for (size_t i = 0; i < s.header && i < HEADER_MOST; i++)
            for (int v = 0; v < 2 * CHANGES; v++, changes++) {
                unsigned char kept = s.bytes[i];
                s.bytes[i] = v % 2 ? values[v / 2] : kept ^ flips[v / 2];
                taken += try_bytes(r, s.bytes, s.size, "changed at", i) == FG_OK;
                s.bytes[i] = kept;
            }
        free(s.bytes);
    }
    printf("hostile: %zu changes, %zu of them still well-formed\n", changes, taken);
}
END_TEST

FG_TEST_MAIN("engine/hostile", cut_off_at_every_byte, every_byte_of_a_header_changed)
