/* Transposed convolutions: x[p,c] - g(sum_{f,k} w[c,f,k] a[p-k,f] + b[c]), one rank-1 factor per observation,
 * pixel and channel. The layer's input x, H x W pixels, is explained by (H-K+1) x (W-K+1) activations per
 * filter; activations outside of their planes are known to be 0. A robust weight is shared by the channels of
 * a pixel.
 *
 * Dropout is drawn once for all messages around 16 neighbouring pixels of a row, so that what is dropped
 * costs nothing: the sums over messages gain what new messages differ from the old ones by, and are taken
 * afresh when the step asks for it. */
#include <math.h>
#include <string.h>

#include "base/thread.h"
#include "factor/kernels/kernels.h"
#include "factor/robust.h"
#include "factor/tconv_internal.h"

/* Rows of pixels are cut into bands, whatever the number of threads. A band's messages to activations above
 * its first row go to a halo of its own, which is added when all bands are done. */
enum { MAX_BANDS = 32, LEAST_ROWS = 8 };

static int connect(fg_net *net, fg_set *set, fg_group **current, fg_err *err) {
    const fg_layer *layer = set->layer;
    fg_group *in = set->in = *current;
    size_t k = (size_t)layer->kernel, filters = (size_t)layer->filters, channels = in->shape.channels;
    if (in->role != FG_ROLE_FREE || in->layout != FG_LAYOUT_PLANAR)
        return fg_err_set(err, FG_EINVAL, "layer '%s': tconv needs variables on a grid, but its input is not",
                          set->name);
    fg_group_planar(in, k - 1);
    set->weight = fg_net_parameters(net, set->name, "weight", (fg_shape){1, channels, filters * k * k},
                                    layer->weight_prior);
    set->bias = fg_net_parameters(net, set->name, "bias", (fg_shape){1, 1, channels}, layer->bias_prior);
    fg_shape shape = {in->shape.height - k + 1, in->shape.width - k + 1, filters};
    set->out = fg_net_group(net, set->name, "", shape, net->n);
    set->out->prior_lambda = 1 / (layer->activation_prior * layer->activation_prior);
    fg_group_planar(set->out, k - 1);
    set->in_sums = fg_group_attach(in);
    set->out_sums = fg_group_attach(set->out);
    set->weight_sums = fg_group_attach(set->weight);
    set->bias_sums = fg_group_attach(set->bias);
    bool learns = net->parameters == FG_ROLE_FREE;
    uint64_t pairs =
        (uint64_t)net->n * fg_shape_size(shape) * channels * k * k; /* of a pixel and an activation */
    set->factors = (uint64_t)net->n * fg_shape_size(in->shape);
    set->edges = pairs * (1 + learns) + set->factors * (1 + learns);
    *current = set->out;
    return FG_OK;
}

/* A band is at least as high as a halo, which then ends within the band above. */
static size_t bands_of(size_t rows, size_t kernel) {
    size_t bands = rows / (kernel > LEAST_ROWS ? kernel : LEAST_ROWS);
    return bands < 1 ? 1 : bands > MAX_BANDS ? MAX_BANDS : bands;
}

static void take(fg_set *set, fg_ws *ws) {
    fg_tconv_set measured, *own = fg_ws_take(ws, 1, sizeof *own);
    fg_tconv_set *t = own ? own : &measured;
    const fg_group *in = set->in, *out = set->out;
    size_t n = in->n, k = (size_t)set->layer->kernel, all;
    *t = (fg_tconv_set){.kernel = k, .filters = out->shape.channels, .channels = in->shape.channels};
    t->terms = t->filters * k * k;
    t->bands = bands_of(in->shape.height, k);
    t->blocks = (in->shape.width + FG_LANES - 1) / FG_LANES;
    t->message_size = fg_dense_messages(t->terms, FG_ROLE_FREE, set->weight->role);
    t->weights = t->channels * (t->terms + 1);
    t->halo_size = 2 * t->filters * (k - 1) * out->pitch;
    t->work_size = fg_tconv_work_size(t);
    t->offset = fg_ws_take(ws, t->terms, sizeof *t->offset);
    t->filter_of = fg_ws_take(ws, t->terms, sizeof(size_t));
    t->row_of = fg_ws_take(ws, t->terms, sizeof(size_t));
    t->halo = fg_ws_take(ws, n * t->bands * t->halo_size, sizeof(float));
    t->partial = fg_ws_take(ws, n * t->bands * 2 * t->weights, sizeof(double));
    t->work = fg_ws_take(ws, n * t->bands * t->work_size, sizeof(float));
    if (fg_size_mul(&all, n * in->shape.height * t->channels, t->blocks) ||
        fg_size_mul(&all, all, t->message_size))
        ws->overflow = 1;
    set->messages = fg_ws_take(ws, all, sizeof(float));
    set->n_messages = all;
    set->own = own;
}

static int fill(fg_set *set, fg_err *err) {
    fg_tconv_set *t = set->own;
    const fg_group *out = set->out;
    size_t k = t->kernel, plane = (out->shape.height + 2 * out->margin) * out->pitch;
    (void)err;
    for (size_t i = 0; i < t->terms; i++) {
        size_t f = i / (k * k), ky = i / k % k, kx = i % k;
        t->filter_of[i] = f;
        t->row_of[i] = ky;
        t->offset[i] = (ptrdiff_t)(f * plane) - (ptrdiff_t)(ky * out->pitch + kx);
    }
    return FG_OK;
}

/* Where the messages of each term are added: the sums of the activations, or the band's halo above its first
 * row. */
static void aim(const fg_set *set, const fg_tconv_work *w, size_t band, size_t n, size_t row, size_t first) {
    const fg_tconv_set *t = set->own;
    const fg_sums *sums = &set->out->sums[set->out_sums];
    size_t pitch = set->out->pitch, margin = set->out->margin, base = fg_tconv_out_row(set, n, row);
    float *halo = t->halo + band * t->halo_size;
    for (size_t i = 0; i < t->terms; i++) {
        size_t ky = t->row_of[i], kx = i % t->kernel;
        w->sum_eta[i] = sums->eta_single + ((ptrdiff_t)base + t->offset[i]);
        w->sum_lambda[i] = sums->lambda_single + ((ptrdiff_t)base + t->offset[i]);
        if (first > 0 && row < first + ky) {
            size_t above = first + ky - row - 1; /* rows above the band, from 0 */
            w->sum_eta[i] = halo + (t->filter_of[i] * (t->kernel - 1) + above) * pitch + margin - kx;
            w->sum_lambda[i] = w->sum_eta[i] + t->halo_size / 2;
        }
    }
}

/* Messages of a span, or only their sums where they are dropped. */
static fg_trouble update_span(const fg_tconv_span *s, const fg_step *step, float keep, bool dropped) {
    const fg_set *set = s->set;
    const fg_tconv_set *t = set->own;
    const fg_tconv_work *w = s->work;
    const fg_group *in = set->in, *out = set->out;
    const fg_sums *y = &in->sums[set->in_sums];
    size_t size = fg_tconv_row_size(t), x = fg_tconv_out_row(set, s->n, s->row);
    const bool waits = step->learned && step->iteration < set->layer->learn_after;
    fg_trouble sum = {0, 0};
    if (!dropped)
        fg_tconv_linearise(s);
    for (size_t c = 0; c < t->channels; c++) {
        size_t at = fg_tconv_in_row(set, s->n, c, s->row);
        size_t unit = (s->n * in->shape.height + s->row) * t->channels + c;
        fg_tconv_row d = {
            .from = s->from,
            .end = s->end,
            .terms = t->terms,
            .w_role = set->weight->role,
            .offset = t->offset,
            .x_lin = out->lin + x,
            .x_eta = out->eta + x,
            .x_lambda = out->lambda + x,
            .sum_x_eta = w->sum_eta,
            .sum_x_lambda = w->sum_lambda,
            .w_lin = set->weight->lin + c * t->terms,
            .b_lin = set->bias->lin + c,
            .w = fg_beliefs_at(set->weight, c * t->terms),
            .b = fg_beliefs_at(set->bias, c),
            .y_eta = in->eta + at,
            .y_lambda = in->lambda + at,
            .sum_y_eta = y->eta_single + at,
            .sum_y_lambda = y->lambda_single + at,
            .strength = w->strength + c * size,
            .gate = w->gate + c * size,
            .z = w->z + c * size,
            .message = set->messages + unit * t->blocks * t->message_size,
            .sum_w = w->sum_w + c * (t->terms + 1) * 2 * FG_LANES,
            .scratch = w->scratch,
            .keep = keep,
            .keep_w = waits ? 1 : keep,
            .counted = step->recount ? 0 : 1,
        };
        if (dropped) {
            fg_kernels_current()->tconv_count(&d);
            continue;
        }
        fg_trouble trouble = fg_kernels_current()->tconv(&d);
        sum.improper += trouble.improper;
        sum.rejected += trouble.rejected;
    }
    return sum;
}

/* Runs of blocks that are dropped, and of those that are not. */
static fg_trouble update_row(const fg_set *set, const fg_step *step, const fg_tconv_work *w, size_t n,
                             size_t row) {
    const fg_tconv_set *t = set->own;
    fg_blend draws = fg_blend_make(step, n * set->in->shape.height + row);
    fg_tconv_span s = {set, w, n, row, 0, 0};
    fg_trouble sum = {0, 0};
    for (; s.from < t->blocks; s.from = s.end) {
        bool dropped = fg_blend_drops(&draws, (uint32_t)s.from);
        for (s.end = s.from + 1; s.end < t->blocks && fg_blend_drops(&draws, (uint32_t)s.end) == dropped;)
            s.end++;
        if (dropped && !step->recount)
            continue;
        fg_trouble trouble = update_span(&s, step, draws.keep, dropped);
        sum.improper += trouble.improper;
        sum.rejected += trouble.rejected;
    }
    return sum;
}

static double total(const float *x) {
    double sum = 0;
    for (int l = 0; l < FG_LANES; l++)
        sum += (double)x[l];
    return sum;
}

static fg_trouble update_band(const fg_set *set, const fg_step *step, size_t band) {
    const fg_tconv_set *t = set->own;
    fg_tconv_work w = fg_tconv_split(t, band);
    size_t n = band / t->bands, first = fg_block_start(set->in->shape.height, t->bands, band % t->bands);
    size_t end = fg_block_start(set->in->shape.height, t->bands, band % t->bands + 1);
    fg_trouble sum = {0, 0};
    memset(w.sum_w, 0, t->weights * 2 * FG_LANES * sizeof(float));
    memset(t->halo + band * t->halo_size, 0, t->halo_size * sizeof(float));
    for (size_t row = first; row < end; row++) {
        aim(set, &w, band, n, row, first);
        fg_trouble trouble = update_row(set, step, &w, n, row);
        sum.improper += trouble.improper;
        sum.rejected += trouble.rejected;
    }
    double *eta = t->partial + band * 2 * t->weights, *lambda = eta + t->weights;
    for (size_t i = 0; i < t->weights; i++) {
        eta[i] = total(w.sum_w + i * 2 * FG_LANES);
        lambda[i] = total(w.sum_w + i * 2 * FG_LANES + FG_LANES);
    }
    return sum;
}

/* Adds the halo of a band to the rows above it; no other band adds to those any more. */
static void add_halo(const fg_set *set, size_t band) {
    const fg_tconv_set *t = set->own;
    const fg_sums *sums = &set->out->sums[set->out_sums];
    size_t n = band / t->bands, first = fg_block_start(set->in->shape.height, t->bands, band % t->bands);
    size_t pitch = set->out->pitch, plane = (set->out->shape.height + 2 * set->out->margin) * pitch;
    if (first == 0)
        return;
    for (size_t f = 0; f < t->filters; f++)
        for (size_t above = 0; above < t->kernel - 1; above++) {
            const float *eta = t->halo + band * t->halo_size + (f * (t->kernel - 1) + above) * pitch;
            const float *lambda = eta + t->halo_size / 2;
            size_t at = fg_tconv_out_row(set, n, 0) + f * plane + (first - 1) * pitch - above * pitch -
                        set->out->margin;
            for (size_t x = 0; x < pitch; x++) {
                sums->eta_single[at + x] += eta[x];
                sums->lambda_single[at + x] += lambda[x];
            }
        }
}

static void add_partials(fg_set *set, bool afresh) {
    const fg_tconv_set *t = set->own;
    const fg_sums *w = &set->weight->sums[set->weight_sums], *b = &set->bias->sums[set->bias_sums];
    for (size_t i = 0; i < t->weights; i++) {
        size_t c = i / (t->terms + 1), term = i % (t->terms + 1);
        const fg_sums *to = term < t->terms ? w : b;
        size_t at = term < t->terms ? c * t->terms + term : c;
        if (afresh)
            to->eta[at] = to->lambda[at] = 0;
        for (size_t band = 0; band < set->in->n * t->bands; band++) {
            to->eta[at] += t->partial[band * 2 * t->weights + i];
            to->lambda[at] += t->partial[(band * 2 + 1) * t->weights + i];
        }
    }
}

static void update(fg_set *set, const fg_step *step) {
    const fg_tconv_set *t = set->own;
    const fg_sums *sums = &set->out->sums[set->out_sums];
    size_t bands = set->in->n * t->bands;
    uint64_t improper = 0, rejected = 0;
#pragma omp parallel num_threads(fg_threads()) if (set->edges > 20000)
    {
        if (step->recount) {
#pragma omp for schedule(static)
            for (size_t b = 0; b < MAX_BANDS; b++) {
                size_t from = fg_block_start(set->out->slots, MAX_BANDS, b),
                       end = fg_block_start(set->out->slots, MAX_BANDS, b + 1);
                memset(sums->eta_single + from, 0, (end - from) * sizeof(float));
                memset(sums->lambda_single + from, 0, (end - from) * sizeof(float));
            }
        }
#pragma omp for schedule(static) reduction(+ : improper, rejected)
        for (size_t b = 0; b < bands; b++) {
            fg_trouble trouble = update_band(set, step, b);
            improper += trouble.improper;
            rejected += trouble.rejected;
        }
#pragma omp for schedule(static)
        for (size_t b = 0; b < bands; b++)
            add_halo(set, b);
    }
    if (set->weight_sums >= 0)
        add_partials(set, step->recount);
    set->improper = improper;
    set->rejected = rejected;
}

/* The i-th weight of filter f: channel by channel of the pixels, each with its whole kernel. */
static float *weight_of(const fg_set *set, size_t f, size_t i) {
    const fg_tconv_set *t = set->own;
    size_t area = t->kernel * t->kernel;
    return set->weight->lin + i / area * t->terms + f * area + i % area;
}

static double product(const fg_set *set, size_t f, size_t g) {
    const fg_tconv_set *t = set->own;
    double sum = 0;
    for (size_t i = 0; i < t->channels * t->kernel * t->kernel; i++)
        sum += (double)*weight_of(set, f, i) * (double)*weight_of(set, g, i);
    return sum;
}

/* Takes out of each filter what it shares with those before it, and gives it the length that its draw has on
 * average. Filters beyond as many as can be orthogonal stay as they were drawn. */
static void orthogonalise(const fg_set *set) {
    const fg_tconv_set *t = set->own;
    size_t size = t->channels * t->kernel * t->kernel;
    double length = set->layer->weight_init * sqrt((double)size);
    for (size_t f = 0; f < t->filters && f < size; f++) {
        for (size_t g = 0; g < f; g++) {
            double share = product(set, f, g) / (length * length);
            for (size_t i = 0; i < size; i++)
                *weight_of(set, f, i) -= (float)(share * (double)*weight_of(set, g, i));
        }
        double own = sqrt(product(set, f, f));
        for (size_t i = 0; i < size && own > 0; i++)
            *weight_of(set, f, i) *= (float)(length / own);
    }
}

static void start(fg_set *set, uint64_t key) {
    fg_set_draw_weights(set, key);
    if (set->layer->orthogonal && set->layer->weight_init > 0)
        orthogonalise(set);
}

static double energy(const fg_set *set) {
    fg_tconv_work w = fg_tconv_split(set->own, 0);
    fg_tconv_span s = {.set = set, .work = &w, .end = ((const fg_tconv_set *)set->own)->blocks};
    double sum = 0;
    for (s.n = 0; s.n < set->in->n; s.n++)
        for (s.row = 0; s.row < set->in->shape.height; s.row++) {
            fg_tconv_drive_span(&s, true);
            for (size_t x = 0; x < set->in->shape.width; x++)
                sum +=
                    fg_robust_energy(set->layer->robust, fg_tconv_pixel_energy(&s, x), set->layer->threshold);
        }
    return sum;
}

const fg_factor_ops fg_factor_tconv = {.name = "tconv",
                                       .connect = connect,
                                       .take = take,
                                       .fill = fill,
                                       .start = start,
                                       .update = update,
                                       .energy = energy};
