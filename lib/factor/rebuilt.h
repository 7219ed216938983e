/* Messages that are not stored but rebuilt (FG_STORAGE_FACTOR, METHOD section 6). A factor of rank 1 with
 * gate g = J of its weighted sum over sigma keeps two damped numbers for all its products w x: its score g (z
 * - M) / (1 + S) and its information g^2 / (1 + S), over all its variables. Its messages to a weight are then
 * lambda = x^2 information and eta = x score + lambda m, where x is the input, damped like the messages, and
 * m is a running mean of the weight that is the same for all factors: each update's mean counts for what that
 * update brought to the sum of lambda. Those to an input likewise, with w. Cavities are taken to first order
 * (kernels/conv_rebuilt_kernel.c). Where inference has come to rest, means are those of stored messages: the
 * score is then the residual at the means whatever the information is. A stored message has the variable's
 * own term left out of 1 + S, so that precisions differ by its share of S. */
#ifndef FG_FACTOR_REBUILT_H
#define FG_FACTOR_REBUILT_H

#include "factor/kernels/kernels.h"

typedef struct fg_rebuilt {
    float *w;                                  /* [rows of 16 parameters][FG_KEPT_SIZE] */
    float *x_seen, *x_middle, *x_sum, *x_mean; /* [slots] the same of inputs, where these are free */
    float *rows;                               /* [rows][FG_READ_SIZE] what kernels read */
    float *x_variance;                         /* [slots] of free inputs */
    float *x_lag; /* [slots] means of free inputs above what is extrapolated; NULL: not wanted */
} fg_rebuilt;

/* Whether a set's messages are to be rebuilt: parameters are sent some, and the net says so. */
bool fg_rebuilt_wanted(const fg_net *net, const fg_set *set);

/* Floats that are kept from one update to the next. */
size_t fg_rebuilt_size(const fg_set *set, size_t rows);

/* Gives r these floats, behind `at` (or NULL: none yet), and takes memory for what kernels read: zeros, as
 * which a bias that is not there is left. */
void fg_rebuilt_take(fg_rebuilt *r, const fg_set *set, size_t rows, float *at, fg_ws *ws);

/* Before an update: brings a row of parameters, of which `parameters` are all rows [FG_PARAMETER_SIZE], or
 * all free inputs, up to date. */
void fg_rebuilt_prepare(const fg_rebuilt *r, size_t row, const float *parameters, const fg_step *step);
void fg_rebuilt_prepare_inputs(const fg_rebuilt *r, const fg_set *set, const fg_step *step);

/* After an update that leaves this sum of lambda to parameter `lane` of a row: moves its running mean on and
 * returns it. */
double fg_rebuilt_move(const fg_rebuilt *r, size_t row, size_t lane, double lambda, const fg_step *step);

/* The same for all free inputs, and adds to their sums of eta what these lack. */
void fg_rebuilt_move_inputs(const fg_rebuilt *r, const fg_set *set, const fg_step *step);

#endif
