/* The loop: which set goes next, relinearisation, convergence, divergence. */
#include <math.h>
#include <string.h>
#include <time.h>

#include "base/rng.h"
#include "engine/wired_internal.h"

/* A belief that moves by this many of its own standard deviations in one iteration, after the first few, has
 * run away, but for one that has that far to go: that moves less than beliefs did in the first iteration, or
 * in the one before. */
static const double runaway_change = 1e9;
enum { RUNAWAY_AFTER = 20, RECOUNT_EVERY = 16 };

/* Runs that are suspended in a round that began wildly can be resumed. */
static const double most_change = 1e300;

typedef struct run {
    fg_graph *graph;
    const fg_run_options *options;
    int updates;         /* in this iteration so far */
    double change;       /* the most that a set has moved in this iteration so far */
    double first, last;  /* the same in the first iteration of the run, and in the one before */
    const fg_set *broke; /* the first set after whose update a belief was not finite */
} run;

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* In single precision a little more is 1, and nothing would ever move. */
static const float most_damping = 1 - 0x1p-24f;

/* Moves linearisation points towards the means: all of them, or those further away than beta standard
 * deviations. Those of parameters stay behind by a share of the way. */
static void relinearise_group(fg_group *group, const fg_run_options *o) {
    if (!group || group->single || group->role != FG_ROLE_FREE)
        return;
    const double beta = o->relinearise_beta;
    const float lag = group->parameter ? (float)o->relinearise_lag : 0;
    if (beta <= 0 && lag == 0) {
        memcpy(group->lin, group->mean, group->slots * sizeof *group->lin);
        return;
    }
    for (size_t i = 0; i < group->slots; i++) {
        float d = group->mean[i] - group->lin[i];
        if (beta <= 0 || (double)d * (double)d * (double)group->lambda[i] > beta * beta)
            group->lin[i] = group->mean[i] - lag * d;
    }
}

/* A set's own damping and dropout where it has them, else the run's. */
static void rates(double *damping, double *dropout, const run *r, const fg_set *set) {
    const fg_layer *layer = set->layer;
    *damping = layer && layer->damping >= 0 ? layer->damping : r->options->damping;
    *dropout = layer && layer->dropout >= 0 ? layer->dropout : r->options->dropout;
    if (r->graph->rate != 1)
        *damping = 1 - r->graph->rate * (1 - *damping);
}

static void update_set(run *r, fg_set *set) {
    fg_graph *g = r->graph;
    const fg_run_options *o = r->options;
    if (set->settled)
        return;
    if (g->iteration > 0 && g->iteration % o->relinearise == 0) {
        fg_group *groups[] = {set->in, set->out, set->weight, set->bias};
        for (int i = 0; i < 4; i++)
            relinearise_group(groups[i], o);
    }
    uint64_t key = fg_rng_key(fg_rng_key(g->seed, FG_STREAM_UPDATES), (uint64_t)g->iteration);
    double damping, dropout;
    rates(&damping, &dropout, r, set);
    fg_step step = {
        .key = fg_rng_key(key, (uint64_t)r->updates++),
        .damping = fminf((float)damping, most_damping),
        .dropout = (float)dropout,
        .extrapolate = (float)o->extrapolate,
        .first = !set->visited,
        .recount = g->iteration % RECOUNT_EVERY == 0,
        .iteration = g->iteration,
        .learned = g->learned,
        .together = o->schedule == FG_SCHEDULE_SYNCHRONOUS,
    };
    set->ops->update(set, &step);
    set->visited = set->solved = true;
    set->run_improper += set->improper;
    set->run_rejected += set->rejected;
    set->run_curbed += set->curbed;
}

static void refresh_group(run *r, fg_group *group, const fg_set *cause) {
    if (!group || group->role != FG_ROLE_FREE)
        return;
    fg_group_refresh(group);
    if (group->broken && !r->broke)
        r->broke = cause;
}

/* What the last refresh of the beliefs around a set moved, as it would have without damping and dropout. */
static void note_change(run *r, const fg_set *set) {
    const fg_group *groups[] = {set->in, set->out, set->weight, set->bias};
    double damping, dropout, *moved = &r->graph->moved[set - r->graph->net.sets];
    rates(&damping, &dropout, r, set);
    for (int i = 0; i < 4; i++)
        if (groups[i] && groups[i]->role == FG_ROLE_FREE)
            *moved = fmax(*moved, groups[i]->change / ((1 - damping) * (1 - dropout)));
    if (*moved > r->change) {
        r->change = *moved;
        r->graph->mover = set;
    }
}

static void refresh_around(run *r, const fg_set *set) {
    refresh_group(r, set->in, set);
    refresh_group(r, set->out, set);
    refresh_group(r, set->weight, set);
    refresh_group(r, set->bias, set);
    note_change(r, set);
}

static void visit(run *r, int index) {
    fg_set *set = &r->graph->net.sets[index];
    r->graph->seen[index] = true;
    if (set->settled)
        return;
    update_set(r, set);
    refresh_around(r, set);
}

static void sweep(run *r) {
    int n = r->graph->net.n_sets;
    for (int i = 0; i < n; i++)
        visit(r, i);
    for (int i = n - 2; i > 0; i--)
        visit(r, i);
}

/* The first set around a group. */
static const fg_set *attached(const fg_net *net, const fg_group *group) {
    for (int i = 0; i < net->n_sets; i++)
        if (fg_set_touches(&net->sets[i], group))
            return &net->sets[i];
    return &net->sets[0];
}

static void synchronous(run *r) {
    fg_net *net = &r->graph->net;
    for (int i = 0; i < net->n_sets; i++) {
        r->graph->seen[i] = true;
        update_set(r, &net->sets[i]);
    }
    for (int i = 0; i < net->n_groups; i++)
        refresh_group(r, &net->groups[i], attached(net, &net->groups[i]));
    for (int i = 0; i < net->n_sets; i++)
        if (!net->sets[i].settled)
            note_change(r, &net->sets[i]);
}

static void random_order(run *r) {
    fg_graph *g = r->graph;
    uint64_t n = (uint64_t)g->net.n_sets, key = fg_rng_key(g->seed, FG_STREAM_SCHEDULE);
    for (uint64_t i = 0; i < n; i++)
        visit(r, (int)(fg_rng_u32(key, (uint64_t)g->iteration, i) * n >> 32));
}

/* As many visits as a sweep has. */
static void residual_order(run *r) {
    fg_graph *g = r->graph;
    int n = g->net.n_sets, next;
    for (int i = 0; i < n || i < 2 * n - 2; i++) {
        if ((next = fg_residual_next(g)) < 0)
            break;
        visit(r, next);
        double damping, dropout;
        rates(&damping, &dropout, r, &g->net.sets[next]);
        fg_residual_visited(g, next, (1 - damping) * (1 - dropout));
    }
}

static void iterate(run *r) {
    r->updates = 0;
    r->change = 0;
    r->graph->mover = NULL;
    memset(r->graph->moved, 0, sizeof r->graph->moved);
    switch (r->options->schedule) {
    case FG_SCHEDULE_SWEEP:
        sweep(r);
        break;
    case FG_SCHEDULE_SYNCHRONOUS:
        synchronous(r);
        break;
    case FG_SCHEDULE_RANDOM:
        random_order(r);
        break;
    case FG_SCHEDULE_RESIDUAL:
        residual_order(r);
        break;
    }
    r->graph->round_change = fmin(fmax(r->graph->round_change, r->change), most_change);
    r->graph->iteration++;
}

/* The largest dropout of any layer. */
static double most_dropped(const fg_graph *g, const fg_run_options *o) {
    double most = 0;
    for (int i = 0; i < g->net.n_sets; i++) {
        const fg_layer *layer = g->net.sets[i].layer;
        most = fmax(most, layer && layer->dropout >= 0 ? layer->dropout : o->dropout);
    }
    return most;
}

/* In random and residual order an iteration may pass over the very layer that still moves, and under dropout
 * all messages that still move may be dropped: then a round takes until a message kept its old value with a
 * probability of 1e-6. */
static bool round_over(const fg_graph *g, const fg_run_options *o) {
    const fg_net *net = &g->net;
    double dropout = most_dropped(g, o);
    if (dropout > 0 && g->iteration % (int)fmin(1000, 1 + ceil(log(1e-6) / log(dropout))) != 0)
        return false;
    for (int i = 0; i < net->n_sets; i++)
        if (!g->seen[i] && !net->sets[i].settled)
            return false;
    return true;
}

/* A change of exactly 0 stays 0 where every iteration does the same: iterations that would follow are
 * skipped. */
static bool repeats(const fg_graph *g, const fg_run_options *o) {
    bool draws = o->schedule == FG_SCHEDULE_RANDOM || most_dropped(g, o) > 0;
    return !draws && o->relinearise == 1 && o->relinearise_lag == 0 && g->iteration > 1;
}

/* Robust weights that do not act yet, and parameters that do not move yet, will change beliefs again. */
static bool all_act(const fg_graph *g) {
    const bool waits = g->learned && g->net.parameters == FG_ROLE_FREE;
    for (int i = 0; i < g->net.n_sets; i++) {
        const fg_layer *layer = g->net.sets[i].layer;
        if (layer && (layer->robust_after >= g->iteration || (waits && layer->learn_after >= g->iteration)))
            return false;
    }
    return true;
}

double fg_graph_energy(const fg_graph *g) {
    double sum = 0;
    for (int i = 0; i < g->net.n_sets; i++)
        sum += fg_set_energy(&g->net.sets[i]);
    return sum;
}

const fg_set *fg_graph_worst(const fg_graph *g) {
    const fg_set *worst = &g->net.sets[0];
    double most = 0;
    for (int i = 0; i < g->net.n_sets; i++) {
        double energy = fg_set_energy(&g->net.sets[i]);
        if (energy > most) {
            worst = &g->net.sets[i];
            most = energy;
        }
    }
    return worst;
}

double fg_graph_factors(const fg_graph *g) {
    double sum = 0;
    for (int i = 0; i < g->net.n_sets; i++)
        sum += (double)g->net.sets[i].factors;
    return sum;
}

/* Every factor fits on average; what did not fit would move on, however little a belief moves at a time. */
static bool fits(const fg_graph *g, double fit) {
    return fit > 0 && g->iteration % FG_FIT_EVERY == 0 && fg_graph_energy(g) <= fit * fg_graph_factors(g);
}

static bool converged(run *r) {
    const fg_run_options *o = r->options;
    fg_graph *g = r->graph;
    if (!all_act(g))
        return false;
    if ((o->settle > 0 && fg_settled(g, o->settle)) || fits(g, o->fit))
        return true;
    if (!round_over(g, o))
        return false;
    double change = g->round_change;
    g->round_change = 0;
    memset(g->seen, 0, sizeof g->seen);
    return (o->tol > 0 && change <= o->tol) || (change == 0 && repeats(g, o));
}

static int diverged(const run *r, fg_err *err) {
    const fg_graph *g = r->graph;
    if (r->broke)
        return fg_err_set(
            err, FG_EDIVERGED,
            "inference diverged: beliefs around layer '%s' (%s) are not finite after iteration %d; more "
            "damping may help",
            r->broke->name, r->broke->ops->name, g->iteration - 1);
    if (g->iteration > RUNAWAY_AFTER && !(r->change < fmax(runaway_change, fmax(r->first, r->last))))
        return fg_err_set(
            err, FG_EDIVERGED,
            "inference diverged: a belief around layer '%s' (%s) moved by %.3g of its standard deviations in "
            "iteration %d; more damping may help",
            g->mover->name, g->mover->ops->name, r->change, g->iteration - 1);
    return FG_OK;
}

int fg_graph_run(fg_run_info *info, fg_graph *graph, const fg_run_options *options, const fg_run_hook *hook,
                 fg_err *err) {
    run r = {.graph = graph, .options = options, .last = INFINITY};
    fg_run_info done = {0};
    double began = seconds();
    int status = FG_OK;
    for (int i = 0; i < graph->net.n_sets; i++) {
        fg_set *set = &graph->net.sets[i];
        set->run_improper = set->run_rejected = set->run_curbed = 0;
        set->solved &= graph->iteration > 0;
    }
    if (graph->iteration == 0)
        fg_graph_start(graph, options->init);
    else
        fg_graph_compute_constants(graph);
    while (done.iterations < options->iterations && !done.converged && !done.stopped && !status) {
        fg_iteration now = {.iteration = graph->iteration, .graph = graph};
        iterate(&r);
        done.iterations++;
        now.change = r.change;
        status = diverged(&r, err);
        r.first = done.iterations == 1 ? r.change : r.first;
        r.last = r.change;
        done.converged = !status && converged(&r);
        done.stopped = !status && hook && hook->after && hook->after(hook->context, &now) != 0;
    }
    done.change = r.change;
    for (int i = 0; i < graph->net.n_sets; i++) {
        done.improper += graph->net.sets[i].run_improper;
        done.rejected += graph->net.sets[i].run_rejected;
    }
    done.energy = status ? 0 : fg_graph_energy(graph);
    done.seconds = seconds() - began;
    if (info)
        *info = done;
    return status;
}
