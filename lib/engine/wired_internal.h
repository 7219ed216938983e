/* The inside of a graph, shared by the engine's sources. */
#ifndef FG_ENGINE_WIRED_INTERNAL_H
#define FG_ENGINE_WIRED_INTERNAL_H

#include <math.h>

#include "engine/graph.h"
#include "factor/net.h"

struct fg_graph {
    const fg_spec *spec;
    uint64_t seed;
    bool learned;  /* parameter priors came from a posterior: linearisation starts at their means */
    int iteration; /* done since create or reset */
    /* A round is over when all sets have had their turn; convergence is judged by rounds. */
    bool seen[FG_MAX_LAYERS]; /* sets that had theirs in this round */
    double round_change;      /* the largest change of this round's iterations */
    float *settling; /* [slots of the input] its means at iteration settling_at; NULL: it is constant */
    int settling_at; /* 0: not looked at yet */
    double residual[FG_MAX_LAYERS]; /* schedule residual: what each set is expected to move, see residual.c */
    int wait[FG_MAX_LAYERS];        /* and visits since it was last chosen */
    double moved[FG_MAX_LAYERS];    /* by each set's messages in this iteration, see fg_layer_stats.change */
    double rate;         /* 0 < rate <= 1: every message moves this much less than its damping says */
    const fg_set *mover; /* whose update moved a belief furthest in the last iteration; NULL: none moved */
    void *resumed[FG_MAX_LAYERS];    /* correlations of the priors of each set that came with a suspended run;
                                        else NULL */
    fg_posterior *resumed_posterior; /* what such a run had learned, where weights are joint; else NULL */
    fg_ws ws;
    fg_group *input;     /* the group that the input is bound to */
    fg_set *observation; /* the observation layer of the input, or NULL */
    fg_set *targets;     /* the softmax or regression layer, or NULL (also when predicting) */
    int n_variables;     /* groups that are not parameters */
    fg_group *variables[FG_MAX_LAYERS + 1];
    fg_net net;
};

/* Streams of random draws under the graph's seed. */
enum { FG_STREAM_START = 1, FG_STREAM_ACTIVATIONS, FG_STREAM_UPDATES, FG_STREAM_SCHEDULE };

/* Recomputes a group's beliefs from its priors and sums; sets change and broken. */
void fg_group_refresh(fg_group *group);

/* Whether fg_graph_set_correlations can succeed. */
int fg_graph_check_correlations(const fg_graph *graph, const fg_posterior *posterior, fg_err *err);

/* Gives a graph's posterior its correlations: those of the priors, and in their place what was learned. */
int fg_graph_take_correlations(fg_posterior *posterior, const fg_graph *graph, fg_err *err);

/* Takes memory for what fg_settled compares. */
void fg_settle_take(fg_graph *graph);

/* To be asked after every iteration: whether the means of the input have moved by less than `settle`, root
 * mean square, since FG_SETTLE_EVERY iterations ago. Looks at every FG_SETTLE_EVERY-th iteration only, and
 * has nothing to compare with at the first look after create or reset. */
bool fg_settled(fg_graph *graph, double settle);

/* Of a set's factors, at the belief means; infinite where single precision does not hold the residuals. */
static inline double fg_set_energy(const fg_set *set) {
    double energy = set->ops->energy ? set->ops->energy(set) : 0;
    return isnan(energy) ? INFINITY : energy;
}

/* The set with the largest share of the energy. */
const fg_set *fg_graph_worst(const fg_graph *graph);

/* Whether a set sends to, or looks at, a group. */
bool fg_set_touches(const fg_set *set, const fg_group *group);

/* Schedule residual: the set that goes next, -1 when all have settled; and taking note of its visit, after
 * the beliefs around it were refreshed. share is the part of the way that its messages went, (1 - damping)(1
 * - dropout).
 *
 * The residual of a set is what the beliefs around it are expected to move at its next visit. A set that has
 * not been visited comes first. A visit that moved a belief by c (group->change: standard deviations, or
 * relative precision) leaves the set (1 - share) c, and adds c to the other sets attached to that belief's
 * group: their cavities moved by that much. The largest residual goes next, the first of equals; but a set
 * that was passed over FG_RESIDUAL_WAIT times as often as there are sets goes before all, so that none
 * starves. */
enum { FG_RESIDUAL_WAIT = 4 };
int fg_residual_next(const fg_graph *graph);
void fg_residual_visited(fg_graph *graph, int index, double share);

/* Means of a forward pass at the parameters' beliefs, as fg_graph_forward has them at the priors; of the
 * graph only the parameters' beliefs are good for anything after it, until it is reset. */
void fg_graph_forward_at_beliefs(fg_graph *graph);

/* Has groups of constants that are computed follow those that they are computed from. */
void fg_graph_compute_constants(fg_graph *graph);

/* Sets beliefs and linearisation points to what they are before iteration 0. */
void fg_graph_start(fg_graph *graph, fg_init init);

#endif
