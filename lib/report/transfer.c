#include "report/transfer.h"

#include <math.h>

fg_transfer fg_transfer_measure(const double *accuracy, size_t n) {
    const double *last = accuracy + (n - 1) * n;
    fg_transfer t = {0, 0, 0};
    for (size_t j = 0; j < n; j++) {
        t.average += last[j] / (double)n;
        double best = -INFINITY;
        for (size_t i = 0; i + 1 < n; i++)
            best = isnan(accuracy[i * n + j]) || accuracy[i * n + j] > best ? accuracy[i * n + j] : best;
        if (j + 1 < n) {
            t.backward += (last[j] - accuracy[j * n + j]) / (double)(n - 1);
            t.forgetting += (best - last[j]) / (double)(n - 1);
        }
    }
    if (n < 2)
        t.backward = t.forgetting = NAN;
    return t;
}
