/* What is wrong with an explicit graph, if anything: why inference on it may not be determined, or not
 * converge. */
#ifndef FG_ENGINE_DIAGNOSE_H
#define FG_ENGINE_DIAGNOSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "model/spec.h"

typedef struct fg_diagnosis {
    bool checked;           /* false: too many pairs of variables to look at; the rest is then not set */
    double spectral_radius; /* of |I - D^-1/2 Lambda D^-1/2|, Lambda the joint precision and D its diagonal */
    bool walk_summable;     /* the radius is under 1: Gaussian belief propagation converges, to exact means */
    size_t untouched;       /* variables with neither a prior nor a coefficient in a factor that is not 0 */
    size_t first_untouched; /* the first of them */
} fg_diagnosis;

/* Looks at the graph with all robust weights at 1. FG_ENOMEM. */
int fg_diagnose(fg_diagnosis *out, const fg_explicit *graph, fg_err *err);

/* reached [n_variables]: 1 for each variable that priors and unary factors tell of in the end, however long
 * the way, 0 for those that no message with a precision ever gets to. FG_ENOMEM. */
int fg_diagnose_reach(unsigned char *reached, const fg_explicit *graph, fg_err *err);

#endif
