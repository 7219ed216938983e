/* State files (.fgm): parameters' marginals, the spec they belong to and how they came about, in the
 * safetensors format.
 *
 * Per parameter "<layer>/<name>/eta" and "/lambda" (F64), and "/average" where predictions use an average of
 * means, and "/correlation" (F32, or F64 where that holds too little, [units or 1][inputs and bias][same], 1
 * where all units have the same) of weights that are joint; "input/mean" and "input/sd" (F64 [channels])
 * where the spec standardises its input. Metadata: "spec" (canonical JSON), "seed", "version", "commands"
 * (one line each), "examples", "crc32" (of the tensor bytes), and, where the run can be resumed, "resume"
 * with the messages in "resume/...", beside keys that begin with "resume_" and are its command's own, or
 * "continual". Any safetensors reader opens it. */
#ifndef FG_ENGINE_STATE_H
#define FG_ENGINE_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "data/safetensors.h"
#include "data/scaling.h"
#include "engine/graph.h"
#include "engine/posterior.h"
#include "model/spec.h"

#define FG_STATE_VERSION "1" /* of the format */

typedef struct fg_state {
    fg_spec spec;
    fg_posterior *posterior; /* never NULL after reading */
    fg_scaling scaling;      /* of the inputs, where the spec standardises them; {0}: not measured yet */
    uint64_t seed;
    uint64_t examples;  /* observations that the posterior rests on */
    char *commands;     /* the command lines that made it, one per line; or NULL */
    fg_tensors *resume; /* messages of an interrupted run, or NULL: fg_state_resume; metadata whose keys begin
                           with "resume" are written with them */
    char *continual;    /* where an unfinished run over batches stands, as its command wrote it, or NULL */
} fg_state;

/* Whether bytes look like a state (and not like a spec). */
bool fg_state_recognise(const unsigned char *bytes, size_t size);

/* Reads a whole file's bytes. FG_EFORMAT says what is wrong. On failure *out is empty. */
int fg_state_read(fg_state *out, const unsigned char *bytes, size_t size, fg_err *err);

/* Writes to a stream (whose errors are FG_EIO). Equal states give equal bytes. FG_EINVAL for a spec that
 * fg_spec_check refuses, parameters that fg_parameter_check does, and a spec that standardises without a
 * scaling, or with that of other channels. See also fg_tensors_write. */
int fg_state_write(FILE *stream, const fg_state *state, fg_err *err);

void fg_state_free(fg_state *state);

/* Adds a command line to state->commands. */
int fg_state_command(fg_state *state, const char *line, fg_err *err);

/* Keeps what an interrupted run of the graph needs to go on: its messages, linearisation points and
 * iteration, the priors it started from, and what ending it goes by. Replaces what was kept before; on
 * failure that stays. FG_EINVAL before the first iteration; FG_ENOMEM. */
int fg_state_suspend(fg_state *state, const fg_graph *graph, fg_err *err);

/* Drops what is kept of unfinished runs: what was learned so far stays. */
void fg_state_drop_runs(fg_state *state);

/* Takes an interrupted run up again in a graph just created for the same spec and number of observations,
 * with its data bound: from here on it gives the same bytes as if it had not been interrupted. FG_EFORMAT if
 * the sizes differ; FG_ENOMEM. After a failure the graph is good for nothing but fg_graph_free. */
int fg_state_resume(fg_graph *graph, const fg_state *state, fg_err *err);

#endif
