/* Makes the regression data of the paper's Figure 2c, for seeds 1..10: 90 points x ~ U(-1, 1) with
 * y = 5 sin(5 x / 0.75) + 0.15 (10 x)^2 + noise of standard deviation 1.5 + x^2, and the noise-free curve at
 * 201 points. Targets of both are standardised by the noisy ones. Usage: regression FOLDER; writes data-N.csv
 * and curve-N.csv. */
#include <math.h>
#include <stdio.h>

#include "base/rng.h"

enum { POINTS = 90, CURVE = 201, SEEDS = 10 };
enum { STREAM_X = 1, STREAM_NOISE };

static double curve(double x) {
    return 5 * sin(5 * x / 0.75) + 0.15 * (10 * x) * (10 * x);
}

static FILE *open_csv(const char *folder, const char *name, unsigned seed) {
    char path[4096];
    if (snprintf(path, sizeof path, "%s/%s-%u.csv", folder, name, seed) >= (int)sizeof path)
        return NULL;
    FILE *out = fopen(path, "w");
    if (out)
        fputs("x,y\n", out);
    return out;
}

static int make(const char *folder, unsigned seed) {
    double x[POINTS], y[POINTS], mean = 0, variance = 0;
    FILE *data = open_csv(folder, "data", seed), *truth = open_csv(folder, "curve", seed);
    if (!data || !truth)
        return -1;
    for (unsigned i = 0; i < POINTS; i++) {
        x[i] = 2 * fg_rng_uniform53(seed, STREAM_X, i) - 1;
        y[i] = curve(x[i]) + (1.5 + x[i] * x[i]) * fg_rng_normal(seed, STREAM_NOISE, i);
        mean += y[i] / POINTS;
    }
    for (unsigned i = 0; i < POINTS; i++)
        variance += (y[i] - mean) * (y[i] - mean) / POINTS;
    for (unsigned i = 0; i < POINTS; i++)
        fprintf(data, "%.6f,%.6f\n", x[i], (y[i] - mean) / sqrt(variance));
    for (int i = 0; i < CURVE; i++) {
        double at = 2.0 * i / (CURVE - 1) - 1;
        fprintf(truth, "%.2f,%.6f\n", at, (curve(at) - mean) / sqrt(variance));
    }
    return fclose(data) | fclose(truth);
}

int main(int argc, char **argv) {
    if (argc != 2)
        return fprintf(stderr, "usage: regression FOLDER\n"), 2;
    for (unsigned seed = 1; seed <= SEEDS; seed++)
        if (make(argv[1], seed)) {
            perror(argv[1]);
            return 1;
        }
    return 0;
}
