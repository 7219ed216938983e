#include <math.h>

#include "base/mem.h"
#include "data/sink.h"
#include "infer.h"
#include "report/filters.h"
#include "report/panel.h"
#include "report/plot.h"

/* Points a side of the surface (400 in all, as the paper's figure has), pixels a point, and points of the
 * curve. */
enum { SIDE = 20, CELL = 16, CURVE = 240 };

_Static_assert(SIDE *SIDE <= (int)INFER_DRAWN && (int)CURVE <= (int)INFER_DRAWN,
               "no picture predicts at more points");

/* Not with fmin and fmax, over which gcc 12 falls in such loops for 64-bit Arm. */
static void reach(double *low, double *high, double value) {
    *low = value < *low ? value : *low;
    *high = value > *high ? value : *high;
}

/* The range of input `column` over the points, a tenth of it wider on each side. */
static void range_of(double *low, double *high, const float *points, const fg_dataset *data, size_t column) {
    *low = *high = (double)points[column];
    for (size_t i = 0; i < data->n; i++)
        reach(low, high, (double)points[i * data->n_inputs + column]);
    double margin = *high > *low ? 0.1 * (*high - *low) : 1;
    *low -= margin;
    *high += margin;
}

/* At n points in the data's units, which are scaled in place. */
static int predict_at(fg_prediction *out, const fg_state *state, float *x, const fg_dataset *data, size_t n,
                      const fg_predict_options *options, fg_err *err) {
    fg_predict_options all = *options;
    all.batch = n;
    if (data->scaling)
        fg_scaling_apply(x, data->scaling, n * data->n_inputs / data->channels);
    fg_predict_data points = {.n = n, .shape = fg_model_shape(data), .x = x};
    return fg_predict(out, &state->spec, state->posterior, &points, &all, NULL, err);
}

/* Data points as discs over a field of SIDE x SIDE cells. */
static void mark_points(fg_image *image, const float *points, const fg_dataset *data, const double low[2],
                        const double high[2], int classes) {
    fg_plot plot = {.image = *image, .x_low = low[0], .x_high = high[0], .y_low = low[1], .y_high = high[1]};
    for (size_t i = 0; i < data->n; i++) {
        double x = (double)points[2 * i], y = (double)points[2 * i + 1];
        float shade = classes > 1 && data->labels ? (float)data->labels[i] / (float)(classes - 1) : 1;
        fg_plot_points(&plot, &x, &y, 1, (fg_ink){.rgb = {0, 0, 0}, .alpha = 1, .width = 15});
        fg_plot_points(&plot, &x, &y, 1, (fg_ink){.rgb = {shade, shade, shade}, .alpha = 1, .width = 11});
    }
    *image = plot.image;
}

static int enlarge(fg_image *out, const float *field, double low, double high, fg_colours colours,
                   fg_err *err) {
    fg_image small = {0};
    const fg_image *tile = &small;
    int status = fg_panel_field(&small, field, SIDE, SIDE, low, high, colours, err);
    if (!status)
        status = fg_panel_grid(out, &tile, 1, 1, CELL, 0, err);
    fg_image_free(&small);
    return status;
}

/* In bits per log2(n): 0 where one class is certain, 1 where all are equally probable. */
static double entropy(const double *p, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum -= p[i] > 0 ? p[i] * log(p[i]) : 0;
    return sum / log((double)n);
}

/* Left: the probability of the last class. Right: the entropy of all, dark where the model is certain. */
static int surface(fg_image *out, const fg_state *state, const float *points, const fg_dataset *data,
                   const fg_predict_options *options, fg_err *err) {
    float x[SIDE * SIDE][2], probability[SIDE * SIDE], uncertainty[SIDE * SIDE];
    double low[2], high[2];
    fg_prediction at = {0};
    fg_image parts[2] = {{0}, {0}};
    const fg_image *tiles[] = {&parts[0], &parts[1]};
    for (size_t c = 0; c < 2; c++)
        range_of(&low[c], &high[c], points, data, c);
    for (size_t i = 0; i < SIDE * SIDE; i++) {
        x[i][0] = (float)(low[0] + (high[0] - low[0]) * ((double)(i % SIDE) + 0.5) / SIDE);
        x[i][1] = (float)(high[1] - (high[1] - low[1]) * ((double)(i / SIDE) + 0.5) / SIDE);
    }
    int status = predict_at(&at, state, x[0], data, SIDE * SIDE, options, err);
    double *p = status ? NULL : fg_alloc(at.outputs, sizeof *p);
    if (!status && !p)
        status = fg_err_set(err, FG_ENOMEM, "out of memory for a picture");
    for (size_t i = 0; i < SIDE * SIDE && !status; i++) {
        fg_class_probabilities(p, at.mean + i * at.outputs, at.sd + i * at.outputs, at.outputs);
        probability[i] = (float)p[at.outputs - 1];
        uncertainty[i] = (float)entropy(p, at.outputs);
    }
    if (!status)
        status = enlarge(&parts[0], probability, 0, 1, FG_COLOURS_SIGN, err);
    if (!status)
        status = enlarge(&parts[1], uncertainty, 0, 1, FG_COLOURS_HEAT, err);
    for (int i = 0; i < 2 && !status; i++)
        mark_points(&parts[i], points, data, low, high, (int)at.outputs);
    if (!status)
        status = fg_panel_grid(out, tiles, 2, 2, 1, CELL, err);
    fg_free(p);
    fg_prediction_free(&at);
    fg_image_free(&parts[0]);
    fg_image_free(&parts[1]);
    return status;
}

static int curve(fg_image *out, const fg_state *state, const float *points, const fg_dataset *data,
                 const fg_predict_options *options, fg_err *err) {
    float x[CURVE];
    double at_x[CURVE], mean[CURVE], lower[CURVE], upper[CURVE], low, high, bottom, top;
    fg_prediction at = {0};
    fg_plot plot = {0};
    range_of(&low, &high, points, data, 0);
    for (size_t i = 0; i < CURVE; i++)
        x[i] = (float)(at_x[i] = low + (high - low) * (double)i / (CURVE - 1));
    int status = predict_at(&at, state, x, data, CURVE, options, err);
    if (status)
        return status;
    bottom = top = data->y ? (double)data->y[0] : (double)at.mean[0];
    for (size_t i = 0; i < CURVE; i++) {
        mean[i] = (double)at.mean[i];
        lower[i] = mean[i] - 2 * (double)at.sd[i];
        upper[i] = mean[i] + 2 * (double)at.sd[i];
        reach(&bottom, &top, lower[i]);
        reach(&bottom, &top, upper[i]);
    }
    for (size_t i = 0; data->y && i < data->n; i++)
        reach(&bottom, &top, (double)data->y[i]);
    fg_prediction_free(&at);
    status = fg_plot_begin(&plot, 400, 640, low, high, bottom, top > bottom ? top : bottom + 1, err);
    if (status)
        return status;
    fg_plot_axes(&plot);
    fg_plot_band(&plot, at_x, lower, upper, CURVE, (fg_ink){.rgb = {0.2f, 0.4f, 0.8f}, .alpha = 0.25});
    for (size_t i = 0; data->y && i < data->n; i++) {
        double px = (double)points[i], py = (double)data->y[i];
        fg_plot_points(&plot, &px, &py, 1, (fg_ink){.rgb = {0.2f, 0.2f, 0.2f}, .alpha = 0.8, .width = 5});
    }
    fg_plot_curve(&plot, at_x, mean, CURVE, (fg_ink){.rgb = {0.1f, 0.25f, 0.7f}, .alpha = 1, .width = 2.5});
    *out = plot.image;
    return FG_OK;
}

static bool is_curve(const fg_dataset *data) {
    return !data->labels && data->n_inputs == 1 && data->n_targets <= 1;
}

int infer_picture_check(const fg_dataset *data, fg_err *err) {
    if (is_curve(data) || (data->labels && data->n_inputs == 2))
        return FG_OK;
    return fg_err_set(err, FG_EINVAL,
                      "--picture: only models of two inputs and classes, or of one input and one real "
                      "output, can be drawn");
}

int infer_picture(const char *path, const fg_state *state, const fg_dataset *data,
                  const fg_predict_options *options, fg_err *err) {
    fg_image image = {0};
    fg_dataset raw = *data;
    float *points;
    raw.scaling = NULL;
    int status = fg_model_inputs(&points, &raw, err);
    if (!status)
        status = (is_curve(data) ? curve : surface)(&image, state, points, data, options, err);
    if (!status)
        status = fg_sink_write_png(path, &image, err);
    fg_free(points);
    fg_image_free(&image);
    return status;
}

int infer_filters(const char *path, const fg_state *state, fg_err *err) {
    fg_image image = {0};
    int status = state->posterior
                     ? fg_filters_picture(&image, &state->spec, state->posterior, err)
                     : fg_err_set(err, FG_EINVAL,
                                  "filters are learned, and a spec has none yet; fg-train, fg-continual "
                                  "and fg-denoise --save make a state");
    if (status)
        fg_err_prefix(err, "--filters");
    else
        status = fg_sink_write_png(path, &image, err);
    fg_image_free(&image);
    return status;
}
