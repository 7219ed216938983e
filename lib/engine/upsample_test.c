/* Upsampling against generic linear pairs, and against the closed form of one window. */
#include "engine/planar_internal.h"

typedef struct errors {
    double mean, sd;
} errors;

static void compare(errors *worst, const fg_graph *g, int group, const double *exact,
                    const double *exact_sd) {
    size_t all = g->net.n * fg_shape_size(fg_graph_group_shape(g, group));
    float *mean = fg_oracle_alloc(all, sizeof *mean), *sd = fg_oracle_alloc(all, sizeof *sd);
    fg_graph_marginals(mean, sd, g, group, FG_ORDER_HWC);
    for (size_t i = 0; i < all; i++) {
        worst->mean = fmax(worst->mean, fabs((double)mean[i] - exact[i]) / exact_sd[i]);
        worst->sd = fmax(worst->sd, fabs((double)sd[i] / exact_sd[i] - 1));
    }
    free(mean), free(sd);
}

/* Pixels, their windows' variables, and those windows' again. */
static void spell(fg_spec *out, const fg_spec *spec, size_t n, const float *x,
                  const unsigned char *observed) {
    fg_shape s = spec->input;
    size_t first = 0, all = 0;
    fg_shape t = s;
    for (int i = 0; i < spec->n_layers; i++) {
        all += n * fg_shape_size(t);
        t = (fg_shape){(t.height + 1) / 2, (t.width + 1) / 2, t.channels};
    }
    fg_fixture_graph(out, all);
    for (size_t i = 0; i < n * fg_shape_size(s); i++)
        if (observed[i])
            fg_fixture_unary(out, i, (double)x[i], spec->layers[0].sigma);
    for (int layer = 1; layer < spec->n_layers; layer++) {
        size_t fine = n * fg_shape_size(s), next = first + fine, w = (s.width + 1) / 2,
               h = (s.height + 1) / 2;
        for (size_t i = 0; i < n * h * w * s.channels; i++)
            fg_fixture_prior(out, next + i, 0, spec->layers[layer].activation_prior);
        for (size_t i = 0; i < fine; i++) {
            size_t c = i % s.channels, column = i / s.channels % s.width,
                   row = i / (s.channels * s.width) % s.height, image = i / fg_shape_size(s);
            size_t a = ((image * h + row / 2) * w + column / 2) * s.channels + c;
            fg_fixture_link(out, first + i, next + a, 1, -1, 0, spec->layers[layer].sigma);
        }
        first = next;
        s = (fg_shape){h, w, s.channels};
    }
}

/* Trees: exact after a few iterations, whatever the sizes. */
START_TEST(against_pairs) {
    static const char *const models[] = {
        "8x6x1 observation:sigma=0.2 upsample:sigma=0.3",
        "7x5x3 observation:sigma=0.2 upsample:sigma=0.3,activation_prior=0.7 upsample:sigma=0.1",
        "1x1x2 observation:sigma=0.2 upsample:sigma=0.3",
        "1x9x1 observation:sigma=0.2 upsample:sigma=0.3 upsample:sigma=0.2 upsample",
        "9x1x1 observation:sigma=0.2 upsample:sigma=0.3 upsample:sigma=0.2",
        "19x35x2 observation:sigma=0.2 upsample:sigma=0.3 upsample:sigma=0.2",
    };
    for (size_t m = 0; m < sizeof models / sizeof *models; m++)
        for (size_t n = 1; n <= 3; n += 2) {
            fg_spec spec, generic;
            fg_err err;
            fg_draws d = {m, 0};
            errors worst = {0, 0};
            fg_fixture_layers(&spec, models[m]);
            size_t pixels = n * fg_shape_size(spec.input);
            float *x = fg_planar_picture(pixels, &d);
            unsigned char *observed = fg_oracle_alloc(pixels, 1);
            for (size_t i = 0; i < pixels; i++)
                observed[i] = i == 0 || fg_draw(&d, 0, 1) < 0.7;
            spell(&generic, &spec, n, x, observed);
            fg_graph *l = fg_fixture_create(&spec, n, 1), *g = fg_fixture_create(&generic, 1, 1);
            fg_fixture_done(fg_graph_set_input(l, x, FG_ORDER_HWC, observed, &err), &err);
            fg_run_info info = fg_planar_run(l, 200, 0.5, 0);
            ck_assert(info.improper == 0 && info.rejected == 0);
            fg_planar_run(g, 200, 0.5, 0);
            size_t all = generic.graph.n_variables, at = 0;
            double *exact = fg_oracle_alloc(all, sizeof *exact), *sd = fg_oracle_alloc(all, sizeof *sd);
            fg_graph_variables(exact, sd, g);
            for (int i = 0; i < fg_graph_groups(l); i++) {
                compare(&worst, l, i, exact + at, sd + at);
                at += n * fg_shape_size(fg_graph_group_shape(l, i));
            }
            ck_assert(at == all);
            ck_assert_msg(worst.mean < 1e-5 && worst.sd < 1e-5, "%s: means differ by %g sd, sds by %g",
                          models[m], worst.mean, worst.sd);
            free(exact), free(sd), free(x), free(observed);
            fg_graph_free(l), fg_graph_free(g);
            fg_spec_free(&spec), fg_spec_free(&generic);
        }
}
END_TEST

/* One window of four: the coarse variable averages what is left of each pixel after both noises. */
START_TEST(one_window) {
    const float x[4] = {1, 2, 4, -1};
    const double each = 1 / (0.2 * 0.2 + 0.3 * 0.3), lambda = 4 * each + 1 / (0.7 * 0.7);
    fg_spec spec;
    fg_err err;
    float mean, sd;
    fg_layer_stats stats;
    fg_fixture_layers(&spec, "2x2x1 observation:sigma=0.2 upsample:sigma=0.3,activation_prior=0.7");
    fg_graph *g = fg_fixture_create(&spec, 1, 1);
    fg_fixture_done(fg_graph_set_input(g, x, FG_ORDER_HWC, NULL, &err), &err);
    fg_planar_run(g, 4, 0, 0);
    fg_graph_marginals(&mean, &sd, g, 1, FG_ORDER_HWC);
    ck_assert(fabs((double)mean - 6 * each / lambda) < 1e-6);
    ck_assert(fabs((double)sd * sqrt(lambda) - 1) < 1e-6);
    float fine[4];
    double energy = 0;
    fg_graph_marginals(fine, NULL, g, 0, FG_ORDER_HWC);
    for (int i = 0; i < 4; i++)
        energy += pow(((double)fine[i] - (double)mean) / 0.3, 2);
    fg_graph_layer_stats(&stats, g, 1);
    ck_assert(fabs(stats.energy / energy - 1) < 1e-5 && stats.factors == 4 && stats.edges == 8);
    fg_graph_free(g);
    fg_spec_free(&spec);
}
END_TEST

FG_TEST_MAIN("engine/upsample", against_pairs, one_window)
