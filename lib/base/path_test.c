#include "base/path.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/divert_internal.h"
#include "base/mem.h"
#include "base/scratch_internal.h"

/* Works in a new folder with the files a and b, the folder sub with the file a, a link to a, and a pipe. */
static void enter(void) {
    fg_scratch_enter();
    ck_assert_int_eq(mkdir("sub", 0700), 0);
    fg_scratch_touch("a");
    fg_scratch_touch("b");
    fg_scratch_touch("sub/a");
    ck_assert_int_eq(symlink("a", "link"), 0);
    ck_assert_int_eq(mkfifo("pipe", 0600), 0);
}

static void leave(void) {
    static const char *const files[] = {"a", "b", "sub/a", "link", "pipe"};
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(unlink(files[i]), 0);
    ck_assert_int_eq(rmdir("sub"), 0);
    fg_scratch_leave();
}

START_TEST(one_file_has_many_names) {
    char whole[PATH_MAX + 8];
    enter();
    snprintf(whole, sizeof whole, "%s/a", fg_scratch);
    static const char *const names[] = {"a", "./a", "sub/../a", "link", "sub/.././/a"};
    for (int i = 0; i < 5; i++) {
        ck_assert_msg(fg_path_same("a", names[i]) && fg_path_same(names[i], "a"), "%s", names[i]);
        ck_assert(fg_path_same(whole, names[i]));
        ck_assert(!fg_path_same("b", names[i]));
        ck_assert(!fg_path_same("sub/a", names[i]));
        ck_assert(!fg_path_same("new", names[i]));
    }
    leave();
}
END_TEST

START_TEST(so_has_one_that_is_to_be_made) {
    char whole[PATH_MAX + 8], longest[PATH_MAX + 16];
    enter();
    snprintf(whole, sizeof whole, "%s/new", fg_scratch);
    ck_assert(fg_path_same("new", "new"));
    ck_assert(fg_path_same("new", "./new"));
    ck_assert(fg_path_same("sub/../new", whole));
    ck_assert(!fg_path_same("new", "sub/new"));
    ck_assert(!fg_path_same("new", "newer"));
    ck_assert(!fg_path_same("new", "none/new"));
    memset(longest, 'x', sizeof longest);
    longest[PATH_MAX + 8] = '/';
    longest[sizeof longest - 1] = 0;
    ck_assert(!fg_path_same(longest, longest));
    leave();
}
END_TEST

/* Pipes and devices take what two writers write, one after the other, and folders hold files. */
START_TEST(what_is_no_regular_file_is_never_the_same) {
    enter();
    ck_assert(!fg_path_same("/dev/null", "/dev/null"));
    ck_assert(!fg_path_same("pipe", "pipe"));
    ck_assert(!fg_path_same("sub", "sub"));
    leave();
}
END_TEST

START_TEST(what_is_one_thing_of_any_kind) {
    enter();
    ck_assert(fg_path_one("a", "link") && fg_path_one("sub", "./sub/") && fg_path_one("pipe", "sub/../pipe"));
    ck_assert(!fg_path_one("a", "b") && !fg_path_one("new", "new") && !fg_path_one("sub", "."));
    leave();
}
END_TEST

START_TEST(the_folder_that_a_name_stands_in) {
    char folder[8];
    static const char *const expected[][2] = {{"a", "."}, {"sub/a", "sub/"}, {"/a", "/"}, {"sub/", "sub/"}};
    for (int i = 0; i < 4; i++) {
        ck_assert(fg_path_folder(folder, sizeof folder, expected[i][0]));
        ck_assert_str_eq(folder, expected[i][1]);
    }
    ck_assert(fg_path_folder(folder, sizeof folder, "123456/a"));
    ck_assert(!fg_path_folder(folder, sizeof folder, "1234567/a"));
}
END_TEST

START_TEST(what_lies_in_a_folder) {
    enter();
    ck_assert(fg_path_in("sub/a", "sub"));
    ck_assert(fg_path_in("sub/a", "./sub/"));
    ck_assert(fg_path_in("a", "sub/.."));
    ck_assert(!fg_path_in("a", "sub"));
    ck_assert(!fg_path_in("sub/a", "."));
    ck_assert(!fg_path_in("sub/new", "sub"));
    ck_assert(!fg_path_in("sub", "."));
    ck_assert(!fg_path_in("a", "none"));
    ck_assert(!fg_path_in("a", "b"));
    leave();
}
END_TEST

START_TEST(what_can_be_replaced) {
    enter();
    ck_assert(fg_path_replaced("a"));
    ck_assert(fg_path_replaced("link"));
    ck_assert(fg_path_replaced("new"));
    ck_assert(!fg_path_replaced("pipe"));
    ck_assert(!fg_path_replaced("/dev/null"));
    ck_assert(!fg_path_replaced("-"));
    ck_assert(!fg_path_replaced(NULL));
    leave();
}
END_TEST

START_TEST(links_are_followed_to_what_is_there_or_not) {
    char whole[PATH_MAX + 16];
    const char *const links[][2] = {{"none", "dangling"},
                                    {"../link", "sub/second"},
                                    {"../none", "sub/third"},
                                    {"loop", "loop"},
                                    {fg_scratch, "absolute"}};
    enter();
    snprintf(whole, sizeof whole, "%s", fg_scratch);
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(symlink(links[i][0], links[i][1]), 0);
    const char *const expected[][2] = {{"a", "a"},
                                       {"link", "a"},
                                       {"new", "new"},
                                       {"none/new", "none/new"},
                                       {"dangling", "none"},
                                       {"sub/second", "sub/../a"},
                                       {"sub/third", "sub/../none"},
                                       {"loop", "loop"},
                                       {"absolute", whole}};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        char *target = fg_path_target(expected[i][0]);
        ck_assert_str_eq(target, expected[i][1]);
        fg_free(target);
    }
    for (int i = 0; i < 5; i++)
        unlink(links[i][1]);
    leave();
}
END_TEST

START_TEST(what_goes_through_an_open_descriptor) {
    char name[64];
    enter();
    int file = open("b", O_WRONLY), pipe_end = open("pipe", O_RDONLY | O_NONBLOCK);
    static const char *const folders[] = {"/dev/fd", "/proc/self/fd"};
    for (int i = 0; i < 2; i++) {
        snprintf(name, sizeof name, "%s/%d", folders[i], file);
        ck_assert_int_eq(fg_path_descriptor(name), file);
        ck_assert(!fg_path_replaced(name));
        snprintf(name, sizeof name, "%s/%dx", folders[i], file);
        ck_assert_int_eq(fg_path_descriptor(name), -1);
        snprintf(name, sizeof name, "%s/%d", folders[i], pipe_end);
        ck_assert_int_eq(fg_path_descriptor(name), -1);
        snprintf(name, sizeof name, "%s/", folders[i]);
        ck_assert_int_eq(fg_path_descriptor(name), -1);
    }
    ck_assert_int_eq(fg_path_descriptor("/dev/fd/999999"), -1);
    ck_assert_int_eq(fg_path_descriptor("/dev/fd/99999999999"), -1);
    close(file);
    close(pipe_end);
    leave();
}
END_TEST

START_TEST(what_standard_input_comes_from) {
    enter();
    int kept = fg_divert(STDIN_FILENO, open("a", O_RDONLY));
    bool a = fg_path_standard_input("sub/../a"), link = fg_path_standard_input("link"),
         b = fg_path_standard_input("b"), none = fg_path_standard_input("none");
    int file = fg_divert(STDIN_FILENO, open("/dev/null", O_RDONLY));
    bool device = fg_path_standard_input("/dev/null");
    fg_divert_back(STDIN_FILENO, file);
    fg_divert_back(STDIN_FILENO, kept);
    ck_assert(a && link && !b && !none && !device);
    leave();
}
END_TEST

START_TEST(what_is_a_terminal) {
    enter();
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0)
        ck_assert(fg_path_terminal(ptsname(master)));
    close(master);
    ck_assert(!fg_path_terminal("/dev/null"));
    ck_assert(!fg_path_terminal("a"));
    ck_assert(!fg_path_terminal("pipe"));
    ck_assert(!fg_path_terminal("none"));
    leave();
}
END_TEST

START_TEST(what_goes_through_a_standard_descriptor) {
    enter();
    ck_assert_int_eq(fg_path_descriptor("b"), -1);
    int kept = fg_divert(STDERR_FILENO, open("b", O_WRONLY));
    int of_b = fg_path_descriptor("./b"), of_a = fg_path_descriptor("a");
    bool replaced = fg_path_replaced("b");
    fg_divert_back(STDERR_FILENO, kept);
    ck_assert_int_eq(of_b, STDERR_FILENO);
    ck_assert_int_eq(of_a, -1);
    ck_assert(!replaced);
    ck_assert_int_eq(fg_path_descriptor(NULL), STDOUT_FILENO);
    ck_assert_int_eq(fg_path_descriptor("-"), STDOUT_FILENO);
    ck_assert_int_eq(fg_path_descriptor("none"), -1);
    ck_assert_int_eq(fg_path_descriptor("pipe"), -1);
    leave();
}
END_TEST

FG_TEST_MAIN("base/path", one_file_has_many_names, so_has_one_that_is_to_be_made,
             what_is_no_regular_file_is_never_the_same, what_is_one_thing_of_any_kind,
             the_folder_that_a_name_stands_in, what_lies_in_a_folder, what_can_be_replaced,
             links_are_followed_to_what_is_there_or_not, what_goes_through_an_open_descriptor,
             what_standard_input_comes_from, what_is_a_terminal, what_goes_through_a_standard_descriptor)
