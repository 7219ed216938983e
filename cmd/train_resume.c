#include "train_resume.h"

#include <inttypes.h>
#include <string.h>

enum { CHECKSUM_TEXT = 16 };

static const char key[] = "resume_data";

static void checksum_text(char text[CHECKSUM_TEXT], const fg_dataset *data) {
    snprintf(text, CHECKSUM_TEXT, "%08" PRIx32, fg_dataset_checksum(0, data));
}

int train_resume_keep(fg_state *state, const fg_dataset *data, fg_err *err) {
    char checksum[CHECKSUM_TEXT];
    checksum_text(checksum, data);
    return fg_tensors_set(state->resume, key, checksum, err);
}

int train_resume_check(const fg_state *state, const char *model, const char *files, const fg_dataset *data,
                       int64_t seed, fg_err *err) {
    char checksum[CHECKSUM_TEXT];
    const char *then = fg_tensors_meta(state->resume, key);
    checksum_text(checksum, data);
    if (then && strcmp(checksum, then) != 0)
        return fg_err_set(err, FG_EINVAL,
                          "%s: not the data of the interrupted run in %s (checksum %s, there %s): go on with "
                          "that, or begin a new run from what it learned with --no-resume",
                          files, model, checksum, then);
    if (seed >= 0 && (uint64_t)seed != state->seed)
        return fg_err_set(err, FG_EINVAL,
                          "--seed %" PRId64 ": the interrupted run in %s has %" PRIu64
                          ": leave it out to go on, or begin a new run from what it learned with --no-resume",
                          seed, model, state->seed);
    return FG_OK;
}

int train_resume_check_iterations(int done, int iterations, bool given, const char *model, fg_err *err) {
    if (done <= iterations)
        return FG_OK;
    if (given)
        return fg_err_set(
            err, FG_EINVAL,
            "--iters %d: the interrupted run in %s has done %d iterations: give as many, or more", iterations,
            model, done);
    return fg_err_set(err, FG_EINVAL,
                      "the interrupted run in %s has done %d iterations, more than the model's %d: give "
                      "--iters, as many or more",
                      model, done, iterations);
}
