/* Linear factors A x - value of an explicit graph, over any variables; messages in double.
 *
 * Factors with one residual are gathered by their number of variables into blocks of 16 for the rank-1
 * kernel; those with more (or with very many variables) are solved one by one. The messages to each variable
 * are then summed through a list of where they stand. */
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "base/thread.h"
#include "factor/kernels/kernels.h"
#include "factor/rankm.h"
#include "factor/robust.h"

enum { MAX_RANK1 = 512, CHUNKS = 16, BLOCK = 2 * FG_LANES };

/* All rank-1 factors of v variables, robust or not: their blocks' arrays start at these offsets of the set's
 * arrays. */
typedef struct bucket {
    size_t v, factors, blocks, first_row, first_block;
    bool robust;
} bucket;

typedef struct linear {
    size_t n_buckets, blocks, rows, edges; /* rows: of 16 entries, over all blocks */
    bucket buckets[2 * MAX_RANK1];
    double *a, *scaled_a; /* [rows][16], over sigma; and times sqrt(k) where robust */
    double *z, *scaled_z; /* [blocks][16] */
    double *cavity;       /* laid out like the set's wide_messages: the belief without that message */
    bool robust;          /* some factor is */
    double *point;        /* [variables] set->in->lin in double, where one is */
    bool summed;          /* cavity holds something: not so where messages were put back from a file */
    uint32_t *factor;     /* [blocks][16] */
    size_t n_solved;      /* factors not in a bucket */
    uint32_t *solved;     /* [n_solved] */
    size_t *solved_at;    /* [n_solved] where their messages start, in doubles */
    size_t solve_size;    /* doubles that the largest of them works on */
    size_t chunk_size;    /* doubles of scratch per chunk */
    double *scratch;      /* [CHUNKS][chunk_size] */
    size_t *edge_start;   /* [variables + 1] */
    size_t *
        edge_at; /* [edges] where the eta of a message to the variable stands; its lambda stands 16 further */
} linear;

static bool in_bucket(const fg_linear_factor *f) {
    return f->rows == 1 && f->cols <= MAX_RANK1;
}

static size_t bucket_index(const fg_linear_factor *f) {
    return 2 * (f->cols - 1) + (f->robust != FG_ROBUST_NONE);
}

static size_t message_doubles(size_t v) {
    return (v + FG_LANES - 1) / FG_LANES * BLOCK;
}

static size_t solve_doubles(const fg_linear_factor *f) {
    return f->rows * f->cols + f->rows + 4 * f->cols + fg_rankm_scratch(f->rows, f->cols);
}

static int connect(fg_net *net, fg_set *set, fg_group **current, fg_err *err) {
    (void)net, (void)err;
    set->in = *current;
    set->in_sums = fg_group_attach(set->in);
    set->factors = set->graph->n_factors;
    set->edges = 0;
    for (size_t i = 0; i < set->graph->n_factors; i++)
        set->edges += set->graph->factors[i].cols;
    return FG_OK;
}

/* Counts what the graph's factors need; returns the doubles of messages. */
static size_t measure(linear *l, const fg_explicit *graph) {
    size_t counts[2 * MAX_RANK1] = {0}, solved = 0, most = 0;
    *l = (linear){0};
    for (size_t i = 0; i < graph->n_factors; i++) {
        const fg_linear_factor *f = &graph->factors[i];
        l->edges += f->cols;
        l->robust |= f->robust != FG_ROBUST_NONE;
        if (in_bucket(f)) {
            counts[bucket_index(f)]++;
            most = f->cols > most ? f->cols : most;
        } else {
            l->n_solved++;
            solved += message_doubles(f->cols);
            l->solve_size = solve_doubles(f) > l->solve_size ? solve_doubles(f) : l->solve_size;
        }
    }
    for (size_t i = 0; i < 2 * MAX_RANK1; i++) {
        if (!counts[i])
            continue;
        bucket b = {.v = i / 2 + 1, .factors = counts[i], .robust = i % 2};
        b.blocks = (b.factors + FG_LANES - 1) / FG_LANES;
        b.first_row = l->rows;
        b.first_block = l->blocks;
        l->buckets[l->n_buckets++] = b;
        l->rows += b.blocks * b.v;
        l->blocks += b.blocks;
    }
    size_t kernel = most * FG_RANK1_SCRATCH;
    l->chunk_size = kernel > l->solve_size ? kernel : l->solve_size;
    return l->rows * BLOCK + solved;
}

static void take(fg_set *set, fg_ws *ws) {
    linear measured, *own = fg_ws_take(ws, 1, sizeof *own);
    linear *l = own ? own : &measured;
    set->n_wide = measure(l, set->graph);
    set->wide_messages = fg_ws_take(ws, set->n_wide, sizeof(double));
    l->a = fg_ws_take(ws, l->rows * FG_LANES, sizeof(double));
    l->scaled_a = fg_ws_take(ws, l->rows * FG_LANES, sizeof(double));
    l->z = fg_ws_take(ws, l->blocks * FG_LANES, sizeof(double));
    l->scaled_z = fg_ws_take(ws, l->blocks * FG_LANES, sizeof(double));
    l->cavity = fg_ws_take(ws, set->n_wide, sizeof(double));
    l->point = fg_ws_take(ws, l->robust ? set->graph->n_variables : 0, sizeof(double));
    l->factor = fg_ws_take(ws, l->blocks * FG_LANES, sizeof(uint32_t));
    l->solved = fg_ws_take(ws, l->n_solved, sizeof(uint32_t));
    l->solved_at = fg_ws_take(ws, l->n_solved, sizeof(size_t));
    l->scratch = fg_ws_take(ws, CHUNKS * l->chunk_size, sizeof(double));
    l->edge_start = fg_ws_take(ws, set->graph->n_variables + 1, sizeof(size_t));
    l->edge_at = fg_ws_take(ws, l->edges, sizeof(size_t));
    set->own = own;
}

/* Puts the i-th factor of a bucket into its lane. */
static void fill_lane(linear *l, const bucket *b, size_t i, const fg_linear_factor *f, uint32_t index) {
    size_t block = i / FG_LANES, lane = i % FG_LANES;
    size_t at = (b->first_block + block) * FG_LANES + lane;
    l->factor[at] = index;
    l->z[at] = l->scaled_z[at] = f->value[0] / f->sigma[0];
    for (size_t j = 0; j < f->cols; j++) {
        size_t slot = (b->first_row + block * b->v + j) * FG_LANES + lane;
        l->a[slot] = l->scaled_a[slot] = f->matrix[j] / f->sigma[0];
    }
}

/* Where the eta of the message to variable j of a factor stands: in lane order for bucketed factors (i-th of
 * its bucket), by sixteens of variables for the others (starting at `at`). */
static size_t lane_message(const bucket *b, size_t i, size_t j) {
    return (b->first_row + i / FG_LANES * b->v + j) * BLOCK + i % FG_LANES;
}

static size_t solved_message(size_t at, size_t j) {
    return at + j / FG_LANES * BLOCK + j % FG_LANES;
}

static int fill(fg_set *set, fg_err *err) {
    linear *l = set->own;
    const fg_explicit *graph = set->graph;
    size_t placed[2 * MAX_RANK1] = {0}, of[2 * MAX_RANK1] = {0}, solved = 0, at = l->rows * BLOCK;
    if (graph->n_variables > UINT32_MAX || graph->n_factors > UINT32_MAX)
        return fg_err_set(err, FG_EINVAL, "the graph has more than 2^32 - 1 variables or factors");
    for (size_t b = 0; b < l->n_buckets; b++)
        of[2 * (l->buckets[b].v - 1) + l->buckets[b].robust] = b;
    for (size_t i = 0; i < graph->n_factors; i++)
        for (size_t j = 0; j < graph->factors[i].cols; j++)
            l->edge_start[graph->factors[i].variables[j] + 1]++;
    for (size_t v = 0; v < graph->n_variables; v++)
        l->edge_start[v + 1] += l->edge_start[v];
    for (size_t i = 0; i < graph->n_factors; i++) {
        const fg_linear_factor *f = &graph->factors[i];
        const bucket *b = NULL;
        size_t place = 0;
        if (in_bucket(f)) {
            b = &l->buckets[of[bucket_index(f)]];
            place = placed[bucket_index(f)]++;
            fill_lane(l, b, place, f, (uint32_t)i);
        } else {
            l->solved[solved] = (uint32_t)i;
            l->solved_at[solved++] = at;
        }
        for (size_t j = 0; j < f->cols; j++)
            l->edge_at[l->edge_start[f->variables[j]]++] =
                b ? lane_message(b, place, j) : solved_message(at, j);
        at += b ? 0 : message_doubles(f->cols);
    }
    memmove(l->edge_start + 1, l->edge_start, graph->n_variables * sizeof *l->edge_start);
    l->edge_start[0] = 0;
    return FG_OK;
}

/* Belief means in double: residuals are what is left of values that may be far from 0. */
static double mean_of(const fg_set *set, size_t v) {
    const fg_group *g = set->in;
    const fg_sums *sums = &g->sums[set->in_sums];
    const double lambda = g->prior_lambdas[v] + sums->lambda[v];
    return lambda > 0 ? (g->prior_etas[v] + sums->eta[v]) / lambda : (double)g->mean[v];
}

/* Follows the points where factors are linearised, of which the graph keeps floats. */
static void follow_points(const fg_set *set) {
    const linear *l = set->own;
    const fg_group *g = set->in;
#pragma omp parallel for schedule(static) num_threads(fg_threads()) if (l->edges > 4096)
    for (size_t v = 0; v < set->graph->n_variables; v++)
        if (g->lin[v] == g->mean[v])
            l->point[v] = mean_of(set, v);
        else if ((float)l->point[v] != g->lin[v])
            l->point[v] = (double)g->lin[v];
}

/* Sum over rows of r^2/sigma^2 at the given point, or at the belief means. */
static double squared_distance(const fg_set *set, const fg_linear_factor *f, const double *point) {
    double sum = 0;
    for (size_t m = 0; m < f->rows; m++) {
        double r = -f->value[m];
        for (size_t j = 0; j < f->cols; j++)
            r +=
                f->matrix[m * f->cols + j] * (point ? point[f->variables[j]] : mean_of(set, f->variables[j]));
        sum += r * r / (f->sigma[m] * f->sigma[m]);
    }
    return sum;
}

static double root_weight(const fg_set *set, const fg_linear_factor *f) {
    const linear *l = set->own;
    return f->robust == FG_ROBUST_NONE
               ? 1
               : sqrt(fg_robust_weight(f->robust, squared_distance(set, f, l->point), f->threshold));
}

static void rescale(linear *l, const fg_set *set, const bucket *b, size_t block) {
    size_t at = (b->first_block + block) * FG_LANES, row = (b->first_row + block * b->v) * FG_LANES;
    for (size_t lane = 0; lane < FG_LANES && block * FG_LANES + lane < b->factors; lane++) {
        double root = root_weight(set, &set->graph->factors[l->factor[at + lane]]);
        l->scaled_z[at + lane] = root * l->z[at + lane];
        for (size_t j = 0; j < b->v; j++)
            l->scaled_a[row + j * FG_LANES + lane] = root * l->a[row + j * FG_LANES + lane];
    }
}

/* Messages of unary factors are what they are: neither damped nor dropped. */
static fg_trouble update_bucket(fg_set *set, const bucket *b, size_t block, const fg_step *step,
                                double *scratch) {
    linear *l = set->own;
    size_t row = b->first_row + block * b->v, at = (b->first_block + block) * FG_LANES;
    fg_step plain = *step;
    plain.first |= b->v == 1;
    if (b->robust)
        rescale(l, set, b, block);
    fg_rank1_block work = {
        .v = b->v,
        .a = l->scaled_a + row * FG_LANES,
        .z = l->scaled_z + at,
        .cavity = l->cavity + row * BLOCK,
        .message = set->wide_messages + row * BLOCK,
        .scratch = scratch,
        .blend = fg_blend_make(&plain, b->first_block + block),
    };
    return fg_kernels_current()->rank1(&work);
}

static fg_trouble update_solved(fg_set *set, size_t i, const fg_step *step, double *scratch) {
    const linear *l = set->own;
    const fg_linear_factor *f = &set->graph->factors[l->solved[i]];
    size_t m = f->rows, v = f->cols;
    double *a = scratch, *z = a + m * v, *eta = z + m, *lambda = eta + v, *out_eta = lambda + v,
           *out_lambda = out_eta + v;
    double root = root_weight(set, f), *message = set->wide_messages;
    fg_blend blend = fg_blend_make(step, l->blocks + i);
    fg_trouble trouble = {0, 0};
    for (size_t r = 0; r < m; r++) {
        z[r] = root * f->value[r] / f->sigma[r];
        for (size_t j = 0; j < v; j++)
            a[r * v + j] = root * f->matrix[r * v + j] / f->sigma[r];
    }
    for (size_t j = 0; j < v; j++) {
        size_t at = solved_message(l->solved_at[i], j);
        eta[j] = l->cavity[at];
        lambda[j] = l->cavity[at + FG_LANES];
        trouble.improper += lambda[j] < 0;
    }
    fg_rankm_messages(m, v, a, z, eta, lambda, out_eta, out_lambda, out_lambda + v);
    double keep = v == 1 ? 0 : (double)blend.keep;
    for (size_t j = 0; j < v; j++) {
        size_t at = solved_message(l->solved_at[i], j);
        if (!(isfinite(out_eta[j]) && isfinite(out_lambda[j]) && out_lambda[j] >= 0)) {
            trouble.rejected++;
            continue;
        }
        if (v > 1 && fg_rng_lane(blend.key0, blend.key1, (uint32_t)j) < blend.drop)
            continue;
        message[at] = keep * message[at] + (1 - keep) * out_eta[j];
        message[at + FG_LANES] = keep * message[at + FG_LANES] + (1 - keep) * out_lambda[j];
    }
    return trouble;
}

/* Adds up the messages to each variable, and the cavity of each edge: what stands in front of it in the
 * variable's list plus what stands behind it. Unlike belief minus message this keeps every digit where one
 * message dominates. */
static void sum_messages(const fg_set *set) {
    const linear *l = set->own;
    const fg_group *g = set->in;
    const fg_sums *sums = &g->sums[set->in_sums];
    const double *message = set->wide_messages;
#pragma omp parallel for schedule(static) num_threads(fg_threads()) if (l->edges > 4096)
    for (size_t v = 0; v < set->graph->n_variables; v++) {
        double eta = g->prior_etas[v], lambda = g->prior_lambdas[v];
        for (size_t e = l->edge_start[v]; e < l->edge_start[v + 1]; e++) {
            size_t at = l->edge_at[e];
            l->cavity[at] = eta;
            l->cavity[at + FG_LANES] = lambda;
            eta += message[at];
            lambda += message[at + FG_LANES];
        }
        eta = lambda = 0;
        for (size_t e = l->edge_start[v + 1]; e-- > l->edge_start[v];) {
            size_t at = l->edge_at[e];
            l->cavity[at] += eta;
            l->cavity[at + FG_LANES] += lambda;
            eta += message[at];
            lambda += message[at + FG_LANES];
        }
        sums->eta[v] = eta;
        sums->lambda[v] = lambda;
    }
}

static void update(fg_set *set, const fg_step *step) {
    linear *l = set->own;
    uint64_t improper = 0, rejected = 0;
    if (step->first || !l->summed)
        sum_messages(set);
    l->summed = true;
    if (l->robust)
        follow_points(set);
#pragma omp parallel for schedule(static) reduction(+ : improper, rejected) num_threads(fg_threads()) if (l->edges > 4096)
    for (size_t c = 0; c < CHUNKS; c++) {
        double *scratch = l->scratch + c * l->chunk_size;
        fg_trouble t;
        for (size_t b = 0; b < l->n_buckets; b++)
            for (size_t block = fg_block_start(l->buckets[b].blocks, CHUNKS, c);
                 block < fg_block_start(l->buckets[b].blocks, CHUNKS, c + 1); block++) {
                t = update_bucket(set, &l->buckets[b], block, step, scratch);
                improper += t.improper;
                rejected += t.rejected;
            }
        for (size_t i = fg_block_start(l->n_solved, CHUNKS, c);
             i < fg_block_start(l->n_solved, CHUNKS, c + 1); i++) {
            t = update_solved(set, i, step, scratch);
            improper += t.improper;
            rejected += t.rejected;
        }
    }
    sum_messages(set);
    set->improper = improper;
    set->rejected = rejected;
}

static double energy(const fg_set *set) {
    double sum = 0;
    for (size_t i = 0; i < set->graph->n_factors; i++) {
        const fg_linear_factor *f = &set->graph->factors[i];
        sum += fg_robust_energy(f->robust, squared_distance(set, f, NULL), f->threshold);
    }
    return sum;
}

const fg_factor_ops fg_factor_linear = {
    .name = "linear", .connect = connect, .take = take, .fill = fill, .update = update, .energy = energy};
