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

/* Copies the inputs of observations first .. first + n - 1 to x [n][inputs], in FG_ORDER_HWC. */
typedef void fg_predict_rows(float *x, const void *source, size_t first, size_t n);

/* What is observed. */
typedef struct fg_predict_data {
    size_t n;
    fg_shape shape;        /* of a row of x */
    const float *x;        /* [n][inputs] in FG_ORDER_HWC; NULL: */
    fg_predict_rows *rows; /* they are copied out a batch at a time, with `source` */
    const void *source;
    const unsigned char *observed; /* [n][inputs], 0 where x is missing; NULL: nothing is */
    const int32_t *labels;         /* [n] observed classes, or NULL */
    const float *targets;          /* [n][n_targets] observed targets, or NULL */
    size_t n_targets;
} fg_predict_data;

/* Marginals of the last layer's variables, or of the input's. Those are logits where classes follow, with a
 * softmax layer's likelihood one_hot, too: log N(onehot(c); x, sigma^2) is x_c / sigma^2 and what all classes
 * share. */
typedef struct fg_prediction {
    size_t n, outputs;
    float *mean, *sd; /* [n][outputs] */
    bool converged;   /* every batch fell to tol; a forward pass always has */
    int iterations;   /* the most that a batch took */
} fg_prediction;

/* Predicts for the data. hook (may be NULL) is called after each iteration of each batch; when it asks to
 * stop the result is FG_ESTOPPED. With a forward pass neither missing inputs nor observed outputs can be
 * used: FG_EINVAL. FG_EDIVERGED where inference diverges or a mean is not finite. On failure *out is empty.
 * End with fg_prediction_free. */
int fg_predict(fg_prediction *out, const fg_spec *spec, const fg_posterior *posterior,
               const fg_predict_data *data, const fg_predict_options *options, const fg_run_hook *hook,
               fg_err *err);
void fg_prediction_free(fg_prediction *prediction);

/* Class probabilities p [classes] of logits with independent Gaussian marginals: softmax(mean / sqrt(1 + pi
 * sd^2 / 8)), MacKay's approximation to the expected softmax. */
void fg_class_probabilities(double *p, const float *mean, const float *sd, size_t classes);

#endif
