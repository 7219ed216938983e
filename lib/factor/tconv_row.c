/* One row of pixels of a transposed convolution: its weighted sums, robust weights and linearisation. */
#include <math.h>

#include "factor/activation.h"
#include "factor/kernels/kernels.h"
#include "factor/robust.h"
#include "factor/tconv_internal.h"

size_t fg_tconv_work_size(const fg_tconv_set *t) {
    size_t size = (6 * t->channels + 1) * fg_tconv_row_size(t) + t->channels * (t->terms + 1) * 2 * FG_LANES +
                  fg_dense_scratch(t->terms) + 2 * t->terms * sizeof(float *) / sizeof(float) + FG_LANES;
    return (size + FG_LANES - 1) / FG_LANES * FG_LANES;
}

fg_tconv_work fg_tconv_split(const fg_tconv_set *t, size_t band) {
    float *p = t->work + band * t->work_size;
    size_t row = fg_tconv_row_size(t);
    fg_tconv_work w;
    w.u = p;
    w.value = w.u + t->channels * row;
    w.slope = w.value + t->channels * row;
    w.strength = w.slope + t->channels * row;
    w.gate = w.strength + t->channels * row;
    w.z = w.gate + t->channels * row;
    w.root = w.z + t->channels * row;
    w.sum_w = w.root + row;
    w.scratch = w.sum_w + t->channels * (t->terms + 1) * 2 * FG_LANES;
    w.sum_eta = (float **)(void *)(w.scratch + fg_dense_scratch(t->terms));
    w.sum_lambda = w.sum_eta + t->terms;
    return w;
}

size_t fg_tconv_in_row(const fg_set *set, size_t n, size_t c, size_t row) {
    return fg_group_row(set->in, (n * set->in->shape.channels + c) * set->in->shape.height + row);
}

size_t fg_tconv_out_row(const fg_set *set, size_t n, size_t row) {
    return fg_group_row(set->out, n * set->out->shape.channels * set->out->shape.height) +
           row * set->out->pitch;
}

void fg_tconv_drive_span(const fg_tconv_span *s, bool means) {
    const fg_set *set = s->set;
    const fg_tconv_set *t = set->own;
    const float *weight = means ? set->weight->mean : set->weight->lin,
                *bias = means ? set->bias->mean : set->bias->lin;
    size_t size = fg_tconv_row_size(t), from = s->from * FG_LANES, n = (s->end - s->from) * FG_LANES;
    for (size_t c = 0; c < t->channels; c++) {
        fg_tconv_drive drive = {
            .from = s->from,
            .end = s->end,
            .terms = t->terms,
            .offset = t->offset,
            .x = set->out->lin + fg_tconv_out_row(set, s->n, s->row), /* single: lin and mean are one array */
            .w = weight + c * t->terms,
            .b = bias[c],
            .u = s->work->u + c * size,
        };
        fg_kernels_current()->tconv_drive(&drive);
        fg_activation_eval(set->layer->activation, s->work->u + c * size + from,
                           s->work->value + c * size + from, s->work->slope + c * size + from, n);
    }
}

double fg_tconv_pixel_energy(const fg_tconv_span *s, size_t x) {
    const fg_set *set = s->set;
    const fg_tconv_set *t = set->own;
    double sum = 0;
    for (size_t c = 0; c < t->channels; c++) {
        double r = (double)set->in->mean[fg_tconv_in_row(set, s->n, c, s->row) + x] -
                   (double)s->work->value[c * fg_tconv_row_size(t) + x];
        sum += r * r;
    }
    return sum / (set->layer->sigma * set->layer->sigma);
}

/* sqrt(k) / sigma of each pixel of the span, 0 beyond the row's end. */
static void find_roots(const fg_tconv_span *s) {
    const fg_set *set = s->set;
    const fg_layer *layer = set->layer;
    const float sigma = (float)layer->sigma;
    size_t width = set->in->shape.width, from = s->from * FG_LANES, end = s->end * FG_LANES;
    float *root = s->work->root;
    for (size_t x = from; x < end; x++)
        root[x] = x < width ? 1 / sigma : 0;
    if (layer->robust != FG_ROBUST_NONE)
        for (size_t x = from; x < end && x < width; x++)
            root[x] *=
                (float)sqrt(fg_robust_weight(layer->robust, fg_tconv_pixel_energy(s, x), layer->threshold));
}

void fg_tconv_linearise(const fg_tconv_span *s) {
    const fg_set *set = s->set;
    const fg_tconv_set *t = set->own;
    const fg_tconv_work *w = s->work;
    size_t size = fg_tconv_row_size(t), from = s->from * FG_LANES, end = s->end * FG_LANES;
    float times = set->weight->role == FG_ROLE_CONSTANT ? 1 : 2, b_times = times - 1;
    fg_tconv_drive_span(s, false);
    find_roots(s);
    for (size_t c = 0; c < t->channels; c++) {
        const float *restrict value = w->value + c * size, *restrict slope = w->slope + c * size;
        const float *restrict u = w->u + c * size, *restrict root = w->root;
        float *restrict strength = w->strength + c * size, *restrict gate = w->gate + c * size;
        float *restrict z = w->z + c * size, b = set->bias->lin[c];
#pragma omp simd
        for (size_t x = from; x < end; x++) {
            strength[x] = root[x];
            gate[x] = -slope[x] * root[x];
            z[x] = root[x] * (value[x] - slope[x] * (times * (u[x] - b) + b_times * b));
        }
    }
}
