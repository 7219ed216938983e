/* Before iteration 0: beliefs from priors alone, and the first linearisation points (METHOD section 5). */
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "base/thread.h"
#include "engine/wired_internal.h"
#include "factor/observation.h"

enum { WINDOW = 9, REACH = 64 };

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

/* One plane of the input. */
typedef struct plane {
    const float *value, *mask; /* at the plane's first pixel */
    size_t height, width, pitch;
} plane;

/* The median of what is observed in the 3x3 window of a pixel; false if nothing is. */
static bool window_median(float *out, const plane *p, size_t y, size_t x) {
    float v[WINDOW];
    int n = 0;
    for (size_t r = y ? y - 1 : 0; r <= y + (y + 1 < p->height); r++)
        for (size_t c = x ? x - 1 : 0; c <= x + (x + 1 < p->width); c++)
            if (p->mask[r * p->pitch + c] != 0)
                v[n++] = p->value[r * p->pitch + c];
    if (n)
        *out = median(v, n);
    return n > 0;
}

/* In a hole: the medians found first to the left, to the right, above and below, the nearer the more;
 * `otherwise` where none is within REACH. */
static float across_hole(const plane *p, size_t y, size_t x, float otherwise) {
    float sum = 0, weight = 0, found;
    for (int d = 0; d < 4; d++)
        for (ptrdiff_t step = 2; step <= REACH; step++) {
            ptrdiff_t r = (ptrdiff_t)y + (d == 0 ? -step : d == 1 ? step : 0);
            ptrdiff_t c = (ptrdiff_t)x + (d == 2 ? -step : d == 3 ? step : 0);
            if (r < 0 || c < 0 || r >= (ptrdiff_t)p->height || c >= (ptrdiff_t)p->width)
                break;
            if (p->mask[r * (ptrdiff_t)p->pitch + c] == 0)
                continue;
            window_median(&found, p, (size_t)r, (size_t)c);
            sum += found / (float)step;
            weight += 1 / (float)step;
            break;
        }
    return weight > 0 ? sum / weight : otherwise;
}

/* Pixels start at the median of what is observed in their 3x3 window, and in holes between what is around
 * them. At its own observation every pixel would find that observation in perfect order, and robust weights
 * would never leave 1. */
static void start_pixels(fg_group *group, const fg_observed *own) {
    size_t w = group->shape.width, h = group->shape.height, rows = group->n * group->shape.channels * h;
    float otherwise = (float)mean_observed(own);
#pragma omp parallel for schedule(static) num_threads(fg_threads()) if (group->slots > 4096)
    for (size_t row = 0; row < rows; row++) {
        size_t y = row % h, at = fg_group_row(group, row), first = at - y * group->pitch;
        plane p = {own->value + first, own->mask + first, h, w, group->pitch};
        for (size_t x = 0; x < w; x++)
            if (!window_median(&group->lin[at + x], &p, y, x))
                group->lin[at + x] = across_hole(&p, y, x, otherwise);
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
    if ((init == FG_INIT_FORWARD || set->out->role == FG_ROLE_CONSTANT) && set->ops->forward) {
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

/* Constants that are about to change: what sets know of them is out of date. */
static void forget(fg_graph *g, const fg_set *set) {
    for (int i = 0; i < g->net.n_sets && set->out->role == FG_ROLE_CONSTANT && !set->known; i++)
        if (g->net.sets[i].in == set->out)
            g->net.sets[i].known = false;
}

void fg_graph_compute_constants(fg_graph *g) {
    for (int i = 0; i < g->net.n_sets; i++) {
        fg_set *set = &g->net.sets[i];
        if (!set->out || set->out->role != FG_ROLE_CONSTANT)
            continue;
        forget(g, set);
        set->ops->forward(set);
    }
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
        if (set->out) {
            forget(g, set);
            start_activations(g, set, init, i);
        }
    }
}

void fg_graph_forward_at_beliefs(fg_graph *g) {
    for (int i = 0; i < g->net.n_groups; i++) {
        fg_group *group = &g->net.groups[i];
        if (group->parameter && group->role == FG_ROLE_FREE)
            memcpy(group->lin, group->mean, group->slots * sizeof *group->lin);
    }
    if (g->observation)
        start_observed(g->observation);
    for (int i = 0; i < g->net.n_sets; i++) {
        fg_set *set = &g->net.sets[i];
        if (set->out && set->out->role == FG_ROLE_FREE && set->ops->forward)
            set->ops->forward(set);
    }
    for (int i = 0; i < g->n_variables; i++) {
        fg_group *group = g->variables[i];
        if (group->role == FG_ROLE_FREE && !group->single)
            memcpy(group->mean, group->lin, group->slots * sizeof *group->mean);
    }
}
