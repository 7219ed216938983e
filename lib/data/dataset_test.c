#include "data/dataset.h"

#include <limits.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/scratch_internal.h"
#include "data/npy.h"

static char names[2][PATH_MAX + 16], joined[2 * PATH_MAX + 64];

static void enter(void) {
    fg_scratch_make();
    snprintf(names[0], sizeof names[0], "%s/x", fg_scratch);
    snprintf(names[1], sizeof names[1], "%s/y", fg_scratch);
    snprintf(joined, sizeof joined, "%s,%s", names[0], names[1]);
}

static void leave(void) {
    unlink(names[0]);
    unlink(names[1]);
    fg_scratch_leave();
}

static void put_npy(int which, fg_dtype dtype, int rank, const size_t dims[], const void *data) {
    fg_tensor t = {.dtype = dtype, .rank = rank, .data = (void *)data};
    for (int i = 0; i < rank; i++)
        t.dims[i] = dims[i];
    FILE *f = fopen(names[which], "wb");
    ck_assert_ptr_nonnull(f);
    ck_assert_int_eq(fg_npy_write(f, &t, NULL), 0);
    fclose(f);
}

static fg_dataset *open_good(const char *files, fg_dataset_want want) {
    fg_dataset *d;
    fg_err err;
    ck_assert_msg(fg_dataset_open(&d, files, &want, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(d->height * d->width * d->channels, d->n_inputs);
    return d;
}

static void check_bad(const char *files, fg_dataset_want want, const char *message) {
    fg_dataset *d;
    fg_err err;
    size_t held = fg_mem_held();
    int code = fg_dataset_open(&d, files, &want, &err);
    ck_assert_int_lt(code, 0);
    ck_assert_ptr_null(d);
    ck_assert_msg(strstr(err.text, message) != NULL, "%s: %s", message, err.text);
    ck_assert_uint_eq(fg_mem_held(), held);
}

START_TEST(xor_data) {
    size_t held = fg_mem_held();
    fg_dataset *d =
        open_good("testdata/xor.csv",
                  (fg_dataset_want){.n_inputs = 2, .target = FG_TARGET_LABELS, .n_outputs = 2, .limit = 0});
    ck_assert_uint_eq(d->n, 4);
    ck_assert_uint_eq(d->n_inputs, 2);
    ck_assert_uint_eq(d->channels, 2);
    ck_assert_int_eq(d->n_classes, 2);
    ck_assert_ptr_null(d->y);
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(d->labels[i], d->real[2 * i] * d->real[2 * i + 1] < 0);
    fg_dataset_free(d);
    fg_dataset_free(NULL);
    ck_assert_uint_eq(fg_mem_held(), held);
}
END_TEST

START_TEST(csv_columns) {
    enter();
    fg_scratch_write(names[0], "1,2,3,4\n5,6,7,8\n9,10,11,12\n");
    fg_dataset *d = open_good(names[0], (fg_dataset_want){0});
    ck_assert_uint_eq(d->n_inputs, 4);
    ck_assert(!d->y && !d->labels);
    fg_dataset_free(d);
    d = open_good(names[0],
                  (fg_dataset_want){.n_inputs = 2, .target = FG_TARGET_NONE, .n_outputs = 0, .limit = 0});
    ck_assert_uint_eq(d->n_inputs, 2);
    ck_assert(d->real[2] == 5);
    fg_dataset_free(d);
    d = open_good(names[0],
                  (fg_dataset_want){.n_inputs = 0, .target = FG_TARGET_REAL, .n_outputs = 3, .limit = 2});
    ck_assert_uint_eq(d->n, 2);
    ck_assert_uint_eq(d->n_inputs, 1);
    ck_assert_uint_eq(d->n_targets, 3);
    ck_assert(d->real[1] == 5 && d->y[0] == 2 && d->y[5] == 8);
    fg_dataset_free(d);
    d = open_good(names[0],
                  (fg_dataset_want){.n_inputs = 0, .target = FG_TARGET_LABELS, .n_outputs = 0, .limit = 0});
    ck_assert_uint_eq(d->n_inputs, 3);
    ck_assert_int_eq(d->n_classes, 13);
    ck_assert_int_eq(d->labels[1], 8);
    fg_dataset_free(d);
    check_bad(names[0],
              (fg_dataset_want){.n_inputs = 5, .target = FG_TARGET_NONE, .n_outputs = 0, .limit = 0},
              "4 columns, expected 5 inputs");
    check_bad(names[0],
              (fg_dataset_want){.n_inputs = 4, .target = FG_TARGET_LABELS, .n_outputs = 0, .limit = 0},
              "4 columns, expected 4 inputs and 1 target");
    check_bad(names[0],
              (fg_dataset_want){.n_inputs = 2, .target = FG_TARGET_LABELS, .n_outputs = 0, .limit = 0},
              "4 columns, expected 2 inputs and 1 target");
    check_bad(names[0],
              (fg_dataset_want){.n_inputs = 0, .target = FG_TARGET_REAL, .n_outputs = 4, .limit = 0},
              "4 columns, expected inputs and 4 targets");
    check_bad(names[0],
              (fg_dataset_want){.n_inputs = 3, .target = FG_TARGET_LABELS, .n_outputs = 12, .limit = 0},
              "/x: data row 3: the label is 12");
    leave();
}
END_TEST

START_TEST(bad_values) {
    enter();
    const fg_dataset_want labels = {.n_inputs = 1, .target = FG_TARGET_LABELS, .n_outputs = 0, .limit = 0};
    fg_scratch_write(names[0], "x,label\n1,0\n2,1.5\n");
    check_bad(names[0], labels, "/x: data row 2, column 2: 1.5 is not a class");
    fg_scratch_write(names[0], "1,-1\n");
    check_bad(names[0], labels, "-1 is not a class");
    fg_scratch_write(names[0], "1,65536\n");
    check_bad(names[0], labels, "65536 is not a class");
    fg_scratch_write(names[0], "1,0\n1e39,1\n");
    check_bad(names[0], labels, "data row 2, column 1: 1e+39 is not in the range of a float");
    check_bad(names[0],
              (fg_dataset_want){.n_inputs = 1, .target = FG_TARGET_LABELS, .n_outputs = 100000, .limit = 0},
              "range");
    fg_scratch_write(names[0], "1,0\nabc,1\n");
    check_bad(names[0], labels, "/x: line 2, column 1: 'abc' is not a number");
    fg_scratch_write(names[0], "");
    check_bad(names[0], labels, "/x: no content");
    fg_scratch_write(names[0], "1,0\n");
    check_bad(names[0],
              (fg_dataset_want){.n_inputs = 1, .target = FG_TARGET_LABELS, .n_outputs = 100000, .limit = 0},
              "100000 classes");
    leave();
}
END_TEST

START_TEST(missing_inputs) {
    const fg_dataset_want want = {.n_inputs = 2, .target = FG_TARGET_LABELS, .n_outputs = 2, .gaps = true};
    const float x[] = {1, NAN, 3, 4}, wild[] = {1, INFINITY, 3, 4};
    const int32_t y[] = {1, 0};
    fg_dataset *d;
    fg_err err;
    enter();
    fg_scratch_write(names[0], "a,b,class\n1,,1\nnan,4,0\n");
    ck_assert_msg(fg_dataset_open(&d, names[0], &want, &err) == FG_OK, "%s", err.text);
    ck_assert(d->n == 2 && d->real[0] == 1 && isnan(d->real[1]) && isnan(d->real[2]) && d->real[3] == 4);
    ck_assert(d->labels[0] == 1 && d->labels[1] == 0);
    fg_dataset_free(d);
    fg_scratch_write(names[0], "1,2,\n");
    ck_assert_int_eq(fg_dataset_open(&d, names[0], &want, &err), FG_EFORMAT);
    put_npy(0, FG_F32, 2, (size_t[]){2, 2}, x);
    put_npy(1, FG_I32, 1, (size_t[]){2}, y);
    ck_assert_msg(fg_dataset_open(&d, joined, &want, &err) == FG_OK, "%s", err.text);
    ck_assert(d->real[0] == 1 && isnan(d->real[1]) && d->real[2] == 3);
    fg_dataset_free(d);
    put_npy(0, FG_F32, 2, (size_t[]){2, 2}, wild);
    ck_assert_int_eq(fg_dataset_open(&d, joined, &want, &err), FG_EFORMAT);
    leave();
}
END_TEST

START_TEST(npy_images_and_labels) {
    enter();
    unsigned char pixels[2 * 2 * 3 * 3];
    for (int i = 0; i < 36; i++)
        pixels[i] = (unsigned char)(i * 5);
    put_npy(0, FG_U8, 4, (size_t[]){2, 2, 3, 3}, pixels);
    put_npy(1, FG_I64, 1, (size_t[]){2}, (int64_t[]){4, 1});
    fg_dataset *d = open_good(
        joined, (fg_dataset_want){.n_inputs = 18, .target = FG_TARGET_LABELS, .n_outputs = 10, .limit = 0});
    ck_assert_uint_eq(d->height, 2);
    ck_assert_uint_eq(d->width, 3);
    ck_assert_uint_eq(d->channels, 3);
    float x[36];
    ck_assert(!d->real && d->bytes[35] == 175);
    fg_dataset_rows(x, NULL, NULL, d, NULL, 2);
    ck_assert(x[35] == 175.0f / 255 && x[0] == 0);
    ck_assert_int_eq(d->n_classes, 10);
    ck_assert_int_eq(d->labels[0], 4);
    fg_dataset_free(d);
    d = open_good(names[0],
                  (fg_dataset_want){.n_inputs = 0, .target = FG_TARGET_NONE, .n_outputs = 0, .limit = 1});
    ck_assert_uint_eq(d->n, 1);
    fg_dataset_free(d);
    check_bad(names[0],
              (fg_dataset_want){.n_inputs = 18, .target = FG_TARGET_LABELS, .n_outputs = 10, .limit = 0},
              "x.npy,y.npy");
    check_bad(joined,
              (fg_dataset_want){.n_inputs = 18, .target = FG_TARGET_LABELS, .n_outputs = 4, .limit = 0},
              "/y: data row 1: the label is 4");
    check_bad(joined, (fg_dataset_want){.n_inputs = 17, .target = FG_TARGET_NONE, .n_outputs = 0, .limit = 0},
              "/x: 18 inputs in a row, expected 17");
    put_npy(0, FG_U8, 3, (size_t[]){2, 3, 6}, pixels);
    put_npy(1, FG_U8, 2, (size_t[]){2, 1}, "\x01\x02");
    d = open_good(joined,
                  (fg_dataset_want){.n_inputs = 0, .target = FG_TARGET_LABELS, .n_outputs = 0, .limit = 0});
    ck_assert_uint_eq(d->height, 3);
    ck_assert_uint_eq(d->width, 6);
    ck_assert_uint_eq(d->channels, 1);
    ck_assert_int_eq(d->n_classes, 3);
    fg_dataset_free(d);
    leave();
}
END_TEST

START_TEST(npy_vectors_and_targets) {
    enter();
    const double x[] = {1, 2, 3, 4, 5, 6}, y[] = {-1, -2, -3, -4, -5, -6};
    put_npy(0, FG_F64, 1, (size_t[]){6}, x);
    put_npy(1, FG_F64, 2, (size_t[]){6, 1}, y);
    fg_dataset *d = open_good(
        joined, (fg_dataset_want){.n_inputs = 1, .target = FG_TARGET_REAL, .n_outputs = 1, .limit = 4});
    ck_assert_uint_eq(d->n, 4);
    ck_assert_uint_eq(d->n_targets, 1);
    ck_assert(d->y[3] == -4);
    fg_dataset_free(d);
    put_npy(1, FG_F64, 2, (size_t[]){6, 0}, y);
    check_bad(joined, (fg_dataset_want){.n_inputs = 1, .target = FG_TARGET_REAL, .n_outputs = 0, .limit = 0},
              "/y: 0 targets in a row");
    put_npy(1, FG_F64, 2, (size_t[]){3, 2}, y);
    check_bad(joined, (fg_dataset_want){.n_inputs = 1, .target = FG_TARGET_REAL, .n_outputs = 0, .limit = 0},
              "3 rows, expected one or two and 6");
    put_npy(0, FG_F64, 2, (size_t[]){3, 2}, x);
    check_bad(joined, (fg_dataset_want){.n_inputs = 2, .target = FG_TARGET_REAL, .n_outputs = 1, .limit = 0},
              "2 targets in a row, expected 1");
    check_bad(joined,
              (fg_dataset_want){.n_inputs = 2, .target = FG_TARGET_LABELS, .n_outputs = 2, .limit = 0},
              "expected one label a row");
    d = open_good(joined,
                  (fg_dataset_want){.n_inputs = 2, .target = FG_TARGET_REAL, .n_outputs = 0, .limit = 0});
    ck_assert_uint_eq(d->n_targets, 2);
    fg_dataset_free(d);
    put_npy(0, FG_F64, 0, NULL, x);
    check_bad(joined, (fg_dataset_want){0}, "a single number");
    put_npy(0, FG_F64, 2, (size_t[]){0, 2}, x);
    check_bad(joined, (fg_dataset_want){0}, "at least one of each");
    put_npy(0, FG_F64, 2, (size_t[]){2, 0}, x);
    check_bad(joined, (fg_dataset_want){0}, "at least one of each");
    put_npy(0, FG_F32, 2, (size_t[]){1, 2}, (float[]){1, (float)(1e30 * 1e30)});
    check_bad(joined, (fg_dataset_want){0}, "/x: element [0,1]: inf is not a finite number");
    leave();
}
END_TEST

START_TEST(lists_of_files) {
    enter();
    fg_scratch_write(names[0], "1,2\n");
    put_npy(1, FG_U8, 1, (size_t[]){2}, "\x01\x02");
    check_bad(joined, (fg_dataset_want){0}, "/y: another kind of file");
    fg_scratch_write(names[1], "3,4\n");
    check_bad(joined, (fg_dataset_want){0}, "too many files");
    check_bad("", (fg_dataset_want){0}, "an empty name");
    check_bad("testdata/xor.csv,", (fg_dataset_want){0}, "an empty name");
    check_bad("testdata/nothing.csv", (fg_dataset_want){0}, "testdata/nothing.csv");
    check_bad("testdata", (fg_dataset_want){0}, "testdata");
    FILE *f = fopen(names[1], "wb");
    fwrite("\x1f\x8b\0\0", 1, 4, f);
    fclose(f);
    check_bad(names[1], (fg_dataset_want){0}, "/y: gzip: damaged");
    leave();
}
END_TEST

/* testdata/bad/data/expected.txt has "name: message" lines. */
START_TEST(bad_files) {
    FILE *list = fopen("testdata/bad/data/expected.txt", "r");
    ck_assert_ptr_nonnull(list);
    char line[1024], path[1200], wanted[2400];
    int n = 0;
    while (fgets(line, sizeof line, list)) {
        line[strcspn(line, "\n")] = 0;
        char *message = strstr(line, ": ");
        ck_assert_ptr_nonnull(message);
        *message = 0;
        if (strstr(line, ".fgm"))
            continue;
        snprintf(path, sizeof path, "testdata/bad/data/%s", line);
        snprintf(wanted, sizeof wanted, "%s: %s", path, message + 2);
        check_bad(path,
                  (fg_dataset_want){.n_inputs = 2, .target = FG_TARGET_LABELS, .n_outputs = 2, .limit = 0},
                  wanted);
        n++;
    }
    fclose(list);
    ck_assert_int_gt(n, 30);
}
END_TEST

START_TEST(standard_input) {
    int saved = dup(0);
    FILE *f = freopen("testdata/xor.csv", "rb", stdin);
    ck_assert_ptr_nonnull(f);
    fg_dataset *d = open_good(
        "-", (fg_dataset_want){.n_inputs = 2, .target = FG_TARGET_LABELS, .n_outputs = 2, .limit = 0});
    ck_assert_uint_eq(d->n, 4);
    fg_dataset_free(d);
    check_bad("-", (fg_dataset_want){0}, "standard input: no content");
    dup2(saved, 0);
    close(saved);
}
END_TEST

START_TEST(no_memory) {
    enter();
    put_npy(0, FG_U8, 2, (size_t[]){2, 1}, "\x01\x02");
    put_npy(1, FG_U8, 1, (size_t[]){2}, "\x01\x02");
    const char *files[] = {"testdata/xor.csv", joined};
    size_t held = fg_mem_held();
    for (int i = 0; i < 4; i++)
        for (uint64_t n = 1;; n++) {
            fg_dataset *d;
            fg_err err;
            fg_dataset_want want = {.n_inputs = 0,
                                    .target = i / 2 ? FG_TARGET_LABELS : FG_TARGET_REAL,
                                    .n_outputs = 0,
                                    .limit = 0};
            fg_mem_fail_at(n);
            int code = fg_dataset_open(&d, files[i % 2], &want, &err);
            fg_mem_fail_at(0);
            if (code == 0) {
                fg_dataset_free(d);
                break;
            }
            ck_assert_int_eq(code, FG_ENOMEM);
            ck_assert_uint_eq(fg_mem_held(), held);
        }
    leave();
}
END_TEST

FG_TEST_MAIN("data/dataset", xor_data, csv_columns, bad_values, missing_inputs, npy_images_and_labels,
             npy_vectors_and_targets, lists_of_files, bad_files, standard_input, no_memory)
