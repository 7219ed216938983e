/* Makes the digits of testdata/digits: rendered on seven segments of changing place, size, slant and
 * thickness, with noise, as IDX files under MNIST's names. Only sums, products and comparisons of floats are
 * used, so that every machine makes the same bytes (with -ffp-contract=off).
 *
 *   cc -std=gnu11 -ffp-contract=off -Ilib testdata/made/digits.c -o digits
 *   ./digits testdata/digits; gzip -n9 of all it has made
 */
#include <stdio.h>

#include "base/rng.h"

enum { SIDE = 12, TRAIN = 500, TEST = 200, SEGMENTS = 7, SUB = 4, DRAWS = 8 };

/* Which segments shine: top, upper left, upper right, middle, lower left, lower right, bottom. */
static const unsigned char shining[10][SEGMENTS] = {
    {1, 1, 1, 0, 1, 1, 1}, {0, 0, 1, 0, 0, 1, 0}, {1, 0, 1, 1, 1, 0, 1}, {1, 0, 1, 1, 0, 1, 1},
    {0, 1, 1, 1, 0, 1, 0}, {1, 1, 0, 1, 0, 1, 1}, {1, 1, 0, 1, 1, 1, 1}, {1, 0, 1, 0, 0, 1, 0},
    {1, 1, 1, 1, 1, 1, 1}, {1, 1, 1, 1, 0, 1, 1}};

/* Ends of the segments in a box of 1 x 2. */
static const float ends[SEGMENTS][4] = {{0, 0, 1, 0}, {0, 0, 0, 1}, {1, 0, 1, 1}, {0, 1, 1, 1},
                                        {0, 1, 0, 2}, {1, 1, 1, 2}, {0, 2, 1, 2}};

typedef struct pen {
    float left, top, scale, slant, half; /* of the box, and half the thickness of a stroke, in pixels */
} pen;

static float between(uint64_t digit, uint64_t draw, float low, float high) {
    return low + (high - low) * fg_rng_uniform(11, digit, draw);
}

static int inside(const pen *p, const float *end, float x, float y) {
    float v = (y - p->top) / p->scale, u = (x - p->left) / p->scale + p->slant * (v - 1),
          h = p->half / p->scale;
    return u > end[0] - h && u < end[2] + h && v > end[1] - h && v < end[3] + h;
}

/* Of the points in a pixel, those that ink covers. */
static float ink(const pen *p, const unsigned char *on, int row, int column) {
    int hit = 0;
    for (int s = 0; s < SUB * SUB; s++) {
        float x = (float)column + ((float)(s % SUB) + 0.5f) / SUB,
              y = (float)row + ((float)(s / SUB) + 0.5f) / SUB;
        int covered = 0;
        for (int k = 0; k < SEGMENTS && !covered; k++)
            covered = on[k] && inside(p, ends[k], x, y);
        hit += covered;
    }
    return (float)hit / (SUB * SUB);
}

static void draw(unsigned char *to, uint64_t number, int label) {
    pen p = {.left = between(number, 0, 2.4f, 4.6f),
             .top = between(number, 1, 1.2f, 2.6f),
             .scale = between(number, 2, 3.4f, 4.3f),
             .slant = between(number, 3, -0.05f, 0.3f),
             .half = between(number, 4, 0.45f, 0.85f)};
    float bright = between(number, 5, 0.65f, 1);
    for (int i = 0; i < SIDE * SIDE; i++) {
        float noise = between(number, (uint64_t)(DRAWS + i), -0.12f, 0.12f);
        float v = bright * ink(&p, shining[label], i / SIDE, i % SIDE) + noise;
        v = v < 0 ? 0 : v > 1 ? 1 : v;
        to[i] = (unsigned char)(v * 255 + 0.5f);
    }
}

static FILE *open_in(const char *folder, const char *name, unsigned rank, unsigned n) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *to = fopen(path, "wb");
    if (!to)
        return NULL;
    unsigned sizes[] = {n, SIDE, SIDE};
    fprintf(to, "%c%c%c%c", 0, 0, 8, rank);
    for (unsigned d = 0; d < rank; d++)
        fprintf(to, "%c%c%c%c", 0, 0, sizes[d] >> 8, sizes[d] & 255);
    return to;
}

static int make(const char *folder, const char *images, const char *labels, unsigned first, unsigned n) {
    FILE *x = open_in(folder, images, 3, n), *y = open_in(folder, labels, 1, n);
    unsigned char picture[SIDE * SIDE];
    for (unsigned i = first; x && y && i < first + n; i++) {
        draw(picture, i, (int)(i % 10));
        fwrite(picture, 1, sizeof picture, x);
        fputc((int)(i % 10), y);
    }
    int bad = !x || !y || ferror(x) || ferror(y);
    bad |= x && fclose(x);
    bad |= y && fclose(y);
    if (bad)
        perror(folder);
    return bad;
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: digits FOLDER\n");
        return 2;
    }
    return make(argv[1], "train-images-idx3-ubyte", "train-labels-idx1-ubyte", 0, TRAIN) ||
           make(argv[1], "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte", TRAIN, TEST);
}
