#include "engine/train.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "data/number.h"
#include "engine/guard_internal.h"
#include "engine/wired_internal.h"

static const char key[] = "resume_train";

/* Beliefs overshoot at first: runs in which messages moved their whole way less often than that are not
 * judged. */
static const double least_moves = 10;

typedef struct training {
    fg_graph *graph;
    fg_train_place *place;
    const fg_batch *batch;
    const fg_run_options *run;
    const fg_run_hook *hook;
    float *outputs; /* of a forward pass */
    uint64_t seed;  /* of the first attempt */
} training;

static int after(void *context, const fg_iteration *iteration) {
    const training *t = context;
    if (iteration->iteration == 0)
        t->place->most_energy = fg_guard_most_energy(iteration->graph);
    return t->hook && t->hook->after ? t->hook->after(t->hook->context, iteration) : 0;
}

static double known(double value) {
    return value < 0 ? NAN : value;
}

/* Writes why a run that came to its end is of no use, or nothing. */
static void judge(char reason[FG_FILTER_REASON], const training *t, const fg_run_info *run) {
    double before = known(t->place->before), share = (1 - t->run->damping) * (1 - t->run->dropout);
    if (!run->converged && share * fg_graph_iterations(t->graph) < least_moves)
        return;
    if (fg_guard_energy(reason, t->graph, run, known(t->place->most_energy)) || isnan(before))
        return;
    fg_graph_forward_at_beliefs(t->graph);
    fg_guard_worse(reason, t->graph, t->batch, before, fg_guard_fit(t->outputs, t->graph, t->batch));
}

/* From where the graph stands: what the run gave, or in info->reason why that is of no use. */
static int attempt(fg_train_info *info, fg_posterior **out, training *t, fg_err *err) {
    fg_graph *graph = t->graph;
    fg_run_options run = *t->run;
    fg_run_hook watched = {after, t};
    fg_err why;
    info->rate = ldexp(1, -t->place->retries);
    info->reason[0] = 0;
    fg_graph_set_rate(graph, info->rate);
    fg_graph_reseed(graph, t->place->retries ? fg_rng_key(t->seed, (uint64_t)t->place->retries) : t->seed);
    run.iterations -= fg_graph_iterations(graph);
    int status = fg_graph_run(&info->run, graph, &run, &watched, &why);
    if (!status)
        status = fg_graph_posterior(out, graph, &why);
    if (status == FG_EDIVERGED)
        snprintf(info->reason, sizeof info->reason, "%s", why.text);
    else if (status)
        return fg_err_set(err, status, "%s", why.text);
    else if (!info->run.stopped)
        judge(info->reason, t, &info->run);
    return FG_OK;
}

static int begin(training *t, fg_err *err) {
    const size_t observations = t->graph->net.n, n = fg_guard_outputs(t->graph, observations);
    if ((t->batch->labels || t->batch->targets) && t->batch->n != observations)
        return fg_err_set(err, FG_EINVAL, "%zu labels or targets for a graph of %zu observations",
                          t->batch->n, observations);
    if (!(t->outputs = fg_alloc(n, sizeof *t->outputs)))
        return fg_err_set(err, FG_ENOMEM, "out of memory for %zu outputs", n);
    if (fg_graph_iterations(t->graph) > 0)
        return FG_OK;
    fg_graph_forward(t->graph);
    double before = fg_guard_fit(t->outputs, t->graph, t->batch);
    *t->place = (fg_train_place){.most_energy = -1, .before = isnan(before) ? -1 : before};
    fg_graph_reset(t->graph);
    return FG_OK;
}

int fg_train(fg_train_info *info, fg_posterior **out, fg_graph *graph, fg_train_place *place,
             const fg_batch *batch, const fg_run_options *run, const fg_run_hook *hook, fg_err *err) {
    training t = {graph, place, batch, run, hook, NULL, graph->seed};
    char reason[FG_FILTER_REASON] = "";
    *info = (fg_train_info){0};
    *out = NULL;
    int status = begin(&t, err);
    while (!status && !(status = attempt(info, out, &t, err)) && info->reason[0]) {
        bool stops = run->on_divergence == FG_ON_DIVERGENCE_STOP;
        snprintf(reason, sizeof reason, "%s", info->reason);
        info->failed = stops || place->retries == FG_FILTER_RETRIES;
        if (info->failed && *out && !stops)
            break;
        fg_posterior_free(*out);
        *out = NULL;
        if (info->failed) {
            status = fg_guard_fail(reason, graph, &info->run, err);
        } else {
            place->retries++;
            fg_graph_reset(graph);
        }
    }
    snprintf(info->reason, sizeof info->reason, "%s", reason);
    fg_graph_reseed(graph, t.seed); /* that of a later call's attempts, too */
    fg_free(t.outputs);
    return status;
}

/* "retries most_energy before learned". */
int fg_train_suspend(fg_state *state, const fg_graph *graph, const fg_train_place *place, fg_err *err) {
    char most[FG_NUMBER_TEXT], before[FG_NUMBER_TEXT], text[3 * FG_NUMBER_TEXT];
    fg_number_print(most, isfinite(place->most_energy) ? place->most_energy : -1);
    fg_number_print(before, isfinite(place->before) ? place->before : -1);
    snprintf(text, sizeof text, "%d %s %s %d", place->retries, most, before, graph->learned);
    fg_state kept = {0};
    int status = fg_state_suspend(&kept, graph, err);
    if (!status)
        status = fg_tensors_set(kept.resume, key, text, err);
    if (!status) {
        fg_tensors *replaced = state->resume;
        state->resume = kept.resume;
        kept.resume = replaced;
    }
    fg_state_drop_runs(&kept);
    return status;
}

/* A number up to a blank or the end, at least -1. */
static bool take_number(double *out, const char **text) {
    size_t n = strcspn(*text, " ");
    bool good = !fg_number_parse(out, *text, n) && isfinite(*out) && *out >= -1;
    *text += n + ((*text)[n] == ' ' && (*text)[n + 1]);
    return good;
}

int fg_train_resume(fg_train_place *place, fg_graph *graph, const fg_state *state, fg_err *err) {
    double retries, learned;
    int status = fg_state_resume(graph, state, err);
    const char *text = status ? NULL : fg_tensors_meta(state->resume, key), *at = text;
    *place = (fg_train_place){0, -1, -1};
    if (!text)
        return status;
    if (!take_number(&retries, &at) || !take_number(&place->most_energy, &at) ||
        !take_number(&place->before, &at) || !take_number(&learned, &at) || *at || retries < 0 ||
        retries > FG_FILTER_RETRIES || retries != floor(retries) || (learned != 0 && learned != 1))
        return fg_err_set(err, FG_EFORMAT, "metadata '%s': '%s' is no place of a run", key, text);
    place->retries = (int)retries;
    graph->learned = learned == 1;
    return FG_OK;
}
