#include "engine/posterior.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

int fg_posterior_create(fg_posterior **out, size_t n, fg_err *err) {
    fg_posterior *p = fg_zalloc(1, sizeof *p);
    *out = NULL;
    if (!p || !(p->parameters = fg_zalloc(n, sizeof *p->parameters))) {
        fg_free(p);
        return fg_err_set(err, FG_ENOMEM, "out of memory for %zu parameters", n);
    }
    p->room = n;
    *out = p;
    return FG_OK;
}

fg_parameter *fg_posterior_add(fg_posterior *posterior, const char *name, int rank, const size_t *dims) {
    if (posterior->n == posterior->room || rank < 1 || rank > 2)
        return NULL;
    fg_parameter *p = &posterior->parameters[posterior->n];
    *p = (fg_parameter){.rank = rank, .size = 1};
    snprintf(p->name, sizeof p->name, "%s", name);
    for (int i = 0; i < rank; i++) {
        p->dims[i] = dims[i];
        if (fg_size_mul(&p->size, p->size, dims[i]))
            return NULL;
    }
    p->eta = fg_zalloc(p->size, sizeof(double));
    p->lambda = fg_zalloc(p->size, sizeof(double));
    posterior->n++; /* also when one is missing, so that the other is freed */
    return p->eta && p->lambda ? p : NULL;
}

const fg_parameter *fg_posterior_find(const fg_posterior *posterior, const char *name) {
    for (size_t i = 0; i < posterior->n; i++)
        if (!strcmp(posterior->parameters[i].name, name))
            return &posterior->parameters[i];
    return NULL;
}

int fg_parameter_check(const fg_parameter *p, fg_err *err) {
    for (size_t i = 0; i < p->size; i++) {
        double lambda = p->lambda[i], mean = p->eta[i] / lambda;
        if (!(lambda >= FG_PRECISION_MIN && lambda <= FG_PRECISION_MAX && fabs(mean) <= FG_MEAN_MAX &&
              fabs(p->eta[i]) <= FG_PRECISION_MAX))
            return fg_err_set(
                err, FG_EFORMAT,
                "parameter '%s', entry %zu: mean %.3g and precision %.3g are out of range (up to "
                "%g, and %g to %g)",
                p->name, i, mean, lambda, FG_MEAN_MAX, FG_PRECISION_MIN, FG_PRECISION_MAX);
        if (p->average && !(fabs(p->average[i]) <= FG_MEAN_MAX))
            return fg_err_set(err, FG_EFORMAT, "parameter '%s', entry %zu: average %.3g is not within +-%g",
                              p->name, i, p->average[i], FG_MEAN_MAX);
    }
    return FG_OK;
}

static int no_memory(const fg_parameter *p, fg_err *err) {
    return fg_err_set(err, FG_ENOMEM, "out of memory for the correlations of '%s'", p->name);
}

int fg_parameter_correlate(fg_parameter *p, size_t joint, fg_err *err) {
    size_t all;
    fg_size_mul(&all, joint, joint);
    float *correlation = fg_zalloc(all, sizeof *correlation);
    if (!correlation)
        return no_memory(p, err);
    for (size_t i = 0; i < joint; i++)
        correlation[i * joint + i] = 1;
    fg_free(p->correlation);
    fg_free(p->wide_correlation);
    p->correlation = correlation;
    p->wide_correlation = NULL;
    p->joint = joint;
    p->matrices = 1;
    return FG_OK;
}

/* Puts as many copies of one matrix, of entries of `entry` bytes, into its place; NULL without memory. */
static void *copies_of(void *matrix, size_t rows, size_t all, size_t entry) {
    size_t each;
    fg_size_mul(&each, all, entry);
    unsigned char *copies = fg_alloc(rows, each);
    for (size_t i = 0; copies && i < rows; i++)
        memcpy(copies + i * each, matrix, each);
    if (copies)
        fg_free(matrix);
    return copies;
}

int fg_parameter_spread(fg_parameter *p, fg_err *err) {
    const size_t all = p->joint * p->joint, rows = p->dims[0];
    if (p->matrices == rows || !fg_parameter_correlated(p))
        return FG_OK;
    void *copies = p->wide_correlation ? copies_of(p->wide_correlation, rows, all, sizeof(double))
                                       : copies_of(p->correlation, rows, all, sizeof(float));
    if (!copies)
        return no_memory(p, err);
    if (p->wide_correlation)
        p->wide_correlation = copies;
    else
        p->correlation = copies;
    p->matrices = rows;
    return FG_OK;
}

int fg_parameter_widen(fg_parameter *p, fg_err *err) {
    const size_t n = fg_parameter_correlations(p);
    if (!p->correlation)
        return FG_OK;
    if (!(p->wide_correlation = fg_alloc(n, sizeof *p->wide_correlation)))
        return no_memory(p, err);
    for (size_t i = 0; i < n; i++)
        p->wide_correlation[i] = (double)p->correlation[i];
    fg_free(p->correlation);
    p->correlation = NULL;
    return FG_OK;
}

int fg_parameter_take_correlations(fg_parameter *p, const float *correlation, const double *wide,
                                   size_t matrices, fg_err *err) {
    if (!fg_parameter_correlated(p))
        return FG_OK;
    int status = matrices > 1 ? fg_parameter_spread(p, err) : FG_OK;
    if (!status && wide)
        status = fg_parameter_widen(p, err);
    const size_t n = p->joint * p->joint * matrices;
    for (size_t at = 0; at < fg_parameter_correlations(p) && !status; at += n) {
        if (wide)
            memcpy(p->wide_correlation + at, wide, n * sizeof *wide);
        else if (p->correlation)
            memcpy(p->correlation + at, correlation, n * sizeof *correlation);
        for (size_t i = 0; i < n && !wide && !p->correlation; i++)
            p->wide_correlation[at + i] = (double)correlation[i];
    }
    return status;
}

void fg_parameter_decorrelate(fg_parameter *p, double kept) {
    for (size_t i = 0; i < fg_parameter_correlations(p); i++) {
        if (i % (p->joint * p->joint) % (p->joint + 1) == 0)
            continue;
        if (p->wide_correlation)
            p->wide_correlation[i] *= kept;
        else
            p->correlation[i] *= (float)kept;
    }
}

/* Averages and correlations, where there are any. */
static int copy_rest(fg_parameter *to, const fg_parameter *from, fg_err *err) {
    if (fg_parameter_correlated(from)) {
        int status = fg_parameter_correlate(to, from->joint, err);
        if (!status)
            status = fg_parameter_take_correlations(to, from->correlation, from->wide_correlation,
                                                    from->matrices, err);
        if (status)
            return status;
    }
    if (!from->average)
        return FG_OK;
    if (!(to->average = fg_alloc(from->size, sizeof *to->average)))
        return fg_err_set(err, FG_ENOMEM, "out of memory for the average of '%s'", from->name);
    memcpy(to->average, from->average, from->size * sizeof *to->average);
    return FG_OK;
}

int fg_posterior_copy(fg_posterior **out, const fg_posterior *from, fg_err *err) {
    fg_posterior *copy;
    *out = NULL;
    int status = fg_posterior_create(&copy, from->n, err);
    for (size_t i = 0; i < from->n && !status; i++) {
        const fg_parameter *p = &from->parameters[i];
        fg_parameter *q = fg_posterior_add(copy, p->name, p->rank, p->dims);
        if (!q) {
            status = fg_err_set(err, FG_ENOMEM, "out of memory for %zu parameters", from->n);
            break;
        }
        memcpy(q->eta, p->eta, p->size * sizeof *p->eta);
        memcpy(q->lambda, p->lambda, p->size * sizeof *p->lambda);
        status = copy_rest(q, p, err);
    }
    if (status)
        fg_posterior_free(copy);
    else
        *out = copy;
    return status;
}

void fg_posterior_forget(fg_posterior *posterior, const fg_posterior *priors, double a) {
    for (size_t i = 0; i < posterior->n; i++) {
        fg_parameter *p = &posterior->parameters[i];
        const fg_parameter *prior = fg_posterior_find(priors, p->name);
        for (size_t j = 0; prior && j < p->size; j++) {
            if (prior->lambda[j] >= FG_PRECISION_KNOWN)
                continue;
            double mean = a * prior->eta[j] / prior->lambda[j] + (1 - a) * p->eta[j] / p->lambda[j];
            double sd = a / sqrt(prior->lambda[j]) + (1 - a) / sqrt(p->lambda[j]);
            p->lambda[j] = 1 / (sd * sd);
            p->eta[j] = mean * p->lambda[j];
        }
        if (prior)
            fg_parameter_decorrelate(p, fg_posterior_kept(a));
    }
}

void fg_posterior_temper(fg_posterior *posterior, double t) {
    for (size_t i = 0; i < posterior->n; i++) {
        fg_parameter *p = &posterior->parameters[i];
        for (size_t j = 0; j < p->size; j++) {
            if (p->lambda[j] >= FG_PRECISION_KNOWN)
                continue;
            double share = fmax(t, fmin(1, FG_TEMPERED_MIN / p->lambda[j]));
            p->eta[j] *= share;
            p->lambda[j] *= share;
        }
    }
}

void fg_posterior_assign(fg_posterior *to, const fg_posterior *from) {
    for (size_t i = 0; i < from->n; i++) {
        const fg_parameter *p = &from->parameters[i];
        memcpy(to->parameters[i].eta, p->eta, p->size * sizeof *p->eta);
        memcpy(to->parameters[i].lambda, p->lambda, p->size * sizeof *p->lambda);
    }
}

static double mean_of(const fg_parameter *p, size_t entry) {
    return p->eta[entry] / p->lambda[entry];
}

static int begin_average(fg_parameter *p, fg_err *err) {
    if (!(p->average = fg_alloc(p->size, sizeof *p->average)))
        return fg_err_set(err, FG_ENOMEM, "out of memory for the average of %zu parameters", p->size);
    for (size_t i = 0; i < p->size; i++)
        p->average[i] = mean_of(p, i);
    return FG_OK;
}

int fg_posterior_average(fg_posterior *posterior, double k, fg_err *err) {
    /* Memory first, so that all averages move or none does. */
    for (size_t i = 0; i < posterior->n; i++)
        if (!posterior->parameters[i].average && begin_average(&posterior->parameters[i], err))
            return FG_ENOMEM;
    for (size_t i = 0; i < posterior->n; i++) {
        const fg_parameter *p = &posterior->parameters[i];
        for (size_t j = 0; j < p->size; j++)
            p->average[j] += (mean_of(p, j) - p->average[j]) / k;
    }
    return FG_OK;
}

void fg_posterior_free(fg_posterior *posterior) {
    if (!posterior)
        return;
    for (size_t i = 0; i < posterior->n; i++) {
        fg_free(posterior->parameters[i].eta);
        fg_free(posterior->parameters[i].lambda);
        fg_free(posterior->parameters[i].average);
        fg_free(posterior->parameters[i].correlation);
        fg_free(posterior->parameters[i].wide_correlation);
    }
    fg_free(posterior->parameters);
    fg_free(posterior);
}
