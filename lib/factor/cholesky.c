#include "factor/cholesky.h"

#include <math.h>

void fg_cholesky(double *a, size_t n, double least) {
    for (size_t i = 0; i < n; i++) {
        double *row = a + i * n;
        for (size_t j = 0; j <= i; j++) {
            const double *other = a + j * n;
            double sum = row[j];
            for (size_t k = 0; k < j; k++)
                sum -= row[k] * other[k];
            row[j] = i == j ? sqrt(sum > least ? sum : least) : sum / other[j];
        }
    }
}

void fg_cholesky_forward(double *x, const double *lower, size_t n) {
    for (size_t i = 0; i < n; i++) {
        double sum = x[i];
        for (size_t k = 0; k < i; k++)
            sum -= lower[i * n + k] * x[k];
        x[i] = sum / lower[i * n + i];
    }
}

void fg_cholesky_back(double *x, const double *lower, size_t n) {
    for (size_t i = n; i-- > 0;) {
        double sum = x[i];
        for (size_t k = i + 1; k < n; k++)
            sum -= lower[k * n + i] * x[k];
        x[i] = sum / lower[i * n + i];
    }
}
