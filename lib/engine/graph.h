/* Graphs: a spec wired for a number of observations, the data bound to it, inference, and what it inferred.
 *
 * A typical life: create, bind data (set_input, set_labels or set_targets), optionally set_priors, run, then
 * read marginals or the parameters' posterior. Data can be bound again at any time, and counts from the next
 * iteration on; what never was bound is not observed, or, of a noiseless input, 0. A call that fails binds
 * nothing. Nothing is allocated after create but by what says so (FG_ENOMEM). A graph is used by one
 * thread at a time; inside, it uses base/thread.h's. The same seed and data give the same bytes at any number
 * of threads. */
#ifndef FG_ENGINE_GRAPH_H
#define FG_ENGINE_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "engine/posterior.h"
#include "model/spec.h"

typedef struct fg_graph fg_graph;

/* What the shared parameters are. */
typedef enum fg_parameters {
    FG_PARAMETERS_FREE,    /* inferred: training */
    FG_PARAMETERS_GIVEN,   /* known with their uncertainty, which predictions include; nothing is sent to them
                            */
    FG_PARAMETERS_CONSTANT /* known exactly, at their marginal means (the paper's prediction) */
} fg_parameters;

typedef struct fg_graph_options {
    uint64_t seed; /* of initial linearisation points, dropout and random schedules */
    fg_parameters parameters;
    fg_storage storage;
    bool predict; /* output observations (softmax, regression) are left out */
} fg_graph_options;

/* Order of the arrays that callers pass and get: observations first, then these. */
typedef enum fg_order {
    FG_ORDER_HWC, /* row, column, channel (plain vectors too) */
    FG_ORDER_CHW  /* channel, row, column */
} fg_order;

/* Wires a spec that fg_spec_check accepts for n observations (1 for explicit graphs, whose input shape is
 * ignored). The spec must outlive the graph. FG_EINVAL if shapes do not fit, FG_ENOMEM. */
int fg_graph_create(fg_graph **out, const fg_spec *spec, fg_shape input, size_t n,
                    const fg_graph_options *options, fg_err *err);
void fg_graph_free(fg_graph *graph);

/* Bytes that fg_graph_create takes for the same arguments; SIZE_MAX: more than can be counted. */
int fg_graph_bytes(size_t *bytes, const fg_spec *spec, fg_shape input, size_t n,
                   const fg_graph_options *options, fg_err *err);

/* Back to before the first iteration; bound data and priors are kept. */
void fg_graph_reset(fg_graph *graph);

/* Another seed for all random draws from here on. */
void fg_graph_reseed(fg_graph *graph, uint64_t seed);

/* More damping for all layers alike: 1 - damping becomes rate times that, 0 < rate <= 1 (at first 1). */
void fg_graph_set_rate(fg_graph *graph, double rate);

/* Binds the input: x [n] observations in the given order, finite; observed [n], same order, 0 where x is
 * missing, or NULL for all there. A noiseless input must be there entirely. FG_EINVAL with the place of a
 * value that is not finite. */
int fg_graph_set_input(fg_graph *graph, const float *x, fg_order order, const unsigned char *observed,
                       fg_err *err);

/* Binds class labels [n] of a softmax layer, 0 .. classes-1, or negative: not observed. FG_EINVAL for others,
 * or without such a layer. */
int fg_graph_set_labels(fg_graph *graph, const int32_t *labels, fg_err *err);

/* Binds targets [n][outputs] of a regression layer; they and their errors as with set_input. */
int fg_graph_set_targets(fg_graph *graph, const float *targets, fg_err *err);

/* A Gaussian prior of every variable of a free input, beside what is observed of it: missing inputs can only
 * be inferred where something says what they may be. sd > 0. FG_EINVAL if the input is noiseless, or mean or
 * 1/sd^2 out of the ranges of engine/posterior.h. */
int fg_graph_set_input_prior(fg_graph *graph, double mean, double sd, fg_err *err);

/* Parameter priors from a posterior (filtering, or prediction); every parameter of the spec must be in it
 * with its shape; otherwise FG_EFORMAT, and the priors stay. Where parameters are not free, averages are used
 * as means if there are any. Correlations are not copied: the posterior must keep them as they are until the
 * graph has other priors. */
int fg_graph_set_priors(fg_graph *graph, const fg_posterior *posterior, fg_err *err);

/* One layer after an iteration. Energies are sums of r^2/sigma^2 without the half (robust ones capped),
 * infinite where single precision does not hold the residuals. */
typedef struct fg_layer_stats {
    const char *name, *kind;
    uint64_t factors, edges;             /* messages sent to variables in one update */
    double energy;                       /* at the belief means */
    uint64_t improper;                   /* cavities of negative precision met in the last update */
    uint64_t rejected;                   /* messages not stored for not being finite in the last update */
    uint64_t run_improper, run_rejected; /* of both, in all updates of the last run */
    uint64_t run_curbed; /* likewise: observations of joint weights that counted for less than they said, for
                            want of precision (METHOD section 7) */
    /* The largest move of a belief by the layer's messages in the last iteration, as fg_run_options.tol has
     * it; under schedule synchronous by all messages to that belief. */
    double change;
} fg_layer_stats;

/* What a hook sees after each iteration. */
typedef struct fg_iteration {
    int iteration; /* counted from 0 */
    double change; /* the largest move of a belief, see fg_run_options.tol */
    const fg_graph *graph;
} fg_iteration;

typedef struct fg_run_hook {
    int (*after)(void *context, const fg_iteration *iteration); /* not 0: stop after this iteration */
    void *context;
} fg_run_hook;

typedef struct fg_run_info {
    int iterations; /* done in this run */
    bool converged; /* the change fell to tol, or to exactly 0 where every iteration does the same, or the
                       input settled */
    bool stopped;   /* the hook asked */
    double change;  /* in the last iteration */
    double energy;  /* of all layers, at the end; 0 after FG_EDIVERGED */
    uint64_t improper, rejected; /* over all updates of this run */
    double seconds;
} fg_run_info;

/* Runs inference; goes on from where an earlier run of the same graph stopped. hook and info may be NULL. Not
 * converging is no error; FG_EDIVERGED names the layer and iteration where beliefs stopped being finite. */
int fg_graph_run(fg_run_info *info, fg_graph *graph, const fg_run_options *options, const fg_run_hook *hook,
                 fg_err *err);

/* In place of a run: resets the graph and takes the means of all variables from a forward pass at the
 * parameters' prior means; fg_graph_marginals then gives these means (deviations are those of the priors). */
void fg_graph_forward(fg_graph *graph);

/* Of all layers: the sum of r^2/sigma^2 at the belief means (robust ones capped); the number of factors. */
double fg_graph_energy(const fg_graph *graph);
double fg_graph_factors(const fg_graph *graph);

int fg_graph_layers(const fg_graph *graph);
void fg_graph_layer_stats(fg_layer_stats *stats, const fg_graph *graph, int layer);
/* Iterations done since create or reset. */
int fg_graph_iterations(const fg_graph *graph);

/* Groups of non-parameter variables: 0 is the input (or the variables of an explicit graph), the last one the
 * output. */
int fg_graph_groups(const fg_graph *graph);
fg_shape fg_graph_group_shape(const fg_graph *graph, int group);

/* Marginal means and standard deviations of a group, [n] observations in the given order; either may be NULL.
 * A variable that nothing informs has sd = INFINITY and the mean it started from; constants have sd 0. Before
 * the first iteration, and after a reset, nothing informs any variable, and means are 0. */
void fg_graph_marginals(float *mean, float *sd, const fg_graph *graph, int group, fg_order order);

/* The same in double, for explicit graphs. */
void fg_graph_variables(double *mean, double *sd, const fg_graph *graph);

/* The parameters' marginals (none, of an explicit graph); free with fg_posterior_free. Before the first
 * iteration they are the priors. FG_EINVAL unless FG_PARAMETERS_FREE; FG_EDIVERGED, with layer and iteration,
 * where one is not finite or out of range (fg_parameter_check); FG_ENOMEM. */
int fg_graph_posterior(fg_posterior **out, const fg_graph *graph, fg_err *err);
/* The same into a posterior that fg_graph_posterior made for the same spec, without allocating, and without
 * correlations. */
void fg_graph_read_posterior(fg_posterior *into, const fg_graph *graph);

/* Correlations between parameters, where a layer keeps them (fg_parameter.correlation): those of another
 * posterior than the priors are from, borrowed from it likewise; room for them; and, in place, those of the
 * priors turned into those of the posterior: what a graph had borrowed from `into` may have moved, and is set
 * again before it runs. FG_ENOMEM leaves them as they were. The priors have a share `kept`, above 0 and up to
 * 1, of the correlations that are lent: the same when these are set and when they are turned. */
int fg_graph_set_correlations(fg_graph *graph, const fg_posterior *posterior, double kept, fg_err *err);
int fg_graph_make_correlations(fg_posterior *posterior, const fg_graph *graph, fg_err *err);
int fg_graph_read_correlations(fg_posterior *into, const fg_graph *graph, double kept, fg_err *err);

#endif
