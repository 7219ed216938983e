/* Whether inference over a batch ended well: what filter.h and train.h call the signs of divergence. */
#ifndef FG_ENGINE_GUARD_INTERNAL_H
#define FG_ENGINE_GUARD_INTERNAL_H

#include "engine/filter.h"

/* The energy that a good end can have at most, after the first iteration. */
double fg_guard_most_energy(const fg_graph *graph);

/* Writes the reason if a run ended with more energy than that (not a number: not known) or, as it is no
 * number, cannot tell. */
bool fg_guard_energy(char reason[FG_FILTER_REASON], const fg_graph *graph, const fg_run_info *run,
                     double most);

/* Outputs of a graph over n observations. */
size_t fg_guard_outputs(const fg_graph *graph, size_t n);

/* How well the outputs' means fit the batch bound to the graph: the number of right classes, or the mean
 * squared error; not a number if there is nothing to fit. outputs has room for fg_guard_outputs. */
double fg_guard_fit(float *outputs, const fg_graph *graph, const fg_batch *batch);

/* Writes the reason if the batch is fitted much worse than before it, as filter.h says. */
bool fg_guard_worse(char reason[FG_FILTER_REASON], const fg_graph *graph, const fg_batch *batch,
                    double before, double fit);

/* FG_EDIVERGED for a reason. Where that tells neither a layer nor an iteration, the layer that fits least and
 * the last iteration of the run are named. */
int fg_guard_fail(const char *reason, const fg_graph *graph, const fg_run_info *run, fg_err *err);

#endif
