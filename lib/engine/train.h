/* Training: inference over all data in one graph, begun again with more damping where it ended badly.
 *
 * What ends badly, and what is done about it, is as with a batch of engine/filter.h: at half the rates
 * (1 - damping), FG_FILTER_RETRIES times at most. A run is judged at its end only, as one that grows for a
 * while may come to rest, and not where it had too few iterations for that. Where it ends well, the result is
 * that of fg_graph_run. */
#ifndef FG_ENGINE_TRAIN_H
#define FG_ENGINE_TRAIN_H

#include "engine/filter.h"
#include "engine/state.h"

/* Where a run stands beside its graph. {0}: at its beginning, as the graph is. */
typedef struct fg_train_place {
    int retries;        /* times that it was begun again */
    double most_energy; /* that a good end can have; negative: not known, as after runs that were none of
                           these */
    double before;      /* how well the priors fit the data, likewise */
} fg_train_place;

typedef struct fg_train_info {
    fg_run_info run;               /* of the last attempt */
    double rate;                   /* of the last attempt, see fg_graph_set_rate */
    bool failed;                   /* so did the last one: its result is finite, but of little use */
    char reason[FG_FILTER_REASON]; /* why the last attempt that failed did; empty: none did in this call */
} fg_train_info;

/* Runs inference to its end, or until the hook (may be NULL) stops it, in a graph with its data bound, whose
 * labels or targets `batch` names, if it has any: as many as the graph has observations (x is not looked at);
 * iterations count those that the graph has done. *out: the parameters' marginals, to be freed with
 * fg_posterior_free; NULL on failure. A run that came to its end leaves a graph whose other marginals are
 * those of a forward pass. FG_EDIVERGED, with layer and iteration, when the last attempt gave none that are
 * finite, or, with run.on_divergence stop, the first one failed; FG_EINVAL for another number of labels or
 * targets, and where parameters are not free; FG_ENOMEM. */
int fg_train(fg_train_info *info, fg_posterior **out, fg_graph *graph, fg_train_place *place,
             const fg_batch *batch, const fg_run_options *run, const fg_run_hook *hook, fg_err *err);

/* fg_state_suspend and fg_state_resume with the place, which is the metadata "resume_train". Runs that were
 * stopped without it are only judged by what is not finite. */
int fg_train_suspend(fg_state *state, const fg_graph *graph, const fg_train_place *place, fg_err *err);
int fg_train_resume(fg_train_place *place, fg_graph *graph, const fg_state *state, fg_err *err);

#endif
