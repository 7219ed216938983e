#include "report/panel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { FACTOR_MAX = 64, ANCHORS = 7 };

static float clip(float value) {
    if (!(value > 0))
        return 0;
    return value > 1 ? 1 : value;
}

static void put_tile(fg_image *out, const fg_image *tile, size_t top, size_t left, size_t factor) {
    for (size_t c = 0; c < 3; c++) {
        const float *from = tile->data + (tile->channels == 3 ? c : 0) * tile->height * tile->width;
        float *to = out->data + c * out->height * out->width;
        for (size_t y = 0; y < tile->height * factor; y++)
            for (size_t x = 0; x < tile->width * factor; x++)
                to[(top + y) * out->width + left + x] = clip(from[y / factor * tile->width + x / factor]);
    }
}

int fg_panel_grid(fg_image *out, const fg_image *const *tiles, size_t n, size_t columns, size_t factor,
                  size_t gap, fg_err *err) {
    const fg_image *first = NULL;
    for (size_t i = 0; i < n; i++) {
        if (!tiles[i])
            continue;
        first = first ? first : tiles[i];
        if (tiles[i]->height != first->height || tiles[i]->width != first->width)
            return fg_err_set(err, FG_EINVAL, "tile %zu is %zu x %zu pixels, others are %zu x %zu", i,
                              tiles[i]->width, tiles[i]->height, first->width, first->height);
    }
    if (!first || columns == 0 || factor == 0 || factor > FACTOR_MAX || gap > FG_IMAGE_PIXELS_MAX)
        return fg_err_set(err, FG_EINVAL, "a panel of %zu tiles in %zu columns, enlarged %zu times", n,
                          columns, factor);
    size_t rows = (n + columns - 1) / columns, high, wide;
    if (fg_size_mul(&high, rows, first->height * factor + gap) || fg_size_add(&high, high, gap) ||
        fg_size_mul(&wide, columns, first->width * factor + gap) || fg_size_add(&wide, wide, gap))
        return fg_err_set(err, FG_EINVAL, "a panel of %zu tiles in %zu columns is too large", n, columns);
    int bad = fg_image_alloc(out, high, wide, 3, 8, err);
    if (bad)
        return bad;
    for (size_t i = 0; i < fg_image_size(out); i++)
        out->data[i] = 1;
    for (size_t i = 0; i < n; i++)
        if (tiles[i])
            put_tile(out, tiles[i], gap + i / columns * (first->height * factor + gap),
                     gap + i % columns * (first->width * factor + gap), factor);
    return FG_OK;
}

int fg_panel_difference(fg_image *out, const fg_image *a, const fg_image *b, double gain, fg_err *err) {
    if (!fg_image_same_shape(a, b))
        return fg_err_set(err, FG_EINVAL, "pictures of different shapes have no difference");
    int bad = fg_image_alloc(out, a->height, a->width, a->channels, 8, err);
    for (size_t i = 0; !bad && i < fg_image_size(a); i++)
        out->data[i] = clip((float)gain * fabsf(clip(a->data[i]) - clip(b->data[i])));
    return bad;
}

void fg_panel_colour(float rgb[3], fg_colours colours, double where) {
    static const float anchors[2][ANCHORS][3] = {{{0.04f, 0.03f, 0.16f},
                                                  {0.24f, 0.07f, 0.42f},
                                                  {0.50f, 0.13f, 0.45f},
                                                  {0.76f, 0.23f, 0.35f},
                                                  {0.94f, 0.43f, 0.20f},
                                                  {0.98f, 0.69f, 0.26f},
                                                  {0.99f, 0.98f, 0.72f}},
                                                 {{0.08f, 0.22f, 0.50f},
                                                  {0.22f, 0.48f, 0.74f},
                                                  {0.62f, 0.79f, 0.90f},
                                                  {0.97f, 0.97f, 0.97f},
                                                  {0.97f, 0.73f, 0.62f},
                                                  {0.83f, 0.37f, 0.30f},
                                                  {0.53f, 0.05f, 0.14f}}};
    if (isnan(where)) {
        rgb[0] = rgb[1] = rgb[2] = 0.5f;
        return;
    }
    double at = fmin(fmax(where, 0), 1) * (ANCHORS - 1);
    int i = at >= ANCHORS - 1 ? ANCHORS - 2 : (int)at;
    float share = (float)(at - i);
    for (int c = 0; c < 3; c++)
        rgb[c] = (1 - share) * anchors[colours][i][c] + share * anchors[colours][i + 1][c];
}

int fg_panel_field(fg_image *out, const float *field, size_t height, size_t width, double low, double high,
                   fg_colours colours, fg_err *err) {
    int bad = fg_image_alloc(out, height, width, 3, 8, err);
    size_t plane = height * width;
    for (size_t i = 0; !bad && i < plane; i++) {
        float rgb[3];
        fg_panel_colour(rgb, colours, high > low ? ((double)field[i] - low) / (high - low) : 0.5);
        for (size_t c = 0; c < 3; c++)
            out->data[c * plane + i] = rgb[c];
    }
    return bad;
}

void fg_panel_channel_mean(float *field, const float *values, size_t channels, size_t height, size_t width) {
    size_t plane = height * width;
    for (size_t i = 0; i < plane; i++) {
        float sum = 0;
        for (size_t c = 0; c < channels; c++)
            sum += values[c * plane + i];
        field[i] = sum / (float)channels;
    }
}

static int compare(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

int fg_panel_quantile(double *value, const float *values, size_t n, double share, fg_err *err) {
    size_t kept = 0;
    float *sorted = fg_alloc(n, sizeof *sorted);
    *value = 0;
    if (!sorted)
        return fg_err_set(err, FG_ENOMEM, "no memory to sort %zu values", n);
    for (size_t i = 0; i < n; i++)
        if (!isnan(values[i]))
            sorted[kept++] = values[i];
    qsort(sorted, kept, sizeof *sorted, compare);
    if (kept)
        *value = sorted[(size_t)(fmin(fmax(share, 0), 1) * (double)(kept - 1) + 0.5)];
    fg_free(sorted);
    return FG_OK;
}
