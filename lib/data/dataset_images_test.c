#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/scratch_internal.h"
#include "data/cifar.h"
#include "data/dataset.h"
#include "data/gzip_internal.h"

enum { IMAGES = 5, H = 3, W = 4, ROOM = 1 << 16, NAMES_MAX = 16, PATH_ROOM = PATH_MAX + 64 };

static char made[NAMES_MAX][PATH_ROOM], joined[4 * PATH_ROOM];
static int n_made;
static unsigned char bytes[ROOM], packed[ROOM];
static const fg_dataset_want any = {.target = FG_TARGET_NONE},
                             labelled = {.target = FG_TARGET_LABELS, .n_outputs = 10};

static void enter(void) {
    fg_scratch_enter();
    n_made = 0;
}

static void leave(void) {
    while (n_made > 0)
        unlink(made[--n_made]);
    fg_scratch_leave();
}

/* Writes bytes[size] into the folder, packed if the name says so; the path. */
static const char *put(const char *name, size_t size) {
    bool zip = strlen(name) > 3 && strcmp(name + strlen(name) - 3, ".gz") == 0;
    char *path = made[n_made++];
    ck_assert_int_le(n_made, NAMES_MAX);
    snprintf(path, PATH_ROOM, "%s/%s", fg_scratch, name);
    FILE *f = fopen(path, "wb");
    ck_assert_ptr_nonnull(f);
    if (zip)
        size = fg_test_gzip(packed, ROOM, bytes, size);
    ck_assert_uint_eq(fwrite(zip ? packed : bytes, 1, size, f), size);
    fclose(f);
    return path;
}

static const char *put_images(const char *name, int n) {
    memcpy(bytes, (unsigned char[]){0, 0, 8, 3, 0, 0, 0, (unsigned char)n, 0, 0, 0, H, 0, 0, 0, W}, 16);
    for (int i = 0; i < n * H * W; i++)
        bytes[16 + i] = (unsigned char)(3 * i);
    return put(name, 16 + (size_t)n * H * W);
}

/* Labels first, first + 1, ... */
static const char *put_labels(const char *name, int n, int first) {
    memcpy(bytes, (unsigned char[]){0, 0, 8, 1, 0, 0, 0, (unsigned char)n}, 8);
    for (int i = 0; i < n; i++)
        bytes[8 + i] = (unsigned char)(i + first);
    return put(name, 8 + (size_t)n);
}

/* Two records with labels `label` and label + 1, whose red is 10, green 20, blue 30. */
static const char *put_cifar(const char *name, int label) {
    for (size_t r = 0; r < 2; r++) {
        unsigned char *to = bytes + r * FG_CIFAR_RECORD;
        *to++ = (unsigned char)(label + (int)r);
        for (size_t i = 0; i < FG_CIFAR_PIXELS; i++)
            to[i] = (unsigned char)(10 + 10 * (i / 1024));
    }
    return put(name, 2 * FG_CIFAR_RECORD);
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
    ck_assert_int_lt(fg_dataset_open(&d, files, &want, &err), 0);
    ck_assert_ptr_null(d);
    ck_assert_msg(strstr(err.text, message) != NULL, "%s: %s", message, err.text);
    ck_assert_msg(strstr(err.text, fg_scratch) == err.text, "no file is named: %s", err.text);
    ck_assert_uint_eq(fg_mem_held(), held);
}

static const char *join(const char *a, const char *b) {
    snprintf(joined, sizeof joined, "%s,%s", a, b);
    return joined;
}

static void check_digits(fg_dataset *d, size_t n, int first) {
    ck_assert(d->n == n && d->height == H && d->width == W && d->channels == 1 && d->n_classes == 10);
    for (size_t i = 0; i < n * H * W; i++)
        ck_assert_int_eq(d->bytes[i], (unsigned char)(3 * i));
    for (size_t i = 0; i < n; i++)
        ck_assert_int_eq(d->labels[i], first + (int)i);
    fg_dataset_free(d);
}

START_TEST(idx_files) {
    enter();
    const char *x = put_images("x", IMAGES), *z = put_images("z.gz", IMAGES);
    const char *y = put_labels("y", IMAGES, 3), *w = put_labels("w.gz", IMAGES, 3);
    check_digits(open_good(join(x, y), labelled), IMAGES, 3);
    check_digits(open_good(join(w, z), labelled), IMAGES, 3);
    fg_dataset_want few = labelled;
    few.limit = 2;
    few.n_inputs = H * W;
    check_digits(open_good(join(y, z), few), 2, 3);
    fg_dataset *d = open_good(x, any);
    ck_assert(d->n == IMAGES && !d->labels && !d->real);
    fg_dataset_free(d);
    leave();
}
END_TEST

START_TEST(idx_files_that_do_not_fit) {
    enter();
    const char *x = put_images("x", IMAGES), *y = put_labels("y", IMAGES, 3),
               *four = put_labels("four", 4, 0);
    const char *high = put_labels("high", IMAGES, 6), *none = put_images("none", 0);
    fg_dataset_want real = {.target = FG_TARGET_REAL}, other = {.n_inputs = 784};
    check_bad(x, labelled, "/x: images without labels");
    check_bad(y, labelled, "/y: labels without images");
    check_bad(y, any, "/y: labels without images");
    check_bad(join(x, x), labelled, "/x: holds images, as ");
    check_bad(join(y, y), labelled, "/y: holds labels, as ");
    check_bad(join(x, four), labelled, "/four: 4 labels, but ");
    check_bad(join(x, high), labelled, "/high: data row 5: the label is 10, expected a class from 0 to 9");
    check_bad(join(x, y), real, "/x: images with class labels, but real targets");
    check_bad(x, other, "/x: 12 inputs in a row, expected 784");
    check_bad(none, any, "/none: 0 rows of 12 inputs");
    check_bad(join(x, put_cifar("c", 1)), labelled, "/c: another kind of file than ");
    memcpy(bytes, "abc", 3);
    check_bad(put("text.gz", 3), any, "/text.gz: gzip of other data than IDX or CIFAR-10");
    check_bad(put("empty.gz", 0), any, "/empty.gz: gzip of other data");
    memset(bytes, 0, 40);
    check_bad(put("zeros", 40), any, "/zeros: neither CSV, NPY, IDX nor CIFAR-10 data");
    leave();
}
END_TEST

/* An IDX file as long as whole CIFAR-10 records is one if its header fits its length. */
START_TEST(idx_or_cifar) {
    enter();
    memset(bytes, 0, ROOM);
    memcpy(bytes, (unsigned char[]){0, 0, 8, 1, 0, 0, 0x0b, 0xf9}, 8);
    check_bad(put("labels", FG_CIFAR_RECORD), any, "/labels: labels without images");
    bytes[7]++;
    fg_dataset *d = open_good(put("cifar", FG_CIFAR_RECORD), any);
    ck_assert_uint_eq(d->channels, 3);
    fg_dataset_free(d);
    leave();
}
END_TEST

START_TEST(cifar_files) {
    enter();
    const char *a = put_cifar("a", 1), *b = put_cifar("b.gz", 5);
    fg_dataset *d = open_good(join(a, b), labelled);
    ck_assert(d->n == 4 && d->height == 32 && d->width == 32 && d->channels == 3 && d->n_classes == 10);
    static const int labels[] = {1, 2, 5, 6};
    for (size_t i = 0; i < 4; i++) {
        float x[FG_CIFAR_PIXELS];
        int32_t label;
        fg_dataset_rows(x, &label, NULL, d, &i, 1);
        ck_assert_int_eq(label, labels[i]);
        for (size_t p = 0; p < FG_CIFAR_PIXELS; p++)
            ck_assert(x[p] == (float)(10 + 10 * (p % 3)) / 255);
    }
    fg_dataset_free(d);
    fg_dataset_want few = labelled, two = labelled, real = {.target = FG_TARGET_REAL};
    few.limit = 3;
    two.n_outputs = 2;
    d = open_good(join(a, b), few);
    ck_assert_uint_eq(d->n, 3);
    fg_dataset_free(d);
    check_bad(join(a, b), two, "/a: data row 2: the label is 2, expected a class from 0 to 1");
    check_bad(a, real, "/a: images with class labels");
    bytes[0] = 10;
    check_bad(join(a, put("c.gz", FG_CIFAR_RECORD)), any, "/c.gz: gzip of other data");
    bytes[0] = 1;
    check_bad(join(a, put("d.gz", FG_CIFAR_RECORD + 7)), any,
              "/d.gz: CIFAR-10: record 2 is cut off: 7 of 3073 bytes");
    leave();
}
END_TEST

START_TEST(mnist_folder) {
    fg_dataset_want test = labelled, bare = {.part = FG_PART_TEST};
    test.part = FG_PART_TEST;
    enter();
    check_bad(fg_scratch, labelled,
              "a folder without a training part: neither train-images-idx3-ubyte nor data_batch_1.bin");
    check_bad(fg_scratch, test,
              "a folder without a test part: neither t10k-images-idx3-ubyte nor test_batch.bin");
    put_labels("train-labels-idx1-ubyte", IMAGES, 2);
    check_bad(fg_scratch, labelled, ": train-images-idx3-ubyte is missing (or train-images-idx3-ubyte.gz)");
    put_images("train-images.idx3-ubyte.gz", IMAGES);
    check_digits(open_good(fg_scratch, labelled), IMAGES, 2);
    put_images("t10k-images-idx3-ubyte", 2);
    check_bad(fg_scratch, test, ": t10k-labels-idx1-ubyte is missing");
    fg_dataset_free(open_good(fg_scratch, bare));
    put_labels("t10k-labels.idx1-ubyte", 2, 0);
    check_digits(open_good(fg_scratch, test), 2, 0);
    put_cifar("data_batch_1.bin", 1);
    check_bad(fg_scratch, labelled, ": data_batch_2.bin is missing");
    leave();
}
END_TEST

START_TEST(cifar_folder) {
    fg_dataset_want test = labelled;
    test.part = FG_PART_TEST;
    enter();
    for (int i = 1; i < 6; i++) {
        char name[32];
        snprintf(name, sizeof name, "data_batch_%d.bin%s", i, i % 2 ? "" : ".gz");
        put_cifar(name, i);
    }
    fg_dataset *d = open_good(fg_scratch, labelled);
    ck_assert_uint_eq(d->n, 10);
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(d->labels[i], 1 + i / 2 + i % 2);
    fg_dataset_free(d);
    check_bad(fg_scratch, test, "a folder without a test part");
    put_cifar("test_batch.bin.gz", 8);
    snprintf(joined, sizeof joined, "%s/", fg_scratch);
    d = open_good(joined, test);
    ck_assert(d->n == 2 && d->labels[1] == 9);
    fg_dataset_free(d);
    put_images("train-images-idx3-ubyte", IMAGES);
    check_bad(fg_scratch, any, ": files of MNIST and of CIFAR-10; name the ones to read");
    unlink(made[2]);
    unlink(made[6]);
    check_bad(fg_scratch, any, ": data_batch_3.bin is missing (or data_batch_3.bin.gz)");
    leave();
}
END_TEST

START_TEST(no_memory) {
    enter();
    put_images("train-images-idx3-ubyte.gz", IMAGES);
    put_labels("train-labels-idx1-ubyte", IMAGES, 0);
    const char *cifar = put_cifar("c", 1);
    size_t held = fg_mem_held();
    for (int i = 0; i < 2; i++)
        for (uint64_t n = 1;; n++) {
            fg_dataset *d;
            fg_err err;
            fg_mem_fail_at(n);
            int code = fg_dataset_open(&d, i ? cifar : fg_scratch, &labelled, &err);
            fg_mem_fail_at(0);
            if (code == 0) {
                fg_dataset_free(d);
                break;
            }
            ck_assert_int_eq(code, FG_ENOMEM);
            ck_assert_ptr_null(d);
            ck_assert_uint_eq(fg_mem_held(), held);
        }
    leave();
}
END_TEST

/* The sum of all bytes over their number, as 0 to 1. */
static double mean(const fg_dataset *d) {
    double sum = 0;
    for (size_t i = 0; i < d->n * d->n_inputs; i++)
        sum += d->bytes[i];
    return sum / (255.0 * (double)d->n * (double)d->n_inputs);
}

START_TEST(the_real_sets) {
    static const struct {
        const char *name;
        int first_train, first_test;
        double train_mean, test_mean;
    } sets[] = {{"mnist", 5, 7, 0.1307, 0.1325}, {"fashion-mnist", 9, 9, 0.2860, 0.2868}};
    const char *root = fg_test_data();
    for (size_t i = 0; root && i < sizeof sets / sizeof *sets; i++) {
        fg_dataset_want test = labelled;
        test.part = FG_PART_TEST;
        snprintf(joined, sizeof joined, "%s/%s", root, sets[i].name);
        fg_dataset *d = open_good(joined, labelled), *t = open_good(joined, test);
        ck_assert(d->n == 60000 && t->n == 10000 && d->n_inputs == 784 && t->height == 28 && t->width == 28);
        ck_assert(d->labels[0] == sets[i].first_train && t->labels[0] == sets[i].first_test);
        ck_assert_double_eq_tol(mean(d), sets[i].train_mean, 1e-4);
        ck_assert_double_eq_tol(mean(t), sets[i].test_mean, 1e-4);
        fg_dataset_free(d);
        fg_dataset_free(t);
    }
}
END_TEST

FG_TEST_MAIN("data/dataset_images", idx_files, idx_files_that_do_not_fit, idx_or_cifar, cifar_files,
             mnist_folder, cifar_folder, no_memory, the_real_sets)
