/* Prediction: parameters given, output observations left out, inference run over batches of inputs (METHOD
 * section 5). The other way round, inputs can be inferred from observed outputs or from part of the inputs.
 */
#ifndef FG_ENGINE_PREDICT_H
#define FG_ENGINE_PREDICT_H

#include <stddef.h>
#include <stdint.h>

#include "engine/graph.h"
#include "engine/posterior.h"

typedef enum fg_predict_by {
    FG_PREDICT_INFERENCE, /* inference, started as the run options say */
    FG_PREDICT_FORWARD,   /* the forward pass at the parameters' means: fast, and without deviations (0) */
    FG_PREDICT_BOTH       /* inference started from the forward pass */
} fg_predict_by;

typedef struct fg_predict_options {
    fg_run_options run;       /* spec.predict, or changed */
    fg_parameters parameters; /* GIVEN or CONSTANT */
    size_t batch;             /* observations inferred at a time, at least 1; results hardly depend on it */
    uint64_t seed;
    fg_predict_by by;
    bool inputs;       /* marginals of the input's variables instead of the last layer's */
    double input_mean; /* prior of the input's variables, needed where any is missing; */
    double input_sd;   /* 0: none */
} fg_predict_options;

/* What is observed. */
typedef struct fg_predict_data {
    size_t n;
    fg_shape shape;                /* of a row of x */
    const float *x;                /* [n][inputs] in FG_ORDER_HWC */
    const unsigned char *observed; /* [n][inputs], 0 where x is missing; NULL: nothing is */
    const int32_t *labels;         /* [n] observed classes, or NULL */
    const float *targets;          /* [n][n_targets] observed targets, or NULL */
    size_t n_targets;
} fg_predict_data;

/* Marginals of the last layer's variables, or of the input's. */
typedef struct fg_prediction {
    size_t n, outputs;
    float *mean, *sd; /* [n][outputs] */
    bool converged;   /* every batch fell to tol; a forward pass always has */
    int iterations;   /* the most that a batch took */
} fg_prediction;

/* Predicts for the data. hook (may be NULL) is called after each iteration of each batch; when it asks to
 * stop the result is FG_ESTOPPED. With a forward pass neither missing inputs nor observed outputs can be
 * used: FG_EINVAL. End with fg_prediction_free. */
int fg_predict(fg_prediction *out, const fg_spec *spec, const fg_posterior *posterior,
               const fg_predict_data *data, const fg_predict_options *options, const fg_run_hook *hook,
               fg_err *err);
void fg_prediction_free(fg_prediction *prediction);

/* The same in steps, for data that is not in memory as a whole. */
typedef struct fg_predictor fg_predictor;
/* The spec must outlive the predictor, the posterior is copied into its graph at each step. */
int fg_predictor_create(fg_predictor **out, const fg_spec *spec, fg_shape shape,
                        const fg_predict_options *options, fg_err *err);
/* Values of a row of the output arrays, known after the first step. */
size_t fg_predictor_outputs(const fg_predictor *predictor);
/* Predicts data->n <= options.batch observations into the rows of out from `first` on, which must be there,
 * or (first = 0, *out zeroed) are made for `rows` rows. Another n than in the step before makes another
 * graph. */
int fg_predictor_step(fg_prediction *out, size_t first, size_t rows, fg_predictor *predictor,
                      const fg_posterior *posterior, const fg_predict_data *data, const fg_run_hook *hook,
                      fg_err *err);
void fg_predictor_free(fg_predictor *predictor);

/* Class probabilities p [classes] of logits with independent Gaussian marginals: softmax(mean / sqrt(1 + pi
 * sd^2 / 8)), MacKay's approximation to the expected softmax. */
void fg_class_probabilities(double *p, const float *mean, const float *sd, size_t classes);

#endif
