/* Between the files of the command-line layer; commands include cli.h only. */
#ifndef FG_CMD_CLI_HELP_H
#define FG_CMD_CLI_HELP_H

#include "cli.h"

enum { FG_CLI_MAX_OPTIONS = 64 };

/* Adds the common options of the groups to a table of n; returns the new n. */
size_t fg_cli_add_common(fg_cli_option *options, size_t n, fg_cli_common *common, unsigned groups);

/* Prints the help text to standard output; returns 0. */
int fg_cli_print_help(const fg_cli_program *program, const fg_cli_option *options, size_t n);

/* The command line as the shell would take it, in UTF-8, for the caller to free; NULL if memory was short. */
char *fg_cli_joined(int argc, char **argv);

/* fg_cli_parse without signals and without the end of a command: may be called again. */
int fg_cli_take(const fg_cli_program *program, int argc, char **argv, int *first);

/* -1, or the status of an error, already printed: an option that names a file to write names what another one
 * writes or reads, or standard input, or, of a program that reads its operands, one of them or a file in one;
 * or the file cannot be written. */
int fg_cli_check_files(const fg_cli_program *program, const fg_cli_option *options, size_t n,
                       char *const *operands, int n_operands);

/* The limit of memory: what --max-memory says, else what there is. */
void fg_cli_limit_memory(const fg_cli_program *program);
/* "; this machine has 1000.0 MiB" where memory was refused for the limit, else nothing. */
void fg_cli_tell_limit(char *text, size_t size);

/* The program that fg_cli_parse was called for; NULL before. */
const fg_cli_program *fg_cli_program_now(void);

void fg_cli_catch_kill(void);

/* Fills standard descriptors that are closed with one that can neither be read nor written: the first file
 * opened would get their number, and what is printed or said would go into it. */
void fg_cli_hold_standard(void);

void fg_cli_clear_line(void);
void fg_cli_free_parsed(void);

#endif
