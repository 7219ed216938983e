/* Prediction: parameters given, output observations left out, inference run over batches of inputs (METHOD
 * section 5). */
#ifndef FG_ENGINE_PREDICT_H
#define FG_ENGINE_PREDICT_H

#include <stddef.h>

#include "engine/graph.h"
#include "engine/posterior.h"

typedef struct fg_predict_options {
    fg_run_options run;       /* spec.predict, or changed */
    fg_parameters parameters; /* GIVEN or CONSTANT */
    size_t batch;             /* observations inferred at a time, at least 1; results hardly depend on it */
    uint64_t seed;
} fg_predict_options;

/* Marginals of the last layer's variables. */
typedef struct fg_prediction {
    size_t n, outputs;
    float *mean, *sd; /* [n][outputs] */
    bool converged;   /* every batch fell to tol */
    int iterations;   /* the most that a batch took */
} fg_prediction;

/* Predicts for n inputs x [n][inputs], whose rows have the given shape (FG_ORDER_HWC). hook (may be NULL) is
 * called after each iteration of each batch; when it asks to stop the result is FG_ESTOPPED. End with
 * fg_prediction_free. */
int fg_predict(fg_prediction *out, const fg_spec *spec, const fg_posterior *posterior, const float *x,
               fg_shape shape, size_t n, const fg_predict_options *options, const fg_run_hook *hook,
               fg_err *err);
void fg_prediction_free(fg_prediction *prediction);

/* Class probabilities p [classes] of logits with independent Gaussian marginals: softmax(mean / sqrt(1 + pi
 * sd^2 / 8)), MacKay's approximation to the expected softmax. */
void fg_class_probabilities(double *p, const float *mean, const float *sd, size_t classes);

#endif
