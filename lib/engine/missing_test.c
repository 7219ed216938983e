/* Pixels that were not observed: where they start, and what inference makes of them. */
#include <math.h>

#include "engine/planar_internal.h"

enum { H = 40, W = 30, C = 3 };

static void ramp(float *x) {
    for (size_t i = 0; i < H * W * C; i++)
        x[i] = 0.1f + 0.02f * (float)(i % W) + 0.005f * (float)(i / W % H);
}

/* A hole in the middle, and a few single pixels. */
static size_t punch(unsigned char *observed) {
    size_t holes = 0;
    for (size_t i = 0; i < H * W * C; i++) {
        size_t x = i % W, y = i / W % H;
        bool hole = (x > 10 && x < 19 && y > 12 && y < 24) || (x * 7 + y * 3) % 31 == 0;
        observed[i] = !hole;
        holes += hole;
    }
    return holes;
}

static fg_graph *open(fg_spec *spec, const char *text, const unsigned char *observed, float junk) {
    static float x[H * W * C];
    fg_err err;
    ramp(x);
    for (size_t i = 0; i < H * W * C; i++)
        x[i] = observed[i] ? x[i] : junk;
    fg_fixture_layers(spec, text);
    fg_graph *g = fg_fixture_create(spec, 1, 1);
    fg_fixture_done(fg_graph_set_input(g, x, FG_ORDER_CHW, observed, &err), &err);
    return g;
}

static double worst(const float *mean) {
    static float x[H * W * C];
    double most = 0;
    ramp(x);
    for (size_t i = 0; i < H * W * C; i++) {
        double off = fabs((double)mean[i] - (double)x[i]);
        most = off > most ? off : most; /* gcc 12 falls over fmax here, for 64-bit Arm */
    }
    return most;
}

START_TEST(holes_start_between_what_is_around) {
    static unsigned char observed[H * W * C];
    static float mean[H * W * C];
    fg_spec spec;
    ck_assert_uint_gt(punch(observed), 100);
    fg_graph *g = open(&spec, "40x30x3 observation pairwise", observed, NAN);
    fg_graph_start(g, FG_INIT_RANDOM);
    fg_graph_marginals(mean, NULL, g, 0, FG_ORDER_CHW);
    ck_assert_double_lt(worst(mean), 0.06);
    fg_graph_free(g);
    fg_spec_free(&spec);
}
END_TEST

/* Only one pixel of each channel is known: within reach of it, and beyond, where it is the mean as well. */
START_TEST(one_pixel_is_enough) {
    static unsigned char observed[H * W * C];
    static float mean[H * W * C], sd[H * W * C];
    static const char *const models[] = {"40x30x3 observation pairwise", "40x30x3 mixture tconv:2 pairwise"};
    for (size_t i = 0; i < H * W * C; i++)
        observed[i] = i % (H * W) == 5;
    for (int m = 0; m < 2; m++) {
        fg_spec spec;
        fg_graph *g = open(&spec, models[m], observed, INFINITY);
        fg_graph_start(g, FG_INIT_RANDOM);
        fg_graph_marginals(mean, NULL, g, 0, FG_ORDER_CHW);
        for (size_t i = 0; i < H * W * C; i++)
            ck_assert_float_eq_tol(mean[i], 0.1f + 5 * 0.02f, 1e-5f);
        fg_planar_run(g, 10, 0.5, 0.2);
        fg_graph_marginals(mean, sd, g, 0, FG_ORDER_CHW);
        for (size_t i = 0; i < H * W * C; i++)
            ck_assert(isfinite(mean[i]) && sd[i] > 0);
        fg_graph_free(g);
        fg_spec_free(&spec);
    }
}
END_TEST

/* What stands in missing pixels is of no account, and a smooth picture is continued into them. */
START_TEST(inference_fills_holes) {
    static const char *const models[] = {"40x30x3 observation:sigma=0.05 pairwise:sigma=0.1",
                                         "40x30x3 observation:robust=tukey pairwise:sigma=0.1,robust=tukey",
                                         "40x30x3 mixture pairwise:sigma=0.1 tconv:4",
                                         "40x30x3 observation pairwise:sigma=0.1 tconv:4 upsample tconv:2"};
    static const double most[] = {0.03, 0.1, 0.1, 0.1};
    static unsigned char observed[H * W * C];
    static float mean[2][H * W * C], sd[H * W * C];
    punch(observed);
    for (int m = 0; m < 4; m++) {
        for (int junk = 0; junk < 2; junk++) {
            fg_spec spec;
            fg_graph *g = open(&spec, models[m], observed, junk ? 1e30f : 0);
            fg_planar_run(g, 120, 0.85, 0.4);
            fg_graph_marginals(mean[junk], sd, g, 0, FG_ORDER_CHW);
            fg_graph_free(g);
            fg_spec_free(&spec);
        }
        ck_assert_mem_eq(mean[0], mean[1], sizeof mean[0]);
        ck_assert_msg(worst(mean[0]) < most[m], "model %d: %g", m, worst(mean[0]));
        ck_assert_msg(sd[15 * W + 15] > sd[15 * W + 3], "model %d: a hole is no surer than its surroundings",
                      m);
    }
}
END_TEST

START_TEST(nothing_observed_at_all) {
    static unsigned char observed[H * W * C];
    static float mean[H * W * C];
    static const char *const models[] = {"40x30x3 observation pairwise",
                                         "40x30x3 mixture tconv:2 upsample tconv:2"};
    for (int m = 0; m < 2; m++) {
        fg_spec spec;
        fg_graph *g = open(&spec, models[m], observed, NAN);
        fg_planar_run(g, 5, 0.5, 0.2);
        fg_graph_marginals(mean, NULL, g, 0, FG_ORDER_CHW);
        for (size_t i = 0; i < H * W * C; i++)
            ck_assert(isfinite(mean[i]));
        fg_graph_free(g);
        fg_spec_free(&spec);
    }
}
END_TEST

FG_TEST_MAIN("engine/missing", holes_start_between_what_is_around, one_pixel_is_enough, inference_fills_holes,
             nothing_observed_at_all)
