/* Filtering: batches of observations one after the other, the posterior of each the prior of the next (METHOD
 * section 5).
 *
 * Equal to the joint posterior where the graph is a tree, and in the means where it is linear and converged.
 * One graph serves all batches of the full size and one more those of another size; nothing is allocated from
 * batch to batch.
 *
 * A batch on which inference diverges, or after which the model no longer fits that very batch, is started
 * again at half the rates (1 - damping) of all layers, FG_FILTER_RETRIES times at most; the rates stay down
 * and are doubled after every FG_FILTER_RECOVERY batches that went well at once, up to where they began. A
 * batch that fails each time is passed over: the posterior stays what it was. So no run ends in a broken
 * state. With run.on_divergence stop, the first failure is FG_EDIVERGED, with layer, kind and iteration in
 * its message. The signs of divergence:
 *   - fg_graph_run says so;
 *   - the largest change of a belief has doubled five times in a row, to more than 100 standard deviations;
 *   - a parameter's marginal is not finite or out of range (fg_parameter_check);
 *   - the forward pass at the new means fits the batch much worse than at the old ones: of the classes, more
 *     than a fifth of the batch (and more than two) fewer are right; of real targets, the mean squared error
 *     is more than four times what it was, counted with the observation's variance. */
#ifndef FG_ENGINE_FILTER_H
#define FG_ENGINE_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/graph.h"
#include "engine/posterior.h"
#include "factor/trouble.h"

enum { FG_FILTER_RETRIES = 3, FG_FILTER_RECOVERY = 10, FG_FILTER_REASON = FG_ERR_TEXT };

typedef struct fg_filter_options {
    fg_run_options run; /* of each batch: iterations are the most, tol ends it earlier; forget: before each
                           batch but the first, fg_posterior_forget towards the spec's priors; average: of
                           the marginals that predictions use */
    size_t batch;       /* the usual number of observations, at least 1 */
    uint64_t seed; /* of all random draws; the first batch is inferred as a graph with this seed would be */
    double temper; /* 0 < t <= 1: before that, fg_posterior_temper; 1: none */
} fg_filter_options;

/* Observations; arrays as of fg_graph_set_input (FG_ORDER_HWC), set_labels and set_targets. All batches of a
 * filter have labels (or targets), or none has: a graph keeps those it was last given. */
typedef struct fg_batch {
    size_t n;
    const float *x;
    const int32_t *labels; /* or NULL */
    const float *targets;  /* or NULL */
} fg_batch;

/* Where a filter stands: with the posterior all that later batches depend on. */
typedef struct fg_filter_place {
    uint64_t batches; /* stepped through, passed over or not */
    uint64_t learned; /* of these, the ones that were learned from; 0: parameters are still at their priors */
    uint64_t averaged;                /* of these, the ones in the averages */
    uint64_t retries, passed;         /* in all: inference started again, batches passed over */
    double rate;                      /* 0 < rate <= 1: of the damping's, see fg_graph_set_rate */
    int good;                         /* batches in a row that went well at once */
    fg_trouble layers[FG_MAX_LAYERS]; /* the spec's: what their updates met in all attempts at batches */
    uint64_t curbed[FG_MAX_LAYERS];   /* and fg_layer_stats.run_curbed */
} fg_filter_place;

typedef struct fg_filter_info {
    fg_run_info run;               /* of the last attempt */
    double rate;                   /* of the last attempt */
    int retries;                   /* of this batch */
    bool passed;                   /* all attempts failed */
    char reason[FG_FILTER_REASON]; /* why the last attempt that failed did; empty if none */
    double fit_before, fit; /* share of right classes, or root mean squared error, of the forward pass on the
                               batch; not a number where nothing is observed */
} fg_filter_info;

typedef struct fg_filter fg_filter;

/* Starts from the spec's priors (start NULL), or from a posterior, which is copied and counts as what an
 * earlier batch taught. The spec must outlive the filter. FG_EINVAL if shapes do not fit; FG_EFORMAT if start
 * does not; FG_ENOMEM. */
int fg_filter_create(fg_filter **out, const fg_spec *spec, fg_shape input, const fg_posterior *start,
                     const fg_filter_options *options, fg_err *err);

/* Learns from one batch. hook (may be NULL) sees every iteration; when it asks to stop, the batch counts for
 * nothing and the result is FG_ESTOPPED. FG_EINVAL for data that does not fit, FG_EDIVERGED see above. On
 * failure the filter is as before. info may be NULL. */
int fg_filter_step(fg_filter_info *info, fg_filter *filter, const fg_batch *batch, const fg_run_hook *hook,
                   fg_err *err);

/* The marginals so far, with their averages; the filter's own, good until its next step. */
const fg_posterior *fg_filter_posterior(const fg_filter *filter);

/* Where it stands, and taking that up again in a filter just created with the posterior of that place and the
 * same options: later batches then give the same bytes. */
fg_filter_place fg_filter_where(const fg_filter *filter);
void fg_filter_resume(fg_filter *filter, const fg_filter_place *place);

void fg_filter_free(fg_filter *filter);

#endif
