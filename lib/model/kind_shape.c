#include "base/mem.h"
#include "model/kind_internal.h"

int fg_unary_count(fg_counts *c, const fg_layer *layer, fg_shape in, fg_shape out, bool noiseless, size_t n) {
    (void)layer, (void)out, (void)noiseless;
    if (fg_size_mul(&c->factors, fg_shape_size(in), n))
        return -1;
    c->edges = c->factors;
    return 0;
}

int fg_pairwise_shape(fg_shape *out, const char **why, const fg_layer *layer, fg_shape in) {
    (void)layer;
    *out = in;
    if (in.height == 1 && in.width == 1)
        *why = "a group of one pixel has no neighbours to be smooth with";
    return *why ? -1 : 0;
}

int fg_pairwise_count(fg_counts *c, const fg_layer *layer, fg_shape in, fg_shape out, bool noiseless,
                      size_t n) {
    (void)layer, (void)out, (void)noiseless;
    size_t pairs = in.channels * (in.height * (in.width - 1) + (in.height - 1) * in.width);
    return fg_size_mul(&c->factors, pairs, n) || fg_size_mul(&c->edges, 2, c->factors) ? -1 : 0;
}

int fg_dense_shape(fg_shape *out, const char **why, const fg_layer *layer, fg_shape in) {
    size_t parameters;
    *out = (fg_shape){1, 1, (size_t)layer->units};
    if (fg_size_mul(&parameters, fg_group_count(in) + 1, (size_t)layer->units) ||
        parameters > FG_PARAMETERS_MAX)
        *why = "inputs times units are more than 2147483647 parameters";
    else if (layer->covariance == FG_COVARIANCE_FULL &&
             (fg_size_mul(&parameters, parameters, fg_group_count(in) + 1) || parameters > FG_PARAMETERS_MAX))
        *why = "inputs squared times units are more than 2147483647 correlations";
    return *why ? -1 : 0;
}

int fg_dense_count(fg_counts *c, const fg_layer *layer, fg_shape in, fg_shape out, bool noiseless, size_t n) {
    size_t inputs = fg_shape_size(in), units = fg_shape_size(out);
    size_t edges = (noiseless ? inputs : 2 * inputs) + (layer->bias ? 1 : 0) + 1;
    c->parameters = (inputs + (layer->bias ? 1 : 0)) * units;
    if (layer->covariance == FG_COVARIANCE_FULL)
        c->correlations = c->parameters * (inputs + (layer->bias ? 1 : 0));
    if (fg_size_mul(&c->factors, units, n) || fg_size_mul(&c->edges, c->factors, edges))
        return -1;
    c->variables = c->factors;
    return 0;
}

int fg_tconv_shape(fg_shape *out, const char **why, const fg_layer *layer, fg_shape in) {
    size_t k = (size_t)layer->kernel;
    *out = (fg_shape){in.height ? in.height - k + 1 : 0, in.width ? in.width - k + 1 : 0,
                      (size_t)layer->filters};
    if ((in.height && in.height < k) || (in.width && in.width < k))
        *why = "the filter is larger than the group";
    return *why ? -1 : 0;
}

int fg_tconv_count(fg_counts *c, const fg_layer *layer, fg_shape in, fg_shape out, bool noiseless, size_t n) {
    size_t pairs;
    (void)noiseless;
    c->parameters = in.channels * (out.channels * (size_t)layer->kernel * (size_t)layer->kernel + 1);
    if (fg_size_mul(&c->factors, fg_shape_size(in), n) || fg_size_mul(&c->variables, fg_shape_size(out), n) ||
        fg_size_mul(&pairs, c->variables, in.channels * (size_t)layer->kernel * (size_t)layer->kernel) ||
        fg_size_add(&pairs, pairs, c->factors) || fg_size_mul(&c->edges, 2, pairs))
        return -1;
    return 0;
}

int fg_upsample_shape(fg_shape *out, const char **why, const fg_layer *layer, fg_shape in) {
    (void)layer, (void)why;
    *out = (fg_shape){(in.height + 1) / 2, (in.width + 1) / 2, in.channels};
    return 0;
}

int fg_upsample_count(fg_counts *c, const fg_layer *layer, fg_shape in, fg_shape out, bool noiseless,
                      size_t n) {
    (void)layer, (void)noiseless;
    if (fg_size_mul(&c->factors, fg_shape_size(in), n) || fg_size_mul(&c->variables, fg_shape_size(out), n))
        return -1;
    return fg_size_mul(&c->edges, 2, c->factors);
}

int fg_mixture_count(fg_counts *c, const fg_layer *layer, fg_shape in, fg_shape out, bool noiseless,
                     size_t n) {
    (void)layer, (void)out, (void)noiseless;
    if (fg_size_mul(&c->factors, in.height * in.width, n))
        return -1;
    return fg_size_mul(&c->edges, in.channels, c->factors);
}

int fg_softmax_shape(fg_shape *out, const char **why, const fg_layer *layer, fg_shape in) {
    (void)layer;
    *out = in;
    if (fg_group_count(in) == 1)
        *why = "needs a group of at least 2 variables, one for each class";
    return *why ? -1 : 0;
}

int fg_softmax_count(fg_counts *c, const fg_layer *layer, fg_shape in, fg_shape out, bool noiseless,
                     size_t n) {
    (void)layer, (void)out, (void)noiseless;
    c->factors = n;
    return fg_size_mul(&c->edges, fg_shape_size(in), n);
}
