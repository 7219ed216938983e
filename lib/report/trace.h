/* The per-iteration log: one JSON object a line. */
#ifndef FG_REPORT_TRACE_H
#define FG_REPORT_TRACE_H

#include <stdio.h>

#include "engine/graph.h"

/* Where a log goes, and what `part` of the work it tells of ("frame", 3): one log may hold several runs. */
typedef struct fg_trace {
    FILE *to;         /* NULL: nothing is written */
    const char *part; /* a key that needs no escapes, or NULL for none */
    size_t number;
} fg_trace;

/* Writes {"frame":3,"iteration":0,"change":..,"energy":..,"layers":[{"name":..,"energy":..,"change":..,
 * "improper":..,"rejected":..},..]}. Energies are sums of r^2/sigma^2 without the half. A number that is not
 * finite is null. */
void fg_trace_write(const fg_trace *trace, const fg_iteration *iteration);

/* The same as a run's hook; context is the fg_trace. Never asks to stop. */
int fg_trace_hook(void *context, const fg_iteration *iteration);

#endif
