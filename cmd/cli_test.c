#include "cli.h"

#include "base/test.h"

#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"

static int64_t count;
static double weight;
static size_t bytes;
static const char *text, *picture;
static int colour;
static bool flag;
static fg_cli_list sets;
static fg_cli_common common;
static const char *const colours[] = {"red", "green", "blue", NULL};

static const fg_cli_option table[] = {
    {"count", 'c', FG_CLI_INT, &count, "N", "how many", {1, 16, false, false}, NULL},
    {"weight", 0, FG_CLI_REAL, &weight, "X", "how heavy", {0, 1, false, true}, NULL},
    {"bytes", 0, FG_CLI_SIZE, &bytes, "SIZE", "how large", {0, 0, false, false}, NULL},
    {"text", 0, FG_CLI_TEXT, &text, "TEXT", "what to say", {0, 0, false, false}, NULL},
    {"picture", 0, FG_CLI_PICTURE, &picture, "FILE", "what to draw", {0, 0, false, false}, NULL},
    {"colour", 0, FG_CLI_ENUM, &colour, NULL, "which one", {0, 0, false, false}, colours},
    {"flag", 'f', FG_CLI_FLAG, &flag, NULL, "whether", {0, 0, false, false}, NULL},
    {"set", 0, FG_CLI_LIST, &sets, "A=B", "more of it", {0, 0, false, false}, NULL},
    {NULL, 0, FG_CLI_FLAG, NULL, NULL, NULL, {0, 0, false, false}, NULL}};

static const fg_cli_program program = {.name = "fg-try",
                                       .usage = "[options] FILE\n--flag",
                                       .summary = "Tries the command line.",
                                       .examples = "fg-try --flag",
                                       .options = table,
                                       .common = &common,
                                       .groups =
                                           FG_CLI_OUTPUT | FG_CLI_SEED | FG_CLI_INFERENCE | FG_CLI_MESSAGES};

enum { ARGS_MAX = 12 };

static int parse(const char *const *args, int *first) {
    static char store[ARGS_MAX + 2][256];
    static char *argv[ARGS_MAX + 2];
    int argc = 1;
    snprintf(store[0], sizeof store[0], "/usr/bin/fg-try");
    argv[0] = store[0];
    for (; *args && argc <= ARGS_MAX; args++, argc++) {
        snprintf(store[argc], sizeof store[argc], "%s", *args);
        argv[argc] = store[argc];
    }
    argv[argc] = NULL;
    common = (fg_cli_common)FG_CLI_COMMON;
    return fg_cli_parse(&program, argc, argv, first);
}

/* Runs `action` in a child; its exit status, or minus the signal that killed it, and all it printed. */
static int in_child(char printed[8192], int (*action)(const void *), const void *argument) {
    FILE *file = tmpfile();
    ck_assert_ptr_nonnull(file);
    int fd = fileno(file), status;
    fflush(NULL);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        dup2(fd, STDOUT_FILENO);
        dup2(fd, STDERR_FILENO);
        exit(action(argument));
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ssize_t n = pread(fd, printed, 8191, 0);
    ck_assert_int_ge(n, 0);
    printed[n] = 0;
    fclose(file);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static int parse_and_end(const void *args) {
    int first, status = parse(args, &first);
    return status >= 0 ? status : fg_cli_end(100);
}

#define EXPECT_USAGE(message, ...)                                                                           \
    do {                                                                                                     \
        const char *args[] = {__VA_ARGS__, NULL};                                                            \
        char printed[8192];                                                                                  \
        ck_assert_int_eq(in_child(printed, parse_and_end, args), 2);                                         \
        ck_assert_str_eq(printed, "fg-try: " message "\nTry 'fg-try --help'.\n");                            \
    } while (0)

START_TEST(values_reach_their_places) {
    const char *args[] = {"--count=3", "in.csv",        "--weight", "0.5",   "--bytes=2k", "--text",
                          "x y",       "--colour=blue", "-f",       "--set", "a=1",        NULL};
    int first;
    ck_assert_int_eq(parse(args, &first), -1);
    ck_assert_int_eq(count, 3);
    ck_assert_double_eq(weight, 0.5);
    ck_assert_uint_eq(bytes, 2048);
    ck_assert_str_eq(text, "x y");
    ck_assert_int_eq(colour, 2);
    ck_assert(flag);
    ck_assert_uint_eq(sets.n, 1);
    ck_assert_str_eq(sets.items[0], "a=1");
    ck_assert_int_eq(first, 11);
    ck_assert_str_eq(
        fg_cli_command_line(),
        "fg-try --count=3 in.csv --weight 0.5 --bytes=2k --text 'x y' --colour=blue -f --set a=1");
}
END_TEST

START_TEST(common_options_override_only_when_given) {
    const char *none[] = {NULL},
               *some[] = {"--iters", "7", "--damping", "0.25", "--schedule", "random", NULL};
    fg_run_options run = {.iterations = 600, .damping = 0.7, .dropout = 0.5, .tol = 0.1, .schedule = 0},
                   same = run;
    int first;
    ck_assert_int_eq(parse(none, &first), -1);
    fg_cli_override(&run, &common);
    ck_assert_int_eq(memcmp(&run, &same, sizeof run), 0);
    ck_assert_int_eq(parse(some, &first), -1);
    fg_cli_override(&run, &common);
    ck_assert_int_eq(run.iterations, 7);
    ck_assert_double_eq(run.damping, 0.25);
    ck_assert_double_eq(run.dropout, 0.5);
    ck_assert_double_eq(run.tol, 0.1);
    ck_assert_int_eq(run.schedule, FG_SCHEDULE_RANDOM);
}
END_TEST

START_TEST(what_is_wrong_is_said) {
    EXPECT_USAGE("--weight: 1.5 is not in 0 <= w < 1", "--weight", "1.5");
    EXPECT_USAGE("--damping: 1 is not in 0 <= d < 1", "--damping=1");
    EXPECT_USAGE("--weight: nan is not in 0 <= w < 1", "--weight=nan");
    EXPECT_USAGE("--weight: \"0.5x\" is not a number; as in 0.5", "--weight=0.5x");
    EXPECT_USAGE("--count: 17 is not in 1..16", "-c17");
    EXPECT_USAGE("--count: \"many\" is not a whole number; digits only, as in 1000", "-c", "many");
    EXPECT_USAGE("--count: 99999999999999999999 is too large", "-c", "99999999999999999999");
    EXPECT_USAGE("--bytes: \"-1\" is not a size such as 4096, 512k, 64M or 2G", "--bytes=-1");
    EXPECT_USAGE("--bytes: 99999999999G is too large", "--bytes=99999999999G");
    EXPECT_USAGE("--colour: \"gren\" is not one of red, green, blue, did you mean \"green\"?",
                 "--colour=gren");
    EXPECT_USAGE("--text: an empty argument", "--text", "");
    EXPECT_USAGE("--text: wants an argument: TEXT", "--text");
    EXPECT_USAGE("--flag: takes no argument", "--flag=1");
    EXPECT_USAGE("--help: takes no argument", "--help=1");
    EXPECT_USAGE("--wieght: no such option, did you mean --weight?", "--wieght=1");
    EXPECT_USAGE("--zzz: no such option", "--zzz");
    EXPECT_USAGE("-z: no such option", "-z");
    EXPECT_USAGE("-count: did you mean --count?", "-count", "3");
    EXPECT_USAGE("-flag: did you mean --flag?", "x", "-flag");
    EXPECT_USAGE("--text: wants an argument, TEXT, but -f follows", "--text", "-f");
    EXPECT_USAGE("--colour: wants an argument, one of its values, but --flag follows", "--colour", "--flag");
    EXPECT_USAGE("--count: -3 is not in 1..16", "--count", "-3");
    EXPECT_USAGE("--s: could be --set or --seed", "--s=1");
    EXPECT_USAGE("--picture: a.b/p.JPG: PNG is what is written; name it a.b/p.png", "--picture", "a.b/p.JPG");
    EXPECT_USAGE("--picture: an empty argument", "--picture", "");
    EXPECT_USAGE("--count: \"1?2\" is not a whole number; digits only, as in 1000", "--count=1\n2");
}
END_TEST

START_TEST(help_and_version) {
    const char *help[] = {"--help", NULL}, *version[] = {"--version", NULL};
    char printed[8192];
    ck_assert_int_eq(in_child(printed, parse_and_end, help), 0);
    ck_assert_int_eq(strncmp(printed, "Usage: fg-try [options] FILE\n       fg-try --flag\nTries", 50), 0);
    for (const fg_cli_option *o = table; o->name; o++)
        ck_assert_ptr_nonnull(strstr(printed, o->name));
    ck_assert_ptr_nonnull(strstr(printed, "  -o, --output FILE       write there"));
    ck_assert_ptr_nonnull(strstr(printed, "red|green|blue"));
    for (const char *line = printed; *line; line += strcspn(line, "\n") + 1)
        ck_assert_uint_lt(strcspn(line, "\n"), 80);
    ck_assert_int_eq(in_child(printed, parse_and_end, version), 0);
    ck_assert_str_eq(printed, "fg-try (fg) " FG_VERSION "\n");
}
END_TEST

START_TEST(command_lines_are_quoted_and_utf8) {
    const char *args[] = {"a b", "it's", "", "\xC3\xA9", "\xFF", "x\ty", "\xED\xA0", NULL};
    int first;
    ck_assert_int_eq(parse(args, &first), -1);
    ck_assert_str_eq(fg_cli_command_line(), "fg-try 'a b' 'it'\\''s' '' '\xC3\xA9' '?' 'x?y' '?\x3F'");
}
END_TEST

static int print_much(const void *unused) {
    (void)unused;
    const char *args[] = {NULL};
    int first;
    parse(args, &first);
    for (int i = 0; i < 100000; i++)
        printf("line %d\n", i);
    return fg_cli_end(0);
}

static int print_to_full(const void *unused) {
    int fd = open("/dev/full", O_WRONLY);
    dup2(fd, STDOUT_FILENO);
    return print_much(unused);
}

static int print_to_closed_pipe(const void *unused) {
    int fds[2];
    if (pipe(fds))
        return 99;
    close(fds[0]);
    dup2(fds[1], STDOUT_FILENO);
    return print_much(unused);
}

START_TEST(standard_output_is_checked) {
    char printed[8192];
    ck_assert_int_eq(in_child(printed, print_to_full, NULL), 1);
    ck_assert_ptr_nonnull(strstr(printed, "fg-try: standard output: "));
    ck_assert_int_eq(in_child(printed, print_to_closed_pipe, NULL), -SIGPIPE);
    ck_assert_str_eq(printed, "");
}
END_TEST

/* What comes at which time, in tenths of a second after the first; ends with a negative number. */
static int stop_and_finish(const void *tenths) {
    const char *args[] = {NULL};
    int first, passed = 0;
    parse(args, &first);
    fg_cli_catch_stop();
    for (const int *at = tenths; *at >= 0; passed = *at++) {
        usleep((useconds_t)(*at - passed) * 100000);
        raise(SIGTERM);
    }
    fputs("finished\n", stdout);
    return fg_cli_end(0);
}

START_TEST(the_first_signal_stops_and_a_later_one_kills) {
    char printed[8192];
    static const int never[] = {-1}, once[] = {0, -1}, at_once[] = {0, 0, -1}, later[] = {0, 11, -1};
    ck_assert_int_eq(in_child(printed, stop_and_finish, never), 0);
    ck_assert_int_eq(in_child(printed, stop_and_finish, once), -SIGTERM);
    ck_assert_str_eq(printed, "finished\n");
    ck_assert_int_eq(in_child(printed, stop_and_finish, at_once), -SIGTERM);
    ck_assert_str_eq(printed, "finished\n");
    ck_assert_int_eq(in_child(printed, stop_and_finish, later), -SIGTERM);
    ck_assert_str_eq(printed, "");
}
END_TEST

static void expect_model(const char *content, size_t size, bool spec) {
    char path[200];
    const char *dir = getenv("TMPDIR");
    snprintf(path, sizeof path, "%s/fg-cli-XXXXXX", dir && *dir ? dir : "/tmp");
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, content, size), (ssize_t)size);
    close(fd);
    fg_cli_model model;
    fg_err err = {0};
    int code = fg_cli_model_read(&model, path, &err);
    ck_assert_int_eq(code, size ? 0 : FG_EFORMAT);
    ck_assert(model.is_spec == spec);
    fg_free(model.data);
    unlink(path);
}

START_TEST(models_are_told_apart_by_content) {
    expect_model("{}", 2, true);
    expect_model(" \n\t{", 4, true);
    expect_model("\xEF\xBB\xBF{}", 5, true);
    expect_model("\x10\0\0\0\0\0\0\0{}", 10, false);
    expect_model("\0\0\0\0\0\0\0\0{}", 10, false);
    expect_model("", 0, false);
}
END_TEST

static int show_progress(const void *quiet) {
    const char *args[] = {quiet ? "--quiet" : NULL, NULL};
    int first, master = posix_openpt(O_RDWR | O_NOCTTY), old = dup(STDERR_FILENO);
    parse(args, &first);
    if (master < 0 || grantpt(master) || unlockpt(master))
        return 77;
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    if (slave < 0)
        return 77;
    dup2(slave, STDERR_FILENO);
    fg_progress progress;
    fg_progress_begin(&progress, &common, "steps", 10);
    progress.started -= 4;
    fg_progress_step(&progress, 2, "frame 1");
    fg_progress_step(&progress, 3, NULL); /* too soon */
    progress.shown = 0;
    progress.base = 2; /* one step in four seconds, six to go; the third was reached just now */
    fg_progress_step(&progress, 3, "energy 5");
    fg_progress_end(&progress);
    fputs("end\n", stderr);
    fflush(stderr);
    dup2(old, STDERR_FILENO);
    char seen[512] = "";
    size_t used = 0; /* a terminal hands on what it gets bit by bit */
    for (ssize_t n; !strstr(seen, "end\r\n") && (n = read(master, seen + used, sizeof seen - 1 - used)) > 0;)
        seen[used += (size_t)n] = 0;
    fputs(seen, stdout);
    return fg_cli_end(0);
}

START_TEST(progress_is_shown_and_taken_away) {
    char printed[8192];
    int status = in_child(printed, show_progress, NULL);
    if (status == 77) {
        printf("skipped: no pseudo-terminal\n");
        return;
    }
    ck_assert_int_eq(status, 0);
    /* The clock may have moved on since it was set back by four seconds. */
    ck_assert_ptr_nonnull(strstr(printed, "\r2/10 steps, 0."));
    ck_assert_ptr_nonnull(strstr(printed, "/s, 0:"));
    ck_assert_ptr_nonnull(strstr(printed, " left, frame 1\r"));
    ck_assert_ptr_nonnull(strstr(printed, "\r3/10 steps, 0.2"));
    ck_assert_ptr_nonnull(strstr(printed, "/s, 0:2"));
    ck_assert_ptr_nonnull(strstr(printed, " left, energy 5"));
    ck_assert_ptr_nonnull(strstr(printed, "\rend"));
    ck_assert_int_eq(in_child(printed, show_progress, "quiet"), 0);
    ck_assert_str_eq(printed, "end\r\n");
}
END_TEST

static int refuse_terminal(const void *path) {
    fg_err err;
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master < 0 || grantpt(master) || unlockpt(master))
        return 77;
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    if (slave < 0)
        return 77;
    dup2(slave, STDOUT_FILENO);
    return fg_cli_refuse_terminal(path, "a state", &err) == FG_EINVAL;
}

START_TEST(binary_output_is_kept_from_terminals) {
    char printed[8192];
    int status = in_child(printed, refuse_terminal, NULL);
    if (status == 77)
        return;
    ck_assert_int_eq(status, 1);
    ck_assert_int_eq(in_child(printed, refuse_terminal, "-"), 1);
    ck_assert_int_eq(in_child(printed, refuse_terminal, "x.fgm"), 0);
    ck_assert_int_eq(fg_cli_refuse_terminal("x.fgm", "a state", NULL), 0);
}
END_TEST

static int speak(const void *verbose) {
    const char *args[] = {verbose ? "--verbose" : NULL, NULL};
    int first;
    fg_err err;
    parse(args, &first);
    fg_err_set(&err, FG_EIO, "a\nb");
    fg_cli_warn("watch %d", 1);
    fg_cli_note(&common, "note %d", 2);
    return fg_cli_end(fg_cli_fail(&err));
}

START_TEST(messages_begin_with_the_name) {
    char printed[8192];
    ck_assert_int_eq(in_child(printed, speak, NULL), 1);
    ck_assert_str_eq(printed, "fg-try: warning: watch 1\nfg-try: a?b\n");
    ck_assert_int_eq(in_child(printed, speak, "v"), 1);
    ck_assert_str_eq(printed, "fg-try: warning: watch 1\nfg-try: note 2\nfg-try: a?b\n");
}
END_TEST

/* Expects one mebibyte after half of one was read and freed, and asks for `more` of them. */
static int exceed(const void *more) {
    static const char *const given[] = {"--max-memory", "8M", NULL}, *const none[] = {"-v", NULL};
    fg_err err;
    int first, mebi = *(const int *)more;
    parse(mebi < 0 ? given : none, &first);
    fg_free(fg_alloc(1 << 19, 1));
    fg_cli_expect_memory(&common, mebi == 0 ? SIZE_MAX : 1 << 20);
    void *block = fg_alloc((size_t)(mebi < 0 ? -mebi : mebi), 1 << 20);
    fg_free(block);
    fg_err_set(&err, FG_ENOMEM, "out of memory");
    return fg_cli_end(block ? 0 : fg_cli_fail(&err));
}

START_TEST(memory_is_limited_by_what_is_expected) {
    static const struct {
        int mebi;
        const char *said;
    } cases[] = {
        {60, ""},
        {70, "fg-try: out of memory; 65.0 MiB were expected to be enough, --max-memory 130M allows more\n"},
        {-7, ""},
        {-9, "fg-try: out of memory; --max-memory allows 8.0 MiB\n"},
        {0, ""}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char printed[8192];
        const char *rest = printed, *note = "fg-try: 65.0 MiB of memory are expected to be enough\n";
        int status = in_child(printed, exceed, &cases[i].mebi);
        if (cases[i].mebi > 0) {
            ck_assert_msg(strncmp(rest, note, strlen(note)) == 0, "%s", rest);
            rest += strlen(note);
        }
        ck_assert_str_eq(rest, cases[i].said);
        ck_assert_int_eq(status, *cases[i].said ? 1 : 0);
    }
}
END_TEST

FG_TEST_MAIN("cmd/cli", values_reach_their_places, common_options_override_only_when_given,
             what_is_wrong_is_said, help_and_version, command_lines_are_quoted_and_utf8,
             standard_output_is_checked, the_first_signal_stops_and_a_later_one_kills,
             models_are_told_apart_by_content, progress_is_shown_and_taken_away,
             binary_output_is_kept_from_terminals, messages_begin_with_the_name,
             memory_is_limited_by_what_is_expected)
