/* The inside of a graph, shared by the engine's sources. */
#ifndef FG_ENGINE_WIRED_INTERNAL_H
#define FG_ENGINE_WIRED_INTERNAL_H

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

/* Takes memory for what fg_settled compares. */
void fg_settle_take(fg_graph *graph);

/* To be asked after every iteration: whether the means of the input have moved by less than `settle`, root
 * mean square, since FG_SETTLE_EVERY iterations ago. Looks at every FG_SETTLE_EVERY-th iteration only, and
 * has nothing to compare with at the first look after create, reset or resume. */
bool fg_settled(fg_graph *graph, double settle);

/* Sets beliefs and linearisation points to what they are before iteration 0. */
void fg_graph_start(fg_graph *graph, fg_init init);

#endif
