#include "cli_help.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/divert_internal.h"
#include "base/scratch_internal.h"

static const char *data, *mask, *model, *log_path, *picture, *state, *word;

static const fg_cli_option options[] = {{.name = "data", .type = FG_CLI_INPUT, .to = &data},
                                        {.name = "mask", .type = FG_CLI_INPUT, .to = &mask},
                                        {.name = "model", .type = FG_CLI_MODEL, .to = &model},
                                        {.name = "log", .type = FG_CLI_RESULT, .to = &log_path},
                                        {.name = "picture", .type = FG_CLI_PICTURE, .to = &picture},
                                        {.name = "state", .type = FG_CLI_NEW_MODEL, .to = &state},
                                        {.name = "word", .type = FG_CLI_TEXT, .to = &word}};

static void enter(void) {
    fg_scratch_enter();
    ck_assert_int_eq(mkdir("clip", 0700), 0);
    fg_scratch_touch("a");
    fg_scratch_touch("b");
    fg_scratch_touch("c");
    fg_scratch_touch("clip/1.png");
    data = mask = model = log_path = picture = state = word = NULL;
}

static void leave(void) {
    static const char *const files[] = {"a", "b", "c", "clip/1.png"};
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(unlink(files[i]), 0);
    ck_assert_int_eq(rmdir("clip"), 0);
    fg_scratch_leave();
}

/* Whether the options pass; if not, the one message has `label` in it. */
static bool passes(const char *label, char *const *operands, int n) {
    static const fg_cli_program plain = {.name = "fg-try"},
                                reading = {.name = "fg-try", .reads_operands = true};
    char said[FG_ERR_TEXT + 64] = "";
    fg_capture capture = fg_capture_begin();
    int status = fg_cli_check_files(operands ? &reading : &plain, options, sizeof options / sizeof *options,
                                    operands, n);
    fg_capture_end(&capture, said, sizeof said);
    if (status < 0) {
        ck_assert_str_eq(said, "");
        return true;
    }
    ck_assert_int_eq(status, FG_EXIT_USAGE);
    ck_assert_msg(*label && strstr(said, label), "%s", said);
    return false;
}

START_TEST(different_files_pass) {
    enter();
    data = "a,b";
    model = "c";
    mask = log_path = "-";
    picture = "new.png";
    state = "other";
    word = "a";
    ck_assert(passes("", NULL, 0));
    log_path = "/dev/null";
    picture = "/dev/null";
    ck_assert(passes("", NULL, 0));
    leave();
}
END_TEST

START_TEST(what_is_read_is_not_written) {
    static const char *const lists[] = {"a", "a,b", "b,a", "b,,./a,c", ",a,", "none,a"};
    enter();
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        data = lists[i];
        log_path = "./a";
        ck_assert_msg(!passes("--log: ./a is read by --data", NULL, 0), "%s", lists[i]);
        log_path = NULL;
        state = "a";
        ck_assert(!passes("--state: a is read by --data", NULL, 0));
        state = NULL;
    }
    data = NULL;
    mask = picture = "c";
    ck_assert(!passes("--picture: c is read by --mask", NULL, 0));
    leave();
}
END_TEST

START_TEST(a_model_may_take_the_place_of_one) {
    enter();
    model = state = "a";
    ck_assert(passes("", NULL, 0));
    log_path = "a";
    ck_assert(!passes("--log: a is read by --model", NULL, 0));
    leave();
}
END_TEST

START_TEST(two_files_are_written) {
    enter();
    log_path = "new";
    state = "clip/../new";
    ck_assert(!passes("--log and --state would both write clip/../new;", NULL, 0));
    state = "clip/new";
    ck_assert(passes("", NULL, 0));
    picture = "clip/new";
    ck_assert(!passes("--picture and --state would both write clip/new;", NULL, 0));
    leave();
}
END_TEST

START_TEST(operands_are_read_where_the_program_reads_them) {
    char file[] = "a", folder[] = "clip", none[] = "none";
    char *const operands[] = {none, file, folder};
    enter();
    log_path = "a";
    ck_assert(!passes("--log: a is read and would be overwritten", operands, 3));
    ck_assert(passes("", operands, 1));
    ck_assert(passes("", NULL, 0));
    log_path = "clip/../clip/1.png";
    ck_assert(!passes("--log: clip/../clip/1.png is read and would be overwritten", operands, 3));
    log_path = "clip/2.png";
    ck_assert(passes("", operands, 3));
    leave();
}
END_TEST

START_TEST(one_output_has_standard_output) {
    enter();
    log_path = picture = "-";
    ck_assert(!passes("--log and --picture would both go to standard output", NULL, 0));
    picture = NULL;
    state = "-";
    ck_assert(!passes("--log and --state would both go to standard output", NULL, 0));
    state = "new";
    mask = "-";
    ck_assert(passes("", NULL, 0));
    leave();
}
END_TEST

START_TEST(what_standard_input_comes_from_is_not_written) {
    enter();
    int kept = fg_divert(STDIN_FILENO, open("a", O_RDONLY));
    log_path = "a";
    bool logged = passes("--log: a is standard input and would be overwritten", NULL, 0);
    log_path = NULL;
    state = "./a";
    bool model_replaced = passes("", NULL, 0);
    data = "-";
    bool data_replaced = passes("--state: ./a is standard input and would be overwritten", NULL, 0);
    fg_divert_back(STDIN_FILENO, kept);
    ck_assert(!logged && model_replaced && !data_replaced);
    leave();
}
END_TEST

/* What else lies in a folder with data is none of theirs. */
START_TEST(of_a_folder_what_is_read_is_not_written) {
    static const char *const read[] = {"clip/1.png", "clip/train-images-idx3-ubyte", "clip/test_batch.bin"};
    enter();
    fg_scratch_touch(read[1]);
    fg_scratch_touch(read[2]);
    fg_scratch_touch("clip/model.fgm");
    for (int i = 0; i < 3; i++) {
        data = "clip";
        mask = NULL;
        log_path = read[i];
        ck_assert(!passes("is read by --data and would be overwritten", NULL, 0));
        data = NULL;
        mask = "a,clip";
        ck_assert(!passes("is read by --mask and would be overwritten", NULL, 0));
    }
    log_path = NULL;
    state = "clip/model.fgm";
    ck_assert(passes("", NULL, 0));
    unlink(read[1]);
    unlink(read[2]);
    unlink(state);
    leave();
}
END_TEST

START_TEST(what_is_read_or_written_later_is_compared_with_options) {
    fg_err err = {0};
    enter();
    log_path = "clip/new";
    state = "-";
    picture = "c";
    ck_assert(passes("", NULL, 0));
    ck_assert_str_eq(fg_cli_written_by("clip/../c"), "picture");
    ck_assert_str_eq(fg_cli_written_by("./clip/new"), "log");
    ck_assert_ptr_null(fg_cli_written_by("a"));
    ck_assert_ptr_null(fg_cli_written_by("clip/1.png"));
    ck_assert_int_eq(fg_cli_keep_read("a,b", &err), FG_OK);
    ck_assert_int_eq(fg_cli_keep_read("a,c", &err), FG_EINVAL);
    ck_assert_str_eq(err.text, "--picture: c is read and would be overwritten; name another file");
    leave();
}
END_TEST

START_TEST(long_names_are_no_trouble) {
    enter();
    size_t size = 3 * PATH_MAX;
    char *longest = malloc(size);
    memset(longest, 'x', size - 1);
    longest[size - 1] = 0;
    longest[size / 2] = ',';
    data = longest;
    log_path = "a";
    ck_assert(passes("", NULL, 0));
    log_path = longest;
    ck_assert(!passes("--log: xxx", NULL, 0));
    free(longest);
    leave();
}
END_TEST

FG_TEST_MAIN("cmd/cli_files", different_files_pass, what_is_read_is_not_written,
             a_model_may_take_the_place_of_one, two_files_are_written,
             operands_are_read_where_the_program_reads_them, one_output_has_standard_output,
             what_standard_input_comes_from_is_not_written, of_a_folder_what_is_read_is_not_written,
             what_is_read_or_written_later_is_compared_with_options, long_names_are_no_trouble)
