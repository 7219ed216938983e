/* Wires an fg_reference (reference_internal.h) for a layered spec, data and parameter priors. */
#ifndef FG_ENGINE_REFERENCE_BUILD_INTERNAL_H
#define FG_ENGINE_REFERENCE_BUILD_INTERNAL_H

#include "engine/reference_internal.h"
#include "engine/wired_internal.h"

/* Data of n observations; what a spec does not need may be NULL. */
typedef struct fg_ref_data {
    const float *x;                /* [n][input], row, column, channel */
    const unsigned char *observed; /* same, or NULL */
    const int32_t *labels;
    const float *targets;
    const fg_posterior *priors;
} fg_ref_data;

static inline size_t fg_ref_group(fg_reference *ref, size_t n, fg_ref_role role, double lambda) {
    size_t first = ref->n_variables;
    ref->n_variables += n;
    ref->variables = fg_fixture_have(realloc(ref->variables, ref->n_variables * sizeof *ref->variables));
    for (size_t i = first; i < ref->n_variables; i++)
        ref->variables[i] = (fg_ref_variable){.role = role, .prior_lambda = lambda};
    return first;
}

static inline fg_ref_factor *fg_ref_add(fg_reference *ref, int set, size_t m, size_t v) {
    size_t n = ref->n_factors++;
    ref->factors = fg_fixture_have(realloc(ref->factors, ref->n_factors * sizeof *ref->factors));
    fg_ref_factor *f = &ref->factors[n];
    *f = (fg_ref_factor){.set = set, .m = m, .v = v};
    f->variables = fg_oracle_alloc(v, sizeof *f->variables);
    f->target = fg_oracle_alloc(m, sizeof *f->target);
    f->mask = fg_oracle_alloc(m, sizeof *f->mask);
    f->eta = fg_oracle_alloc(v, sizeof *f->eta);
    f->lambda = fg_oracle_alloc(v, sizeof *f->lambda);
    for (size_t i = 0; i < m; i++)
        f->mask[i] = 1;
    return f;
}

/* Unary factors, or with shared weights one factor per pixel. */
static inline void fg_ref_observe(fg_reference *ref, int set, size_t first, size_t n, size_t together,
                                  const float *y, const unsigned char *observed) {
    for (size_t i = 0; i < n; i += together) {
        fg_ref_factor *f = fg_ref_add(ref, set, together, together);
        for (size_t c = 0; c < together; c++) {
            f->variables[c] = first + i + c;
            f->mask[c] = !observed || observed[i + c];
            f->target[c] = f->mask[c] != 0 ? (double)y[i + c] : 0;
        }
    }
    ref->edges[set] = n;
}

static inline void fg_ref_pair(fg_reference *ref, int set, size_t a, size_t b) {
    fg_ref_factor *f = fg_ref_add(ref, set, 1, 2);
    f->variables[0] = a;
    f->variables[1] = b;
    ref->edges[set] += 2;
}

static inline void fg_ref_pairwise(fg_reference *ref, int set, size_t first, fg_shape s) {
    for (size_t i = 0; i < ref->n * fg_shape_size(s); i++) {
        size_t column = i / s.channels % s.width, row = i / (s.channels * s.width) % s.height;
        if (column + 1 < s.width)
            fg_ref_pair(ref, set, first + i, first + i + s.channels);
        if (row + 1 < s.height)
            fg_ref_pair(ref, set, first + i, first + i + s.channels * s.width);
    }
}

static inline void fg_ref_parameter(fg_reference *ref, size_t first, const fg_posterior *priors,
                                    const char *layer, const char *part) {
    char name[160];
    snprintf(name, sizeof name, "%s/%s", layer, part);
    const fg_parameter *p = fg_posterior_find(priors, name);
    for (size_t i = 0; i < p->size; i++) {
        fg_ref_variable *v = &ref->variables[first + i];
        v->prior_eta = p->eta[i];
        v->prior_lambda = p->lambda[i];
        v->mean = v->lin = p->eta[i] / p->lambda[i];
    }
}

static inline void fg_ref_dense(fg_reference *ref, int set, size_t first, size_t inputs,
                                fg_ref_role parameters, const fg_posterior *priors) {
    const fg_layer *layer = &ref->spec->layers[set];
    size_t units = (size_t)layer->units, b = 0;
    size_t w = ref->weight[set] = fg_ref_group(ref, units * inputs, parameters, 0);
    fg_ref_parameter(ref, w, priors, layer->name, "weight");
    if (layer->bias) {
        b = ref->bias[set] = fg_ref_group(ref, units, parameters, 0);
        fg_ref_parameter(ref, b, priors, layer->name, "bias");
    }
    double lambda = 1 / (layer->activation_prior * layer->activation_prior);
    size_t y = ref->out[set] = fg_ref_group(ref, ref->n * units, FG_REF_FREE, lambda);
    ref->inputs[set] = inputs;
    for (size_t n = 0; n < ref->n; n++)
        for (size_t o = 0; o < units; o++) {
            fg_ref_factor *f = fg_ref_add(ref, set, 1, 1 + 2 * inputs + layer->bias);
            double u = layer->bias ? ref->variables[b + o].lin : 0;
            f->variables[0] = y + n * units + o;
            for (size_t i = 0; i < inputs; i++) {
                f->variables[1 + 2 * i] = w + o * inputs + i;
                f->variables[2 + 2 * i] = first + n * inputs + i;
                u += ref->variables[w + o * inputs + i].lin * ref->variables[first + n * inputs + i].lin;
            }
            if (layer->bias)
                f->variables[1 + 2 * inputs] = b + o;
            ref->variables[f->variables[0]].lin = fg_ref_activation(layer->activation, u);
            for (size_t i = 0; i < f->v; i++)
                ref->edges[set] += ref->variables[f->variables[i]].role == FG_REF_FREE;
        }
}

/* A new group of pixels, which starts at random draws. */
static inline size_t fg_ref_activations(fg_reference *ref, int set, fg_shape s, uint64_t seed) {
    const fg_layer *layer = &ref->spec->layers[set];
    size_t n = ref->n * fg_shape_size(s);
    size_t first = fg_ref_group(ref, n, FG_REF_FREE, 1 / (layer->activation_prior * layer->activation_prior));
    uint64_t key = fg_rng_key(seed, FG_STREAM_ACTIVATIONS);
    for (size_t i = 0; i < n; i++) {
        fg_ref_variable *v = &ref->variables[first + i];
        v->single = v->waits = true;
        v->mean = v->lin = (double)(float)(layer->activation_init * fg_rng_normal(key, (uint64_t)set, i));
    }
    return ref->out[set] = first;
}

static inline void fg_ref_upsample(fg_reference *ref, int set, size_t first, fg_shape *s, uint64_t seed) {
    fg_shape coarse = {(s->height + 1) / 2, (s->width + 1) / 2, s->channels};
    size_t a = fg_ref_activations(ref, set, coarse, seed);
    for (size_t i = 0; i < ref->n * fg_shape_size(*s); i++) {
        size_t c = i % s->channels, x = i / s->channels % s->width,
               y = i / (s->channels * s->width) % s->height, n = i / fg_shape_size(*s);
        size_t at = ((n * coarse.height + y / 2) * coarse.width + x / 2) * coarse.channels + c;
        fg_ref_pair(ref, set, first + i, a + at);
    }
    *s = coarse;
}

/* The factor of one pixel and channel: all (w, x) of the filters that reach the pixel. */
static inline void fg_ref_tconv_factor(fg_reference *ref, int set, size_t y, size_t x, size_t image,
                                       fg_shape s, fg_shape out, size_t pixel) {
    long row = (long)(pixel / s.channels / s.width), column = (long)(pixel / s.channels % s.width),
         k = ref->spec->layers[set].kernel;
    size_t c = pixel % s.channels, filters = out.channels, terms = filters * (size_t)(k * k), v = 1;
    fg_ref_factor *f = fg_ref_add(ref, set, 1, 2 + 2 * terms);
    f->together = s.channels;
    f->first = ref->n_factors - 1 - c;
    f->variables[0] = y + image * fg_shape_size(s) + pixel;
    for (size_t i = 0; i < terms; i++) {
        long ky = (long)i / k % k, kx = (long)i % k, ay = row - ky, ax = column - kx;
        if (ay < 0 || ax < 0 || ay >= (long)out.height || ax >= (long)out.width)
            continue;
        size_t at = ((image * out.height + (size_t)ay) * out.width + (size_t)ax) * filters;
        f->variables[v++] = ref->weight[set] + c * terms + i;
        f->variables[v++] = x + at + i / (size_t)(k * k);
    }
    f->variables[v++] = ref->bias[set] + c;
    f->v = v;
    for (size_t i = 0; i < v; i++)
        ref->edges[set] += ref->variables[f->variables[i]].role == FG_REF_FREE;
}

static inline void fg_ref_tconv(fg_reference *ref, int set, size_t first, fg_shape *s, fg_ref_role parameters,
                                const fg_posterior *priors, uint64_t seed) {
    const fg_layer *layer = &ref->spec->layers[set];
    size_t k = (size_t)layer->kernel, filters = (size_t)layer->filters;
    fg_shape out = {s->height - k + 1, s->width - k + 1, filters};
    ref->weight[set] = fg_ref_group(ref, s->channels * filters * k * k, parameters, 0);
    ref->bias[set] = fg_ref_group(ref, s->channels, parameters, 0);
    fg_ref_parameter(ref, ref->weight[set], priors, layer->name, "weight");
    fg_ref_parameter(ref, ref->bias[set], priors, layer->name, "bias");
    size_t x = fg_ref_activations(ref, set, out, seed);
    for (size_t n = 0; n < ref->n; n++)
        for (size_t i = 0; i < fg_shape_size(*s); i++)
            fg_ref_tconv_factor(ref, set, first, x, n, *s, out, i);
    *s = out;
}

/* A new group of pixels that starts at what the layer makes of its input. */
static inline size_t fg_ref_outputs(fg_reference *ref, int set, fg_shape s) {
    const fg_layer *layer = &ref->spec->layers[set];
    size_t n = ref->n * fg_shape_size(s);
    size_t first = fg_ref_group(ref, n, FG_REF_FREE, 1 / (layer->activation_prior * layer->activation_prior));
    for (size_t i = 0; i < n; i++)
        ref->variables[first + i].single = ref->variables[first + i].waits = true;
    return ref->out[set] = first;
}

/* The variable of (image, row, column, channel) of a group of pixels. */
static inline size_t fg_ref_pixel(size_t first, fg_shape s, size_t image, size_t row, size_t column,
                                  size_t c) {
    return first + ((image * s.height + row) * s.width + column) * s.channels + c;
}

static inline void fg_ref_count_edges(fg_reference *ref, int set, const fg_ref_factor *f) {
    for (size_t i = 0; i < f->v; i++)
        ref->edges[set] += ref->variables[f->variables[i]].role == FG_REF_FREE;
}

static inline void fg_ref_conv(fg_reference *ref, int set, size_t first, fg_shape *s, fg_ref_role parameters,
                               const fg_posterior *priors) {
    const fg_layer *layer = &ref->spec->layers[set];
    size_t k = (size_t)layer->kernel, filters = (size_t)layer->filters, terms = s->channels * k * k;
    fg_shape out = {s->height - k + 1, s->width - k + 1, filters};
    size_t w = ref->weight[set] = fg_ref_group(ref, terms * filters, parameters, 0), b = 0;
    fg_ref_parameter(ref, w, priors, layer->name, "weight");
    if (layer->bias) {
        b = ref->bias[set] = fg_ref_group(ref, filters, parameters, 0);
        fg_ref_parameter(ref, b, priors, layer->name, "bias");
    }
    size_t y = fg_ref_outputs(ref, set, out);
    for (size_t i = 0; i < ref->n * fg_shape_size(out); i++) {
        size_t f = i % filters, column = i / filters % out.width,
               row = i / (filters * out.width) % out.height;
        fg_ref_factor *factor = fg_ref_add(ref, set, 1, 1 + 2 * terms + layer->bias);
        double u = layer->bias ? ref->variables[b + f].lin : 0;
        factor->variables[0] = y + i;
        for (size_t t = 0; t < terms; t++) {
            size_t x =
                fg_ref_pixel(first, *s, i / fg_shape_size(out), row + t / k % k, column + t % k, t / (k * k));
            factor->variables[1 + 2 * t] = w + t * filters + f;
            factor->variables[2 + 2 * t] = x;
            u += ref->variables[w + t * filters + f].lin * ref->variables[x].lin;
        }
        if (layer->bias)
            factor->variables[1 + 2 * terms] = b + f;
        ref->variables[y + i].lin = ref->variables[y + i].mean = fg_ref_activation(layer->activation, u);
        fg_ref_count_edges(ref, set, factor);
    }
    *s = out;
}

/* Constants: no factors. */
static inline void fg_ref_features(fg_reference *ref, int set, size_t first, fg_shape *s,
                                   const fg_posterior *priors) {
    const fg_layer *layer = &ref->spec->layers[set];
    size_t k = (size_t)layer->kernel, filters = (size_t)layer->filters, size = (size_t)layer->size;
    size_t terms = s->channels * k * k, w = fg_ref_group(ref, terms * filters, FG_REF_CONSTANT, 0),
           b = fg_ref_group(ref, filters, FG_REF_CONSTANT, 0);
    fg_shape out = {(s->height - k + 1) / size, (s->width - k + 1) / size, filters};
    fg_ref_parameter(ref, w, priors, layer->name, "weight");
    fg_ref_parameter(ref, b, priors, layer->name, "bias");
    ref->weight[set] = w;
    ref->bias[set] = b;
    size_t y = ref->out[set] = fg_ref_group(ref, ref->n * fg_shape_size(out), FG_REF_CONSTANT, 0);
    for (size_t i = 0; i < ref->n * fg_shape_size(out); i++) {
        size_t f = i % filters, column = i / filters % out.width * size,
               row = i / (filters * out.width) % out.height * size;
        double most = -INFINITY, sum = 0;
        for (size_t j = 0; j < size * size; j++) {
            double u = ref->variables[b + f].mean;
            for (size_t t = 0; t < terms; t++) {
                size_t x = fg_ref_pixel(first, *s, i / fg_shape_size(out), row + j / size + t / k % k,
                                        column + j % size + t % k, t / (k * k));
                u += ref->variables[w + t * filters + f].mean * ref->variables[x].mean;
            }
            most = fmax(most, fg_ref_activation(layer->activation, u));
            sum += fg_ref_activation(layer->activation, u);
        }
        double value = layer->pooling == FG_POOLING_MAX ? most : sum / (double)(size * size);
        ref->variables[y + i].mean = ref->variables[y + i].lin = value;
    }
    *s = out;
}

static inline void fg_ref_pool(fg_reference *ref, int set, size_t first, fg_shape *s) {
    const fg_layer *layer = &ref->spec->layers[set];
    size_t size = (size_t)layer->size;
    fg_shape out = {s->height / size, s->width / size, s->channels};
    size_t y = fg_ref_outputs(ref, set, out);
    for (size_t i = 0; i < ref->n * fg_shape_size(out); i++) {
        size_t c = i % s->channels, column = i / s->channels % out.width,
               row = i / (s->channels * out.width) % out.height;
        fg_ref_factor *f = fg_ref_add(ref, set, 1, 1 + size * size);
        double most = -INFINITY, sum = 0;
        f->variables[0] = y + i;
        for (size_t j = 0; j < size * size; j++) {
            size_t x = fg_ref_pixel(first, *s, i / fg_shape_size(out), row * size + j / size,
                                    column * size + j % size, c);
            f->variables[1 + j] = x;
            most = fmax(most, ref->variables[x].lin);
            sum += ref->variables[x].lin;
        }
        ref->variables[y + i].lin = ref->variables[y + i].mean =
            layer->kind == FG_LAYER_MAX_POOL ? most : sum / (double)(size * size);
        fg_ref_count_edges(ref, set, f);
    }
    *s = out;
}

static inline bool fg_ref_is_named(const int32_t *labels, size_t n, size_t class) {
    for (size_t i = 0; i < n; i++)
        if (labels[i] == (int32_t) class)
            return true;
    return false;
}

static inline void fg_ref_softmax(fg_reference *ref, int set, size_t first, size_t classes,
                                  fg_ref_role parameters, const int32_t *labels) {
    bool all = ref->spec->layers[set].compete == FG_COMPETE_ALL || parameters != FG_REF_FREE;
    for (size_t n = 0; n < ref->n; n++) {
        fg_ref_factor *f = fg_ref_add(ref, set, classes, classes);
        for (size_t i = 0; i < classes; i++) {
            f->variables[i] = first + n * classes + i;
            f->target[i] = labels[n] == (int32_t)i;
            f->mask[i] = labels[n] >= 0 && (all || fg_ref_is_named(labels, ref->n, i));
        }
    }
    ref->edges[set] = ref->n * classes;
}

/* The median of what is observed in the 3x3 window around a pixel, not a number where nothing is. */
static inline double fg_ref_median(const fg_ref_data *data, fg_shape s, size_t i) {
    double v[9];
    size_t n = 0;
    long row = (long)(i / (s.channels * s.width) % s.height), column = (long)(i / s.channels % s.width);
    for (long r = row - 1; r <= row + 1; r++)
        for (long c = column - 1; c <= column + 1; c++) {
            long at = (long)i + ((r - row) * (long)s.width + c - column) * (long)s.channels;
            if (r >= 0 && r < (long)s.height && c >= 0 && c < (long)s.width &&
                (!data->observed || data->observed[at])) {
                size_t k = n++;
                for (; k > 0 && v[k - 1] > (double)data->x[at]; k--)
                    v[k] = v[k - 1];
                v[k] = (double)data->x[at];
            }
        }
    return n ? (v[(n - 1) / 2] + v[n / 2]) / 2 : NAN;
}

/* In a hole: the medians of the nearest observed pixels of the row and the column, weighted by 1 / distance,
 * none further away than 64 pixels. */
static inline double fg_ref_across(const fg_ref_data *data, fg_shape s, size_t i, double otherwise) {
    static const int down[4] = {-1, 1, 0, 0}, right[4] = {0, 0, -1, 1};
    long row = (long)(i / (s.channels * s.width) % s.height), column = (long)(i / s.channels % s.width);
    double sum = 0, weight = 0;
    for (int d = 0; d < 4; d++)
        for (int far = 1; far <= 64; far++) {
            long r = row + far * down[d], c = column + far * right[d];
            size_t at = (size_t)((long)i + ((r - row) * (long)s.width + c - column) * (long)s.channels);
            if (r < 0 || r >= (long)s.height || c < 0 || c >= (long)s.width)
                break;
            if (data->observed[at]) {
                sum += fg_ref_median(data, s, at) / far;
                weight += 1.0 / far;
                break;
            }
        }
    return weight > 0 ? sum / weight : otherwise;
}

static inline void fg_ref_start_input(fg_reference *ref, const fg_ref_data *data, bool single) {
    size_t all = ref->n * fg_shape_size(ref->spec->input);
    double sum = 0, count = 0;
    for (size_t i = 0; i < all; i++)
        if (!data->observed || data->observed[i]) {
            sum += (double)data->x[i];
            count++;
        }
    for (size_t i = 0; i < all; i++) {
        fg_ref_variable *v = &ref->variables[ref->input + i];
        bool there = !data->observed || data->observed[i];
        double median = single ? fg_ref_median(data, ref->spec->input, i) : 0;
        v->single = single;
        if (v->role == FG_REF_CONSTANT)
            v->mean = v->lin = (double)data->x[i];
        else if (single)
            v->mean = v->lin = isnan(median) ? fg_ref_across(data, ref->spec->input, i, sum / count) : median;
        else if (there)
            v->lin = (double)data->x[i];
    }
}

static inline void fg_ref_make(fg_reference *ref, const fg_spec *spec, size_t n,
                               const fg_graph_options *options, const fg_ref_data *data) {
    fg_shape s = spec->input;
    bool noiseless = fg_spec_noiseless_input(spec), single = false;
    *ref = (fg_reference){.spec = spec, .n = n};
    fg_ref_role parameters = options->parameters == FG_PARAMETERS_FREE    ? FG_REF_FREE
                             : options->parameters == FG_PARAMETERS_GIVEN ? FG_REF_GIVEN
                                                                          : FG_REF_CONSTANT;
    for (int i = 0; i < spec->n_layers; i++)
        single |= spec->layers[i].kind == FG_LAYER_PAIRWISE || spec->layers[i].kind == FG_LAYER_TCONV ||
                  spec->layers[i].kind == FG_LAYER_UPSAMPLE || spec->layers[i].kind == FG_LAYER_MIXTURE ||
                  spec->layers[i].kind == FG_LAYER_CONV || spec->layers[i].kind == FG_LAYER_MAX_POOL ||
                  spec->layers[i].kind == FG_LAYER_AVG_POOL;
    size_t current = ref->input =
        fg_ref_group(ref, n * fg_shape_size(s), noiseless ? FG_REF_CONSTANT : FG_REF_FREE, 0);
    fg_ref_start_input(ref, data, single);
    for (int i = 0; i < spec->n_layers; i++) {
        const fg_layer *layer = &spec->layers[i];
        size_t features = fg_shape_size(s);
        bool target = layer->kind == FG_LAYER_SOFTMAX || layer->kind == FG_LAYER_REGRESSION;
        if ((ref->left_out[i] = target && options->predict))
            continue;
        if (layer->kind == FG_LAYER_OBSERVATION)
            fg_ref_observe(ref, i, current, n * features, layer->share_channels ? s.channels : 1, data->x,
                           data->observed);
        else if (layer->kind == FG_LAYER_MIXTURE)
            fg_ref_observe(ref, i, current, n * features, s.channels, data->x, data->observed);
        else if (layer->kind == FG_LAYER_TCONV) {
            fg_ref_tconv(ref, i, current, &s, parameters, data->priors, options->seed);
            current = ref->out[i];
        } else if (layer->kind == FG_LAYER_UPSAMPLE) {
            fg_ref_upsample(ref, i, current, &s, options->seed);
            current = ref->out[i];
        } else if (layer->kind == FG_LAYER_CONV) {
            fg_ref_conv(ref, i, current, &s, parameters, data->priors);
            current = ref->out[i];
        } else if (layer->kind == FG_LAYER_FEATURES) {
            fg_ref_features(ref, i, current, &s, data->priors);
            current = ref->out[i];
        } else if (layer->kind == FG_LAYER_MAX_POOL || layer->kind == FG_LAYER_AVG_POOL) {
            fg_ref_pool(ref, i, current, &s);
            current = ref->out[i];
        } else if (layer->kind == FG_LAYER_PAIRWISE)
            fg_ref_pairwise(ref, i, current, s);
        else if (layer->kind == FG_LAYER_SOFTMAX)
            fg_ref_softmax(ref, i, current, features, parameters, data->labels);
        else if (layer->kind == FG_LAYER_REGRESSION)
            fg_ref_observe(ref, i, current, n * features, 1, data->targets, NULL);
        else {
            fg_ref_dense(ref, i, current, features, parameters, data->priors);
            current = ref->out[i];
            s = (fg_shape){1, 1, (size_t)layer->units};
        }
    }
    fg_ref_refresh(ref);
}

#endif
