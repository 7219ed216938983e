/* Upsampling by two: x[2p + j] - a[p], one pairwise factor per fine pixel. Odd sizes end in windows cut in
 * half. */
#include <string.h>

#include "base/thread.h"
#include "factor/kernels/kernels.h"

typedef struct upsample {
    float *to_fine_eta, *to_fine_lambda, *to_coarse_eta, *to_coarse_lambda; /* [slots of the fine group] */
    float *spread; /* [coarse rows][3][fine pitch] a coarse row's mean, eta and lambda at the fine pixels */
} upsample;

static int connect(fg_net *net, fg_set *set, fg_group **current, fg_err *err) {
    fg_group *in = set->in = *current;
    fg_shape s = in->shape;
    if (in->role != FG_ROLE_FREE || in->layout != FG_LAYOUT_PLANAR)
        return fg_err_set(err, FG_EINVAL,
                          "layer '%s': upsample needs variables on a grid, but its input is not", set->name);
    set->out = fg_net_group(net, set->name, "", (fg_shape){(s.height + 1) / 2, (s.width + 1) / 2, s.channels},
                            net->n);
    set->out->prior_lambda = 1 / (set->layer->activation_prior * set->layer->activation_prior);
    fg_group_planar(set->out, 1);
    set->in_sums = fg_group_attach(in);
    set->out_sums = fg_group_attach(set->out);
    set->factors = (uint64_t)net->n * fg_shape_size(s);
    set->edges = 2 * set->factors;
    *current = set->out;
    return FG_OK;
}

static void take(fg_set *set, fg_ws *ws) {
    upsample *own = fg_ws_take(ws, 1, sizeof *own);
    size_t slots = set->in->slots, rows = set->out->n * set->out->shape.channels * set->out->shape.height,
           size;
    if (fg_size_mul(&size, slots, 4))
        ws->overflow = 1;
    float *all = fg_ws_take(ws, size, sizeof(float)),
          *spread = fg_ws_take(ws, rows * 3 * set->in->pitch, sizeof(float));
    set->own = own;
    set->messages = all;
    set->n_messages = size;
    if (own)
        *own = (upsample){all, all + slots, all + 2 * slots, all + 3 * slots, spread};
}

/* Adds what the fine pixels of a row send to the coarse pixel above each two of them. */
static void gather(float *coarse, const float *fine, size_t width) {
    for (size_t x = 0; x < width; x++)
        coarse[x / 2] += fine[x];
}

/* The one or two fine rows under a coarse one. */
static fg_trouble update_rows(const fg_set *set, const fg_step *step, size_t coarse_row) {
    const upsample *own = set->own;
    const fg_group *in = set->in, *out = set->out;
    const fg_sums *fine = &in->sums[set->in_sums], *coarse = &out->sums[set->out_sums];
    size_t h = in->shape.height, w = in->shape.width, plane = coarse_row / out->shape.height,
           y = coarse_row % out->shape.height;
    size_t c = fg_group_row(out, coarse_row);
    float *mean = own->spread + coarse_row * 3 * in->pitch, *eta = mean + in->pitch,
          *lambda = eta + in->pitch;
    fg_trouble sum = {0, 0};
    for (size_t x = 0; x < w; x++) {
        mean[x] = out->mean[c + x / 2];
        eta[x] = out->eta[c + x / 2];
        lambda[x] = out->lambda[c + x / 2];
    }
    memset(coarse->eta_single + c, 0, out->shape.width * sizeof(float));
    memset(coarse->lambda_single + c, 0, out->shape.width * sizeof(float));
    for (size_t row = 2 * y; row < h && row < 2 * y + 2; row++) {
        size_t at = fg_group_row(in, plane * h + row);
        fg_pairwise_run run = {
            .n = w,
            .a_mean = in->mean + at,
            .a_eta = in->eta + at,
            .a_lambda = in->lambda + at,
            .b_mean = mean,
            .b_eta = eta,
            .b_lambda = lambda,
            .to_a_eta = own->to_fine_eta + at,
            .to_a_lambda = own->to_fine_lambda + at,
            .to_b_eta = own->to_coarse_eta + at,
            .to_b_lambda = own->to_coarse_lambda + at,
            .weight = (float)(1 / (set->layer->sigma * set->layer->sigma)),
            .blend = fg_blend_make(step, plane * h + row),
        };
        fg_trouble trouble = fg_kernels_current()->pairwise(&run);
        sum.improper += trouble.improper;
        sum.rejected += trouble.rejected;
        memcpy(fine->eta_single + at, run.to_a_eta, w * sizeof(float));
        memcpy(fine->lambda_single + at, run.to_a_lambda, w * sizeof(float));
        gather(coarse->eta_single + c, run.to_b_eta, w);
        gather(coarse->lambda_single + c, run.to_b_lambda, w);
    }
    return sum;
}

static void update(fg_set *set, const fg_step *step) {
    size_t rows = set->out->n * set->out->shape.channels * set->out->shape.height;
    uint64_t improper = 0, rejected = 0;
#pragma omp parallel for schedule(static) reduction(+ : improper, rejected) num_threads(fg_threads()) if (set->edges > 20000)
    for (size_t row = 0; row < rows; row++) {
        fg_trouble trouble = update_rows(set, step, row);
        improper += trouble.improper;
        rejected += trouble.rejected;
    }
    set->improper = improper;
    set->rejected = rejected;
}

static double energy(const fg_set *set) {
    const fg_group *in = set->in, *out = set->out;
    size_t h = in->shape.height;
    double sum = 0;
    for (size_t row = 0; row < in->n * in->shape.channels * h; row++) {
        const float *fine = in->mean + fg_group_row(in, row);
        const float *coarse = out->mean + fg_group_row(out, row / h * out->shape.height + row % h / 2);
        for (size_t x = 0; x < in->shape.width; x++) {
            double r = (double)fine[x] - (double)coarse[x / 2];
            sum += r * r;
        }
    }
    return sum / (set->layer->sigma * set->layer->sigma);
}

const fg_factor_ops fg_factor_upsample = {
    .name = "upsample", .connect = connect, .take = take, .update = update, .energy = energy};
