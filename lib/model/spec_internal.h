/* Between the files that parse, check and print specs. */
#ifndef FG_MODEL_SPEC_INTERNAL_H
#define FG_MODEL_SPEC_INTERNAL_H

#include "base/json.h"
#include "model/range.h"
#include "model/spec.h"

/* The factors of an explicit graph's JSON, and the ranges of their numbers. */
extern const fg_range fg_deviation_range; /* sigma, priors, thresholds */
extern const fg_range fg_value_range;     /* means, values, coefficients */

/* Reads "variables" and "factors" into out->graph. What was read so far is in *out on failure too. */
int fg_explicit_parse(fg_spec *out, const cJSON *object, fg_err *err);
int fg_explicit_check(const fg_explicit *graph, fg_err *err);
void fg_explicit_print(fg_json_writer *w, const fg_explicit *graph);
void fg_explicit_free(fg_explicit *graph);

/* What a factor is called in JSON: "observation" (1 x 1, coefficient 1), "pairwise" (1, -1) or "linear". */
const char *fg_factor_kind_name(const fg_linear_factor *factor);

/* Whether a layer's name or a spec's is made of [A-Za-z0-9_-] and fits; a spec's may be empty. */
bool fg_name_valid(const char *name);

/* Whether each layer can work with how the group that it stands on is laid out. Kinds, order and shapes are
 * already checked. FG_EINVAL. */
int fg_layout_check(const fg_spec *spec, fg_err *err);

/* Gives every layer without a name its kind and a running number. */
void fg_layers_name(fg_spec *spec);

#endif
