/* A factor kind of one's own, as lib/README.md explains it: mirror, which ties each pixel to the one that
 * mirrors it, x[y][c] - x[y][W - 1 - c]. Below it a test of it: messages against exact elimination, damping
 * and dropout, energy. */
#include <math.h>
#include <stdio.h>

#include "engine/wired_internal.h"
#include "factor/kernels/kernels.h"
#include "factor/oracle_internal.h"

/* -- the kind: what lib/factor/mirror.c would hold -- */

static int connect_mirror(fg_net *net, fg_set *set, fg_group **current, fg_err *err) {
    fg_group *g = set->in = *current;
    if (g->role != FG_ROLE_FREE || g->layout != FG_LAYOUT_PLANAR)
        return fg_err_set(err, FG_EINVAL, "layer '%s': mirror needs pixels to infer, but its input has none",
                          set->name);
    set->in_sums = fg_group_attach(g);
    set->factors = (uint64_t)net->n * g->shape.channels * g->shape.height * (g->shape.width / 2);
    set->edges = 2 * set->factors;
    return FG_OK;
}

/* Each pixel gets one message of this set at most: the group's sums hold it, and no memory is needed beside.
 */
static void take_nothing(fg_set *set, fg_ws *ws) {
    (void)set, (void)ws;
}

/* One message, from a pixel with this cavity to its mirror; METHOD section 2 with a = (1, -1) / sigma and z =
 * 0. */
static void send(fg_set *set, size_t to, float eta, float lambda, float strength, const fg_blend *blend,
                 uint32_t draw) {
    fg_sums *sums = &set->in->sums[set->in_sums];
    if (fg_blend_drops(blend, draw))
        return;
    set->improper += lambda < 0;
    float share = lambda > 0 ? strength / (lambda + strength) : 0, keep = blend->keep;
    float new_eta = keep * sums->eta_single[to] + (1 - keep) * share * eta;
    float new_lambda = keep * sums->lambda_single[to] + (1 - keep) * share * lambda;
    if (!isfinite(new_eta) || !isfinite(new_lambda) || new_lambda < 0) {
        set->rejected++;
        return;
    }
    sums->eta_single[to] = new_eta;
    sums->lambda_single[to] = new_lambda;
}

/* The cavity of a pixel: its prior and what the other sets send, or the belief without this set's message. */
static void cavity(float *eta, float *lambda, const fg_cavities *c, size_t i) {
    *eta = c->prior_eta - (c->own_eta ? c->own_eta[i] : 0);
    *lambda = c->prior_lambda - (c->own_lambda ? c->own_lambda[i] : 0);
    for (int s = 0; s < c->n; s++) {
        *eta += c->eta[s][i];
        *lambda += c->lambda[s][i];
    }
}

static void update(fg_set *set, const fg_step *step) {
    const fg_group *g = set->in;
    size_t w = g->shape.width;
    float strength = (float)(1 / (set->layer->sigma * set->layer->sigma));
    set->improper = set->rejected = 0;
    for (size_t row = 0; row < g->n * g->shape.channels * g->shape.height; row++) {
        size_t at = fg_group_row(g, row);
        fg_cavities c = fg_cavities_of(g, set->in_sums, step, at);
        fg_blend blend = fg_blend_make(step, row); /* its draws depend on the row, never on threads */
        for (size_t a = 0; a < w / 2; a++) {
            size_t b = w - 1 - a;
            float eta[2], lambda[2]; /* both cavities first: a message may stand in the belief of the other */
            cavity(&eta[0], &lambda[0], &c, a);
            cavity(&eta[1], &lambda[1], &c, b);
            send(set, at + b, eta[0], lambda[0], strength, &blend, (uint32_t)(2 * a));
            send(set, at + a, eta[1], lambda[1], strength, &blend, (uint32_t)(2 * a + 1));
        }
    }
}

static double energy(const fg_set *set) {
    const fg_group *g = set->in;
    double sum = 0;
    for (size_t row = 0; row < g->n * g->shape.channels * g->shape.height; row++)
        for (size_t a = 0, at = fg_group_row(g, row); a < g->shape.width / 2; a++) {
            double r = (double)g->mean[at + a] - (double)g->mean[at + g->shape.width - 1 - a];
            sum += r * r;
        }
    return sum / (set->layer->sigma * set->layer->sigma);
}

static const fg_factor_ops mirror = {
    .name = "mirror", .connect = connect_mirror, .take = take_nothing, .update = update, .energy = energy};

/* -- the test -- */

enum { N = 2, HEIGHT = 3, WIDTH = 5, CHANNELS = 2 };

/* A net of one group of pixels, on which other factors' messages are pretended, and of one mirror set. */
static int wire(fg_net *net, fg_set *set, fg_ws *ws, const fg_layer *layer) {
    fg_err err;
    *net = (fg_net){.n = N};
    fg_group *pixels = fg_net_group(net, "input", "", (fg_shape){HEIGHT, WIDTH, CHANNELS}, N),
             *current = pixels;
    fg_group_planar(pixels, 0);
    pixels->prior_lambda = 0.25;
    fg_group_attach(pixels);
    *set = (fg_set){.ops = &mirror, .layer = layer, .name = "mirror1", .in_sums = -1, .out_sums = -1};
    if (set->ops->connect(net, set, &current, &err))
        return printf("%s\n", err.text);
    for (int pass = 0; pass < 2; pass++) { /* measured, then handed out */
        fg_group_take(pixels, ws);
        set->ops->take(set, ws);
        if (!pass && fg_ws_commit(ws))
            return printf("out of memory\n");
    }
    return 0;
}

/* Largest relative error of the messages against exact elimination from the cavities. */
static double worst(const fg_set *set, double sigma) {
    const fg_group *g = set->in;
    const double a[] = {1 / sigma, -1 / sigma}, z[] = {0};
    double most = 0;
    for (size_t row = 0; row < N * CHANNELS * HEIGHT; row++)
        for (size_t p = 0, at = fg_group_row(g, row); p < WIDTH; p++) {
            size_t q = WIDTH - 1 - p; /* of the pair, p is variable 0 and the message goes to it */
            double eta[] = {0, g->sums[0].eta_single[at + q]},
                   lambda[] = {1, g->sums[0].lambda_single[at + q] + 0.25};
            float have[] = {g->sums[1].eta_single[at + p], g->sums[1].lambda_single[at + p]};
            fg_exact want_eta = 0, want_lambda = 0, scale = 1;
            if (p != q) /* the middle column mirrors itself and is in no factor */
                fg_oracle_message(&want_eta, &want_lambda, &scale, 1, 2, 0, a, z, eta, lambda);
            double e = (double)(fabsl(have[0] - want_eta) / scale);
            double l = (double)(fabsl(have[1] - want_lambda) / (want_lambda > 0 ? want_lambda : 1));
            most = fmax(most, fmax(e, l));
        }
    return most;
}

static int check(const char *what, fg_draws *draws, float damping, float dropout, int together, int updates) {
    double sigma = fg_draw_log(draws, 0.05, 20), by_hand = 0;
    fg_layer layer = {.sigma = sigma};
    fg_net net;
    fg_set set;
    fg_ws ws = {0};
    if (wire(&net, &set, &ws, &layer))
        return 1;
    fg_group *g = set.in;
    for (size_t i = 0; i < g->slots; i++) {
        g->sums[0].eta_single[i] = (float)fg_draw(draws, -3, 3);
        g->sums[0].lambda_single[i] = (float)fg_draw_log(draws, 1e-3, 1e3);
    }
    fg_group_refresh(g);
    for (int u = 0; u < updates; u++) {
        fg_step step = {.key = (uint64_t)u,
                        .damping = damping,
                        .dropout = dropout,
                        .first = u == 0,
                        .together = together};
        set.ops->update(&set, &step);
        fg_group_refresh(g);
    }
    for (size_t row = 0; row < N * CHANNELS * HEIGHT; row++)
        for (size_t p = 0, at = fg_group_row(g, row); p < WIDTH; p++)
            by_hand += pow((double)(g->mean[at + p] - g->mean[at + WIDTH - 1 - p]) / sigma, 2) / 2;
    double error = worst(&set, sigma),
           energy_error = fabs(set.ops->energy(&set) - by_hand) / (by_hand + 1e-9);
    int bad = error > 2e-5 || energy_error > 1e-4 || set.improper || set.rejected ||
              set.edges != 2 * set.factors || set.factors != N * HEIGHT * CHANNELS * (WIDTH / 2);
    printf("%s: %s\n", what, bad ? "WRONG" : "messages and energy are exact");
    if (bad)
        printf("error %g, energy %g, %d improper, %d rejected\n", error, energy_error, (int)set.improper,
               (int)set.rejected);
    fg_ws_free(&ws);
    return bad;
}

int main(void) {
    fg_draws draws = {.seed = 5};
    return check("one update", &draws, 0.7f, 0.5f, 0, 1) | check("damped", &draws, 0.7f, 0, 0, 60) |
           check("damped and dropped", &draws, 0.5f, 0.5f, 0, 120) |
           check("all sets at once", &draws, 0, 0, 1, 2);
}
