/* What the parts of fg-continual share: its options, the data as tasks, the run. */
#ifndef FG_CMD_CONTINUAL_H
#define FG_CMD_CONTINUAL_H

#include "cli.h"
#include "data/dataset.h"
#include "fg.h"
#include "report/transfer.h"

typedef enum continual_scoring { SCORE_CLASS, SCORE_TASK, SCORE_DOMAIN } continual_scoring;

typedef struct continual_options {
    fg_cli_common common;
    const char *graph, *resume, *data, *test, *validate, *examples, *tasks, *matrix; /* NULL: not given */
    int64_t batch, passes, eval_every, checkpoint; /* the last two 0: not at all */
    int64_t average;                               /* negative: as the spec says */
    bool shuffle, no_shuffle;
    int on_divergence; /* an fg_on_divergence, or -1: as the spec says */
    double forget;     /* negative: as the spec says */
    double temper;
    int eval_by;                 /* 0 forward, 1 inference */
    int scoring;                 /* a continual_scoring */
    fg_run_options run, predict; /* the spec's, or changed */
} continual_options;

/* Rows of a data set as one task sees them. */
typedef struct continual_part {
    const fg_dataset *data; /* NULL: there is none */
    fg_rows rows;
} continual_part;

typedef struct continual_task {
    char name[64];
    continual_part train, test, validation;
    fg_rows pixels;           /* [inputs] input i is that of the data at pixels.at[i]; none: as they are */
    int first_class, classes; /* its own classes; classes 0: all */
} continual_task;

enum { CONTINUAL_TASKS_MAX = 1000, CONTINUAL_CHUNK = 200 }; /* rows that are evaluated at a time */

typedef struct continual_data {
    fg_dataset **sets; /* training and test data */
    size_t n_sets, n_tasks;
    continual_task *tasks;
    fg_shape shape;
    uint32_t checksum; /* of all values, before they are scaled, and targets */
    bool tasked;       /* --tasks was given */
} continual_data;

/* Opens and cuts up what the options name, and scales it by the state's scaling; a state that has none gets
 * that of the first task's training rows. The state must outlive the data. End with continual_data_free, also
 * on failure. */
int continual_data_open(continual_data *data, const continual_options *options, fg_state *state, fg_err *err);
void continual_data_free(continual_data *data);
/* Between the files that make tasks: opens files and adds them, makes the tasks. */
int continual_data_add(const fg_dataset **set, continual_data *data, const char *files, fg_part part,
                       const continual_options *options, fg_spec *spec, fg_err *err);
/* Whether --tasks makes tasks of --data, and is no list of files, which may name test data, too. */
bool continual_makes_tasks(const continual_options *options);
int continual_tasks_make(continual_data *data, const continual_options *options, fg_spec *spec, fg_err *err);
/* All rows of a set. */
int continual_part_all(continual_part *part, const fg_dataset *data, fg_err *err);

/* Room for labels and targets of rows taken out of their data set, and for their inputs. */
typedef struct continual_rows {
    float *x;   /* NULL without inputs */
    float *row; /* of inputs, for one that is put in another order */
    float *targets;
    int32_t *labels;
} continual_rows;

int continual_rows_make(continual_rows *rows, const fg_dataset *like, size_t room, bool inputs, fg_err *err);
void continual_rows_free(continual_rows *rows);
/* Copies rows at[0 .. n) of a set as a task sees them: all that there is room for, or inputs alone to x, with
 * room for a row. */
void continual_rows_take(continual_rows *rows, const continual_task *task, const fg_dataset *data,
                         const size_t *at, size_t n, int scoring);
void continual_inputs_take(float *x, float *row, const continual_task *task, const fg_dataset *data,
                           const size_t *at, size_t n);

/* What is known of a run beside the filter's place: kept in states for --resume. */
typedef struct continual_run {
    const continual_options *options;
    fg_state state;
    continual_data data;
    fg_filter *filter;
    uint64_t evaluated; /* batches at the last evaluation */
    double *matrix;     /* [tasks][tasks] accuracy of task j after task i; not a number: not known */
    uint64_t base;      /* observations that the state rested on before this run */
    FILE *metrics;      /* or NULL */
    bool converged;     /* every batch did */
    double accuracy;    /* of the last evaluation, or not a number */
} continual_run;

/* Batches up to the end of a task, and training observations up to a batch. */
uint64_t continual_batches_until(const continual_run *run, size_t task);
uint64_t continual_examples(const continual_run *run, uint64_t batches);
/* Training rows of the largest task, and of the largest batch. */
size_t continual_most_rows(const continual_run *run);
size_t continual_most_in_batch(const continual_run *run);

/* Learns, evaluates, writes checkpoints. FG_ESTOPPED after SIGINT or SIGTERM, with the state written. */
int continual_learn(continual_run *run, fg_err *err);

/* "accuracy", or "rmse" where there are no classes. */
const char *continual_hit_name(const continual_run *run);

/* One evaluation with its metrics line, at batch `batches`. */
int continual_evaluate(continual_run *run, double seconds, fg_err *err);
void continual_summary(const continual_run *run, double seconds);
int continual_matrix_picture(const continual_run *run, fg_err *err);

/* Writes the state: unfinished ones can be resumed. */
int continual_save(continual_run *run, bool finished, fg_err *err);
/* Where an unfinished run stands, out of run->state; FG_EINVAL if its options or data are others. */
int continual_resume(fg_filter_place *place, continual_run *run, fg_err *err);

#endif
