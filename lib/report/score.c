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

static int check_labels(const int32_t *labels, size_t n, size_t classes, fg_err *err) {
    for (size_t i = 0; i < n; i++)
        if (labels[i] < 0 || (size_t)labels[i] >= classes)
            return fg_err_set(err, FG_EINVAL, "observation %zu: label %d is not in 0..%zu", i, labels[i],
                              classes - 1);
    return FG_OK;
}

int fg_score_classes(fg_class_score *score, const fg_prediction *prediction, const int32_t *labels,
                     fg_err *err) {
    double confidence[BINS] = {0}, right[BINS] = {0}, nll = 0, gap = 0;
    size_t n = prediction->n, classes = prediction->outputs, correct = 0;
    double *p = fg_alloc(classes, sizeof *p);
    if (!p)
        return fg_err_set(err, FG_ENOMEM, "out of memory for %zu classes", classes);
    int status = check_labels(labels, n, classes, err);
    for (size_t i = 0; i < n && !status; i++) {
        fg_class_probabilities(p, prediction->mean + i * classes, prediction->sd + i * classes, classes);
        size_t best = most_probable(p, classes);
        int bin = (int)(p[best] * BINS) < BINS ? (int)(p[best] * BINS) : BINS - 1;
        confidence[bin] += p[best];
        right[bin] += best == (size_t)labels[i];
        correct += best == (size_t)labels[i];
        nll -= log(fmax(p[labels[i]], 1e-300));
    }
    fg_free(p);
    if (status)
        return status;
    for (int b = 0; b < BINS; b++)
        gap += fabs(confidence[b] - right[b]);
    *score = (fg_class_score){n, (double)correct / (double)n, nll / (double)n, gap / (double)n};
    return FG_OK;
}

int fg_score_confusion(double *shares, const fg_prediction *prediction, const int32_t *labels, fg_err *err) {
    size_t n = prediction->n, classes = prediction->outputs;
    int status = check_labels(labels, n, classes, err);
    double *p = status ? NULL : fg_alloc(classes, sizeof *p);
    if (!status && !p)
        status = fg_err_set(err, FG_ENOMEM, "out of memory for %zu classes", classes);
    if (status)
        return status;
    for (size_t i = 0; i < classes * classes; i++)
        shares[i] = 0;
    for (size_t i = 0; i < n; i++) {
        fg_class_probabilities(p, prediction->mean + i * classes, prediction->sd + i * classes, classes);
        shares[(size_t)labels[i] * classes + most_probable(p, classes)]++;
    }
    fg_free(p);
    for (double *row = shares; row < shares + classes * classes; row += classes) {
        double sum = 0;
        for (size_t j = 0; j < classes; j++)
            sum += row[j];
        for (size_t j = 0; j < classes; j++)
            row[j] = sum > 0 ? row[j] / sum : NAN;
    }
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
