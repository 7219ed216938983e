/* Benchmarks of the kernels of convolutions, pooling and dense layers over many inputs. */
#ifndef FG_ENGINE_BENCH_GRID_INTERNAL_H
#define FG_ENGINE_BENCH_GRID_INTERNAL_H

#include "engine/bench_internal.h"

/* Beliefs well above the messages, which are small. */
static inline float *small(size_t n) {
    float *x = floats(n);
    for (size_t i = 0; i < n; i++)
        x[i] *= 1e-3f;
    return x;
}

/* v rows of 16 inputs, and units that share them; as many factors where messages are rebuilt. */
static inline void make_wide(job *j) {
    size_t message = fg_wide_messages(j->v, FG_ROLE_FREE);
    j->n = j->size / (message * sizeof(float));
    j->n = j->n ? j->n : 1;
    for (int i = 0; i < 7; i++)
        j->f[i] = floats(j->v * L);
    j->f[7] = floats((j->v + 1) * FG_PARAMETER_SIZE);
    j->f[8] = small(j->n * message);
    j->f[9] = floats(fg_wide_scratch(j->v));
    j->messages = (double)j->n * (double)(2 * j->v * L + 2);
    j->bytes = (double)j->n * (double)message * 2 * sizeof(float);
}

static inline void pass_wide(job *j) {
    for (size_t i = 0; i < j->n; i++) {
        fg_wide_factor f = {.rows = j->v,
                            .w_role = FG_ROLE_FREE,
                            .x_mean = j->f[0],
                            .x_eta = j->f[1],
                            .x_lambda = j->f[2],
                            .parameters = j->f[7],
                            .bias = true,
                            .b = j->f[7] + j->v * FG_PARAMETER_SIZE,
                            .y_eta = 1,
                            .y_lambda = 1,
                            .activation = FG_ACT_IDENTITY,
                            .strength = 1,
                            .message = j->f[8] + i * fg_wide_messages(j->v, FG_ROLE_FREE),
                            .sum_w_eta = j->f[3],
                            .sum_w_lambda = j->f[4],
                            .sum_x_eta = j->f[5],
                            .sum_x_lambda = j->f[6],
                            .scratch = j->f[9],
                            .blend = plain};
        j->kernels->wide(&f);
    }
}

/* The same rebuilt. */
static inline void make_wide_rebuilt(job *j) {
    make_wide(j);
    j->f[10] = floats((j->v + 1) * FG_KEPT_SIZE);
    j->bytes = (double)j->n * 2 * FG_WIDE_REBUILT * sizeof(float);
}

static inline void pass_wide_rebuilt(job *j) {
    for (size_t i = 0; i < j->n; i++) {
        fg_wide_rebuilt_factor f = {.rows = j->v,
                                    .x = j->f[0],
                                    .x_variance = j->f[1],
                                    .x_seen = j->f[2],
                                    .parameters = j->f[7],
                                    .kept = j->f[10],
                                    .y_eta = 1,
                                    .y_lambda = 1,
                                    .activation = FG_ACT_IDENTITY,
                                    .strength = 1,
                                    .message = j->f[8] + i * FG_WIDE_REBUILT,
                                    .sum_w_eta = j->f[3],
                                    .sum_w_lambda = j->f[4],
                                    .sum_x_eta = j->f[5],
                                    .sum_x_lambda = j->f[6],
                                    .blend = plain};
        j->kernels->wide_rebuilt(&f);
    }
}

/* Rows of 24 positions, v terms each; noiseless inputs, none of them 0, or free ones. */
enum { POSITIONS = 24 };

static inline void make_conv_of(job *j, fg_role x_role) {
    size_t message = fg_conv_messages(j->v, x_role, FG_ROLE_FREE) * POSITIONS;
    j->n = j->size / (message * sizeof(float));
    j->n = j->n ? j->n : 1;
    for (int i = 0; i < 5; i++)
        j->f[i] = floats(POSITIONS + j->v);
    j->f[5] = floats((j->v + 1) * FG_PARAMETER_SIZE);
    j->f[6] = small(j->n * message);
    j->f[7] = floats(fg_dense_scratch(j->v));
    for (int i = 8; i < 12; i++)
        j->f[i] = small(POSITIONS * L);
    j->f[12] = floats((j->v + 1) * 2 * L);
    j->f[13] = floats(L);
    j->s[0] = take(j->v * sizeof(ptrdiff_t));
    j->s[1] = take((j->v + 1) * sizeof(uint32_t));
    uint32_t *active = (uint32_t *)j->s[1];
    for (size_t t = 0; t < j->v; t++) {
        j->s[0][t] = t;
        active[t] = (uint32_t)t;
    }
    active[j->v] = (uint32_t)j->v;
    j->messages = (double)j->n * (double)(j->v * (x_role == FG_ROLE_FREE ? 2 : 1) + 2) * POSITIONS * L;
    j->bytes = (double)j->n * (double)message * 2 * sizeof(float);
}

static inline void pass_conv_of(job *j, fg_role x_role) {
    size_t message = fg_conv_messages(j->v, x_role, FG_ROLE_FREE) * POSITIONS;
    for (size_t i = 0; i < j->n; i++) {
        fg_conv_run r = {.positions = POSITIONS,
                         .terms = j->v,
                         .x_role = x_role,
                         .w_role = FG_ROLE_FREE,
                         .bias = true,
                         .activation = FG_ACT_LEAKY_RELU,
                         .offset = (ptrdiff_t *)j->s[0],
                         .x_step = 1,
                         .y_step = L,
                         .active = (uint32_t *)j->s[1],
                         .n_active = (uint32_t *)j->s[1] + j->v,
                         .x_lin = j->f[0],
                         .x_eta = j->f[1],
                         .x_lambda = j->f[2],
                         .sum_x_eta = j->f[3],
                         .sum_x_lambda = j->f[4],
                         .parameters = j->f[5],
                         .y = {.prior_lambda = 1, .n = 1, .eta = {j->f[8]}, .lambda = {j->f[9]}},
                         .y_eta = j->f[10],
                         .y_lambda = j->f[11],
                         .strength = j->f[13],
                         .message = j->f[6] + i * message,
                         .sum_w = j->f[12],
                         .scratch = j->f[7],
                         .blend = plain};
        j->kernels->conv(&r);
    }
}

static inline void make_conv(job *j) {
    make_conv_of(j, FG_ROLE_CONSTANT);
}

static inline void pass_conv(job *j) {
    pass_conv_of(j, FG_ROLE_CONSTANT);
}

static inline void make_conv_free(job *j) {
    make_conv_of(j, FG_ROLE_FREE);
}

static inline void pass_conv_free(job *j) {
    pass_conv_of(j, FG_ROLE_FREE);
}

/* The same rebuilt; channels of free inputs stand side by side, v / 25 of them. */
static inline void make_conv_rebuilt_of(job *j, fg_role x_role) {
    make_conv_of(j, x_role);
    const size_t channels = x_role == FG_ROLE_FREE ? j->v / 25 : 1, padded = (channels + L - 1) / L * L;
    for (int i = 14; i < 17; i++)
        j->f[i] = floats((POSITIONS + 5) * 5 * padded);
    j->f[17] = floats(25 * padded * L);
    for (size_t t = 0; t < j->v && x_role == FG_ROLE_FREE; t++)
        j->s[0][t] = (t % 25 / 5 * (POSITIONS + 5) + t % 5) * padded + t / 25;
    j->bytes = (double)j->n * POSITIONS * 2 * FG_CONV_REBUILT * sizeof(float);
}

static inline void pass_conv_rebuilt_of(job *j, fg_role x_role) {
    const bool x_free = x_role == FG_ROLE_FREE;
    const size_t channels = x_free ? j->v / 25 : 1, padded = (channels + L - 1) / L * L;
    for (size_t i = 0; i < j->n; i++) {
        fg_conv_rebuilt_run r = {.positions = POSITIONS,
                                 .terms = j->v,
                                 .channels = channels,
                                 .bias = true,
                                 .activation = FG_ACT_LEAKY_RELU,
                                 .offset = (ptrdiff_t *)j->s[0],
                                 .x_step = x_free ? padded : 1,
                                 .y_step = L,
                                 .x_channel = 1,
                                 .x_padded = x_free,
                                 .active = (uint32_t *)j->s[1],
                                 .n_active = (uint32_t *)j->s[1] + j->v,
                                 .x = j->f[14],
                                 .x_square = j->f[14],
                                 .x_lag = x_free ? j->f[14] : NULL,
                                 .x_variance = x_free ? j->f[14] : NULL,
                                 .x_seen = j->f[14],
                                 .x_seen_square = j->f[14],
                                 .sum_x_eta = j->f[15],
                                 .sum_x_lambda = j->f[16],
                                 .parameters = j->f[5],
                                 .turned = j->f[17],
                                 .y = {.prior_lambda = 1, .n = 1, .eta = {j->f[8]}, .lambda = {j->f[9]}},
                                 .y_eta = j->f[10],
                                 .y_lambda = j->f[11],
                                 .strength = j->f[13],
                                 .factor = j->f[6] + i * FG_CONV_REBUILT * POSITIONS,
                                 .sum_w = j->f[12],
                                 .blend = plain};
        j->kernels->conv_rebuilt(&r);
    }
}

static inline void make_conv_rebuilt(job *j) {
    make_conv_rebuilt_of(j, FG_ROLE_CONSTANT);
}

static inline void pass_conv_rebuilt(job *j) {
    pass_conv_rebuilt_of(j, FG_ROLE_CONSTANT);
}

static inline void make_conv_free_rebuilt(job *j) {
    make_conv_rebuilt_of(j, FG_ROLE_FREE);
}

static inline void pass_conv_free_rebuilt(job *j) {
    pass_conv_rebuilt_of(j, FG_ROLE_FREE);
}

/* Windows of v inputs, whose variables are read once. */
static inline void make_pool(job *j) {
    j->n = j->size / (5 * (j->v + 1) * L * sizeof(float));
    for (int i = 0; i < 5; i++)
        j->f[i] = small(j->n * j->v * L);
    for (int i = 5; i < 9; i++)
        j->f[i] = small(j->n * L);
    j->f[9] = floats(L);
    j->f[10] = floats(fg_pool_scratch(j->v));
    j->s[0] = take(j->v * sizeof(ptrdiff_t));
    for (size_t i = 0; i < j->v; i++)
        j->s[0][i] = i * L;
    j->messages = (double)j->n * (double)(j->v + 1) * L;
    j->bytes = (double)j->n * (double)(7 * j->v + 6) * L * sizeof(float);
}

static inline void pass_pool(job *j) {
    for (size_t i = 0; i < j->n; i++) {
        size_t x = i * j->v * L, y = i * L;
        fg_pool_window w = {.size = j->v,
                            .most = true,
                            .x_role = FG_ROLE_FREE,
                            .offset = (ptrdiff_t *)j->s[0],
                            .x_mean = j->f[0] + x,
                            .x = {.prior_lambda = 1, .n = 1, .eta = {j->f[1] + x}, .lambda = {j->f[2] + x}},
                            .y = {.prior_lambda = 1, .n = 1, .eta = {j->f[5] + y}, .lambda = {j->f[6] + y}},
                            .x_eta = j->f[3] + x,
                            .x_lambda = j->f[4] + x,
                            .y_eta = j->f[7] + y,
                            .y_lambda = j->f[8] + y,
                            .strength = j->f[9],
                            .scratch = j->f[10],
                            .blend = plain};
        j->kernels->pool(&w);
    }
}

/* Rows of 16 blocks of pixels of one channel, v terms each; the activations stay in cache. */
enum { ROW_BLOCKS = 16 };

static inline void make_tconv(job *j) {
    size_t message = fg_dense_messages(j->v, FG_ROLE_FREE, FG_ROLE_FREE) * ROW_BLOCKS, row = ROW_BLOCKS * L;
    j->n = j->size / (message * sizeof(float));
    j->n = j->n ? j->n : 1;
    for (int i = 0; i < 5; i++)
        j->f[i] = floats(row + j->v);
    for (int i = 5; i < 10; i++)
        j->f[i] = floats(row + j->v + L);
    j->f[10] = small(j->n * message);
    j->f[11] = floats(fg_dense_scratch(j->v));
    j->f[12] = floats((j->v + 1) * 2 * L);
    j->f[13] = floats(row);
    j->s[0] = take(j->v * sizeof(ptrdiff_t));
    j->s[1] = take(2 * j->v * sizeof(float *));
    float **to = (float **)(void *)j->s[1];
    for (size_t t = 0; t < j->v; t++) {
        j->s[0][t] = t;
        to[t] = j->f[3] + t;
        to[j->v + t] = j->f[4] + t;
    }
    j->messages = (double)j->n * (double)(2 * j->v + 2) * (double)row;
    j->bytes = (double)j->n * (double)message * 2 * sizeof(float);
}

static inline void pass_tconv(job *j) {
    size_t message = fg_dense_messages(j->v, FG_ROLE_FREE, FG_ROLE_FREE) * ROW_BLOCKS;
    fg_beliefs w = {j->f[5], j->f[6], j->f[7], j->f[8]};
    float **to = (float **)(void *)j->s[1];
    for (size_t i = 0; i < j->n; i++) {
        fg_tconv_row r = {.end = ROW_BLOCKS,
                          .terms = j->v,
                          .w_role = FG_ROLE_FREE,
                          .offset = (ptrdiff_t *)j->s[0],
                          .x_lin = j->f[0],
                          .x_eta = j->f[1],
                          .x_lambda = j->f[2],
                          .sum_x_eta = to,
                          .sum_x_lambda = to + j->v,
                          .w_lin = j->f[9],
                          .b_lin = j->f[9],
                          .w = w,
                          .b = w,
                          .y_eta = j->f[1],
                          .y_lambda = j->f[2],
                          .sum_y_eta = j->f[5],
                          .sum_y_lambda = j->f[6],
                          .strength = j->f[13],
                          .gate = j->f[13],
                          .z = j->f[13],
                          .message = j->f[10] + i * message,
                          .sum_w = j->f[12],
                          .scratch = j->f[11],
                          .keep = plain.keep,
                          .keep_w = plain.keep,
                          .counted = 1};
        j->kernels->tconv(&r);
    }
}

#endif
