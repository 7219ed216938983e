/* How good predictions are. */
#ifndef FG_REPORT_SCORE_H
#define FG_REPORT_SCORE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "engine/predict.h"

typedef struct fg_class_score {
    size_t n;
    double accuracy; /* share of most probable classes that are right */
    double nll;      /* mean of -ln p(label); p is at least 1e-300 */
    double ece;      /* expected calibration error of the most probable class, 15 bins of equal width */
} fg_class_score;

/* Scores logits' marginals against labels [n], each in 0 .. outputs-1. FG_EINVAL names a label that is not.
 */
int fg_score_classes(fg_class_score *score, const fg_prediction *prediction, const int32_t *labels,
                     fg_err *err);

/* How classes are taken for each other: shares [outputs][outputs], of the observations with label i those
 * whose most probable class is j. Not a number in the rows of labels that do not occur. FG_EINVAL as above.
 */
int fg_score_confusion(double *shares, const fg_prediction *prediction, const int32_t *labels, fg_err *err);

typedef struct fg_real_score {
    size_t n;
    double rmse;             /* over all values */
    double nll;              /* mean per value, of N(mean, sd^2 + noise^2) */
    double within1, within2; /* shares of targets within one and two such deviations */
} fg_real_score;

/* Scores marginals against targets [n][outputs]; noise is the standard deviation of the observation factor.
 */
void fg_score_real(fg_real_score *score, const fg_prediction *prediction, const float *targets, double noise);

#endif
