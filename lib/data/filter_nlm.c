/* Non-local means, patch by patch (Buades, Coll and Morel, 2005 and 2011): every patch becomes the mean of
 * the patches around it, weighted by how alike they are, and every pixel the mean of what the patches over it
 * say. */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/thread.h"
#include "data/filter.h"

enum { BAND = 32 }; /* rows of the picture in a band */

typedef struct nlm {
    size_t height, width, channels;
    size_t patch, search;    /* radii */
    size_t margin, pitch;    /* of the picture continued by reflection */
    float noise, fall;       /* twice the noise's variance; 1 / h^2 */
    const float *padded;     /* [channels][height + 2 margin][pitch] */
    size_t norm, most, work; /* where the parts of a band's memory begin; diff is first */
    size_t band_size;        /* floats */
} nlm;

typedef struct setting {
    double up_to; /* noise, in units of 1/255 */
    size_t patch, search;
    double h; /* in units of the noise */
} setting;

/* As the authors give them for grey and for colour pictures. */
static const setting grey[] = {{15, 1, 10, 0.40},
                               {30, 2, 10, 0.40},
                               {45, 3, 17, 0.35},
                               {75, 4, 17, 0.35},
                               {INFINITY, 5, 17, 0.30}},
                     colour[] = {{25, 1, 10, 0.55}, {55, 2, 17, 0.40}, {INFINITY, 3, 17, 0.35}};

static void set_radii(nlm *f, double sigma, size_t channels) {
    const setting *s = channels == 1 ? grey : colour;
    while (255 * sigma > s->up_to)
        s++;
    f->patch = s->patch;
    f->search = s->search;
    f->noise = (float)(2 * sigma * sigma);
    f->fall = (float)(1 / (s->h * s->h * sigma * sigma));
}

/* 0 .. n-1 for any index, as in a mirror whose edge is not repeated. */
static size_t reflect(ptrdiff_t i, size_t n) {
    ptrdiff_t period = n > 1 ? 2 * ((ptrdiff_t)n - 1) : 1, at = i % period;
    at = at < 0 ? at + period : at;
    return (size_t)(at < (ptrdiff_t)n ? at : period - at);
}

static void pad(float *padded, const nlm *f, const fg_image *in) {
    size_t rows = f->height + 2 * f->margin;
    for (size_t c = 0; c < f->channels; c++)
        for (size_t y = 0; y < rows; y++)
            for (size_t x = 0; x < f->pitch; x++)
                padded[(c * rows + y) * f->pitch + x] =
                    in->data[(c * f->height + reflect((ptrdiff_t)y - (ptrdiff_t)f->margin, f->height)) *
                                 f->width +
                             reflect((ptrdiff_t)x - (ptrdiff_t)f->margin, f->width)];
}

/* Row y of the picture, from -margin on, at column 0. */
static const float *row_of(const nlm *f, size_t c, ptrdiff_t y) {
    ptrdiff_t margin = (ptrdiff_t)f->margin, rows = (ptrdiff_t)f->height + 2 * margin;
    return f->padded + ((ptrdiff_t)c * rows + y + margin) * (ptrdiff_t)f->pitch + margin;
}

/* exp(-t) for t >= 0 to about 1e-4 of itself. */
static inline float decay(float t) {
    float u = t * 1.44269504f;
    u = u < 120 ? u : 120;
    int whole = (int)u;
    float part = u - (float)whole, p;
    int bits = (127 - whole) << 23;
    memcpy(&p, &bits, sizeof p);
    return p * (1 + part * (-0.69305f + part * (0.23921f + part * (-0.05222f + part * 0.00606f))));
}

/* Squared differences between the picture and itself moved, for rows [from, end) and `patch` columns more on
 * both sides, into rows of width + 2 patch. */
static void differ(float *restrict diff, const nlm *f, ptrdiff_t from, ptrdiff_t end, ptrdiff_t dy,
                   ptrdiff_t dx) {
    size_t wide = f->width + 2 * f->patch;
    for (ptrdiff_t y = from; y < end; y++, diff += wide)
        for (size_t c = 0; c < f->channels; c++) {
            const float *restrict a = row_of(f, c, y) - f->patch, *restrict b =
                                                                      row_of(f, c, y + dy) + dx - f->patch;
            for (size_t x = 0; x < wide; x++) {
                float d = a[x] - b[x];
                diff[x] = (c ? diff[x] : 0) + d * d;
            }
        }
}

/* Weights of the patches around one row of centres, from `diff` at the first row of those patches. */
static void weigh(float *restrict weight, float *restrict column, const nlm *f, const float *restrict diff) {
    size_t side = 2 * f->patch + 1, wide = f->width + 2 * f->patch;
    float scale = 1 / (float)(side * side * f->channels), noise = f->noise, fall = f->fall;
    memcpy(column, diff, wide * sizeof *column);
    for (size_t j = 1; j < side; j++)
        for (size_t x = 0; x < wide; x++)
            column[x] += diff[j * wide + x];
    memcpy(weight, column, f->width * sizeof *weight);
    for (size_t i = 1; i < side; i++)
        for (size_t x = 0; x < f->width; x++)
            weight[x] += column[x + i];
    for (size_t x = 0; x < f->width; x++) {
        float t = (weight[x] * scale - noise) * fall;
        weight[x] = decay(t > 0 ? t : 0);
    }
}

/* One band on its way: centres of patches are in rows [first, last), pixels in [from, end). */
typedef struct band {
    const nlm *f;
    size_t from, end, first, last;
    float *diff;         /* [last - first + 2 patch][width + 2 patch] */
    float *norm, *most;  /* [last - first][width] sums of weights, then their inverse; largest weights */
    float *row, *column; /* [last - first][width] weights; one row's sums */
} band;

static void take_weights(const band *b, ptrdiff_t dy, ptrdiff_t dx) {
    const nlm *f = b->f;
    ptrdiff_t patch = (ptrdiff_t)f->patch;
    differ(b->diff, f, (ptrdiff_t)b->first - patch, (ptrdiff_t)b->last + patch, dy, dx);
    for (size_t k = 0; k < b->last - b->first; k++)
        weigh(b->row + k * f->width, b->column, f, b->diff + k * (f->width + 2 * f->patch));
}

static void add_norm(const band *b) {
    size_t n = (b->last - b->first) * b->f->width;
    float *restrict norm = b->norm, *restrict most = b->most;
    const float *restrict weight = b->row;
    for (size_t i = 0; i < n; i++) {
        norm[i] += weight[i];
        most[i] = weight[i] > most[i] ? weight[i] : most[i];
    }
}

/* Adds the moved picture to the pixels under each patch, by that patch's share. */
static void add_pixels(fg_image *out, const band *b, ptrdiff_t dy, ptrdiff_t dx) {
    const nlm *f = b->f;
    size_t w = f->width, patch = f->patch;
    float *restrict column = b->column;
    for (size_t i = 0; i < (b->last - b->first) * w; i++)
        b->row[i] *= b->norm[i];
    for (size_t y = b->from; y < b->end; y++) {
        size_t top = y > b->first + patch ? y - patch : b->first, bottom = y + patch + 1;
        bottom = bottom < b->last ? bottom : b->last;
        memset(column, 0, (w + 2 * patch) * sizeof *column);
        for (size_t r = top; r < bottom; r++)
            for (size_t x = 0; x < w; x++)
                column[x + patch] += b->row[(r - b->first) * w + x];
        float *restrict share = b->diff;
        memset(share, 0, w * sizeof *share);
        for (size_t i = 0; i <= 2 * patch; i++)
            for (size_t x = 0; x < w; x++)
                share[x] += column[x + i];
        for (size_t c = 0; c < f->channels; c++) {
            float *restrict to = out->data + (c * f->height + y) * w;
            const float *restrict from = row_of(f, c, (ptrdiff_t)y + dy) + dx;
            for (size_t x = 0; x < w; x++)
                to[x] += share[x] * from[x];
        }
    }
}

/* How many of n centres are within the patch's radius of i. */
static float covering(size_t i, size_t n, size_t patch) {
    size_t low = i > patch ? i - patch : 0, high = i + patch + 1 < n ? i + patch + 1 : n;
    return (float)(high - low);
}

static void filter_band(fg_image *out, const band *b) {
    const nlm *f = b->f;
    ptrdiff_t r = (ptrdiff_t)f->search;
    size_t n = (b->last - b->first) * f->width;
    memset(b->norm, 0, n * sizeof *b->norm);
    memset(b->most, 0, n * sizeof *b->most);
    for (ptrdiff_t dy = -r; dy <= r; dy++)
        for (ptrdiff_t dx = -r; dx <= r; dx++)
            if (dy || dx) {
                take_weights(b, dy, dx);
                add_norm(b);
            }
    /* A patch is no more like itself than the one most like it: its own noise must not be kept. */
    for (size_t i = 0; i < n; i++) {
        b->most[i] = b->most[i] > 0 ? b->most[i] : 1;
        b->norm[i] = 1 / (b->norm[i] + b->most[i]);
    }
    for (size_t c = 0; c < f->channels; c++)
        memset(out->data + (c * f->height + b->from) * f->width, 0,
               (b->end - b->from) * f->width * sizeof(float));
    for (ptrdiff_t dy = -r; dy <= r; dy++)
        for (ptrdiff_t dx = -r; dx <= r; dx++) {
            if (dy || dx)
                take_weights(b, dy, dx);
            else
                memcpy(b->row, b->most, n * sizeof *b->row);
            add_pixels(out, b, dy, dx);
        }
    for (size_t c = 0; c < f->channels; c++)
        for (size_t y = b->from; y < b->end; y++)
            for (size_t x = 0; x < f->width; x++)
                out->data[(c * f->height + y) * f->width + x] /=
                    covering(y, f->height, f->patch) * covering(x, f->width, f->patch);
}

static band make_band(const nlm *f, float *memory, size_t index) {
    band b = {.f = f, .from = index * BAND, .diff = memory};
    b.end = b.from + BAND < f->height ? b.from + BAND : f->height;
    b.first = b.from > f->patch ? b.from - f->patch : 0;
    b.last = b.end + f->patch < f->height ? b.end + f->patch : f->height;
    b.norm = memory + f->norm;
    b.most = memory + f->most;
    b.row = memory + f->work;
    b.column = b.row + (f->most - f->norm);
    return b;
}

static void set_sizes(nlm *f, const fg_image *in, double sigma) {
    *f = (nlm){.height = in->height, .width = in->width, .channels = in->channels};
    set_radii(f, sigma, in->channels);
    f->margin = f->search + f->patch;
    f->pitch = f->width + 2 * f->margin;
    size_t wide = f->width + 2 * f->patch, rows = BAND + 2 * f->patch;
    f->norm = (rows + 2 * f->patch) * wide;
    f->most = f->norm + rows * f->width;
    f->work = f->most + rows * f->width;
    f->band_size = f->work + rows * f->width + wide;
}

int fg_filter_nlm(fg_image *out, const fg_image *in, double sigma, fg_err *err) {
    nlm f;
    if (!(sigma > 0) || !isfinite(sigma))
        return fg_err_set(err, FG_EINVAL, "a noise of %g: more than 0 was expected", sigma);
    set_sizes(&f, in, sigma);
    size_t bands = (f.height + BAND - 1) / BAND;
    int bad = fg_image_alloc(out, in->height, in->width, in->channels, in->depth, err);
    if (bad)
        return bad;
    float *padded = fg_alloc(f.channels * (f.height + 2 * f.margin) * f.pitch, sizeof *padded);
    float *memory = fg_alloc(bands * f.band_size, sizeof *memory);
    if (padded && memory) {
        pad(padded, &f, in);
        f.padded = padded;
#pragma omp parallel for schedule(dynamic) num_threads(fg_threads())
        for (size_t i = 0; i < bands; i++) {
            band b = make_band(&f, memory + i * f.band_size, i);
            filter_band(out, &b);
        }
    } else {
        bad = fg_err_set(err, FG_ENOMEM, "no memory to filter %zu x %zu pixels", f.width, f.height);
    }
    fg_free(padded);
    fg_free(memory);
    return bad;
}
