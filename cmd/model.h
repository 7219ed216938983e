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

/* For data that may come from a terminal: says there that rows are waited for, and how they end. Only CSV can
 * be typed in: FG_EINVAL where standard input is one of several files. */
int fg_model_await(const fg_cli_common *common, const char *files, const fg_dataset_want *want, fg_err *err);

/* Opens data for a spec. Their rows get the shape of the spec's input, and what it leaves open is taken from
 * the data: by the spec, too, if it has targets, so that what is learned and predicted later has that shape.
 */
int fg_model_open(fg_dataset **out, fg_spec *spec, const char *files, const fg_dataset_want *want,
                  fg_err *err);
fg_shape fg_model_shape(const fg_dataset *data);

/* Scales the data as the spec says: by the state's numbers, or where it has none yet by those measured now on
 * the rows given (NULL: the first n), which the state then keeps. The state must outlive the data. */
int fg_model_scale(fg_dataset *data, fg_state *state, const size_t rows[], size_t n, fg_err *err);

/* Inputs of rows first .. first + n - 1 of a dataset, scaled: an fg_predict_rows. */
void fg_model_rows(float *x, const void *dataset, size_t first, size_t n);

/* All inputs [n][n_inputs] as floats, scaled; the caller frees *x with fg_free. */
int fg_model_inputs(float **x, const fg_dataset *data, fg_err *err);

/* Warns of a layer's messages that were not finite and of observations that were curbed, and notes cavities
 * of negative precision; nothing of any, nothing said. */
void fg_model_tell_trouble(const fg_cli_common *common, const char *layer, const char *kind,
                           uint64_t improper, uint64_t rejected, uint64_t curbed);

/* Warns where real targets are far larger than the priors of the model's outputs allow for. */
void fg_model_tell_targets(const fg_cli_common *common, const fg_spec *spec, const fg_dataset *data);
/* Adds the same to the message of inference that diverged; false where that is not why. */
bool fg_model_hint_targets(fg_err *err, const fg_spec *spec, const fg_dataset *data);

/* -1, or a usage error where --`option` PATH and the command's output would mix on standard output. */
int fg_model_keep_apart(const fg_cli_common *common, const char *option, const char *path);

/* The same for standard input: -1, or 2 after a usage error if the model in `model` and the data of --option
 * are both read from it. */
int fg_model_one_stdin(const char *model, const char *option, const char *files);

/* Shows that so much is done, and the energy behind `before`, a text or NULL. Energies take time, so that
 * they are summed only where they are shown. */
void fg_model_progress(fg_progress *progress, int64_t done, const char *before,
                       const fg_iteration *iteration);

/* The hook of commands with a run: progress, the log, and SIGINT or SIGTERM (see fg_cli_catch_stop). With
 * several runs one after the other, each of `most` iterations or fewer, `most` is set, and the progress
 * counts them all. */
typedef struct fg_model_hook {
    fg_progress progress;
    FILE *log; /* or NULL */
    int most;  /* 0: there is one run */
    int64_t runs;
} fg_model_hook;

int fg_model_after(void *context, const fg_iteration *iteration);

#endif
