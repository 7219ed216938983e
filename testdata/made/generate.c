/* Makes the clip of testdata/clip: a moving scene of gradients, edges and textures, 8 frames of 96 x 128
 * pixels. Only additions, products and comparisons of floats are used, so that every machine makes the same
 * bytes.
 *
 *   cc -std=gnu11 -D_GNU_SOURCE -Ilib testdata/made/generate.c build/release/libfg.a -lpng -lz -lm -o
 * generate
 *   ./generate testdata/clip
 */
#include <stdio.h>

#include "base/rng.h"
#include "data/sink.h"

enum { FRAMES = 8, HEIGHT = 96, WIDTH = 128, SUB = 3 };

typedef struct colour {
    float r, g, b;
} colour;

static colour mix(colour a, colour b, float share) {
    return (colour){a.r + share * (b.r - a.r), a.g + share * (b.g - a.g), a.b + share * (b.b - a.b)};
}

static colour shade(colour c, float by) {
    return (colour){c.r * by, c.g * by, c.b * by};
}

static float whole(float x) {
    float down = (float)(int)x;
    return down > x ? down - 1 : down;
}

/* Between 0 and 1, up and down once in every unit of x. */
static float wave(float x) {
    float part = x - whole(x), up = part < 0.5f ? 2 * part : 2 - 2 * part;
    return up * up * (3 - 2 * up);
}

static float lattice(uint64_t stream, float x, float y) {
    return fg_rng_uniform(7, stream, (uint64_t)((int)y + 4096) * 8192 + (uint64_t)((int)x + 4096));
}

/* Smooth noise in 0..1 with features of one unit. */
static float noise(uint64_t stream, float x, float y) {
    float left = whole(x), top = whole(y), u = x - left, v = y - top;
    u = u * u * (3 - 2 * u);
    v = v * v * (3 - 2 * v);
    float a = lattice(stream, left, top), b = lattice(stream, left + 1, top);
    float c = lattice(stream, left, top + 1), d = lattice(stream, left + 1, top + 1);
    return a + u * (b - a) + v * (c - a + u * (a - b - c + d));
}

static colour sky(float x, float y, float t) {
    colour c = mix((colour){0.25f, 0.47f, 0.78f}, (colour){0.80f, 0.86f, 0.90f}, y / 56);
    float cloud = 0.65f * noise(1, (x - 1.5f * t) / 19, y / 9) + 0.35f * noise(2, (x - 1.5f * t) / 7, y / 4);
    cloud = cloud > 0.52f ? (cloud - 0.52f) * 3 : 0;
    return mix(c, (colour){0.97f, 0.96f, 0.94f}, cloud > 1 ? 1 : cloud);
}

static colour wall(float x, float y) {
    float row = whole(y / 11), shifted = x + (row - 2 * whole(row / 2)) * 10, column = whole(shifted / 20);
    float across = shifted - 20 * column, down = y - 11 * row;
    if (across < 2 || down < 2)
        return shade((colour){0.58f, 0.43f, 0.36f}, 0.94f + 0.10f * noise(3, x / 1.5f, y / 1.5f));
    float tone = 0.75f + 0.4f * lattice(4, column, row) + 0.10f * (noise(5, x / 1.7f, y / 1.7f) - 0.5f);
    return shade((colour){0.58f, 0.29f, 0.21f}, tone);
}

static colour grass(float x, float y) {
    float blade = noise(6, x / 2.2f, y / 6), patch = noise(8, x / 14, y / 8);
    return mix((colour){0.16f, 0.30f, 0.09f}, (colour){0.52f, 0.62f, 0.24f}, 0.6f * blade + 0.4f * patch);
}

/* A striped ball, lit from the upper left; false outside of it. */
static int ball(colour *c, float x, float y, float t) {
    float dx = (x - 24 - 9 * t) / 17, dy = (y - 55 + 5 * t - 0.9f * t * t) / 17, r = dx * dx + dy * dy;
    if (r > 1)
        return 0;
    float stripe = wave(1.5f * (dx * 0.8f + dy * 0.6f) * (1 + 0.25f * r) - 0.18f * t);
    float light = 1.05f - 0.75f * ((dx + 0.4f) * (dx + 0.4f) + (dy + 0.4f) * (dy + 0.4f)) / 2;
    *c = shade(stripe > 0.5f ? (colour){0.93f, 0.80f, 0.22f} : (colour){0.16f, 0.30f, 0.62f},
               light < 0.3f ? 0.3f : light);
    return 1;
}

/* A post with a fine chequered sign, standing nearer than the wall and so moving faster. */
static int sign(colour *c, float x, float y, float t) {
    float at = x - 104 + 4 * t;
    if (at > 10 && at < 14 && y > 34 && y < 88) {
        *c = shade((colour){0.55f, 0.57f, 0.60f}, 0.7f + 0.4f * wave((at - 10) / 4));
        return 1;
    }
    if (at < 0 || at > 24 || y < 12 || y > 36)
        return 0;
    int edge = at < 2 || at > 22 || y < 14 || y > 34;
    int dark = ((int)(at / 4) + (int)(y / 4)) % 2;
    *c = edge   ? (colour){0.80f, 0.12f, 0.12f}
         : dark ? (colour){0.10f, 0.10f, 0.12f}
                : (colour){0.93f, 0.93f, 0.90f};
    return 1;
}

static colour scene(float x, float y, float t) {
    colour c;
    float hedge = 74 + 3 * noise(9, (x + 2 * t) / 6, 0);
    if (sign(&c, x, y, t) || ball(&c, x, y, t))
        return c;
    if (y > hedge)
        return grass(x + 2 * t, y);
    return y > 36 ? wall(x + t, y) : sky(x, y, t);
}

static void draw(fg_image *image, int frame) {
    size_t plane = HEIGHT * WIDTH;
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            colour sum = {0, 0, 0};
            for (int k = 0; k < SUB * SUB; k++) {
                colour c = scene((float)x + ((float)(k % SUB) + 0.5f) / SUB,
                                 (float)y + ((float)(k / SUB) + 0.5f) / SUB, (float)frame);
                sum = (colour){sum.r + c.r, sum.g + c.g, sum.b + c.b};
            }
            float *to = image->data + y * WIDTH + x;
            to[0] = sum.r / (SUB * SUB);
            to[plane] = sum.g / (SUB * SUB);
            to[2 * plane] = sum.b / (SUB * SUB);
        }
}

int main(int argc, char **argv) {
    fg_err err = {0};
    fg_sink *sink = NULL;
    fg_image image = {0};
    if (argc != 2) {
        fprintf(stderr, "usage: generate FOLDER\n");
        return 2;
    }
    int bad = fg_sink_open(&sink, argv[1], &err);
    if (!bad)
        bad = fg_image_alloc(&image, HEIGHT, WIDTH, 3, 8, &err);
    for (int frame = 0; frame < FRAMES && !bad; frame++) {
        char name[16];
        snprintf(name, sizeof name, "%05d", frame);
        draw(&image, frame);
        bad = fg_sink_put(sink, &image, name, FG_IMAGE_PNG, &err);
    }
    if (bad)
        fprintf(stderr, "generate: %s\n", err.text);
    fg_image_free(&image);
    fg_sink_close(sink);
    return bad ? 1 : 0;
}
