#include "cli.h"
#include "cli_help.h"
#include "hint.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/mem.h"
#include "base/thread.h"
#include "data/number.h"

static const fg_cli_program *program;
static char *command_line;
static fg_cli_option options[FG_CLI_MAX_OPTIONS];
static size_t n_options;

/* Ranges that go on so far have no end worth telling. */
#define UNBOUNDED 1e12

enum { LONG_BASE = 256, HELP = LONG_BASE + FG_CLI_MAX_OPTIONS, VERSION };

const fg_cli_program *fg_cli_program_now(void) {
    return program;
}

static void say(const char *label, const fg_err *err) {
    fg_cli_clear_line();
    fprintf(stderr, "%s: %s%s\n", program ? program->name : "fg", label, err->text);
}

int fg_cli_fail(const fg_err *err) {
    fg_err more = *err;
    fg_hint_remedy(&more, program ? program->name : "fg");
    size_t used = strlen(more.text);
    if (err->code == FG_ENOMEM)
        fg_cli_tell_limit(more.text + used, sizeof more.text - used);
    say("", &more);
    return FG_EXIT_FAILED;
}

static void set_text(fg_err *err, const char *format, va_list args) {
    char text[FG_ERR_TEXT];
    vsnprintf(text, sizeof text, format, args);
    fg_err_set(err, FG_EINVAL, "%s", text);
}

int fg_cli_usage(const char *format, ...) {
    fg_err err;
    va_list args;
    va_start(args, format);
    set_text(&err, format, args);
    va_end(args);
    fg_hint_remedy(&err, program ? program->name : "fg");
    say("", &err);
    fprintf(stderr, "Try '%s --help'.\n", program ? program->name : "fg");
    return FG_EXIT_USAGE;
}

int fg_cli_no_operand(const char *operand) {
    return fg_cli_usage("unexpected operand '%s'; %s", operand, fg_hint_operand(program->name, operand));
}

static void speak(const char *label, const char *format, va_list args) {
    fg_err err;
    set_text(&err, format, args);
    say(label, &err);
}

void fg_cli_warn(const char *format, ...) {
    va_list args;
    va_start(args, format);
    speak("warning: ", format, args);
    va_end(args);
}

void fg_cli_tell(const fg_cli_common *common, const char *format, ...) {
    va_list args;
    va_start(args, format);
    if (!common->quiet)
        speak("", format, args);
    va_end(args);
}

void fg_cli_note(const fg_cli_common *common, const char *format, ...) {
    va_list args;
    va_start(args, format);
    if (common->verbose)
        speak("", format, args);
    va_end(args);
}

const char *fg_cli_did_you_mean(const char *wrong, const char *const *names, size_t n) {
    static char text[128];
    const char *near = fg_suggest(wrong, names, n);
    text[0] = 0;
    if (near)
        snprintf(text, sizeof text, ", did you mean \"%s\"?", near);
    return text;
}

const char *fg_cli_command_line(void) {
    return command_line;
}

static int out_of_range(const fg_cli_option *o, const char *given, double v) {
    char range[80], symbol[2] = {o->name[0], 0};
    bool limits = o->range.min != 0 || o->range.max != 0;
    if (isfinite(v) && (!limits || fg_range_has(&o->range, v)))
        return -1;
    if (!limits)
        return fg_cli_usage("--%s: %s is not a finite number", o->name, given);
    if (v < o->range.min && !o->range.open_min && o->range.max >= UNBOUNDED && isfinite(o->range.max))
        return fg_cli_usage("--%s: %s is too little: %.0f is the least", o->name, given, o->range.min);
    fg_range_text(range, sizeof range, &o->range, symbol);
    return fg_cli_usage("--%s: %s is not in %s", o->name, given, range);
}

static int take_int(const fg_cli_option *o, const char *text) {
    char *end;
    errno = 0;
    long long v = strtoll(text, &end, 10);
    if (end == text || *end)
        return fg_cli_usage("--%s: \"%s\" is not a whole number", o->name, text);
    if (errno)
        return fg_cli_usage("--%s: %s is too large", o->name, text);
    int status = out_of_range(o, text, (double)v);
    if (status < 0)
        *(int64_t *)o->to = v;
    return status;
}

static int take_size(const fg_cli_option *o, const char *text) {
    static const char units[] = "kMG";
    char *end;
    errno = 0;
    unsigned long long v = strtoull(text, &end, 10);
    const char *unit = *end ? strchr(units, *end) : NULL;
    if (end == text || strchr(text, '-') || (*end && (!unit || end[1])))
        return fg_cli_usage("--%s: \"%s\" is not a size such as 4096, 512k, 64M or 2G", o->name, text);
    size_t factor = unit ? (size_t)1 << (10 * (unit - units + 1)) : 1, total;
    if (errno || fg_size_mul(&total, (size_t)v, factor))
        return fg_cli_usage("--%s: %s is too large", o->name, text);
    int status = out_of_range(o, text, (double)total);
    if (status < 0)
        *(size_t *)o->to = total;
    return status;
}

static int take_real(const fg_cli_option *o, const char *text) {
    double v;
    if (fg_number_parse(&v, text, strlen(text)))
        return fg_cli_usage("--%s: \"%s\" is not a number", o->name, text);
    int status = out_of_range(o, text, v);
    if (status < 0)
        *(double *)o->to = v;
    return status;
}

static int take_enum(const fg_cli_option *o, const char *text) {
    char all[160];
    size_t n = 0, used = 0;
    for (all[0] = 0; o->values[n]; n++) {
        if (strcmp(o->values[n], text) == 0) {
            *(int *)o->to = (int)n;
            return -1;
        }
        if (used < sizeof all)
            used += (size_t)snprintf(all + used, sizeof all - used, "%s%s", n ? ", " : "", o->values[n]);
    }
    return fg_cli_usage("--%s: \"%s\" is not one of %s%s", o->name, text, all,
                        fg_cli_did_you_mean(text, o->values, n));
}

static int take_item(const fg_cli_option *o, const char *text) {
    fg_cli_list *list = o->to;
    const char **items = fg_resize(list->items, list->n + 1, sizeof *items);
    if (!items)
        return fg_cli_usage("--%s: out of memory", o->name);
    list->items = items;
    items[list->n++] = text;
    return -1;
}

static int take(const fg_cli_option *o, const char *text) {
    switch (o->type) {
    case FG_CLI_FLAG:
        *(bool *)o->to = true;
        return -1;
    case FG_CLI_INT:
        return take_int(o, text);
    case FG_CLI_REAL:
        return take_real(o, text);
    case FG_CLI_SIZE:
        return take_size(o, text);
    case FG_CLI_ENUM:
        return take_enum(o, text);
    case FG_CLI_LIST:
        return take_item(o, text);
    case FG_CLI_TEXT:
    case FG_CLI_INPUT:
    case FG_CLI_MODEL:
    case FG_CLI_RESULT:
    case FG_CLI_PICTURE:
    case FG_CLI_NEW_MODEL:
        break;
    }
    if (!*text)
        return fg_cli_usage("--%s: an empty argument", o->name);
    const char *suffix = o->type == FG_CLI_PICTURE ? fg_hint_suffix(text) : NULL;
    if (suffix)
        return fg_cli_usage("--%s: %s: PNG is what is written; name it %.*s.png", o->name, text,
                            (int)(suffix - text), text);
    *(const char **)o->to = text;
    return -1;
}

/* getopt_long tells neither which option was unknown nor whether a prefix was ambiguous. */
static int unknown(const char *given) {
    const char *names[FG_CLI_MAX_OPTIONS + 2], *hit[2];
    char bare[80];
    size_t n = 0, hits = 0;
    if (given[0] != '-' || given[1] != '-' || optopt) {
        const char letter[] = {(char)(optopt ? optopt : '?'), 0},
                   *other = fg_hint_option(program->name, letter);
        return fg_cli_usage("-%s: no such option%s%s", letter, other ? "; " : "", other ? other : "");
    }
    snprintf(bare, sizeof bare, "%.*s", (int)strcspn(given + 2, "="), given + 2);
    for (size_t i = 0; i < n_options; i++)
        names[n++] = options[i].name;
    names[n++] = "help";
    names[n++] = "version";
    for (size_t i = 0; i < n; i++)
        if (strncmp(names[i], bare, strlen(bare)) == 0 && hits < 2)
            hit[hits++] = names[i];
    if (hits > 1)
        return fg_cli_usage("--%s: could be --%s or --%s", bare, hit[0], hit[1]);
    const char *near = fg_suggest(bare, names, n), *hint = fg_hint_option(program->name, bare);
    if (hint)
        return fg_cli_usage("--%s: no such option; %s", bare, hint);
    if (near)
        return fg_cli_usage("--%s: no such option, did you mean --%s?", bare, near);
    return fg_cli_usage("--%s: no such option", bare);
}

static const fg_cli_option *by_code(int code) {
    for (size_t i = 0; i < n_options; i++)
        if (code == LONG_BASE + (int)i || (options[i].letter && code == options[i].letter))
            return &options[i];
    return NULL;
}

static int bad_option(int code, char **argv) {
    const fg_cli_option *o = by_code(optopt);
    if (code == ':' && o)
        return fg_cli_usage("--%s: wants an argument: %s", o->name,
                            o->metavar ? o->metavar : "one of its values");
    if (optopt >= LONG_BASE)
        return fg_cli_usage("--%s: takes no argument", o ? o->name : optopt == HELP ? "help" : "version");
    return unknown(argv[optind - 1]);
}

static bool is_long(const char *name, size_t length) {
    for (size_t i = 0; i < n_options; i++)
        if (strlen(options[i].name) == length && !strncmp(options[i].name, name, length))
            return true;
    return false;
}

/* "-data FILES", which getopt would read as -d ata; -1 where there is no such thing. */
static int one_dash(int argc, char **argv) {
    for (int i = 1; i < argc && strcmp(argv[i], "--"); i++) {
        size_t length = strcspn(argv[i], "=");
        if (length > 2 && argv[i][0] == '-' && is_long(argv[i] + 1, length - 1))
            return fg_cli_usage("%s: did you mean -%s?", argv[i], argv[i]);
    }
    return -1;
}

/* An option where the argument of the one before it was forgotten, as in --test -o x.fgm; -1 where it was
 * not. */
static int forgotten(const fg_cli_option *o, const char *argument, const char *last) {
    if (!argument || argument != last || argument[0] != '-' || !argument[1])
        return -1;
    bool letter = !argument[2] && by_code((unsigned char)argument[1]);
    if (!letter && !(argument[1] == '-' && is_long(argument + 2, strlen(argument + 2))))
        return -1;
    return fg_cli_usage("--%s: wants an argument, %s, but %s follows", o->name,
                        o->metavar ? o->metavar : "one of its values", argument);
}

static void gather(void) {
    n_options = 0;
    for (const fg_cli_option *o = program->options; o && o->name && n_options < FG_CLI_MAX_OPTIONS; o++)
        options[n_options++] = *o;
    n_options = fg_cli_add_common(options, n_options, program->common, program->groups);
}

static int scan(int argc, char **argv) {
    struct option longs[FG_CLI_MAX_OPTIONS + 3] = {0};
    char letters[2 * FG_CLI_MAX_OPTIONS + 4] = ":h", *to = letters + 2;
    for (size_t i = 0; i < n_options; i++) {
        bool argument = options[i].type != FG_CLI_FLAG;
        longs[i] = (struct option){options[i].name, argument, NULL, LONG_BASE + (int)i};
        if (options[i].letter) {
            *to++ = options[i].letter;
            if (argument)
                *to++ = ':';
        }
    }
    longs[n_options] = (struct option){"help", no_argument, NULL, HELP};
    longs[n_options + 1] = (struct option){"version", no_argument, NULL, VERSION};
    opterr = 0;
    optind = 0;
    unsetenv("POSIXLY_CORRECT"); /* options stand behind operands, too, as the examples show */
    for (int code, status; (code = getopt_long(argc, argv, letters, longs, NULL)) != -1;) {
        if (code == 'h' || code == HELP)
            return fg_cli_print_help(program, options, n_options);
        if (code == VERSION) {
            printf("%s (fg) %s\n", program->name, FG_VERSION);
            return FG_EXIT_DONE;
        }
        const fg_cli_option *o = code == '?' || code == ':' ? NULL : by_code(code);
        status = o ? forgotten(o, optarg, argv[optind - 1]) : bad_option(code, argv);
        if (o && status < 0)
            status = take(o, optarg);
        if (status >= 0)
            return status;
    }
    return -1;
}

/* Threads, and the instruction set that the environment may ask for. */
static int prepare_inference(const fg_cli_program *p) {
    fg_err err;
    if (!(p->groups & FG_CLI_INFERENCE))
        return -1;
    fg_threads_set((int)p->common->threads);
    return fg_isa_select(getenv("FG_ISA"), &err) ? fg_cli_usage("%s", err.text) : -1;
}

int fg_cli_take(const fg_cli_program *p, int argc, char **argv, int *first) {
    fg_cli_free_parsed();
    program = p;
    *first = argc;
    command_line = fg_cli_joined(argc, argv);
    if (!command_line) {
        fg_err err;
        fg_err_set(&err, FG_ENOMEM, "no memory for the command line");
        return fg_cli_fail(&err);
    }
    gather();
    int status = one_dash(argc, argv);
    if (status < 0)
        status = scan(argc, argv);
    *first = optind;
    if (status < 0)
        status = fg_cli_check_files(p, options, n_options, argv + optind, argc - optind);
    if (status < 0) {
        fg_cli_limit_memory(p);
        status = prepare_inference(p);
    }
    return status;
}

int fg_cli_parse(const fg_cli_program *p, int argc, char **argv, int *first) {
    fg_cli_hold_standard();
    fg_cli_catch_kill();
    int status = fg_cli_take(p, argc, argv, first);
    return status < 0 ? status : fg_cli_end(status);
}

void fg_cli_free_parsed(void) {
    for (size_t i = 0; i < n_options; i++) {
        if (options[i].type != FG_CLI_LIST)
            continue;
        fg_cli_list *list = options[i].to;
        fg_free(list->items);
        *list = (fg_cli_list){0};
    }
    n_options = 0;
    fg_free(command_line);
    command_line = NULL;
}
