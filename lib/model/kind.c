#include "model/kind.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "model/kind_internal.h"

const char *const fg_robust_names[] = {"none", "tukey", "huber", NULL};
const char *const fg_likelihood_names[] = {"squared", "categorical", "one_hot", NULL};
const char *const fg_compete_names[] = {"all", "present", NULL};
const char *const fg_covariance_names[] = {"diagonal", "full", NULL};
const char *const fg_draw_names[] = {"random", "patches", "whitened", NULL};
const char *const fg_pooling_names[] = {"max", "mean", NULL};
const char *const fg_activation_names[] = {"identity", "relu",    "leaky_relu", "elu",
                                           "tanh",     "sigmoid", "softplus",   NULL};
const char *const fg_storage_names[] = {"edge", "factor", NULL};
const char *const fg_on_divergence_names[] = {"adapt", "stop", NULL};
const char *const fg_schedule_names[] = {"sweep", "synchronous", "random", "residual", NULL};
const char *const fg_init_names[] = {"random", "forward", NULL};
const char *const fg_scale_names[] = {"none", "standardise", NULL};

_Static_assert(sizeof fg_activation_names / sizeof *fg_activation_names == FG_ACT_COUNT + 1,
               "a name for each");
_Static_assert(sizeof(fg_activation) == sizeof(int) && sizeof(fg_robust) == sizeof(int) &&
                   sizeof(fg_likelihood) == sizeof(int) && sizeof(fg_compete) == sizeof(int) &&
                   sizeof(fg_covariance) == sizeof(int) && sizeof(fg_drawing) == sizeof(int) &&
                   sizeof(fg_pooling) == sizeof(int),
               "fields are read as int");

/* The tables are written with these; the braces of a range or of further members are the user's. */
#define FIELD(type_of, member, ...) .key = #member, .offset = offsetof(type_of, member), __VA_ARGS__
#define REAL(member, ...)           FIELD(fg_layer, member, .type = FG_FIELD_REAL, __VA_ARGS__)
#define INT(member, ...)            FIELD(fg_layer, member, .type = FG_FIELD_INT, __VA_ARGS__)
#define BOOL(member, ...)           FIELD(fg_layer, member, .type = FG_FIELD_BOOL, __VA_ARGS__)
#define ENUM(member, names, ...)    FIELD(fg_layer, member, .type = FG_FIELD_ENUM, .values = names, __VA_ARGS__)

#define DEVIATION    .range = {1e-6, 1e6, false, false}
#define FRACTION     .range = {0, 1, false, true}
#define COUNT        .range = {1, 1e9, false, false}
#define NOT_NEGATIVE .range = {0, INFINITY, false, false}

#define SIGMA(value)                                                                                         \
    REAL(sigma, DEVIATION, .initial = value, .help = "strength: the residual's standard deviation")
#define ROBUST ENUM(robust, fg_robust_names, .help = "how factors with large residuals are weakened")
#define THRESHOLD                                                                                            \
    REAL(threshold, DEVIATION, .initial = 1, .needs = "robust",                                              \
         .help = "residual, in units of sigma, beyond which a robust factor is weakened")
#define WEIGHT_PRIOR(value)                                                                                  \
    REAL(weight_prior, DEVIATION, .initial = value, .help = "standard deviation of the weights' prior")
#define WEIGHT_INIT                                                                                          \
    REAL(weight_init, .range = {0, 1e6, false, false}, .initial = 0.1,                                       \
         .help = "standard deviation of the points where weights are first linearised")
#define ACTIVATION_INIT                                                                                      \
    REAL(activation_init, .range = {0, 1e6, false, false}, .initial = 0.1,                                   \
         .help = "standard deviation of the points where the new variables are first linearised")
#define DAMPING REAL(damping, FRACTION, .inherits = true, .help = "share of the old message kept, here only")
#define DROPOUT                                                                                              \
    REAL(dropout, FRACTION, .inherits = true, .help = "probability that a message is not updated, here only")

static const fg_field observation_fields[] = {
    {SIGMA(0.1)},
    {ROBUST},
    {THRESHOLD},
    {BOOL(share_channels, .needs = "robust", .help = "one robust weight for all channels of a pixel")},
    {INT(robust_after, .range = {0, 1e9, false, false}, .needs = "robust",
         .help =
             "iterations before robust weights act, in which what is learned cannot yet reject the data")},
};

static const fg_field pairwise_fields[] = {{SIGMA(1)}, {ROBUST}, {THRESHOLD}, {DAMPING}, {DROPOUT}};

static const fg_field dense_fields[] = {
    {INT(units, .range = {1, 1 << 20, false, false}, .required = true, .help = "outputs")},
    {ENUM(covariance, fg_covariance_names,
          .help =
              "what is kept of how a unit's weights vary together: nothing, or all, which needs a noiseless "
              "input (features) and activation identity")},
    {ENUM(activation, fg_activation_names, .help = "applied to the weighted sum")},
    {SIGMA(0.1)},
    {BOOL(bias, .initial = 1, .help = "whether there is a bias")},
    {WEIGHT_PRIOR(1)},
    {REAL(bias_prior, DEVIATION, .initial = 1, .needs = "bias",
          .help = "standard deviation of the biases' prior")},
    {REAL(activation_prior, DEVIATION, .initial = 3, .help = "standard deviation of the outputs' prior")},
    {WEIGHT_INIT},
    {ACTIVATION_INIT},
    {DAMPING},
    {DROPOUT},
};

static const fg_field tconv_fields[] = {
    {INT(filters, .range = {1, 4096, false, false}, .required = true, .help = "channels of the new group")},
    {INT(kernel, .range = {2, 31, false, false}, .initial = 3, .help = "height and width of a filter")},
    {ENUM(activation, fg_activation_names, .help = "applied to the weighted sum")},
    {SIGMA(0.1)},
    {ROBUST},
    {THRESHOLD},
    {WEIGHT_PRIOR(0.3)},
    {REAL(bias_prior, DEVIATION, .initial = 0.3, .help = "standard deviation of the biases' prior")},
    {REAL(activation_prior, DEVIATION, .initial = 0.5,
          .help = "standard deviation of the activations' prior")},
    {WEIGHT_INIT},
    {BOOL(orthogonal, .help = "whether filters are first linearised at right angles to each other")},
    {ACTIVATION_INIT},
    {INT(learn_after, .range = {0, 1e9, false, false},
         .help = "iterations in which parameters learned before stay as they are, while activations settle")},
    {DAMPING},
    {DROPOUT},
};

static const fg_field upsample_fields[] = {
    {SIGMA(0.03)},
    {REAL(activation_prior, DEVIATION, .initial = 1,
          .help = "standard deviation of the new variables' prior")},
    {ACTIVATION_INIT},
    {DAMPING},
    {DROPOUT},
};

static const fg_field conv_fields[] = {
    {INT(filters, .range = {1, 4096, false, false}, .required = true, .help = "channels of the new group")},
    {INT(kernel, .range = {1, 31, false, false}, .initial = 3, .help = "height and width of a filter")},
    {ENUM(activation, fg_activation_names, .help = "applied to the weighted sum")},
    {SIGMA(0.1)},
    {BOOL(bias, .initial = 1, .help = "whether there is a bias")},
    {WEIGHT_PRIOR(0.3)},
    {REAL(bias_prior, DEVIATION, .initial = 0.3, .needs = "bias",
          .help = "standard deviation of the biases' prior")},
    {REAL(activation_prior, DEVIATION, .initial = 3, .help = "standard deviation of the outputs' prior")},
    {WEIGHT_INIT},
    {ACTIVATION_INIT},
    {DAMPING},
    {DROPOUT},
};

static const fg_field pool_fields[] = {
    {INT(size, .range = {2, 16, false, false}, .initial = 2,
         .help = "height and width of a window, its step")},
    {SIGMA(0.1)},
    {REAL(activation_prior, DEVIATION, .initial = 3, .help = "standard deviation of the outputs' prior")},
    {ACTIVATION_INIT},
    {DAMPING},
    {DROPOUT},
};

static const fg_field features_fields[] = {
    {INT(filters, .range = {1, 4096, false, false}, .required = true, .help = "channels of the new group")},
    {INT(kernel, .range = {1, 31, false, false}, .initial = 3, .help = "height and width of a filter")},
    {ENUM(draw, fg_draw_names,
          .help = "filters: random weights, places of the first data, or such places for whitened inputs")},
    {ENUM(activation, fg_activation_names, .help = "applied to the responses, whose deviation is 1")},
    {REAL(threshold, .range = {0, 1e6, false, false}, .help = "taken off the responses before")},
    {INT(size, .range = {1, 16, false, false}, .initial = 2,
         .help = "height and width of a window, its step")},
    {ENUM(pooling, fg_pooling_names, .help = "what is taken of a window")},
};

static const fg_field mixture_fields[] = {
    {SIGMA(0.02)},
    {INT(robust_after, .range = {0, 1e9, false, false},
         .help = "iterations in which all pixels count as good, before any is judged by predictions")},
};

static const fg_field softmax_fields[] = {
    {SIGMA(0.1)},
    {ENUM(likelihood, fg_likelihood_names,
          .help = "squared: softmax minus one-hot is the residual; categorical: the label's probability, to "
                  "the power 1/sigma^2; one_hot: the input minus one-hot, without a softmax")},
    {ENUM(compete, fg_compete_names,
          .help = "classes: all, or those that labels of the batch name; nothing is learned of the others")},
    {DAMPING},
    {DROPOUT},
};
static const fg_field regression_fields[] = {{SIGMA(0.1)}, {ROBUST}, {THRESHOLD}};

#define RUN(member, ...) FIELD(fg_run_options, member, __VA_ARGS__)

static const fg_field run_fields[] = {
    {RUN(iterations, .type = FG_FIELD_INT, COUNT, .initial = 200, .help = "sweeps at most")},
    {RUN(damping, FRACTION, .initial = 0.7, .help = "share of the old message kept")},
    {RUN(dropout, FRACTION, .help = "probability that a message is not updated")},
    {RUN(tol, NOT_NEGATIVE,
         .help = "stop when no belief changes by more (means in standard deviations, precisions relative); "
                 "0: never")},
    {RUN(settle, NOT_NEGATIVE,
         .help = "stop when the means of the input (pixels: 0 to 1) move by less than this, root mean "
                 "square, in 10 "
                 "iterations; 0: never")},
    {RUN(fit, NOT_NEGATIVE,
         .help = "stop when the energy (sum of r^2/sigma^2) is at most this a factor, looked at every 5 "
                 "iterations; 0: never")},
    {RUN(schedule, .type = FG_FIELD_ENUM, .values = fg_schedule_names,
         .help = "order in which layers are updated")},
    {RUN(storage, .type = FG_FIELD_ENUM, .values = fg_storage_names, .initial = FG_STORAGE_FACTOR,
         .help =
             "what convolutions and dense layers over grids store of their messages: each, or two numbers a "
             "factor from which they are rebuilt")},
    {RUN(init, .type = FG_FIELD_ENUM, .values = fg_init_names,
         .help = "where activations are first linearised: at random draws, or at a forward pass")},
    {RUN(on_divergence, .type = FG_FIELD_ENUM, .values = fg_on_divergence_names,
         .help = "what learning does where inference diverges: it begins again with more damping, or stops")},
    {RUN(relinearise, .type = FG_FIELD_INT, COUNT, .initial = 1,
         .help = "relinearise every so many iterations")},
    {RUN(relinearise_beta, NOT_NEGATIVE,
         .help = "and only where a mean has moved by more than this many standard deviations")},
    {RUN(
        relinearise_lag, FRACTION,
        .help =
            "share of the way to the means by which the points where parameters are linearised stay behind")},
    {RUN(
        extrapolate, .range = {0, FG_EXTRAPOLATE_MAX, false, false},
        .help =
            "by how many of their last moves means of convolutions' weights and inputs are taken further on, "
            "where messages are rebuilt")},
    {RUN(forget, FRACTION,
         .help = "how far parameters go back to their first priors from one batch or frame to the next")},
    {RUN(average, .type = FG_FIELD_INT, .range = {0, 1e6, false, false},
         .help =
             "predict with a running average of parameters' means over about so many batches, a quarter of "
             "those there were at most; 0: with the last means")},
};

const fg_table fg_run_table = FG_TABLE(run_fields);

static const fg_field input_fields[] = {
    {FIELD(fg_spec, scale, .type = FG_FIELD_ENUM, .values = fg_scale_names,
           .help = "standardise: each channel has mean 0 and deviation 1 over the training data")},
};

const fg_table fg_input_table = FG_TABLE(input_fields);

#define TAKES_PLAIN                                                                                          \
    .takes = FG_LAID_PLAIN | FG_LAID_CHANNELS, .takes_text = "a plain vector, or what conv and pooling make"
#define TAKES_PIXELS                                                                                         \
    .pixels = true, .explains = true, .takes = FG_LAID_PIXELS,                                               \
    .takes_text = "pixels, or what tconv and upsample make"
#define TAKES_GRID                                                                                           \
    .pixels = true, .pixels_known = true, .takes = FG_LAID_PIXELS | FG_LAID_CHANNELS, .takes_text = "a grid"

static const fg_kind kinds[FG_LAYER_KINDS] = {
    [FG_LAYER_OBSERVATION] = {.name = "observation",
                              .help = "the input is data with Gaussian noise, one factor a value",
                              .table = FG_TABLE(observation_fields),
                              .on_input = true,
                              .count = fg_unary_count},
    [FG_LAYER_PAIRWISE] = {.name = "pairwise",
                           .help = "neighbouring pixels of the group are alike",
                           .table = FG_TABLE(pairwise_fields),
                           .shape = fg_pairwise_shape,
                           TAKES_PIXELS,
                           .count = fg_pairwise_count},
    [FG_LAYER_DENSE] = {.name = "dense",
                        .help = "a new group: each variable an activation of a weighted sum of the group",
                        .table = FG_TABLE(dense_fields),
                        .operand = "units",
                        .makes_group = true,
                        .shape = fg_dense_shape,
                        .makes = FG_LAID_PLAIN,
                        TAKES_PLAIN,
                        .count = fg_dense_count},
    [FG_LAYER_TCONV] = {.name = "tconv",
                        .help = "a new group that explains the group by a transposed convolution",
                        .table = FG_TABLE(tconv_fields),
                        .operand = "filters",
                        .makes_group = true,
                        .shape = fg_tconv_shape,
                        .makes = FG_LAID_PIXELS,
                        TAKES_PIXELS,
                        .count = fg_tconv_count},
    [FG_LAYER_UPSAMPLE] = {.name = "upsample",
                           .help = "a new group of half the height and width that explains the group",
                           .table = FG_TABLE(upsample_fields),
                           .makes_group = true,
                           .shape = fg_upsample_shape,
                           .makes = FG_LAID_PIXELS,
                           TAKES_PIXELS,
                           .count = fg_upsample_count},
    [FG_LAYER_MIXTURE] = {.name = "mixture",
                          .help = "the input is data of which some pixels are anything, to be found out",
                          .table = FG_TABLE(mixture_fields),
                          .on_input = true,
                          .pixels = true,
                          .count = fg_mixture_count},
    [FG_LAYER_CONV] = {.name = "conv",
                       .help = "a new group: activations of a convolution of the group, where filters fit",
                       .table = FG_TABLE(conv_fields),
                       .operand = "filters",
                       .makes_group = true,
                       .shape = fg_conv_shape,
                       .makes = FG_LAID_CHANNELS,
                       TAKES_GRID,
                       .count = fg_conv_count},
    [FG_LAYER_MAX_POOL] = {.name = "max_pool",
                           .help = "a new group: the largest of each window of the group; edges cut off",
                           .table = FG_TABLE(pool_fields),
                           .operand = "size",
                           .makes_group = true,
                           .shape = fg_pool_shape,
                           .makes = FG_LAID_CHANNELS,
                           TAKES_GRID,
                           .count = fg_pool_count},
    [FG_LAYER_AVG_POOL] = {.name = "avg_pool",
                           .help = "a new group: the mean of each window of the group; edges cut off",
                           .table = FG_TABLE(pool_fields),
                           .operand = "size",
                           .makes_group = true,
                           .shape = fg_pool_shape,
                           .makes = FG_LAID_CHANNELS,
                           TAKES_GRID,
                           .count = fg_pool_count},
    [FG_LAYER_FEATURES] = {.name = "features",
                           .help = "a new group of constants: pooled activations of filters drawn once",
                           .table = FG_TABLE(features_fields),
                           .operand = "filters",
                           .makes_group = true,
                           .computes = true,
                           .shape = fg_features_shape,
                           .pixels = true,
                           .pixels_known = true,
                           .makes = FG_LAID_PLAIN,
                           .count = fg_features_count},
    [FG_LAYER_SOFTMAX] = {.name = "softmax",
                          .help = "class labels observed through the softmax of the group",
                          .table = FG_TABLE(softmax_fields),
                          .ends = true,
                          .shape = fg_softmax_shape,
                          TAKES_PLAIN,
                          .count = fg_softmax_count},
    [FG_LAYER_REGRESSION] = {.name = "regression",
                             .help = "real targets observed with Gaussian noise",
                             .table = FG_TABLE(regression_fields),
                             .ends = true,
                             .count = fg_unary_count},
};

const fg_kind *fg_kind_of(fg_layer_kind kind) {
    return (unsigned)kind < FG_LAYER_KINDS ? &kinds[kind] : NULL;
}

fg_layer_kind fg_kind_find(const char *name) {
    int kind = 0;
    while (kind < FG_LAYER_KINDS && strcmp(kinds[kind].name, name))
        kind++;
    return (fg_layer_kind)kind;
}

const char *fg_kind_suggest(const char *wrong) {
    const char *names[FG_LAYER_KINDS];
    for (size_t i = 0; i < FG_LAYER_KINDS; i++)
        names[i] = kinds[i].name;
    return fg_suggest(wrong, names, FG_LAYER_KINDS);
}

void fg_layer_reset(fg_layer *layer, fg_layer_kind kind) {
    *layer = (fg_layer){.kind = kind, .damping = -1, .dropout = -1};
    fg_table_reset(layer, &kinds[kind].table);
}

size_t fg_group_count(fg_shape s) {
    if (!s.height || !s.width || !s.channels)
        return 0;
    /* Quotients, because the product of three large dimensions does not fit. */
    if (s.height > FG_GROUP_MAX / s.width || s.height * s.width > FG_GROUP_MAX / s.channels)
        return SIZE_MAX;
    return fg_shape_size(s);
}

void fg_shape_text(char text[72], fg_shape s) {
    char part[3][24];
    const size_t n[3] = {s.height, s.width, s.channels};
    for (int i = 0; i < 3; i++) {
        if (n[i])
            snprintf(part[i], sizeof part[i], "%zu", n[i]);
        else
            snprintf(part[i], sizeof part[i], "?");
    }
    if (s.height == 1 && s.width == 1)
        snprintf(text, 72, "%s", part[2]);
    else
        snprintf(text, 72, "%sx%sx%s", part[0], part[1], part[2]);
}
