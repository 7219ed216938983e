/* Which set goes next under schedule residual (wired_internal.h says how that is defined). */
#include <math.h>

#include "engine/wired_internal.h"

int fg_residual_next(const fg_graph *g) {
    int n = g->net.n_sets, best = -1;
    for (int i = 0; i < n; i++) {
        const fg_set *set = &g->net.sets[i];
        if (set->settled)
            continue;
        if (!set->visited || g->wait[i] >= FG_RESIDUAL_WAIT * n)
            return i;
        if (best < 0 || g->residual[i] > g->residual[best])
            best = i;
    }
    return best;
}

bool fg_set_touches(const fg_set *set, const fg_group *group) {
    return set->in == group || set->out == group || set->weight == group || set->bias == group;
}

void fg_residual_visited(fg_graph *g, int index, double share) {
    const fg_set *set = &g->net.sets[index];
    const fg_group *groups[] = {set->in, set->out, set->weight, set->bias};
    double most = 0;
    for (int k = 0; k < 4; k++) {
        const fg_group *group = groups[k];
        if (!group || group->role != FG_ROLE_FREE || !(group->change > 0))
            continue;
        most = fmax(most, group->change);
        for (int i = 0; i < g->net.n_sets; i++)
            if (i != index && fg_set_touches(&g->net.sets[i], group))
                g->residual[i] = fmin(g->residual[i] + group->change, 1e300);
    }
    for (int i = 0; i < g->net.n_sets; i++)
        g->wait[i] += g->wait[i] < FG_RESIDUAL_WAIT * g->net.n_sets;
    g->wait[index] = 0;
    g->residual[index] = fmin((1 - share) * most, 1e300);
}
