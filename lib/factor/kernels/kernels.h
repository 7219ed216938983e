/* Message kernels. Each is written once in plain C and compiled once per instruction set; all builds give the
 * same bytes (IEEE division, no contraction into fused multiply-adds, sums in a fixed order).
 * fg_kernels_current() picks the table of the set in use (base/cpu.h).
 *
 * All kernels update messages in place: computed from cavities, damped, dropped, and refused when not finite.
 */
#ifndef FG_FACTOR_KERNELS_KERNELS_H
#define FG_FACTOR_KERNELS_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"
#include "factor/net.h"
#include "factor/trouble.h"

/* How new messages replace old ones. */
typedef struct fg_blend {
    float keep;          /* damping d: new = d * old + (1 - d) * computed */
    uint32_t drop;       /* a message keeps its old value when its 32-bit draw is below this; 0: never */
    uint32_t key0, key1; /* of the draws, per block */
} fg_blend;

/* The blend of one block of one update. */
fg_blend fg_blend_make(const fg_step *step, uint64_t block);

/* Whether the draw of this number says that a message is dropped. */
static inline bool fg_blend_drops(const fg_blend *blend, uint32_t draw) {
    return blend->drop != 0 && fg_rng_lane(blend->key0, blend->key1, draw) < blend->drop;
}

/* Beliefs of a run of variables: high and low parts; the low ones are NULL in single groups. */
typedef struct fg_beliefs {
    const float *eta, *eta_lo, *lambda, *lambda_lo;
} fg_beliefs;

/* Those of a wide group from a slot on; none of constants, or where there is no group. */
fg_beliefs fg_beliefs_at(const fg_group *group, size_t slot);

/* 16 factors of rank 1 side by side, each over v variables, in double. Cavities and messages of variable i of
 * lane l stand at [(2 i) * 16 + l] (eta) and [(2 i + 1) * 16 + l] (lambda). */
typedef struct fg_rank1_block {
    size_t v;
    const double *a;      /* [v][16] sqrt(k) J / sigma; 0 in lanes that have no factor */
    const double *z;      /* [16] */
    const double *cavity; /* [v][2][16] */
    double *message;      /* [v][2][16] */
    void *scratch;        /* v * FG_RANK1_SCRATCH doubles */
    fg_blend blend;
} fg_rank1_block;

enum { FG_RANK1_SCRATCH = 4 * FG_LANES };

/* One dense unit for 16 observations (METHOD section 3). */
typedef struct fg_dense_block {
    size_t inputs, pitch; /* x is [inputs][pitch], of which the first 16 of each row are this block's */
    fg_role x_role, w_role;
    const float *x_lin, *w_lin; /* w_lin [inputs] */
    fg_beliefs x, w;            /* x [inputs][pitch], w [inputs] */
    const float *b_lin;         /* one; NULL: no bias */
    fg_beliefs b, y;            /* y [16] */
    fg_activation activation;
    const float *strength; /* [16] 1 / sigma; 0 in padding lanes */
    float *message; /* y [2][16], b [2][16], then per input w [2][16] (if free) and x [2][16] (if free) */
    double *sum_y_eta, *sum_y_lambda; /* [16], added to */
    double *sum_b_eta, *sum_b_lambda; /* one each, added to */
    double *sum_w_eta, *sum_w_lambda; /* [inputs], added to */
    double *sum_x_eta, *sum_x_lambda; /* [inputs][pitch], added to */
    float *scratch;                   /* fg_dense_scratch floats */
    fg_blend blend;
} fg_dense_block;

/* Floats of one block's messages, and of its scratch memory. */
size_t fg_dense_messages(size_t inputs, fg_role x_role, fg_role w_role);
size_t fg_dense_scratch(size_t inputs);

/* Blocks [from, end) of one row of pixels of one channel of a transposed convolution: 16 neighbouring factors
 * a block (METHOD section 3). The activations of pixel p stand at x[p + offset[t]], t over filters and then
 * the kernel's rows and columns. All arrays begin at the row's first pixel or block. */
typedef struct fg_tconv_row {
    size_t from, end, terms;
    fg_role w_role;
    const ptrdiff_t *offset;                       /* [terms] */
    const float *x_lin, *x_eta, *x_lambda;         /* at the row's first pixel */
    float *const *sum_x_eta, *const *sum_x_lambda; /* [terms] where the first pixel's messages are added */
    const float *w_lin, *b_lin;                    /* [terms], one */
    fg_beliefs w, b;                               /* [terms], one; wide */
    const float *y_eta, *y_lambda;                 /* at the row's first pixel */
    float *sum_y_eta, *sum_y_lambda;               /* set */
    const float *strength, *gate, *z; /* [blocks * 16] J of y, -J of the weighted sum, and z; over sigma */
    float *message;                   /* [blocks] as of fg_dense_messages */
    float *sum_w;                     /* [terms + 1][2][16] of w and then of b, lanes apart; added to */
    float *scratch;                   /* fg_dense_scratch(terms) floats */
    float keep;                       /* damping d: new = d * old + (1 - d) * computed */
    float keep_w;                     /* the same of messages to w and b */
    float counted;                    /* 1: the sums of x, w and b hold the old messages; 0: they do not */
} fg_tconv_row;

/* Weighted sums of activations, b + sum_t w_t x[p + offset[t]], of blocks [from, end) of one row of pixels.
 */
typedef struct fg_tconv_drive {
    size_t from, end, terms;
    const ptrdiff_t *offset;
    const float *x, *w;
    float b;
    float *u; /* [blocks * 16] */
} fg_tconv_drive;

/* Cavities of variables that a set sends just one message to, [slots] of a single group: its prior and what
 * the other sets send, so that nothing is subtracted, and nothing lost. Or, where those are already newer
 * than the beliefs that count, beliefs without the message. */
typedef struct fg_cavities {
    float prior_eta, prior_lambda;
    int n;
    const float *eta[FG_MAX_SUMS], *lambda[FG_MAX_SUMS]; /* of n others, added */
    const float *own_eta, *own_lambda;                   /* subtracted; may be NULL */
} fg_cavities;

/* Those of a single group towards the set that owns sums `own`, from a slot on. */
fg_cavities fg_cavities_of(const fg_group *group, int own, const fg_step *step, size_t slot);

/* A parameter of 16 factors side by side: its linearisation point and belief, each [16]. */
enum { FG_PARAMETER_LIN, FG_PARAMETER_ETA, FG_PARAMETER_ETA_LO, FG_PARAMETER_LAMBDA, FG_PARAMETER_LAMBDA_LO };
enum { FG_PARAMETER_ROWS = 5, FG_PARAMETER_SIZE = FG_PARAMETER_ROWS * FG_LANES };

/* Copies n <= 16 parameters from a slot of a wide group on; the rest of the row is parameters known to be 0.
 * Of constants only the linearisation point is meant; of no group, all 16 are known to be 0. */
void fg_parameters_copy(float row[FG_PARAMETER_SIZE], const fg_group *group, size_t slot, size_t n);

/* Where messages are rebuilt (factor/rebuilt.h), what is kept of 16 parameters from one update to the next:
 * damped linearisation points, running means, the sums of lambda it left, and means; and what kernels read of
 * them: linearisation points, by how much these are above the means, as extrapolated, and variances. Each
 * [16].
 */
enum { FG_KEPT_SEEN, FG_KEPT_MIDDLE, FG_KEPT_SUM, FG_KEPT_MEAN, FG_KEPT_ROWS };
enum { FG_KEPT_SIZE = FG_KEPT_ROWS * FG_LANES };
enum { FG_READ_LIN, FG_READ_LAG, FG_READ_VARIANCE, FG_READ_ROWS, FG_READ_SIZE = FG_READ_ROWS * FG_LANES };

/* Floats of what a factor keeps then: for 16 of a convolution score and information; for one over many inputs
 * the message to y, score and information. */
enum { FG_CONV_REBUILT = 2 * FG_LANES, FG_WIDE_REBUILT = 4 };

/* A run of neighbouring positions of a convolution, 16 filters side by side (METHOD section 3). Terms run
 * over channels and then the kernel's rows and columns. */
typedef struct fg_conv_run {
    size_t positions, terms;
    fg_role x_role, w_role;
    bool bias;
    fg_activation activation;
    const ptrdiff_t *offset; /* [terms] slots from a position's first input on */
    size_t x_step, y_step;   /* slots from one position to the next */
    /* Terms to be worked on at position p: active[p * active_step], n_active[p * n_active_step] of them,
     * ascending. Those left out must have an input that is 0 for sure. */
    const uint32_t *active, *n_active;
    size_t active_step, n_active_step;
    const float *x_lin, *x_eta, *x_lambda; /* at the first position's first input; beliefs if free */
    float *sum_x_eta, *sum_x_lambda;       /* same; added to, if free */
    const float *parameters;               /* [terms + 1][FG_PARAMETER_SIZE]; the last is the bias */
    fg_cavities y;                         /* at the first position's output */
    float *y_eta, *y_lambda;               /* same; the messages to it */
    const float *strength;                 /* [16] 1 / sigma; 0 in lanes without a filter */
    float *message; /* [positions] b [2][16], then per term w [2][16] (if free) and x [2][16] (if free) */
    float *sum_w;   /* [terms + 1][2][16], added to; free parameters only */
    float *scratch; /* fg_dense_scratch(terms) floats */
    fg_blend blend;
} fg_conv_run;

/* Weighted sums of a run of neighbouring positions, 16 filters side by side. */
typedef struct fg_conv_drive {
    size_t positions, terms, x_step, w_step; /* slots from one position, floats from one term to the next */
    const ptrdiff_t *offset;
    const float *x, *w; /* at the first position's first input; [terms + 1][w_step], the last the bias */
    float *u;           /* [positions][16] */
} fg_conv_drive;

/* The same where messages are rebuilt (factor/rebuilt.h). Parameters are free, inputs free or constant. What
 * is added to the sums of eta lacks the running means' part. */
typedef struct fg_conv_rebuilt_run {
    size_t positions, terms, channels; /* channels of the input */
    bool bias;
    fg_activation activation;
    const ptrdiff_t *offset;
    size_t x_step, y_step, x_channel; /* slots from one position, and one channel of the input, to the next */
    bool x_padded; /* channels of the input are neighbours, and padded to whole blocks of 16 */
    const uint32_t *active, *n_active; /* free inputs: all terms, the same at each position */
    size_t active_step, n_active_step;
    const float *x, *x_square; /* at the first position's first input: means and their squares */
    /* If free, else NULL: by how much means are above what is extrapolated, variances, damped means and their
     * squares. */
    const float *x_lag, *x_variance, *x_seen, *x_seen_square;
    float *sum_x_eta, *sum_x_lambda; /* same; added to, with the padding of channels if there is any */
    const float *parameters;         /* [terms + 1][FG_READ_SIZE]; the last is the bias */
    const float *turned; /* [taps][blocks of 16 channels][16 filters][16 channels] damped linearisation
                            points; only of free inputs */
    fg_cavities y;
    float *y_eta, *y_lambda;
    const float *strength;
    float *factor; /* [positions][2][16] score and information */
    float *sum_w;
    fg_blend blend;
} fg_conv_rebuilt_run;

/* Floats of one position's messages. */
size_t fg_conv_messages(size_t terms, fg_role x_role, fg_role w_role);

/* One window of a pooling layer, 16 channels side by side. Input i stands at slot offset[i]. */
typedef struct fg_pool_window {
    size_t size; /* inputs */
    bool most;   /* the largest of them, not their mean */
    fg_role x_role;
    const ptrdiff_t *offset; /* [size] */
    const float *x_mean;
    fg_cavities x, y;
    float *x_eta, *x_lambda; /* the messages; if free */
    float *y_eta, *y_lambda;
    const float *strength; /* [16] 1 / sigma; 0 in lanes without a channel */
    float *scratch;        /* fg_pool_scratch floats */
    fg_blend blend;
} fg_pool_window;

size_t fg_pool_scratch(size_t size);

/* One dense factor over many inputs, 16 of which stand side by side (METHOD section 3). Parameters are free,
 * given or constant, inputs free. */
typedef struct fg_wide_factor {
    size_t rows; /* of 16 inputs */
    fg_role w_role;
    const float *x_mean, *x_eta, *x_lambda; /* [rows][16] */
    const float *parameters;                /* [rows][FG_PARAMETER_SIZE] */
    bool bias;
    const float *b; /* [FG_PARAMETER_SIZE] its first lane */
    float y_eta, y_eta_lo, y_lambda, y_lambda_lo;
    fg_activation activation;
    float strength;
    float
        *message; /* y eta, lambda, b eta, lambda; from [16] on, per row w [2][16] (if free) and x [2][16] */
    float *sum_w_eta, *sum_w_lambda; /* [rows][16], added to */
    float *sum_x_eta, *sum_x_lambda; /* [rows][16], added to */
    float *scratch;                  /* fg_wide_scratch floats */
    fg_blend blend;
} fg_wide_factor;

/* The same where messages are rebuilt (factor/rebuilt.h). Parameters are free. What is added to the sums of
 * eta lacks the running means' part. */
typedef struct fg_wide_rebuilt_factor {
    size_t rows;
    const float *x, *x_variance, *x_seen; /* [rows][16] */
    const float *parameters, *kept;       /* [rows + 1][FG_READ_SIZE], [rows][FG_KEPT_SIZE]; the last row
                                             is the bias, of which the first lane is used */
    float y_eta, y_eta_lo, y_lambda, y_lambda_lo;
    fg_activation activation;
    float strength;
    float *message;                                             /* y eta, lambda, score, information */
    float *sum_w_eta, *sum_w_lambda, *sum_x_eta, *sum_x_lambda; /* [rows][16], added to */
    fg_blend blend;
} fg_wide_rebuilt_factor;

size_t fg_wide_messages(size_t rows, fg_role w_role);
size_t fg_wide_scratch(size_t rows);

/* A run of n pairwise factors x_a - x_b: factor i joins variables a[i] and b[i]. */
typedef struct fg_pairwise_run {
    size_t n;
    const float *a_mean, *a_eta, *a_lambda, *b_mean, *b_eta, *b_lambda;
    float *to_a_eta, *to_a_lambda, *to_b_eta, *to_b_lambda;
    float weight; /* 1 / sigma^2 */
    fg_robust robust;
    float threshold;
    fg_blend blend;
    uint32_t counter; /* of the run's first draw; each factor takes two */
} fg_pairwise_run;

/* Beliefs from priors and sums, over slots [from, from + n) of a group (factor/net.h). */
typedef struct fg_refresh {
    size_t from, n;
    int n_sums;
    const fg_sums *sums;
    double prior_eta, prior_lambda;
    const double *prior_etas, *prior_lambdas; /* or NULL */
    float *eta, *eta_lo, *lambda, *lambda_lo, *mean;
} fg_refresh;

typedef struct fg_refreshed {
    float change;    /* the largest move of a belief, squared (fg_run_options.tol says how it is measured) */
    uint64_t broken; /* beliefs that are not finite, or have a negative precision */
} fg_refreshed;

/* Unary observations of n variables: message = k mask / sigma^2 (value, 1), with k from the distance to the
 * mean. */
typedef struct fg_observe_run {
    size_t n;
    const float *mean, *value, *mask; /* mask: 1 observed, 0 not */
    float weight;                     /* 1 / sigma^2 */
    fg_robust robust;
    float threshold;
    float *eta, *lambda;
} fg_observe_run;

/* Matrices of joint weights: all of doubles where `wide`, else of floats. */

/* Rows [from, end) of t = r x: r [rows][pitch], of which `size` columns count, x [size][lanes], t
 * [rows][lanes]; lanes are a multiple of 16. */
typedef struct fg_joint_times {
    bool wide;
    size_t size, pitch, lanes, from, end;
    const void *r, *x;
    void *t;
} fg_joint_times;

/* v = L^-1 (root t) for 16 columns side by side. */
typedef struct fg_joint_solve {
    bool wide;
    size_t n;
    const void *lower; /* [n][n]: L below its diagonal, on it the reciprocals of L's */
    const void *root;  /* [n] */
    const void *t;     /* [n][16] */
    void *v;           /* [n][16] */
} fg_joint_solve;

/* r_ij = grow_i grow_j r_ij - sum_b w_bi w_bj, kept within +-1, with ones on the diagonal: rows [from, end)
 * from column `from` on, and the columns [from, end) that mirror them. from is a multiple of 16. Calls for
 * all rows make the whole of a symmetric matrix, in any order. */
typedef struct fg_joint_shrink {
    bool wide;
    size_t size, n, from, end;
    const void *grow; /* [size, padded to 16] */
    const void *w;    /* [columns in blocks of 16][n][16] */
    void *r;          /* [size][size] */
} fg_joint_shrink;

typedef struct fg_kernels {
    fg_trouble (*rank1)(const fg_rank1_block *block);
    fg_trouble (*dense)(const fg_dense_block *block);
    fg_trouble (*tconv)(const fg_tconv_row *row);
    void (*tconv_count)(const fg_tconv_row *row); /* adds messages to the sums of x, w and b as they are */
    void (*tconv_drive)(const fg_tconv_drive *drive);
    fg_trouble (*conv)(const fg_conv_run *run);
    void (*conv_drive)(const fg_conv_drive *drive);
    fg_trouble (*conv_rebuilt)(const fg_conv_rebuilt_run *run);
    fg_trouble (*pool)(const fg_pool_window *window);
    fg_trouble (*wide)(const fg_wide_factor *factor);
    fg_trouble (*wide_rebuilt)(const fg_wide_rebuilt_factor *factor);
    fg_trouble (*pairwise)(const fg_pairwise_run *run);
    fg_refreshed (*refresh_single)(const fg_refresh *refresh);
    fg_refreshed (*refresh_wide)(const fg_refresh *refresh);
    void (*observe)(const fg_observe_run *run);
    void (*joint_times)(const fg_joint_times *times);
    void (*joint_solve)(const fg_joint_solve *solve);
    void (*joint_shrink)(const fg_joint_shrink *shrink);
} fg_kernels;

const fg_kernels *fg_kernels_current(void);
/* The table of a set, or NULL where it is not compiled in. */
const fg_kernels *fg_kernels_of(int isa);

#endif
