#include "engine/filter.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "engine/guard_internal.h"
#include "engine/wired_internal.h"

/* Growth of the largest change that is no accident of dropout. */
static const double growth = 2, growth_end = 100;
enum { GROWTH_RUN = 5 };

static const double least_rate = 1.0 / 64;

typedef struct sized {
    fg_graph *graph; /* for n observations, or NULL */
    size_t n;
} sized;

struct fg_filter {
    const fg_spec *spec;
    fg_shape input;
    fg_filter_options options;
    fg_filter_place place;
    sized usual, other;
    fg_posterior *first;     /* the spec's priors */
    fg_posterior *posterior; /* the last good one */
    fg_posterior *work;      /* the prior that a batch begins with, or what it gave */
    float *outputs;          /* [room] of a forward pass */
    size_t room;
};

/* What one attempt at a batch looks at while it runs. */
typedef struct watch {
    const fg_run_hook *hook;
    double most_energy; /* that a good end can have */
    double change;
    int grown;    /* times in a row that the change has doubled */
    bool stopped; /* by the hook */
    bool runaway;
} watch;

static int after(void *context, const fg_iteration *iteration) {
    watch *w = context;
    if (iteration->iteration == 0)
        w->most_energy = fg_guard_most_energy(iteration->graph);
    w->grown = w->change > 0 && iteration->change >= growth * w->change ? w->grown + 1 : 0;
    w->change = iteration->change;
    w->runaway = w->grown >= GROWTH_RUN && w->change > growth_end;
    w->stopped = w->hook && w->hook->after && w->hook->after(w->hook->context, iteration) != 0;
    return w->stopped || w->runaway;
}

static int wire(sized *s, const fg_filter *f, size_t n, fg_err *err) {
    fg_graph_options options = {.seed = f->options.seed, .storage = f->options.run.storage};
    fg_graph_free(s->graph);
    *s = (sized){.n = n};
    return fg_graph_create(&s->graph, f->spec, f->input, n, &options, err);
}

/* The graph for n observations. */
static int choose(fg_graph **graph, fg_filter *f, size_t n, fg_err *err) {
    sized *s = n == f->usual.n ? &f->usual : &f->other;
    size_t outputs = fg_guard_outputs(f->usual.graph, n);
    if (outputs > f->room) {
        float *more = fg_resize(f->outputs, outputs, sizeof *more);
        if (!more)
            return fg_err_set(err, FG_ENOMEM, "out of memory for %zu observations", n);
        f->outputs = more;
        f->room = outputs;
    }
    int status = s->graph && s->n == n ? FG_OK : wire(s, f, n, err);
    *graph = s->graph;
    return status;
}

static int bind(fg_graph *graph, const fg_batch *batch, fg_err *err) {
    int status = fg_graph_set_input(graph, batch->x, FG_ORDER_HWC, NULL, err);
    if (!status && batch->labels)
        status = fg_graph_set_labels(graph, batch->labels, err);
    if (!status && batch->targets)
        status = fg_graph_set_targets(graph, batch->targets, err);
    return status;
}

/* How well a forward pass at the priors fits the batch bound to the graph, as fg_guard_fit has it. */
static double measure(fg_filter *f, fg_graph *graph, const fg_batch *batch) {
    fg_graph_forward(graph);
    return fg_guard_fit(f->outputs, graph, batch);
}

static double shown_fit(const fg_batch *batch, double fit) {
    return batch->labels ? fit / (double)batch->n : sqrt(fit);
}

/* How far the next batch's prior goes back to the spec's, and the share of correlations that it keeps. */
static double forgotten(const fg_filter *f) {
    return f->place.learned > 0 ? f->options.run.forget : 0;
}

static double kept(const fg_filter *f) {
    return fg_posterior_kept(forgotten(f));
}

/* f->work becomes the prior of the next batch, and the graph's. */
static int set_prior(fg_filter *f, fg_graph *graph, fg_err *err) {
    bool learned = f->place.learned > 0;
    fg_posterior_assign(f->work, f->posterior);
    if (learned && f->options.temper < 1)
        fg_posterior_temper(f->work, f->options.temper);
    if (forgotten(f) > 0)
        fg_posterior_forget(f->work, f->first, forgotten(f));
    int status = fg_graph_set_priors(graph, f->work, err);
    if (!status)
        status = fg_graph_set_correlations(graph, f->posterior, kept(f), err);
    graph->learned = learned;
    return status;
}

/* Reads what inference gave into f->work; false, with the reason, if it is no proper posterior. */
static bool take(fg_filter *f, const fg_graph *graph, fg_err *why) {
    fg_graph_read_posterior(f->work, graph);
    for (size_t i = 0; i < f->work->n; i++)
        if (fg_parameter_check(&f->work->parameters[i], why))
            return false;
    return true;
}

/* Why a run that ended with `status` is of no use in info->reason, or what it gave in f->work. */
static void look(fg_filter_info *info, fg_filter *f, const fg_graph *graph, const watch *w, int status,
                 fg_err *why) {
    info->reason[0] = 0;
    if (w->runaway)
        snprintf(info->reason, sizeof info->reason,
                 "beliefs around layer '%s' (%s) ran away: a change of %.3g in iteration %d",
                 graph->mover->name, graph->mover->ops->name, w->change, info->run.iterations - 1);
    else if (status ||
             (!fg_guard_energy(info->reason, graph, &info->run, w->most_energy) && !take(f, graph, why)))
        snprintf(info->reason, sizeof info->reason, "%s", why->text);
}

/* One run over the batch. Leaves what it gave in f->work, or says why it is of no use in info->reason. */
static int attempt(fg_filter_info *info, fg_filter *f, fg_graph *graph, const fg_batch *batch,
                   const fg_run_hook *hook, fg_err *err) {
    watch w = {.hook = hook};
    fg_run_hook watched = {after, &w};
    uint64_t key = fg_rng_key(fg_rng_key(f->options.seed, f->place.batches), (uint64_t)info->retries);
    int status = set_prior(f, graph, err);
    if (status)
        return status;
    fg_graph_reseed(graph, f->place.batches || info->retries ? key : f->options.seed);
    double before = measure(f, graph, batch);
    fg_graph_reset(graph);
    fg_graph_set_rate(graph, info->rate);
    fg_err why;
    status = fg_graph_run(&info->run, graph, &f->options.run, &watched, &why);
    if (w.stopped)
        return fg_err_set(err, FG_ESTOPPED, "filtering stopped");
    if (status && status != FG_EDIVERGED)
        return fg_err_set(err, status, "%s", why.text);
    look(info, f, graph, &w, status, &why);
    info->fit_before = shown_fit(batch, before);
    info->fit = NAN;
    if (info->reason[0])
        return FG_OK;
    if ((status = fg_graph_set_priors(graph, f->work, err)))
        return status;
    double fit = measure(f, graph, batch);
    fg_guard_worse(info->reason, graph, batch, before, fit);
    info->fit = shown_fit(batch, fit);
    return FG_OK;
}

/* What went well becomes the posterior; nothing does when memory runs out. */
static int keep(fg_filter *f, const fg_graph *graph, const fg_filter_info *info, fg_err *err) {
    fg_filter_place *p = &f->place;
    int status = fg_graph_read_correlations(f->posterior, graph, kept(f), err);
    if (status)
        return status;
    fg_posterior_assign(f->posterior, f->work);
    if (f->options.run.average > 0) {
        double k = fmin(fmax(1, (double)++p->averaged / 4), f->options.run.average);
        fg_posterior_average(f->posterior, k, NULL); /* the averages were made by begin */
    }
    p->learned++;
    p->good = info->retries ? 0 : p->good + 1;
    p->rate = info->rate;
    if (p->good >= FG_FILTER_RECOVERY) {
        p->rate = fmin(1, 2 * p->rate);
        p->good = 0;
    }
    return FG_OK;
}

/* Adds what the last run met. */
static void note_trouble(fg_filter_place *p, const fg_graph *graph) {
    for (int i = 0; i < fg_graph_layers(graph); i++) {
        p->layers[i].improper += graph->net.sets[i].run_improper;
        p->layers[i].rejected += graph->net.sets[i].run_rejected;
        p->curbed[i] += graph->net.sets[i].run_curbed;
    }
}

int fg_filter_step(fg_filter_info *info, fg_filter *f, const fg_batch *batch, const fg_run_hook *hook,
                   fg_err *err) {
    fg_filter_info own, *i = info ? info : &own;
    fg_graph *graph = NULL;
    char reason[FG_FILTER_REASON] = "";
    fg_filter_place then = f->place;
    *i = (fg_filter_info){.rate = f->place.rate, .fit = NAN, .fit_before = NAN};
    int status = choose(&graph, f, batch->n, err);
    if (!status)
        status = bind(graph, batch, err);
    for (bool again = !status; again;) {
        status = attempt(i, f, graph, batch, hook, err);
        note_trouble(&then, graph);
        if (!status && i->reason[0] && f->options.run.on_divergence == FG_ON_DIVERGENCE_STOP)
            status = fg_guard_fail(i->reason, graph, &i->run, err);
        again = !status && i->reason[0];
        if (!again)
            break;
        snprintf(reason, sizeof reason, "%s", i->reason);
        if (i->retries == FG_FILTER_RETRIES) {
            i->passed = true;
            break;
        }
        i->retries++;
        i->rate = fmax(least_rate, i->rate / 2);
    }
    if (!status && !i->passed)
        status = keep(f, graph, i, err);
    if (status)
        return status;
    snprintf(i->reason, sizeof i->reason, "%s", reason);
    if (i->passed) {
        f->place.passed++;
        f->place.good = 0;
        f->place.rate = i->rate;
    }
    memcpy(f->place.layers, then.layers, sizeof then.layers);
    memcpy(f->place.curbed, then.curbed, sizeof then.curbed);
    f->place.batches++;
    f->place.retries += (uint64_t)i->retries;
    return FG_OK;
}

static int begin(fg_filter *f, const fg_posterior *start, fg_err *err) {
    int status = wire(&f->usual, f, f->options.batch, err);
    if (!status)
        status = fg_graph_posterior(&f->first, f->usual.graph, err); /* before any iteration: the priors */
    if (!status && start)
        status = fg_graph_set_priors(f->usual.graph, start, err); /* checks names and shapes */
    if (!status)
        status = fg_posterior_copy(&f->work, f->first, err);
    if (!status)
        status = fg_posterior_copy(&f->posterior, f->first, err);
    if (!status)
        status = fg_graph_make_correlations(f->posterior, f->usual.graph, err);
    bool averages = f->options.run.average > 0;
    for (size_t i = 0; !status && start && i < f->first->n; i++) {
        fg_parameter *to = &f->posterior->parameters[i];
        const fg_parameter *from = fg_posterior_find(start, to->name);
        memcpy(to->eta, from->eta, to->size * sizeof *to->eta);
        memcpy(to->lambda, from->lambda, to->size * sizeof *to->lambda);
        if (fg_parameter_correlated(from))
            status = fg_parameter_take_correlations(to, from->correlation, from->wide_correlation,
                                                    from->matrices, err);
    }
    if (!status && averages)
        status = fg_posterior_average(f->posterior, 1, err);
    for (size_t i = 0; !status && start && averages && i < f->first->n; i++) {
        fg_parameter *to = &f->posterior->parameters[i];
        const fg_parameter *from = fg_posterior_find(start, to->name);
        if (from->average)
            memcpy(to->average, from->average, to->size * sizeof *to->average);
    }
    f->place.learned = start != NULL;
    return status;
}

int fg_filter_create(fg_filter **out, const fg_spec *spec, fg_shape input, const fg_posterior *start,
                     const fg_filter_options *options, fg_err *err) {
    fg_filter *f = fg_zalloc(1, sizeof *f);
    *out = NULL;
    if (!f)
        return fg_err_set(err, FG_ENOMEM, "out of memory for a filter");
    *f = (fg_filter){.spec = spec, .input = input, .options = *options, .place = {.rate = 1}};
    int status = begin(f, start, err);
    if (status)
        fg_filter_free(f);
    else
        *out = f;
    return status;
}

const fg_posterior *fg_filter_posterior(const fg_filter *filter) {
    return filter->posterior;
}

fg_filter_place fg_filter_where(const fg_filter *filter) {
    return filter->place;
}

void fg_filter_resume(fg_filter *filter, const fg_filter_place *place) {
    filter->place = *place;
}

void fg_filter_free(fg_filter *filter) {
    if (!filter)
        return;
    fg_graph_free(filter->usual.graph);
    fg_graph_free(filter->other.graph);
    fg_posterior_free(filter->first);
    fg_posterior_free(filter->posterior);
    fg_posterior_free(filter->work);
    fg_free(filter->outputs);
    fg_free(filter);
}
