/* Before iteration 0: beliefs from priors alone, and the first linearisation points (METHOD section 5). */
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "base/thread.h"
#include "engine/wired_internal.h"
#include "factor/observation.h"

enum { WINDOW = 9 };

/* The median of the first n of at most 9 values, which are reordered. */
static float median(float *v, int n) {
    for (int i = 1; i < n; i++) {
        float x = v[i];
        int j = i;
        for (; j > 0 && v[j - 1] > x; j--)
            v[j] = v[j - 1];
        v[j] = x;
    }
    return n % 2 ? v[n / 2] : 0.5f * (v[n / 2 - 1] + v[n / 2]);
}

static double mean_observed(const fg_observed *own) {
    double sum = 0, count = 0;
    for (size_t i = 0; i < own->size; i++) {
        sum += (double)own->mask[i] * (double)own->value[i];
        count += (double)own->mask[i];
    }
    return count > 0 ? sum / count : 0;
}

/* Pixels start at the median of what is observed in their 3x3 window. At its own observation every pixel
 * would find that observation in perfect order, and robust weights would never leave 1. */
static void start_pixels(fg_group *group, const fg_observed *own) {
    size_t w = group->shape.width, h = group->shape.height, rows = group->n * group->shape.channels * h;
    float otherwise = (float)mean_observed(own);
#pragma omp parallel for schedule(static) num_threads(fg_threads()) if (group->slots > 4096)
    for (size_t row = 0; row < rows; row++) {
        size_t at = fg_group_row(group, row);
        size_t top = row % h ? at - group->pitch : at, bottom = row % h != h - 1 ? at + group->pitch : at;
        for (size_t x = 0; x < w; x++) {
            float v[WINDOW];
            int n = 0;
            for (size_t r = top; r <= bottom; r += group->pitch)
                for (size_t c = x ? x - 1 : 0; c <= x + (x + 1 < w); c++)
                    if (own->mask[r + c] != 0)
                        v[n++] = own->value[r + c];
            group->lin[at + x] = n ? median(v, n) : otherwise;
        }
    }
}

static void start_observed(fg_set *set) {
    const fg_observed *own = set->own;
    fg_group *group = set->in;
    if (group->layout == FG_LAYOUT_PLANAR) {
        start_pixels(group, own);
        return;
    }
    for (size_t i = 0; i < group->slots; i++)
        if (own->mask[i] != 0)
            group->lin[i] = own->value[i];
}

static void start_activations(const fg_graph *g, fg_set *set, fg_init init, int index) {
    if (init == FG_INIT_FORWARD && set->ops->forward) {
        set->ops->forward(set);
        return;
    }
    uint64_t key = fg_rng_key(g->seed, FG_STREAM_ACTIVATIONS);
    size_t features = fg_shape_size(set->out->shape);
    for (size_t n = 0; n < set->out->n; n++)
        for (size_t f = 0; f < features; f++)
            set->out->lin[fg_group_slot(set->out, n, f)] =
                (float)(set->layer->activation_init * fg_rng_normal(key, (uint64_t)index, n * features + f));
}

void fg_graph_start(fg_graph *g, fg_init init) {
    for (int i = 0; i < g->net.n_groups; i++) {
        fg_group *group = &g->net.groups[i];
        fg_group_fill_margins(group);
        fg_group_refresh(group);
        if (group->role != FG_ROLE_CONSTANT && !group->single)
            memcpy(group->lin, group->mean, group->slots * sizeof *group->lin);
    }
    if (g->observation)
        start_observed(g->observation);
    for (int i = 0; i < g->net.n_sets; i++) {
        fg_set *set = &g->net.sets[i];
        if (set->ops->start && g->net.parameters == FG_ROLE_FREE && !g->learned)
            set->ops->start(set, fg_rng_key(fg_rng_key(g->seed, FG_STREAM_START), (uint64_t)i));
        if (set->out)
            start_activations(g, set, init, i);
    }
}
