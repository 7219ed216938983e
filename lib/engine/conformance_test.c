/* Every kind of layer against the plain implementation of reference_build_internal.h, over random shapes and
 * options. */
#include "engine/posterior.h"
#include "engine/reference_build_internal.h"
#include "engine/wired_internal.h"
#include "model/kind.h"

enum { KINDS = 23, FIRST_PLANAR = 8, FIRST_CONV = 13 };

typedef struct problem {
    fg_spec spec;
    size_t n;
    fg_graph_options options;
    fg_run_options run;
    float *x, *targets;
    unsigned char *observed;
    int32_t *labels;
    fg_posterior *priors;
} problem;

static const char *robust_options(fg_draws *d, char *text, size_t size, const char *more) {
    static const char *const names[] = {"tukey", "huber"};
    text[0] = 0;
    if (fg_draw(d, 0, 1) < 0.6)
        snprintf(text, size, ",robust=%s,threshold=%g%s", names[fg_draw_below(d, 2)], fg_draw(d, 0.3, 2),
                 fg_draw(d, 0, 1) < 0.5 ? more : "");
    return text;
}

static const char *dense_options(fg_draws *d, char *text, size_t size) {
    static const char *const names[] = {"identity", "relu",    "leaky_relu", "elu",
                                        "tanh",     "sigmoid", "softplus"};
    snprintf(text, size, "dense:%zu,activation=%s,sigma=%g,activation_prior=%g%s", 2 + fg_draw_below(d, 4),
             names[fg_draw_below(d, FG_ACT_COUNT)], fg_draw(d, 0.1, 0.5), fg_draw(d, 0.5, 2),
             fg_draw(d, 0, 1) < 0.3 ? ",bias=false" : "");
    return text;
}

static const char *tconv_options(fg_draws *d, char *text, size_t size) {
    static const char *const names[] = {"identity", "leaky_relu", "tanh", "softplus"};
    char robust[128];
    snprintf(text, size,
             "tconv:%zu,kernel=%zu,activation=%s,sigma=%g,activation_prior=%g,activation_init=0.5%s",
             1 + fg_draw_below(d, 3), 2 + fg_draw_below(d, 2), names[fg_draw_below(d, 4)],
             fg_draw(d, 0.1, 0.5), fg_draw(d, 0.5, 2), robust_options(d, robust, sizeof robust, ""));
    return text;
}

static void make_planar_spec(char *text, size_t size, fg_draws *d, int kind) {
    char a[256], b[256], o[128];
    size_t h = 5 + fg_draw_below(d, 4), w = 5 + fg_draw_below(d, 5), c = 1 + fg_draw_below(d, 3);
    double s = fg_draw(d, 0.1, 0.5);
    const char *first = tconv_options(d, a, sizeof a), *second = tconv_options(d, b, sizeof b);
    robust_options(d, o, sizeof o, ",share_channels=true");
    if (kind == 8)
        snprintf(text, size, "%zux%zux%zu observation:sigma=%g%s %s", h, w, c, s, o, first);
    else if (kind == 9)
        snprintf(text, size, "%zux%zux%zu observation:sigma=%g pairwise:sigma=%g %s upsample:sigma=%g", h, w,
                 c, s, s, first, s);
    else if (kind == 10)
        snprintf(text, size, "%zux%zux%zu observation:sigma=%g upsample:sigma=%g %s", h, w, c, s, s, first);
    else if (kind == 11)
        snprintf(text, size, "%zux%zux%zu observation:sigma=%g %s %s", h, w, c, s, first, second);
    else
        snprintf(text, size, "%zux%zux%zu mixture:sigma=%g %s", h, w, c, s, first);
}

static const char *conv_options(fg_draws *d, char *text, size_t size) {
    static const char *const names[] = {"identity", "leaky_relu", "tanh", "softplus"};
    snprintf(text, size, "conv:%zu,kernel=%zu,activation=%s,sigma=%g,activation_prior=%g%s",
             fg_draw(d, 0, 1) < 0.2 ? 17 + fg_draw_below(d, 4) : 1 + fg_draw_below(d, 4),
             1 + fg_draw_below(d, 3), names[fg_draw_below(d, 4)], fg_draw(d, 0.1, 0.5), fg_draw(d, 0.5, 2),
             fg_draw(d, 0, 1) < 0.3 ? ",bias=false" : "");
    return text;
}

static void make_conv_spec(char *text, size_t size, fg_draws *d, int kind) {
    char a[256], b[256], c[256];
    size_t h = 6 + fg_draw_below(d, 3), w = 6 + fg_draw_below(d, 3), channels = 1 + fg_draw_below(d, 3);
    double s = fg_draw(d, 0.1, 0.5);
    const char *first = conv_options(d, a, sizeof a), *dense = dense_options(d, b, sizeof b);
    const char *pool = fg_draw(d, 0, 1) < 0.5 ? "max_pool" : "avg_pool";
    snprintf(c, sizeof c, "%s:%d,sigma=%g,activation_prior=%g", pool, fg_draw(d, 0, 1) < 0.8 ? 2 : 3,
             fg_draw(d, 0.1, 0.5), fg_draw(d, 0.5, 2));
    if (kind == 13)
        snprintf(text, size, "%zux%zux%zu %s %s %s softmax:sigma=%g", h, w, channels, first, c, dense, s);
    else if (kind == 14)
        snprintf(text, size, "%zux%zux%zu %s", h, w, channels, first);
    else if (kind == 15)
        snprintf(text, size, "%zux%zux%zu observation:sigma=%g %s %s", h, w, channels, s, first, c);
    else if (kind == 16)
        snprintf(text, size, "%zux%zux%zu %s conv:2,kernel=2,sigma=%g,activation=tanh %s", h, w, channels, c,
                 s, dense);
    else if (kind == 17)
        snprintf(text, size, "%zux%zux%zu observation:sigma=%g max_pool,sigma=%g avg_pool,sigma=%g", h, w,
                 channels, s, s, s);
    else if (kind == 18)
        snprintf(text, size, "%zux%zux%zu observation:sigma=%g pairwise:sigma=%g %s regression:sigma=%g", h,
                 w, channels, s, s, first, s);
    else if (kind == 20)
        snprintf(text, size,
                 "%zux%zux%zu features:%zu,kernel=%zu,size=%d,pooling=%s,activation=relu %s softmax", h, w,
                 channels, 1 + fg_draw_below(d, 20), 1 + fg_draw_below(d, 3), fg_draw(d, 0, 1) < 0.5 ? 1 : 2,
                 pool[0] == 'm' ? "max" : "mean", dense);
    else if (kind == 21) /* where strides of layouts are alike */
        snprintf(text, size, "%zux1x%zu observation:sigma=%g conv:%zu,kernel=1,sigma=%g,activation=tanh %s",
                 h % 3 + 1, 1 + fg_draw_below(d, 20), s, 1 + fg_draw_below(d, 20), s, dense);
    else if (kind == 22)
        snprintf(text, size, "1x%zux%zu observation:sigma=%g upsample:sigma=%g upsample:sigma=%g", w % 2 + 1,
                 1 + fg_draw_below(d, 20), s, s, s);
    else
        snprintf(text, size, "%zux%zux%zu %s conv:3,kernel=%zu,sigma=%g softmax:sigma=%g", h, w, channels,
                 first, h < w ? h - 2 : w - 2, s, s);
}

static void make_spec(fg_spec *spec, fg_draws *d, int kind) {
    char text[1024], a[128], b[128];
    size_t in = 2 + fg_draw_below(d, 4), h = 1 + fg_draw_below(d, 5), w = 2 + fg_draw_below(d, 5),
           c = 1 + fg_draw_below(d, 3);
    double s = fg_draw(d, 0.1, 0.5);
    if (kind >= FIRST_PLANAR) {
        (kind >= FIRST_CONV ? make_conv_spec : make_planar_spec)(text, sizeof text, d, kind);
        fg_fixture_layers(spec, text);
        return;
    }
    switch (kind) {
    case 0:
        snprintf(text, sizeof text, "%zu %s %s softmax:sigma=%g,likelihood=%s,compete=%s", in,
                 dense_options(d, a, sizeof a), dense_options(d, b, sizeof b), s,
                 fg_likelihood_names[fg_draw_below(d, 3)], fg_compete_names[fg_draw_below(d, 2)]);
        break;
    case 1:
        snprintf(text, sizeof text, "%zu %s regression:sigma=%g%s", in, dense_options(d, a, sizeof a), s,
                 robust_options(d, b, sizeof b, ""));
        break;
    case 2:
        snprintf(text, sizeof text, "%zu observation:sigma=%g %s softmax:sigma=0.3", in, s,
                 dense_options(d, a, sizeof a));
        break;
    case 3:
        snprintf(text, sizeof text, "%zux%zux%zu observation:sigma=%g%s pairwise:sigma=%g%s", h, w, c, s,
                 robust_options(d, a, sizeof a, ",share_channels=true"), s,
                 robust_options(d, b, sizeof b, ""));
        break;
    case 4:
        snprintf(text, sizeof text, "%zu observation:sigma=%g%s regression:sigma=%g%s", in, s,
                 robust_options(d, a, sizeof a, ""), s, robust_options(d, b, sizeof b, ""));
        break;
    case 5:
        snprintf(text, sizeof text, "%zux%zux%zu observation:sigma=%g%s", h, w, c, s,
                 robust_options(d, a, sizeof a, ",share_channels=true"));
        break;
    case 6:
        snprintf(text, sizeof text, "%zux%zux%zu observation:sigma=%g %s regression:sigma=0.2", h, w, c, s,
                 dense_options(d, a, sizeof a));
        break;
    default:
        snprintf(text, sizeof text, "%zu observation:sigma=%g%s softmax:sigma=%g,likelihood=%s,compete=%s",
                 in, s, robust_options(d, a, sizeof a, ""), s, fg_likelihood_names[fg_draw_below(d, 3)],
                 fg_compete_names[fg_draw_below(d, 2)]);
        break;
    }
    fg_fixture_layers(spec, text);
}

/* Weights, and a bias. */
static int parameters_of(const fg_layer *layer) {
    if (layer->kind == FG_LAYER_TCONV || layer->kind == FG_LAYER_FEATURES)
        return 2;
    return layer->kind == FG_LAYER_DENSE || layer->kind == FG_LAYER_CONV ? 1 + layer->bias : 0;
}

/* The rows and columns of a layer's weights, and the length of its bias. */
typedef struct sizes {
    size_t rows, columns, bias;
} sizes;

static sizes sizes_of(const fg_layer *layer, fg_shape in) {
    size_t window = (size_t)layer->kernel * (size_t)layer->kernel, filters = (size_t)layer->filters;
    if (layer->kind == FG_LAYER_TCONV)
        return (sizes){in.channels, filters * window, in.channels};
    if (layer->kind == FG_LAYER_CONV || layer->kind == FG_LAYER_FEATURES)
        return (sizes){in.channels * window, filters, filters};
    return (sizes){(size_t)layer->units, fg_shape_size(in), (size_t)layer->units};
}

static fg_posterior *make_priors(const fg_spec *spec, fg_draws *d) {
    fg_posterior *p;
    fg_err err;
    fg_shape shapes[FG_MAX_LAYERS], outs[FG_MAX_LAYERS];
    fg_fixture_done(fg_spec_shapes(shapes, outs, spec, spec->input, &err), &err);
    fg_fixture_done(fg_posterior_create(&p, 2 * (size_t)spec->n_layers, &err), &err);
    for (int i = 0; i < spec->n_layers; i++) {
        const fg_layer *layer = &spec->layers[i];
        sizes size = sizes_of(layer, shapes[i]);
        bool known = layer->kind == FG_LAYER_FEATURES;
        size_t in = layer->kind == FG_LAYER_CONV || known ? size.rows : size.columns;
        char name[128];
        for (int bias = 0; bias < parameters_of(layer); bias++) {
            snprintf(name, sizeof name, "%s/%s", layer->name, bias ? "bias" : "weight");
            fg_parameter *q = fg_posterior_add(
                p, name, bias ? 1 : 2, bias ? (size_t[]){size.bias, 0} : (size_t[]){size.rows, size.columns});
            ck_assert_ptr_nonnull(q);
            for (size_t j = 0; j < q->size; j++) {
                q->lambda[j] = known ? 1e30 : fg_draw_log(d, 1, 100);
                q->eta[j] = q->lambda[j] * fg_draw_normal(d) / sqrt((double)in); /* few units are saturated */
            }
        }
    }
    return p;
}

static void make_problem(problem *p, fg_draws *d, int kind, size_t most) {
    memset(p, 0, sizeof *p);
    make_spec(&p->spec, d, kind);
    p->n = 1 + fg_draw_below(d, kind < FIRST_PLANAR ? most : kind < FIRST_CONV ? 2 : 3);
    p->options = (fg_graph_options){
        .seed = 1, .parameters = (fg_parameters)fg_draw_below(d, 3), .predict = fg_draw(d, 0, 1) < 0.3};
    p->run = fg_fixture_run(1 + (int)fg_draw_below(d, 3), fg_draw(d, 0, 1) < 0.5 ? 0 : 0.6, 0);
    if (kind == 12) /* later ones judge the pixels, which has a test of its own */
        p->run.iterations = 1;
    p->run.schedule = fg_draw(d, 0, 1) < 0.6 ? FG_SCHEDULE_SWEEP : FG_SCHEDULE_SYNCHRONOUS;
    for (int i = 1; kind >= FIRST_CONV && i < p->spec.n_layers; i++) /* at kinks before data reach them */
        if (parameters_of(&p->spec.layers[i]) == 1 || !fg_spec_noiseless_input(&p->spec))
            p->run.schedule = FG_SCHEDULE_SWEEP;
    fg_shape in[FG_MAX_LAYERS], out[FG_MAX_LAYERS];
    fg_err err;
    fg_fixture_done(fg_spec_shapes(in, out, &p->spec, p->spec.input, &err), &err);
    size_t all = p->n * fg_shape_size(p->spec.input), last = fg_shape_size(out[p->spec.n_layers - 1]);
    p->x = fg_oracle_alloc(all, sizeof *p->x);
    p->observed = fg_oracle_alloc(all, 1);
    p->labels = fg_oracle_alloc(p->n, sizeof *p->labels);
    p->targets = fg_oracle_alloc(p->n * last, sizeof *p->targets);
    bool masked = !fg_spec_noiseless_input(&p->spec) && fg_draw(d, 0, 1) < 0.5;
    for (int i = 0; i < p->spec.n_layers; i++) /* a missing input is put just where the unit has its kink */
        if (parameters_of(&p->spec.layers[i]) && (p->spec.layers[i].activation == FG_ACT_RELU ||
                                                  p->spec.layers[i].activation == FG_ACT_LEAKY_RELU))
            masked = false;
    for (int i = 0; i < p->spec.n_layers;
         i++) /* or far away, roundly; or at the same median as its neighbour */
        masked &= p->spec.layers[i].kind != FG_LAYER_CONV && p->spec.layers[i].kind != FG_LAYER_MAX_POOL;
    /* Without a bias a filter over zeros stands at its kink, and with one all such outputs are equally large.
     */
    bool zeros = (kind == 14 || kind == 19) && p->spec.layers[0].activation != FG_ACT_LEAKY_RELU;
    for (size_t i = 0; i < all; i++) {
        p->x[i] = zeros && fg_draw(d, 0, 1) < 0.5 ? 0 : (float)fg_draw_normal(d);
        p->observed[i] = !masked || i == 0 || fg_draw(d, 0, 1) < 0.8;
    }
    for (size_t i = 0; i < p->n; i++)
        p->labels[i] = (int32_t)fg_draw_below(d, last + 1) - 1;
    for (size_t i = 0; i < p->n * last; i++)
        p->targets[i] = (float)fg_draw_normal(d);
    p->priors = make_priors(&p->spec, d);
}

static void free_problem(problem *p) {
    free(p->x), free(p->observed), free(p->labels), free(p->targets);
    fg_posterior_free(p->priors);
    fg_spec_free(&p->spec);
}

static fg_graph *create(const problem *p, size_t n) {
    fg_graph *g;
    fg_err err;
    fg_layer_kind last = p->spec.layers[p->spec.n_layers - 1].kind;
    fg_fixture_done(fg_graph_create(&g, &p->spec, p->spec.input, n, &p->options, &err), &err);
    fg_fixture_done(fg_graph_set_input(g, p->x, FG_ORDER_HWC, p->observed, &err), &err);
    if (last == FG_LAYER_SOFTMAX && !p->options.predict)
        fg_fixture_done(fg_graph_set_labels(g, p->labels, &err), &err);
    if (last == FG_LAYER_REGRESSION && !p->options.predict)
        fg_fixture_done(fg_graph_set_targets(g, p->targets, &err), &err);
    fg_fixture_done(fg_graph_set_priors(g, p->priors, &err), &err);
    return g;
}

/* Means in standard deviations, and standard deviations relative, of a group. */
static void compare_group(double worst[2], const fg_graph *g, int group, const fg_reference *ref,
                          size_t first) {
    size_t n = ref->n * fg_shape_size(fg_graph_group_shape(g, group));
    float *mean = fg_oracle_alloc(n, sizeof *mean), *sd = fg_oracle_alloc(n, sizeof *sd);
    fg_graph_marginals(mean, sd, g, group, FG_ORDER_HWC);
    for (size_t i = 0; i < n; i++) {
        const fg_ref_variable *v = &ref->variables[first + i];
        ck_assert(isfinite(mean[i]));
        if (v->role == FG_REF_CONSTANT || v->lambda < 1e-12) {
            ck_assert_msg(v->role == FG_REF_CONSTANT ? sd[i] == 0 : isinf(sd[i]), "sd %g, precision %g",
                          (double)sd[i], v->lambda);
            ck_assert_msg(fabs((double)mean[i] - v->mean) <= 1e-6 * (1 + fabs(v->mean)),
                          "group %d, variable %zu: mean %g, not %g", group, i, (double)mean[i], v->mean);
            continue;
        }
        worst[0] = fmax(worst[0], fabs((double)mean[i] - v->mean) * sqrt(v->lambda));
        worst[1] = fmax(worst[1], fabs((double)sd[i] * sqrt(v->lambda) - 1));
    }
    free(mean), free(sd);
}

static void compare_posterior(double worst[2], const fg_graph *g, const problem *p, const fg_reference *ref) {
    fg_posterior *found;
    fg_err err;
    fg_fixture_done(fg_graph_posterior(&found, g, &err), &err);
    fg_shape in[FG_MAX_LAYERS], out[FG_MAX_LAYERS];
    ck_assert(found->n == p->priors->n);
    fg_fixture_done(fg_spec_shapes(in, out, &p->spec, p->spec.input, &err), &err);
    for (int i = 0; i < p->spec.n_layers; i++)
        for (int bias = 0; bias < parameters_of(&p->spec.layers[i]); bias++) {
            char name[128];
            snprintf(name, sizeof name, "%s/%s", p->spec.layers[i].name, bias ? "bias" : "weight");
            const fg_parameter *q = fg_posterior_find(found, name);
            const fg_ref_variable *v = &ref->variables[bias ? ref->bias[i] : ref->weight[i]];
            ck_assert_ptr_nonnull(q);
            ck_assert(q->rank == (bias ? 1 : 2) &&
                      q->dims[0] == (bias ? sizes_of(&p->spec.layers[i], in[i]).bias
                                          : sizes_of(&p->spec.layers[i], in[i]).rows));
            for (size_t k = 0; k < q->size; k++) {
                if (v[k].role == FG_REF_CONSTANT && p->options.parameters == FG_PARAMETERS_FREE) {
                    ck_assert_double_eq_tol(q->eta[k] / q->lambda[k], v[k].mean, 1e-6);
                    continue;
                }
                worst[0] = fmax(worst[0], fabs(q->eta[k] / q->lambda[k] - v[k].mean) * sqrt(v[k].lambda));
                worst[1] = fmax(worst[1], fabs(q->lambda[k] / v[k].lambda - 1));
            }
        }
    fg_posterior_free(found);
}

/* Counts and energies of all layers; returns the largest error of an energy. */
static double compare_layers(const fg_graph *g, const problem *p, const fg_reference *ref) {
    double worst = 0;
    for (int i = 0, at = 0; i < p->spec.n_layers; i++) {
        fg_layer_stats s;
        const fg_layer *layer = &p->spec.layers[i];
        if (ref->left_out[i])
            continue;
        fg_graph_layer_stats(&s, g, at++);
        size_t factors = 0;
        for (size_t k = 0; k < ref->n_factors; k++)
            factors += ref->factors[k].set != i ? 0
                       : layer->kind == FG_LAYER_SOFTMAX || layer->kind == FG_LAYER_MIXTURE
                           ? 1
                           : ref->factors[k].m;
        ck_assert_str_eq(s.name, layer->name);
        ck_assert_msg(s.factors == factors, "%s: %llu factors, not %zu", s.kind,
                      (unsigned long long)s.factors, factors);
        ck_assert_msg(s.edges == ref->edges[i], "%s: %llu edges, not %zu", s.kind,
                      (unsigned long long)s.edges, ref->edges[i]);
        double energy = fg_ref_energy(ref, i);
        worst = fmax(worst, fabs(s.energy - energy) / ((double)s.factors + energy));
        ck_assert(s.improper == 0 && s.rejected == 0);
    }
    return worst;
}

START_TEST(agrees_with_the_reference) {
    for (int kind = 0; kind < KINDS; kind++) {
        fg_draws d = {100 + (uint64_t)kind, 0};
        double worst[2] = {0, 0}, parameters[2] = {0, 0}, energy = 0;
        for (int trial = 0; trial < 30 / FG_SLOW; trial++) {
            problem p;
            fg_reference ref;
            fg_err err;
            fg_run_info info;
            make_problem(&p, &d, kind, 20);
            fg_graph *g = create(&p, p.n);
            fg_ref_data data = {p.x, p.observed, p.labels, p.targets, p.priors};
            fg_ref_make(&ref, &p.spec, p.n, &p.options, &data);
            fg_ref_run(&ref, &p.run);
            fg_fixture_done(fg_graph_run(&info, g, &p.run, NULL, &err), &err);
            compare_group(worst, g, 0, &ref, ref.input);
            for (int i = 0, group = 1; i < p.spec.n_layers; i++)
                if (fg_kind_of(p.spec.layers[i].kind)->makes_group)
                    compare_group(worst, g, group++, &ref, ref.out[i]);
            if (p.options.parameters == FG_PARAMETERS_FREE)
                compare_posterior(parameters, g, &p, &ref);
            energy = fmax(energy, compare_layers(g, &p, &ref));
            fg_graph_free(g);
            fg_ref_free(&ref);
            free_problem(&p);
        }
        printf(
            "kind %d: means %.2g sd, sds %.2g, parameters' means %.2g sd, precisions %.2g, energies %.2g\n",
            kind, worst[0], worst[1], parameters[0], parameters[1], energy);
        ck_assert(worst[0] < 1e-3 && worst[1] < 1e-3 && parameters[0] < 1e-3 && parameters[1] < 1e-3 &&
                  energy < 1e-3);
    }
}
END_TEST

START_TEST(every_kind_is_here) {
    bool seen[FG_LAYER_KINDS] = {false};
    for (int kind = 0; kind < KINDS; kind++) {
        fg_draws d = {1, 0};
        fg_spec spec;
        make_spec(&spec, &d, kind);
        for (int i = 0; i < spec.n_layers; i++)
            seen[spec.layers[i].kind] = true;
        fg_spec_free(&spec);
    }
    for (int kind = 0; kind < FG_LAYER_KINDS; kind++) {
        const fg_factor_ops *ops = fg_factor_layer_ops((fg_layer_kind)kind);
        ck_assert(seen[kind] && ops && ops->name && ops->connect && ops->take && ops->update);
    }
}
END_TEST

/* What create takes is what fg_graph_bytes says, run takes nothing, free gives all back, and failures leak
 * nothing. */
START_TEST(memory) {
    for (int kind = 0; kind < KINDS; kind++) {
        fg_draws d = {200 + (uint64_t)kind, 0};
        problem p;
        fg_err err;
        size_t bytes;
        make_problem(&p, &d, kind, 40);
        size_t before = fg_mem_held();
        fg_fixture_done(fg_graph_bytes(&bytes, &p.spec, p.spec.input, p.n, &p.options, &err), &err);
        ck_assert(fg_mem_held() == before);
        fg_graph *g = create(&p, p.n);
        size_t taken = fg_mem_held() - before;
        ck_assert_msg(taken >= bytes && taken <= bytes + sizeof(fg_graph) + 256, "%zu taken, %zu told", taken,
                      bytes);
        fg_mem_fail_at(1);
        int status = fg_graph_run(NULL, g, &p.run, NULL, &err);
        uint64_t calls = fg_mem_calls();
        fg_mem_fail_at(0);
        ck_assert(status == FG_OK && calls == 0);
        fg_graph_free(g);
        ck_assert(fg_mem_held() == before);
        for (uint64_t at = 1;; at++) {
            fg_mem_fail_at(at);
            status = fg_graph_create(&g, &p.spec, p.spec.input, p.n, &p.options, &err);
            fg_mem_fail_at(0);
            if (status == FG_OK)
                break;
            ck_assert(status == FG_ENOMEM && g == NULL && fg_mem_held() == before);
        }
        fg_graph_free(g);
        free_problem(&p);
    }
}
END_TEST

FG_TEST_MAIN("engine/conformance", agrees_with_the_reference, every_kind_is_here, memory)
