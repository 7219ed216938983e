/* Class observations, one factor of as many dimensions as there are classes per observation, solved in
 * double. Either the residual p - onehot(label), p = softmax(x), linearised with J = diag(p) - p p' (the
 * paper's), or the log-probability of the label, expanded to second order: its Hessian -J = -A'A, with A =
 * diag(sqrt(p)) (I - 1 p'), its gradient onehot(label) - p; or the residual x - onehot(label). Where the
 * layer says so, the classes that no label of the batch names have no part in any of this. */
#include "factor/softmax.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "base/thread.h"
#include "factor/rankm.h"

enum { MAX_CHUNKS = 16 };
#define LEAST_SHARE 1e-12 /* of a class, in its square root */

/* The doubles one factor works on, beside what fg_rankm_messages wants. */
static size_t work_size(size_t classes) {
    return classes * classes + 7 * classes + fg_rankm_scratch(classes, classes);
}

/* fg_softmax among the classes that are not absent; of these p is 0. */
static void compete(double *p, const double *x, const bool *absent, size_t n) {
    double most = -INFINITY, sum = 0;
    for (size_t i = 0; i < n; i++)
        most = !(absent && absent[i]) && x[i] > most ? x[i] : most;
    for (size_t i = 0; i < n; i++)
        sum += p[i] = absent && absent[i] ? 0 : exp(x[i] - most);
    for (size_t i = 0; i < n; i++)
        p[i] /= sum;
}

void fg_softmax(double *p, const double *x, size_t n) {
    compete(p, x, NULL, n);
}

void fg_softmax_observe(fg_set *set, const fg_net *net, const int32_t *labels) {
    fg_labelled *own = set->own;
    bool few = set->layer->compete == FG_COMPETE_PRESENT && net->parameters == FG_ROLE_FREE;
    memcpy(own->label, labels, net->n * sizeof *labels);
    for (size_t i = 0; i < fg_shape_size(set->in->shape); i++)
        own->absent[i] = few;
    for (size_t n = 0; n < net->n; n++)
        if (labels[n] >= 0)
            own->absent[labels[n]] = false;
}

static int connect(fg_net *net, fg_set *set, fg_group **current, fg_err *err) {
    set->in = *current;
    if (set->in->layout == FG_LAYOUT_PLANAR)
        return fg_err_set(err, FG_EINVAL, "layer '%s': softmax cannot share its input with a pairwise layer",
                          set->name);
    set->in_sums = fg_group_attach(set->in);
    set->factors = net->n;
    set->edges = (uint64_t)net->n * fg_shape_size(set->in->shape);
    return FG_OK;
}

static void take(fg_set *set, fg_ws *ws) {
    fg_labelled *own = fg_ws_take(ws, 1, sizeof *own);
    int32_t *label = fg_ws_take(ws, set->in->n, sizeof(int32_t));
    bool *absent = fg_ws_take(ws, fg_shape_size(set->in->shape), sizeof(bool));
    set->n_messages = 2 * set->in->slots;
    set->messages = fg_ws_take(ws, set->n_messages, sizeof(float));
    double *scratch = fg_ws_take(ws, MAX_CHUNKS * work_size(fg_shape_size(set->in->shape)), sizeof(double));
    set->own = own;
    if (own)
        *own = (fg_labelled){label, absent, scratch};
}

/* Nothing is observed before labels are bound. */
static int fill(fg_set *set, fg_err *err) {
    const fg_labelled *own = set->own;
    (void)err;
    for (size_t n = 0; n < set->in->n; n++)
        own->label[n] = -1;
    return FG_OK;
}

/* Stores a message unless it is dropped or not finite. */
static void blend(float *old_eta, float *old_lambda, double eta, double lambda, const fg_step *step,
                  uint64_t edge, uint64_t *rejected) {
    double keep = step->first ? 0 : (double)step->damping;
    if (!(lambda >= 0 && lambda <= (double)FLT_MAX && fabs(eta) <= (double)FLT_MAX)) {
        ++*rejected;
        return;
    }
    if (!step->first && fg_rng_uniform(step->key, 0, edge) < step->dropout)
        return;
    *old_eta = (float)(keep * (double)*old_eta + (1 - keep) * eta);
    *old_lambda = (float)(keep * (double)*old_lambda + (1 - keep) * lambda);
}

/* The message to a variable is its sum. */
static void put(const fg_set *set, size_t slot, float eta, float lambda) {
    const fg_sums *sums = &set->in->sums[set->in_sums];
    if (set->in->single) {
        sums->eta_single[slot] = eta;
        sums->lambda_single[slot] = lambda;
    } else {
        sums->eta[slot] = (double)eta;
        sums->lambda[slot] = (double)lambda;
    }
}

/* The factor is N(z; a x, I) at the point x; p is scratch. Rows of absent classes are 0. */
static void linearise(double *a, double *z, double *p, const fg_layer *layer, size_t label,
                      const bool *absent, const double *x, size_t classes) {
    bool squared = layer->likelihood == FG_LIKELIHOOD_SQUARED;
    double mean = 0;
    if (layer->likelihood == FG_LIKELIHOOD_ONE_HOT) {
        for (size_t i = 0; i < classes; i++) {
            z[i] = (i == label) / layer->sigma;
            for (size_t j = 0; j < classes; j++)
                a[i * classes + j] = (i == j && !absent[i]) / layer->sigma;
        }
        return;
    }
    compete(p, x, absent, classes);
    for (size_t i = 0; i < classes; i++)
        mean += p[i] * x[i];
    for (size_t i = 0; i < classes; i++) {
        double residual = (i == label) - p[i], root = sqrt(fmax(p[i], LEAST_SHARE));
        double row = absent[i] ? 0 : (squared ? p[i] : root) / layer->sigma;
        z[i] = row * (x[i] - mean) + (squared ? residual : residual / root) / layer->sigma;
        for (size_t j = 0; j < classes; j++)
            a[i * classes + j] = row * ((i == j) - p[j]);
    }
}

static void update_one(const fg_set *set, const fg_step *step, size_t n, double *work, uint64_t *improper,
                       uint64_t *rejected) {
    const fg_group *g = set->in;
    const fg_labelled *own = set->own;
    size_t classes = fg_shape_size(g->shape);
    double *a = work, *z = a + classes * classes, *p = z + classes, *x = p + classes, *eta = x + classes;
    double *lambda = eta + classes, *out_eta = lambda + classes, *out_lambda = out_eta + classes;
    float *message_eta = set->messages, *message_lambda = set->messages + g->slots;
    if (own->label[n] < 0) { /* what an earlier label said is taken back */
        for (size_t i = 0; i < classes; i++) {
            size_t slot = fg_group_slot(g, n, i);
            message_eta[slot] = message_lambda[slot] = 0;
            put(set, slot, 0, 0);
        }
        return;
    }
    for (size_t i = 0; i < classes; i++) {
        size_t slot = fg_group_slot(g, n, i);
        x[i] = (double)g->lin[slot];
        eta[i] = (double)g->eta[slot] - (double)message_eta[slot] + (g->single ? 0 : (double)g->eta_lo[slot]);
        lambda[i] = (double)g->lambda[slot] - (double)message_lambda[slot] +
                    (g->single ? 0 : (double)g->lambda_lo[slot]);
        *improper += lambda[i] < 0;
    }
    linearise(a, z, p, set->layer, (size_t)own->label[n], own->absent, x, classes);
    fg_rankm_messages(classes, classes, a, z, eta, lambda, out_eta, out_lambda, out_lambda + classes);
    for (size_t i = 0; i < classes; i++) {
        size_t slot = fg_group_slot(g, n, i);
        blend(&message_eta[slot], &message_lambda[slot], out_eta[i], out_lambda[i], step, n * classes + i,
              rejected);
        put(set, slot, message_eta[slot], message_lambda[slot]);
    }
}

static void update(fg_set *set, const fg_step *step) {
    const fg_labelled *own = set->own;
    size_t n = set->in->n, work = work_size(fg_shape_size(set->in->shape));
    uint64_t improper = 0, rejected = 0;
#pragma omp parallel for schedule(static) reduction(+ : improper, rejected) num_threads(fg_threads()) if (n >= 64)
    for (size_t c = 0; c < MAX_CHUNKS; c++)
        for (size_t i = fg_block_start(n, MAX_CHUNKS, c); i < fg_block_start(n, MAX_CHUNKS, c + 1); i++)
            update_one(set, step, i, own->scratch + c * work, &improper, &rejected);
    set->improper = improper;
    set->rejected = rejected;
}

static double energy(const fg_set *set) {
    const fg_labelled *own = set->own;
    size_t classes = fg_shape_size(set->in->shape);
    double *x = own->scratch, *p = x + classes, sum = 0;
    for (size_t n = 0; n < set->in->n; n++) {
        if (own->label[n] < 0)
            continue;
        for (size_t i = 0; i < classes; i++)
            x[i] = (double)set->in->mean[fg_group_slot(set->in, n, i)];
        compete(p, x, own->absent, classes);
        if (set->layer->likelihood == FG_LIKELIHOOD_CATEGORICAL) {
            sum -= 2 * log(fmax(p[own->label[n]], DBL_MIN));
            continue;
        }
        const double *said = set->layer->likelihood == FG_LIKELIHOOD_ONE_HOT ? x : p;
        for (size_t i = 0; i < classes; i++) {
            double r = own->absent[i] ? 0 : said[i] - ((size_t)own->label[n] == i);
            sum += r * r;
        }
    }
    return sum / (set->layer->sigma * set->layer->sigma);
}

const fg_factor_ops fg_factor_softmax = {
    .name = "softmax", .connect = connect, .take = take, .fill = fill, .update = update, .energy = energy};
