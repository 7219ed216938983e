/* Taking a run apart and putting it together again: everything that the next iteration depends on. Sums and
 * beliefs are not kept: they follow from the messages when each set sums them, so the arrays behind them are.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine/state.h"
#include "engine/wired.h"

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

/* A group's means and linearisation points, its priors where learned, and the sums its beliefs are made of.
 */
static int group_pieces(piece out[GROUP_PIECES], const fg_group *g) {
    int n = 0;
    if (g->role != FG_ROLE_FREE)
        return 0;
    out[n++] = make_piece(g->name, "mean", -1, FG_F32, g->slots, g->mean);
    if (!g->single)
        out[n++] = make_piece(g->name, "lin", -1, FG_F32, g->slots, g->lin);
    if (g->prior_lambdas) {
        out[n++] = make_piece(g->name, "prior_eta", -1, FG_F64, g->slots, g->prior_etas);
        out[n++] = make_piece(g->name, "prior_lambda", -1, FG_F64, g->slots, g->prior_lambdas);
    }
    for (int i = 0; i < g->n_sums; i++) {
        const fg_sums *s = &g->sums[i];
        fg_dtype dtype = g->single ? FG_F32 : FG_F64;
        out[n++] = make_piece(g->name, "sum_eta", i, dtype, g->slots,
                              g->single ? (void *)s->eta_single : (void *)s->eta);
        out[n++] = make_piece(g->name, "sum_lambda", i, dtype, g->slots,
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

typedef int each_piece(void *context, const piece *p, fg_err *err);

static int for_pieces(const fg_graph *g, each_piece *call, void *context, fg_err *err) {
    piece pieces[GROUP_PIECES + SET_PIECES];
    int status = FG_OK;
    for (int i = 0; i < g->net.n_groups + g->net.n_sets && !status; i++) {
        int n = i < g->net.n_groups ? group_pieces(pieces, &g->net.groups[i])
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

/* "iteration flags": one flag per set, 1 where it has been updated. */
static void progress_text(char *text, size_t size, const fg_graph *graph) {
    int n = snprintf(text, size, "%d ", graph->iteration);
    for (int i = 0; i < graph->net.n_sets; i++)
        text[n++] = graph->net.sets[i].visited ? '1' : '0';
    text[n] = 0;
}

static int restore_progress(fg_graph *graph, const char *text, fg_err *err) {
    char *flags;
    long iteration = strtol(text, &flags, 10);
    size_t sets = (size_t)graph->net.n_sets;
    if (iteration < 1 || iteration > 1000000000 || *flags != ' ' || strlen(flags + 1) != sets ||
        strspn(flags + 1, "01") != sets)
        return fg_err_set(err, FG_EFORMAT, "metadata 'resume': '%s' does not fit this graph", text);
    for (size_t i = 0; i < sets; i++)
        graph->net.sets[i].visited = flags[1 + i] == '1';
    graph->iteration = (int)iteration;
    return FG_OK;
}

int fg_state_suspend(fg_state *state, const fg_graph *graph, fg_err *err) {
    fg_tensors *kept = fg_zalloc(1, sizeof *kept);
    char text[FG_MAX_LAYERS + 32];
    if (!kept)
        return fg_err_set(err, FG_ENOMEM, "out of memory for a state");
    progress_text(text, sizeof text, graph);
    int status = fg_tensors_set(kept, "resume", text, err);
    if (!status)
        status = for_pieces(graph, keep_piece, kept, err);
    if (status) {
        fg_tensors_free(kept);
        fg_free(kept);
        return status;
    }
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
    for (int i = 0; i < graph->net.n_groups && !status; i++)
        fg_group_refresh(&graph->net.groups[i]);
    return status;
}
