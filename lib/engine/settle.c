/* Whether the input has come to rest: of pixels, unlike of beliefs in their own deviations, it is known how
 * much a movement matters, and dropout cannot hide it for ten iterations. */
#include <math.h>
#include <string.h>

#include "base/thread.h"
#include "engine/wired_internal.h"

enum { BLOCKS = 16, LANES = 16, SMALL = 65536 };

void fg_settle_take(fg_graph *graph) {
    const fg_group *input = graph->input;
    bool moves = input && input->role == FG_ROLE_FREE && !graph->spec->is_explicit;
    graph->settling = moves ? fg_ws_take(&graph->ws, input->slots, sizeof(float)) : NULL;
}

/* Sum of squared moves, and the new values in place of the old. */
static double moved(float *restrict before, const float *restrict now, size_t n) {
    float lane[LANES] = {0};
    double sum = 0;
    size_t whole = n / LANES * LANES;
    for (size_t i = 0; i < whole; i += LANES)
        for (size_t l = 0; l < LANES; l++) {
            float d = now[i + l] - before[i + l];
            lane[l] += d * d;
        }
    for (size_t l = 0; l < LANES; l++)
        sum += (double)lane[l];
    for (size_t i = whole; i < n; i++)
        sum += ((double)now[i] - (double)before[i]) * ((double)now[i] - (double)before[i]);
    memcpy(before, now, n * sizeof *before);
    return sum;
}

bool fg_settled(fg_graph *graph, double settle) {
    const fg_group *input = graph->input;
    if (!graph->settling || graph->iteration % FG_SETTLE_EVERY)
        return false;
    bool comparable = graph->settling_at > 0 && graph->settling_at == graph->iteration - FG_SETTLE_EVERY;
    double sums[BLOCKS], sum = 0;
#pragma omp parallel for schedule(static) num_threads(fg_threads()) if (input->slots > SMALL)
    for (size_t b = 0; b < BLOCKS; b++) {
        size_t from = fg_block_start(input->slots, BLOCKS, b),
               end = fg_block_start(input->slots, BLOCKS, b + 1);
        sums[b] = moved(graph->settling + from, input->mean + from, end - from);
    }
    for (size_t b = 0; b < BLOCKS; b++)
        sum += sums[b];
    graph->settling_at = graph->iteration;
    double values = (double)graph->net.n * (double)fg_shape_size(input->shape);
    return comparable && sum < settle * settle * values;
}
