/* Lines of text as the arguments of a command with an option of every type: what is accepted must be in its
 * range, what is not must be a message and its status. */
#include "cli.h"
#include "cli_help.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { ARGUMENTS = 24 };

static struct values {
    int64_t count;
    double weight;
    size_t bytes;
    const char *text, *picture, *input, *model, *state;
    int colour;
    bool flag;
    fg_cli_list sets;
} v;
static fg_cli_common common;
static const char *const colours[] = {"red", "green", "blue", NULL};

#define OPTION(NAME, LETTER, TYPE, ...)                                                                      \
    { .name = NAME, .letter = LETTER, .type = TYPE, .metavar = "X", .help = "an option", __VA_ARGS__ }

static const fg_cli_option table[] = {
    OPTION("count", 'c', FG_CLI_INT, .to = &v.count, .range = {.min = 1, .max = 16}),
    OPTION("weight", 0, FG_CLI_REAL, .to = &v.weight, .range = {.max = 1, .open_max = true}),
    OPTION("bytes", 0, FG_CLI_SIZE, .to = &v.bytes),
    OPTION("text", 0, FG_CLI_TEXT, .to = &v.text),
    OPTION("picture", 0, FG_CLI_PICTURE, .to = &v.picture),
    OPTION("input", 0, FG_CLI_INPUT, .to = &v.input),
    OPTION("model", 0, FG_CLI_MODEL, .to = &v.model),
    OPTION("state", 0, FG_CLI_NEW_MODEL, .to = &v.state),
    OPTION("colour", 0, FG_CLI_ENUM, .to = &v.colour, .values = colours),
    OPTION("flag", 'f', FG_CLI_FLAG, .to = &v.flag),
    OPTION("set", 0, FG_CLI_LIST, .to = &v.sets),
    {.name = NULL}};

static const fg_cli_program program = {.name = "fg-build",
                                       .usage = "[options]",
                                       .summary = "Tries the command line.",
                                       .options = table,
                                       .reads_operands = true,
                                       .common = &common,
                                       .groups = FG_CLI_OUTPUT | FG_CLI_SEED | FG_CLI_INFERENCE |
                                                 FG_CLI_METRICS | FG_CLI_LIMIT | FG_CLI_MESSAGES};

/* What is printed goes to two files in memory meanwhile, but for what a sanitizer has to say. */
static int sink[2] = {-1, -1}, kept[2];
extern void __sanitizer_set_report_fd(void *) __attribute__((weak));

static void divert(void) {
    fflush(NULL);
    if (sink[0] < 0 && __sanitizer_set_report_fd)
        __sanitizer_set_report_fd((void *)(intptr_t)dup(STDERR_FILENO));
    for (int i = 0; i < 2; i++) {
        if (sink[i] < 0)
            sink[i] = memfd_create("printed", 0);
        kept[i] = dup(STDOUT_FILENO + i);
        if (sink[i] < 0 || kept[i] < 0 || ftruncate(sink[i], 0) || lseek(sink[i], 0, SEEK_SET) ||
            dup2(sink[i], STDOUT_FILENO + i) < 0)
            abort();
    }
}

static void restore(void) {
    fflush(NULL);
    for (int i = 0; i < 2; i++) {
        dup2(kept[i], STDOUT_FILENO + i);
        close(kept[i]);
    }
}

static bool fraction(double x) {
    return isnan(x) || (x >= 0 && x < 1);
}

static void check(int status, int argc, int first) {
    char printed[FG_ERR_TEXT + 128];
    ssize_t out = pread(sink[0], printed, sizeof printed, 0),
            n = pread(sink[1], printed, sizeof printed - 1, 0);
    if (out < 0 || n < 0 || (status < 0 && (out || n)) || (status == FG_EXIT_DONE && (!out || n)))
        abort();
    if (status > 0) {
        printed[n] = 0;
        const char *end = strchr(printed, '\n');
        const char *behind = status == FG_EXIT_USAGE ? "\nTry 'fg-build --help'.\n" : "\n";
        if (out || strncmp(printed, "fg-build: ", 10) != 0 || !end || strcmp(end, behind) != 0)
            abort();
    }
    if (status >= 0)
        return;
    if (first < 1 || first > argc || v.count < 1 || v.count > 16 || !fraction(v.weight) || v.colour < 0 ||
        v.colour > 2 || !fraction(common.damping) || !fraction(common.dropout) || common.tol < 0 ||
        isinf(common.tol) || common.seed < 0 || common.threads < 0 || common.iters < 0 || common.limit < 0)
        abort();
    for (size_t i = 0; i < v.sets.n; i++)
        if (!v.sets.items[i])
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    static char name[] = "fg-build";
    char *argv[ARGUMENTS + 1] = {name};
    int argc = 1, first;
    const uint8_t *end = bytes + size;
    for (const uint8_t *at = bytes; at && argc < ARGUMENTS;) {
        const uint8_t *cut = size ? memchr(at, '\n', (size_t)(end - at)) : NULL;
        argv[argc++] = strndup((const char *)at, (size_t)((cut ? cut : end) - at));
        at = cut ? cut + 1 : NULL;
    }
    v = (struct values){.count = 1};
    common = (fg_cli_common)FG_CLI_COMMON;
    divert();
    int status = fg_cli_take(&program, argc, argv, &first);
    restore();
    /* getopt puts operands behind options. */
    check(status, argc, first);
    fg_cli_free_parsed();
    for (int i = 1; i < argc; i++)
        free(argv[i]);
    if (fg_mem_held())
        abort();
    return 0;
}
