/* Robust energies by covariance scaling (METHOD section 2): a factor's precision is multiplied by k, chosen
 * so that the scaled quadratic k E equals the robust energy at the current residual. E = r^2/sigma^2 = M^2,
 * without a half. */
#ifndef FG_FACTOR_ROBUST_H
#define FG_FACTOR_ROBUST_H

#include <math.h>

#include "model/spec.h"

/* k in (0, 1] for squared distance E >= 0 and threshold N > 0: 1 up to M = N, then N^2/E (tukey) or 2N/M -
 * N^2/E (huber). */
static inline double fg_robust_weight(fg_robust robust, double energy, double threshold) {
    double cap = threshold * threshold;
    if (robust == FG_ROBUST_NONE || !(energy > cap))
        return 1;
    if (robust == FG_ROBUST_TUKEY)
        return cap / energy;
    return 2 * threshold / sqrt(energy) - cap / energy;
}

/* The robust energy: E up to M = N, then N^2 (tukey) or N (2 M - N) (huber). */
static inline double fg_robust_energy(fg_robust robust, double energy, double threshold) {
    if (robust == FG_ROBUST_NONE || !(energy > threshold * threshold))
        return energy;
    if (robust == FG_ROBUST_TUKEY)
        return threshold * threshold;
    return threshold * (2 * sqrt(energy) - threshold);
}

#endif
