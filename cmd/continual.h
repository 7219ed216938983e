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
    const char *graph, *resume, *data, *test, *validate, *tasks, *matrix; /* NULL: not given */
    int64_t batch, passes, eval_every, checkpoint, average;               /* the last three 0: not at all */
    bool shuffle, no_shuffle;
    double forget, temper;
    int eval_by;                 /* 0 forward, 1 inference */
    int scoring;                 /* a continual_scoring */
    fg_run_options run, predict; /* the spec's, or changed */
} continual_options;

/* Rows of a data set as one task sees them. */
typedef struct continual_part {
    const fg_dataset *data; /* NULL: there is none */
    size_t *rows, n;
} continual_part;

typedef struct continual_task {
    char name[64];
    continual_part train, test, validation;
    size_t *pixels;           /* [inputs] input i is that of the data at pixels[i]; NULL: as they are */
    int first_class, classes; /* its own classes; classes 0: all */
} continual_task;

enum { CONTINUAL_TASKS_MAX = 1000 };

typedef struct continual_data {
    fg_dataset **sets; /* training and test data */
    size_t n_sets, n_tasks;
    continual_task *tasks;
    fg_shape shape;
    uint32_t checksum; /* of all values and targets */
    bool tasked;       /* --tasks was given */
} continual_data;

/* Opens and cuts up what the options name. End with continual_data_free, also on failure. */
int continual_data_open(continual_data *data, const continual_options *options, const fg_spec *spec,
                        fg_err *err);
void continual_data_free(continual_data *data);
/* Between the files that make tasks: adds an opened data set, room for tasks, all rows of a set. */
int continual_data_add(const fg_dataset **set, continual_data *data, const char *files,
                       const continual_options *options, const fg_spec *spec, fg_err *err);
int continual_tasks_make(continual_data *data, const continual_options *options, const fg_spec *spec,
                         fg_err *err);
int continual_part_all(continual_part *part, const fg_dataset *data, fg_err *err);

/* Room for rows taken out of their data set. */
typedef struct continual_rows {
    size_t room;
    float *x, *targets;
    int32_t *labels;
} continual_rows;

int continual_rows_make(continual_rows *rows, const fg_dataset *like, size_t room, fg_err *err);
void continual_rows_free(continual_rows *rows);
/* Copies rows order[first .. first + n) of a part (order NULL: in their own order) to place `at` on. */
void continual_rows_take(continual_rows *rows, size_t at, const continual_task *task,
                         const continual_part *part, const size_t *order, size_t first, size_t n,
                         int scoring);

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

/* Learns, evaluates, writes checkpoints. FG_ESTOPPED after SIGINT or SIGTERM, with the state written. */
int continual_learn(continual_run *run, fg_err *err);

/* One evaluation with its metrics line, at batch `batches`. */
int continual_evaluate(continual_run *run, double seconds, fg_err *err);
void continual_summary(const continual_run *run, double seconds);
int continual_matrix_picture(const continual_run *run, fg_err *err);

/* Writes the state: unfinished ones can be resumed. */
int continual_save(continual_run *run, bool finished, fg_err *err);
/* Where an unfinished run stands, out of run->state; FG_EINVAL if its options or data are others. */
int continual_resume(fg_filter_place *place, continual_run *run, fg_err *err);

#endif
