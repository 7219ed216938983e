#include "report/score.h"

#include <math.h>

#include "base/mem.h"

enum { BINS = 15 };

static size_t most_probable(const double *p, size_t n) {
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        if (p[i] > p[best])
            best = i;
    return best;
}

int fg_score_classes(fg_class_score *score, const fg_prediction *prediction, const int32_t *labels,
                     fg_err *err) {
    double confidence[BINS] = {0}, right[BINS] = {0}, nll = 0, gap = 0;
    size_t n = prediction->n, classes = prediction->outputs, correct = 0;
    double *p = fg_alloc(classes, sizeof *p);
    if (!p)
        return fg_err_set(err, FG_ENOMEM, "out of memory for %zu classes", classes);
    for (size_t i = 0; i < n; i++) {
        if (labels[i] < 0 || (size_t)labels[i] >= classes) {
            fg_free(p);
            return fg_err_set(err, FG_EINVAL, "observation %zu: label %d is not in 0..%zu", i, labels[i],
                              classes - 1);
        }
        fg_class_probabilities(p, prediction->mean + i * classes, prediction->sd + i * classes, classes);
        size_t best = most_probable(p, classes);
        int bin = (int)(p[best] * BINS) < BINS ? (int)(p[best] * BINS) : BINS - 1;
        confidence[bin] += p[best];
        right[bin] += best == (size_t)labels[i];
        correct += best == (size_t)labels[i];
        nll -= log(fmax(p[labels[i]], 1e-300));
    }
    fg_free(p);
    for (int b = 0; b < BINS; b++)
        gap += fabs(confidence[b] - right[b]);
    *score = (fg_class_score){n, (double)correct / (double)n, nll / (double)n, gap / (double)n};
    return FG_OK;
}

void fg_score_real(fg_real_score *score, const fg_prediction *prediction, const float *targets,
                   double noise) {
    size_t values = prediction->n * prediction->outputs, within1 = 0, within2 = 0;
    double squares = 0, nll = 0;
    for (size_t i = 0; i < values; i++) {
        double d = (double)targets[i] - (double)prediction->mean[i];
        double variance = (double)prediction->sd[i] * (double)prediction->sd[i] + noise * noise;
        squares += d * d;
        nll += 0.5 * (log(6.283185307179586476925 * variance) + d * d / variance);
        within1 += d * d <= variance;
        within2 += d * d <= 4 * variance;
    }
    *score = (fg_real_score){.n = prediction->n,
                             .rmse = sqrt(squares / (double)values),
                             .nll = nll / (double)values,
                             .within1 = (double)within1 / (double)values,
                             .within2 = (double)within2 / (double)values};
}
