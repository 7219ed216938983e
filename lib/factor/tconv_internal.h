/* Inside the kind tconv: its memory, and one row of its pixels. */
#ifndef FG_FACTOR_TCONV_INTERNAL_H
#define FG_FACTOR_TCONV_INTERNAL_H

#include "factor/net.h"

/* What a set of this kind owns. */
typedef struct fg_tconv_set {
    size_t kernel, filters, channels, terms; /* terms: filters * kernel^2 */
    size_t bands, blocks;                    /* per observation; 16 pixels each, per row */
    size_t message_size;                     /* floats per block and channel */
    size_t weights, halo_size;  /* w and b of all channels; floats of one band's halo, eta then lambda */
    ptrdiff_t *offset;          /* [terms] */
    size_t *filter_of, *row_of; /* [terms] filter, and row of the kernel */
    float *halo;                /* [n * bands][halo_size] */
    double *partial;            /* [n * bands][2][weights] */
    float *work;                /* [n * bands][work_size] */
    size_t work_size;
} fg_tconv_set;

/* What one band works on. */
typedef struct fg_tconv_work {
    float *u, *value, *slope, *strength, *gate, *z; /* [channels][row] */
    float *root;                                    /* [row] sqrt(k) / sigma */
    float *sum_w;                                   /* [channels][terms + 1][2][16] */
    float *scratch;
    float **sum_eta, **sum_lambda; /* [terms] */
} fg_tconv_work;

/* Blocks [from, end) of one row of pixels of one observation, and where its arrays are. */
typedef struct fg_tconv_span {
    const fg_set *set;
    const fg_tconv_work *work;
    size_t n, row, from, end;
} fg_tconv_span;

/* Pixels of a row, up to whole blocks. */
static inline size_t fg_tconv_row_size(const fg_tconv_set *t) {
    return t->blocks * FG_LANES;
}

/* Floats of one band's memory, and its parts. */
size_t fg_tconv_work_size(const fg_tconv_set *t);
fg_tconv_work fg_tconv_split(const fg_tconv_set *t, size_t band);

/* The slot of the first pixel of a row of an observation: of plane c of the input, or of plane 0 of the
 * activations (for which the row may lie in the margin). */
size_t fg_tconv_in_row(const fg_set *set, size_t n, size_t c, size_t row);
size_t fg_tconv_out_row(const fg_set *set, size_t n, size_t row);

/* Weighted sums, activations and slopes of a span, at means or at linearisation points. */
void fg_tconv_drive_span(const fg_tconv_span *s, bool means);

/* Sum over channels of r^2/sigma^2 of pixel x of the row, after its span was driven. */
double fg_tconv_pixel_energy(const fg_tconv_span *s, size_t x);

/* The Jacobians and z of a span's factors at the linearisation points, over sigma, robust weights included.
 */
void fg_tconv_linearise(const fg_tconv_span *s);

#endif
