/* Observations that are good or anything: which pixels are believed, how many, and that nothing breaks on odd
 * pictures. Bounds are wide: they hold for the model, not for its constants. */
#include "engine/planar_internal.h"

enum { H = 30, W = 34, C = 3, PIXELS = H * W };

typedef struct picture {
    float clean[PIXELS * C], noisy[PIXELS * C];
    bool bad[PIXELS];
    size_t n_bad;
} picture;

/* A smooth picture of which a share of the pixels is uniform in all channels. */
static void make_picture(picture *p, double rate, double noise, fg_draws *d) {
    p->n_bad = 0;
    for (size_t i = 0; i < PIXELS; i++) {
        p->bad[i] = fg_draw(d, 0, 1) < rate;
        p->n_bad += p->bad[i];
        for (size_t c = 0; c < C; c++) {
            double v = 0.5 + 0.3 * sin((double)(i % W) * 0.1 + (double)c) * cos((double)(i / W) * 0.08);
            p->clean[i * C + c] = (float)v;
            p->noisy[i * C + c] = (float)(p->bad[i] ? fg_draw(d, 0, 1) : v + noise * fg_draw_normal(d));
        }
    }
}

static fg_graph *create(const fg_spec *spec, const float *x, const unsigned char *observed) {
    fg_err err;
    fg_graph *g = fg_fixture_create(spec, 1, 1);
    fg_fixture_done(fg_graph_set_input(g, x, FG_ORDER_HWC, observed, &err), &err);
    return g;
}

/* k of a pixel: the share of a good observation's precision that is sent. */
static double weight_of(const fg_graph *g, size_t pixel, size_t channel) {
    const fg_set *set = &g->net.sets[0];
    double sigma = set->layer->sigma;
    size_t slot = fg_group_slot(set->in, 0, pixel * set->in->shape.channels + channel);
    return (double)set->in->sums[set->in_sums].lambda_single[slot] * sigma * sigma;
}

START_TEST(finds_the_bad_pixels) {
    static const double rates[] = {0, 0.1, 0.3};
    static picture p;
    static float mean[PIXELS * C];
    for (int i = 0; i < 3; i++) {
        fg_draws d = {10 + (uint64_t)i, 0};
        fg_spec spec;
        size_t missed = 0, wrong = 0;
        double sum = 0, error = 0, before = 0;
        make_picture(&p, rates[i], 0.005, &d);
        fg_fixture_layers(&spec, "30x34x3 mixture pairwise:sigma=0.05");
        fg_graph *g = create(&spec, p.noisy, NULL);
        fg_planar_run(g, 100, 0.3, 0);
        fg_graph_marginals(mean, NULL, g, 0, FG_ORDER_HWC);
        for (size_t k = 0; k < PIXELS; k++) {
            double weight = weight_of(g, k, 0);
            ck_assert(weight >= 0 && weight <= 1.000001);
            for (size_t c = 1; c < C; c++)
                ck_assert(fabs(weight_of(g, k, c) - weight) < 1e-6);
            missed += p.bad[k] && weight > 0.5;
            wrong += !p.bad[k] && weight < 0.5;
            sum += 1 - weight;
            for (size_t c = 0; c < C; c++) {
                error += pow((double)mean[k * C + c] - (double)p.clean[k * C + c], 2);
                before += pow((double)p.noisy[k * C + c] - (double)p.clean[k * C + c], 2);
            }
        }
        printf("%zu bad pixels: %zu believed, %zu good ones not, %.1f in sum; error %.2g of %.2g\n", p.n_bad,
               missed, wrong, sum, error, before);
        ck_assert(missed <= p.n_bad / 20 && wrong <= PIXELS / 100);
        ck_assert(fabs(sum / PIXELS - (double)p.n_bad / PIXELS) < 0.03);
        ck_assert(i == 0 || error < 0.03 * before);
        fg_graph_free(g);
        fg_spec_free(&spec);
    }
}
END_TEST

/* Share of a good observation's precision that good or bad pixels get, on average. */
static double mean_weight(const fg_graph *g, const picture *p, bool bad) {
    double sum = 0;
    for (size_t k = 0; k < PIXELS; k++)
        sum += p->bad[k] == bad ? weight_of(g, k, 0) : 0;
    return sum / (double)(bad ? p->n_bad : PIXELS - p->n_bad);
}

/* However precise good pixels are said to be, each is judged by what the others say. */
START_TEST(small_sigmas_judge_as_well) {
    static const double sigmas[] = {1e-2, 1e-3, 1e-4, 1e-5, 1e-6};
    static picture p;
    fg_draws d = {31, 0};
    make_picture(&p, 0.1, 0, &d);
    for (int i = 0; i < 5; i++) {
        char text[80];
        fg_spec spec;
        snprintf(text, sizeof text, "30x34x3 mixture:sigma=%g pairwise:sigma=0.03", sigmas[i]);
        fg_fixture_layers(&spec, text);
        fg_graph *g = create(&spec, p.noisy, NULL);
        fg_planar_run(g, 60, 0.3, 0);
        ck_assert_msg(mean_weight(g, &p, true) < 0.1 && mean_weight(g, &p, false) > 0.9,
                      "sigma %g: weights of bad pixels %g, of good ones %g", sigmas[i],
                      mean_weight(g, &p, true), mean_weight(g, &p, false));
        fg_graph_free(g);
        fg_spec_free(&spec);
    }
}
END_TEST

/* The same with a learned prediction. */
START_TEST(with_filters) {
    static picture p;
    fg_draws d = {20, 0};
    fg_spec spec;
    size_t missed = 0, wrong = 0;
    make_picture(&p, 0.1, 0, &d);
    fg_fixture_layers(&spec, "30x34x3 mixture tconv:4,sigma=0.065,robust=tukey,threshold=2.5");
    fg_graph *g = create(&spec, p.noisy, NULL);
    fg_planar_run(g, 150, 0.85, 0.3);
    for (size_t k = 0; k < PIXELS; k++) {
        missed += p.bad[k] && weight_of(g, k, 0) > 0.5;
        wrong += !p.bad[k] && weight_of(g, k, 0) < 0.5;
    }
    printf("%zu bad pixels: %zu believed, %zu good ones not\n", p.n_bad, missed, wrong);
    ck_assert(missed <= p.n_bad / 4 && wrong <= PIXELS / 20);
    fg_graph_free(g);
    fg_spec_free(&spec);
}
END_TEST

/* What is missing sends nothing and is no evidence: the others are judged as if they were alone. */
START_TEST(missing_pixels) {
    static picture p;
    static unsigned char observed[PIXELS * C];
    fg_draws d = {30, 0};
    fg_spec spec;
    double sum = 0, count = 0, bad = 0;
    make_picture(&p, 0.2, 0.005, &d);
    for (size_t i = 0; i < PIXELS; i++) {
        bool there = fg_draw(&d, 0, 1) < 0.5;
        for (size_t c = 0; c < C; c++) {
            observed[i * C + c] = there && (i % 5 || c != 1); /* some pixels lack a channel only */
            if (!observed[i * C + c])
                p.noisy[i * C + c] = NAN;
        }
    }
    fg_fixture_layers(&spec, "30x34x3 mixture pairwise:sigma=0.05");
    fg_graph *g = create(&spec, p.noisy, observed);
    fg_planar_run(g, 100, 0.3, 0);
    for (size_t i = 0; i < PIXELS; i++)
        for (size_t c = 0; c < C; c++) {
            double weight = weight_of(g, i, c);
            ck_assert(observed[i * C + c] ? weight > 0 : weight == 0);
            if (observed[i * C + c] && c == 0) {
                sum += 1 - weight;
                bad += p.bad[i];
                count++;
            }
        }
    printf("%g of %g observed pixels are bad, %.1f found\n", bad, count, sum);
    ck_assert(fabs(sum - bad) < 0.04 * count);
    fg_graph_free(g);
    fg_spec_free(&spec);
}
END_TEST

/* As many good pixels, once alone in a picture and once in one that is empty else: the same rate and scale,
 * hence the same weights. */
START_TEST(empty_rows_change_nothing) {
    enum { SIDE = 12 };
    static float x[2 * SIDE * SIDE];
    static unsigned char observed[2 * SIDE * SIDE];
    fg_draws d = {40, 0};
    double weight[2][SIDE * SIDE];
    for (size_t i = 0; i < SIDE * SIDE; i++) {
        x[i] = (float)(fg_draw(&d, 0, 1) < 0.15 ? fg_draw(&d, 0, 1) : 0.5 + 0.05 * fg_draw_normal(&d));
        observed[i] = 1;
    }
    for (int i = 0; i < 2; i++) {
        fg_spec spec;
        fg_fixture_layers(&spec, i ? "24x12x1 mixture" : "12x12x1 mixture");
        fg_graph *g = create(&spec, x, observed);
        fg_group *in = g->net.sets[0].in;
        fg_step step = {.first = true};
        g->net.sets[0].ops->update(&g->net.sets[0], &step);
        step.first = false;
        for (int k = 0; k < 4; k++) { /* with a prediction of 0.5 everywhere, also where nothing is seen */
            const fg_sums *sums = &in->sums[g->net.sets[0].in_sums];
            for (size_t s = 0; s < in->slots; s++) {
                in->lambda[s] = 100 + sums->lambda_single[s];
                in->eta[s] = 50 + sums->eta_single[s];
            }
            g->net.sets[0].ops->update(&g->net.sets[0], &step);
        }
        for (size_t k = 0; k < SIDE * SIDE; k++)
            weight[i][k] = weight_of(g, k, 0);
        fg_graph_free(g);
        fg_spec_free(&spec);
    }
    for (size_t k = 0; k < SIDE * SIDE; k++)
        ck_assert_msg(fabs(weight[0][k] - weight[1][k]) < 1e-6, "pixel %zu: %g, not %g", k, weight[1][k],
                      weight[0][k]);
}
END_TEST

static void check_finite(const char *layers, size_t h, size_t w, size_t c, int content) {
    char text[256];
    fg_spec spec;
    fg_draws d = {h * 10 + w, 0};
    size_t all = h * w * c;
    float x[7 * 7 * 3], mean[7 * 7 * 3];
    unsigned char observed[7 * 7 * 3];
    for (size_t i = 0; i < all; i++) {
        x[i] = content == 0 ? 0.25f : content == 1 ? (float)fg_draw(&d, 0, 1) : 1e4f * (float)(i % 2);
        observed[i] = content != 3;
    }
    snprintf(text, sizeof text, "%zux%zux%zu %s", h, w, c, layers);
    fg_fixture_layers(&spec, text);
    fg_graph *g = create(&spec, x, observed);
    fg_run_info info = fg_planar_run(g, 30, 0.5, 0.2);
    fg_graph_marginals(mean, NULL, g, 0, FG_ORDER_HWC);
    ck_assert_msg(isfinite(info.energy) && info.rejected == 0, "%s: energy %g, %llu rejected", text,
                  info.energy, (unsigned long long)info.rejected);
    for (size_t i = 0; i < all; i++) {
        double weight = weight_of(g, i / c, i % c);
        ck_assert_msg(isfinite(mean[i]) && weight >= 0 && weight <= 1.000001, "%s: mean %g, weight %g", text,
                      (double)mean[i], weight);
        if (content == 0 && strstr(layers, "pairwise")) /* which predicts well at once */
            ck_assert_msg(weight > 0.5 && fabs((double)mean[i] - 0.25) < 0.05, "%s: mean %g, weight %g", text,
                          (double)mean[i], weight);
    }
    fg_graph_free(g);
    fg_spec_free(&spec);
}

/* Constant, all noise, far outside of [0, 1], and nothing observed at all. */
START_TEST(odd_pictures) {
    for (size_t h = 1; h <= 7; h++)
        for (size_t w = 1; w <= 7; w++)
            for (int content = 0; content < 4; content++) {
                check_finite("mixture", h, w, 1 + 2 * (h % 2), content);
                check_finite("mixture upsample", h, w, 1, content);
                if (h * w > 1)
                    check_finite("mixture pairwise:sigma=0.1", h, w, 3, content);
                if (h > 1 && w > 1)
                    check_finite("mixture tconv:2,kernel=2,activation=leaky_relu", h, w, 3, content);
            }
}
END_TEST

/* Until iteration 3 all pixels count as good, whatever is predicted of them. */
START_TEST(judged_late) {
    enum { SIDE = 16 };
    static float x[SIDE * SIDE];
    static unsigned char observed[SIDE * SIDE];
    fg_spec spec;
    fg_draws d = {12, 0};
    for (size_t i = 0; i < SIDE * SIDE; i++) {
        x[i] = (float)(i % 9 == 0 ? fg_draw(&d, 0, 1) : 0.5);
        observed[i] = 1;
    }
    fg_fixture_layers(&spec, "16x16x1 mixture:robust_after=3 tconv:2");
    fg_graph *g = create(&spec, x, observed);
    for (int run = 0; run < 2; run++) {
        double least = 1;
        fg_planar_run(g, run ? 17 : 3, 0.5, 0);
        for (size_t i = 0; i < SIDE * SIDE; i++)
            least = fmin(least, weight_of(g, i, 0));
        ck_assert_msg(run ? least < 0.1 : least > 0.999, "run %d: least weight %g", run, least);
    }
    fg_graph_free(g);
    fg_spec_free(&spec);
}
END_TEST

FG_TEST_MAIN("engine/mixture", finds_the_bad_pixels, small_sigmas_judge_as_well, with_filters, missing_pixels,
             empty_rows_change_nothing, odd_pictures, judged_late)
