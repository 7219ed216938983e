/* Random dense blocks for the tests of kernels. */
#ifndef FG_FACTOR_KERNELS_DENSE_CASE_INTERNAL_H
#define FG_FACTOR_KERNELS_DENSE_CASE_INTERNAL_H

#include "factor/kernels/kernels.h"
#include "factor/oracle_internal.h"

/* What a case is made of. */
typedef struct fg_dense_plan {
    size_t inputs;
    fg_role x_role, w_role;
    bool bias, messages; /* messages: old ones that are not 0 */
    fg_activation activation;
    size_t lanes;       /* that have a factor; the others are padding */
    double size, zeros; /* of linearisation points: log-uniform up to size, or 0 with probability zeros */
    double least, most; /* of cavity precisions, log-uniform */
} fg_dense_plan;

/* A block and all that it points to. */
typedef struct fg_dense_case {
    fg_dense_plan plan;
    fg_dense_block block;
    size_t n_messages, n_sums;
    float *values; /* everything that is only read */
    float *message, *scratch;
    double *sums; /* y eta, y lambda [16] each; b eta, b lambda; w [inputs] each; x [inputs][pitch] each */
} fg_dense_case;

/* Draws a cavity, and sets belief `at` to it plus the messages (stride 16 apart in lambda) of n lanes from
 * `message`. */
static inline void fg_dense_case_belief(fg_draws *d, const fg_dense_plan *plan, float *parts[4], size_t at,
                                        float *message, size_t n) {
    double lambda = fg_draw_log(d, plan->least, plan->most), eta = lambda * fg_draw_normal(d);
    for (size_t l = 0; message && plan->messages && l < n; l++) {
        double own = fg_draw_log(d, plan->least, plan->most);
        message[l] = (float)(own * fg_draw_normal(d));
        message[FG_LANES + l] = (float)own;
        eta += (double)message[l];
        lambda += (double)message[FG_LANES + l];
    }
    parts[0][at] = (float)eta;
    parts[1][at] = (float)(eta - (double)parts[0][at]);
    parts[2][at] = (float)lambda;
    parts[3][at] = (float)(lambda - (double)parts[2][at]);
}

static inline fg_beliefs fg_dense_case_parts(float *parts[4], float **free_space, size_t n) {
    for (int i = 0; i < 4; i++, *free_space += n)
        parts[i] = *free_space;
    return (fg_beliefs){parts[0], parts[1], parts[2], parts[3]};
}

static inline float fg_dense_case_point(fg_draws *d, const fg_dense_plan *plan) {
    double sign = fg_draw(d, 0, 1) < 0.5 ? -1 : 1;
    if (fg_draw(d, 0, 1) < plan->zeros)
        return 0;
    return (float)(sign * fg_draw_log(d, 1e-3 * plan->size, plan->size));
}

static inline void fg_dense_case_sums(fg_dense_case *c) {
    size_t n = c->plan.inputs;
    double *s = c->sums;
    fg_dense_block *b = &c->block;
    b->sum_y_eta = s;
    b->sum_y_lambda = s + FG_LANES;
    b->sum_b_eta = s + 2 * FG_LANES;
    b->sum_b_lambda = b->sum_b_eta + 1;
    b->sum_w_eta = b->sum_b_lambda + 1;
    b->sum_w_lambda = b->sum_w_eta + n;
    b->sum_x_eta = b->sum_w_lambda + n;
    b->sum_x_lambda = b->sum_x_eta + n * b->pitch;
}

static inline void fg_dense_case_make(fg_dense_case *c, const fg_dense_plan *plan, fg_draws *d) {
    size_t n = plan->inputs, pitch = 2 * FG_LANES;
    bool x_free = plan->x_role == FG_ROLE_FREE, w_free = plan->w_role == FG_ROLE_FREE;
    float *x[4], *w[4], *b[4], *y[4];
    *c = (fg_dense_case){.plan = *plan};
    c->n_messages = fg_dense_messages(n, plan->x_role, plan->w_role);
    c->n_sums = 2 * FG_LANES + 2 + 2 * n + 2 * n * pitch;
    float *at = c->values = fg_oracle_alloc(5 * n * pitch + 5 * n + 5 + 5 * FG_LANES, sizeof(float));
    c->message = fg_oracle_alloc(c->n_messages, sizeof(float));
    c->scratch = fg_oracle_alloc(fg_dense_scratch(n) + FG_LANES, sizeof(float));
    c->sums = fg_oracle_alloc(c->n_sums, sizeof(double));
    c->block = (fg_dense_block){.inputs = n,
                                .pitch = pitch,
                                .x_role = plan->x_role,
                                .w_role = plan->w_role,
                                .activation = plan->activation,
                                .message = c->message,
                                .scratch = c->scratch};
    c->block.x = fg_dense_case_parts(x, &at, n * pitch);
    c->block.w = fg_dense_case_parts(w, &at, n);
    c->block.b = fg_dense_case_parts(b, &at, 1);
    c->block.y = fg_dense_case_parts(y, &at, FG_LANES);
    float *x_lin = at, *w_lin = x_lin + n * pitch, *b_lin = w_lin + n, *strength = b_lin + 1;
    c->block.x_lin = x_lin;
    c->block.w_lin = w_lin;
    c->block.b_lin = plan->bias ? b_lin : NULL;
    c->block.strength = strength;
    *b_lin = fg_dense_case_point(d, plan);
    fg_dense_case_belief(d, plan, b, 0, w_free ? c->message + 2 * FG_LANES : NULL, plan->lanes);
    for (size_t l = 0; l < FG_LANES; l++) {
        strength[l] = l < plan->lanes ? 1 : 0;
        fg_dense_case_belief(d, plan, y, l, c->message + l, l < plan->lanes);
    }
    for (size_t i = 0; i < n; i++) {
        float *mw = c->message + (2 + i * (size_t)(x_free + w_free)) * 2 * FG_LANES,
              *mx = mw + (w_free ? 2 * FG_LANES : 0);
        w_lin[i] = fg_dense_case_point(d, plan);
        fg_dense_case_belief(d, plan, w, i, w_free ? mw : NULL, plan->lanes);
        for (size_t l = 0; l < FG_LANES; l++) {
            x_lin[i * pitch + l] = l < plan->lanes ? fg_dense_case_point(d, plan) : 0;
            fg_dense_case_belief(d, plan, x, i * pitch + l, x_free ? mx + l : NULL, l < plan->lanes);
        }
    }
    fg_dense_case_sums(c);
}

static inline void fg_dense_case_free(fg_dense_case *c) {
    free(c->values);
    free(c->message);
    free(c->scratch);
    free(c->sums);
}

#endif
