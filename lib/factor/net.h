/* The wired form of a graph: groups of scalar variables, and sets of factors of one kind between them.
 *
 * Beliefs are kept in canonical form, eta = lambda * mean. A belief is the group's prior plus, for every set
 * attached to it, the sum of the messages that set sends; each set owns an array of those sums, so a belief
 * is always summed afresh and never drifts. The message variable -> factor (the cavity) is belief minus
 * message and is not stored.
 *
 * Wide groups hold each belief as two floats, high and low part of a double: the cavity (high - message) +
 * low is then right to float precision even where one message makes up nearly all of the belief. Single
 * groups (pixels) have only the high part. */
#ifndef FG_FACTOR_NET_H
#define FG_FACTOR_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "model/spec.h"

enum {
    FG_LANES = 16,   /* factors side by side in a kernel's block */
    FG_MAX_SUMS = 4, /* sets attached to one group */
    FG_MAX_GROUPS = 3 * FG_MAX_LAYERS + 1
};

/* Where variable (observation, row, column, channel) of a group stands. */
typedef enum fg_layout {
    FG_LAYOUT_LANES,   /* [row][column][channel][observation]: observations are a kernel's lanes, padded to
                          FG_LANES */
    FG_LAYOUT_PLANAR,  /* [observation][channel][row][column]: neighbouring pixels are the lanes; nothing is
                          padded */
    FG_LAYOUT_CHANNELS /* [observation][row][column][channel]: channels are the lanes, padded to FG_LANES */
} fg_layout;

/* How a group takes part in inference. */
typedef enum fg_role {
    FG_ROLE_FREE,    /* inferred */
    FG_ROLE_GIVEN,   /* a known Gaussian: its uncertainty counts, nothing is sent to it */
    FG_ROLE_CONSTANT /* known values (mean, lin); no belief is stored */
} fg_role;

/* Sums over one set's messages to each variable; the float pair in single groups, the double pair in wide
 * ones. */
typedef struct fg_sums {
    double *eta, *lambda;
    float *eta_single, *lambda_single;
} fg_sums;

typedef struct fg_group {
    char name[2 * FG_NAME_MAX];
    fg_role role;
    fg_layout layout;
    bool single;
    bool parameter; /* shared by all observations: n = 1 */
    fg_shape shape;
    size_t n,
        pitch; /* observations; slots per feature (LANES), from row to row (PLANAR) or per pixel (CHANNELS) */
    size_t margin;                  /* PLANAR: empty rows and columns around each plane, see fg_group_row */
    size_t slots;                   /* variables, padding included */
    double prior_eta, prior_lambda; /* of every variable, where the arrays below are NULL */
    double *prior_etas, *prior_lambdas;       /* [slots] */
    bool own_priors;                          /* the arrays are wanted */
    float *eta, *eta_lo, *lambda, *lambda_lo; /* [slots] beliefs; the low parts only in wide groups */
    float *mean; /* [slots] belief means; where lambda = 0, what stood there before */
    float *lin;  /* [slots] linearisation points; the same array as mean in single groups */
    int n_sums;
    fg_sums sums[FG_MAX_SUMS];
    double change; /* largest change of a belief in the last refresh */
    size_t broken; /* variables whose belief is not finite or has a negative precision, in the last refresh */
} fg_group;

/* What one update of a set is told. */
typedef struct fg_step {
    uint64_t key; /* of this update's random draws */
    float damping, dropout;
    float extrapolate; /* fg_run_options */
    bool first;        /* neither damped nor dropped */
    bool recount; /* sums that gain differences of messages are to be taken afresh, so that rounding errors do
                     not add up */
    int iteration; /* of the run, from 0 */
    bool learned;  /* the parameters' priors came from a posterior */
    bool together; /* all sets are updated from the same beliefs: the sums of others may be newer */
} fg_step;

struct fg_factor_ops;

typedef struct fg_set {
    const struct fg_factor_ops *ops;
    const fg_layer *layer;    /* NULL in explicit graphs */
    const fg_explicit *graph; /* NULL in layered graphs */
    char name[FG_NAME_MAX];
    fg_group *in, *out, *weight, *bias;            /* as the kind has them, else NULL */
    int in_sums, out_sums, weight_sums, bias_sums; /* which of the group's sums this set owns */
    void *own;                                     /* the kind's own memory (in the workspace) */
    float *messages;                               /* all stored float messages, or NULL */
    size_t n_messages;                             /* floats in it */
    double *wide_messages;                         /* all stored double messages, or NULL */
    size_t n_wide;
    bool visited;    /* has been updated since the graph's start */
    bool solved;     /* in the last run from its start, by this graph: not only by one that was suspended */
    bool rebuilds;   /* its messages are rebuilt from what its factors keep (factor/rebuilt.h) */
    size_t joint;    /* weights of a row of the weight group, and with them the row's bias, that are one
                        variable; 0: none are */
    size_t matrices; /* of correlations: one for each row, or 1 that all rows have in common */
    const float *correlation; /* of their priors, [matrices][joint][joint], borrowed: they must stay as they
                                 are for as long as the set has these priors */
    const double *wide_correlation; /* the same in double; both NULL: independent */
    double kept;  /* share of them that the priors still have, above 0: the rest is forgotten */
    bool wide;    /* the last update worked joint weights out in double, as priors or something learned since
                     the start needs */
    bool known;   /* what it computes of constants is up to date; cleared where these change */
    bool settled; /* its messages will not change any more: constant observations after one update */
    uint64_t factors, edges;     /* of all observations, padding not counted */
    uint64_t improper, rejected; /* cavities with lambda < 0, and messages not taken for not being finite, in
                                    the last update */
    uint64_t curbed; /* observations that counted for less than they said, for want of precision, likewise */
    uint64_t run_improper, run_rejected, run_curbed; /* in all updates of the last run */
} fg_set;

typedef struct fg_net {
    size_t n;           /* observations */
    fg_role parameters; /* FREE in training; GIVEN or CONSTANT in prediction */
    fg_storage storage;
    int n_groups, n_sets;
    fg_group groups[FG_MAX_GROUPS];
    fg_set sets[FG_MAX_LAYERS];
} fg_net;

/* One kind of factor. All functions but connect, take and update may be NULL. */
typedef struct fg_factor_ops {
    const char *name;
    /* Adds the groups the layer makes and sets set->in/out/weight/bias; *current is the group the layer
     * attaches to, and becomes the one the next layer attaches to. */
    int (*connect)(fg_net *net, fg_set *set, fg_group **current, fg_err *err);
    /* Takes the set's memory; called once to measure (the workspace hands out NULL) and once to fill. */
    void (*take)(fg_set *set, fg_ws *ws);
    /* Copies what is constant (an explicit graph's matrices) into that memory. */
    int (*fill)(fg_set *set, fg_err *err);
    /* Sets the parameters' lin to fresh draws (around their priors' means) where nothing has been learned
     * yet. */
    void (*start)(fg_set *set, uint64_t key);
    /* out->lin from in->lin at the parameters' lin. */
    void (*forward)(fg_set *set);
    /* Recomputes all messages from the current beliefs and linearisation points, and this set's sums. */
    void (*update)(fg_set *set, const fg_step *step);
    /* Sum over the set's factors of r^2/sigma^2 (robust ones capped), or of -2 times the log-likelihood of
     * those that are no squares, at the belief means. */
    double (*energy)(const fg_set *set);
    /* Of kinds with joint weights (set->joint): whether all rows have the same posterior correlations as of
     * the last update; and turns correlations, in double where set->wide, of which the priors had the share
     * `kept`, into these. Of rows that are alike `matrices` may be 1. */
    bool (*alike)(const fg_set *set);
    void (*read_correlation)(const fg_set *set, double kept, size_t matrices, void *correlation);
} fg_factor_ops;

/* Adds a group; the name is cut if too long. FG_MAX_GROUPS are never passed (at most three per layer). */
fg_group *fg_net_group(fg_net *net, const char *name, const char *part, fg_shape shape, size_t n);

/* The deviation that stands for none in a posterior, of parameters that are known once they are drawn. */
#define FG_KNOWN_DEVIATION 1e-15

/* Adds a group of parameters with priors N(0, sd^2), in the role that the net's parameters have. */
fg_group *fg_net_parameters(fg_net *net, const char *name, const char *part, fg_shape shape, double sd);

/* Sets the weights' lin to draws around their priors' means, with the layer's weight_init as deviation. */
void fg_set_draw_weights(fg_set *set, uint64_t key);

/* Registers one more set that sends to a group; returns which of group->sums it owns, -1 for groups that are
 * sent nothing. FG_MAX_SUMS are never passed by specs that fg_spec_check accepts. */
int fg_group_attach(fg_group *group);

/* Takes the group's memory, and gives single groups their alias of lin and mean. */
void fg_group_take(fg_group *group, fg_ws *ws);

/* PLANAR: the slot of the first pixel of a row; rows run over observations, channels and then each plane's
 * rows. With a margin, reading up to that many pixels outside of a plane, and in rows up to the next multiple
 * of FG_LANES pixels after that, gives variables known to be 0: mean 0, precision FG_MARGIN_LAMBDA. */
size_t fg_group_row(const fg_group *group, size_t row);
#define FG_MARGIN_LAMBDA 1e30f

/* Makes a group PLANAR and single, with at least this margin. */
void fg_group_planar(fg_group *group, size_t margin);

/* Makes a group CHANNELS and single. */
void fg_group_channels(fg_group *group);

/* Gives the margins of a PLANAR group their values. */
void fg_group_fill_margins(fg_group *group);

/* Where variables stand in any layout: (observation n, row y, column x, channel c) is at slot
 * first + n * observation + y * row + x * column + c * channel. */
typedef struct fg_strides {
    size_t first, observation, row, column, channel;
} fg_strides;
fg_strides fg_group_strides(const fg_group *group);

/* Of a window of kernel x kernel pixels: the slots of its inputs from its first one on, over channels, rows
 * and then columns; n of them. */
void fg_group_window(ptrdiff_t *offset, const fg_group *group, size_t kernel, size_t n);

/* The slot of (observation, feature); features run over rows, columns and then channels. */
size_t fg_group_slot(const fg_group *group, size_t observation, size_t feature);

/* The ops of a layer's kind, and of explicit graphs. */
const fg_factor_ops *fg_factor_layer_ops(fg_layer_kind kind);
extern const fg_factor_ops fg_factor_linear;
extern const fg_factor_ops fg_factor_tconv, fg_factor_upsample, fg_factor_mixture;
extern const fg_factor_ops fg_factor_features;
extern const fg_factor_ops fg_factor_conv, fg_factor_max_pool, fg_factor_avg_pool;
/* What fg_factor_dense turns into over CHANNELS groups, and where the weights of a unit are joint. */
extern const fg_factor_ops fg_factor_dense_grid, fg_factor_dense_joint;
extern const fg_factor_ops fg_factor_observation, fg_factor_regression, fg_factor_pairwise, fg_factor_dense,
    fg_factor_softmax;

#endif
