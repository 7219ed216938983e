/* Taking a run apart and putting it together again: everything that the next iteration depends on. Beliefs
 * follow from priors and sums, and are not kept.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/number.h"
#include "engine/correlation_internal.h"
#include "engine/state.h"
#include "engine/wired_internal.h"

/* One array of a graph under the name it has in a state. */
typedef struct piece {
    char name[3 * FG_NAME_MAX];
    fg_dtype dtype;
    size_t size;
    void *data;
} piece;

enum { GROUP_PIECES = 4 + 2 * FG_MAX_SUMS, SET_PIECES = 2 };

static piece make_piece(const char *of, const char *part, int index, fg_dtype dtype, size_t size,
                        void *data) {
    piece p = {.dtype = dtype, .size = size, .data = data};
    if (index < 0)
        snprintf(p.name, sizeof p.name, "resume/%s/%s", of, part);
    else
        snprintf(p.name, sizeof p.name, "resume/%s/%s%d", of, part, index);
    return p;
}

/* What a group is called in a state: a layer, and with it its output, may be called "input". */
static const char *name_of(const fg_group *g, const fg_graph *graph) {
    return g != graph->input && !strcmp(g->name, graph->input->name) ? "input/out" : g->name;
}

/* A group's means and linearisation points, its priors where learned, and the sums its beliefs are made of.
 */
static int group_pieces(piece out[GROUP_PIECES], const fg_group *g, const fg_graph *graph) {
    const char *name = name_of(g, graph);
    int n = 0;
    if (g->role == FG_ROLE_CONSTANT && g->parameter) /* drawn once */
        out[n++] = make_piece(name, "lin", -1, FG_F32, g->slots, g->lin);
    if (g->role != FG_ROLE_FREE)
        return n;
    out[n++] = make_piece(name, "mean", -1, FG_F32, g->slots, g->mean);
    if (!g->single)
        out[n++] = make_piece(name, "lin", -1, FG_F32, g->slots, g->lin);
    if (g->prior_lambdas) {
        out[n++] = make_piece(name, "prior_eta", -1, FG_F64, g->slots, g->prior_etas);
        out[n++] = make_piece(name, "prior_lambda", -1, FG_F64, g->slots, g->prior_lambdas);
    }
    for (int i = 0; i < g->n_sums; i++) {
        const fg_sums *s = &g->sums[i];
        fg_dtype dtype = g->single ? FG_F32 : FG_F64;
        out[n++] = make_piece(name, "sum_eta", i, dtype, g->slots,
                              g->single ? (void *)s->eta_single : (void *)s->eta);
        out[n++] = make_piece(name, "sum_lambda", i, dtype, g->slots,
                              g->single ? (void *)s->lambda_single : (void *)s->lambda);
    }
    return n;
}

static int set_pieces(piece out[SET_PIECES], const fg_set *s) {
    int n = 0;
    if (s->messages)
        out[n++] = make_piece(s->name, "messages", -1, FG_F32, s->n_messages, s->messages);
    if (s->wide_messages)
        out[n++] = make_piece(s->name, "messages", -1, FG_F64, s->n_wide, s->wide_messages);
    return n;
}

/* What the residual schedule knows of each set; kept where that schedule ran. */
static const char residual_name[] = "resume/schedule/residual";

static int suspend_residuals(fg_tensors *to, const fg_graph *g, fg_err *err) {
    double values[2 * FG_MAX_LAYERS];
    bool ran = false;
    for (int i = 0; i < g->net.n_sets; i++) {
        values[2 * i] = g->residual[i];
        values[2 * i + 1] = g->wait[i];
        ran |= g->wait[i] > 0 || g->residual[i] > 0;
    }
    fg_tensor t = {.dtype = FG_F64, .rank = 1, .dims = {2 * (size_t)g->net.n_sets}, .data = values};
    return ran ? fg_tensors_add(to, residual_name, &t, err) : FG_OK;
}

static int resume_residuals(fg_graph *g, const fg_tensors *from, fg_err *err) {
    double values[2 * FG_MAX_LAYERS];
    size_t n = (size_t)g->net.n_sets;
    const fg_tensor *t = fg_tensors_find(from, residual_name);
    if (!t)
        return FG_OK;
    if (t->dtype != FG_F64 || t->rank != 1 || t->dims[0] != 2 * n)
        return fg_err_set(err, FG_EFORMAT, "tensor '%s' does not fit this graph", residual_name);
    int status = fg_tensor_doubles(values, t, 2 * n, true, err);
    for (size_t i = 0; i < n && !status; i++) {
        if (!(values[2 * i] >= 0 && values[2 * i + 1] >= 0 && values[2 * i + 1] <= 1e9))
            return fg_err_set(err, FG_EFORMAT, "tensor '%s': layer %zu has no residual and wait",
                              residual_name, i);
        g->residual[i] = values[2 * i];
        g->wait[i] = (int)values[2 * i + 1];
    }
    return status;
}

/* Whether priors were learned, and when the input was last looked at (fg_settled): kept where there is one of
 * them. A look that the next has nothing to do with is none. */
static const char place_name[] = "resume/schedule/place", settling_name[] = "resume/schedule/settling";

static int suspend_place(fg_tensors *to, const fg_graph *g, fg_err *err) {
    bool watched = g->settling_at > 0 && g->iteration - g->settling_at < FG_SETTLE_EVERY;
    double values[2] = {g->learned, watched ? g->settling_at : 0};
    fg_tensor place = {.dtype = FG_F64, .rank = 1, .dims = {2}, .data = values};
    fg_tensor means = {.dtype = FG_F32, .rank = 1, .dims = {g->input->slots}, .data = g->settling};
    int status = g->learned || watched ? fg_tensors_add(to, place_name, &place, err) : FG_OK;
    return status || !watched ? status : fg_tensors_add(to, settling_name, &means, err);
}

static int resume_place(fg_graph *g, const fg_tensors *from, fg_err *err) {
    double values[2];
    const fg_tensor *place = fg_tensors_find(from, place_name), *means = fg_tensors_find(from, settling_name);
    if (!place) /* states of before it was kept */
        return FG_OK;
    if (place->dtype != FG_F64 || place->rank != 1 || place->dims[0] != 2)
        return fg_err_set(err, FG_EFORMAT, "tensor '%s' does not fit this graph", place_name);
    int status = fg_tensor_doubles(values, place, 2, true, err), last = g->iteration % FG_SETTLE_EVERY;
    if (status)
        return fg_err_prefix(err, "tensor '%s'", place_name);
    if ((values[0] != 0 && values[0] != 1) || (values[1] != 0 && values[1] != g->iteration - last))
        return fg_err_set(err, FG_EFORMAT, "tensor '%s': %g and %g are no place of a run", place_name,
                          values[0], values[1]);
    g->learned = values[0] == 1;
    g->settling_at = (int)values[1];
    if (g->settling_at == 0)
        return FG_OK;
    if (!g->settling || !means || means->dtype != FG_F32 || means->rank != 1 ||
        means->dims[0] != g->input->slots)
        return fg_err_set(err, FG_EFORMAT, "tensor '%s' is missing or does not fit this graph",
                          settling_name);
    status = fg_tensor_floats(g->settling, means, g->input->slots, true, err);
    return status ? fg_err_prefix(err, "tensor '%s'", settling_name) : FG_OK;
}

static void correlation_name(char name[3 * FG_NAME_MAX], const fg_set *set) {
    snprintf(name, 3 * FG_NAME_MAX, "resume/%s/prior_correlation", set->weight->name);
}

/* Correlations of the priors, where there are any. */
static int suspend_correlations(fg_tensors *to, const fg_graph *g, fg_err *err) {
    char name[3 * FG_NAME_MAX];
    int status = FG_OK;
    for (int i = 0; i < g->net.n_sets && !status; i++) {
        const fg_set *set = &g->net.sets[i];
        if (!set->correlation && !set->wide_correlation)
            continue;
        correlation_name(name, set);
        status = fg_correlation_add(to, name, set->correlation, set->wide_correlation, set->matrices,
                                    set->joint, err);
    }
    return status;
}

static int resume_correlation(fg_graph *g, int i, const fg_tensors *from, fg_err *err) {
    char name[3 * FG_NAME_MAX];
    fg_set *set = &g->net.sets[i];
    float *correlation;
    double *wide;
    size_t matrices;
    correlation_name(name, set);
    const fg_tensor *t = fg_tensors_find(from, name);
    if (!t)
        return FG_OK;
    int status = fg_correlation_read(&correlation, &wide, &matrices, t, name, set->weight->shape.width,
                                     set->joint, err);
    if (status)
        return status;
    fg_free(g->resumed[i]);
    g->resumed[i] = wide ? (void *)wide : correlation;
    set->correlation = correlation;
    set->wide_correlation = wide;
    set->matrices = matrices;
    set->kept = 1;
    return FG_OK;
}

/* What sets compute of constants is not kept. */
static int resume_constants(fg_graph *g, const fg_tensors *from, fg_err *err) {
    int status = FG_OK;
    for (int i = 0; i < g->net.n_sets && !status; i++) {
        fg_set *set = &g->net.sets[i];
        set->known = false;
        if (set->joint)
            status = resume_correlation(g, i, from, err);
    }
    fg_graph_compute_constants(g);
    return status;
}

/* Correlations that were learned are worked out in updates, and have to be known before the next, which goes
 * on in their precision. */
static int resume_posterior(fg_graph *g, const fg_posterior *posterior, fg_err *err) {
    bool joint = false;
    for (int i = 0; i < g->net.n_sets; i++) {
        fg_set *set = &g->net.sets[i];
        const fg_parameter *p =
            set->joint && posterior ? fg_posterior_find(posterior, set->weight->name) : NULL;
        joint |= set->joint > 0;
        set->wide |= p && p->wide_correlation;
    }
    fg_posterior_free(g->resumed_posterior);
    g->resumed_posterior = NULL;
    return joint && posterior ? fg_posterior_copy(&g->resumed_posterior, posterior, err) : FG_OK;
}

typedef int each_piece(void *context, const piece *p, fg_err *err);

static int for_pieces(const fg_graph *g, each_piece *call, void *context, fg_err *err) {
    piece pieces[GROUP_PIECES + SET_PIECES];
    int status = FG_OK;
    for (int i = 0; i < g->net.n_groups + g->net.n_sets && !status; i++) {
        int n = i < g->net.n_groups ? group_pieces(pieces, &g->net.groups[i], g)
                                    : set_pieces(pieces, &g->net.sets[i - g->net.n_groups]);
        for (int j = 0; j < n && !status; j++)
            status = call(context, &pieces[j], err);
    }
    return status;
}

static int keep_piece(void *context, const piece *p, fg_err *err) {
    fg_tensor t = {.dtype = p->dtype, .rank = 1, .dims = {p->size}, .data = p->data};
    return fg_tensors_add(context, p->name, &t, err);
}

static int restore_piece(void *context, const piece *p, fg_err *err) {
    const fg_tensor *t = fg_tensors_find(context, p->name);
    if (!t || t->dtype != p->dtype || t->rank != 1 || t->dims[0] != p->size)
        return fg_err_set(err, FG_EFORMAT,
                          "the state cannot be resumed here: '%s' is missing or was of another size "
                          "(other data or options?)",
                          p->name);
    int status = p->dtype == FG_F32 ? fg_tensor_floats(p->data, t, p->size, true, err)
                                    : fg_tensor_doubles(p->data, t, p->size, true, err);
    return status ? fg_err_prefix(err, "tensor '%s'", p->name) : FG_OK;
}

/* Means follow from beliefs, but for those of a group that no update has reached: it stands where it started.
 */
static int restore_mean(void *context, const piece *p, fg_err *err) {
    const char *part = strrchr(p->name, '/');
    return strcmp(part, "/mean") ? FG_OK : restore_piece(context, p, err);
}

/* Of a set, in the text below. */
enum { VISITED = 1, SETTLED = 2, SEEN = 4 };
enum { PROGRESS_TEXT = 40 + FG_MAX_LAYERS + FG_NUMBER_TEXT };

/* "iteration observations flags change": one digit of flags per set, and the change of the unfinished round.
 * Padding can make the arrays of different numbers of observations equally large. */
static void progress_text(char text[PROGRESS_TEXT], const fg_graph *graph) {
    size_t n = (size_t)snprintf(text, PROGRESS_TEXT, "%d %zu ", graph->iteration, graph->net.n);
    for (int i = 0; i < graph->net.n_sets; i++) {
        const fg_set *set = &graph->net.sets[i];
        text[n++] = (char)('0' + VISITED * set->visited + SETTLED * set->settled + SEEN * graph->seen[i]);
    }
    text[n++] = ' ';
    fg_number_print(text + n, graph->round_change);
}

static int restore_progress(fg_graph *graph, const char *text, fg_err *err) {
    char wanted[PROGRESS_TEXT], *rest;
    double change;
    size_t sets = (size_t)graph->net.n_sets;
    long iteration = strtol(text, &rest, 10);
    unsigned long n = strtoul(rest, NULL, 10);
    int length = snprintf(wanted, sizeof wanted, "%ld %lu ", iteration, n);
    if (iteration < 1 || iteration > 1000000000 || strncmp(text, wanted, (size_t)length) != 0)
        return fg_err_set(err, FG_EFORMAT, "metadata 'resume': '%s' is no position of a run", text);
    if (n != graph->net.n)
        return fg_err_set(err, FG_EFORMAT,
                          "metadata 'resume': the interrupted run is over %lu observations, not %zu", n,
                          graph->net.n);
    const char *flags = text + length, *last = flags + sets + 1;
    if (strspn(flags, "01234567") != sets || flags[sets] != ' ')
        return fg_err_set(err, FG_EFORMAT, "metadata 'resume': '%s' does not fit this graph", text);
    if (fg_number_parse(&change, last, strlen(last)) || !isfinite(change) || change < 0)
        return fg_err_set(err, FG_EFORMAT, "metadata 'resume': '%s' is no position of a run", text);
    for (size_t i = 0; i < sets; i++) {
        int flag = flags[i] - '0';
        graph->net.sets[i].visited = flag & VISITED;
        graph->net.sets[i].settled = flag & SETTLED;
        graph->seen[i] = flag & SEEN;
    }
    graph->iteration = (int)iteration;
    graph->round_change = change;
    return FG_OK;
}

int fg_state_suspend(fg_state *state, const fg_graph *graph, fg_err *err) {
    if (graph->iteration == 0)
        return fg_err_set(err, FG_EINVAL, "there is nothing to go on with before the first iteration");
    fg_tensors *kept = fg_zalloc(1, sizeof *kept);
    char text[PROGRESS_TEXT];
    if (!kept)
        return fg_err_set(err, FG_ENOMEM, "out of memory for a state");
    progress_text(text, graph);
    int status = fg_tensors_set(kept, "resume", text, err);
    if (!status)
        status = for_pieces(graph, keep_piece, kept, err);
    if (!status)
        status = suspend_residuals(kept, graph, err);
    if (!status)
        status = suspend_place(kept, graph, err);
    if (!status)
        status = suspend_correlations(kept, graph, err);
    if (status) {
        fg_tensors_free(kept);
        fg_free(kept);
        return status;
    }
    fg_tensors_free(state->resume);
    fg_free(state->resume);
    state->resume = kept;
    return FG_OK;
}

int fg_state_resume(fg_graph *graph, const fg_state *state, fg_err *err) {
    const char *text = state->resume ? fg_tensors_meta(state->resume, "resume") : NULL;
    if (!text)
        return fg_err_set(err, FG_EFORMAT, "the state holds no interrupted run");
    for (int i = 0; i < graph->net.n_groups; i++)
        fg_group_fill_margins(&graph->net.groups[i]);
    int status = for_pieces(graph, restore_piece, state->resume, err);
    if (!status)
        status = restore_progress(graph, text, err);
    if (!status)
        status = resume_residuals(graph, state->resume, err);
    if (!status)
        status = resume_place(graph, state->resume, err);
    if (!status)
        status = resume_constants(graph, state->resume, err);
    if (!status)
        status = resume_posterior(graph, state->posterior, err);
    for (int i = 0; i < graph->net.n_groups && !status; i++)
        fg_group_refresh(&graph->net.groups[i]);
    return status ? status : for_pieces(graph, restore_mean, state->resume, err);
}
