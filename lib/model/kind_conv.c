#include "base/mem.h"
#include "model/kind_internal.h"

int fg_conv_shape(fg_shape *out, const char **why, const fg_layer *layer, fg_shape in) {
    size_t k = (size_t)layer->kernel, parameters;
    *out = (fg_shape){in.height ? in.height - k + 1 : 0, in.width ? in.width - k + 1 : 0,
                      (size_t)layer->filters};
    if ((in.height && in.height < k) || (in.width && in.width < k))
        *why = "the filter is larger than the group";
    else if (fg_size_mul(&parameters, in.channels * k * k + 1, out->channels) ||
             parameters > FG_PARAMETERS_MAX)
        *why = "filters times weights are more than 2147483647 parameters";
    return *why ? -1 : 0;
}

int fg_conv_count(fg_counts *c, const fg_layer *layer, fg_shape in, fg_shape out, bool noiseless, size_t n) {
    size_t terms = in.channels * (size_t)layer->kernel * (size_t)layer->kernel, bias = layer->bias ? 1 : 0;
    c->parameters = (terms + bias) * out.channels;
    if (fg_size_mul(&c->factors, fg_shape_size(out), n) ||
        fg_size_mul(&c->edges, c->factors, (noiseless ? terms : 2 * terms) + bias + 1))
        return -1;
    c->variables = c->factors;
    return 0;
}

int fg_pool_shape(fg_shape *out, const char **why, const fg_layer *layer, fg_shape in) {
    size_t size = (size_t)layer->size;
    *out = (fg_shape){in.height / size, in.width / size, in.channels};
    if ((in.height && in.height < size) || (in.width && in.width < size))
        *why = "the window is larger than the group";
    return *why ? -1 : 0;
}

int fg_pool_count(fg_counts *c, const fg_layer *layer, fg_shape in, fg_shape out, bool noiseless, size_t n) {
    size_t window = (size_t)layer->size * (size_t)layer->size;
    (void)in;
    if (fg_size_mul(&c->factors, fg_shape_size(out), n) ||
        fg_size_mul(&c->edges, c->factors, noiseless ? 1 : window + 1))
        return -1;
    c->variables = c->factors;
    return 0;
}

int fg_features_shape(fg_shape *out, const char **why, const fg_layer *layer, fg_shape in) {
    fg_shape responses;
    if (fg_conv_shape(&responses, why, layer, in))
        return -1;
    if (fg_pool_shape(out, why, layer, responses))
        *why = "the window is larger than what filters leave of the group";
    if (layer->draw == FG_DRAW_WHITENED &&
        in.channels * (size_t)layer->kernel * (size_t)layer->kernel > FG_WHITENED_MAX)
        *why = "whitened filters of more than 1024 weights";
    return *why ? -1 : 0;
}

int fg_features_count(fg_counts *c, const fg_layer *layer, fg_shape in, fg_shape out, bool noiseless,
                      size_t n) {
    (void)noiseless, (void)n;
    c->parameters = (in.channels * (size_t)layer->kernel * (size_t)layer->kernel + 1) * out.channels;
    return 0;
}
