#include "data/filter.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

/* Best on the first five frames of the clip "bear" with 10 % impulses, of steps of 0.01. */
static const double SWITCHING_THRESHOLD = 0.21, ROAD_THRESHOLD = 0.51;

enum { FILL_SWEEPS = 20000, SMALLEST = 4 };
static const float FILL_TOL = 1e-5f, FILL_OMEGA = 1.4f;

const char *const fg_filter_names[FG_FILTER_KINDS] = {"median", "switching", "road", "nlm"};

static size_t before(size_t i) {
    return i ? i - 1 : 0;
}

static size_t after(size_t i, size_t n) {
    return i + 1 < n ? i + 1 : i;
}

static void order(float *a, float *b) {
    float low = *a < *b ? *a : *b, high = *a < *b ? *b : *a;
    *a = low;
    *b = high;
}

static float median3(float a, float b, float c) {
    order(&a, &b);
    order(&b, &c);
    return a > b ? a : b;
}

/* With the columns of a window sorted, the median of nine is that of the largest of the lowest, the median of
 * the middle ones and the smallest of the highest. */
static float median9(const float *const rows[3], const size_t columns[3]) {
    float low = -INFINITY, high = INFINITY, middle[3];
    for (int i = 0; i < 3; i++) {
        float a = rows[0][columns[i]], b = rows[1][columns[i]], c = rows[2][columns[i]];
        order(&a, &b);
        order(&b, &c);
        order(&a, &b);
        low = a > low ? a : low;
        high = c < high ? c : high;
        middle[i] = b;
    }
    return median3(low, median3(middle[0], middle[1], middle[2]), high);
}

static void filter_median(fg_image *out, const fg_image *in) {
    size_t height = in->height, width = in->width;
    for (size_t c = 0; c < in->channels; c++) {
        const float *plane = in->data + c * height * width;
        float *to = out->data + c * height * width;
        for (size_t y = 0; y < height; y++) {
            const float *rows[3] = {plane + before(y) * width, plane + y * width,
                                    plane + after(y, height) * width};
            for (size_t x = 0; x < width; x++)
                *to++ = median9(rows, (size_t[3]){before(x), x, after(x, width)});
        }
    }
}

/* out holds the medians, and gets back the pixels whose every channel is near its median. */
static void keep_near(fg_image *out, const fg_image *in) {
    size_t plane = in->height * in->width;
    for (size_t p = 0; p < plane; p++) {
        double away = 0;
        for (size_t c = 0; c < in->channels; c++)
            away = fmax(away, fabs((double)in->data[c * plane + p] - out->data[c * plane + p]));
        if (away > SWITCHING_THRESHOLD)
            continue;
        for (size_t c = 0; c < in->channels; c++)
            out->data[c * plane + p] = in->data[c * plane + p];
    }
}

static float difference(const fg_image *in, size_t p, size_t q) {
    size_t plane = in->height * in->width;
    float sum = 0;
    for (size_t c = 0; c < in->channels; c++)
        sum += fabsf(in->data[c * plane + p] - in->data[c * plane + q]);
    return sum;
}

static float road(const fg_image *in, size_t y, size_t x) {
    size_t width = in->width, p = y * width + x;
    size_t rows[3] = {before(y), y, after(y, in->height)}, columns[3] = {before(x), x, after(x, width)};
    float least[SMALLEST] = {INFINITY, INFINITY, INFINITY, INFINITY};
    for (int i = 0; i < 9; i++) {
        if (i == 4)
            continue;
        float d = difference(in, p, rows[i / 3] * width + columns[i % 3]);
        for (int k = 0; k < SMALLEST; k++)
            order(&least[k], &d);
    }
    return least[0] + least[1] + least[2] + least[3];
}

void fg_filter_road_detect(unsigned char *marks, const fg_image *in, double threshold) {
    float most = (float)(threshold * (double)in->channels);
    for (size_t y = 0; y < in->height; y++)
        for (size_t x = 0; x < in->width; x++)
            *marks++ = road(in, y, x) > most;
}

/* The marked pixels' indices, those with row + column even first: two colours, each relaxed from the other.
 */
static void list_marked(size_t *list, const fg_image *image, const unsigned char *marks) {
    for (size_t colour = 0; colour < 2; colour++)
        for (size_t y = 0; y < image->height; y++)
            for (size_t x = (y + colour) % 2; x < image->width; x += 2)
                if (marks[y * image->width + x])
                    *list++ = y * image->width + x;
}

/* One relaxation of pixel p towards the mean of its neighbours inside; returns how far it moved. */
static float relax(float *plane, size_t p, size_t height, size_t width) {
    size_t y = p / width, x = p % width;
    float sum = 0, n = 0;
    if (y > 0)
        sum += plane[p - width], n++;
    if (y + 1 < height)
        sum += plane[p + width], n++;
    if (x > 0)
        sum += plane[p - 1], n++;
    if (x + 1 < width)
        sum += plane[p + 1], n++;
    float step = n > 0 ? FILL_OMEGA * (sum / n - plane[p]) : 0;
    plane[p] += step;
    return fabsf(step);
}

static void fill_plane(float *plane, const size_t *list, size_t n, size_t height, size_t width, float start) {
    float moved = INFINITY;
    for (size_t i = 0; i < n; i++)
        plane[list[i]] = start;
    for (int sweep = 0; sweep < FILL_SWEEPS && moved > FILL_TOL; sweep++) {
        moved = 0;
        for (size_t i = 0; i < n; i++)
            moved = fmaxf(moved, relax(plane, list[i], height, width));
    }
}

static float mean_unmarked(const float *plane, const unsigned char *marks, size_t n) {
    double sum = 0, count = 0;
    for (size_t p = 0; p < n; p++)
        if (!marks[p])
            sum += (double)plane[p], count++;
    return (float)(sum / count);
}

int fg_filter_fill(fg_image *image, const unsigned char *marks, fg_err *err) {
    size_t plane = image->height * image->width, n = 0;
    for (size_t p = 0; p < plane; p++)
        n += marks[p] != 0;
    if (n == 0 || n == plane)
        return FG_OK;
    size_t *list = fg_alloc(n, sizeof *list);
    if (!list)
        return fg_err_set(err, FG_ENOMEM, "no memory to fill %zu pixels", n);
    list_marked(list, image, marks);
    for (size_t c = 0; c < image->channels; c++) {
        float *values = image->data + c * plane;
        fill_plane(values, list, n, image->height, image->width, mean_unmarked(values, marks, plane));
    }
    fg_free(list);
    return FG_OK;
}

/* in has its missing pixels filled already: they are filled again together with what is found. */
static int filter_road(fg_image *out, const fg_image *in, const unsigned char *missing, fg_err *err) {
    size_t plane = in->height * in->width;
    unsigned char *marks = fg_alloc(in->height, in->width);
    if (!marks)
        return fg_err_set(err, FG_ENOMEM, "no memory to mark %zu pixels", plane);
    fg_filter_road_detect(marks, in, ROAD_THRESHOLD);
    for (size_t p = 0; missing && p < plane; p++)
        marks[p] |= missing[p] != 0;
    int bad = fg_image_copy(out, in, err);
    if (!bad)
        bad = fg_filter_fill(out, marks, err);
    fg_free(marks);
    return bad;
}

static int filter_known(fg_image *out, const fg_image *in, fg_filter_kind kind,
                        const fg_filter_options *options, fg_err *err) {
    if (kind == FG_FILTER_ROAD)
        return filter_road(out, in, options->missing, err);
    if (kind == FG_FILTER_NLM)
        return fg_filter_nlm(out, in, options->sigma, err);
    int bad = fg_image_alloc(out, in->height, in->width, in->channels, in->depth, err);
    if (bad)
        return bad;
    filter_median(out, in);
    if (kind == FG_FILTER_SWITCHING)
        keep_near(out, in);
    return FG_OK;
}

int fg_filter(fg_image *out, const fg_image *in, fg_filter_kind kind, const fg_filter_options *options,
              fg_err *err) {
    fg_image filled = {0};
    if (!options->missing)
        return filter_known(out, in, kind, options, err);
    int bad = fg_image_copy(&filled, in, err);
    if (!bad)
        bad = fg_filter_fill(&filled, options->missing, err);
    if (!bad)
        bad = filter_known(out, &filled, kind, options, err);
    fg_image_free(&filled);
    return bad;
}
