/* Noise models: what is done to clean frames so that denoising can be measured. */
#ifndef FG_DATA_CORRUPT_H
#define FG_DATA_CORRUPT_H

#include <stdint.h>

#include "data/image.h"

typedef enum fg_corruption_kind {
    FG_CORRUPT_NONE,
    FG_CORRUPT_IMPULSE, /* with probability `amount` a pixel's channels are all replaced by independent U(0,
                           1) draws */
    FG_CORRUPT_GAUSSIAN /* N(0, amount^2) is added to every value */
} fg_corruption_kind;

typedef struct fg_corruption {
    fg_corruption_kind kind;
    double amount;
} fg_corruption;

/* Reads "0.1" or "impulse:0.1" (a probability, 0..1), "gaussian:0.05" (a standard deviation, 0..10) or
 * "none". */
int fg_corruption_parse(fg_corruption *out, const char *text, fg_err *err);

/* Corrupts a picture in place. Every draw is a function of (seed, frame, pixel, channel) only: the same noise
 * for any order of frames. Values stay floats: they are neither rounded to the file's depth nor clipped to
 * [0, 1], so inference sees the noise model itself, and only written files are clipped and rounded. hit (may
 * be NULL): [height][width], set to 1 where a pixel was replaced, or everywhere by Gaussian noise, else 0. */
void fg_corrupt(fg_image *image, unsigned char *hit, const fg_corruption *corruption, uint64_t seed,
                uint64_t frame);

#endif
