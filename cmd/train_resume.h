/* Interrupted runs of fg-train: what they keep in a state beside the messages, and whether a call goes on
 * with the same run. */
#ifndef FG_CMD_TRAIN_RESUME_H
#define FG_CMD_TRAIN_RESUME_H

#include "cli.h"
#include "data/dataset.h"
#include "fg.h"

/* Keeps the checksum of the data in a state that was just suspended. FG_ENOMEM. */
int train_resume_keep(fg_state *state, const fg_dataset *data, fg_err *err);

/* FG_EINVAL unless the data is that of the run in `state`, read from `model`, and so is `seed` (negative: not
 * given). States of before there was a checksum have any data. */
int train_resume_check(const fg_state *state, const char *model, const char *files, const fg_dataset *data,
                       int64_t seed, fg_err *err);

/* FG_EINVAL where the run has done more than so many iterations; `given` as an option, or the model's. */
int train_resume_check_iterations(int done, int iterations, bool given, const char *model, fg_err *err);

#endif
