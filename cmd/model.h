/* A model as fg-train and fg-infer read it: a spec, or a state with what was learned. */
#ifndef FG_CMD_MODEL_H
#define FG_CMD_MODEL_H

#include "cli.h"
#include "data/dataset.h"
#include "fg.h"

/* Reads a spec or a state from a file or standard input (path NULL or "-"). For a spec state->posterior is
 * NULL. */
int fg_model_load(fg_state *state, const char *path, fg_err *err);

/* The path for messages: "standard input" where it is that. */
const char *fg_model_path(const char *path);

/* Writes a state to a file (NULL or "-": standard output) that appears whole or not at all. */
int fg_model_save(const char *path, const fg_state *state, fg_err *err);

/* What the spec needs of its data: inputs, and the targets of its last layer (none if `targets` is false). */
fg_dataset_want fg_model_want(const fg_spec *spec, bool targets, size_t limit);

/* The input's shape: the spec's, with what it leaves open taken from the data. */
int fg_model_shape(fg_shape *shape, const fg_spec *spec, const fg_dataset *data, fg_err *err);

/* -1, or a usage error where --`option` PATH and the command's output would mix on standard output. */
int fg_model_keep_apart(const fg_cli_common *common, const char *option, const char *path);

/* The hook of commands with a run: progress, the log, and SIGINT or SIGTERM (see fg_cli_catch_stop). */
typedef struct fg_model_hook {
    fg_progress progress;
    FILE *log; /* or NULL */
} fg_model_hook;

int fg_model_after(void *context, const fg_iteration *iteration);

#endif
