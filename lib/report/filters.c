#include "report/filters.h"

#include <math.h>
#include <stdio.h>

#include "base/mem.h"
#include "model/kind.h"
#include "report/panel.h"

enum { TILE = 24, GAP = 4 }; /* pixels: smaller tiles are enlarged up to this */

typedef struct shown {
    const fg_parameter *weight;
    size_t kernel, filters, channels; /* in all */
    size_t rows, columns;             /* tiles drawn */
    bool on_pixels,
        last; /* last: a filter's number comes last in the tensor, as in conv and features layers */
} shown;

static bool has_filters(const fg_layer *layer) {
    return layer->kind == FG_LAYER_TCONV || layer->kind == FG_LAYER_CONV || layer->kind == FG_LAYER_FEATURES;
}

static int find_weights(shown *s, const fg_layer *layer, bool on_pixels, const fg_posterior *posterior,
                        fg_err *err) {
    char name[FG_NAME_MAX + 8];
    snprintf(name, sizeof name, "%s/weight", layer->name);
    *s = (shown){.weight = fg_posterior_find(posterior, name), .on_pixels = on_pixels};
    s->kernel = (size_t)layer->kernel;
    s->filters = (size_t)layer->filters;
    s->last = layer->kind != FG_LAYER_TCONV;
    size_t size = s->kernel * s->kernel, columns = s->last ? s->filters : s->filters * size;
    if (!s->weight || s->weight->rank != 2 || s->weight->dims[1] != columns ||
        (s->last && s->weight->dims[0] % size))
        return fg_err_set(err, FG_EFORMAT, "'%s' is missing, or is not %zu filters of %zu x %zu", name,
                          s->filters, s->kernel, s->kernel);
    s->channels = s->last ? s->weight->dims[0] / size : s->weight->dims[0];
    s->on_pixels &= s->channels == 1 || s->channels == 3;
    s->rows = s->on_pixels ? 1 : s->channels < FG_FILTERS_SHOWN ? s->channels : FG_FILTERS_SHOWN;
    s->columns = s->filters < FG_FILTERS_SHOWN ? s->filters : FG_FILTERS_SHOWN;
    return FG_OK;
}

/* One filter's weights for `tile->channels` channels from channel c on. */
static void draw_tile(fg_image *tile, const shown *s, size_t c, size_t filter) {
    size_t size = s->kernel * s->kernel;
    double largest = 0;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < tile->channels; i++)
            for (size_t k = 0; k < size; k++) {
                size_t at = s->last ? ((c + i) * size + k) * s->filters + filter
                                    : ((c + i) * s->filters + filter) * size + k;
                double mean = s->weight->eta[at] / s->weight->lambda[at];
                largest = pass ? largest : fmax(largest, fabs(mean));
                tile->data[i * size + k] = (float)(0.5 + (largest > 0 ? 0.5 * mean / largest : 0));
            }
}

static int draw_layer(fg_image *out, const shown *s, fg_err *err) {
    size_t n = s->rows * s->columns, factor = s->kernel < TILE ? TILE / s->kernel : 1;
    fg_image *tiles = fg_zalloc(n, sizeof *tiles);
    const fg_image **list = fg_alloc(n, sizeof *list);
    int bad = tiles && list ? FG_OK : fg_err_set(err, FG_ENOMEM, "no memory for %zu pictures of filters", n);
    for (size_t i = 0; i < n && !bad; i++) {
        bad = fg_image_alloc(&tiles[i], s->kernel, s->kernel, s->on_pixels ? s->channels : 1, 8, err);
        if (!bad)
            draw_tile(&tiles[i], s, i / s->columns, i % s->columns);
        list[i] = &tiles[i];
    }
    if (!bad)
        bad = fg_panel_grid(out, list, n, s->columns, factor, GAP, err);
    for (size_t i = 0; i < n && tiles; i++)
        fg_image_free(&tiles[i]);
    fg_free(tiles);
    fg_free(list);
    return bad;
}

/* Pictures one below the other, on white. */
static int stack(fg_image *out, const fg_image *parts, size_t n, fg_err *err) {
    size_t height = 0, width = 0, top = 0;
    for (size_t i = 0; i < n; i++) {
        height += parts[i].height;
        width = parts[i].width > width ? parts[i].width : width;
    }
    int bad = fg_image_alloc(out, height, width, 3, 8, err);
    for (size_t i = 0; !bad && i < fg_image_size(out); i++)
        out->data[i] = 1;
    for (size_t i = 0; i < n && !bad; top += parts[i++].height)
        for (size_t c = 0; c < 3; c++)
            for (size_t y = 0; y < parts[i].height; y++)
                for (size_t x = 0; x < parts[i].width; x++)
                    out->data[(c * height + top + y) * width + x] =
                        parts[i].data[(c * parts[i].height + y) * parts[i].width + x];
    return bad;
}

int fg_filters_picture(fg_image *out, const fg_spec *spec, const fg_posterior *posterior, fg_err *err) {
    fg_image parts[FG_MAX_LAYERS] = {{0}};
    size_t n = 0;
    bool on_pixels = true;
    int bad = FG_OK;
    for (int i = 0; i < spec->n_layers && !bad; i++) {
        shown s;
        if (has_filters(&spec->layers[i])) {
            bad = find_weights(&s, &spec->layers[i], on_pixels, posterior, err);
            if (!bad)
                bad = draw_layer(&parts[n++], &s, err);
        }
        on_pixels &= !fg_kind_of(spec->layers[i].kind)->makes_group;
    }
    if (!bad && n == 0)
        bad =
            fg_err_set(err, FG_EINVAL, "the model has no conv or tconv layer, whose filters could be drawn");
    if (!bad)
        bad = stack(out, parts, n, err);
    for (size_t i = 0; i < n; i++)
        fg_image_free(&parts[i]);
    return bad;
}
