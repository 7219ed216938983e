#include "report/trace.h"

#include <math.h>

static void put(FILE *to, const char *key, double value) {
    if (isfinite(value))
        fprintf(to, ",\"%s\":%.9g", key, value);
    else
        fprintf(to, ",\"%s\":null", key);
}

void fg_trace_write(const fg_trace *trace, const fg_iteration *iteration) {
    if (!trace->to)
        return;
    int n = fg_graph_layers(iteration->graph);
    fputc('{', trace->to);
    if (trace->part)
        fprintf(trace->to, "\"%s\":%zu,", trace->part, trace->number);
    fprintf(trace->to, "\"iteration\":%d", iteration->iteration);
    put(trace->to, "change", iteration->change);
    put(trace->to, "energy", fg_graph_energy(iteration->graph));
    fputs(",\"layers\":[", trace->to);
    for (int i = 0; i < n; i++) {
        fg_layer_stats stats;
        fg_graph_layer_stats(&stats, iteration->graph, i);
        fprintf(trace->to, "%s{\"name\":\"%s\"", i ? "," : "", stats.name);
        put(trace->to, "energy", stats.energy);
        put(trace->to, "change", stats.change);
        fprintf(trace->to, ",\"improper\":%llu,\"rejected\":%llu}", (unsigned long long)stats.improper,
                (unsigned long long)stats.rejected);
    }
    fputs("]}\n", trace->to);
}

int fg_trace_hook(void *context, const fg_iteration *iteration) {
    fg_trace_write(context, iteration);
    return 0;
}
