#include "factor/activation.h"

#include <math.h>

static float sigmoid(float u) {
    return 1 / (1 + expf(-u));
}

/* 1 - value^2, of which nothing is left where the value is near 1. */
static float tanh_slope(float u, float value) {
    if (fabsf(u) < 4)
        return 1 - value * value;
    const float e = expf(-2 * fabsf(u));
    return 4 * e / ((1 + e) * (1 + e));
}

static void eval_one(fg_activation activation, float u, float *value, float *slope) {
    switch (activation) {
    case FG_ACT_RELU:
        *value = u > 0 ? u : 0;
        *slope = u > 0;
        break;
    case FG_ACT_LEAKY_RELU:
        *value = u > 0 ? u : FG_ACT_LEAK * u;
        *slope = u > 0 ? 1 : FG_ACT_LEAK;
        break;
    case FG_ACT_ELU:
        *value = u > 0 ? u : expm1f(u);
        *slope = u > 0 ? 1 : expf(u);
        break;
    case FG_ACT_TANH:
        *value = tanhf(u);
        *slope = tanh_slope(u, *value);
        break;
    case FG_ACT_SIGMOID:
        *value = sigmoid(u);
        *slope = *value * sigmoid(-u);
        break;
    case FG_ACT_SOFTPLUS:
        *value = u > 0 ? u + log1pf(expf(-u)) : log1pf(expf(u));
        *slope = sigmoid(u);
        break;
    case FG_ACT_IDENTITY:
    case FG_ACT_COUNT:
        *value = u;
        *slope = 1;
        break;
    }
}

void fg_activation_eval(fg_activation activation, const float *u, float *value, float *slope, size_t n) {
    for (size_t i = 0; i < n; i++)
        eval_one(activation, u[i], &value[i], &slope[i]);
}
