/* Between the files of fg-infer. */
#ifndef FG_CMD_INFER_H
#define FG_CMD_INFER_H

#include "model.h"

/* Marginals and what follows from them, a row per observation or variable. */
typedef struct infer_table {
    size_t rows, columns;
    char (*names)[32];   /* [columns] */
    double *values;      /* [rows][columns]; not a number: not determined, left empty */
    char *const *labels; /* [rows] or NULL; borrowed */
    bool whole_first;    /* the first column is a whole number (a class) */
} infer_table;

typedef enum infer_format { INFER_CSV, INFER_NPY, INFER_JSONL } infer_format;

int infer_table_begin(infer_table *table, size_t rows, size_t columns, fg_err *err);
/* class, probabilities, means and deviations of the logits; or means and deviations. What was predicted by a
 * forward pass has no deviations: they are left empty. */
int infer_table_predictions(infer_table *table, const fg_spec *spec, const fg_prediction *prediction,
                            bool forward, fg_err *err);
/* Means and deviations alone, as of inputs. */
int infer_table_inputs(infer_table *table, const fg_prediction *prediction, fg_err *err);
int infer_table_write(FILE *to, const infer_table *table, infer_format format, fg_err *err);
void infer_table_free(infer_table *table);

/* What is observed of a data set, [n][n_inputs]: inputs that are no numbers are missing, and those where the
 * file `mask` (NULL: none; a row for each observation, or one for all) is not 0; all of them if `hide`.
 * Behind the inputs the mask may have columns for targets, `more` at most, as data have. NULL where none is
 * missing; the caller frees it. */
int infer_gaps(unsigned char **observed, const fg_dataset *data, const char *mask, bool hide, size_t more,
               fg_err *err);

/* Marginals of an explicit graph's variables. Warns of what is wrong with the graph. The log, where one is
 * asked for, is opened and written, and for the caller to end. */
int infer_explicit(infer_table *table, bool *converged, fg_outfile **log, const fg_spec *spec,
                   const fg_cli_common *common, fg_err *err);

/* Prints one JSON object: accuracy, nll and ece where the data have labels, else rmse, nll and coverage. */
int infer_score_print(FILE *to, const fg_spec *spec, const fg_prediction *prediction, const fg_dataset *data,
                      fg_err *err);
/* Draws how classes are taken for each other as PNG. */
int infer_confusion(const char *path, const fg_prediction *prediction, const int32_t *labels, fg_err *err);

enum { INFER_BATCH = 200 }; /* observations at a time, where --batch is not given */

/* Points at which a picture predicts, at most, and what it takes itself. */
enum { INFER_DRAWN = 400, INFER_PICTURE_BYTES = 16 << 20 };

/* Draws what a model of two inputs and classes, or of one input and one real output, predicts around the
 * data, as PNG. */
int infer_picture(const char *path, const fg_state *state, const fg_dataset *data,
                  const fg_predict_options *options, fg_err *err);
/* FG_EINVAL where these data are no such model's. */
int infer_picture_check(const fg_dataset *data, fg_err *err);

/* Draws the learned filters of a state as PNG. */
int infer_filters(const char *path, const fg_state *state, fg_err *err);

#endif
