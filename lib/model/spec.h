/* Graph specs: the value that a JSON spec is parsed to, checked, and printed from.
 * A spec has one of two bodies: layers (a deep factor graph, copied per observation except for its
 * parameters) or explicit variables and factors (any Gaussian factor graph). */
#ifndef FG_MODEL_SPEC_H
#define FG_MODEL_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

enum { FG_NAME_MAX = 64, FG_MAX_LAYERS = 64 };

/* Explicit graphs: dimensions of a factor, bytes of a variable's name, and the size of any mean, value or
 * coefficient (the square of the largest over the smallest sigma still fits a float). */
enum { FG_ROWS_MAX = 256, FG_COLS_MAX = 65536, FG_VARIABLE_NAME_MAX = 255 };
#define FG_VALUE_MAX 1e12

typedef enum fg_robust { FG_ROBUST_NONE, FG_ROBUST_TUKEY, FG_ROBUST_HUBER } fg_robust;

/* What a softmax layer says of its input x and a label, with p = softmax(x). */
typedef enum fg_likelihood {
    FG_LIKELIHOOD_SQUARED,     /* the residual p - onehot(label): the paper's */
    FG_LIKELIHOOD_CATEGORICAL, /* p[label], to the power 1/sigma^2 */
    FG_LIKELIHOOD_ONE_HOT      /* the residual x - onehot(label), least squares: linear in x */
} fg_likelihood;

/* Which classes a softmax layer compares in learning. */
typedef enum fg_compete {
    FG_COMPETE_ALL,    /* all */
    FG_COMPETE_PRESENT /* those that labels of the batch name: of the others nothing is learned */
} fg_compete;

/* What posteriors keep of how the weights of one unit of a dense layer vary together. */
typedef enum fg_covariance {
    FG_COVARIANCE_DIAGONAL, /* nothing: weights are scalar variables */
    FG_COVARIANCE_FULL      /* all: the weights of a unit and its bias are one joint variable */
} fg_covariance;

/* Where the filters of features come from. */
typedef enum fg_drawing {
    FG_DRAW_RANDOM,  /* independent normal weights */
    FG_DRAW_PATCHES, /* places of the first data, less their mean */
    FG_DRAW_WHITENED /* the same for inputs whitened by the covariance of all places */
} fg_drawing;

typedef enum fg_pooling { FG_POOLING_MAX, FG_POOLING_MEAN } fg_pooling;

typedef enum fg_activation {
    FG_ACT_IDENTITY,
    FG_ACT_RELU,
    FG_ACT_LEAKY_RELU, /* slope 0.2 for negative inputs */
    FG_ACT_ELU,
    FG_ACT_TANH,
    FG_ACT_SIGMOID,
    FG_ACT_SOFTPLUS,
    FG_ACT_COUNT
} fg_activation;

typedef enum fg_schedule {
    FG_SCHEDULE_SWEEP,       /* layers 0 .. L-1, then L-2 .. 1 */
    FG_SCHEDULE_SYNCHRONOUS, /* all layers at once */
    FG_SCHEDULE_RANDOM,      /* L layers drawn with replacement: the paper's asynchronous experiment */
    FG_SCHEDULE_RESIDUAL     /* as many layers as a sweep has, each time the one expected to change most */
} fg_schedule;

/* Where activations are linearised at iteration 0 (parameters always start from weight_init draws). */
typedef enum fg_init { FG_INIT_RANDOM, FG_INIT_FORWARD } fg_init;

/* What is done to the data's inputs before the graph sees them. Bytes stand for 0 to 1 in either case. */
typedef enum fg_scale {
    FG_SCALE_NONE,
    FG_SCALE_STANDARDISE /* each channel gets mean 0 and deviation 1 over the first training data; a state
                            keeps both numbers, and all later data are scaled by them */
} fg_scale;

/* Iterations between two looks at whether the input has settled. */
enum { FG_SETTLE_EVERY = 10 };

/* What is stored of the messages of convolutions and dense layers over grids while parameters are learned. */
typedef enum fg_storage {
    FG_STORAGE_EDGE,  /* each of them */
    FG_STORAGE_FACTOR /* (the default of specs) two numbers for each factor, from which they are rebuilt
                         (METHOD section 6) */
} fg_storage;

/* What learning from batches or frames does where inference diverges. */
typedef enum fg_on_divergence {
    FG_ON_DIVERGENCE_ADAPT, /* begins the batch or frame again with more damping, a few times */
    FG_ON_DIVERGENCE_STOP   /* ends with FG_EDIVERGED, keeping what was learned before */
} fg_on_divergence;

/* Iterations between two looks at the energy. */
enum { FG_FIT_EVERY = 5 };

/* How inference runs. All fields are always set (defaults filled in by the parser). */
typedef struct fg_run_options {
    int iterations; /* at most; 1 .. 10^9 */
    double damping; /* 0 <= d < 1: new = d * old + (1 - d) * computed */
    double dropout; /* 0 <= p < 1: probability that a message keeps its old value */
    double tol; /* stop when no belief changes by more (means in standard deviations, precisions relative), as
                   it would without the damping and dropout of the layer that moved it; 0: never */
    double settle; /* stop when the means of the input move by less than this, root mean square, in
                      FG_SETTLE_EVERY iterations; 0: never */
    double fit;    /* stop when the energy, the sum of r^2/sigma^2, is at most this a factor, looked at every
                      FG_FIT_EVERY iterations; 0: never */
    fg_schedule schedule;
    fg_storage storage;
    fg_init init;
    fg_on_divergence on_divergence;
    int relinearise; /* relinearise every n iterations, n >= 1; pixels of a grid always */
    double forget;   /* a of METHOD section 5, 0 <= a < 1, applied between batches or frames */
    int average;     /* 0 .. 10^6: what learns from batches predicts with a running average of the parameters'
                        means over about so many of them, a quarter of those there were at most; 0: with the
                        last means */
    double relinearise_beta; /* and only where a mean has moved by more than this many standard deviations; 0:
                                always */
    double relinearise_lag;  /* 0 <= l < 1: parameters' linearisation points stay behind by this share of the
                                way to the mean, so that products of two unknowns do not oscillate */
    double extrapolate; /* 0 .. FG_EXTRAPOLATE_MAX: factors of convolutions take means of weights and inputs
                           this many of their last moves further on; of rebuilt messages only */
} fg_run_options;
#define FG_EXTRAPOLATE_MAX 4

/* Height, width and channels of one observation's group of variables. A plain vector of n is {1, 1, n}.
 * In a spec's input 0 means "taken from the data". */
typedef struct fg_shape {
    size_t height, width, channels;
} fg_shape;

static inline size_t fg_shape_size(fg_shape s) {
    return s.height * s.width * s.channels;
}

/* The kinds that can stand in a spec's layers. Their option tables are in model/kind.h. */
typedef enum fg_layer_kind {
    FG_LAYER_OBSERVATION, /* attaches the data to the current group: x - y; without it the input is noiseless
                             constants */
    FG_LAYER_PAIRWISE,    /* attaches smoothness between 4-neighbours to the current group */
    FG_LAYER_DENSE,       /* makes a new group: y_o - g(sum_i w_oi x_i + b_o) */
    FG_LAYER_SOFTMAX,     /* attaches class labels to the current group; last */
    FG_LAYER_REGRESSION,  /* attaches real targets to the current group; last */
    FG_LAYER_TCONV, /* makes a new group that explains the current one: x[p,c] - g(sum_{f,k} w[c,f,k] a[p-k,f]
                       + b[c]) */
    FG_LAYER_UPSAMPLE, /* makes a new group of half the size: x[2p + j] - a[p] */
    FG_LAYER_MIXTURE,  /* attaches the data to the input: each pixel is good, or anything */
    FG_LAYER_CONV,     /* makes a new group: x[p,f] - g(sum_{c,k} w[c,k,f] x_in[p+k,c] + b[f]) */
    FG_LAYER_MAX_POOL, /* makes a new group: the largest of a window - x; what is left over at the right and
                          bottom edge is in no window */
    FG_LAYER_AVG_POOL, /* the same with the mean of a window */
    FG_LAYER_FEATURES, /* makes a new group of constants from a noiseless input: pooled activations of
                          filters that are drawn once */
    FG_LAYER_KINDS
} fg_layer_kind;

/* One layer. Which fields a kind takes, their ranges and defaults: the kind's option table. */
typedef struct fg_layer {
    fg_layer_kind kind;
    char name[FG_NAME_MAX]; /* unique in the spec; default: kind and a running number, "dense1";
                               [A-Za-z0-9_-]+ */
    double sigma;           /* strength: the standard deviation of the factor's residual */
    fg_robust robust;
    double threshold;         /* N, in units of sigma: beyond it a robust factor is weakened; features: what
                                 is taken off each response before its activation */
    bool share_channels;      /* one robust weight for all channels of a pixel */
    int robust_after;         /* observation, mixture: iterations before data are weakened */
    int units;                /* dense: outputs */
    int learn_after;          /* tconv: iterations before parameters with learned priors move */
    fg_covariance covariance; /* dense */
    int filters, kernel; /* tconv, conv, features: channels of the new group; height and width of a filter */
    fg_drawing draw;     /* features: of the filters */
    fg_pooling pooling;  /* features: of a window */
    int size;            /* max_pool, avg_pool, features: height and width of a window, and its step */
    fg_likelihood likelihood; /* softmax */
    fg_compete compete;       /* softmax */
    fg_activation activation;
    bool bias;           /* dense, conv: has one; default true */
    double weight_prior; /* standard deviations of the zero-mean priors */
    double bias_prior;
    double activation_prior; /* of the group the layer makes */
    double weight_init;      /* weights are first linearised at N(0, weight_init^2) */
    bool orthogonal;         /* tconv: at filters orthogonal to each other, of that deviation */
    double activation_init;  /* and activations, with FG_INIT_RANDOM, at N(0, activation_init^2) */
    double damping, dropout; /* this layer's own, or negative: the run's */
} fg_layer;

/* A linear factor of an explicit graph: residual A x - value, of `rows` dimensions over `cols` variables. */
typedef struct fg_linear_factor {
    size_t rows, cols;
    size_t *variables; /* [cols], distinct indices into the spec's variables */
    double *matrix;    /* [rows][cols] */
    double *value;     /* [rows] */
    double *sigma;     /* [rows], > 0 */
    fg_robust robust;  /* one weight per factor, from the sum over rows of r^2/sigma^2 */
    double threshold;
} fg_linear_factor;

typedef struct fg_explicit {
    size_t n_variables;
    char **names;        /* [n_variables], unique, UTF-8 */
    double *prior_mean;  /* [n_variables] */
    double *prior_sigma; /* [n_variables]; infinity: no prior */
    size_t n_factors;
    fg_linear_factor
        *factors; /* "observation" and "pairwise" of the JSON are 1 x 1 and 1 x 2 linear factors here */
} fg_explicit;

typedef struct fg_spec {
    char name[FG_NAME_MAX]; /* may be "" */
    bool is_explicit;
    fg_explicit graph; /* when is_explicit */
    fg_shape input;    /* when not */
    fg_scale scale;    /* of the input */
    int n_layers;
    fg_layer layers[FG_MAX_LAYERS];
    fg_run_options run; /* "inference" */
    fg_run_options
        predict; /* "inference"/"predict": what differs when parameters are fixed and outputs inferred */
} fg_spec;

/* Parses a JSON spec of `length` bytes. On failure the message has a JSON pointer ("/layers/0/units: ...")
 * and *out is empty. The caller owns *out and ends it with fg_spec_free. */
int fg_spec_parse(fg_spec *out, const char *json, size_t length, fg_err *err);

/* The canonical JSON text of a spec: every option written out, fixed key order; parsing it gives the same
 * spec. The caller frees *text with fg_free. */
int fg_spec_print(char **text, const fg_spec *spec, fg_err *err);

/* Checks what the parser checks (ranges, shapes, order of layers) on a spec made or changed by hand. */
int fg_spec_check(const fg_spec *spec, fg_err *err);

void fg_spec_free(fg_spec *spec);

/* A layered spec from the compact grammar: input "28x28x1", "16" or with "?" for what is taken from the data,
 * and one token a layer: "dense:10,activation=relu,sigma=0.1", "softmax",
 * "observation:sigma=0.2,robust=tukey". The part behind the colon that has no '=' is the kind's operand
 * (model/kind.h). Inference has its defaults. Errors are FG_EINVAL with the token. */
int fg_spec_from_grammar(fg_spec *out, const char *input, const char *const *tokens, size_t n, fg_err *err);

/* Changes one value of a JSON text: "layers.0.sigma=0.02", "/layers/0/sigma=0.02", "name=mine". What is not
 * JSON is taken as a string, but not what begins as an object, an array or a string does. Members and objects
 * on the way are made if missing, elements of arrays must exist. Only the text is changed: parse it to check
 * it. The caller frees *text with fg_free. */
int fg_spec_set(char **text, const char *json, size_t length, const char *assignment, fg_err *err);

/* Whether what such an assignment changed has a meaning in the spec that came of it: FG_EINVAL for the
 * threshold of a layer that is not robust, which the canonical text leaves out. */
int fg_spec_check_set(const fg_spec *spec, const char *assignment, fg_err *err);

/* The JSON Schema (2020-12) of specs, made from the option tables. The caller frees *text with fg_free. */
int fg_spec_schema(char **text, fg_err *err);

/* Writes the graph for Graphviz: layers as boxes between their groups, or every variable and factor of an
 * explicit graph. FG_EIO if the stream fails. */
int fg_spec_dot(FILE *to, const fg_spec *spec, fg_err *err);

/* The shape of the group a layer attaches to (its input) and of the group it makes (its output; the same
 * group for kinds that make none), given the input's actual shape. */
int fg_spec_shapes(fg_shape in[], fg_shape out[], const fg_spec *spec, fg_shape input, fg_err *err);

/* Whether there is a layer of this kind. */
bool fg_spec_has(const fg_spec *spec, fg_layer_kind kind);

/* Variables of the group that the last layer attaches to: classes or targets, where it observes such. 0 where
 * that depends on an input that the spec leaves open. */
size_t fg_spec_outputs(const fg_spec *spec);

/* Whether the input is noiseless constants (its first layer makes a group: no observation is attached to it).
 */
bool fg_spec_noiseless_input(const fg_spec *spec);

#endif
