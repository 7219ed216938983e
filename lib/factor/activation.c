#include "factor/activation.h"

#include <math.h>

static float sigmoid(float u) {
    return 1 / (1 + expf(-u));
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
        *slope = 1 - *value * *value;
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
