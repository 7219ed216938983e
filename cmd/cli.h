/* What the commands share: option tables, help, errors, signals, progress, and the ends of a pipeline.
 * A main parses into structs with fg_cli_parse, does its work, and returns fg_cli_end(status). */
#ifndef FG_CMD_CLI_H
#define FG_CMD_CLI_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "base/io.h"
#include "model/range.h"
#include "model/spec.h"

#ifndef FG_VERSION
#define FG_VERSION "0.1.0"
#endif

enum { FG_EXIT_DONE = 0, FG_EXIT_FAILED = 1, FG_EXIT_USAGE = 2, FG_EXIT_NOT_CONVERGED = 3 };

typedef enum fg_cli_type {
    FG_CLI_FLAG, /* bool, set to true; takes no argument */
    FG_CLI_INT,  /* int64_t */
    FG_CLI_REAL, /* double */
    FG_CLI_SIZE, /* size_t; k, M and G at the end stand for powers of 1024 */
    FG_CLI_TEXT, /* const char *, pointing into argv; not empty */
    /* The same, of files. None that is written may be one that is read or another that is written. */
    FG_CLI_INPUT,     /* one or a comma-joined list, or a folder, that is read */
    FG_CLI_MODEL,     /* a model that is read */
    FG_CLI_RESULT,    /* a file that is written */
    FG_CLI_PICTURE,   /* a PNG that is written: a suffix of another kind is refused */
    FG_CLI_NEW_MODEL, /* a model that is written, perhaps in place of that which was read */
    FG_CLI_ENUM,      /* int, the index into `values` */
    FG_CLI_LIST       /* fg_cli_list: the option may be repeated */
} fg_cli_type;

typedef struct fg_cli_list {
    const char **items; /* point into argv; the array is freed by fg_cli_end */
    size_t n;
} fg_cli_list;

/* One option. The destination keeps its value when the option is not given. */
typedef struct fg_cli_option {
    const char *name; /* the long name, without --; NULL ends a table */
    char letter;      /* the short name, or 0 */
    fg_cli_type type;
    void *to;                  /* where the value goes: the type says what it points to */
    const char *metavar;       /* "N", "FILE"; not for flags, and for enums only to replace "a|b|c" */
    const char *help;          /* one sentence, wrapped by --help; no full stop needed */
    fg_range range;            /* of INT, REAL and SIZE; all zero: no limits */
    const char *const *values; /* of ENUM, NULL-terminated */
} fg_cli_option;

/* The options many commands have. Start from FG_CLI_COMMON. */
typedef struct fg_cli_common {
    int64_t seed;                       /* default 0 */
    int64_t threads;                    /* 0: as many as the machine has */
    int64_t iters;                      /* 0: the spec's */
    int64_t limit;                      /* 0: no limit */
    double tol, damping, dropout;       /* NaN: the spec's */
    int schedule;                       /* an fg_schedule, or -1: the spec's */
    int storage;                        /* an fg_storage, or -1: the spec's */
    size_t max_memory;                  /* bytes; 0: as fg_cli_expect_memory says */
    const char *metrics, *log, *output; /* NULL: not given */
    bool quiet, verbose, no_progress, require_convergence;
} fg_cli_common;

#define FG_CLI_COMMON                                                                                        \
    {                                                                                                        \
        .tol = __builtin_nan(""), .damping = __builtin_nan(""), .dropout = __builtin_nan(""),                \
        .schedule = -1, .storage = -1                                                                        \
    }

/* Which of the common options a command has; --help and --version are always there. */
enum {
    FG_CLI_OUTPUT = 1,        /* -o --output, a result */
    FG_CLI_SEED = 2,          /* --seed */
    FG_CLI_INFERENCE = 4,     /* --threads --max-memory --storage --iters --tol --damping --dropout --schedule
                                 --log --require-convergence */
    FG_CLI_METRICS = 8,       /* --metrics */
    FG_CLI_LIMIT = 16,        /* --limit */
    FG_CLI_MESSAGES = 32,     /* --quiet --verbose --no-progress */
    FG_CLI_OUTPUT_MODEL = 64, /* -o --output, a new model */
    FG_CLI_OUTPUT_FOLDER = 128 /* -o --output, a folder that the command keeps apart itself */
};

typedef struct fg_cli_program {
    const char *name;             /* "fg-build" */
    const char *usage;            /* what stands behind the name; one line for each form */
    const char *summary;          /* what the command does, one line */
    const char *description;      /* paragraphs, wrapped by hand; may be NULL */
    const char *examples;         /* shell lines; may be NULL */
    const char *pipe;             /* a pipeline that gives it a model, for messages; may be NULL */
    const char *make;             /* how to make a file with a model, for messages; may be NULL */
    const fg_cli_option *options; /* the command's own; may be NULL */
    fg_cli_common *common;        /* may be NULL if groups is 0 */
    unsigned groups;
    bool reads_operands; /* operands are files and folders that are read */
} fg_cli_program;

/* For the start of a main whose work runs in threads: these wait at the end of each parallel loop, by default
 * by spinning, which costs many times the work itself when other programs want the processors. OpenMP reads
 * its environment before main, so that the program starts itself once more with OMP_WAIT_POLICY=passive; not
 * where the variable is set. */
void fg_cli_wait_passively(char **argv);

/* Reads argv into the tables' destinations. Returns -1 to go on, with the operands in argv[*first .. argc),
 * or the exit status to end with: after --help and --version 0, after a usage error (already printed) 2, 1
 * where there was no memory for that.
 * Remembers the program for messages and the command line; SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT and
 * SIGXCPU from now on remove unfinished output files before they kill, and what would make a file too large
 * fails. Standard descriptors that are closed are taken, so that no file gets theirs. */
int fg_cli_parse(const fg_cli_program *program, int argc, char **argv, int *first);

/* The command line as the shell would take it, in UTF-8. Valid until fg_cli_end. */
const char *fg_cli_command_line(void);

/* What is known by now to be needed beside what is held already, in bytes, SIZE_MAX if that is not known.
 * Where --max-memory was not given, the limit becomes this and a quarter more, or 64 MiB more, or what was
 * taken so far if that is more, but never more than the machine has, or the control group of the process,
 * which is the limit before. */
void fg_cli_expect_memory(const fg_cli_common *common, size_t bytes);

/* Puts the common options that were given in place of the spec's. */
void fg_cli_override(fg_run_options *run, const fg_cli_common *common);

/* Messages to standard error behind the program's name. fail returns 1, usage 2 (and points to --help). */
int fg_cli_fail(const fg_err *err);
int fg_cli_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));
int fg_cli_no_operand(const char *operand); /* a usage error: the command takes none */
void fg_cli_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void fg_cli_tell(const fg_cli_common *common, const char *format, ...)
    __attribute__((format(printf, 2, 3))); /* not under --quiet */
void fg_cli_note(const fg_cli_common *common, const char *format, ...)
    __attribute__((format(printf, 2, 3))); /* only under --verbose */

/* Completes a log or metrics, the file beside a command's result, however that ended: `status`, or the file's
 * own where that is 0. To be called when the result is safe; *file may be NULL and becomes it. */
int fg_cli_end_record(fg_outfile **file, int status, fg_err *err);

/* Warns that inference under --require-convergence did not converge; returns the status for that. */
int fg_cli_not_converged(const fg_cli_common *common);

/* ", did you mean "xor"?" or "", for unknown names; the text stays until the next call. */
const char *fg_cli_did_you_mean(const char *wrong, const char *const *names, size_t n);

/* A model: the bytes of a spec or of a state from a file, or from standard input (path NULL or "-"), told
 * apart by content: a spec begins with '{', after white space or a byte-order mark. fg_free(model->data) when
 * done. Standard input that is a terminal is an error. */
typedef struct fg_cli_model {
    unsigned char *data; /* size bytes and a 0 behind them */
    size_t size;
    bool is_spec;
    const char *path; /* for messages: "standard input" if it was that */
} fg_cli_model;

int fg_cli_model_read(fg_cli_model *model, const char *path, fg_err *err);
/* Whether the bytes, of a whole model or the first of one, may be those of a spec or of a state: FG_OK or
 * FG_EFORMAT. */
int fg_cli_model_check(const unsigned char *bytes, size_t size, fg_err *err);

/* Adds to the message in *err, which says why the model in `path` cannot be used, where one comes from;
 * returns err->code. */
int fg_cli_model_fail(const char *path, fg_err *err);

/* The name of the option that has this file written, or NULL. */
const char *fg_cli_written_by(const char *path);
/* FG_EINVAL where an option has one of these comma-joined files, or of those read from these folders,
 * written. */
int fg_cli_keep_read(const char *files, fg_err *err);

/* 0 unless `what` ("a state") would go to a terminal, which is FG_EINVAL; path NULL or "-" is standard
 * output. */
int fg_cli_refuse_terminal(const char *path, const char *what, fg_err *err);

/* For commands with a loop, to be called when all is read that it needs: from now on the first SIGINT,
 * SIGTERM or SIGXCPU only sets fg_cli_stop to its number, for the loop to look at; a second SIGINT or SIGTERM
 * kills, and the first does where it finds the command waiting for somebody to open a pipe. */
void fg_cli_catch_stop(void);
extern atomic_int fg_cli_stop;
/* The loop has ended and its results are to be written: from now on the first signal kills where nobody reads
 * on, too. */
void fg_cli_finish(void);

/* Ends a command: closes standard output and checks it, frees what parse made, and, if fg_cli_stop is set,
 * dies by that signal. Returns the exit status otherwise; a second call only does that. */
int fg_cli_end(int status);

/* A line on standard error such as "120/600 iterations, 35.2/s, 0:14 left", redrawn in place twice a
 * second, only on a terminal and without --quiet and --no-progress. total 0: unknown. The rate is that up to
 * when the last unit was done. */
typedef struct fg_progress {
    bool on;
    const char *unit;
    int64_t total, base, done; /* base: done before it began, by an earlier run */
    double started, shown, at; /* seconds; at: when `done` was reached */
} fg_progress;

void fg_progress_begin(fg_progress *p, const fg_cli_common *common, const char *unit, int64_t total);
bool fg_progress_due(const fg_progress *p); /* whether step would draw: notes can be left out otherwise */
void fg_progress_step(fg_progress *p, int64_t done, const char *note); /* note: "frame 3", or NULL */
void fg_progress_end(fg_progress *p);                                  /* takes the line away */

/* A clock that only goes forward. */
double fg_cli_seconds(void);

/* A member of a JSON object that is being written: ,"key":value with so many digits, null for what JSON
 * cannot say. */
void fg_cli_put_real(FILE *to, const char *key, int digits, double value);

/* Another such member: ,"peak_mb":the most memory this process has had so far, in MiB; nothing where the
 * system does not say. */
void fg_cli_put_peak(FILE *to);

#endif
