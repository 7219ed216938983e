#include "data/frames.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/scratch_internal.h"
#include "data/png.h"
#include "data/pnm.h"
#include "data/sink.h"

static const char *at(const char *name) {
    static char paths[4][512];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%.250s/%s", fg_scratch, name);
    return path;
}

/* A picture of one value, as a file of either format whatever its name. */
static void put(const char *name, fg_image_format format, size_t width, size_t channels, float value) {
    fg_image image = {0};
    ck_assert_int_eq(fg_image_alloc(&image, 4, width, channels, 8, NULL), 0);
    for (size_t i = 0; i < fg_image_size(&image); i++)
        image.data[i] = value;
    FILE *stream = fopen(at(name), "wb");
    ck_assert_int_eq(
        format == FG_IMAGE_PNG ? fg_png_write(stream, &image, NULL) : fg_pnm_write(stream, &image, NULL), 0);
    fclose(stream);
    fg_image_free(&image);
}

static void expect(fg_frames *frames, const char *name, float value) {
    bool got;
    fg_frame frame;
    fg_err err = {0};
    ck_assert_msg(!fg_frames_next(&got, &frame, frames, &err), "%s", err.text);
    ck_assert(got);
    ck_assert_str_eq(frame.name, name);
    ck_assert_float_eq(frame.image->data[0], value);
}

static void expect_end(fg_frames *frames) {
    bool got = true;
    fg_frame frame;
    ck_assert_int_eq(fg_frames_next(&got, &frame, frames, NULL), 0);
    ck_assert(!got);
}

START_TEST(a_folder_is_read_by_name_and_content) {
    fg_frames *frames;
    fg_err err = {0};
    fg_scratch_enter();
    put("b.png", FG_IMAGE_PNG, 5, 3, 0.2f);
    put("a.PPM", FG_IMAGE_PNG, 5, 3, 0);
    put("c", FG_IMAGE_PNM, 5, 3, 1);
    put(".hidden.png", FG_IMAGE_PNG, 5, 3, 1);
    fg_scratch_write(at("notes.txt"), "Not P6, which comes later in this file\n");
    ck_assert_int_eq(mkdir(at("d.png"), 0700), 0);
    const char *path = fg_scratch;
    ck_assert_msg(!fg_frames_open(&frames, &path, 1, NULL, &err), "%s", err.text);
    ck_assert_uint_eq(fg_frames_count(frames), 3);
    ck_assert(!fg_frames_is_stream(frames) && fg_frames_reads_from(frames, at("../")) == false);
    ck_assert(fg_frames_reads_from(frames, at(".")));
    expect(frames, "a", 0);
    expect(frames, "b", 0.2f);
    expect(frames, "c", 1);
    expect_end(frames);
    expect_end(frames);
    fg_frames_close(frames);
    fg_scratch_drop();
}
END_TEST

START_TEST(same_names_become_numbers) {
    fg_frames *frames;
    fg_scratch_enter();
    ck_assert_int_eq(mkdir(at("x"), 0700), 0);
    put("0.png", FG_IMAGE_PNG, 5, 1, 0.4f);
    put("x/0.pgm", FG_IMAGE_PNM, 5, 1, 0.6f);
    const char *paths[] = {strdup(at("x")), strdup(at("0.png"))};
    ck_assert_int_eq(fg_frames_open(&frames, paths, 2, NULL, NULL), 0);
    expect(frames, "00000", 0.6f);
    expect(frames, "00001", 0.4f);
    expect_end(frames);
    fg_frames_close(frames);
    free((char *)paths[0]);
    free((char *)paths[1]);
    fg_scratch_drop();
}
END_TEST

static fg_frames *open_names(const char *const *names, size_t n) {
    const char *paths[4];
    fg_frames *frames;
    for (size_t i = 0; i < n; i++)
        paths[i] = at(names[i]);
    ck_assert_int_eq(fg_frames_open(&frames, paths, n, NULL, NULL), 0);
    return frames;
}

/* The first pixel's value of each frame, in tenths. */
static void expect_values(fg_frames *frames, const char *values) {
    bool got = true;
    fg_frame frame;
    for (; *values; values++) {
        ck_assert_int_eq(fg_frames_next(&got, &frame, frames, NULL), 0);
        ck_assert(got);
        ck_assert_int_eq((int)(10 * frame.image->data[0] + 0.5f), *values - '0');
    }
    expect_end(frames);
}

START_TEST(pictures_of_one_name_belong_together) {
    static const struct {
        const char *with[3], *values; /* NULL: refused */
        size_t taken;
    } cases[] = {
        {{"a", "b", "c"}, "123", 3}, {{"c", "a"}, "31", 2},      {{"b"}, "2", 1},
        {{"x", "y", "z"}, "123", 3}, {{"x", "y", "a"}, NULL, 3}, {{"x", "y"}, NULL, 2},
        {{"x", "y"}, "123", 3},
    };
    fg_scratch_enter();
    for (int i = 0; i < 6; i++)
        put((const char *[]){"a.png", "b.png", "c.png", "x.png", "y.png", "z.png"}[i], FG_IMAGE_PNG, 5, 1,
            0.1f * (float)(i % 3 + 1));
    put("a.ppm", FG_IMAGE_PNM, 5, 1, 0.9f);
    size_t held = fg_mem_held();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t n = 0;
        char names[3][8];
        const char *with[3];
        for (; n < 3 && cases[i].with[n]; n++) {
            snprintf(names[n], sizeof names[n], "%s.png", cases[i].with[n]);
            with[n] = names[n];
        }
        fg_err err = {0};
        fg_frames *frames = open_names((const char *[]){"a.png", "b.png", "c.png"}, 3),
                  *others = open_names(with, n);
        int code = fg_frames_pair(frames, others, cases[i].taken, &err);
        ck_assert_int_eq(code, cases[i].values ? FG_OK : FG_EINVAL);
        if (cases[i].values)
            expect_values(frames, cases[i].values);
        else
            ck_assert_ptr_nonnull(strstr(err.text, "none of the 3 pictures is named as "));
        fg_frames_close(frames);
        fg_frames_close(others);
    }
    fg_frames *twice = open_names((const char *[]){"a.png", "a.ppm"}, 2),
              *others = open_names((const char *[]){"a.png", "x.png"}, 2);
    ck_assert_int_eq(fg_frames_pair(twice, others, 2, NULL), FG_OK);
    expect_values(twice, "19");
    fg_frames_close(twice);
    for (uint64_t n = 1;; n++) {
        fg_frames *frames = open_names((const char *[]){"x.png", "a.png"}, 2);
        fg_mem_fail_at(n);
        int code = fg_frames_pair(frames, others, 2, NULL);
        fg_mem_fail_at(0);
        if (!code)
            expect_values(frames, "11");
        fg_frames_close(frames);
        if (!code)
            break;
        ck_assert_int_eq(code, FG_ENOMEM);
    }
    fg_frames_close(others);
    ck_assert_uint_eq(fg_mem_held(), held);
    fg_scratch_drop();
}
END_TEST

START_TEST(inputs_are_known_by_any_name) {
    fg_scratch_enter();
    put("a.png", FG_IMAGE_PNG, 5, 1, 0.1f);
    put("b.png", FG_IMAGE_PNG, 5, 1, 0.2f);
    put("c.png", FG_IMAGE_PNG, 5, 1, 0.3f);
    ck_assert_int_eq(symlink("a.png", at("link")), 0);
    ck_assert_int_eq(link(at("b.png"), at("hard")), 0);
    fg_frames *frames = open_names((const char *[]){"link", "b.png"}, 2);
    static const char *const read[] = {"a.png", "b.png", "link", "hard"}, *const others[] = {"c.png", "none",
                                                                                             "."};
    for (int i = 0; i < 4; i++)
        ck_assert(fg_frames_reads(frames, at(read[i])));
    for (int i = 0; i < 3; i++)
        ck_assert(!fg_frames_reads(frames, at(others[i])));
    fg_frames_close(frames);
    FILE *stream = fopen(at("c.png"), "rb");
    ck_assert_int_eq(fg_frames_open_stream(&frames, stream, "a stream", NULL, NULL), 0);
    ck_assert(fg_frames_reads(frames, at("c.png")));
    ck_assert(!fg_frames_reads(frames, at("a.png")));
    fg_frames_close(frames);
    fclose(stream);
    fg_scratch_drop();
}
END_TEST

static int open_error(fg_err *err, const char *path) {
    fg_frames *frames = NULL;
    bool got;
    fg_frame frame;
    size_t held = fg_mem_held();
    int bad = fg_frames_open(&frames, &path, 1, NULL, err);
    while (!bad)
        bad = fg_frames_next(&got, &frame, frames, err);
    fg_frames_close(frames);
    ck_assert_uint_eq(fg_mem_held(), held);
    return bad;
}

START_TEST(errors_name_the_frame) {
    fg_err err;
    fg_scratch_enter();
    ck_assert_int_eq(open_error(&err, at("nothing.png")), FG_EIO);
    ck_assert_ptr_nonnull(strstr(err.text, "nothing.png: cannot open: No such file"));
    ck_assert_int_eq(open_error(&err, fg_scratch), FG_EINVAL);
    ck_assert_ptr_nonnull(strstr(err.text, "no PNG, PPM or PGM picture in this folder"));
    fg_scratch_write(at("e.png"), "");
    ck_assert_int_eq(open_error(&err, at("e.png")), FG_EFORMAT);
    ck_assert_ptr_nonnull(strstr(err.text, "e.png: empty"));
    fg_scratch_write(at("e.png"), "GIF89a");
    ck_assert_int_eq(open_error(&err, at("e.png")), FG_EFORMAT);
    ck_assert_ptr_nonnull(strstr(err.text, "e.png: byte 0x47 where a PNG, PPM or PGM"));
    fg_scratch_write(at("e.png"), "P5 1 1 255 aP5 1 1 255 a");
    ck_assert_int_eq(open_error(&err, at("e.png")), FG_EFORMAT);
    ck_assert_ptr_nonnull(strstr(err.text, "more bytes behind the picture"));
    put("e.png", FG_IMAGE_PNG, 5, 3, 0);
    put("f.png", FG_IMAGE_PNG, 6, 3, 0);
    ck_assert_int_eq(open_error(&err, fg_scratch), FG_EFORMAT);
    ck_assert_ptr_nonnull(
        strstr(err.text, "f.png: 6 x 4 pixels of 3 channels, but the first frame has 5 x 4 of 3"));
    const char *paths[] = {"x.png", "-"};
    fg_frames *frames;
    put("x.png", FG_IMAGE_PNG, 5, 3, 0);
    paths[0] = at("x.png");
    ck_assert_int_eq(fg_frames_open(&frames, paths, 2, NULL, &err), FG_EINVAL);
    ck_assert_ptr_null(frames);
    fg_scratch_drop();
}
END_TEST

/* PPM and PNG pictures may follow each other on one stream. */
static char *mixed_stream(size_t *size) {
    char *text;
    fg_image image = {0};
    FILE *stream = open_memstream(&text, size);
    ck_assert_int_eq(fg_image_alloc(&image, 3, 4, 3, 8, NULL), 0);
    for (int k = 0; k < 4; k++) {
        for (size_t i = 0; i < fg_image_size(&image); i++)
            image.data[i] = (float)k / 5;
        ck_assert_int_eq(k & 1 ? fg_png_write(stream, &image, NULL) : fg_pnm_write(stream, &image, NULL), 0);
    }
    fclose(stream);
    fg_image_free(&image);
    return text;
}

START_TEST(a_stream_holds_one_picture_after_the_other) {
    size_t size, held = fg_mem_held();
    char *text = mixed_stream(&size);
    fg_frames *frames;
    FILE *stream = fmemopen(text, size, "rb");
    ck_assert_int_eq(fg_frames_open_stream(&frames, stream, "clip", NULL, NULL), 0);
    ck_assert(fg_frames_is_stream(frames) && fg_frames_count(frames) == 0);
    expect(frames, "00000", 0);
    expect(frames, "00001", 0.2f);
    expect(frames, "00002", 0.4f);
    expect(frames, "00003", 0.6f);
    expect_end(frames);
    fg_frames_close(frames);
    fclose(stream);
    free(text);
    ck_assert_uint_eq(fg_mem_held(), held);
}
END_TEST

START_TEST(a_stream_cut_anywhere_ends_or_fails) {
    size_t size, held = fg_mem_held();
    char *text = mixed_stream(&size);
    for (size_t cut = 1; cut < size; cut++) {
        fg_frames *frames;
        FILE *stream = fmemopen(text, cut, "rb");
        bool got = true;
        fg_frame frame;
        fg_err err = {0};
        int bad = fg_frames_open_stream(&frames, stream, "clip", NULL, NULL);
        while (!bad && got)
            bad = fg_frames_next(&got, &frame, frames, &err);
        ck_assert(bad == 0 || (bad == FG_EFORMAT && strncmp(err.text, "clip, frame ", 12) == 0));
        fg_frames_close(frames);
        fclose(stream);
    }
    free(text);
    ck_assert_uint_eq(fg_mem_held(), held);
}
END_TEST

START_TEST(a_stop_is_not_an_end) {
    fg_frames *frames;
    bool got;
    fg_frame frame;
    atomic_int stop = 15;
    FILE *stream = fmemopen("P5 1 1 255 ", 11, "rb");
    ck_assert_int_eq(fg_frames_open_stream(&frames, stream, "clip", &stop, NULL), 0);
    ck_assert_int_eq(fg_frames_next(&got, &frame, frames, NULL), FG_ESTOPPED);
    fg_frames_close(frames);
    fclose(stream);
}
END_TEST

START_TEST(memory_may_run_out) {
    size_t held = fg_mem_held();
    int bad = FG_ENOMEM;
    fg_scratch_enter();
    put("a.png", FG_IMAGE_PNG, 5, 3, 0);
    put("b.ppm", FG_IMAGE_PNM, 5, 3, 0);
    put("c.ppm", FG_IMAGE_PNM, 5, 3, 0);
    for (uint64_t n = 1; bad && n < 500; n++) {
        const char *path = fg_scratch;
        fg_frames *frames = NULL;
        bool got = true;
        fg_frame frame;
        fg_err err;
        fg_mem_fail_at(n);
        bad = fg_frames_open(&frames, &path, 1, NULL, &err);
        while (!bad && got)
            bad = fg_frames_next(&got, &frame, frames, &err);
        fg_frames_close(frames);
        fg_mem_fail_at(0);
        ck_assert(bad == 0 || bad == FG_ENOMEM);
        ck_assert_uint_eq(fg_mem_held(), held);
    }
    ck_assert_int_eq(bad, 0);
    fg_scratch_drop();
}
END_TEST

START_TEST(a_sink_writes_what_a_source_reads) {
    fg_sink *sink;
    fg_frames *frames;
    fg_image image = {0};
    fg_err err = {0};
    size_t held = fg_mem_held();
    fg_scratch_enter();
    ck_assert_int_eq(fg_image_alloc(&image, 2, 3, 3, 16, NULL), 0);
    for (size_t i = 0; i < 18; i++)
        image.data[i] = (float)i / 10;
    const char *path = at("made/deep/");
    ck_assert_msg(!fg_sink_open(&sink, path, &err), "%s", err.text);
    ck_assert_int_eq(fg_sink_put(sink, &image, "one", FG_IMAGE_PNG, &err), 0);
    ck_assert_int_eq(fg_sink_put(sink, &image, "two", FG_IMAGE_PNM, &err), 0);
    fg_sink_close(sink);
    ck_assert_int_eq(access(at("made/deep/one.png"), F_OK), 0);
    ck_assert_int_eq(access(at("made/deep/two.ppm"), F_OK), 0);
    path = at("made/deep");
    ck_assert_int_eq(fg_frames_open(&frames, &path, 1, NULL, NULL), 0);
    ck_assert_uint_eq(fg_frames_count(frames), 2);
    expect(frames, "one", 0);
    expect(frames, "two", 0);
    fg_frames_close(frames);
    ck_assert_int_eq(fg_sink_write_png(at("panel.png"), &image, &err), 0);
    ck_assert_int_eq(fg_sink_open(&sink, at("panel.png"), &err), FG_EIO);
    ck_assert_int_eq(fg_sink_open(&sink, "", &err), FG_EINVAL);
    ck_assert_int_eq(fg_sink_write_png(at("none/panel.png"), &image, &err), FG_EIO);
    fg_image_free(&image);
    fg_sink_close(NULL);
    ck_assert_uint_eq(fg_mem_held(), held);
    fg_scratch_drop();
}
END_TEST

FG_TEST_MAIN("data/frames", a_folder_is_read_by_name_and_content, same_names_become_numbers,
             pictures_of_one_name_belong_together, inputs_are_known_by_any_name, errors_name_the_frame,
             a_stream_holds_one_picture_after_the_other, a_stream_cut_anywhere_ends_or_fails,
             a_stop_is_not_an_end, memory_may_run_out, a_sink_writes_what_a_source_reads)
