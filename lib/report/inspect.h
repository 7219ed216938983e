/* What is in a spec or a state, as a table for people. */
#ifndef FG_REPORT_INSPECT_H
#define FG_REPORT_INSPECT_H

#include <stddef.h>
#include <stdio.h>

#include "base/err.h"
#include "engine/posterior.h"
#include "engine/state.h"

/* Smallest, mean and largest of a parameter's marginal means and standard deviations. */
typedef struct fg_parameter_range {
    double mean_low, mean, mean_high;
    double sd_low, sd, sd_high;
} fg_parameter_range;

/* Of a parameter of at least one entry. */
fg_parameter_range fg_parameter_measure(const fg_parameter *parameter);

/* Writes what the model is (layers with their groups, strengths and priors, or the size of an explicit
 * graph), how inference runs, and, of a state, what it was learned from (observations, seed, command lines),
 * the input's scaling and the range of each parameter. state->posterior is NULL for a spec. FG_EIO if the
 * stream fails. */
int fg_inspect_print(FILE *to, const fg_state *state, fg_err *err);

#endif
