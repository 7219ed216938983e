#include "cli_help.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/json_scan.h"
#include "base/mem.h"
#include "base/thread.h"
#include "model/kind.h"

enum { HELP_COLUMN = 26, HELP_WIDTH = 79 };

typedef struct common_option {
    unsigned group;
    const char *name;
    char letter;
    fg_cli_type type;
    size_t offset; /* in fg_cli_common */
    const char *metavar, *help;
    const fg_range *range;
    const char *const *values;
} common_option;

#define AT(field)   offsetof(fg_cli_common, field)
#define OUTPUT_HELP "write there instead of to standard output"

static const fg_range natural = {0, 9e18, false, false}, positive = {1, 9e18, false, false},
                      count = {1, 1e9, false, false}, thread_count = {1, FG_THREADS_MAX, false, false},
                      memory = {1 << 20, 9e18, false, false}, not_negative = {0, INFINITY, false, false},
                      fraction = {0, 1, false, true};

static const common_option common_options[] = {
    {FG_CLI_SEED, "seed", 0, FG_CLI_INT, AT(seed), "N", "seed of all random numbers (0)", &natural, NULL},
    {FG_CLI_INFERENCE, "threads", 0, FG_CLI_INT, AT(threads), "N",
     "threads to use (all cores); results do not depend on it", &thread_count, NULL},
    {FG_CLI_INFERENCE, "max-memory", 0, FG_CLI_SIZE, AT(max_memory), "SIZE",
     "memory to take at most, such as 500M or 2G (what is read, and what fg-build --info tells and a quarter "
     "more)",
     &memory, NULL},
    {FG_CLI_INFERENCE, "storage", 0, FG_CLI_ENUM, AT(storage), NULL,
     "what is stored of the messages of convolutions and dense layers over grids: each of them, or two "
     "numbers "
     "a factor from which they are rebuilt",
     NULL, fg_storage_names},
    {FG_CLI_INFERENCE, "iters", 0, FG_CLI_INT, AT(iters), "N", "iterations at most, instead of the model's",
     &count, NULL},
    {FG_CLI_INFERENCE, "tol", 0, FG_CLI_REAL, AT(tol), "X", "stop when no belief changes by more; 0: never",
     &not_negative, NULL},
    {FG_CLI_INFERENCE, "damping", 0, FG_CLI_REAL, AT(damping), "X", "share of the old message kept",
     &fraction, NULL},
    {FG_CLI_INFERENCE, "dropout", 0, FG_CLI_REAL, AT(dropout), "X",
     "probability that a message is not updated", &fraction, NULL},
    {FG_CLI_INFERENCE, "schedule", 0, FG_CLI_ENUM, AT(schedule), NULL,
     "order of updates; residual: what would change most goes next", NULL, fg_schedule_names},
    {FG_CLI_INFERENCE, "log", 0, FG_CLI_RESULT, AT(log), "FILE", "write a JSON line for each iteration", NULL,
     NULL},
    {FG_CLI_INFERENCE, "require-convergence", 0, FG_CLI_FLAG, AT(require_convergence), NULL,
     "exit with status 3 if inference has not converged", NULL, NULL},
    {FG_CLI_LIMIT, "limit", 0, FG_CLI_INT, AT(limit), "N", "use the first N frames or examples only",
     &positive, NULL},
    {FG_CLI_METRICS, "metrics", 0, FG_CLI_RESULT, AT(metrics), "FILE",
     "write metrics as JSON lines; -: to standard output", NULL, NULL},
    {FG_CLI_OUTPUT, "output", 'o', FG_CLI_RESULT, AT(output), "FILE", OUTPUT_HELP, NULL, NULL},
    {FG_CLI_OUTPUT_MODEL, "output", 'o', FG_CLI_NEW_MODEL, AT(output), "FILE", OUTPUT_HELP, NULL, NULL},
    {FG_CLI_OUTPUT_FOLDER, "output", 'o', FG_CLI_TEXT, AT(output), "DIR", OUTPUT_HELP, NULL, NULL},
    {FG_CLI_MESSAGES, "quiet", 'q', FG_CLI_FLAG, AT(quiet), NULL, "print errors only", NULL, NULL},
    {FG_CLI_MESSAGES, "verbose", 'v', FG_CLI_FLAG, AT(verbose), NULL, "say what is being done", NULL, NULL},
    {FG_CLI_MESSAGES, "no-progress", 0, FG_CLI_FLAG, AT(no_progress), NULL, "show no progress line", NULL,
     NULL},
};

size_t fg_cli_add_common(fg_cli_option *options, size_t n, fg_cli_common *common, unsigned groups) {
    for (size_t i = 0; i < sizeof common_options / sizeof *common_options && n < FG_CLI_MAX_OPTIONS; i++) {
        const common_option *c = &common_options[i];
        if (!(groups & c->group))
            continue;
        options[n] = (fg_cli_option){.name = c->name,
                                     .letter = c->letter,
                                     .type = c->type,
                                     .metavar = c->metavar,
                                     .help = c->help,
                                     .to = (char *)common + c->offset,
                                     .values = c->values};
        if (c->range)
            options[n].range = *c->range;
        n++;
    }
    return n;
}

void fg_cli_override(fg_run_options *run, const fg_cli_common *common) {
    if (common->iters)
        run->iterations = (int)common->iters;
    if (!isnan(common->tol))
        run->tol = common->tol;
    if (!isnan(common->damping))
        run->damping = common->damping;
    if (!isnan(common->dropout))
        run->dropout = common->dropout;
    if (common->storage >= 0)
        run->storage = (fg_storage)common->storage;
    if (common->schedule >= 0)
        run->schedule = (fg_schedule)common->schedule;
}

static void print_indented(const char *text, const char *indent) {
    while (*text) {
        int length = (int)strcspn(text, "\n");
        printf("%s%.*s\n", length ? indent : "", length, text);
        text += length + (text[length] == '\n');
    }
}

static void print_wrapped(const char *text, int column) {
    while (*text) {
        size_t left = (size_t)(HELP_WIDTH - HELP_COLUMN), length = strlen(text);
        if (length > left) {
            for (length = left; length > 0 && text[length] != ' '; length--)
                ;
            length = length ? length : left;
        }
        printf("%*s%.*s\n", HELP_COLUMN - column, "", (int)length, text);
        column = 0;
        text += length;
        text += strspn(text, " ");
    }
}

static void print_option(const fg_cli_option *o) {
    char head[120], values[80] = "";
    size_t used = 0;
    for (size_t i = 0; o->values && o->values[i] && used < sizeof values; i++)
        used += (size_t)snprintf(values + used, sizeof values - used, "%s%s", i ? "|" : "", o->values[i]);
    const char *argument = o->metavar ? o->metavar : values;
    char letter[8] = "    ";
    if (o->letter)
        snprintf(letter, sizeof letter, "-%c, ", o->letter);
    int column = snprintf(head, sizeof head, "  %s--%s%s%s", letter, o->name, *argument ? " " : "", argument);
    fputs(head, stdout);
    if (column > HELP_COLUMN - 2) {
        putchar('\n');
        column = 0;
    }
    print_wrapped(o->help, column);
}

int fg_cli_print_help(const fg_cli_program *program, const fg_cli_option *options, size_t n) {
    const char *line = program->usage;
    for (const char *label = "Usage:"; *line; label = "      ") {
        int length = (int)strcspn(line, "\n");
        printf("%s %s %.*s\n", label, program->name, length, line);
        line += length + (line[length] == '\n');
    }
    printf("%s\n", program->summary);
    if (program->description) {
        putchar('\n');
        print_indented(program->description, "");
    }
    printf("\nOptions:\n");
    for (size_t i = 0; i < n; i++)
        print_option(&options[i]);
    fg_cli_option help = {.name = "help", .letter = 'h', .help = "print this and exit"};
    fg_cli_option version = {.name = "version", .help = "print the version and exit"};
    print_option(&help);
    print_option(&version);
    if (program->examples) {
        printf("\nExamples:\n");
        print_indented(program->examples, "  ");
    }
    if (program->groups & FG_CLI_INFERENCE)
        printf("\nEnvironment:\n"
               "  FG_ISA           instruction set: portable, avx2, avx512 (default: the best)\n"
               "  OMP_WAIT_POLICY  how threads wait: passive, active (default: passive)\n");
    printf("\nExit status: 0 done, 1 failed, 2 usage%s.\n",
           program->groups & FG_CLI_INFERENCE ? ", 3 not converged (only under\n--require-convergence)" : "");
    return FG_EXIT_DONE;
}

static size_t utf8_length(const char *text) {
    return fg_utf8_length((const unsigned char *)text, strnlen(text, 4));
}

/* Quotes what a shell would take apart, and replaces bytes that are not UTF-8, because state files keep this
 * text. */
static char *quoted(char *to, const char *arg) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+.,:/@%";
    bool quote = !*arg || arg[strspn(arg, plain)];
    if (quote)
        *to++ = '\'';
    while (*arg) {
        size_t length = utf8_length(arg);
        if (*arg == '\'') {
            memcpy(to, "'\\''", 4);
            to += 4;
        } else if (!length || (unsigned char)*arg < ' ') {
            *to++ = '?';
        } else {
            memcpy(to, arg, length);
            to += length;
        }
        arg += length ? length : 1;
    }
    if (quote)
        *to++ = '\'';
    return to;
}

char *fg_cli_joined(int argc, char **argv) {
    size_t size = 1;
    for (int i = 0; i < argc; i++)
        size += 4 * strlen(argv[i]) + 3;
    char *text = fg_alloc(size, 1), *to = text;
    if (!text)
        return NULL;
    to = quoted(to, fg_cli_program_now()->name);
    for (int i = 1; i < argc; i++) {
        *to++ = ' ';
        to = quoted(to, argv[i]);
    }
    *to = 0;
    return text;
}
