/* A second, slow and plain implementation of inference on layered specs, for tests: every factor by itself,
 * Jacobians by central differences of its residual, messages by elimination in long double, no lanes, no
 * floats, no dropout. Starts from given parameter priors and FG_INIT_FORWARD. */
#ifndef FG_ENGINE_REFERENCE_INTERNAL_H
#define FG_ENGINE_REFERENCE_INTERNAL_H

#include "engine/fixture_internal.h"
#include "factor/robust.h"

enum { FG_REF_GROUP = 4 }; /* groups made per layer at most: see first */

typedef enum fg_ref_role { FG_REF_FREE, FG_REF_GIVEN, FG_REF_CONSTANT } fg_ref_role;

typedef struct fg_ref_variable {
    fg_ref_role role;
    bool single; /* linearised at its mean at all times */
    bool waits;  /* stays where it starts until a set around it is visited */
    double prior_eta, prior_lambda, eta, lambda, mean, lin;
} fg_ref_variable;

typedef struct fg_ref_factor {
    int set;
    size_t m, v, *variables;
    size_t first, together; /* factors from `first` on that share a robust weight; 0: this one alone */
    double *target, *mask;  /* [m] */
    double *eta, *lambda;   /* [v] messages */
} fg_ref_factor;

typedef struct fg_reference {
    const fg_spec *spec;
    size_t n, n_variables, n_factors;
    fg_ref_variable *variables;
    fg_ref_factor *factors;
    size_t input, weight[FG_MAX_LAYERS], bias[FG_MAX_LAYERS], out[FG_MAX_LAYERS]; /* where groups start */
    size_t inputs[FG_MAX_LAYERS];
    size_t edges[FG_MAX_LAYERS];
    bool visited[FG_MAX_LAYERS], left_out[FG_MAX_LAYERS];
    int iteration;
} fg_reference;

static inline double fg_ref_activation(fg_activation activation, double u) {
    switch (activation) {
    case FG_ACT_RELU:
        return fmax(u, 0);
    case FG_ACT_LEAKY_RELU:
        return fmax(u, 0.2 * u);
    case FG_ACT_ELU:
        return u > 0 ? u : expm1(u);
    case FG_ACT_TANH:
        return tanh(u);
    case FG_ACT_SIGMOID:
        return 1 / (1 + exp(-u));
    case FG_ACT_SOFTPLUS:
        return log1p(exp(u));
    default:
        return u;
    }
}

/* exp(x) over its sum, where the mask is 1; 0 where it is 0. */
static inline void fg_ref_softmax_of(double *p, const double *x, const double *mask, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += mask[i] * exp(x[i]);
    for (size_t i = 0; i < n; i++)
        p[i] = mask[i] > 0 ? exp(x[i]) / sum : 0;
}

/* The residual over sigma at the point x [v]. */
static inline void fg_ref_residual(double *r, const fg_reference *ref, const fg_ref_factor *f,
                                   const double *x) {
    const fg_layer *layer = &ref->spec->layers[f->set];
    if (layer->kind == FG_LAYER_PAIRWISE || layer->kind == FG_LAYER_UPSAMPLE) {
        r[0] = x[0] - x[1];
    } else if (layer->kind == FG_LAYER_MAX_POOL || layer->kind == FG_LAYER_AVG_POOL) {
        double most = x[1], sum = 0;
        for (size_t i = 1; i < f->v; i++) {
            most = fmax(most, x[i]);
            sum += x[i];
        }
        r[0] = (layer->kind == FG_LAYER_MAX_POOL ? most : sum / (double)(f->v - 1)) - x[0];
    } else if (layer->kind == FG_LAYER_DENSE || layer->kind == FG_LAYER_TCONV ||
               layer->kind == FG_LAYER_CONV) {
        size_t inputs = (f->v - 1) / 2; /* y, w and x by turns, b */
        double u = f->v % 2 ? 0 : x[2 * inputs + 1];
        for (size_t i = 0; i < inputs; i++)
            u += x[1 + 2 * i] * x[2 + 2 * i];
        r[0] = x[0] - fg_ref_activation(layer->activation, u);
    } else if (layer->kind == FG_LAYER_SOFTMAX) {
        fg_ref_softmax_of(r, x, f->mask, f->m);
        for (size_t i = 0; i < f->m; i++)
            r[i] = f->mask[i] * ((layer->likelihood == FG_LIKELIHOOD_ONE_HOT ? x[i] : r[i]) - f->target[i]);
    } else {
        for (size_t i = 0; i < f->m; i++)
            r[i] = f->mask[i] * (x[i] - f->target[i]);
    }
    for (size_t i = 0; i < f->m; i++)
        r[i] /= layer->sigma;
}

static inline bool fg_ref_is_categorical(const fg_reference *ref, const fg_ref_factor *f) {
    const fg_layer *layer = &ref->spec->layers[f->set];
    return layer->kind == FG_LAYER_SOFTMAX && layer->likelihood == FG_LIKELIHOOD_CATEGORICAL;
}

static inline double fg_ref_squared(const fg_reference *ref, const fg_ref_factor *f, bool means) {
    double *x = fg_oracle_alloc(f->v, sizeof *x), *r = fg_oracle_alloc(f->m, sizeof *r), sum = 0;
    for (size_t i = 0; i < f->v; i++)
        x[i] = means ? ref->variables[f->variables[i]].mean : ref->variables[f->variables[i]].lin;
    if (fg_ref_is_categorical(ref, f)) {
        fg_ref_softmax_of(r, x, f->mask, f->m);
        for (size_t i = 0; i < f->m; i++)
            sum -= f->target[i] == 0 ? 0 : 2 * log(r[i]) / pow(ref->spec->layers[f->set].sigma, 2);
    } else {
        fg_ref_residual(r, ref, f, x);
        for (size_t i = 0; i < f->m; i++)
            sum += r[i] * r[i];
    }
    free(x), free(r);
    return sum;
}

/* The same of all factors that share the robust weight. */
static inline double fg_ref_energy_shared(const fg_reference *ref, const fg_ref_factor *f, bool means) {
    double sum = 0;
    for (size_t i = 0; i < f->together; i++)
        sum += fg_ref_squared(ref, &ref->factors[f->first + i], means);
    return f->together ? sum : fg_ref_squared(ref, f, means);
}

/* Of log p[label], p = softmax(x), over sigma^2: its Hessian is -a'a and its gradient a'(z - a x). */
static inline void fg_ref_expand(double *a, double *z, const fg_reference *ref, const fg_ref_factor *f) {
    double sigma = ref->spec->layers[f->set].sigma, *x = fg_oracle_alloc(f->v, sizeof *x),
           *p = fg_oracle_alloc(f->v, sizeof *p);
    for (size_t i = 0; i < f->v; i++)
        x[i] = ref->variables[f->variables[i]].lin;
    fg_ref_softmax_of(p, x, f->mask, f->v);
    for (size_t i = 0; i < f->m; i++) {
        if (f->mask[i] == 0)
            continue;
        z[i] = (f->target[i] - p[i]) / (sqrt(p[i]) * sigma);
        for (size_t j = 0; j < f->v; j++) {
            a[i * f->v + j] = (i == j ? 1 - p[j] : -p[j]) * sqrt(p[i]) / sigma;
            z[i] += a[i * f->v + j] * x[j];
        }
    }
    free(x), free(p);
}

/* Linearises: a [m][v] (columns of constants stay 0) and z [m]. */
static inline void fg_ref_linearise(double *a, double *z, const fg_reference *ref, const fg_ref_factor *f) {
    const fg_layer *layer = &ref->spec->layers[f->set];
    if (fg_ref_is_categorical(ref, f)) {
        fg_ref_expand(a, z, ref, f);
        return;
    }
    double *x = fg_oracle_alloc(f->v, sizeof *x), *up = fg_oracle_alloc(f->m, sizeof *up),
           *down = fg_oracle_alloc(f->m, sizeof *down);
    double k = sqrt(fg_robust_weight(layer->robust, fg_ref_energy_shared(ref, f, false), layer->threshold));
    for (size_t i = 0; i < f->v; i++)
        x[i] = ref->variables[f->variables[i]].lin;
    fg_ref_residual(z, ref, f, x);
    for (size_t j = 0; j < f->m; j++)
        z[j] *= -k;
    for (size_t i = 0; i < f->v; i++) {
        double at = x[i], h = 1e-7 * (1 + fabs(at));
        if (ref->variables[f->variables[i]].role == FG_REF_CONSTANT)
            continue;
        x[i] = at + h;
        fg_ref_residual(up, ref, f, x);
        x[i] = at - h;
        fg_ref_residual(down, ref, f, x);
        x[i] = at;
        for (size_t j = 0; j < f->m; j++) {
            a[j * f->v + i] = k * (up[j] - down[j]) / (2 * h);
            z[j] += a[j * f->v + i] * at;
        }
    }
    free(x), free(up), free(down);
}

static inline void fg_ref_update(fg_reference *ref, fg_ref_factor *f, double keep) {
    double *a = fg_oracle_alloc(f->m * f->v, sizeof *a), *z = fg_oracle_alloc(f->m, sizeof *z),
           *eta = fg_oracle_alloc(f->v, sizeof *eta), *lambda = fg_oracle_alloc(f->v, sizeof *lambda);
    fg_ref_linearise(a, z, ref, f);
    for (size_t i = 0; i < f->v; i++) {
        const fg_ref_variable *v = &ref->variables[f->variables[i]];
        eta[i] = v->eta - f->eta[i];
        lambda[i] = v->lambda - f->lambda[i];
        if (v->role == FG_REF_CONSTANT || lambda[i] < 1e-12) { /* as good as no information */
            eta[i] = 0;
            lambda[i] = v->role == FG_REF_CONSTANT ? 1 : f->m > 1 ? 1e-13 : 1e-25;
        }
    }
    for (size_t i = 0; i < f->v; i++) {
        fg_exact e, l, scale;
        if (ref->variables[f->variables[i]].role != FG_REF_FREE)
            continue;
        fg_oracle_message(&e, &l, &scale, f->m, f->v, i, a, z, eta, lambda);
        if (l < (f->m > 1 ? 1e-10L : 1e-15L)) /* what comes of as good as none */
            e = l = 0;
        f->eta[i] = keep * f->eta[i] + (1 - keep) * (double)e;
        f->lambda[i] = keep * f->lambda[i] + (1 - keep) * (double)l;
    }
    free(a), free(z), free(eta), free(lambda);
}

static inline void fg_ref_refresh(fg_reference *ref) {
    for (size_t i = 0; i < ref->n_variables; i++) {
        ref->variables[i].eta = ref->variables[i].prior_eta;
        ref->variables[i].lambda = ref->variables[i].prior_lambda;
    }
    for (size_t k = 0; k < ref->n_factors; k++)
        for (size_t i = 0; i < ref->factors[k].v; i++) {
            ref->variables[ref->factors[k].variables[i]].eta += ref->factors[k].eta[i];
            ref->variables[ref->factors[k].variables[i]].lambda += ref->factors[k].lambda[i];
        }
    for (size_t i = 0; i < ref->n_variables; i++) {
        fg_ref_variable *v = &ref->variables[i];
        if (v->role != FG_REF_CONSTANT && v->lambda > 0 && !v->waits)
            v->mean = v->eta / v->lambda;
        if (v->single)
            v->lin = v->mean;
    }
}

static inline void fg_ref_visit(fg_reference *ref, int set, const fg_run_options *run, bool refresh) {
    const fg_layer *layer = &ref->spec->layers[set];
    bool unary = layer->kind == FG_LAYER_OBSERVATION || layer->kind == FG_LAYER_MIXTURE ||
                 layer->kind == FG_LAYER_REGRESSION;
    double keep = unary || !ref->visited[set] ? 0 : layer->damping >= 0 ? layer->damping : run->damping;
    if (ref->left_out[set])
        return;
    for (size_t k = 0; k < ref->n_factors && ref->iteration > 0; k++)
        for (size_t i = 0; ref->factors[k].set == set && i < ref->factors[k].v; i++)
            if (ref->variables[ref->factors[k].variables[i]].role == FG_REF_FREE)
                ref->variables[ref->factors[k].variables[i]].lin =
                    ref->variables[ref->factors[k].variables[i]].mean;
    for (size_t k = 0; k < ref->n_factors; k++)
        if (ref->factors[k].set == set)
            fg_ref_update(ref, &ref->factors[k], keep);
    for (size_t k = 0; k < ref->n_factors; k++)
        for (size_t i = 0; ref->factors[k].set == set && i < ref->factors[k].v; i++)
            ref->variables[ref->factors[k].variables[i]].waits = false;
    ref->visited[set] = true;
    if (refresh)
        fg_ref_refresh(ref);
}

/* Sweeps, or all sets at once. */
static inline void fg_ref_run(fg_reference *ref, const fg_run_options *run) {
    int last = ref->spec->n_layers;
    while (last > 0 && ref->left_out[last - 1])
        last--;
    for (int i = 0; i < run->iterations; i++, ref->iteration++) {
        bool sweep = run->schedule == FG_SCHEDULE_SWEEP;
        for (int s = 0; s < last; s++)
            fg_ref_visit(ref, s, run, sweep);
        for (int s = last - 2; sweep && s > 0; s--)
            fg_ref_visit(ref, s, run, true);
        fg_ref_refresh(ref);
    }
}

/* Of one layer: sum of r^2/sigma^2 at the means, robust ones capped. */
static inline double fg_ref_energy(const fg_reference *ref, int set) {
    double sum = 0;
    for (size_t k = 0; k < ref->n_factors; k++)
        if (ref->factors[k].set == set && (!ref->factors[k].together || ref->factors[k].first == k))
            sum += fg_robust_energy(ref->spec->layers[set].robust,
                                    fg_ref_energy_shared(ref, &ref->factors[k], true),
                                    ref->spec->layers[set].threshold);
    return sum;
}

static inline void fg_ref_free(fg_reference *ref) {
    for (size_t k = 0; k < ref->n_factors; k++) {
        fg_ref_factor *f = &ref->factors[k];
        free(f->variables), free(f->target), free(f->mask), free(f->eta), free(f->lambda);
    }
    free(ref->factors);
    free(ref->variables);
}

#endif
