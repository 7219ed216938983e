/* Activation functions g and their derivatives (METHOD section 3). */
#ifndef FG_FACTOR_ACTIVATION_H
#define FG_FACTOR_ACTIVATION_H

#include <stddef.h>

#include "model/spec.h"

/* The slope of leaky_relu for negative inputs. */
#define FG_ACT_LEAK 0.2f

/* value[i] = g(u[i]) and slope[i] = g'(u[i]) for i < n. At the kink of relu and leaky_relu the slope is that
 * of the positive side's limit from the left: 0 and 0.2. Finite u give finite results. */
void fg_activation_eval(fg_activation activation, const float *u, float *value, float *slope, size_t n);

#endif
